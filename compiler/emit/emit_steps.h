/* The steps of a program as C functions, and model_run that calls them. */
#ifndef NNC_EMIT_STEPS_H
#define NNC_EMIT_STEPS_H

#include "emit/emit.h"
#include "emit/emit_header.h"
#include "emit/emit_weights.h"
#include "emit/extract.h"
#include "support/ident.h"
#include "support/map.h"
#include "plan/plan.h"
#include "steps/step.h"

/* What emission carries along. */
struct program {
	struct module *m;
	struct block *block;
	const struct plan *plan;
	const char *prefix;
	struct extract runtime;
	struct weights weights;
	struct idents idents;           /* scope of model_run */
	struct emit_param *params;      /* run-time dimensions first, then inputs, then outputs */
	int n_params, n_dims;
	const char **param;             /* tensor -> its parameter, or NULL */
	const char **tensor_name;       /* tensor -> its name inside the step being written, or NULL */
	const char **turn;              /* counters of the loops that are open */
	int n_turns;
	int n_steps;                    /* numbered so far */
	const struct step **last_write; /* with taps: tensor -> the step of the open block that completes it,
					 * itself or a part of it */
	struct map shared;              /* names of the kernels' shared functions that are written */
	struct strbuf used;             /* addresses that model_run names so far */
};

/* Names that the generated functions use themselves; no parameter is called so. NULL-terminated. */
extern const char *const program_reserved[];

/** Step functions, then the definition of the run function with the given signature. */
void emit_steps(struct program *p, struct emit *e, const char *signature);

#endif
