/* The pipeline, from a model's file to what is asked of it. */
#ifndef NNC_DRIVER_H
#define NNC_DRIVER_H

#include "emit/emit_program.h"
#include "graph/ir.h"
#include "plan/plan.h"
#include "steps/step.h"
#include "support/sink.h"

/* Who looks at the graph as the model has it, before a pass changes it. */
struct watcher {
	void (*imported)(void *to, const struct module *m);     /* NULL: nobody */
	void *to;
};

/* What one compilation makes, in the order in which it is made. */
struct compilation {
	struct sink dump;               /* who wants what --dump asks for; set before compile_model() */
	struct watcher watch;           /* set before, too */
	struct module module;
	struct block block;             /* the steps of graph 0 */
	struct plan plan;
	struct emit_totals totals;
	const char *volatile stage;     /* what is being done now, for a progress line */
};

/** Compiles o->model up to the plan; *c is all zero but for dump and watch. All memory is from `a`; `scratch` is
 *  emptied between passes. False: reported in d. */
bool compile_model(struct compilation *c, const struct options *o, struct arena *a, struct arena *scratch,
		   struct diag *d);

/** Writes what was planned to o->output and its companions, under options that may differ from compile_model's in where
 *  and how the C is written. stack: what the header says of it, or NULL. May be called again. False: reported. */
bool compile_emit(struct compilation *c, const struct options *o, const struct emit_stack *stack);

#endif
