/* A result is rows of pixels (of a matrix product: rows of one pixel), and so is the argument that it consumes. Output
 * pixel (r, q) sees argument rows r * stride_h - pad_top .. + reach, and none of its columns before
 * q * stride_w - pad_left. A piece may write where it pleases among its own rows and read meanwhile. So, piece after
 * piece upwards,
 *
 *     offset(y) + end of what the piece writes  <=  offset(x) + start of what it and all later ones read,
 *
 * and downwards
 *
 *     offset(y) + start of what the piece writes  >=  offset(x) + end of what it and all later ones read.
 *
 * One call that goes from pixel to pixel need only leave what later pixels see. */
#include "plan/consume.h"

#include "support/limits.h"

/* Where rows and pixels of a tensor lie; in bytes, from the start of its storage. */
struct image {
	int64_t rows, columns, first, row, pixel, width; /* width: of a pixel */
};

struct consumption {
	struct image x, y;
	int64_t stride_h, stride_w, pad_top, pad_left, reach, taps;
};

/* --- What a call says --------------------------------------------------------------------------------------------- */

static bool are_const(const struct num *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!num_is_const(v[i]))
			return false;
	return true;
}

/* In elements; false when a number is known at run time only, or a row is not where its number says (a ring). */
static bool conv_read(const struct conv_geometry *g, struct consumption *s)
{
	const struct num v[] = { g->in_h,  g->in_w,    g->out_h, g->out_w,   g->pad_top,  g->pad_left,
				 g->x_row, g->x_pixel, g->y_row, g->y_pixel, g->x_channel };

	s->x = (struct image){ .rows = g->in_h.n, .columns = g->in_w.n, .row = g->x_row.n, .pixel = g->x_pixel.n,
			       .width = g->ic };
	s->y = (struct image){ .rows = g->out_h.n, .columns = g->out_w.n, .row = g->y_row.n, .pixel = g->y_pixel.n,
			       .width = g->oc };
	s->stride_h = g->stride_h;
	s->stride_w = g->stride_w;
	s->pad_top = g->pad_top.n;
	s->pad_left = g->pad_left.n;
	s->reach = (g->kernel_h - 1) * g->dilation_h;
	s->taps = g->kernel_h * g->kernel_w;
	return are_const(v, sizeof v / sizeof *v) && g->x_channel.n == 1 && !g->x_ring && !g->y_ring;
}

static bool gemm_read(const struct gemm_geometry *g, struct consumption *s)
{
	const struct num v[] = { g->m, g->n, g->k, g->a_row, g->y_row };

	s->x = (struct image){ .rows = g->m.n, .columns = 1, .row = g->a_row.n, .width = g->k.n };
	s->y = (struct image){ .rows = g->m.n, .columns = 1, .row = g->y_row.n, .width = g->n.n };
	s->stride_h = s->stride_w = s->taps = 1;
	return are_const(v, sizeof v / sizeof *v);
}

static bool geometry_read(const struct geometry *g, struct consumption *s)
{
	*s = (struct consumption){ 0 };
	switch (g->kind) {
	case GEOMETRY_CONV: return conv_read(&g->conv, s);
	case GEOMETRY_GEMM: return gemm_read(&g->gemm, s);
	default: return false;
	}
}

/* From elements to bytes of the storage; false when something is empty, run-time or goes backwards. */
static bool image_place(const struct module *m, const struct arg *a, struct image *i)
{
	const struct tensor *t = &m->tensor[a->tensor];
	const int64_t bytes = dtypes[t->type].bytes;

	i->first = (t->offset.n + a->first.n) * bytes;
	i->row *= bytes;
	i->pixel *= bytes;
	i->width *= bytes;
	return num_is_const(a->first) && num_is_const(t->offset) && i->rows > 0 && i->columns > 0 && i->row >= 0 &&
	       i->pixel >= 0 && i->width > 0;
}

/* The result, if the call writes nothing else and reads nothing of the argument's storage but its rows; else NULL. */
static const struct arg *result_of(const struct module *m, const struct call *c)
{
	const int base = m->tensor[c->arg[c->consumed_arg].tensor].base;
	const struct arg *y = NULL;

	for (int i = 0; i < c->n_args; i++) {
		const struct arg *a = &c->arg[i];

		if (i == c->consumed_arg || a->tensor < 0)
			continue;
		if (m->tensor[a->tensor].base == base || (a->kind == ARG_WRITE && y))
			return NULL;
		if (a->kind == ARG_WRITE)
			y = a;
	}
	for (int k = 0; c->epilogue && k < c->epilogue->n_e; k++)
		if (c->epilogue->e[k].op == E_LOAD && m->tensor[c->epilogue->e[k].tensor].base == base)
			return NULL;
	return y && y->tensor == c->out ? y : NULL;
}

static int arena_storage(const struct timeline *l, const struct arg *a)
{
	const int s = l->storage_of[l->m->tensor[a->tensor].base];

	return s < l->n_arena ? s : -1;
}

/* Whether replay.c, which goes from pixel to pixel, is done in a moment. */
static bool is_replayable(const struct consumption *s)
{
	const int64_t x = s->x.rows * s->x.columns, y = s->y.rows * s->y.columns;

	return s->taps > 0 && s->taps <= MAX_REPLAY_READS && x <= MAX_REPLAY_READS / 8 &&
	       y <= MAX_REPLAY_READS / s->taps;
}

static bool consumption_read(const struct timeline *l, const struct step *step, struct consumption *s, int *from,
			     int *to)
{
	const struct module *m = l->m;
	const struct call *c = step->kind == STEP_CALL ? step->call : NULL;
	const struct arg *x, *y;

	if (!c || c->consumed_arg < 0 || c->n_loops || !(y = result_of(m, c)))
		return false;
	x = &c->arg[c->consumed_arg];
	*from = arena_storage(l, x);
	*to = arena_storage(l, y);
	if (*from < 0 || *to < 0 || *from == *to)
		return false;
	return geometry_read(&c->geometry, s) && image_place(m, x, &s->x) && image_place(m, y, &s->y) &&
	       is_replayable(s);
}

/* --- Permissions -------------------------------------------------------------------------------------------------- */

static int64_t within(int64_t v, int64_t low, int64_t high)
{
	return v < low ? low : v > high ? high : v;
}

static int64_t pixel_start(const struct image *i, int64_t row, int64_t column)
{
	return i->first + row * i->row + column * i->pixel;
}

/* Behind all pixels of rows up to this one. */
static int64_t row_end(const struct image *i, int64_t row)
{
	return pixel_start(i, row, i->columns - 1) + i->width;
}

/* The first byte that row r of the result and later ones see; INT64_MAX when these see nothing but padding. */
static int64_t start_seen(const struct consumption *s, int64_t r)
{
	const int64_t row = r * s->stride_h - s->pad_top;

	return r < s->y.rows && row < s->x.rows ? pixel_start(&s->x, row < 0 ? 0 : row, 0) : INT64_MAX;
}

static int64_t lesser(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Greatest distance offset(y) - offset(x) for pieces from the first row to the last. */
static int64_t greatest_up(const struct consumption *s, int64_t piece)
{
	int64_t most = OVERLAP_FREE_ABOVE;

	for (int64_t r = 0; r < s->y.rows && start_seen(s, r) < INT64_MAX; r += piece)
		most = lesser(most, start_seen(s, r) - row_end(&s->y, lesser(r + piece, s->y.rows) - 1));
	return most;
}

/* The same for one call that has read what a pixel and those before it see when it writes that pixel. */
static int64_t greatest_by_pixel(const struct consumption *s)
{
	int64_t most = OVERLAP_FREE_ABOVE;

	for (int64_t r = 0; r < s->y.rows; r++) {
		const int64_t row = r * s->stride_h - s->pad_top, next = start_seen(s, r + 1);

		for (int64_t q = 0; q < s->y.columns; q++) {
			const int64_t column = within((q + 1) * s->stride_w - s->pad_left, 0, s->x.columns - 1);
			const bool sees = q + 1 < s->y.columns && row < s->x.rows;
			const int64_t seen = lesser(next, sees ? pixel_start(&s->x, row < 0 ? 0 : row, column) : next);

			if (seen < INT64_MAX)
				most = lesser(most, seen - pixel_start(&s->y, r, q) - s->y.width);
		}
	}
	return most;
}

/* Least distance for pieces from the last row to the first. */
static int64_t least_down(const struct consumption *s, int64_t piece)
{
	int64_t least = OVERLAP_FREE_BELOW;

	for (int64_t r = 0; r < s->y.rows; r += piece) {
		const int64_t last = lesser(r + piece, s->y.rows) - 1;
		const int64_t row = lesser(last * s->stride_h - s->pad_top + s->reach, s->x.rows - 1);

		if (row >= 0 && row_end(&s->x, row) - pixel_start(&s->y, r, 0) > least)
			least = row_end(&s->x, row) - pixel_start(&s->y, r, 0);
	}
	return least;
}

int consume_overlaps(const struct timeline *l, const struct step *s, struct overlap v[MAX_CONSUME])
{
	struct consumption c;
	int from, to;

	if (!consumption_read(l, s, &c, &from, &to))
		return 0;
	v[0] = (struct overlap){ from, to, OVERLAP_FREE_BELOW, greatest_up(&c, s->call->piece_rows) };
	if (s->call->pixel_by_pixel)
		v[0].at_most = greatest_by_pixel(&c);
	v[1] = (struct overlap){ from, to, least_down(&c, s->call->piece_rows), OVERLAP_FREE_ABOVE };
	return 2;
}

void consume_order(const struct timeline *l, const struct buffer *buffers)
{
	for (int i = 0; i < l->n; i++) {
		struct overlap v[MAX_CONSUME];
		const struct buffer *x, *y;

		if (!consume_overlaps(l, l->step[i], v))
			continue;
		l->step[i]->call->row_order = ROWS_AT_ONCE;
		x = &buffers[v->a];
		y = &buffers[v->b];
		if (x->pool != y->pool || x->offset >= y->offset + y->size_bytes ||
		    y->offset >= x->offset + x->size_bytes)
			continue;
		if (y->offset - x->offset > v[0].at_most)
			l->step[i]->call->row_order = ROWS_DOWN;
		else
			l->step[i]->call->row_order = l->step[i]->call->pixel_by_pixel ? ROWS_AT_ONCE : ROWS_UP;
	}
}
