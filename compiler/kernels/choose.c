#include "kernels/choose.h"

#include <string.h>

#include "targets/target.h"

static const struct kernel kernels[] = {
#define KERNEL(function, kind, isa, rows, columns) { #function, KERNEL_##kind, #isa, rows, columns },
#include "runtime_min/kernels/kernels.def"
#undef KERNEL
};

enum { N_KERNELS = sizeof kernels / sizeof *kernels };

/* Cycles of a core that issues two vector FMAs and two loads a cycle: a tile of r rows and v vectors takes, for each
 * term, r * v FMAs and r + v loads, and at least the FMA latency of four cycles. Ends of a panel run fewer vectors. */
static double kernel_cycles(const struct module *m, const struct kernel *k, int64_t rows, int64_t columns,
			    int64_t depth)
{
	const int lanes = m->target->vector_bytes / 4;
	const int64_t tiles = (rows + k->rows - 1) / k->rows;
	const int64_t whole = columns / k->columns, rest = (columns % k->columns + lanes - 1) / lanes;
	const int v = k->columns / lanes ? k->columns / lanes : 1;
	double cycles = 0;

	for (int pass = 0; pass < 2; pass++) {
		double vectors = pass ? (double)rest : v, turns = pass ? 1 : (double)whole, term;
		if (!vectors || !turns)
			continue;
		term = k->rows * vectors / 2;
		if (term < (k->rows + vectors) / 2)
			term = (k->rows + vectors) / 2;
		if (term < 4)
			term = 4;
		cycles += (double)tiles * turns * (term * (double)depth + 3 * k->rows * vectors + 10);
	}
	return cycles;
}

const struct kernel *kernel_choose(const struct module *m, enum kernel_kind kind, int64_t rows, int64_t columns,
				   int64_t depth, double *cycles)
{
	const struct kernel *best = NULL;

	for (int i = 0; i < N_KERNELS; i++) {
		double c;
		if (kernels[i].kind != kind || strcmp(kernels[i].isa, m->target->isa) != 0)
			continue;
		c = kernel_cycles(m, &kernels[i], rows, columns, depth);
		if (!best || c < *cycles) {
			best = &kernels[i];
			*cycles = c;
		}
	}
	return best;
}

struct call *lower_layer(struct lowering *l, enum layer_kernel k)
{
	/* The kind of geometry whose text is that parameter struct. */
	enum params {
#define GEOMETRY(NAME, member, tag) PARAMS_##tag = GEOMETRY_##NAME,
#define FIELD(member, name, kind, role)
#include "steps/geometry.def"
#undef GEOMETRY
#undef FIELD
	};
	static const struct {
		const char *function;
		enum params kind;
	} layers[] = {
#define LAYER(name, function, params, family) { #function, PARAMS_##params },
#include "runtime_min/kernels/kernels_layer.def"
#undef LAYER
	};

	return lower_call(l, layers[k].function, (enum geometry_kind)layers[k].kind);
}

struct call *lower_kernel(struct lowering *l, const struct kernel *k, enum geometry_kind kind)
{
	struct call *c = lower_call(l, k->function, kind);

	if (k->kind != KERNEL_GEMV)
		c->tile[c->n_tile++] = k->rows;
	if (k->kind != KERNEL_DEPTHWISE)
		c->tile[c->n_tile++] = k->columns;
	return c;
}

int lower_const_f32(struct lowering *l, const char *name, const float *v, int64_t n)
{
	int t = tensor_const(l->m, name, DT_F32, 1, &n, v);

	tensor_dense(l->m, t);
	return t;
}

int lower_packed_groups(struct lowering *l, const char *name, const struct pack *p, int columns, const float *w,
			int groups, int64_t *size)
{
	float *packed;

	if (!pack_size(p, columns, size) || *size > MAX_ELEMENTS / groups)
		die("packed weights of \"%s\" overflow", name);
	packed = ARENA_ARRAY(l->m->arena, *size * groups, float);
	for (int g = 0; g < groups; g++)
		pack_f32(p, columns, w + g * p->n * p->n_stride, packed + g * *size);
	return lower_const_f32(l, name, packed, *size * groups);
}

int lower_packed(struct lowering *l, const char *name, const struct pack *p, int columns, const float *w)
{
	int64_t size;

	return lower_packed_groups(l, name, p, columns, w, 1, &size);
}

static int64_t count_tiles(int64_t rows, int64_t piece, int64_t pixels, int tile)
{
	return rows / piece * ((piece * pixels + tile - 1) / tile) + (rows % piece * pixels + tile - 1) / tile;
}

/* A piece is worth so many multiply-accumulates at least, and pieces have so many tiles more than the whole at most. */
enum { LEAST_WORK = 2000, MORE_TILES = 2, PERCENT = 100 };

void call_in_pieces(struct call *call, int consumed_arg, struct num rows, struct num pixels, int tile, int64_t work)
{
	const int64_t whole = count_tiles(rows.n, rows.n > 0 ? rows.n : 1, pixels.n, tile);
	int64_t piece = 1;

	if (call->n_loops || !num_is_const(rows) || !num_is_const(pixels))
		return;
	for (; piece < rows.n; piece++)
		if (piece * pixels.n * work >= LEAST_WORK &&
		    count_tiles(rows.n, piece, pixels.n, tile) * PERCENT <= whole * (PERCENT + MORE_TILES))
			break;
	call->consumed_arg = consumed_arg;
	call->piece_rows = piece;
}

void channels_last(int rank, uint8_t *order)
{
	for (int k = 0; k < rank; k++)
		order[k] = (uint8_t)(k == 0 ? 0 : k == rank - 1 ? 1 : k + 1);
}

int lower_plain(struct lowering *l, int t, enum dtype type)
{
	static const uint8_t in_order[MAX_RANK] = { 0, 1, 2, 3, 4, 5, 6, 7 };
	struct nest *n;

	if (t < 0)
		return t;
	if (l->m->tensor[t].type == type)
		return lower_in_order(l, t, in_order);
	n = nest_new(l->m, lower_temp(l, type, l->m->tensor[t].rank, l->m->tensor[t].dim));
	nest_store(n, nest_cast(n, type, nest_load(n, t, n->axis)));
	if (!nest_eval(n))
		lower_nest(l, n);
	return n->out;
}

int lower_begin(struct lowering *l, int y, const uint8_t *order)
{
	int t;

	if (lower_has_order(l->m, y, order))
		return y;
	t = lower_temp(l, l->m->tensor[y].type, l->m->tensor[y].rank, l->m->tensor[y].dim);
	tensor_set_order(l->m, t, order);
	return t;
}

void lower_finish(struct lowering *l, int written, int y)
{
	struct nest *n;

	if (written == y)
		return;
	n = nest_new(l->m, y);
	nest_store(n, nest_cast(n, l->m->tensor[y].type, nest_load(n, written, n->axis)));
	lower_nest(l, n);
}
