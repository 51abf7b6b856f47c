/* The kernel table, and which of its rows computes something fastest. */
#ifndef NNC_CHOOSE_H
#define NNC_CHOOSE_H

#include "graph/ir.h"
#include "kernels/pack_forms.h"
#include "targets/feature.h"

enum kernel_kind {
#define KIND(id, has_rows, has_columns, shared) KERNEL_##id,
#include "runtime_min/kernels/kinds.def"
#undef KIND
	N_KERNEL_KINDS
};

/* Its row of kinds.def. */
struct kernel_kind_row {
	bool has_rows, has_columns;     /* of the tile, as arguments */
	const char *shared;             /* the macro that makes a function of body and tile; NULL: they are inlined */
};

extern const struct kernel_kind_row kernel_kinds[N_KERNEL_KINDS];

/* A row of inner_loops.def. */
enum inner_loop {
#define INNER(id, sum, weights, latency, tap_bytes, slopes) INNER_##id,
#include "kernels/inner_loops.def"
#undef INNER
	N_INNER_LOOPS
};

/* Sets of element types: bit i for enum dtype i. */
enum { TYPES_F32 = 1 << DT_F32, TYPES_S8 = 1 << DT_I8, TYPES_U8 = 1 << DT_U8, TYPES_S32 = 1 << DT_I32,
       TYPES_S16 = 1 << DT_I16, TYPES_WIDE = TYPES_S8 | TYPES_S16,
       TYPES_BYTE = TYPES_S8 | TYPES_U8 };

/* A row of runtime_min/kernels/kernels.def. */
struct kernel {
	const char *function;
	enum kernel_kind kind;
	feature_set needs;              /* at most one */
	unsigned a, b, y;               /* sets of element types */
	int rows, columns, terms;       /* of a step's tile */
	int lanes;                      /* of a vector of sums */
	enum pack_form pack;
	enum inner_loop inner;
	int tap_bytes;                  /* of an element of the image as gathered in scratch; 0: none is */
	bool slopes;                    /* where lanes is 1, of lines it reads slopes */
};

/** The kernel of the target that takes elements of types a (image, left matrix) and b (weights, right matrix) and gives
 *  type y, and computes rows x columns sums of `depth` terms fastest; *cycles: its estimate. NULL: the target has none
 *  of that kind. */
const struct kernel *kernel_choose_types(const struct module *m, enum kernel_kind kind, enum dtype a, enum dtype b,
					 enum dtype y, int64_t rows, int64_t columns, int64_t depth, double *cycles);

/** What the cycles of a row are multiplied by for what the table cannot know, such as the values of weights. */
typedef double kernel_weigh(const struct kernel *k, void *ctx);

/** The same where rows come in `lines` of so many each, and a tile belongs to one line. weigh: NULL, or called with ctx
 *  for every row that could be taken. */
const struct kernel *kernel_choose_lines(const struct module *m, enum kernel_kind kind, enum dtype a, enum dtype b,
					 enum dtype y, int64_t lines, int64_t rows, int64_t columns, int64_t depth,
					 kernel_weigh *weigh, void *ctx, double *cycles);

/** The kernel of the target for points (kinds.def) with the tile and the weights of k, which is for any convolution; k
 *  itself where there is none. */
const struct kernel *kernel_for_points(const struct target *t, const struct kernel *k);

/** The type of images that the target's products of bytes take, where it is one alone; else DT_NONE. */
enum dtype kernel_bytes(const struct target *t);

/** The same of float32 throughout. */
const struct kernel *kernel_choose(const struct module *m, enum kernel_kind kind, int64_t rows, int64_t columns,
				   int64_t depth, double *cycles);

#endif
