/* Loop nests: the second way down. One nest computes one tensor:
 *
 *     for every (i0 … in-1) in extent[0] x … x extent[n-1]:   out[at(i)] = value(i)
 *
 * `value` is an expression over loads, index arithmetic and at most one reduction over further axes (n_axes …
 * n_axes+n_reduce-1). Loads and stores name elements by ONNX axes; layouts and views come in at emission, through the
 * tensors' strides. Reshape, transpose, slice, gather, pad and concat are nothing but index maps. */
#ifndef NNC_NEST_H
#define NNC_NEST_H

#include "graph/ir.h"

enum eop {
	E_CONST,        /* k */
	E_INDEX,        /* the number `index`, as int64 */
	E_LOAD,         /* tensor[at…], n_at = its rank; n_at = -1: one row-major number over the whole tensor */
	E_ACC,          /* in an epilogue: the kernel's result for this element */
	E_CAST,         /* a as `type`: ONNX Cast between numbers (float to integer truncates, out of range is
			 * unspecified) */
	E_BITS,         /* the bits of a read as `type`, which is as wide */
	E_SATURATE,     /* a (float) as integer `type`: round half to even, saturate; NaN gives 0 */
	E_SELECT,       /* a ? b : c, only the taken side is evaluated */
	E_REDUCE,       /* enum reduce_op `how` over the reduction axes of the value a; b: result when there are no
			 * elements or -1 for the operator's identity */
	E_SCALAR,       /* the first row of scalar.def */
#define SCALAR(id, ...) E_##id,
#include "nest/scalar.def"
#undef SCALAR
	N_EOPS
};

enum reduce_op { REDUCE_SUM, REDUCE_PROD, REDUCE_MAX, REDUCE_MIN, REDUCE_AND, REDUCE_OR,
	REDUCE_ARGMAX, REDUCE_ARGMIN,           /* int64 position along the one reduction axis, the first of equals */
	REDUCE_ARGMAX_LAST, REDUCE_ARGMIN_LAST };

/* One index of a load or store: at.affine, plus the value of expression at.expr when that is >= 0 (data-dependent). */
struct index {
	struct num affine;
	int expr;
};

struct expr {
	uint8_t op, type;       /* enum eop, enum dtype of the result */
	uint8_t how;            /* E_REDUCE */
	int a, b, c;            /* operand expressions, -1: unused; always smaller than this expression's number */
	union { int64_t i; double f; } k;
	struct num index;       /* E_INDEX */
	int tensor, at, n_at;   /* E_LOAD: nest->at[at … at+n_at-1] */
};

struct nest {
	struct module *m;
	int n_axes, n_reduce;
	struct num *extent, *axis;      /* axis[k]: the number that index expressions use */
	struct expr *e;
	int n_e;
	struct index *at;
	int n_at;
	int out;                        /* tensor written */
	struct index *store;            /* per ONNX axis of out; by default axis k for axis k */
	int value;                      /* expression stored */
};

/* --- nest.c: building ----------------------------------------------------------------------------------------------
 * Builders fold constants and simplify as they go, and give equal expressions equal numbers. Operand types must agree;
 * nothing is converted silently. All memory is m->steps'. */

/** A nest over the dimensions of tensor `out`. */
struct nest *nest_new(struct module *m, int out);
/** A nest over other axes than the output's own (then set n->store): extents given. */
struct nest *nest_over(struct module *m, int out, int n_axes, const struct num *extent);
/** The numbers of the n_axes axes. */
void nest_axes(const struct nest *n, struct num *at);
/** Adds a reduction axis and returns the number that runs over it. */
struct num nest_reduce_axis(struct nest *n, struct num extent);

int nest_const_float(struct nest *n, enum dtype type, double v);
int nest_const_int(struct nest *n, enum dtype type, int64_t v);
/** Zero, one, smallest, greatest (floats: -inf, inf) of a type. */
enum type_value { TYPE_ZERO, TYPE_ONE, TYPE_LOWEST, TYPE_HIGHEST };
int nest_const_value(struct nest *n, enum dtype type, enum type_value v);
/** The same as an expression of no nest. */
struct expr expr_const_value(enum dtype type, enum type_value v);
int nest_index(struct nest *n, struct num v);
/** Load at affine indexes, one per ONNX axis of t. */
int nest_load(struct nest *n, int t, const struct num *at);
/** Load at general indexes. */
int nest_load_at(struct nest *n, int t, const struct index *at);
/** Load element number `flat` in row-major order of t's ONNX shape. */
int nest_load_flat(struct nest *n, int t, struct num flat);
/** Load with numpy broadcasting: t's shape against the nest's own axes, aligned at the last. */
int nest_load_broadcast(struct nest *n, int t);
int nest_unary(struct nest *n, enum eop op, int a);
int nest_binary(struct nest *n, enum eop op, int a, int b);
int nest_select(struct nest *n, int cond, int a, int b);
int nest_cast(struct nest *n, enum dtype type, int a);
/** The bits of a as a type of the same width; into bool: as nest_cast. */
int nest_bits(struct nest *n, enum dtype type, int a);
int nest_saturate(struct nest *n, enum dtype type, int a);
/** Condition lo <= v < hi on numbers: constant true or false when the ranges say so. */
int nest_in_range(struct nest *n, struct num v, struct num lo, struct num hi);
int nest_reduce(struct nest *n, enum reduce_op how, int a);
/** Copies expression e of nest `from` into n, with from's axes replaced by at[…] (from->n_axes + from->n_reduce
 *  numbers) and loads of tensor `replace` (or E_ACC when replace is -1) by expression `by`; -2: nothing is replaced. */
int nest_copy(struct nest *n, const struct nest *from, int e, const struct num *at, int replace, int by);
/** The nest `from` over rows begin … begin+rows-1 of one of its axes alone. */
struct nest *nest_of_rows(const struct nest *from, int axis, struct num begin, struct num rows);
/** Sets what is stored and finishes the nest. */
void nest_store(struct nest *n, int value);
/** Expression from text such as "max(x, 0)": the language of pointwise.def. Names x, y, z are operands[0…2]; other
 *  names are params (name, expression pairs). Literals take the type of their context. Dies on a syntax error: the text
 *  is ours. */
struct nest_param { const char *name; int expr; };
int nest_parse(struct nest *n, const char *text, const int *operands, int n_operands, const struct nest_param *params,
	       int n_params);

/* --- nest_facts.c ------------------------------------------------------------------------------------------------- */

/** Marks the expressions that e needs, itself included. */
void nest_mark(const struct nest *n, int e, bool *needed);
int nest_count_loads(const struct nest *n);
/** Every element of the output is stored, each at its own index. */
bool nest_stores_whole(const struct nest *n);
/** The nest stores every element of its output, each once, in any order. */
bool nest_stores_all(const struct nest *n);
/** Turns of n_axes loops, or -1 when an extent is not constant or there are more than `most`. */
int64_t nest_points(const struct num *extent, int n_axes, int64_t most);

/* --- nest_eval.c: constant folding -------------------------------------------------------------------------------- */

/** Evaluates a nest all of whose loads are of constants or tensors with known values. Sets out's data, or its value
 *  when symbolic numbers are involved; false (not reported) when something is not known. A nest that stores a part of
 *  its output adds to what others stored: whoever runs several clears data and value when one of them fails. */
bool nest_eval(struct nest *n);

/* --- nest_print.c ------------------------------------------------------------------------------------------------- */
void nest_print(const struct nest *n, struct strbuf *out);

#endif
