/* Integers that the compiler reasons about: dimensions, indexes, values of shape tensors.
 *
 * A number is a constant or an expression over run-time variables, each with a known range. Expressions are kept in a
 * normal form (a sum of coefficient times product of atoms, atoms being variables, floor divisions, remainders, minima,
 * maxima and comparisons) and stored once, so equal forms have equal indexes and num_same() is a comparison of two
 * integers. Static models never leave the constants. Arithmetic that would overflow int64 sets nums.overflow, and the
 * caller that turns the result into a dimension reports it (see tensor_set). */
#ifndef NNC_NUM_H
#define NNC_NUM_H

#include <stdbool.h>
#include <stdint.h>

#include "support/map.h"

struct arena;
struct strbuf;

struct num {
	int64_t n;      /* the value of a constant; of an expression, its greatest possible value */
	int expr;       /* 0: constant; else index into nums.expr */
};

enum num_op { NUM_CONST, NUM_VAR, NUM_SUM, NUM_PRODUCT, NUM_DIV, NUM_MOD, NUM_MIN, NUM_MAX, NUM_LT, NUM_EQ,
	      NUM_SELECT };

struct num_expr;        /* num.c */

struct nums {
	struct arena *arena;
	struct num_expr *expr;
	int n_exprs;
	struct map known;       /* structure of an expression -> its index */
	struct num *found;      /* the variables of num_var_of() */
	int n_found;
	bool overflow;
};

void nums_init(struct nums *s, struct arena *a);

/** A copy in arena a: numbers of `from` mean the same in it, and what is made with it leaves `from` as it is. */
void nums_copy(struct nums *s, const struct nums *from, struct arena *a);

static inline struct num num_const(int64_t n)
{
	return (struct num){ .n = n };
}

static inline bool num_is_const(struct num a)
{
	return a.expr == 0;
}

static inline bool num_is(struct num a, int64_t n)
{
	return a.expr == 0 && a.n == n;
}

/** Surely equal: the same constant or the same normal form. */
static inline bool num_same(struct num a, struct num b)
{
	return a.expr == b.expr && (a.expr || a.n == b.n);
}

/** A variable with lo <= value <= hi, known to the generated code by `name` (a C identifier; the same name gives the
 *  same variable and narrows nothing: lo and hi must then be equal). A variable whose lo == hi is that constant. */
struct num num_var(struct nums *s, const char *name, int64_t lo, int64_t hi);

/** A variable that is not there from the start: the program finds its value while it runs, and leaves it as the first
 *  element of a tensor (as the caller numbers them). */
struct num num_var_of(struct nums *s, const char *name, int64_t lo, int64_t hi, int tensor);

/** That tensor; -1: the variable is a parameter, the number of a turn, or an axis. */
int num_var_tensor(const struct nums *s, struct num var);

/** From now on the variable prints as `name`. */
void num_rename(struct nums *s, struct num var, const char *name);

/** The variable of loop axis k of a nest, 0 <= value < extent; shared by all nests with the same k and extent. It
 *  prints as i0, i1, …; the axis of an extent that is at most 1 is the constant 0. */
struct num num_axis(struct nums *s, int k, struct num extent);

struct num num_add(struct nums *s, struct num a, struct num b);
struct num num_sub(struct nums *s, struct num a, struct num b);
struct num num_mul(struct nums *s, struct num a, struct num b);
/** Floor division and its remainder (sign of b); b is never 0 at run time, constant 0 gives 0. */
struct num num_div(struct nums *s, struct num a, struct num b);
struct num num_mod(struct nums *s, struct num a, struct num b);
struct num num_ceildiv(struct nums *s, struct num a, struct num b);
struct num num_min(struct nums *s, struct num a, struct num b);
struct num num_max(struct nums *s, struct num a, struct num b);
/** 1 or 0. */
struct num num_lt(struct nums *s, struct num a, struct num b);
struct num num_eq(struct nums *s, struct num a, struct num b);
/** c != 0 ? a : b. */
struct num num_select(struct nums *s, struct num c, struct num a, struct num b);

/** Smallest and greatest possible value, by interval arithmetic. */
int64_t num_lo(const struct nums *s, struct num a);
int64_t num_hi(const struct nums *s, struct num a);

/** Replaces variables: every occurrence of from[i] (a NUM_VAR) by to[i]. */
struct num num_subst(struct nums *s, struct num a, const struct num *from, const struct num *to, int n);

/** a as constant + sum of coefficient[i] * var[i] for the n given variables and a remainder free of them: returns
 *  false when a is not linear in them. coefficients may themselves be expressions without these variables. */
bool num_linear(struct nums *s, struct num a, const struct num *var, int n, struct num *coefficient, struct num *rest);

/** Whether the variable v occurs in a. */
bool num_uses(const struct nums *s, struct num a, struct num v);

/** Calls f for each distinct NUM_VAR in a, in order of first occurrence. */
void num_each_var(const struct nums *s, struct num a, void (*f)(void *ctx, struct num var, const char *name),
		  void *ctx);

/** The value when var[i] has value[i]; dies when a variable is missing. */
int64_t num_eval(const struct nums *s, struct num a, const struct num *var, const int64_t *value, int n);

/** The value when every variable has its least. text, when not NULL, gets the first of these: "N = 1, M = 4". */
int64_t num_at_least(const struct nums *s, struct num a, struct strbuf *text);

/** C text of type int64_t-safe arithmetic (`(n + 2) / 3`): operands of divisions are known >= 0 where a plain `/` is
 *  printed, else nnrt_floordiv()/nnrt_floormod(). Variables print as their name. It may stand beside a comparison, but
 *  not beside a product. */
void num_print(const struct nums *s, struct num a, struct strbuf *out);

/** The same, and sets what is called in the text. */
struct num_helpers {
	bool floordiv, floormod;
};
void num_print_using(const struct nums *s, struct num a, struct strbuf *out, struct num_helpers *helpers);

#endif
