/* States (passes/states.c) as steps: what a run leaves goes where the next one finds it. */
#ifndef NNC_STREAM_STATE_H
#define NNC_STREAM_STATE_H

#include "steps/step.h"

/** Appends the steps that make each state's input what its output is. Comes after the passes over steps: nothing is
 *  computed in a state's place while some step still reads what was there. Always true. */
bool state_steps(struct module *m, struct block *b);

#endif
