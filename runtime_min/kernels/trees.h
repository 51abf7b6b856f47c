/* Ensembles of decision trees. */
#ifndef NNRT_TREES_H
#define NNRT_TREES_H

#include "runtime_min/maths/bits.h"
#include "runtime_min/nnrt.h"

/** How a node asks whether it is true of x: below 8, so that NNRT_TREE_MISSING (true of NaN as well) may be added. */
enum nnrt_tree_mode { NNRT_TREE_LEQ, NNRT_TREE_LT, NNRT_TREE_GTE, NNRT_TREE_GT, NNRT_TREE_EQ, NNRT_TREE_NEQ,
		      NNRT_TREE_MISSING = 8 };
enum nnrt_tree_sum { NNRT_TREE_SUM, NNRT_TREE_AVERAGE, NNRT_TREE_MIN, NNRT_TREE_MAX };

/** rows x features and rows x targets; mode: that of all nodes, -1: each has its own. */
struct nnrt_trees {
	ptrdiff_t rows, features, trees, targets, mode, aggregate;
};

NNRT_INLINE int nnrt_tree_test(ptrdiff_t mode, float x, float value)
{
	switch (mode & 7) {
	case NNRT_TREE_LEQ: return x <= value || (mode >= NNRT_TREE_MISSING && x != x);
	case NNRT_TREE_LT: return x < value || (mode >= NNRT_TREE_MISSING && x != x);
	case NNRT_TREE_GTE: return x >= value || (mode >= NNRT_TREE_MISSING && x != x);
	case NNRT_TREE_GT: return x > value || (mode >= NNRT_TREE_MISSING && x != x);
	case NNRT_TREE_EQ: return x == value || (mode >= NNRT_TREE_MISSING && x != x);
	default: return x != value || (mode >= NNRT_TREE_MISSING && x != x);
	}
}

NNRT_INLINE void nnrt_tree_add(ptrdiff_t aggregate, float weight, float *y)
{
	if (aggregate == NNRT_TREE_MIN)
		*y = weight < *y || *y != *y ? weight : *y;
	else if (aggregate == NNRT_TREE_MAX)
		*y = weight > *y || *y != *y ? weight : *y;
	else
		*y += weight;
}

/** y[row][target] = sum, average, least or greatest over all trees of what the leaf says that row reaches; 0 where none
 *  says anything. Node i asks for element feature[i] of the row and goes on at next[2 * i + (it is true)], or, below 0,
 *  ends in leaf -1 - that, whose pairs of target and weight are numbers leaf[k] … leaf[k + 1] - 1. root[t] is a node,
 *  or a leaf likewise. */
NNRT_INLINE void nnrt_trees_f32(const struct nnrt_trees *p, const float *x, const int32_t *feature,
				const float *value, const int32_t *next, const uint8_t *modes,
				const int32_t *root, const int32_t *leaf, const int32_t *target,
				const float *weight, float *y)
{
	const int one = p->aggregate == NNRT_TREE_MIN || p->aggregate == NNRT_TREE_MAX;
	const float none = one ? nnrt_f32_bits(0x7fc00000u) : 0.0f;

	for (ptrdiff_t row = 0; row < p->rows; row++, x += p->features, y += p->targets) {
		for (ptrdiff_t k = 0; k < p->targets; k++)
			y[k] = none;
		for (ptrdiff_t t = 0; t < p->trees; t++) {
			int32_t at = root[t];

			while (at >= 0)
				at = next[2 * at + nnrt_tree_test(p->mode < 0 ? modes[at] : p->mode, x[feature[at]],
								  value[at])];
			for (int32_t k = leaf[-1 - at]; k < leaf[-at]; k++)
				nnrt_tree_add(p->aggregate, weight[k], &y[target[k]]);
		}
		for (ptrdiff_t k = 0; k < p->targets; k++) {
			if (p->aggregate == NNRT_TREE_AVERAGE)
				y[k] /= (float)p->trees;
			else if (one && y[k] != y[k])
				y[k] = 0.0f;
		}
	}
}

#endif
