/* A flow prepared for ordering, and the account of live bytes along an order. Private to plan/. */
#ifndef NNC_PLAN_SCHEDULE_H
#define NNC_PLAN_SCHEDULE_H

#include "plan/flow.h"

struct arena;
struct diag;

/* Lists in one array: those of i are list[start[i]] … list[start[i + 1] - 1]. */
struct lists {
	int *start, *list;
};

struct schedule {
	const struct flow *flow;
	int n;                          /* steps */
	struct lists before, after;     /* steps, per step; may repeat */
	struct lists touches;           /* storages read or written, per step; each once */
	struct lists users;             /* steps that touch it, per storage; ascending */
	bool *from_start;               /* per storage: live before any step */
	int64_t base_bytes;             /* of live_out storages that no step touches */
	int64_t work, work_end;
	struct arena *arena;
};

/* Where an order has come to. */
struct account {
	int64_t live;
	bool *alive;            /* per storage */
	int *left;              /* per storage: users still to run */
};

/* False with a message when the flow is malformed or its given order is none. */
bool schedule_build(struct schedule *s, const struct flow *f, struct arena *a, struct diag *d);

void account_start(const struct schedule *s, struct account *c);

/* Bytes live during `step` if it came next; *after: what stays live. */
int64_t account_look(const struct schedule *s, const struct account *c, int step, int64_t *after);

/* Runs a step; returns the bytes live during it. */
int64_t account_run(const struct schedule *s, struct account *c, int step);

enum greedy_rule { GREEDY_LEAST_AFTER, GREEDY_LEAST_AFTER_NEWEST, GREEDY_LEAST_DURING, N_GREEDY_RULES };

/* A topological order that always takes the ready step which adds least. */
void order_greedily(const struct schedule *s, enum greedy_rule rule, int *order);

struct window_search;
struct window_search *window_search_new(struct schedule *s);

enum { MAX_WINDOW = 512 };

/* Reorders steps[0..n), which come next in some order at account c, to a peak below `peak` if one
 * is found; n <= MAX_WINDOW. What stays at or below `floor` does not count. True when *best, the new peak
 * (or `peak`, or floor), is proved to be the least. */
bool window_reorder(struct window_search *w, const struct account *c, int *steps, int n, int64_t floor, int64_t peak,
		    int64_t *best);

#endif
