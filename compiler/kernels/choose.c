#include "kernels/choose.h"

#include <string.h>

#include "targets/target.h"

/* TAP_BYTES_<id> of inner_loops.def. */
enum {
#define INNER(id, sum, weights, latency, tap_bytes, slopes) TAP_BYTES_##id = tap_bytes,
#include "kernels/inner_loops.def"
#undef INNER
};

/* SLOPES_<id>. */
enum {
#define INNER(id, sum, weights, latency, tap_bytes, slopes) SLOPES_##id = slopes,
#include "kernels/inner_loops.def"
#undef INNER
};

static const struct kernel kernels[] = {
#define KERNEL(function, body, kind, needs, a, b, y, rows, columns, terms, pack, inner) \
	{ #function, KERNEL_##kind, HAS_##needs, TYPES_##a, TYPES_##b, TYPES_##y, rows, columns, terms, \
	  FEATURE_BYTES_##needs / 4, PACK_##pack, INNER_##inner, TAP_BYTES_##inner, SLOPES_##inner },
#include "runtime_min/kernels/kernels.def"
#undef KERNEL
};

enum { N_KERNELS = sizeof kernels / sizeof *kernels };

const struct kernel_kind_row kernel_kinds[N_KERNEL_KINDS] = {
#define KIND(id, has_rows, has_columns, shared) { has_rows, has_columns, shared },
#include "runtime_min/kernels/kinds.def"
#undef KIND
};

static const struct inner_cost {
	double sum;
	int weights, latency;
} inner_costs[N_INNER_LOOPS] = {
#define INNER(id, sum, weights, latency, tap_bytes, slopes) { sum, weights, latency },
#include "kernels/inner_loops.def"
#undef INNER
};

static double greater(double a, double b)
{
	return a > b ? a : b;
}

static bool takes_floats(const struct kernel *k)
{
	return k->a == TYPES_F32;
}

/* Whether its products take a lane of a vector of the image. */
static bool multiplies_by_lanes(const struct target *t, const struct kernel *k)
{
	return takes_floats(k) ? t->has_lane_fma : k->inner == INNER_MLAL16;
}

/* Cycles of one step of a tile with so many rows of so many vectors: its arithmetic, its loads (weights by the vector,
 * terms of each row one by one or, where an FMA takes a lane, by the vector, and sums that found no register), and no
 * less than the time from one step of a sum to the next. */
static double step_cycles(const struct target *t, const struct kernel *k, int rows, double vectors)
{
	const struct inner_cost *s = &inner_costs[k->inner];
	const bool by_lanes = multiplies_by_lanes(t, k);
	const double spilled = greater(rows * vectors + vectors + (by_lanes ? rows : 1) - t->registers, 0);
	const double instructions = rows * vectors * s->sum + vectors * s->weights;
	const double arithmetic = instructions / (takes_floats(k) ? t->fmas : t->int_ops);
	const double loads = (vectors + (double)rows / (by_lanes ? k->lanes : 1) + spilled) / t->loads;
	const double cycles = t->overlaps ? greater(arithmetic, loads) : arithmetic + loads;

	return greater(cycles, s->latency ? s->latency : t->fma_latency);
}

/* Tiles of a line of so many rows. Of code for one row less, at the end alone, a tile takes three quarters. */
static double tiles_of(const struct kernel *k, int64_t rows, int height)
{
	const int64_t rest = rows % height, less = height - 1;
	const int64_t fewer = k->inner != INNER_SMLAD_FEW || !rest ? 0 : rest < less && rows > height ? 2 : 1;
	const int64_t whole = fewer ? (rows - fewer * less) / height : (rows + height - 1) / height;

	return (double)whole + 0.75 * (double)fewer;
}

/* A tile starts and ends at some cost too. At the end of a panel, floats run fewer vectors; a convolution of bytes does
 * not, has longer ends, and first gathers and widens what its rows see. */
static double kernel_cycles(const struct target *t, const struct kernel *k, int64_t lines, int64_t rows,
			    int64_t columns, int64_t depth)
{
	const bool is_conv = k->kind == KERNEL_CONV_DOT || k->kind == KERNEL_CONV_SUMS;
	const bool is_dot = is_conv || k->kind == KERNEL_GEMM_DOT || k->kind == KERNEL_GEMM_SUMS;
	const bool gathers = k->tap_bytes > 0 && !is_dot;
	const int per_vector = takes_floats(k) ? 3 : 5, per_tile = gathers ? 20 : 10;
	const int rest = (int)(columns % k->columns);
	/* Of fewer rows than it has, a convolution's tile of bytes makes as many, a product's one at a time. */
	const int height = !is_dot || rows >= k->rows ? k->rows : is_conv ? (int)rows : 1;
	const int64_t n_steps = (depth + k->terms - 1) / k->terms, panels = columns / k->columns;
	const double tiles = (double)lines * tiles_of(k, rows, height), depth_steps = (double)n_steps;
	double cycles = gathers ? tiles * k->rows * ((double)depth / 8 + 20) : 0;

	for (int pass = 0; pass < 2; pass++) {
		const int wide = pass && !gathers ? rest : k->columns, vectors = (wide + k->lanes - 1) / k->lanes;
		const double turns = pass ? rest > 0 : (double)panels;

		if (turns > 0)
			cycles += tiles * turns * (step_cycles(t, k, height, vectors) * depth_steps +
						   per_vector * height * vectors + per_tile);
	}
	return cycles;
}

/* Whether the target runs a row: it has the feature, and none whose rows of the same function stand in its place. */
static bool target_runs(const struct target *t, const struct kernel *k)
{
	if (k->needs & ~t->features)
		return false;
	for (int i = 0; i < N_KERNELS; i++) {
		const struct kernel *o = &kernels[i];
		if (!(o->needs & ~t->features) && features_displace(o->needs, k->needs) &&
		    !strcmp(o->function, k->function))
			return false;
	}
	return true;
}

const struct kernel *kernel_choose_lines(const struct module *m, enum kernel_kind kind, enum dtype a, enum dtype b,
					 enum dtype y, int64_t lines, int64_t rows, int64_t columns, int64_t depth,
					 kernel_weigh *weigh, void *ctx, double *cycles)
{
	const struct kernel *best = NULL;

	for (int i = 0; i < N_KERNELS; i++) {
		const struct kernel *k = &kernels[i];
		double c;
		if (k->kind != kind || !(k->a >> a & k->b >> b & k->y >> y & 1) || !target_runs(m->target, k))
			continue;
		c = kernel_cycles(m->target, k, lines, rows, columns, depth) * (weigh ? weigh(k, ctx) : 1);
		if (!best || c < *cycles) {
			best = k;
			*cycles = c;
		}
	}
	return best;
}

const struct kernel *kernel_choose_types(const struct module *m, enum kernel_kind kind, enum dtype a, enum dtype b,
					 enum dtype y, int64_t rows, int64_t columns, int64_t depth, double *cycles)
{
	return kernel_choose_lines(m, kind, a, b, y, 1, rows, columns, depth, NULL, NULL, cycles);
}

const struct kernel *kernel_choose(const struct module *m, enum kernel_kind kind, int64_t rows, int64_t columns,
				   int64_t depth, double *cycles)
{
	return kernel_choose_types(m, kind, DT_F32, DT_F32, DT_F32, rows, columns, depth, cycles);
}

const struct kernel *kernel_for_points(const struct target *t, const struct kernel *k)
{
	for (int i = 0; i < N_KERNELS; i++)
		if (kernels[i].kind == KERNEL_POINT_INT8 && kernels[i].inner == k->inner &&
		    kernels[i].rows == k->rows && kernels[i].columns == k->columns && target_runs(t, &kernels[i]))
			return &kernels[i];
	return k;
}

enum dtype kernel_bytes(const struct target *t)
{
	for (int i = 0; i < N_KERNELS; i++)
		if ((kernels[i].kind == KERNEL_CONV_DOT || kernels[i].kind == KERNEL_CONV_INT8) &&
		    kernels[i].lanes > 1 && kernels[i].a != TYPES_BYTE && target_runs(t, &kernels[i]))
			return kernels[i].a == TYPES_U8 ? DT_U8 : DT_I8;
	return DT_NONE;
}
