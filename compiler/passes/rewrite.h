/* What the passes that replace nodes by fewer or simpler ones share: one walk over all nodes in order of definition,
 * with inputs already read through earlier replacements, so that a pass is linear in nodes whatever it replaces. */
#ifndef NNC_REWRITE_H
#define NNC_REWRITE_H

#include "ops/arguments.h"

struct rewriter {
	struct module *m;
	int n;                  /* tensors that the arrays below speak of */
	int *to;                /* what is read instead of a tensor; itself when nothing was replaced */
	int *uses;              /* readers of a tensor; never fewer than there are */
	bool *fixed;            /* inputs and outputs of the model: keep their names and are never merged */
	int n_nodes;
	bool *gone;             /* nodes that are dropped at the end */
	void *ctx;              /* the pass' own */
};

/** Called for each node; false: reported. */
typedef bool rewrite_node(struct rewriter *r, int node);

/** Calls f for all nodes of all graphs, a node before those of its sub-graphs; then drops what is gone, redirects
 *  the remaining readers and restores the order of definition where nodes were added. Memory is m->scratch's. */
bool rewrite_module(struct module *m, rewrite_node *f, void *ctx);

/** The node has the name and is an operator of the standard. */
bool node_is(const struct module *m, int node, const char *op);

/** The producer of t when it belongs to the graph of `reader`, nobody else reads t, and t is no input or output of the
 *  model: the pair may be merged into one node. Else -1. */
int rewrite_producer(struct rewriter *r, int reader, int t);

/** The node's output 0 is, bit for bit, tensor t of the same type and shape: readers are redirected, the node goes. An
 *  output of the model keeps its name by being written in t's place; false (nothing is done) when it cannot be. */
bool rewrite_same(struct rewriter *r, int node, int t);

/** All outputs of the node are those of the earlier node `by`; the node goes. */
void rewrite_merge(struct rewriter *r, int node, int by);

/** The producer p of the node's input writes the node's output 0 itself; the node goes. */
void rewrite_absorb(struct rewriter *r, int p, int node);

/** The node goes; its outputs belong to another node by now. */
void rewrite_drop(struct rewriter *r, int node);

/** A new node of operator `op` at the opset of `like` in its graph, taking over its output 0 when out is -1 (`like`
 *  goes) or writing tensor `out`. To be inferred by the caller once its attributes are set. */
int rewrite_add(struct rewriter *r, int like, const char *op, int n_in, const int *in, int out);

/** A new node of that operator, in graph and at the opset of `like` and with such of its attributes as the operator
 *  knows, that writes `out`. Readers are not counted anew: `like` goes. */
int rewrite_own(struct rewriter *r, int like, const struct op_def *op, int n_in, const int *in, int out);

/** Drops nodes none of whose outputs is read, as pass_dce does, but not those that made constants which are read. */
void drop_unread(struct module *m);

#endif
