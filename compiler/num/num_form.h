/* The inside of numbers, shared by num*.c: what an expression is made of, and sums taken apart for reckoning. */
#ifndef NNC_NUM_FORM_H
#define NNC_NUM_FORM_H

#include "num/num.h"
#include "support/arena.h"
#include "support/limits.h"

/* c times expression e, which is an atom or a product of atoms. */
struct num_term {
	int64_t c;
	int e;
};

struct num_expr {
	enum num_op op;
	int n;                          /* terms of a sum, factors of a product */
	int weight;                     /* nodes when written out as a tree: bounds every recursion */
	int64_t lo, hi;
	uint64_t vars;                  /* bit (index of variable mod 64) of each variable inside */
	bool symbolic_axis;             /* an axis whose extent is an expression occurs inside */
	int64_t k;                      /* SUM: the constant; VAR: loop axis, or -1 */
	const struct num_term *term;    /* SUM: ascending e, no c is 0 */
	const int *factor;              /* PRODUCT: ascending, at least two */
	struct num arg[3];              /* DIV … SELECT; VAR of an axis: its extent in arg[0] */
	const char *name;               /* VAR */
	int tensor;                     /* VAR: 1 + the tensor that its value is in, 0: none */
};

/* A sum on the stack: k + c0 * e0 + c1 * e1 + … */
struct form {
	int64_t k;
	int n;
	struct num_term t[MAX_NUM_TERMS];
};

/** a as a sum. */
void form_of(const struct nums *s, struct num a, struct form *f);
/** f += c * e, or += c for constants. */
void form_add_term(struct nums *s, struct form *f, int64_t c, int e);
void form_add_const(struct nums *s, struct form *f, int64_t c);
void form_add(struct nums *s, struct form *f, int64_t c, struct num a);
/** The number that a sum is. */
struct num form_num(struct nums *s, const struct form *f);
/** c times the product of factors. */
struct num num_monomial(struct nums *s, int64_t c, const int *factor, int n);
/** The factors of an atom or product. */
int num_factors(const struct nums *s, const int *e, const int **factor);

/** The number that expression e is. */
struct num num_of(const struct nums *s, int e);
/** Takes into x what operand e says of variables and size. */
void num_contains(const struct nums *s, struct num_expr *x, int e);
/** Stores x under its key of so many words. An expression whose range is one value is that constant. */
struct num num_store(struct nums *s, struct num_expr x, const int64_t *key, int words);

/** An expression of operator op over up to three operands, lo <= it <= hi. */
struct num num_atom(struct nums *s, enum num_op op, const struct num *arg, int n, int64_t lo, int64_t hi);
/** Operand i of an atom. */
struct num num_arg(const struct nums *s, int e, int i);

/** Whether a <= limit for every value of the variables, as far as can be seen; never wrong when true. */
bool num_surely_le(struct nums *s, struct num a, int64_t limit);
/** Whether 0 <= a < b surely. */
bool num_surely_below(struct nums *s, struct num a, struct num b);

int64_t num_gcd(int64_t a, int64_t b);
int64_t floor_div(int64_t a, int64_t b);
int64_t floor_mod(int64_t a, int64_t b);
/** a + b and a * b at the nearest int64; notes an overflow. */
int64_t num_sat_add(struct nums *s, int64_t a, int64_t b);
int64_t num_sat_mul(struct nums *s, int64_t a, int64_t b);

#endif
