/* What an operator is: one const struct op_def a version, one row of ops.def each. */
#ifndef NNC_OPS_H
#define NNC_OPS_H

#include "graph/ir.h"

struct lowering;

/* One attribute. Generic code (import/attr.c) refuses unknown, repeated, wrongly typed and out-of-range ones, and fills
 * in defaults, before any operator code runs. Tables end with a row without name. */
struct attr_def {
	const char *name;
	enum attr_kind kind;
	bool required;
	bool has_default;               /* INT: .i, FLOAT: .f, STRING: .s */
	int64_t i, lo, hi;              /* INT and each of INTS: allowed range when lo < hi */
	double f;
	const char *s;
	const char *one_of;             /* STRING: allowed values, separated by | */
};

/* An input whose elements are positions along an axis, lengths, counts. infer_node() refuses known elements outside of
 * their range; what is known at run time only, the operator keeps inside (nest_position). */
struct position_def {
	int input;
	/** The least and the greatest value allowed for elements with index c along the input's last axis. Called after
	 *  `infer`. */
	void (*range)(struct module *m, int node, int64_t c, struct num *lo, struct num *hi);
	const char *except;     /* INT attribute whose value is allowed too; NULL: none */
};

/* Type sets for op_def.types, by letter: the operator table reads like the standard's type constraints. */
enum { MAX_OP_TYPES = 24 };

struct op_def {
	const char *domain, *name;      /* domain "" is ai.onnx; "nnc" our own, made by passes, never imported */
	int since;                      /* first opset that has these semantics */
	int min_in, max_in;             /* max -1: any number */
	int min_out, max_out;
	const struct attr_def *attrs;   /* NULL: none */
	/* Allowed element types of each input, one string an input, NULL after the last, which is
	 * repeated: letters f float32/float64, s float32, h float16 and bfloat16, i signed integers, w int32,
	 * u unsigned, q integers of 8 and 16 bits, n of 2 and 4, e floats of 4 and 8 bits,
	 * b bool; 'T' after them: same type as input 0; '?': may be absent
	 * below min_in too; 'p': constants of packed types as well. NULL: anything that is not packed. */
	const char *const *types;
	const struct position_def *positions;   /* ends with a row without range; NULL: none */
	/** Sets type and shape (tensor_set) of every output. Input types, counts and attributes are already checked. */
	bool (*infer)(struct module *m, int node);
	/** Appends the node's steps. Must not read data of non-constants; called at inference time as well, to fold
	 *  nodes whose inputs are known, unless `by_kernels`. */
	bool (*lower)(struct lowering *l, int node);
	/** NULL, or in place of infer and lower: appends to the node's graph the nodes of ai.onnx that it is short for,
	 *  which make its outputs. Input types, counts and attributes are already checked. */
	bool (*expand)(struct module *m, int node);
	/** NULL, or whether a node is one of those that `expand` is for, where the others have infer and lower. */
	bool (*expands)(struct module *m, int node);
	bool bundles;                   /* inputs may be sequences and optionals (bundle.h) */
	bool by_kernels;                /* lowered by strategies.def: kernels, not nests */
	bool impure;                    /* never folded, merged or removed */
	bool fold_late;                 /* of more than MAX_VALUE_ELEMENTS constants it stays a node, for passes want to
					 * know what it reads, until pass_fold_constants */
	bool refused;                   /* of no table: see op_refused() */
};

extern const struct op_def *const op_table[];   /* NULL-terminated, from ops.def */

/** The version of an operator that is in force at `opset`, or NULL. *known: some version of the name exists. */
const struct op_def *op_find(const char *domain, const char *name, int opset, bool *known);

/** False: reports that nnc lacks the operator, or (known) that version of it. */
bool op_refuse(struct diag *d, const struct place *at, const char *domain, bool known);
/** Stands for an operator that nnc lacks, in a branch that may never be taken. Its inference is op_refuse(). */
const struct op_def *op_refused(struct arena *a, const char *domain, const char *name);

#define OP(symbol) extern const struct op_def symbol;
#include "ops.def"
#undef OP
/* The row of version V of pointwise operator N is op_N_V. */
#define POINTWISE(name, since, arity, types, result, text, params) extern const struct op_def op_##name##_##since;
#include "pointwise.def"
#undef POINTWISE
#define EARLY(name, since, ...) extern const struct op_def op_##name##_##since;
#include "early.def"
#undef EARLY

#endif
