/* State of writing one loop nest (or epilogue) as C. Private to emit_nest.c, nest_*.c, emit_expr.c and emit_call.c. */
#ifndef NNC_NEST_WRITER_H
#define NNC_NEST_WRITER_H

#include "emit/emission.h"
#include "emit/emit.h"
#include "nest/nest.h"

/* The text of a computed expression. */
struct operand {
	const char *text;       /* NULL: not computed in the scopes that are open */
	bool vector;            /* nnrt_vf, or nnrt_vm when the type is bool */
};

struct nest_writer {
	struct emission *x;
	const struct module *m;
	struct nums *nums;              /* x->nums */
	struct emit *e;
	const struct nest *n;

	/* Loops, outermost first: output loops, then reduction loops. */
	int n_loops, n_outer;
	int loop[2 * MAX_RANK];         /* loop -> axis of the nest */
	struct num extent[2 * MAX_RANK];/* by axis, after merging */
	struct num axis[2 * MAX_RANK];  /* the number that runs over it */

	struct num *address;            /* by expression: element offset of a load (its affine part) */
	struct num *index;              /* by expression: of an E_INDEX */
	const char **literal;           /* by expression: of an E_CONST that was written, in any scope */
	struct num store;
	int *level;                     /* by expression: loops that must be open */
	bool *certain;                  /* by expression: evaluated in every turn */

	int vector_axis;                /* axis whose loop runs over vectors, -1: none */
	bool *varies;                   /* by expression: along that axis */
	bool is_soft;                   /* float32 is computed by integers */
	bool in_vector;                 /* now writing the vector form of that loop */
	const char *lanes;              /* NULL: whole vectors; else text of how many lanes count */
	struct operand *value;          /* by expression */
	int *open;                      /* expressions computed in the open scopes, in order */
	int n_open;
	const char *reduced;            /* accumulator: operand of the E_REDUCE */
	const char *acc;                /* E_ACC */
	int names;                      /* variables named so far */
};

static inline const char *writer_use(struct nest_writer *w, const char *symbol)
{
	return emission_use(w->x, symbol);
}

static inline const char *writer_tensor(struct nest_writer *w, int tensor)
{
	return emission_tensor(w->x, tensor);
}

static inline const char *writer_num(struct nest_writer *w, struct num v)
{
	return emission_num(w->x, v);
}

/* --- nest_loops.c --- */

/** Orders and merges the loops, finds how early each expression can be computed. */
void nest_writer_plan_loops(struct nest_writer *w);

/** Coefficient of one axis in an address; false when the address is not linear in it. */
bool writer_coefficient(struct nest_writer *w, struct num address, int axis, struct num *c);

/* --- nest_vector.c --- */

/* How the turns of a reduction are put together: operation, where it starts, lanes of a vector to one float. */
struct writer_reduce {
	enum eop op;
	enum type_value identity;
	const char *across;
};

extern const struct writer_reduce writer_reduces[];     /* by enum reduce_op, up to REDUCE_OR */

/** A reduction that gives a position. */
bool writer_is_arg(int how);

/** The E_REDUCE of a nest, or -1. */
int writer_reduction(const struct nest *n);

/** Vectors run along the innermost output loop when the store is contiguous there, else along the innermost reduction
 *  loop (which changes the order of a sum: not under --fp=strict), or nowhere. */
void writer_choose_vector_axis(struct nest_writer *w);

/** Sets the axis and what varies along it. */
void writer_set_vector_axis(struct nest_writer *w, int axis);

/** varies[k] from its operands. */
void writer_vary_with_operands(struct nest_writer *w, int k);

/* --- emit_expr.c --- */

/** Computes expression k where it is not yet, writing declarations; the result's text. */
struct operand write_expr(struct nest_writer *w, int k);

/** The same as a vector operand: scalars are spread. */
const char *write_vector(struct nest_writer *w, int k);

/** Forgets what was computed since w->n_open was `mark`. */
void writer_close_scope(struct nest_writer *w, int mark);

/** The text of a constant that belongs to no nest, or to any. */
const char *const_text(struct nest_writer *w, const struct expr *x);

/** C text of an operation of scalar.def; NULL when the operation has no such form. */
const char *scalar_text(struct nest_writer *w, enum eop op, enum dtype operand, bool vector, const char *a,
			const char *b);

bool scalar_has_vector(enum eop op, enum dtype operand);

/** An operation on float32 has a form by integers. */
bool scalar_has_soft(enum eop op);

/* --- nest_soft.c --- */

/** Whether the nest's float32 is to be computed by integers: on cores that have subroutines for it, where bytes come in
 *  or go out and every operation has such a form. */
bool nest_is_soft(const struct emission *x, const struct nest *n);

#endif
