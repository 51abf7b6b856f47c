/* What the two halves of the pass "words" share: nodes at the model's edge. */
#ifndef NNC_PASSES_WORDS_H
#define NNC_PASSES_WORDS_H

#include "edge_words.h"
#include "graph/ir.h"
#include "passes/edges.h"

/** Appends a node of ai.onnx to graph 0, named after the option: the tensor that it makes, -1 (reported) when its
 *  inference fails. */
int edge_node(struct module *m, const struct edge_words *e, const char *op, int n_in, const int *in);
/** The same with one attribute: an integer, or a list. */
int edge_node_int(struct module *m, const struct edge_words *e, const char *op, int n_in, const int *in,
		   const char *name, int64_t value);
int edge_node_ints(struct module *m, const struct edge_words *e, const char *op, int x, const char *name,
		    const int64_t *v, int n);
/** The node that every row above appends, before its inference; outputs[i] < 0 becomes a new tensor. */
int edge_append(struct module *m, const struct edge_words *e, const char *op, int n_in, const int *in, int n_out,
	      int *out);

/** x as another type, itself where it has it. */
int edge_cast(struct module *m, const struct edge_words *e, int x, enum dtype type);
/** Axis k of the result is axis perm[k] of x: x itself where they stay. */
int edge_transpose(struct module *m, const struct edge_words *e, int x, const int *perm);
/** QuantizeLinear or DequantizeLinear by what bytes mean. */
int edge_convert(struct module *m, const struct edge_words *e, const char *op, int x, const struct edge_bytes *bytes);

/** Extents of a tensor, -1 where they are no constants; in scratch memory. */
const int64_t *edge_extents(const struct module *m, int t);

/** words_take.c: makes a new tensor input `at` of graph 0, of which its nodes make the old one. */
bool edge_take(struct module *m, const struct edge_words *e, int at);
/** words_give.c: replaces output `at` of graph 0 by one or two that its nodes make of the old one. */
bool edge_give(struct module *m, const struct edge_words *e, int at);

#endif
