/* Kernels whose result takes the place of the input that they consume: piece after piece from the first row or from the
 * last, or by one call where that goes from pixel to pixel (struct call, consumed_arg and pixel_by_pixel), as near as
 * the order of reads and writes allows. The result must be that of a run with separate buffers, to the last byte, and
 * nothing else may change; nearer than that, each kernel must sometimes go wrong, or this test sees nothing.
 * Arguments: cases a kernel. */
#include "check.h"
#include "shapes.h"

#include "table.h"
#include "kernels/pack_columns.h"
#include "kernels/pack_planes.h"
#include "kernels/pack_rows.h"
#include "kernels/pack_winograd.h"

enum order { UP, DOWN, AT_ONCE, N_ORDERS };

static const char *const order_names[] = {"upwards", "downwards", "at once"};

enum { MARGIN = 64, CANARY = 0xa5 };

/* A kernel with its constants. A matrix product is told as an image of one column. */
struct subject {
	const char *name;
	const struct kernel *kernel;    /* NULL: the pooling one */
	int bytes;                      /* of an element */
	bool pixel_by_pixel, in_place;  /* in_place: the result may lie where its image does */
	struct nnrt_conv p;
	int x_zero;                     /* of kernels that take one for all channels */
	float *w, *bias, *zero;
	int8_t *w8;
	int32_t *bias8;
	void *scale;
	unsigned char *zero8, *scratch;
};

static int round_up(int n, int to)
{
	return (n + to - 1) / to * to;
}

static float *random_floats(int n)
{
	float *v = malloc((size_t)n * sizeof *v + 1);

	for (int i = 0; i < n; i++)
		v[i] = pick_float();
	return v;
}

static void *random_bytes(size_t n)
{
	unsigned char *v = malloc(n + 1);

	for (size_t i = 0; i < n; i++)
		v[i] = (unsigned char)pick(256);
	return v;
}

/* --- Subjects --- */

static struct nnrt_conv shape_pick(int rows, int columns, bool depthwise, bool product)
{
	const int channels[] = {1, columns, columns + 1, 2 * columns + 3}, extra[] = {0, 0, 0, 3};
	struct nnrt_conv p = {.in_h = 2 + pick(product ? 3 * rows : 9), .x_channel = 1};

	p.in_w = product ? 1 : 1 + pick(11);
	p.oc = pick_of(channels, 4);
	p.ic = depthwise ? p.oc : pick(3) ? p.oc : 1 + pick(9);
	p.kernel_h = product ? 1 : 1 + pick(4);
	p.kernel_w = product ? 1 : 1 + pick(4);
	p.stride_h = product ? 1 : 1 + pick(2);
	p.stride_w = product ? 1 : 1 + pick(2);
	p.dilation_h = product ? 1 : 1 + pick(2);
	p.dilation_w = product ? 1 : 1 + pick(2);
	p.pad_top = product ? 0 : pick(4) - 1;
	p.pad_left = product ? 0 : pick(4) - 1;
	p.out_h = product ? p.in_h : 1 + pick(10);
	p.out_w = product ? 1 : 1 + pick(11);
	p.x_pixel = product ? 0 : p.ic + pick_of(extra, 4);
	p.x_row = (product ? p.ic : p.in_w * p.x_pixel) + pick_of(extra, 4);
	p.y_pixel = product ? 0 : p.oc + pick_of(extra, 4);
	p.y_row = (product ? p.oc : p.out_w * p.y_pixel) + pick_of(extra, 4);
	return p;
}

static struct subject subject_f32(const struct kernel *k)
{
	const bool product = k->kind >= GEMM, depthwise = kernel_is_depthwise(k->kind);
	struct subject s = {.name = k->name, .kernel = k, .bytes = 4};
	s.p = shape_pick(k->rows, k->columns, depthwise, product);
	if (k->kind == DEPTHWISE_NINE) {
		s.p.kernel_h = s.p.kernel_w = 3;
		s.p.dilation_h = s.p.dilation_w = 1;
	}
	const int depth = s.p.kernel_h * s.p.kernel_w * (depthwise ? 1 : s.p.ic);

	s.pixel_by_pixel = !depthwise && s.p.oc <= k->columns;
	s.w = random_floats(round_up(s.p.oc, k->columns) * depth);
	s.bias = random_floats(s.p.oc);
	s.zero = calloc((size_t)s.p.ic, sizeof *s.zero);
	return s;
}

enum { BAND = 3 };      /* output rows at a time, of kernels that take some */

static int scratch_bytes(const struct nnrt_conv *p, const struct kernel *k, int depth)
{
	const int seen = (BAND - 1) * p->stride_h + (p->kernel_h - 1) * p->dilation_h + 1;
	const int width = (p->out_w - 1) * p->stride_w + (p->kernel_w - 1) * p->dilation_w + 1;

	if (k->kind == WINOGRAD_DOT)
		return (int)winograd_bytes_scratch(BAND, p->out_w, p->ic, k->columns);
	if (k->kind == CONV_DOT)
		return (seen * width * p->ic + k->tile.terms) * (k->tap_bytes ? k->tap_bytes : 1);
	if (k->kind == GEMM_DOT)
		return (BAND + k->rows - 1) * round_up(p->ic, k->tile.terms) * (k->tap_bytes ? k->tap_bytes : 1);
	return k->rows * round_up(depth, k->tile.terms) * k->tap_bytes + 1;
}

/* Depthwise by columns of image rows. */
static struct pack_rows rows_of(const struct subject *s)
{
	const struct nnrt_conv *p = &s->p;
	const struct kernel *k = s->kernel;

	return (struct pack_rows){.channels = p->oc, .slice = s->pixel_by_pixel ? p->oc : 1,
		.kernel_h = p->kernel_h, .kernel_w = p->kernel_w, .stride_h = p->stride_h,
		.stride_w = p->stride_w, .dilation_h = p->dilation_h,
		.dilation_w = p->dilation_w, .out_w = p->out_w, .terms = k->tile.terms, .columns = k->columns,
		.bytes = k->tap_bytes ? k->tap_bytes : 1};
}

static struct subject subject_rows(const struct kernel *k)
{
	struct subject s = {.name = k->name, .kernel = k, .bytes = 1, .pixel_by_pixel = pick(3) > 0,
		.p = shape_pick(1, k->columns, true, false)};
	const struct pack_rows rows = rows_of(&s);
	const size_t width = (size_t)pack_rows_width(&rows), size = (size_t)pack_rows_size(&rows);
	int8_t *w = random_bytes((size_t)(s.p.oc * s.p.kernel_h * s.p.kernel_w)), *expanded = malloc(size);
	struct pack pack;

	pack_rows_expand(&rows, w, expanded, &pack);
	s.w8 = malloc(size);
	pack_forms[k->pack].pack(&pack, &k->tile, expanded, s.w8);
	free(expanded);
	free(w);
	s.bias8 = calloc(width, sizeof *s.bias8);
	s.scale = malloc(width * sizeof(float));
	for (size_t i = 0; i < width; i++)
		((float *)s.scale)[i] = (float)(1 + pick(400)) / 1e5f;
	s.x_zero = pick(256);
	s.scratch = malloc((size_t)pack_rows_scratch(&rows));
	return s;
}

static struct subject subject_int8(const struct kernel *k)
{
	const bool planes = k->kind >= DEPTHWISE_PLANES, depthwise = k->kind >= DEPTHWISE_INT8;
	struct subject s = {.name = k->name, .kernel = k, .bytes = 1};
	s.p = shape_pick(k->rows, k->columns, depthwise, k->kind == GEMM_DOT);
	if (k->kind == DEPTHWISE_COLUMNS) {
		s.p.dilation_h = s.p.dilation_w = 1;
	} else if (planes) {
		s.p.kernel_w = k->kind == DEPTHWISE_PLANES ? 3 : 5 + 2 * pick(2);
		s.p.kernel_h = k->kind == DEPTHWISE_PLANES ? 3 : s.p.kernel_h;
		s.p.dilation_h = s.p.dilation_w = 1;
		s.in_place = pick(2);
	}
	if (k->kind == DEPTHWISE_3X3) {
		shape_3x3(&s.p);
		s.p.x_row = s.p.in_w * s.p.x_pixel;
	}
	if (k->kind == DEPTHWISE_DIRECT) {
		shape_direct(&s.p, k->columns);
		s.p.x_pixel = s.p.y_pixel = s.p.oc;
		s.p.x_row = s.p.y_row = s.p.out_w * s.p.oc;
	}
	if (k->kind == POINT_INT8)
		shape_points(&s.p);
	if (k->kind == WINOGRAD_DOT) {
		s.p.kernel_h = s.p.kernel_w = 3;
		s.p.stride_h = s.p.stride_w = s.p.dilation_h = s.p.dilation_w = 1;
	}
	if (s.in_place) {
		s.p.stride_h = s.p.stride_w = 1;
		s.p.pad_top = pick(s.p.kernel_h);
		s.p.out_h = s.p.in_h;
		s.p.out_w = s.p.in_w;
		s.p.y_pixel = s.p.x_pixel;
		s.p.y_row = s.p.x_row;
	}
	const int taps = s.p.kernel_h * s.p.kernel_w, ic = depthwise ? 1 : s.p.ic, depth = taps * ic;
	const int width = round_up(s.p.oc, k->columns);
	/* A kernel row is a run, or each tap of one that has gaps. */
	const bool apart = k->kind == CONV_DOT && s.p.dilation_w > 1;
	const struct pack pack = {.n = s.p.oc, .n_stride = depth,
		.depth = {apart ? taps : s.p.kernel_h, apart ? 1 : s.p.kernel_w, ic},
		.stride = {apart ? 1 : s.p.kernel_w, 1, taps}};
	int8_t *w = random_bytes((size_t)(s.p.oc * depth));
	int64_t packed_bytes;

	s.pixel_by_pixel = !depthwise;
	if (!pack_forms[k->pack].size(&pack, &k->tile, w, &packed_bytes))
		abort();
	s.w8 = malloc((size_t)packed_bytes);
	pack_forms[k->pack].pack(&pack, &k->tile, w, s.w8);
	free(w);
	s.bias8 = calloc((size_t)width, sizeof *s.bias8);
	s.scale = malloc((size_t)width * sizeof(struct nnrt_line));
	for (int i = 0; i < width; i++) {
		const float scale = (float)(1 + pick(400)) / 1e5f;
		if (k->tile.lanes == 1 && k->slopes)
			((int32_t *)s.scale)[i] = (int32_t)ldexpf(scale, 35);
		else if (k->tile.lanes == 1)
			((struct nnrt_line *)s.scale)[i] = (struct nnrt_line){(int32_t)ldexpf(scale, 35), pick(9)};
		else
			((float *)s.scale)[i] = scale;
	}
	s.zero8 = random_bytes((size_t)(width > s.p.ic ? width : s.p.ic));
	s.x_zero = planes ? pick(256) - 128 : pick(256);
	s.scratch = malloc(k->kind == DEPTHWISE_COLUMNS
				  ? (size_t)pack_columns_scratch(
					    s.p.kernel_h, s.p.kernel_w, s.p.out_w, s.p.stride_w, s.p.oc)
			  : planes ? (size_t)pack_planes_scratch(s.p.kernel_h, s.p.kernel_w, s.p.out_w, s.p.stride_w)
				  : (size_t)scratch_bytes(&s.p, k, depth));
	return s;
}

static struct subject subject_pool(void)
{
	const struct subject s = {.name = "nnrt_max_pool_f32", .bytes = 4, .p = shape_pick(1, NNRT_LANES, true, false)};

	return s;
}

static void subject_free(struct subject *s)
{
	free(s->w);
	free(s->bias);
	free(s->zero);
	free(s->w8);
	free(s->bias8);
	free(s->scale);
	free(s->zero8);
	free(s->scratch);
}

static void rows_run(const struct subject *s, const struct nnrt_conv *p, const void *x, void *y)
{
	const struct pack_rows rows = rows_of(s);
	const int is_signed = s->kernel->a != TYPES_U8, low = is_signed ? -128 : 0;

	s->kernel->run.depthwise_dot(p, x, s->w8, s->bias8, s->scale, y, s->scratch, s->x_zero, is_signed, low,
		low + 255, 0, (int)rows.slice, (int)pack_rows_pixels(&rows));
}

/* Rows begin..end-1 of the result. */
static void subject_run(const struct subject *s, int begin, int end, const void *x, void *y)
{
	struct nnrt_conv p = s->p;
	struct nnrt_gemm g = {begin, end, p.oc, p.ic, p.x_row, p.oc, p.y_row, NULL};

	p.row_begin = begin;
	p.row_end = end;
	if (!s->kernel)
		nnrt_max_pool_f32(&p, x, y, nnrt_epilogue_none, NULL);
	else if (s->kernel->kind == CONV_INT8 || s->kernel->kind == POINT_INT8)
		s->kernel->run.conv_int8(&p, x, s->w8, s->bias8, s->scale, s->zero8, y, s->scratch,
			s->kernel->a != TYPES_U8, -128, 127, 0);
	else if (s->kernel->kind == CONV_DOT || s->kernel->kind == WINOGRAD_DOT)
		s->kernel->run.conv_dot(&p, x, s->w8, s->bias8, s->scale, y, s->scratch, s->x_zero, 0, 255, 0,
			BAND);
	else if (s->kernel->kind == GEMM_DOT)
		s->kernel->run.gemm_dot(&g, x, s->w8, s->bias8, s->scale, y, s->scratch, 0, 255, 0, BAND);
	else if (s->kernel->kind == DEPTHWISE_DOT)
		rows_run(s, &p, x, y);
	else if (s->kernel->kind >= DEPTHWISE_PLANES)
		s->kernel->run.depthwise_planes(&p, x, s->w8, s->bias8, s->scale, y, s->scratch, s->x_zero, 1, -128,
			127, 0);
	else if (s->kernel->kind == DEPTHWISE_INT8 || s->kernel->kind == DEPTHWISE_3X3 ||
		 s->kernel->kind == DEPTHWISE_DIRECT)
		s->kernel->run.depthwise_int8(&p, x, s->w8, s->bias8, s->scale, s->zero8, y, 1, -128, 127, 0);
	else if (kernel_is_depthwise(s->kernel->kind))
		s->kernel->run.depthwise(&p, x, s->w, s->bias, y, nnrt_epilogue_none, NULL);
	else if (s->kernel->kind >= GEMM)
		s->kernel->run.gemm(&g, x, s->w, s->bias, y, nnrt_epilogue_none, NULL);
	else
		s->kernel->run.conv(&p, x, s->w, s->bias, s->zero, y, nnrt_epilogue_none, NULL);
}

/* Piece after piece. */
static void subject_run_in(const struct subject *s, enum order order, int piece, const void *x, void *y)
{
	const int n = s->p.out_h, last = (n - 1) / piece * piece;

	if (order == AT_ONCE)
		subject_run(s, 0, n, x, y);
	for (int r = 0; order == UP && r < n; r += piece)
		subject_run(s, r, r + piece < n ? r + piece : n, x, y);
	for (int r = last; order == DOWN && r >= 0; r -= piece)
		subject_run(s, r, r + piece < n ? r + piece : n, x, y);
}

/* --- How near the result may come --- */

/* Elements that a turn reads and writes; turn: a piece, or a pixel when all is done at once. */
struct turn {
	ptrdiff_t read_low, read_high, write_low, write_high;
};

static void turn_add(const struct nnrt_conv *p, struct turn *t, int oy, int ox)
{
	const ptrdiff_t to = oy * p->y_row + ox * p->y_pixel;

	t->write_low = to < t->write_low ? to : t->write_low;
	t->write_high = to + p->oc > t->write_high ? to + p->oc : t->write_high;
	for (int ky = 0; ky < p->kernel_h; ky++) {
		for (int kx = 0; kx < p->kernel_w; kx++) {
			const int iy = oy * p->stride_h - p->pad_top + ky * p->dilation_h;
			const int ix = ox * p->stride_w - p->pad_left + kx * p->dilation_w;
			const ptrdiff_t from = iy * p->x_row + ix * p->x_pixel;

			if (iy < 0 || iy >= p->in_h || ix < 0 || ix >= p->in_w)
				continue;
			t->read_low = from < t->read_low ? from : t->read_low;
			t->read_high = from + p->ic > t->read_high ? from + p->ic : t->read_high;
		}
	}
}

/* The distance y - x in elements, as great as may be (DOWN: as small); false when any will do. */
static bool distance_find(const struct nnrt_conv *p, enum order order, int piece, ptrdiff_t *distance)
{
	const int n = order == AT_ONCE ? p->out_h * p->out_w : (p->out_h + piece - 1) / piece;
	const ptrdiff_t far = PTRDIFF_MAX / 4;
	struct turn *turns = calloc((size_t)n, sizeof *turns);
	ptrdiff_t low = far, high = -far;
	bool found = false;

	for (int t = 0; t < n; t++)
		turns[t] = (struct turn){far, -far, far, -far};
	for (int oy = 0; oy < p->out_h; oy++)
		for (int ox = 0; ox < p->out_w; ox++) {
			const int t = order == AT_ONCE ? oy * p->out_w + ox : oy / piece;

			turn_add(p, &turns[order == DOWN ? n - 1 - t : t], oy, ox);
		}
	*distance = order == DOWN ? -far : far;
	for (int t = n - 1; t >= 0; t--) {
		/* A pixel may be written over what it alone reads. */
		for (int seen = t + (order == AT_ONCE); seen < n && seen <= t + 1; seen++) {
			low = turns[seen].read_low < low ? turns[seen].read_low : low;
			high = turns[seen].read_high > high ? turns[seen].read_high : high;
		}
		if (order == DOWN && high > -far && high - turns[t].write_low > *distance)
			*distance = high - turns[t].write_low;
		if (order != DOWN && low < far && low - turns[t].write_high < *distance)
			*distance = low - turns[t].write_high;
		found |= order == DOWN ? high > -far : low < far;
	}
	free(turns);
	return found;
}

/* --- Runs --- */

/* Bytes from the first element of an image to behind the last. */
static size_t image_bytes(int rows, int columns, int channels, ptrdiff_t row, ptrdiff_t pixel, int bytes)
{
	return (size_t)(((rows - 1) * row + (columns - 1) * pixel + channels) * bytes);
}

/* Whether the result in one memory with x, `distance` elements behind it, is what separate buffers give. */
static bool agrees(const struct subject *s, enum order order, int piece, ptrdiff_t distance, const void *x,
	const unsigned char *y)
{
	const struct nnrt_conv *p = &s->p;
	const size_t x_bytes = image_bytes(p->in_h, p->in_w, p->ic, p->x_row, p->x_pixel, s->bytes);
	const size_t y_bytes = image_bytes(p->out_h, p->out_w, p->oc, p->y_row, p->y_pixel, s->bytes);
	const ptrdiff_t shift = distance * s->bytes;
	const size_t x_at = MARGIN + (size_t)(shift < 0 ? -shift : 0), y_at = MARGIN + (size_t)(shift > 0 ? shift : 0);
	const size_t all = (x_at + x_bytes > y_at + y_bytes ? x_at + x_bytes : y_at + y_bytes) + MARGIN;
	unsigned char *memory = malloc(all), *expected = malloc(all);
	bool same;

	memset(memory, CANARY, all);
	memcpy(memory + x_at, x, x_bytes);
	memcpy(expected, memory, all);
	for (int oy = 0; oy < p->out_h; oy++)
		for (int ox = 0; ox < p->out_w; ox++) {
			const size_t at = (size_t)((oy * p->y_row + ox * p->y_pixel) * s->bytes);

			memcpy(expected + y_at + at, y + at, (size_t)(p->oc * s->bytes));
		}
	subject_run_in(s, order, piece, memory + x_at, memory + y_at);
	same = !memcmp(memory, expected, all);
	free(memory);
	free(expected);
	return same;
}

static void subject_check(const struct subject *s, int *caught)
{
	const struct nnrt_conv *p = &s->p;
	const size_t x_bytes = image_bytes(p->in_h, p->in_w, p->ic, p->x_row, p->x_pixel, s->bytes);
	void *x = s->bytes == 4 ? (void *)random_floats((int)(x_bytes / 4)) : random_bytes(x_bytes);
	unsigned char *y = random_bytes(image_bytes(p->out_h, p->out_w, p->oc, p->y_row, p->y_pixel, s->bytes));
	const int piece = 1 + pick(3);

	subject_run(s, 0, p->out_h, x, y);
	if (s->in_place && !agrees(s, AT_ONCE, piece, 0, x, y) && failures++ < 10)
		printf("not ok %s in place: %dx%dx%d pad %d,%d\n", s->name, p->in_h, p->in_w, p->ic, p->pad_top,
			p->pad_left);
	for (enum order order = UP; order < (s->pixel_by_pixel ? N_ORDERS : AT_ONCE); order++) {
		const ptrdiff_t nearer = (order == DOWN ? -1 : 1) * (1 + pick(2 * piece * (int)p->y_row));
		ptrdiff_t distance;

		if (!distance_find(p, order, piece, &distance))
			continue;
		if (!agrees(s, order, piece, distance, x, y) && failures++ < 10)
			printf("not ok %s %s: in %dx%dx%d out %dx%dx%d kernel %dx%d stride %d,%d pad %d,%d piece %d\n",
				s->name, order_names[order], p->in_h, p->in_w, p->ic, p->out_h, p->out_w, p->oc,
				p->kernel_h, p->kernel_w, p->stride_h, p->stride_w, p->pad_top, p->pad_left, piece);
		caught[order] += !agrees(s, order, piece, distance + nearer, x, y);
	}
	free(x);
	free(y);
}

static void subjects_check(const struct kernel *k, int cases)
{
	int caught[N_ORDERS] = {0}, before = failures;
	const char *name = "";
	bool pixel_by_pixel = false;

	for (int i = 0; i < cases; i++) {
		struct subject s = !k ? subject_pool() : k->a == TYPES_F32 ? subject_f32(k)
				 : k->kind == DEPTHWISE_DOT ? subject_rows(k)
							     : subject_int8(k);

		name = s.name;
		pixel_by_pixel |= s.pixel_by_pixel;
		subject_check(&s, caught);
		subject_free(&s);
	}
	for (int order = 0; order < (pixel_by_pixel ? N_ORDERS : AT_ONCE); order++) {
		if (caught[order])
			continue;
		failures++;
		printf("not ok %s %s: nothing goes wrong when the result is nearer\n", name, order_names[order]);
	}
	printf("%s %s: %d cases, too near %d, %d, %d\n", failures > before ? "not ok" : "ok", name, cases, caught[UP],
		caught[DOWN], caught[AT_ONCE]);
}

/* What those with scratch do is tested elsewhere; sums of 32 bits never take their image's place. */
static bool has_rows_to_order(enum kernel_kind kind)
{
	return kind != CONV_SUMS && kind != GEMM_SUMS && kind != GEMM_TRANSPOSED && kind != WINOGRAD2 &&
	       kind != WINOGRAD4 && !kernel_is_elementwise(kind);
}

int main(int argc, char **argv)
{
	const int cases = turns_of(argc, argv);

	skip_unless_supported();
	for (int i = 0; i < n_kernels; i++)
		if (has_rows_to_order(kernels[i].kind))
			subjects_check(&kernels[i], cases);
	subjects_check(NULL, cases);
	return failures > 0;
}
