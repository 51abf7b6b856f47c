/* What the order and the lives of buffers depend on: steps that read and write values, and the
 * storage that each value lies in. */
#ifndef NNC_PLAN_FLOW_H
#define NNC_PLAN_FLOW_H

#include <stdbool.h>
#include <stdint.h>

/* A value is written by at most one step (none: it is there from the start). Views of a value,
 * and the parts of a concatenation done in place, are values of one storage. */
struct flow_step {
	const int *reads, *writes;      /* values */
	int n_reads, n_writes;
	int64_t scratch_bytes;          /* needed during the step alone */
	int over;                       /* value among reads whose storage the step may overwrite if it is read
	                                 * no more afterwards, saving over_bytes during the step; or -1 */
	int64_t over_bytes;
};

struct storage {
	int64_t size_bytes;
	bool live_in;           /* lives from the first step: a graph input kept in the arena, a state */
	bool live_out;          /* lives to the last step: a graph output, a state */
};

/* `after` reads nothing that `before` writes, and must still come later: it overwrites a state,
 * say. Values imply their own edges. */
struct flow_edge {
	int before, after;
};

struct flow {
	const struct flow_step *steps;
	int n_steps;
	const int *storage_of;          /* per value */
	int n_values;
	const struct storage *storages;
	int n_storages;
	const struct flow_edge *edges;
	int n_edges;
};

#endif
