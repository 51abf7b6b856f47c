/* A check of the order that the planner chose, by other code than that which chose it. */
#ifndef NNC_PLAN_VALIDATE_ORDER_H
#define NNC_PLAN_VALIDATE_ORDER_H

#include "steps/step.h"

/* The steps of a program, as they stood: what tells each of them, which block held it, what it touched. */
struct steps_before;

struct steps_before *steps_before_take(struct module *m, const struct block *b);

/** Whether the program computes the same as before its blocks were put into another order:
 *
 *  - each read comes after all writes of its storage that it came after before;
 *  - in a storage that is written more than once (a tensor of it twice, or from several blocks) each write comes after
 *    all reads and writes that it came after before.
 *
 *  Linear in what the steps touch. False: *why says which step came too early. All memory is m->scratch's. */
bool order_validate(const struct steps_before *before, const struct block *b, const char **why);

#endif
