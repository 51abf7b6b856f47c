/* Ensembles of decision trees as tables without branches. */
#ifndef NNRT_TREES_H
#define NNRT_TREES_H

#include "runtime_min/compiler.h"
#include "runtime_min/maths/bits.h"
#include "runtime_min/nnrt.h"

enum nnrt_tree_sum { NNRT_TREE_SUM, NNRT_TREE_AVERAGE, NNRT_TREE_MIN, NNRT_TREE_MAX };
/** Roots come by as many. */
enum { NNRT_TREE_LANES = 8 };

/** x is rows x columns of keys, y rows x targets. Keys and nodes are int32, int64 where wide is 1; weights and y are
 *  float, double where exact is 1. Lanes: trees that are walked side by side, so that none waits for another's loads;
 *  NNRT_TREE_LANES or 1. Dense: every leaf has a weight for each target. */
struct nnrt_trees {
	ptrdiff_t rows, columns, trees, targets, aggregate, bits, lanes;
	int wide, exact, dense;
};

/** Where a walk goes on that is at a node: node `at` is two numbers, a limit and a link. The link's lowest `bits` bits
 *  name a column, the others the first of two nodes: that one is next where the column's key is above the limit, else
 *  the one behind it. */
NNRT_INLINE size_t nnrt_tree_step(const struct nnrt_trees *p, const void *x, const void *node, size_t at)
{
	if (p->wide) {
		const int64_t *n = (const int64_t *)node + 2 * at;
		const uint64_t link = (uint64_t)n[1], column = link & (((uint64_t)1 << p->bits) - 1);

		return (size_t)(link >> p->bits) + (((const int64_t *)x)[column] <= n[0]);
	} else {
		const int32_t *n = (const int32_t *)node + 2 * at;
		const uint32_t link = (uint32_t)n[1], column = link & (((uint32_t)1 << p->bits) - 1);

		return (link >> p->bits) + (((const int32_t *)x)[column] <= n[0]);
	}
}

/** The number of the leaf at node `at`: its limit. */
NNRT_INLINE ptrdiff_t nnrt_tree_leaf(const struct nnrt_trees *p, const void *node, size_t at)
{
	return p->wide ? (ptrdiff_t)((const int64_t *)node)[2 * at] : (ptrdiff_t)((const int32_t *)node)[2 * at];
}

NNRT_INLINE void nnrt_tree_add_f32(ptrdiff_t aggregate, float weight, float *y)
{
	if (aggregate == NNRT_TREE_MIN)
		*y = weight < *y || *y != *y ? weight : *y;
	else if (aggregate == NNRT_TREE_MAX)
		*y = weight > *y || *y != *y ? weight : *y;
	else
		*y += weight;
}

NNRT_INLINE void nnrt_tree_add_f64(ptrdiff_t aggregate, double weight, double *y)
{
	if (aggregate == NNRT_TREE_MIN)
		*y = weight < *y || *y != *y ? weight : *y;
	else if (aggregate == NNRT_TREE_MAX)
		*y = weight > *y || *y != *y ? weight : *y;
	else
		*y += weight;
}

/** Adds weight k to target t of y. */
NNRT_INLINE void nnrt_tree_add(const struct nnrt_trees *p, const void *weight, ptrdiff_t k, void *y, ptrdiff_t t)
{
	if (p->exact)
		nnrt_tree_add_f64(p->aggregate, ((const double *)weight)[k], (double *)y + t);
	else
		nnrt_tree_add_f32(p->aggregate, ((const float *)weight)[k], (float *)y + t);
}

/** Adds what leaf n says to y. */
NNRT_INLINE void nnrt_tree_add_leaf(const struct nnrt_trees *p, ptrdiff_t n, const int32_t *leaf,
				    const int32_t *target, const void *weight, void *y)
{
	if (p->dense) {
		for (ptrdiff_t t = 0; t < p->targets; t++)
			nnrt_tree_add(p, weight, n * p->targets + t, y, t);
	} else {
		for (int32_t k = leaf[n]; k < leaf[n + 1]; k++)
			nnrt_tree_add(p, weight, k, y, target[k]);
	}
}

/** Before the first tree: 0, or, where the least or greatest is wanted, NaN, which stands for no number yet. */
NNRT_INLINE void nnrt_tree_begin(const struct nnrt_trees *p, void *y)
{
	const int one = p->aggregate == NNRT_TREE_MIN || p->aggregate == NNRT_TREE_MAX;
	const float none = one ? nnrt_f32_bits(0x7fc00000u) : 0.0f;

	for (ptrdiff_t t = 0; t < p->targets; t++) {
		if (p->exact)
			((double *)y)[t] = (double)none;
		else
			((float *)y)[t] = none;
	}
}

/** After the last one. */
NNRT_INLINE void nnrt_tree_end(const struct nnrt_trees *p, void *y)
{
	double *wide = (double *)y;
	float *narrow = (float *)y;

	if (p->aggregate == NNRT_TREE_SUM)
		return;
	for (ptrdiff_t t = 0; t < p->targets; t++) {
		if (p->exact)
			wide[t] = p->aggregate == NNRT_TREE_AVERAGE ? wide[t] / (double)p->trees :
				  wide[t] != wide[t] ? 0.0 : wide[t];
		else
			narrow[t] = p->aggregate == NNRT_TREE_AVERAGE ? narrow[t] / (float)p->trees :
				    narrow[t] != narrow[t] ? 0.0f : narrow[t];
	}
}

/** One row. */
NNRT_INLINE void nnrt_trees_row(const struct nnrt_trees *p, const void *x, const void *node, const int32_t *root,
				const int32_t *levels, const int32_t *leaf, const int32_t *target, const void *weight,
				void *y)
{
	nnrt_tree_begin(p, y);
	for (ptrdiff_t tree = 0; tree < p->trees; tree += p->lanes) {
		size_t at[NNRT_TREE_LANES] = { 0 };

		NNRT_UNROLL(8)
		for (ptrdiff_t k = 0; k < p->lanes; k++)
			at[k] = (size_t)root[tree + k];
		for (int32_t level = levels[tree / NNRT_TREE_LANES]; level > 0; level--) {
			NNRT_UNROLL(8)
			for (ptrdiff_t k = 0; k < p->lanes; k++)
				at[k] = nnrt_tree_step(p, x, node, at[k]);
		}
		NNRT_UNROLL(8)
		for (ptrdiff_t k = 0; k < p->lanes; k++)
			if (tree + k < p->trees)
				nnrt_tree_add_leaf(p, nnrt_tree_leaf(p, node, at[k]), leaf, target, weight, y);
	}
	nnrt_tree_end(p, y);
}

/** y[row][target] = sum, average, least or greatest over all trees of what the leaf says that row reaches; 0 where none
 *  says anything. Each walk takes as many steps as the deepest tree has levels beside which it lies (levels[tree /
 *  NNRT_TREE_LANES]): a leaf's two successors are the leaf, by a column whose key is above all limits. root has
 *  NNRT_TREE_LANES nodes for any begun number of them. Leaf n says weight[n * targets + t] for all targets t where
 *  leaves are dense, else weight[k] for target[k], k from leaf[n] to leaf[n + 1] - 1. x and y may not overlap.
 *  ai.onnx.ml TreeEnsemble-5, TreeEnsembleRegressor-3, TreeEnsembleClassifier-3. */
NNRT_INLINE void nnrt_trees(const struct nnrt_trees *p, const void *x, const void *node, const int32_t *root,
			    const int32_t *levels, const int32_t *leaf, const int32_t *target, const void *weight,
			    void *y)
{
	const ptrdiff_t x_bytes = p->columns * (p->wide ? 8 : 4), y_bytes = p->targets * (p->exact ? 8 : 4);
	union {
		float narrow;
		double wide;
	} one;

	for (ptrdiff_t row = 0; row < p->rows; row++) {
		const void *from = (const char *)x + row * x_bytes;
		void *to = (char *)y + row * y_bytes;

		if (p->targets == 1) {  /* in a register, not in memory that another could see */
			nnrt_trees_row(p, from, node, root, levels, leaf, target, weight, &one);
			if (p->exact)
				*(double *)to = one.wide;
			else
				*(float *)to = one.narrow;
		} else {
			nnrt_trees_row(p, from, node, root, levels, leaf, target, weight, to);
		}
	}
}

#endif
