/* The graph: everything between import and lowering. Read this page first.
 *
 * A module owns all tensors and nodes of all graphs; everything refers to them by index, so a captured outer value is
 * just an index and a sub-graph is just a list. Indexes stay valid for ever; what is no longer needed is unlinked, not
 * freed. All memory is m->arena's; m->scratch is emptied after every pass. */
#ifndef NNC_IR_H
#define NNC_IR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "graph/dtype.h"
#include "num/num.h"
#include "support/arena.h"
#include "support/diag.h"
#include "support/limits.h"

struct bundle;
struct op_def;
struct options;
struct recipe;
struct target;

/* real = (stored - zero) * scale; n is 1, or the extent of `axis`. A part of the tensor's type. */
struct quant {
	const float *scale;
	const int32_t *zero;
	int n, axis;
};

struct tensor {
	const char *name;               /* the model's own; data, never printed into C unsanitised */
	enum dtype type;
	/* Before inference: what the model itself says; -1: it says nothing (rank), or not this one (dim[k].n). */
	int rank;
	struct num dim[MAX_RANK];
	const struct quant *quant;      /* NULL: plain */
	int bits;                       /* of a packed constant's elements in the file (dtypes.def); 0: the type's */
	const void *data;               /* constant: its elements, row-major, little-endian; else NULL */
	/* What numbers stand for, NULL: themselves. An integer v stands for label v; where elements are floats, those
	 * at place k of the last axis belong to label k. */
	const char *const *label;
	int n_labels;
	const struct recipe *recipe;    /* constant that lowering made: elements are made by it, of data; else NULL */
	const struct num *value;        /* integer tensors whose elements inference knows, row-major; else NULL */
	const struct bundle *bundle;    /* a sequence or optional: what it stands for (ops/bundle.h); else NULL */
	int producer;                   /* node in a graph, or -1: graph input, constant, loop variable */

	/* Layout: physical axes from the outermost to the innermost, as ONNX axes. Identity unless the layout pass says
	 * so. */
	uint8_t order[MAX_RANK];

	/* Storage, set by the views pass: element (i0, i1, …) lies at offset + sum of i_k * stride[k] elements from the
	 * start of tensor `base`, which is the tensor itself when it owns its buffer. */
	int base;
	struct num offset, stride[MAX_RANK];
	/* Only `ring` rows along ring_axis are kept at a time: row r lies where row r % ring does. With a ring of 4,
	 * row 9 takes the place of rows 1 and 5. 0: all are kept. */
	int ring_axis;
	int64_t ring;
};

enum attr_kind { ATTR_NONE, ATTR_INT, ATTR_FLOAT, ATTR_STRING, ATTR_TENSOR, ATTR_GRAPH, ATTR_INTS, ATTR_FLOATS,
		 ATTR_STRINGS, ATTR_TYPE };

/* A decoded attribute; node->attr[k] belongs to row k of the operator's attribute table. */
struct attr {
	enum attr_kind kind;            /* ATTR_NONE: absent and without default */
	bool given;                     /* in the model, not by default */
	int64_t i;                      /* INT; TENSOR: tensor index; GRAPH: graph index */
	double f;
	const char *s;
	int n;                          /* INTS, FLOATS, STRINGS */
	const int64_t *ints;
	const float *floats;
	const char *const *strings;
};

struct node {
	const struct op_def *op;
	const char *name;
	const char *called;             /* the operator in messages; NULL: as its row */
	int opset;                      /* of the operator's domain in the model */
	int graph;                      /* that holds it */
	int place;                      /* there, while graph_sort() is at it */
	int n_in, n_out;
	int *in, *out;                  /* tensors; -1: optional and absent */
	struct attr *attr;
};

struct graph {
	const char *name;
	int parent;                     /* graph, or -1 */
	int n_nodes, n_in, n_out;
	int *node, *in, *out;           /* nodes in an order in which values are defined before use */
	bool refused;                   /* an If's branch, emptied, for it cannot run with the sizes at hand */
};

struct opset {
	const char *domain;             /* "" for ai.onnx */
	int version;
};

struct module {
	struct arena *arena, *scratch;
	struct arena *steps;            /* of nests and steps: arena, but scratch while a lowering is only tried */
	struct arena *elements;         /* of constants that are made: arena, but another while nodes are only tried */
	int n_lasting;                  /* tensors from this one on go when what is tried ends */
	struct diag *diag;
	const struct options *options;
	const struct target *target;
	struct nums nums;
	struct tensor *tensor;
	struct node *node;
	struct graph *graph;            /* graph[0] is the model's */
	int n_tensors, n_nodes, n_graphs;
	int64_t n_copied;               /* of MAX_COPIED */
	/* So many inputs and outputs of graph 0, the last of each list and pair by pair, are states: what a run leaves
	 * in the output the next one finds in the input. The caller sees those before them. */
	int n_states;
	/* --stream: the inputs that frames pass through, along an axis each, as import found them; how many frames a
	 * step takes (0: it is no stream), and by output how many of the first rows are of before the beginning. */
	struct { int tensor, axis; } *stream;
	int n_streams;
	int64_t step_frames, window_frames, *late;     /* window_frames: of --window, else 0 */
	struct opset *opset;
	int n_opsets;
	int unknown_node, unknown_input;        /* whose values inference asked for last, in vain */
	bool by_rows;                   /* nodes are lowered for calls that compute a row of an image each */
	int64_t widest_bytes;           /* of inputs and outputs of one node by kernels; 0: not counted */
	const char *name;               /* base name of the model's file */
	const char **source;            /* the files that it was read from, itself first */
	int n_sources;
	char sha256[65];                /* of the model's file */
};

static inline int module_n_in(const struct module *m)
{
	return m->graph[0].n_in - m->n_states;
}

static inline int module_n_out(const struct module *m)
{
	return m->graph[0].n_out - m->n_states;
}

/** An empty module. name and sha256 are import's to set. */
void module_init(struct module *m, struct arena *a, struct arena *scratch, struct diag *d);

/* --- ir.c ------------------------------------------------------------------------------------------------------- */

/** A new tensor of unknown type and rank, or with both given. name may be NULL: "" . */
int tensor_add(struct module *m, const char *name);
int tensor_like(struct module *m, const char *name, enum dtype type, int rank, const struct num *dim);
/** A constant; `data` is borrowed and must live as long as the module. */
int tensor_const(struct module *m, const char *name, enum dtype type, int rank, const int64_t *dim, const void *data);
/** Rank-1 int64 and rank-0 float constants. */
int tensor_const_ints(struct module *m, const int64_t *v, int n);
int tensor_const_float(struct module *m, float v);

/** Product of the dimensions. An upper bound in .n when one of them is a variable. */
struct num tensor_elements(struct module *m, int t);
struct num tensor_count(struct nums *s, const struct tensor *t);
/** Bytes at the upper bound of every dimension. */
int64_t tensor_bytes(const struct module *m, int t);
/** All dimensions are constants. */
bool tensor_is_static(const struct module *m, int t);
bool tensor_is_const(const struct module *m, int t);
/** Shapes surely equal. */
bool tensor_same_shape(const struct module *m, int a, int b);
/** The known elements of an integer or bool tensor (constant or tracked), or NULL; *n their number. */
const struct num *tensor_value(struct module *m, int t, int *n);
/** One of them; false: it is not known. */
bool tensor_value_at(const struct module *m, int t, int64_t i, struct num *value);
/** Where the elements of a constant go that tensor t is to become. */
struct arena *tensor_arena(const struct module *m, int t);
/** Element i of a float, integer or bool constant as double; and of an integer constant exactly. */
double const_double(const struct module *m, int t, int64_t i);
int64_t const_int(const struct module *m, int t, int64_t i);
/** "1x3x224" of the upper bounds of dimensions, "" for none; in scratch memory. */
const char *dims_text(struct module *m, int rank, const struct num *dim);
/** False (reported, at the node if it is not -1): a rank, a size or the number of elements is beyond what a tensor may
 *  have. */
bool shape_check(struct module *m, int node, const char *name, int rank, const struct num *dim);
/** Sets type and dimensions of a node's output; false (reported) when a dimension is negative or overflows, or the type
 *  is not what the model says. Where the model's own value_info gives another shape, that is a remark. */
bool tensor_set(struct module *m, int node, int t, enum dtype type, int rank, const struct num *dim);
/** Row-major order, owning its buffer, dense strides for its order. */
void tensor_set_order(struct module *m, int t, const uint8_t *order);
/** Lets t keep that many rows along an axis only, adjacent as tensor_dense() leaves them; how many it keeps, 0: all. */
void tensor_set_ring(struct module *m, int t, int axis, int64_t rows);
int64_t tensor_ring(const struct module *m, int t, int axis);
void tensor_dense(struct module *m, int t);
/** Bytes of the storage are one run in row-major ONNX order. */
bool tensor_is_plain(struct module *m, int t);
bool tensor_lies_plain(struct nums *s, const struct tensor *t);

/** Appends a node to a graph; attr entries are the operator's defaults. Outputs' producer is set. */
int node_add(struct module *m, int graph, const struct op_def *op, const char *name, int n_in, const int *in, int n_out,
	     const int *out);
/** The same with the operator, name and attributes of another node, as many inputs, and one output. */
int node_copy(struct module *m, int graph, int node, const int *in, int out);
/** Where an error is. */
struct place node_place(const struct module *m, int node);
/** Input or output i, -1 when absent or beyond the list. */
int node_in(const struct module *m, int node, int i);
int node_out(const struct module *m, int node, int i);

int graph_add(struct module *m, const char *name, int parent);
/** Makes every reader (nodes of all graphs, graph outputs) of tensor t read to[t] in its place, and on from there until
 *  to[t] == t. One walk over all nodes for all tensors. */
void tensor_replace_all(struct module *m, const int *to);

/* --- ir_walk.c ---------------------------------------------------------------------------------------------------- */

/** Restores definition-before-use order after nodes were appended or rewired; stable; false: a cycle, reported. */
bool graph_sort(struct module *m, int graph);
/** The sub-graphs among a node's attributes: their number, at most MAX_NODE_GRAPHS. */
enum { MAX_NODE_GRAPHS = 4 };
int node_each_graph(const struct module *m, int node, int *graphs, int max);
/** Calls f for every tensor that a node reads, those read (or returned) inside its sub-graphs included. */
void node_each_read(const struct module *m, int node, void (*f)(void *ctx, int tensor), void *ctx);
/** Empties a graph that nothing runs, and the sub-graphs in it: no walk over the module's graphs sees them again. */
void graph_drop(struct module *m, int graph);
/** To be called for a node that its graph lists no more: its outputs have no producer, its sub-graphs are dropped. */
void node_unlink(struct module *m, int node);

/** The value of an attribute; of lists the first few. */
void attr_print(const struct attr *a, struct strbuf *b);

/** How often each tensor is read, graph outputs and sub-graphs included: an array of m->n_tensors from m->scratch. */
int *tensor_uses(struct module *m);

/* --- ir_print.c, ir_check.c --------------------------------------------------------------------------------------- */

void module_print(const struct module *m, struct strbuf *out);
/** What must hold between passes; dies with the offending node when it does not. */
void module_check(struct module *m);

#endif
