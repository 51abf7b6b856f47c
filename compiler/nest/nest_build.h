/* Between nest.c, nest_simplify.c, nest_copy.c and the fusion passes: adding expressions and copying them. */
#ifndef NNC_NEST_BUILD_H
#define NNC_NEST_BUILD_H

#include "nest/nest.h"

/** The number of expression x in n: an equal one's when there is one. `at` holds the indexes of a load. */
int nest_add(struct nest *n, struct expr x, const struct index *at);

/** Both say the same in the same order. */
bool nest_same(const struct nest *a, const struct nest *b);

/** op(a, b) as it stands, and of constants as a constant. b is -1 where op takes one operand. nest_unary() and
 *  nest_binary() look for something simpler first. */
int nest_add_operation(struct nest *n, enum eop op, int a, int b);
int nest_add_folded(struct nest *n, enum eop op, int a, int b);

bool nest_is_const(const struct nest *n, int e);
/** A constant equal to v, also as every float's exact value. */
bool nest_is_value(const struct nest *n, int e, int v);

/** What an expression is converted to by operator op. */
enum dtype nest_result(enum eop op, enum dtype operand);
/** Operands of an operator of scalar.def. */
int nest_arity(enum eop op);
/** What it takes an element, in roughly cycles. */
enum scalar_cost { SCALAR_SIMPLE = 1, SCALAR_DIVIDE = 8, SCALAR_FUNCTION = 20 };
int nest_cost(enum eop op);

/* Copying: every load of the source is shown to `load` first, which returns the expression to stand for it or -1 for a
 * copy of the load itself. at: the load's indexes, already in terms of the destination. */
struct nest_copier {
	struct nest *n;                 /* destination */
	const struct nest *from;
	const struct num *at;           /* destination's number for each axis of `from` */
	int acc;                        /* stands for E_ACC; -1: copied */
	int (*load)(void *ctx, struct nest *n, int tensor, const struct index *at, int n_at);
	void *ctx;
};
int nest_copy_with(const struct nest_copier *c, int e);

#endif
