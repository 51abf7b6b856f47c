/* Loop and Scan as one thing: a body that is run `trips` times at most, with variables carried from turn to turn,
 * slices of tensors read and parts of tensors written by each turn. Read from the node by ops/control.c, used by
 * lower/control.c. */
#ifndef NNC_CONTROL_H
#define NNC_CONTROL_H

#include "graph/ir.h"
#include "steps/step.h"

struct loop {
	int body;               /* graph */
	int counter, go_in, go_out;     /* Loop: the body's turn number, condition in and out; else -1 */
	int limit, condition;   /* Loop: the node's inputs M and cond; -1: absent */
	int n_carried;
	const int *init, *var, *next;   /* carried: outer first value, body input, body output */
	int n_slices;
	const int *source, *slice;      /* Scan: outer tensor, body input */
	int n_parts;
	const int *part;        /* body outputs that are stacked */
	bool counted;           /* trips is the number of turns, or their bound when there is a condition; else it is
				 * TURNS_UNBOUNDED, and the turns are counted in a tensor where their number matters */
	struct num trips;
};

/** The loop of a Loop or Scan node; false: reported. Types of inputs must be known. */
bool loop_read(struct module *m, int node, struct loop *x);
/** The number that counts up to so many turns of a node's loop. */
struct num loop_turn(struct module *m, int node, struct num trips);
/** Whether every turn is known to ask for the next one, and the first is known to run. Inference has to be done. */
bool loop_runs_through(struct module *m, const struct loop *x);
/** Scan: the axis of slice or part i, and the index on it in a given turn. */
int scan_axis(const struct module *m, int node, bool input, int i, int rank);
struct num scan_index(struct module *m, int node, bool input, int i, struct num turn, struct num extent);
/** The branch of an If that is taken: 0 then, 1 else, -1 not known. */
int if_taken(struct module *m, int node);

/* lower/control.c */
bool lower_if(struct lowering *l, int node);
bool lower_loop(struct lowering *l, int node);
/** Appends a loop of `trips` turns of the body, counted by `turn` (from loop_turn), while the bool scalar `go` holds;
 *  -1: always. TURNS_UNBOUNDED: `go` alone ends it, and nothing uses `turn`. */
void lower_turns(struct lowering *l, struct num trips, struct num turn, int go, struct block body);

#endif
