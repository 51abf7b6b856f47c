/* Passes over steps, run after lowering: fusion and dead steps. */
#ifndef NNC_FUSE_H
#define NNC_FUSE_H

#include "steps/step.h"

struct step_pass {
	const char *name;
	bool (*run)(struct module *m, struct block *b);
	const char *what;
};

extern const struct step_pass step_passes[];
extern const int n_step_passes;

#define STEP_PASS(name, function, what) bool function(struct module *m, struct block *b);
#include "steps/step_passes.def"
#undef STEP_PASS

#endif
