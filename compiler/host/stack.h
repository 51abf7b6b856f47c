/* The stack that a model takes, as its C compiler tells. */
#ifndef NNC_STACK_H
#define NNC_STACK_H

#include <stdint.h>

#include "driver.h"

struct options;

struct stack_frame {
	const char *function;
	int64_t bytes;
};

struct stack {
	struct emit_stack figure;       /* what model.h says */
	struct stack_frame *frame;      /* the deepest chain of calls, model_run first */
	int n;
};

/** Whether the options ask for it: --cc or --stack-limit. */
bool stack_is_wanted(const struct options *o);

/** Writes the model's C to a temporary folder, compiles it there with o->cc (or the target's compiler) and o->cflags,
 *  and adds up the compiler's report over the calls. `c` has been planned. False: reported, STATUS_ENVIRONMENT when the
 *  compiler fails or has no such report, STATUS_DIFFERS beyond o->stack_limit. */
bool stack_measure(struct stack *s, struct compilation *c, const struct options *o, struct arena *a, struct diag *d);

/** "model_run 168, step 2 Conv "conv1" 128, nnrt_conv_int8_2x4 200" */
const char *stack_text(const struct stack *s, const struct compilation *c, struct arena *a);

#endif
