/* Minima, maxima, comparisons and choices of symbolic integers, and what is surely so. */
#include "num/num_form.h"

/* --- upper bounds ------------------------------------------------------------------------------------------------- */

/* The term without its factor number `at`. */
static struct num without_factor(struct nums *s, struct num_term t, int at)
{
	const int *factor;
	int n = num_factors(s, &t.e, &factor), rest[MAX_NUM_FACTORS], n_rest = 0;

	for (int i = 0; i < n; i++)
		if (i != at)
			rest[n_rest++] = factor[i];
	return num_monomial(s, t.c, rest, n_rest);
}

/* c / k where k divides each of its terms; false: it does not. */
static bool exact_quotient(struct nums *s, struct num c, int64_t k, struct num *q)
{
	struct form f;

	form_of(s, c, &f);
	if (f.k % k)
		return false;
	for (int i = 0; i < f.n; i++) {
		if (f.t[i].c % k)
			return false;
		f.t[i].c /= k;
	}
	f.k /= k;
	*q = form_num(s, &f);
	return true;
}

/* c * x <= bound for a factor x of a term whose other factors, with the coefficient, are c (of known sign):
 * an axis is at most its extent - 1 and at least 0; x div k lies between (x - k + 1) / k and x / k. */
static bool factor_bound(struct nums *s, int x, struct num c, struct num *bound)
{
	struct num arg = num_arg(s, x, 0), k = num_arg(s, x, 1);
	bool positive = num_lo(s, c) >= 0;
	struct num q;

	if (!positive && num_hi(s, c) > 0)
		return false;
	if (s->expr[x].op == NUM_VAR && s->expr[x].symbolic_axis) {
		*bound = positive ? num_mul(s, c, num_sub(s, arg, num_const(1))) : num_const(0);
		return true;
	}
	if (s->expr[x].op != NUM_DIV || k.expr || k.n <= 1 || !exact_quotient(s, c, k.n, &q))
		return false;
	*bound = num_mul(s, q, positive ? arg : num_sub(s, arg, num_const(k.n - 1)));
	return true;
}

/* Replaces one factor of one term of a by its bound, axes first: the result is >= a. */
static bool raise_once(struct nums *s, struct num *a, enum num_op op)
{
	struct form f;

	form_of(s, *a, &f);
	for (int i = 0; i < f.n; i++) {
		const int *factor;
		int n = num_factors(s, &f.t[i].e, &factor);
		for (int j = 0; j < n; j++) {
			struct num bound;
			if (s->expr[factor[j]].op != op ||
			    !factor_bound(s, factor[j], without_factor(s, f.t[i], j), &bound))
				continue;
			form_add_term(s, &f, -f.t[i].c, f.t[i].e);
			form_add(s, &f, 1, bound);
			*a = form_num(s, &f);
			return true;
		}
	}
	return false;
}

bool num_surely_le(struct nums *s, struct num a, int64_t limit)
{
	bool overflow = s->overflow, sure = num_hi(s, a) <= limit;

	s->overflow = false;
	for (int turns = 0; !sure && a.expr && turns < 3 * MAX_RANK; turns++) {
		if (!raise_once(s, &a, NUM_VAR) && !raise_once(s, &a, NUM_DIV))
			break;
		sure = num_hi(s, a) <= limit;
	}
	sure = sure && !s->overflow;
	s->overflow = overflow;
	return sure;
}

/* a - b <= limit, whatever an overflow in the difference says of the caller's own reckoning. */
static bool difference_le(struct nums *s, struct num a, struct num b, int64_t limit)
{
	bool overflow = s->overflow, sure;
	struct num d;

	s->overflow = false;
	d = num_sub(s, a, b);
	sure = !s->overflow && num_surely_le(s, d, limit);
	s->overflow = overflow;
	return sure;
}

bool num_surely_below(struct nums *s, struct num a, struct num b)
{
	if (num_hi(s, a) < num_lo(s, b))
		return num_lo(s, a) >= 0 || difference_le(s, num_const(0), a, 0);
	return difference_le(s, a, b, -1) && (num_lo(s, a) >= 0 || difference_le(s, num_const(0), a, 0));
}

/* --- minima and maxima -------------------------------------------------------------------------------------------- */

/* b is op(a, …) or op(…, a). */
static bool contains_operand(const struct nums *s, enum num_op op, struct num a, struct num b)
{
	return b.expr && s->expr[b.expr].op == op &&
	       (num_same(num_arg(s, b.expr, 0), a) || num_same(num_arg(s, b.expr, 1), a));
}

static struct num extremum(struct nums *s, enum num_op op, struct num a, struct num b)
{
	struct num arg[2] = { a, b }, first = op == NUM_MIN ? a : b, second = op == NUM_MIN ? b : a;
	int64_t lo = num_lo(s, a), hi = num_hi(s, a), b_lo = num_lo(s, b), b_hi = num_hi(s, b);

	/* `first` is the result when a <= b */
	if (num_same(a, b) || contains_operand(s, op, b, a))
		return a;
	if (contains_operand(s, op, a, b))
		return b;
	if (hi <= b_lo || difference_le(s, a, b, 0))
		return first;
	if (b_hi <= lo || difference_le(s, b, a, 0))
		return second;
	if (b.expr && (!a.expr || b.expr < a.expr)) {   /* constants last */
		arg[0] = b;
		arg[1] = a;
	}
	if (op == NUM_MIN)
		return num_atom(s, op, arg, 2, lo < b_lo ? lo : b_lo, hi < b_hi ? hi : b_hi);
	return num_atom(s, op, arg, 2, lo > b_lo ? lo : b_lo, hi > b_hi ? hi : b_hi);
}

struct num num_min(struct nums *s, struct num a, struct num b)
{
	if (!a.expr && !b.expr)
		return a.n < b.n ? a : b;
	return extremum(s, NUM_MIN, a, b);
}

struct num num_max(struct nums *s, struct num a, struct num b)
{
	if (!a.expr && !b.expr)
		return a.n > b.n ? a : b;
	return extremum(s, NUM_MAX, a, b);
}

/* --- comparisons -------------------------------------------------------------------------------------------------- */

/* The terms of f divided by their common divisor, which is returned; the constant stays. */
static int64_t reduce_terms(struct form *f)
{
	int64_t g = 0;

	for (int i = 0; i < f->n; i++)
		g = num_gcd(g, f->t[i].c);
	for (int i = 0; i < f->n && g > 1; i++)
		f->t[i].c /= g;
	return g > 1 ? g : 1;
}

struct num num_lt(struct nums *s, struct num a, struct num b)
{
	struct form f;
	struct num arg[2] = { num_const(0) };
	int64_t g;

	if (!a.expr && !b.expr)
		return num_const(a.n < b.n);
	if (num_hi(s, a) < num_lo(s, b) || difference_le(s, a, b, -1))
		return num_const(1);
	if (num_lo(s, a) >= num_hi(s, b) || difference_le(s, b, a, 0))
		return num_const(0);
	/* 0 < g * x + k  <=>  0 < x + ceil(k / g) */
	form_of(s, b, &f);
	form_add(s, &f, -1, a);
	g = reduce_terms(&f);
	f.k = floor_div(f.k, g) + (floor_mod(f.k, g) != 0);
	arg[1] = form_num(s, &f);
	return num_atom(s, NUM_LT, arg, 2, 0, 1);
}

struct num num_eq(struct nums *s, struct num a, struct num b)
{
	struct form f;
	struct num arg[2] = { num_const(0) };
	int64_t g;

	if (!a.expr && !b.expr)
		return num_const(a.n == b.n);
	if (num_same(a, b))
		return num_const(1);
	if (num_hi(s, a) < num_lo(s, b) || num_lo(s, a) > num_hi(s, b) || difference_le(s, a, b, -1) ||
	    difference_le(s, b, a, -1))
		return num_const(0);
	form_of(s, b, &f);
	form_add(s, &f, -1, a);
	g = reduce_terms(&f);
	if (f.k % g)
		return num_const(0);
	f.k /= g;
	if (f.n && f.t[0].c < 0) {      /* 0 == x and 0 == -x are one */
		struct form negative = { 0 };
		form_add(s, &negative, -1, form_num(s, &f));
		f = negative;
	}
	arg[1] = form_num(s, &f);
	if (!arg[1].expr)
		return num_const(arg[1].n == 0);
	return num_atom(s, NUM_EQ, arg, 2, 0, 1);
}

struct num num_select(struct nums *s, struct num c, struct num a, struct num b)
{
	const struct num arg[3] = { c, a, b };
	int64_t lo = num_lo(s, a), hi = num_hi(s, a), b_lo = num_lo(s, b), b_hi = num_hi(s, b);

	if (!c.expr)
		return c.n ? a : b;
	if (num_same(a, b) || num_lo(s, c) > 0 || num_hi(s, c) < 0)
		return a;
	if (num_is(a, 1) && num_is(b, 0) && num_lo(s, c) == 0 && num_hi(s, c) == 1)
		return c;
	return num_atom(s, NUM_SELECT, arg, 3, lo < b_lo ? lo : b_lo, hi > b_hi ? hi : b_hi);
}
