/* Every product of bytes against slow loops from the definition: random shapes and the extreme values, x, weights and
 * the constants ending at pages that nobody may touch, y in a field of canaries. Exact: the first difference fails. */
#include "../kernels/check.h"
#include "../kernels/lines.h"
#include "../kernels/shapes.h"
#include "../kernels/table.h"
#include "guarded.h"
#include "kernels/pack_columns.h"
#include "kernels/pack_planes.h"
#include "kernels/pack_rows.h"
#include "kernels/pack_winograd.h"

/* One problem. w: oc x ic x kernel (depthwise: ic is 1). */
struct problem {
	struct nnrt_conv p;
	int is_signed, is_depthwise, x_zero, y_zero, y_low, low, high;
	int band;               /* output rows at a time, of kernels that take some */
	unsigned char *x, *zero;
	int16_t *w;             /* within int8, or, where is_wide, within 255 */
	int is_wide;
	int8_t *bytes;          /* the weights, where they are not wide */
	int32_t *bias;          /* before x_zero is taken off */
	float *scale;
	size_t x_bytes;
};

static int round_up(int n, int to)
{
	return (n + to - 1) / to * to;
}

/* The extreme values come up often. */
static int pick_byte(int extreme)
{
	return extreme ? (pick(2) ? 255 : 0) ^ (pick(2) ? 0x80 : 0) : pick(256);
}

/* Weights of nine bits: bytes without a zero point. */
static int pick_wide(int extreme)
{
	return extreme ? (pick(2) ? 255 : -255) : pick(511) - 255;
}

/* Weights that MULL allows: none of -128 in the second half of sixteen that lie beside each other. */
static void hold_weights(struct problem *q)
{
	const struct nnrt_conv *p = &q->p;
	const int taps = p->kernel_h * p->kernel_w, depth = p->ic * taps;

	for (int i = 0; i < p->oc * depth; i++) {
		const int in_run = i / taps % p->ic + (p->dilation_w > 1 ? 0 : i % p->kernel_w * p->ic);

		if (q->w[i] == -128 && in_run / 8 % 2)
			q->w[i] = -127;
	}
}

static bool is_product(const struct kernel *k)
{
	return k->kind == GEMM_DOT || k->kind == GEMM_SUMS;
}

static bool makes_sums(const struct kernel *k)
{
	return k->kind == CONV_SUMS || k->kind == GEMM_SUMS;
}

static void problem_new(struct problem *q, const struct kernel *k)
{
	const int columns = k->columns, is_depthwise = k->kind >= DEPTHWISE_INT8;
	struct nnrt_conv *p = &q->p;
	const int extreme = pick(4) == 0,
		  channels[] = {1, 2, 3, columns - 1, columns, columns + 1, 2 * columns + 3, 19};

	*p = (struct nnrt_conv){.in_h = 1 + pick(9),
		.in_w = 1 + pick(9),
		.kernel_h = 1 + pick(4),
		.kernel_w = 1 + pick(4),
		.stride_h = 1 + pick(3),
		.stride_w = 1 + pick(3),
		.dilation_h = 1 + pick(2),
		.dilation_w = 1 + pick(2),
		.pad_top = pick(4),
		.pad_left = pick(4),
		.out_h = 1 + pick(6),
		.out_w = 1 + pick(6),
		.x_channel = 1};
	q->is_depthwise = is_depthwise;
	if (is_product(k)) {    /* pixels of one row are those of a matrix */
		p->in_h = p->out_h = p->kernel_h = p->kernel_w = p->stride_w = p->dilation_w = 1;
		p->in_w = p->out_w = 1 + pick(40);
		p->pad_top = p->pad_left = 0;
	} else if ((k->kind == CONV_DOT || k->kind == CONV_SUMS) && pick(2)) {    /* windows stay inside */
		p->pad_top = p->pad_left = 0;
		p->in_h = (p->out_h - 1) * p->stride_h + (p->kernel_h - 1) * p->dilation_h + 1;
		p->in_w = (p->out_w - 1) * p->stride_w + (p->kernel_w - 1) * p->dilation_w + 1;
	} else if (k->kind == WINOGRAD_DOT) {
		p->kernel_h = p->kernel_w = 3;
		p->stride_h = p->stride_w = p->dilation_h = p->dilation_w = 1;
	} else if (k->kind == DEPTHWISE_3X3) {
		shape_3x3(p);
	} else if (k->kind == DEPTHWISE_DOT) {
		const int sides[] = {1, 3, 5, 7, 8};

		p->kernel_h = pick_of(sides, 5);
		p->kernel_w = pick(3) ? p->kernel_h : pick_of(sides, 5);
	} else if (k->kind == DEPTHWISE_COLUMNS) {
		p->kernel_w = 1 + pick(8);
		p->kernel_h = pick(2) ? p->kernel_w : 1 + pick(8);
		p->dilation_h = p->dilation_w = 1;
	} else if (k->kind >= DEPTHWISE_PLANES) {
		p->kernel_w = k->kind == DEPTHWISE_PLANES ? 3 : 5 + 2 * pick(2);
		p->kernel_h = k->kind == DEPTHWISE_PLANES ? 3 : 1 + pick(8);
		p->dilation_h = p->dilation_w = 1;
		p->stride_w = 1 + pick(2);
		p->stride_h = pick(2) ? p->stride_w : p->stride_h;
	}
	p->oc = pick_of(channels, 8);
	p->oc = p->oc > 0 ? p->oc : 1;
	if (k->kind == DEPTHWISE_DIRECT)
		shape_direct(p, columns);
	p->ic = is_depthwise ? p->oc : 1 + pick(35);
	if (k->kind == CONV_INT8 && pick(5) == 0) {     /* as networks for pictures begin */
		p->kernel_h = p->kernel_w = p->ic = 3;
		p->dilation_w = 1;
	}
	if (k->inner == INNER_SMLAD_FEW && pick(2))
		shape_inside(p);
	p->x_pixel = p->ic + (pick(2) ? 0 : pick(5));
	p->x_row = p->in_w * p->x_pixel + pick(4);
	if (k->kind == POINT_INT8)
		shape_points(p);
	p->y_pixel = p->oc + (pick(2) ? 0 : pick(3));
	p->y_row = p->out_w * p->y_pixel + (pick(2) ? 0 : pick(5));
	p->row_begin = pick(p->out_h);
	p->row_end = p->row_begin + 1 + pick(p->out_h - p->row_begin);
	q->is_signed = k->a == TYPES_BYTE ? pick(2) : k->a == TYPES_S8;
	q->y_low = k->a == TYPES_S8 || (k->a == TYPES_BYTE && pick(2)) ? -128 : 0;
	q->band = 1 + pick(p->out_h + 2);
	q->x_zero = pick(256) - (q->is_signed ? 128 : 0);
	q->y_zero = q->y_low + (extreme ? 255 * pick(2) : pick(256));
	q->low = q->y_low + (pick(3) ? 0 : pick(100));
	q->high = q->y_low + 255 - (pick(3) ? 0 : pick(100));
	if (k->kind == DEPTHWISE_DIRECT) {
		q->low = q->y_low;
		q->high = q->y_low + 255;
	}
	q->x_bytes = (size_t)((p->in_h - 1) * p->x_row + (p->in_w - 1) * p->x_pixel + p->ic);
	q->x = guarded_bytes(q->x_bytes);
	for (size_t i = 0; i < q->x_bytes; i++)
		q->x[i] = (unsigned char)pick_byte(extreme);
	const int depth = p->kernel_h * p->kernel_w * (is_depthwise ? 1 : p->ic);
	q->w = calloc((size_t)p->oc * (size_t)depth, sizeof *q->w);
	q->is_wide = k->b == TYPES_WIDE && pick(2);
	q->bias = malloc((size_t)p->oc * sizeof *q->bias);
	q->scale = malloc((size_t)p->oc * sizeof *q->scale);
	for (int i = 0; i < p->oc * depth; i++)
		q->w[i] = (int16_t)(q->is_wide ? pick_wide(extreme) : (int8_t)pick_byte(extreme));
	if (k->inner == INNER_MULL)
		hold_weights(q);
	q->bytes = malloc((size_t)p->oc * (size_t)depth);
	for (int i = 0; i < p->oc * depth; i++)
		q->bytes[i] = (int8_t)q->w[i];
	p->one_line = k->kind == CONV_INT8 && k->inner == INNER_SMLAD && k->rows == 1 && pick(2);
	for (int i = 0; i < p->oc; i++) {
		q->bias[i] = extreme ? (pick(2) ? 1 : -1) * 1000000000 : pick(20001) - 10000;
		q->scale[i] = pick(8) ? (float)(1 + pick(4000)) / 1e6f : 0.5f;  /* a half makes ties */
		if (p->one_line)
			q->scale[i] = q->scale[0];
	}
}

static void problem_free(struct problem *q)
{
	release_bytes(q->x, q->x_bytes);
	free(q->w);
	free(q->bytes);
	free(q->bias);
	free(q->scale);
}

/* The definition, for one element: what is added to its bias. */
static int64_t wanted_sum(const struct problem *q, int oy, int ox, int c)
{
	const struct nnrt_conv *p = &q->p;
	const int ic = q->is_depthwise ? 1 : p->ic;
	int64_t sum = 0;

	for (int i = 0; i < ic; i++) {
		for (int ky = 0; ky < p->kernel_h; ky++) {
			for (int kx = 0; kx < p->kernel_w; kx++) {
				const int iy = oy * p->stride_h - p->pad_top + ky * p->dilation_h;
				const int ix = ox * p->stride_w - p->pad_left + kx * p->dilation_w;
				int byte;

				if (iy < 0 || iy >= p->in_h || ix < 0 || ix >= p->in_w)
					continue;
				byte = q->x[iy * p->x_row + ix * p->x_pixel + (q->is_depthwise ? c : i)];
				byte = q->is_signed && byte > 127 ? byte - 256 : byte;
				sum += (byte - q->x_zero) * q->w[((c * ic + i) * p->kernel_h + ky) * p->kernel_w + kx];
			}
		}
	}
	return sum;
}

static int wanted(const struct problem *q, int oy, int ox, int c)
{
	const int64_t sum = q->bias[c] + wanted_sum(q, oy, ox, c);
	const double scaled = rint((double)((float)(int32_t)sum * q->scale[c])) + q->y_zero;

	return (int)(scaled > q->low ? scaled < q->high ? scaled : q->high : q->low);
}

static int check_output(const struct problem *q, const unsigned char *y, size_t bytes, unsigned char canary_byte)
{
	const struct nnrt_conv *p = &q->p;
	unsigned char *expected = malloc(bytes);
	int bad;

	memset(expected, canary_byte, bytes);
	for (int oy = p->row_begin; oy < p->row_end; oy++)
		for (int ox = 0; ox < p->out_w; ox++)
			for (int c = 0; c < p->oc; c++)
				expected[oy * p->y_row + ox * p->y_pixel + c] = (unsigned char)wanted(q, oy, ox, c);
	bad = memcmp(expected, y, bytes) != 0;
	for (size_t i = 0; i < bytes && bad; i++)
		if (expected[i] != y[i]) {
			printf("  byte %zu is %d, expected %d\n", i, y[i], expected[i]);
			break;
		}
	free(expected);
	return bad;
}

/* The sums themselves. */
static int check_sums(const struct problem *q, const int32_t *y, size_t n, int32_t canary_sum)
{
	const struct nnrt_conv *p = &q->p;
	int32_t *expected = malloc(n * sizeof *expected);
	int bad;

	for (size_t i = 0; i < n; i++)
		expected[i] = canary_sum;
	for (int oy = p->row_begin; oy < p->row_end; oy++)
		for (int ox = 0; ox < p->out_w; ox++)
			for (int c = 0; c < p->oc; c++)
				expected[oy * p->y_row + ox * p->y_pixel + c] = (int32_t)wanted_sum(q, oy, ox, c);
	bad = memcmp(expected, y, n * sizeof *y) != 0;
	for (size_t i = 0; i < n && bad; i++)
		if (expected[i] != y[i]) {
			printf("  sum %zu is %d, expected %d\n", i, (int)y[i], (int)expected[i]);
			break;
		}
	free(expected);
	return bad;
}

/* sums: of each channel's weights. */
static void run_sums(const struct kernel *r, const struct problem *q, const int8_t *packed, const int32_t *sums,
	void *y, void *scratch)
{
	const unsigned char x_zero = (unsigned char)q->x_zero;
	const struct nnrt_conv *p = &q->p;

	if (is_product(r)) {
		const struct nnrt_gemm g = {.m_begin = 0, .m = p->out_w, .n = p->oc, .k = p->ic, .a_row = p->x_pixel,
			.y_row = p->y_pixel};

		r->run.gemm_sums(&g, q->x, packed, sums, &x_zero, y, scratch, q->band);
	} else {
		r->run.conv_sums(p, q->x, packed, sums, &x_zero, y, scratch, q->band);
	}
}

/* The kinds that sum terms by one instruction, with as little scratch as they ask for: none where they may read x as it
 * lies. */
static void run_dot(const struct kernel *r, const struct problem *q, const int8_t *packed, const int32_t *bias,
	const float *scale, void *y)
{
	const struct nnrt_conv *p = &q->p;
	const int run = p->dilation_w > 1 ? p->ic : p->kernel_w * p->ic;
	const int seen = (q->band - 1) * p->stride_h + (p->kernel_h - 1) * p->dilation_h + 1;
	const int width = (p->out_w - 1) * p->stride_w + (p->kernel_w - 1) * p->dilation_w + 1;
	const bool is_gemm = is_product(r);
	const bool as_it_lies = !r->tap_bytes && run % r->tile.terms == 0 && !p->pad_top &&
			        !p->pad_left && width <= p->in_w &&
				(p->out_h - 1) * p->stride_h + (p->kernel_h - 1) * p->dilation_h < p->in_h &&
				(p->kernel_w == 1 || p->dilation_w > 1 || p->x_pixel == p->ic);
	const int copied = is_gemm ? (q->band + r->rows - 1) * round_up(p->ic, r->tile.terms)
				   : seen * width * p->ic + r->tile.terms;
	const size_t bytes = r->kind == WINOGRAD_DOT
				     ? (size_t)winograd_bytes_scratch(q->band, p->out_w, p->ic, r->columns)
			     : as_it_lies ? 0 : (size_t)(copied * (r->tap_bytes ? r->tap_bytes : 1));
	void *scratch = guarded_bytes(bytes);

	if (makes_sums(r)) {
		run_sums(r, q, packed, bias, y, bytes ? scratch : NULL);
	} else if (is_gemm) {
		const struct nnrt_gemm g = {.m_begin = 0, .m = p->out_w, .n = p->oc, .k = p->ic, .a_row = p->x_pixel,
			.y_row = p->y_pixel};
		r->run.gemm_dot(&g, q->x, packed, bias, scale, y, bytes ? scratch : NULL, q->low, q->high, q->y_zero,
			q->band);
	} else {
		r->run.conv_dot(p, q->x, packed, bias, scale, y, bytes ? scratch : NULL, q->x_zero, q->low, q->high,
			q->y_zero, q->band);
	}
	release_bytes(scratch, bytes);
}

/* Depthwise by columns of image rows. */
static void run_rows(const struct kernel *r, const struct problem *q, void *y)
{
	const struct nnrt_conv *p = &q->p;
	const int slices[] = {1, 2, 3, p->oc}, some = pick_of(slices, 4);
	const struct pack_rows rows = {.channels = p->oc, .slice = p->oc % some ? p->oc : p->oc / some,
		.kernel_h = p->kernel_h, .kernel_w = p->kernel_w, .stride_h = p->stride_h,
		.stride_w = p->stride_w, .dilation_h = p->dilation_h,
		.dilation_w = p->dilation_w, .out_w = p->out_w, .terms = r->tile.terms, .columns = r->columns,
		.bytes = r->tap_bytes ? r->tap_bytes : 1};
	const size_t size = (size_t)pack_rows_size(&rows), scratch_bytes = (size_t)pack_rows_scratch(&rows);
	const int width = (int)pack_rows_width(&rows), taps = p->kernel_h * p->kernel_w;
	int8_t *expanded = malloc(size), *packed = guarded_bytes(size);
	int32_t *bias = guarded_bytes((size_t)width * sizeof *bias);
	float *scale = guarded_bytes((size_t)width * sizeof *scale);
	void *scratch = guarded_bytes(scratch_bytes);
	struct pack pack;

	pack_rows_expand(&rows, q->bytes, expanded, &pack);
	pack_forms[r->pack].pack(&pack, &r->tile, expanded, packed);
	free(expanded);
	for (int i = 0; i < width; i++) {
		const int c = (int)pack_rows_channel(&rows, i);
		int sum = 0;
		for (int k = 0; k < taps; k++)
			sum += q->w[c * taps + k];
		bias[i] = q->bias[c] - q->x_zero * sum;
		scale[i] = q->scale[c];
	}
	r->run.depthwise_dot(p, q->x, packed, bias, scale, y, scratch, q->x_zero, q->is_signed, q->low, q->high,
		q->y_zero, (int)rows.slice, (int)pack_rows_pixels(&rows));
	release_bytes(packed, size);
	release_bytes(bias, (size_t)width * sizeof *bias);
	release_bytes(scale, (size_t)width * sizeof *scale);
	release_bytes(scratch, scratch_bytes);
}

/* What channel c's weights add up to, above and below 0. */
struct halves {
	int above, below;
};

static struct halves halves_of(const struct problem *q, int c)
{
	const int depth = q->p.kernel_h * q->p.kernel_w * (q->is_depthwise ? 1 : q->p.ic);
	struct halves h = {0, 0};

	for (int i = 0; i < depth; i++)
		*(q->w[c * depth + i] > 0 ? &h.above : &h.below) += q->w[c * depth + i];
	return h;
}

/* What channel c requantises, with what its sums begin with. */
static struct requantise sums_of(const struct problem *q, int c, const struct halves *h, int32_t bias)
{
	const int least = q->is_signed ? -128 : 0, most = least + 255;

	return (struct requantise){.scale = q->scale[c], .zero = q->y_zero, .low = q->low, .high = q->high,
		.least = bias + (int64_t)h->above * least + (int64_t)h->below * most,
		.most = bias + (int64_t)h->above * most + (int64_t)h->below * least};
}

/* Of channel c: what its sums begin with, and its multiplier, line or slope. */
static void channel_ends(const struct kernel *r, const struct problem *q, int c, int32_t *bias, void *scale,
	struct slopes *slopes)
{
	const struct halves h = halves_of(q, c);
	struct requantise line;

	bias[c] = q->bias[c] - q->x_zero * (h.above + h.below);
	if (makes_sums(r))
		bias[c] = h.above + h.below;
	line = sums_of(q, c, &h, bias[c]);
	if (r->slopes && r->tile.lanes == 1)
		slopes_set(slopes, c, &line, pick(8) == 0, &bias[c]);
	else if (r->tile.lanes == 1)
		((struct nnrt_line *)scale)[c] = line_of(&line, &bias[c]);
	else
		((float *)scale)[c] = q->scale[c];
	if (r->kind == CONV_INT8 && r->tap_bytes == 1 && r->tile.lanes == 1 && q->is_signed)
		bias[c] -= 128 * (h.above + h.below);
}

/* The same of all channels by one slope. */
static void one_line_ends(const struct problem *q, int32_t *bias, struct slopes *slopes)
{
	struct requantise all = {.least = INT64_MAX, .most = INT64_MIN};
	int32_t more = 0;

	for (int c = 0; c < q->p.oc; c++) {
		const struct halves h = halves_of(q, c);
		struct requantise r;

		bias[c] = q->bias[c] - q->x_zero * (h.above + h.below);
		r = sums_of(q, c, &h, bias[c]);
		r.least = r.least < all.least ? r.least : all.least;
		r.most = r.most > all.most ? r.most : all.most;
		all = r;
	}
	slopes_set(slopes, 0, &all, pick(8) == 0, &more);
	for (int c = 0; c < q->p.oc; c++)
		bias[c] += more;
}

static void run(const struct kernel *r, struct problem *q)
{
	const struct nnrt_conv *p = &q->p;
	const int taps = p->kernel_h * p->kernel_w, ic = q->is_depthwise ? 1 : p->ic, depth = taps * ic;
	const int width = round_up(p->oc, r->columns), zeros = q->is_depthwise ? width : p->ic;
	struct pack pack = {.n = p->oc, .n_stride = depth, .depth = {p->kernel_h, p->kernel_w, ic},
		.stride = {p->kernel_w, 1, taps}};
	const size_t y_elements = (size_t)((p->out_h - 1) * p->y_row + (p->out_w - 1) * p->y_pixel + p->oc);
	const size_t y_bytes = y_elements * (makes_sums(r) ? sizeof(int32_t) : 1);
	const size_t scratch_bytes = r->kind == DEPTHWISE_COLUMNS
					     ? (size_t)pack_columns_scratch(
						       p->kernel_h, p->kernel_w, p->out_w, p->stride_w, p->oc)
				     : r->kind >= DEPTHWISE_PLANES
					     ? (size_t)pack_planes_scratch(
						       p->kernel_h, p->kernel_w, p->out_w, p->stride_w)
					     : (size_t)(r->rows * round_up(depth, r->tile.terms) * r->tap_bytes);
	const void *weights = q->is_wide ? (const void *)q->w : q->bytes;
	int64_t packed_bytes;
	if ((r->kind == CONV_DOT || r->kind == CONV_SUMS) && p->dilation_w > 1)
		pack = (struct pack){.n = p->oc, .n_stride = depth, .depth = {taps, 1, ic}, .stride = {1, 1, taps}};
	pack.is_wide = q->is_wide;
	if (!pack_forms[r->pack].size(&pack, &r->tile, weights, &packed_bytes))
		abort();
	int8_t *packed = guarded_bytes((size_t)packed_bytes);
	int32_t *bias = guarded_bytes((size_t)width * sizeof *bias);
	const bool has_slopes = r->slopes && r->tile.lanes == 1;
	struct slopes slopes = slopes_new(p->one_line ? 1 : width);
	size_t scale_bytes = (size_t)width * (r->tile.lanes == 1 ? sizeof(struct nnrt_line) : sizeof(float));
	void *scale = has_slopes ? NULL : guarded_bytes(scale_bytes);
	unsigned char *zero = guarded_bytes((size_t)zeros), *y = guarded_bytes(y_bytes);
	void *scratch = guarded_bytes(scratch_bytes);

	if (p->one_line)
		one_line_ends(q, bias, &slopes);
	for (int c = 0; c < p->oc && !p->one_line; c++)
		channel_ends(r, q, c, bias, scale, &slopes);
	if (has_slopes) {
		scale_bytes = (size_t)slopes.n * sizeof *slopes.v;
		scale = guarded_bytes(scale_bytes);
		memcpy(scale, slopes.v, scale_bytes);
	}
	free(slopes.v);
	memset(zero, q->x_zero & 0xff, (size_t)zeros);
	memset(y, 0xa5, y_bytes);
	pack_forms[r->pack].pack(&pack, &r->tile, weights, packed);
	if (r->kind == CONV_INT8 || r->kind == POINT_INT8)
		r->run.conv_int8(p, q->x, packed, bias, scale, zero, y, scratch, q->is_signed, q->low - q->y_zero,
			q->high - q->y_zero, q->y_zero);
	else if (r->kind == CONV_DOT || r->kind == GEMM_DOT || r->kind == WINOGRAD_DOT || makes_sums(r))
		run_dot(r, q, packed, bias, scale, y);
	else if (r->kind == DEPTHWISE_DOT)
		run_rows(r, q, y);
	else if (r->kind >= DEPTHWISE_PLANES)
		r->run.depthwise_planes(p, q->x, packed, bias, scale, y, scratch, q->x_zero, q->is_signed,
			q->low - q->y_zero, q->high - q->y_zero, q->y_zero);
	else
		r->run.depthwise_int8(p, q->x, packed, bias, scale, zero, y, q->is_signed, q->low - q->y_zero,
			q->high - q->y_zero, q->y_zero);
	if (makes_sums(r) ? check_sums(q, (const int32_t *)(const void *)y, y_elements, (int32_t)0xa5a5a5a5)
			  : check_output(q, y, y_bytes, 0xa5)) {
		printf("%s: in %dx%dx%d out %dx%dx%d kernel %dx%d stride %dx%d dilation %dx%d pad %d,%d\n", r->name,
			p->in_h, p->in_w, p->ic, p->out_h, p->out_w, p->oc, p->kernel_h, p->kernel_w, p->stride_h,
			p->stride_w, p->dilation_h, p->dilation_w, p->pad_top, p->pad_left);
		failures++;
	}
	release_bytes(packed, (size_t)packed_bytes);
	release_bytes(bias, (size_t)width * sizeof *bias);
	release_bytes(scale, scale_bytes);
	release_bytes(zero, (size_t)zeros);
	release_bytes(y, y_bytes);
	release_bytes(scratch, scratch_bytes);
}

int main(int argc, char **argv)
{
	const int turns = turns_of(argc, argv);
	int walked = 0;

	skip_unless_supported();
	for (int i = 0; i < n_kernels; i++) {
		if (kernels[i].a == TYPES_F32 || kernel_is_elementwise(kernels[i].kind))
			continue;
		walked++;
		for (int turn = 0; turn < turns && failures < 10; turn++) {
			struct problem q;

			problem_new(&q, &kernels[i]);
			run(&kernels[i], &q);
			problem_free(&q);
		}
		printf("%s: %d problems\n", kernels[i].name, turns);
	}
	return failures || !walked;
}
