/* The steps of a program as C functions, and model_run that calls them. */
#ifndef NNC_EMIT_STEPS_H
#define NNC_EMIT_STEPS_H

#include "emit/emission.h"
#include "emit/emit.h"
#include "emit/emit_header.h"
#include "emit/emit_weights.h"
#include "support/ident.h"
#include "support/map.h"
#include "plan/plan.h"
#include "steps/step.h"

struct step_group;

/* What emission carries along. */
struct program {
	struct emission x;
	const struct block *block;
	const struct plan *plan;
	const char *prefix;
	struct weights weights;
	int *weight_of;                 /* tensor -> 1 + its constant, 0: not asked for yet */
	struct idents idents;           /* scope of model_run */
	struct emit_param *params;      /* run-time dimensions first, then inputs, then outputs */
	int n_params, n_dims;
	int *param_of;                  /* tensor -> 1 + the parameter that it is, 0: none */
	bool *names_param;              /* by parameter: model_run names it */
	struct emit_pool *pool;         /* by pool of the plan */
	const char **memory;            /* by pool: the variable of model_run that points to it */
	bool *names_memory;             /* by pool: model_run names that */
	struct step_group **group;      /* by number of a step: steps alike but for constants */
	struct map functions;           /* text of a function -> the first step that has it */
	int n_steps;                    /* numbered so far */
	const struct step **last_write; /* with taps: tensor -> the step of the open block that completes it,
					 * itself or a part of it */
	struct map shared;              /* names of the kernels' shared functions that are written */
};

/* Names that the generated functions use themselves; no parameter is called so. NULL-terminated. */
extern const char *const program_reserved[];

/** C expression of the address of tensor t's first element inside the run function. */
const char *program_address(struct program *p, int t);

/** Step functions, then the definition of the run function with the given signature. */
void emit_steps(struct program *p, struct emit *e, const char *signature);

#endif
