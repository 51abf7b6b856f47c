/* Instructions of a compiled model, exactly, under an emulator of QEMU. */
#ifndef NNC_COUNTS_H
#define NNC_COUNTS_H

#include "host/built.h"

/* Of instructions: the rows of cycles.def. */
enum insn_class {
#define CYCLES(class, m0, m0plus, m3, m4) CLASS_##class,
#include "commands/cycles.def"
#undef CYCLES
	N_INSN_CLASSES
};

struct step_count {
	int64_t passages, insns;
	int64_t of[N_INSN_CLASSES];     /* all 0 where they are not told apart */
};

struct counts {
	int n_steps;
	struct step_count *step, outside;       /* outside: from the call to the first step, and behind the last */
	struct step_count whole;
};

/** Whether counts can be had of what this command runs: an emulator of QEMU, which takes plugins. */
bool runner_counts(const char *runner, struct arena *a);

/** Runs a program that was built with options.marks three times and counts the instructions of the last run, by steps.
 *  False: reported. */
bool built_count(struct built *b, const struct value *inputs, struct counts *c, struct arena *a, struct diag *d);

#endif
