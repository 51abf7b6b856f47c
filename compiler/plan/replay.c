#include "plan/replay.h"

#include <string.h>

/* Pixels of a tensor in the arena: (r, q) at + r * row + q * pixel … + width. */
struct grid {
	int64_t at, rows, columns, row, pixel, width;
};

static int64_t address(const struct timeline *l, const struct buffer *buffers, const struct arg *a)
{
	const struct tensor *t = &l->m->tensor[a->tensor];

	return buffers[l->storage_of[t->base]].offset + (t->offset.n + a->first.n) * dtypes[t->type].bytes;
}

/* In elements; a row of a matrix is one pixel. */
static struct grid argument_grid(const struct call *c)
{
	const struct conv_geometry *v = &c->geometry.conv;
	const struct gemm_geometry *g = &c->geometry.gemm;

	if (c->geometry.kind == GEOMETRY_GEMM)
		return (struct grid){ .rows = g->m.n, .columns = 1, .row = g->a_row.n, .width = g->k.n };
	return (struct grid){ .rows = v->in_h.n, .columns = v->in_w.n, .row = v->x_row.n, .pixel = v->x_pixel.n,
			      .width = v->ic };
}

static struct grid result_grid(const struct call *c)
{
	const struct conv_geometry *v = &c->geometry.conv;
	const struct gemm_geometry *g = &c->geometry.gemm;

	if (c->geometry.kind == GEOMETRY_GEMM)
		return (struct grid){ .rows = g->m.n, .columns = 1, .row = g->y_row.n, .width = g->n.n };
	return (struct grid){ .rows = v->row_end.n, .columns = v->out_w.n, .row = v->y_row.n, .pixel = v->y_pixel.n,
			      .width = v->oc };
}

/* From elements to bytes of the arena. */
static struct grid grid_place(const struct timeline *l, const struct buffer *buffers, const struct arg *a,
			      struct grid g)
{
	const int64_t bytes = dtypes[l->m->tensor[a->tensor].type].bytes;

	g.at = address(l, buffers, a);
	g.row *= bytes;
	g.pixel *= bytes;
	g.width *= bytes;
	return g;
}

/* What an output pixel sees. */
struct taps {
	int64_t kernel_h, kernel_w, dilation_h, dilation_w, stride_h, stride_w, pad_top, pad_left;
};

static struct taps call_taps(const struct call *c)
{
	const struct conv_geometry *v = &c->geometry.conv;

	if (c->geometry.kind == GEOMETRY_GEMM)
		return (struct taps){ 1, 1, 1, 1, 1, 1, 0, 0 };
	return (struct taps){ v->kernel_h, v->kernel_w, v->dilation_h, v->dilation_w,
			      v->stride_h, v->stride_w, v->pad_top.n,  v->pad_left.n };
}

/* Sets needed[], row by row of the argument, to `turn` where output pixel (r, q) reads. */
static void pixel_reads(const struct taps *t, const struct grid *x, int64_t r, int64_t q, int turn, int *needed)
{
	for (int64_t ky = 0; ky < t->kernel_h; ky++) {
		const int64_t row = r * t->stride_h - t->pad_top + ky * t->dilation_h;

		for (int64_t kx = 0; row >= 0 && row < x->rows && kx < t->kernel_w; kx++) {
			const int64_t column = q * t->stride_w - t->pad_left + kx * t->dilation_w;

			if (column >= 0 && column < x->columns)
				needed[row * x->columns + column] = turn;
		}
	}
}

/* The first index whose pixel or row, `step` bytes from the one before and `size` long, may reach beyond `low`. */
static int64_t first_near(int64_t at, int64_t step, int64_t size, int64_t low)
{
	return step > 0 && low > at + size ? (low - at - size) / step : 0;
}

/* Dies if bytes low..high-1, written in `turn`, hold a pixel of the argument that is needed then or later. */
static void write_check(const struct call *c, const struct grid *x, const int *needed, int64_t low, int64_t high,
			int turn)
{
	const int64_t row_size = (x->columns - 1) * x->pixel + x->width;

	for (int64_t r = first_near(x->at, x->row, row_size, low); r < x->rows && x->at + r * x->row < high; r++) {
		const int64_t start = x->at + r * x->row;

		for (int64_t q = first_near(start, x->pixel, x->width, low); q < x->columns; q++) {
			const int64_t at = start + q * x->pixel;

			if (at >= high)
				break;
			if (low < at + x->width && needed[r * x->columns + q] >= turn)
				die("%s: turn %d writes pixel (%lld, %lld) of its argument, which turn %d reads",
				    c->function, turn, (long long)r, (long long)q, needed[r * x->columns + q]);
		}
	}
}

/* Turn by turn: a turn is a piece; or a pixel, read before it is written, where one call goes from pixel to pixel. */
static void turns_check(const struct timeline *l, const struct buffer *buffers, const struct call *c,
			const struct arg *a, const struct arg *to)
{
	const struct grid x = grid_place(l, buffers, a, argument_grid(c));
	const struct grid y = grid_place(l, buffers, to, result_grid(c));
	const bool pixels = c->row_order == ROWS_AT_ONCE;
	const int64_t pieces = (y.rows + c->piece_rows - 1) / c->piece_rows;
	const struct taps taps = call_taps(c);
	int *needed = ARENA_ARRAY(l->m->scratch, x.rows * x.columns, int);

	memset(needed, -1, (size_t)(x.rows * x.columns) * sizeof *needed);
	for (int pass = 0; pass < 2; pass++)
		for (int64_t k = 0; k < y.rows; k++) {
			const int64_t r = c->row_order == ROWS_DOWN ? y.rows - 1 - k : k, piece = r / c->piece_rows;

			for (int64_t q = 0; q < y.columns; q++) {
				const int64_t at = y.at + r * y.row + q * y.pixel;
				const int turn = (int)(pixels		       ? r * y.columns + q :
						       c->row_order == ROWS_UP ? piece :
										 pieces - 1 - piece);

				if (pass)
					write_check(c, &x, needed, at, at + y.width, turn + pixels);
				else
					pixel_reads(&taps, &x, r, q, turn, needed);
			}
		}
}

/* An argument that shares bytes with the result. */
static void shared_check(const struct timeline *l, const struct buffer *buffers, const struct call *c, int arg,
			 const struct arg *y)
{
	const struct arg *x = &c->arg[arg];

	if (arg == c->consumed_arg && (c->row_order != ROWS_AT_ONCE || c->pixel_by_pixel))
		turns_check(l, buffers, c, x, y);
	else if (!c->in_place || address(l, buffers, x) != address(l, buffers, y))
		die("%s: its result shares bytes with argument %d", c->function, arg);
}

static bool share(const struct timeline *l, const struct buffer *buffers, const struct arg *x, const struct arg *y)
{
	const int a = x->tensor < 0 ? -1 : l->storage_of[l->m->tensor[x->tensor].base];
	const int b = y->tensor < 0 ? -1 : l->storage_of[l->m->tensor[y->tensor].base];

	return x->kind == ARG_READ && y->kind == ARG_WRITE && a >= 0 && a < l->n_arena && b >= 0 && b < l->n_arena &&
	       a != b && buffers[a].pool == buffers[b].pool &&
	       buffers[a].offset < buffers[b].offset + buffers[b].size_bytes &&
	       buffers[b].offset < buffers[a].offset + buffers[a].size_bytes;
}

void replay_check(const struct timeline *l, const struct buffer *buffers)
{
	for (int s = 0; s < l->n; s++) {
		const struct call *c = l->step[s]->kind == STEP_CALL ? l->step[s]->call : NULL;

		for (int i = 0; c && i < c->n_args; i++)
			for (int k = 0; k < c->n_args; k++)
				if (share(l, buffers, &c->arg[i], &c->arg[k]))
					shared_check(l, buffers, c, i, &c->arg[k]);
	}
}
