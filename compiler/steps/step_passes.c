#include "steps/fuse.h"

const struct step_pass step_passes[] = {
#define STEP_PASS(name, function, what) { name, function, what },
#include "steps/step_passes.def"
#undef STEP_PASS
	{ 0 },
};

const int n_step_passes = (int)(sizeof step_passes / sizeof *step_passes) - 1;
