/* A planned program as files: model.c, model.h and what goes with them. */
#ifndef NNC_EMIT_PROGRAM_H
#define NNC_EMIT_PROGRAM_H

#include "emit/emit_header.h"
#include "plan/plan.h"
#include "steps/step.h"

/* Totals of what was written, for reports and limits. */
struct emit_totals {
	int64_t macs;
	int n_steps, n_weight_files;
	const char *prefix;                     /* of the symbols */
	const char *entry;                      /* the function that runs the model ... */
	bool has_states;                        /* ... a step further */
	const struct emit_param *params;        /* of the run function */
	int n_params;
	int64_t weight_bytes, plain_bytes;      /* of constants; of RAM that they are made plain in */
	const char *const *path;                /* of the files written */
	int n_paths;
};

/** Whether files may be called like path: its last part stands in #include and .incbin lines, as it is. False:
 *  reported. */
bool emit_path_check(struct arena *a, const char *path, struct diag *d);

/** Writes m->options->output and its companions, all or none. stack: what the header says of it, or NULL. May be called
 *  again. False: reported, also when the constants are beyond the limit for them. */
bool emit_program(const struct module *m, const struct block *b, const struct plan *plan,
		  const struct emit_stack *stack, struct emit_totals *totals);

#endif
