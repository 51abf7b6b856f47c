/* A picture as the input of a model. */
#include <string.h>

#include "data/data_file.h"
#include "data/image.h"
#include "support/arena.h"
#include "support/diag.h"

/* Which axes of the input are what; -1: it has none. */
struct axes {
	int channel, row, column;
};

static bool is_channels(int64_t n)
{
	return n == 1 || n == 3;
}

static bool find_axes(const struct signature_input *in, struct axes *x)
{
	const int first = in->rank == 4;        /* the batch comes first */
	const int64_t *dim = in->dim + first;

	*x = (struct axes){ -1, 0, 1 };
	if (in->rank == 2)
		return true;
	if (in->rank < 3 || in->rank > 4 || (first && in->dim[0] > 1))
		return false;
	if (is_channels(dim[0]) || (dim[0] < 0 && !is_channels(dim[2])))
		*x = (struct axes){ first, first + 1, first + 2 };
	else if (is_channels(dim[2]))
		*x = (struct axes){ first + 2, first, first + 1 };
	else
		return false;
	return true;
}

static float pixel_value(unsigned char v, int channel, bool is_colour, enum pixels pixels)
{
	static const float mean[] = { 0.485f, 0.456f, 0.406f }, deviation[] = { 0.229f, 0.224f, 0.225f };

	switch (pixels) {
	case PIXELS_RAW:
		return (float)v;
	case PIXELS_CENTRED:
		return (float)v / 127.5f - 1.0f;
	case PIXELS_IMAGENET:
		return is_colour ? ((float)v / 255.0f - mean[channel]) / deviation[channel] :
				   ((float)v / 255.0f - 0.449f) / 0.226f;
	default:
		return (float)v / 255.0f;
	}
}

/* Integer inputs take the byte itself, int8 the byte less 128. */
static void fill(struct value *v, const struct axes *x, const struct image *image, enum pixels pixels, bool is_float,
		 const struct signature_input *in)
{
	const int channels = image->channels;
	const bool channels_first = x->channel >= 0 && x->channel < x->row;
	float *f = (float *)(void *)v->bytes;

	for (int64_t row = 0; row < image->height; row++)
		for (int64_t column = 0; column < image->width; column++)
			for (int c = 0; c < channels; c++) {
				const int64_t pixel = row * image->width + column;
				const int64_t i = channels_first ? c * (int64_t)image->height * image->width + pixel
								 : pixel * channels + c;
				const int from = in->is_bgr ? channels - 1 - c : c;
				const unsigned char byte = image->pixels[pixel * channels + from];
				if (is_float)
					f[i] = pixel_value(byte, from, channels == 3, pixels);
				else
					v->bytes[i] = in->type == DT_I8 ? byte ^ 0x80 : byte;
			}
}

bool picture_read(struct value *v, const struct signature_input *in, enum pixels pixels, struct arena *a,
		  struct diag *d, const char *path, const unsigned char *bytes, size_t size)
{
	const bool is_float = dtypes[in->type].class == CLASS_F || dtypes[in->type].class == CLASS_X;
	int64_t dim[MAX_RANK];
	char shape[SHAPE_BYTES];
	struct image image;
	struct axes x;
	int channels;

	if (!find_axes(in, &x))
		return diag_error(
			d, STATUS_MODEL, NULL,
			"%s: a picture does not fit input \"%s\" of shape %s: it must have 1 or 3 channels, "
			"first or last",
			path, in->name, shape_text(shape, in->rank, in->dim));
	channels = x.channel < 0 || in->dim[x.channel] == 1 ? 1 : 3;
	if (!image_read(&image, channels, a, d, path, bytes, size))
		return false;
	memcpy(dim, in->dim, sizeof dim);
	if (dim[x.row] < 0)
		dim[x.row] = image.height;
	if (dim[x.column] < 0)
		dim[x.column] = image.width;
	if (dim[x.row] < 1 || dim[x.column] < 1 || dim[x.row] > MAX_IMAGE_SIDE || dim[x.column] > MAX_IMAGE_SIDE)
		return diag_error(d, STATUS_MODEL, NULL, "%s: a picture does not fit input \"%s\" of shape %s", path,
				  in->name, shape_text(shape, in->rank, dim));
	if (image.width != dim[x.column] || image.height != dim[x.row]) {
		diag_note(d, "%s: %d x %d pixels, scaled to %lld x %lld", path, image.width, image.height,
			  (long long)dim[x.column], (long long)dim[x.row]);
		image_resize(&image, (int)dim[x.column], (int)dim[x.row], a);
	}
	if (x.channel >= 0)
		dim[x.channel] = channels;
	if (in->rank == 4)
		dim[0] = 1;
	if (!value_shape(v, a, d, in->rank, dim))
		return false;
	v->type = is_float ? DT_F32 : in->type == DT_I8 ? DT_I8 : DT_U8;
	v->bytes = arena_array(a, (size_t)v->n, is_float ? sizeof(float) : 1);
	fill(v, &x, &image, pixels, is_float, in);
	return value_convert(v, in->type, is_float, a, d, in->name);
}
