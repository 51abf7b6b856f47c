/* See pack_rows.h. */
#include "kernels/pack_rows.h"

/* A period of the weights has so many tiles at most, and wastes at most one column in so many where that can be had. */
enum { MOST_TILES = 8, WASTE = 12 };

int64_t pack_rows_planes(const struct pack_rows *p)
{
	return (p->kernel_h + p->terms - 1) / p->terms;
}

int64_t pack_rows_outputs(const struct pack_rows *p)
{
	return p->dilation_h == 1 ? (pack_rows_planes(p) * p->terms - p->kernel_h) / p->stride_h + 1 : 1;
}

static int64_t round_up(int64_t n, int64_t to)
{
	return (n + to - 1) / to * to;
}

int64_t pack_rows_pixels(const struct pack_rows *p)
{
	const int64_t most = MOST_TILES * (int64_t)p->columns / p->slice;
	int64_t best = 1;

	for (int64_t pixels = 1; pixels <= most; pixels++) {
		const int64_t width = pixels * p->slice, whole = round_up(width, p->columns);
		if (whole * best * p->slice < round_up(best * p->slice, p->columns) * width)
			best = pixels;
		if ((whole - width) * WASTE <= whole)
			break;
	}
	return best;
}

/* Of one slice. */
static int64_t slice_width(const struct pack_rows *p)
{
	return round_up(pack_rows_pixels(p) * p->slice, p->columns);
}

int64_t pack_rows_width(const struct pack_rows *p)
{
	return slice_width(p) * (p->channels / p->slice);
}

int64_t pack_rows_channel(const struct pack_rows *p, int64_t i)
{
	const int64_t width = slice_width(p);

	return i / width * p->slice + i % width % p->slice;
}

int64_t pack_rows_scratch(const struct pack_rows *p)
{
	const int64_t phase = p->out_w + (p->kernel_w - 1) * p->dilation_w / p->stride_w;
	const int64_t pitch = round_up(phase * p->stride_w * p->slice, p->columns);
	const int64_t column = (int64_t)p->terms * p->bytes;

	return pitch * p->terms + (pitch * pack_rows_planes(p) + p->columns) * column;
}

int64_t pack_rows_size(const struct pack_rows *p)
{
	return pack_rows_width(p) * pack_rows_outputs(p) * pack_rows_planes(p) * p->terms * p->kernel_w;
}

/* The taps of column i for output row r, in rows of a whole number of planes. */
static int8_t *expand_column(const struct pack_rows *p, const int8_t *w, int64_t i, int64_t r, int8_t *expanded)
{
	const int64_t rows = pack_rows_planes(p) * p->terms, taps = p->kernel_h * p->kernel_w;
	const int8_t *from = w + pack_rows_channel(p, i) * taps;

	for (int64_t y = 0; y < rows; y++)
		for (int64_t kx = 0; kx < p->kernel_w; kx++) {
			const int64_t ky = y - r * p->stride_h;
			*expanded++ = ky >= 0 && ky < p->kernel_h ? from[ky * p->kernel_w + kx] : 0;
		}
	return expanded;
}

void pack_rows_expand(const struct pack_rows *p, const int8_t *w, int8_t *expanded, struct pack *pack)
{
	const int64_t planes = pack_rows_planes(p), outputs = pack_rows_outputs(p), width = pack_rows_width(p);

	for (int64_t tile = 0; tile < width; tile += p->columns)
		for (int64_t r = 0; r < outputs; r++)
			for (int64_t i = tile; i < tile + p->columns; i++)
				expanded = expand_column(p, w, i, r, expanded);
	*pack = (struct pack){ .n = width * outputs, .n_stride = planes * p->terms * p->kernel_w,
			       .depth = { planes, p->kernel_w, p->terms },
			       .stride = { p->terms * p->kernel_w, 1, p->kernel_w } };
}
