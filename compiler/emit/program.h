/* What the emission of a program carries along, and where its tensors are. */
#ifndef NNC_PROGRAM_H
#define NNC_PROGRAM_H

#include "emit/emission.h"
#include "emit/emit_header.h"
#include "emit/emit_weights.h"
#include "plan/plan.h"
#include "steps/step.h"
#include "support/ident.h"
#include "support/map.h"

/* Steps alike but for constants, which share one function: found by step_group.h. */
struct step_group {
	const bool *parameters;         /* by constant of the step: it is a parameter; NULL: all are literals */
	int n_epilogue;                 /* how many of the constants are the epilogue's */
	bool is_apart;                  /* their functions stay out of line: so many steps that gcc would copy small
					 * ones into the run function, or on a board beside a loop over rows, which
					 * would keep their variables on the stack as well */
};

/* What emission carries along. */
struct program {
	struct emission x;
	const struct block *block;
	const struct plan *plan;
	const char *prefix;
	struct weights weights;
	int *weight_of;                 /* tensor -> 1 + its constant, 0: not asked for yet */
	struct idents idents;           /* scope of model_run */
	struct emit_param *params;      /* run-time dimensions first, then inputs, outputs, sizes returned */
	int n_params, n_dims, n_returned;
	struct emit_param *returned;    /* the last n_returned of them, while they are collected */
	int *param_of;                  /* tensor -> 1 + the parameter that it is, 0: none */
	bool *names_param;              /* by parameter: model_run names it */
	struct emit_pool *pool;         /* by pool of the plan */
	const char **memory;            /* by pool: the variable of model_run that points to it */
	bool *names_memory;             /* by pool: model_run names that */
	const struct step_group **group;        /* by number of a step */
	struct map functions;           /* text of a function -> the first step that has it */
	int n_steps;                    /* numbered so far */
	const struct step **last_write; /* with taps: tensor -> the step of the open block that completes it,
					 * itself or a part of it */
	struct map shared;              /* names of the kernels' shared functions that are written */
};

/* Names that the generated functions use themselves; no parameter is called so. NULL-terminated. */
extern const char *const program_reserved[];

/** The name of parameter i, which model_run names from now on. */
const char *program_param(struct program *p, int i);

/** Whether the run function must make constants plain. After the last address was asked for. */
bool program_unlocks(const struct program *p);

/** Whether the caller says where the constants lie. After the last address was asked for. */
bool program_sets_weights(const struct program *p);

/** C expression of the address of tensor t's first element inside the run function. */
const char *program_address(struct program *p, int t);

#endif
