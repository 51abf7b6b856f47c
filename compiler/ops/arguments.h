/* What many operators' files share: attributes by name, lists of numbers given as attribute or input, axes,
 * broadcasting, short spellings for the rows of the operator table. */
#ifndef NNC_ARGUMENTS_H
#define NNC_ARGUMENTS_H

#include "graph/ir.h"
#include "nest/nest.h"
#include "ops/ops.h"
#include "steps/step.h"

/* Cells of an operator's row: .attrs = ATTRS(INT("axis", 0), …), .types = TYPES("f", "T"). */
#define ATTRS(...) ((const struct attr_def[]){ __VA_ARGS__, { 0 } })
#define TYPES(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define INT(n, value) { .name = n, .kind = ATTR_INT, .has_default = true, .i = value }
#define FLAG(n, value) { .name = n, .kind = ATTR_INT, .has_default = true, .i = value, .hi = 1 }
#define INT_IN(n, value, low, high) \
	{ .name = n, .kind = ATTR_INT, .has_default = true, .i = value, .lo = low, .hi = high }
#define INT_OPTIONAL(n) { .name = n, .kind = ATTR_INT }
#define INT_REQUIRED(n) { .name = n, .kind = ATTR_INT, .required = true }
#define FLOAT(n, value) { .name = n, .kind = ATTR_FLOAT, .has_default = true, .f = value }
#define FLOAT_OPTIONAL(n) { .name = n, .kind = ATTR_FLOAT }
#define STRING(n, value, values) { .name = n, .kind = ATTR_STRING, .has_default = true, .s = value, .one_of = values }
#define STRING_REQUIRED(n, values) { .name = n, .kind = ATTR_STRING, .required = true, .one_of = values }
#define STRINGS_OPTIONAL(n) { .name = n, .kind = ATTR_STRINGS }
#define INTS_OPTIONAL(n) { .name = n, .kind = ATTR_INTS }
#define INTS_REQUIRED(n) { .name = n, .kind = ATTR_INTS, .required = true }
#define INTS_IN(n, low, high) { .name = n, .kind = ATTR_INTS, .lo = low, .hi = high }
#define FLOATS_OPTIONAL(n) { .name = n, .kind = ATTR_FLOATS }
#define FLOATS_REQUIRED(n) { .name = n, .kind = ATTR_FLOATS, .required = true }
#define TENSOR_OPTIONAL(n) { .name = n, .kind = ATTR_TENSOR }
/* .domain and what follows, for operators of ai.onnx: inputs and outputs as least, most (-1: any number). */
#define ONNX(n, version, least_in, most_in, least_out, most_out) \
	.domain = "", .name = n, .since = version, .min_in = least_in, .max_in = most_in, .min_out = least_out, \
	.max_out = most_out

/** Reports an error at a node and gives false. */
#define node_bad(m, node, ...) \
	diag_error((m)->diag, STATUS_MODEL, (struct place[]){ node_place(m, node) }, __VA_ARGS__)
#define node_unsupported(m, node, ...) \
	diag_error((m)->diag, STATUS_UNSUPPORTED, (struct place[]){ node_place(m, node) }, __VA_ARGS__)

/** Reports that input i must be known at compile time, by its name, and gives false. */
bool node_unknown(struct module *m, int node, int i);

/** A node's attribute by name; NULL when it is absent and has no default, or the operator's version lacks it. */
const struct attr *node_attr(const struct module *m, int node, const char *name);
int64_t node_attr_int(const struct module *m, int node, const char *name, int64_t missing);
double node_attr_float(const struct module *m, int node, const char *name, double missing);
/** The STRING attribute is given (or by default) and equal to value. */
bool node_attr_is(const struct module *m, int node, const char *name, const char *value);

/** The node's attribute for writing; dies when its operator has none of the name. */
struct attr *rewrite_attr(struct module *m, int node, const char *name);
void rewrite_attr_ints(struct module *m, int node, const char *name, const int64_t *v, int n);

/** The element type that attribute `name` gives, `missing` when it is absent or 0. False (reported): it is no type of
 *  ours. */
bool node_attr_type(struct module *m, int node, const char *name, enum dtype missing, enum dtype *type);

/** The shape of input i for messages. */
const char *node_in_shape(struct module *m, int node, int i);
/** The type of input or output i. */
enum dtype node_in_type(const struct module *m, int node, int i);
/** Input or output i as tensor; NULL when absent. The pointer lasts until the next tensor is added. */
const struct tensor *node_in_tensor(const struct module *m, int node, int i);
const struct tensor *node_out_tensor(const struct module *m, int node, int i);

/** The integers that a node gets as attribute `attr` (NULL: has none) or input `input` (-1: has none), whichever is
 *  there: *v with *n elements, *n = -1 when neither is. False (reported): the input's values are not known. */
bool node_numbers(struct module *m, int node, const char *attr, int input, const struct num **v, int *n);
/** As node_numbers when all of them must be constants. */
bool node_constants(struct module *m, int node, const char *attr, int input, const int64_t **v, int *n);

/** Axis v of -rank … rank-1 as 0 … rank-1. */
bool node_axis(struct module *m, int node, int64_t v, int rank, int *axis);
/** The axis attribute, by name, of a tensor of the given rank. */
bool node_axis_attr(struct module *m, int node, const char *attr, int64_t missing, int rank, int *axis);
/** A list of distinct axes given as attribute or input; *n = -1 when it is absent. */
bool node_axes(struct module *m, int node, const char *attr, int input, int rank, int axis[MAX_RANK], int *n);
/** The rank of input i is within least … most. */
bool node_rank(struct module *m, int node, int i, int least, int most);

/** Input i is absent or surely has this shape; reported when it has not. */
bool node_shape(struct module *m, int node, int i, const struct num *want, int rank);

/** Merges a shape into rank, dim by numpy's rule for broadcasting; reported when they do not go together. */
bool dims_broadcast(struct module *m, int node, int *rank, struct num dim[MAX_RANK], int rank_b,
		    const struct num *dim_b);
/** Product of n dimensions. */
struct num dims_product(struct module *m, const struct num *dim, int n);

/** A float constant without a name, of the given values rounded to its type. */
int tensor_const_doubles(struct module *m, enum dtype type, int rank, const int64_t *dim, const double *v);

/** The single output gets the type and shape of input 0. */
bool infer_same(struct module *m, int node);
/** The type that arithmetic on elements of `type` is done in: float32 for floats of up to 16 bits, else itself. */
enum dtype compute_type(enum dtype type);
static inline bool is_float(enum dtype type)
{
	return dtypes[compute_type(type)].class == CLASS_F;
}

/** nest_load of elements widened to compute_type. */
int nest_load_wide(struct nest *n, int t, const struct num *at);
/** Stores a value after casting it to the output's type. */
void nest_store_narrow(struct nest *n, int value);
/** A nest that copies input element `flat` (row-major) to output element of the same row-major number, if there is
 *  one. */
bool lower_reshape(struct lowering *l, int node);
/** Range: start + i * delta, whose number of elements is the output's. */
bool lower_range(struct lowering *l, int node);
/** The row-major element number of the nest's own axes 0 … n_axes-1. */
struct num nest_flat(struct nest *n);

#endif
