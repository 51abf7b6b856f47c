/* Functions, what each takes of the stack and where it calls which: what a worst case is added up from. */
#ifndef NNC_CALL_GRAPH_H
#define NNC_CALL_GRAPH_H

#include <stdbool.h>
#include <stdint.h>

#include "support/map.h"

struct diag;

struct callee {
	int function;
	int64_t at;                     /* bytes of the caller's that are taken at the call */
	bool through_pointer;           /* one of those that the pointer may lead to */
	struct callee *next;
};

enum { NOT_SEEN, BEING_SEEN, SEEN };

struct function {
	const char *name;
	int64_t bytes, below;           /* at most of its own; the worst of itself and all that it calls */
	bool is_external, is_unbounded;
	const struct callee *deepest;   /* the call of `below`, or NULL: it is its own */
	int state;
	struct callee *calls;
};

struct call_graph {
	struct arena *arena;
	struct map by_name;
	struct function *v;
	int n;
};

void graph_init(struct call_graph *g, struct arena *a);

/** The function of that name; one that was not there is external. */
int graph_function(struct call_graph *g, const char *name);

void graph_add_call(struct call_graph *g, int caller, struct callee callee);

/** Sets `below` and `deepest` of f and of all that it calls. A pointer never leads back to a function that is not left.
 *  False, reported: one calls itself, or takes what cannot be bounded. */
bool graph_find_worst(struct call_graph *g, int f, struct diag *d);

#endif
