/* The forms that a sandwich may take: each appends its core in another form, which makes y, or says in s->why what is
 * missing. */
#ifndef NNC_PASSES_INTEGERS_H
#define NNC_PASSES_INTEGERS_H

#include "passes/sandwich.h"

/* integers_by_kernels.c */
bool sandwich_conv(struct sandwich *s);
bool sandwich_matmul(struct sandwich *s);
/** Of a QLinearConv or QLinearMatMul: the same formula. */
bool qlinear_node(struct sandwich *s);
bool sandwich_softmax(struct sandwich *s);

/* integers_move.c */
/** An operator that only moves elements: the same one on bytes, and a table behind it where parameters change. */
bool sandwich_move(struct sandwich *s);

/** One part of a Split: a Slice of bytes. */
bool sandwich_split(struct sandwich *s);

/* integers_group.c */
/** Everything else that lowers to one loop nest, literally. */
bool sandwich_group(struct sandwich *s);

/* integers_table.c */
/** Element-wise operators over one quantised tensor and constants: a table of 256 elements. `t` is what is quantised.
 */
bool sandwich_table(struct sandwich *s, int t);
/** Appends the table that re-quantises bytes of tensor q (as d says) to y with its limits. */
bool sandwich_requantise(struct sandwich *s, int q, const struct dequantised *d);

/* integers_pad.c */
/** Paddings in front of the graph's convolutions become theirs. */
void fold_pads(struct module *m, int graph);

#endif
