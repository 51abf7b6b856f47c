/* The order of steps with the lowest peak of live bytes. */
#ifndef NNC_PLAN_ORDER_H
#define NNC_PLAN_ORDER_H

#include "plan/flow.h"

struct arena;
struct diag;

struct order_result {
	int64_t given_peak_bytes;       /* of the order 0, 1, 2 … */
	int64_t peak_bytes;             /* of the order found; never more */
	bool optimal;                   /* proved: no order has a lower peak */
	int64_t work;                   /* of the search; bounded by a constant and the size of the flow */
};

/** Peak of live bytes when steps run in `order` (NULL: 0, 1, 2 …): over all steps, the bytes of
 *  the storages that live then (from the first write to the last read of any of their values),
 *  plus scratch, minus over_bytes where `over` dies. Working memory from `scratch`. */
int64_t order_peak_bytes(const struct flow *f, const int *order, struct arena *scratch);

/** Sets order[0..n_steps) to a topological order of the steps with a low peak; the given order
 *  0, 1, 2 … must be one. order[i] is the step that runs i-th. Between two steps through which
 *  everything flows the pieces are ordered independently: exactly where the down-sets of a piece
 *  are few enough (dynamic programming with dominance and a bound), by beam search or a greedy
 *  rule where not. Steps of a loop body or branch are ordered as a flow of their own, and are one
 *  step with scratch_bytes outside. Deterministic; about linear in steps and values.
 *
 *  Errors (false, STATUS_MODEL): an index out of range, a value written twice, sizes whose sum
 *  overflows, a given order that reads before it writes. */
bool order_steps(const struct flow *f, int *order, struct order_result *result, struct arena *scratch,
		 struct diag *d);

#endif
