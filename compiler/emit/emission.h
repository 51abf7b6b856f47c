/* What all of emission reads, and the little that it writes to.
 *
 * Emission prints a compiled program and changes nothing of it: steps, nests, tensors and numbers are const here, and
 * what has to be reckoned on the way (merged axes, addresses, extents) is made in a copy of the numbers. Two emissions
 * of one compilation are therefore equal. Nothing is looked up in printed text: what a text calls and names is noted
 * when it is printed. */
#ifndef NNC_EMISSION_H
#define NNC_EMISSION_H

#include "emit/extract.h"
#include "graph/ir.h"

/* A tensor that the step being written touches: a parameter of its function where the text names it. */
struct touched {
	int tensor;
	bool is_written, is_named;
	const char *name;
};

/* A run-time size or a loop's counter. */
struct variable {
	const char *name;
	bool is_named;          /* in the function being written */
	bool is_used;           /* anywhere so far */
};

/* A literal of the function being written. */
struct constant {
	const char *ctype, *text;
};

struct emission {
	const struct module *m;
	struct nums nums;               /* a copy of the module's, with what emission adds */
	struct extract runtime;         /* what was called so far is marked */
	struct variable *variable;      /* in the order in which they are declared */
	int n_variables;
	int *variable_of;               /* by expression of the module: 1 + its place in `variable`, 0: none */
	/* Of the function being written. */
	struct touched *touched;
	int n_touched;
	int *touched_of;                /* by tensor: 1 + its place in `touched`, 0: none */
	int *named;                     /* variables, ascending */
	int n_named;
	struct constant *constant;      /* in the order in which they are met, those of an epilogue first */
	int n_constants, n_epilogue;
	bool is_template;               /* all of them stand as k0, k1 … */
	const bool *varies;             /* by constant: it is a parameter, k3; NULL: none is */
	bool has_independent;           /* a loop that is left to the C compiler's vectors */
};

/** Begins with nothing marked. What outlives a step is in the module's arena, the rest in its scratch. */
void emission_init(struct emission *x, const struct module *m);

/** Declares a variable that prints as `name` from now on, unless it is declared already. */
void emission_declare(struct emission *x, struct num var, const char *name);

/** Begins a function without tensors, in which nothing is named yet. */
void emission_begin(struct emission *x);

/** Between steps: frees the scratch memory when there is much of it. */
void emission_rest(struct emission *x);

/** Adds a tensor to those of the function; written once is written. */
void emission_touch(struct emission *x, int tensor, bool is_written);

/** Bytes come in or go out of the step: quantised results, which are promised to the bit. */
bool emission_touches_bytes(const struct emission *x);

/** The name of a tensor that is touched. */
const char *emission_tensor(struct emission *x, int tensor);

/** A number as C text, which stands beside a comparison but not beside a product. */
const char *emission_num(struct emission *x, struct num v);

/** A literal, or the name of the parameter in its place. */
const char *emission_constant(struct emission *x, const char *ctype, const char *text);

/** Whether constant i of the function is a parameter. */
bool emission_is_parameter(const struct emission *x, int i);

/** What generated text calls something that the model calls `name`, on one line of bounded length: the one place that
 *  decides whether and how names of the model are shown. */
const char *emission_name(struct arena *a, const char *name);
void emission_add_name(struct strbuf *b, const char *name);

/** Marks a function, type or macro of the runtime and returns its name; dies when there is none. */
const char *emission_use(struct emission *x, const char *symbol);

#endif
