/* A model as a program: compiled to C, built with a main program round it (templates/harness.c.in), run on data. */
#ifndef NNC_BUILT_H
#define NNC_BUILT_H

#include "host/folder.h"
#include "data/value.h"
#include "driver.h"
#include "options.h"

struct built {
	struct options options;         /* those of the command, and where the C goes */
	struct compilation c;
	const struct folder *folder;
	const char *stem, *program;     /* file name without its ending; path of the program */
	const char *runner;             /* "" runs it directly */
};

/* What a tap saw. */
struct tapped {
	const char *tensor;             /* its name as taps give it */
	struct value value;
};

/* What the program made of one set of inputs. */
struct answer {
	int n_out, n_taps;
	struct value *out;              /* in the graph's order */
	struct tapped *tap;             /* in the order of the steps, when the build has taps */
};

struct timing {
	int repeats, n_steps;
	double *run;                    /* seconds of each repeat */
	double *step;                   /* [repeats][n_steps], when the build has taps */
};

/** Compiles o->model for o->target into the folder and builds the program there; `number` keeps several builds apart.
 *  o->taps decides whether it has taps. False: reported. */
bool built_make(struct built *b, const struct options *o, const struct folder *f, int number, struct arena *a,
		struct arena *scratch, struct diag *d);

/** Runs it once per set of inputs, in one process. inputs[k]: values in the graph's order whose type and rank fit;
 *  answers[k] is filled, memory from a. False: reported (a size beyond its bounds, the program fails). */
bool built_run(struct built *b, const struct value *const *inputs, int n, struct answer *answers, struct arena *a,
	       struct diag *d);

/** Runs it once to warm up and then `repeats` times (0: about a second's worth) on the inputs. */
bool built_time(struct built *b, const struct value *inputs, int64_t repeats, struct timing *t, struct arena *a,
		struct diag *d);

#endif
