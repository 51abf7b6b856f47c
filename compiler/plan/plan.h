/* The plan of a program: the order of its steps and the place of every tensor. Translates between steps and tensors
 * here and flows, storages and buffers there. */
#ifndef NNC_PLAN_H
#define NNC_PLAN_H

#include "plan/buffer.h"
#include "steps/step.h"

struct plan {
	int n_steps;                    /* places on the timeline */
	int n_buffers;
	struct buffer *buffer;
	int *tensor_of;                 /* buffer -> tensor that owns it */
	int *buffer_of;                 /* tensor -> buffer, -1: constant, parameter or view */
	int n_pools;
	struct pool_plan *pool;         /* from the fastest on; without --pool the arena alone */
	const char **pool_name;
};

/** Whether a buffer lives in the step in which its pool is fullest. */
bool plan_is_at_peak(const struct plan *p, const struct buffer *b);

/** Orders the steps of b for the lowest peak (in place) and places every tensor that lives in the arena. Graph inputs
 *  and outputs and constants have their own places. False: reported. */
bool plan_program(struct module *m, struct block *b, struct plan *p);

/** Places alone, for the steps in the order in which they are. */
bool plan_places(struct module *m, struct block *b, struct plan *p);

/** Bytes of all pools. */
int64_t plan_bytes(const struct plan *p);

#endif
