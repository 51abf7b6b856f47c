/* Types, shapes and known values of every tensor. */
#ifndef NNC_INFER_H
#define NNC_INFER_H

#include "graph/ir.h"

/** Infers all nodes of a graph in order, folding every node whose inputs are known: its outputs become constants, or
 *  tensors with known values, when they are small (MAX_FOLD_ELEMENTS). Sub-graphs are inferred when their owner is.
 *  A node whose operator is short for others (op_def.expand) gives way to them.
 *  False: reported. Can be called again after a pass changed the graph. */
bool infer_graph(struct module *m, int graph);

/** One node: checks counts and types against the operator's row, then op->infer, then folding. */
bool infer_node(struct module *m, int node);

/** The same for a node of op_def.fold_late, folded at last. */
bool infer_late(struct module *m, int node);

/** "float32 float64 bool ", the element types that letters of op_def.types stand for; "" for those that name none. From
 *  arena a. */
const char *types_in_words(struct arena *a, const char *letters);

#endif
