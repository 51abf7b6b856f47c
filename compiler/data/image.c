#include "data/image.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include "config_data.h"
#include "support/arena.h"
#include "support/diag.h"
#ifdef HAVE_PNG
#include <png.h>
#endif
#ifdef HAVE_JPEG
#include <jpeglib.h>
#endif

static bool is_png(const unsigned char *bytes, size_t size)
{
	return size > 8 && !memcmp(bytes, "\x89PNG\r\n\x1a\n", 8);
}

static bool is_jpeg(const unsigned char *bytes, size_t size)
{
	return size > 3 && bytes[0] == 0xff && bytes[1] == 0xd8 && bytes[2] == 0xff;
}

bool image_is_known(const unsigned char *bytes, size_t size)
{
	return is_png(bytes, size) || is_jpeg(bytes, size);
}

/* Room for the pixels of a picture whose size is known. */
static bool prepare(struct image *image, long width, long height, int channels, struct arena *a, struct diag *d,
		    const char *path)
{
	if (width < 1 || height < 1 || width > MAX_IMAGE_SIDE || height > MAX_IMAGE_SIDE)
		return diag_error(d, STATUS_UNSUPPORTED, NULL,
				  "%s: a picture of %ld x %ld, at most %d x %d is supported", path, width, height,
				  MAX_IMAGE_SIDE, MAX_IMAGE_SIDE);
	*image = (struct image){ .width = (int)width, .height = (int)height, .channels = channels };
	image->pixels = arena_array(a, (size_t)width * (size_t)height, (size_t)channels);
	return true;
}

#ifdef HAVE_PNG
/* Luma of ITU-R BT.601, as a JPEG's first component is and as training pipelines make greys; libpng's own is another.
 * Equal parts keep their value. In place. */
static void make_grey(struct image *image)
{
	const size_t n = (size_t)image->width * (size_t)image->height;

	for (size_t i = 0; i < n; i++) {
		const unsigned char *p = image->pixels + 3 * i;
		image->pixels[i] = (unsigned char)((p[0] * 19595u + p[1] * 38470u + p[2] * 7471u + 0x8000u) >> 16);
	}
	image->channels = 1;
}

/* Begins to read as three channels; 16-bit samples that do not say otherwise are as bright as 8-bit ones. */
static bool begin_png(png_image *p, const unsigned char *bytes, size_t size)
{
	*p = (png_image){ .version = PNG_IMAGE_VERSION };
	if (!png_image_begin_read_from_memory(p, bytes, size))
		return false;
	p->format = PNG_FORMAT_RGB;
	p->flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
	return true;
}

static bool read_png(struct image *image, int channels, struct arena *a, struct diag *d, const char *path,
		     const unsigned char *bytes, size_t size)
{
	static const png_color black = { 0, 0, 0 };
	png_image p;
	bool ok = begin_png(&p, bytes, size);

	if (ok) {
		/* No memory of libpng's may be held while the arena allocates, which may not come back. */
		const long width = (long)p.width, height = (long)p.height;
		png_image_free(&p);
		if (!prepare(image, width, height, 3, a, d, path))
			return false;
		ok = begin_png(&p, bytes, size) && png_image_finish_read(&p, &black, image->pixels, 0, NULL);
	}
	if (!ok)
		diag_error(d, STATUS_MODEL, NULL, "%s: %s", path, p.message);
	else if (channels == 1)
		make_grey(image);
	png_image_free(&p);
	return ok;
}
#else
static bool read_png(struct image *image, int channels, struct arena *a, struct diag *d, const char *path,
		     const unsigned char *bytes, size_t size)
{
	(void)image, (void)channels, (void)a, (void)bytes, (void)size;
	return diag_error(d, STATUS_UNSUPPORTED, NULL, "%s: nnc was built without libpng", path);
}
#endif

#ifdef HAVE_JPEG
struct jpeg_failure {
	struct jpeg_error_mgr manager;
	jmp_buf failed;
	char message[JMSG_LENGTH_MAX];
};

static void on_error(j_common_ptr p)
{
	struct jpeg_failure *f = (struct jpeg_failure *)p->err;

	p->err->format_message(p, f->message);
	longjmp(f->failed, 1);
}

/* Warnings are of damaged files: pixels would be made up. */
static void on_message(j_common_ptr p, int level)
{
	if (level < 0)
		on_error(p);
}

/* Reads the size (pixels NULL) or all of the picture. */
static bool decode_jpeg(struct image *image, int channels, struct jpeg_failure *f, const unsigned char *bytes,
			size_t size)
{
	struct jpeg_decompress_struct p;

	p.err = jpeg_std_error(&f->manager);
	f->manager.error_exit = on_error;
	f->manager.emit_message = on_message;
	jpeg_create_decompress(&p);
	if (setjmp(f->failed)) {
		jpeg_destroy_decompress(&p);
		return false;
	}
	jpeg_mem_src(&p, bytes, (unsigned long)size);
	jpeg_read_header(&p, TRUE);
	if (!image->pixels) {
		image->width = (int)p.image_width;
		image->height = (int)p.image_height;
	} else {
		p.out_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
		p.dct_method = JDCT_ISLOW;
		jpeg_start_decompress(&p);
		while (p.output_scanline < p.output_height) {
			JSAMPROW row =
				image->pixels + (size_t)p.output_scanline * (size_t)image->width * (size_t)channels;
			jpeg_read_scanlines(&p, &row, 1);
		}
		jpeg_finish_decompress(&p);
	}
	jpeg_destroy_decompress(&p);
	return true;
}

static bool read_jpeg(struct image *image, int channels, struct arena *a, struct diag *d, const char *path,
		      const unsigned char *bytes, size_t size)
{
	static struct jpeg_failure f;
	struct image measured = { 0 };

	if (decode_jpeg(&measured, channels, &f, bytes, size)) {
		if (!prepare(image, measured.width, measured.height, channels, a, d, path))
			return false;
		if (decode_jpeg(image, channels, &f, bytes, size))
			return true;
	}
	return diag_error(d, STATUS_MODEL, NULL, "%s: %s", path, f.message);
}
#else
static bool read_jpeg(struct image *image, int channels, struct arena *a, struct diag *d, const char *path,
		      const unsigned char *bytes, size_t size)
{
	(void)image, (void)channels, (void)a, (void)bytes, (void)size;
	return diag_error(d, STATUS_UNSUPPORTED, NULL, "%s: nnc was built without libjpeg", path);
}
#endif

bool image_read(struct image *image, int channels, struct arena *a, struct diag *d, const char *path,
		const unsigned char *bytes, size_t size)
{
	if (is_png(bytes, size))
		return read_png(image, channels, a, d, path, bytes, size);
	return read_jpeg(image, channels, a, d, path, bytes, size);
}

/* Where output pixel i of n lies between input pixels, of which there are `from`. */
static float place(int i, int n, int from, int *left, int *right)
{
	float x = ((float)i + 0.5f) * (float)from / (float)n - 0.5f;

	if (x < 0)
		x = 0;
	*left = (int)x < from - 1 ? (int)x : from - 1;
	*right = *left + 1 < from ? *left + 1 : *left;
	return x - (float)*left;
}

void image_resize(struct image *image, int width, int height, struct arena *a)
{
	const int channels = image->channels;
	unsigned char *to = arena_array(a, (size_t)width * (size_t)height, (size_t)channels);
	const unsigned char *from = image->pixels;
	const size_t from_width = (size_t)image->width;

	for (int y = 0; y < height; y++) {
		int y0, y1;
		const float fy = place(y, height, image->height, &y0, &y1);
		for (int x = 0; x < width; x++) {
			int x0, x1;
			const float fx = place(x, width, image->width, &x0, &x1);
			for (int c = 0; c < channels; c++) {
#define PIXEL(row, column) (float)from[((size_t)(row) * from_width + (size_t)(column)) * (size_t)channels + (size_t)c]
				const float top = PIXEL(y0, x0) + fx * (PIXEL(y0, x1) - PIXEL(y0, x0));
				const float bottom = PIXEL(y1, x0) + fx * (PIXEL(y1, x1) - PIXEL(y1, x0));
#undef PIXEL
				to[((size_t)y * (size_t)width + (size_t)x) * (size_t)channels + (size_t)c] =
					(unsigned char)(top + fy * (bottom - top) + 0.5f);
			}
		}
	}
	image->width = width;
	image->height = height;
	image->pixels = to;
}
