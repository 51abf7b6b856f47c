/* Limits on memory: whether a model keeps to them, and who needs it when it does not. */
#ifndef NNC_BUDGET_H
#define NNC_BUDGET_H

#include "plan/plan.h"
#include "steps/step.h"

/** The arena, and plain_bytes of constants that lie in RAM, against --ram-limit. False: reported with the tensors that
 *  need most at the plan's peak. */
bool budget_ram(const struct module *m, const struct plan *p, int64_t plain_bytes);

/** Constants of `bytes` against --flash-limit. False: reported with the nodes that need most. */
bool budget_flash(const struct module *m, const struct block *b, int64_t bytes);

#endif
