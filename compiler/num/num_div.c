/* Floor division and remainder of symbolic integers.
 *
 * With a = b * q + r, floor(a / b) = q + floor(r / b) and a mod b = r mod b hold for every r; so whatever b divides
 * leaves first, and what remains is simplified by the size of r, common factors, and nested divisions. */
#include <string.h>

#include "num/num_form.h"
#include "support/diag.h"

/* --- splitting a = b * q + r -------------------------------------------------------------------------------------- */

static void split_const(struct nums *s, struct num a, int64_t b, struct num *q, struct num *r)
{
	struct form f, whole = { 0 }, rest = { 0 };

	form_of(s, a, &f);
	whole.k = floor_div(f.k, b);
	rest.k = floor_mod(f.k, b);
	for (int i = 0; i < f.n; i++) {
		if (f.t[i].c % b == 0)
			whole.t[whole.n++] = (struct num_term){ .c = f.t[i].c / b, .e = f.t[i].e };
		else
			rest.t[rest.n++] = f.t[i];
	}
	*q = form_num(s, &whole);
	*r = form_num(s, &rest);
}

/* The factors of a that are not among those of b; -1 when b does not divide a. */
static int divide_factors(const int *a, int n_a, const int *b, int n_b, int *out)
{
	int n = 0, j = 0;

	for (int i = 0; i < n_a; i++) {
		if (j < n_b && a[i] == b[j])
			j++;
		else
			out[n++] = a[i];
	}
	return j == n_b ? n : -1;
}

/* The term of b, which is no constant, with most factors. */
static struct num_term leading_term(const struct nums *s, const struct form *b)
{
	struct num_term lead;
	int most = 0;

	if (b->n < 1)
		die("a number that is no constant has no terms");
	lead = b->t[0];
	for (int i = 0; i < b->n; i++) {
		const int *factor;
		int n = num_factors(s, &b->t[i].e, &factor);
		if (n >= most) {
			most = n;
			lead = b->t[i];
		}
	}
	return lead;
}

/* A term of r that `lead` divides, as the quotient. */
static bool find_quotient(struct nums *s, const struct form *r, struct num_term lead, struct num *q)
{
	const int *x, *y;
	int n_y = num_factors(s, &lead.e, &y), out[MAX_NUM_FACTORS];

	for (int i = 0; i < r->n; i++) {
		int n_x = num_factors(s, &r->t[i].e, &x), n = divide_factors(x, n_x, y, n_y, out);
		if (n < 0 || r->t[i].c % lead.c || r->t[i].c == INT64_MIN)
			continue;
		*q = num_monomial(s, r->t[i].c / lead.c, out, n);
		return true;
	}
	return false;
}

/* Polynomial division. With a sum for b a remainder is kept only when it is none or surely in range, because the terms
 * that came back would be worse than what they replaced. */
static void split_symbolic(struct nums *s, struct num a, struct num b, struct num *q, struct num *r)
{
	struct form divisor, rest;
	struct num_term lead;
	struct num part;

	form_of(s, b, &divisor);
	lead = leading_term(s, &divisor);
	*q = num_const(0);
	*r = a;
	for (int turns = 0; turns < MAX_NUM_TERMS; turns++) {
		form_of(s, *r, &rest);
		if (!find_quotient(s, &rest, lead, &part))
			break;
		*q = num_add(s, *q, part);
		*r = num_sub(s, *r, num_mul(s, part, b));
	}
	if ((divisor.n > 1 || divisor.k) && !num_is(*r, 0) && !num_surely_below(s, *r, b)) {
		*q = num_const(0);
		*r = a;
	}
}

/* --- a constant divisor k > 1 ------------------------------------------------------------------------------------- */

/* a = d * *big + *rest for a divisor d of k with 0 <= rest < d: then a div k = big div (k / d), and
 * a mod k = d * (big mod (k / d)) + rest. Tries the common divisors of k and each coefficient. */
static int64_t split_by_gcd(struct nums *s, struct num a, int64_t k, struct num *big, struct num *rest)
{
	struct form f;
	int64_t last = 1;

	form_of(s, a, &f);
	for (int i = 0; i < f.n; i++) {
		int64_t d = num_gcd(k, f.t[i].c);
		if (d == 1 || d == last)
			continue;
		last = d;
		split_const(s, a, d, big, rest);
		if (num_surely_below(s, *rest, num_const(d)))
			return d;
	}
	return 0;
}

/* a as one atom of operator op by a constant, plus a constant. */
static bool is_atom_by_const(const struct nums *s, struct num a, enum num_op op, int *e, int64_t *k, int64_t *plus)
{
	struct form f;

	form_of(s, a, &f);
	if (f.n != 1 || f.t[0].c != 1 || s->expr[f.t[0].e].op != op || num_arg(s, f.t[0].e, 1).expr)
		return false;
	*e = f.t[0].e;
	*k = num_arg(s, *e, 1).n;
	*plus = f.k;
	return *k > 1;
}

static struct num div_const(struct nums *s, struct num r, int64_t k)
{
	const struct num arg[2] = { r, num_const(k) };
	int64_t d, inner, plus, product, lo = floor_div(num_lo(s, r), k), hi = floor_div(num_hi(s, r), k);
	struct num big, rest;
	int e;

	if (lo == hi)
		return num_const(lo);
	if (num_surely_below(s, r, num_const(k)))
		return num_const(0);
	d = split_by_gcd(s, r, k, &big, &rest);
	if (d)
		return num_div(s, big, num_const(k / d));
	if (is_atom_by_const(s, r, NUM_DIV, &e, &inner, &plus) && !__builtin_mul_overflow(inner, k, &product) &&
	    !__builtin_mul_overflow(plus, inner, &plus))
		return num_div(s, num_add(s, num_arg(s, e, 0), num_const(plus)), num_const(product));
	if (is_atom_by_const(s, r, NUM_MOD, &e, &inner, &plus) && !plus && inner % k == 0)
		return num_mod(s, num_div(s, num_arg(s, e, 0), num_const(k)), num_const(inner / k));
	return num_atom(s, NUM_DIV, arg, 2, lo, hi);
}

/* Takes the remainders off terms that are remainders by a multiple of k: (x mod 6 + y) mod 3 = (x + y) mod 3. */
static bool strip_mods(struct nums *s, struct num *a, int64_t k)
{
	struct form f, g = { 0 };
	bool found = false;

	form_of(s, *a, &f);
	g.k = f.k;
	for (int i = 0; i < f.n; i++) {
		const struct num_expr *x = &s->expr[f.t[i].e];
		bool strip = x->op == NUM_MOD && !x->arg[1].expr && x->arg[1].n % k == 0;
		if (strip)
			form_add(s, &g, f.t[i].c, x->arg[0]);
		else
			form_add_term(s, &g, f.t[i].c, f.t[i].e);
		found |= strip;
	}
	if (found)
		*a = form_num(s, &g);
	return found;
}

/* r mod b as an atom that remembers its quotient. */
static struct num mod_atom(struct nums *s, struct num r, struct num b, int64_t lo, int64_t hi)
{
	const struct num arg[2] = { r, b };
	struct num q = num_div(s, r, b), m = num_atom(s, NUM_MOD, arg, 2, lo, hi);

	if (m.expr && s->expr[m.expr].op == NUM_MOD)
		s->expr[m.expr].arg[2] = q;
	return m;
}

static struct num mod_const(struct nums *s, struct num r, int64_t k)
{
	int64_t d, lo = num_lo(s, r), hi = num_hi(s, r), q = floor_div(lo, k);
	struct num big, rest;

	if (q == floor_div(hi, k))
		return num_sub(s, r, num_const(q * k));
	if (num_surely_below(s, r, num_const(k)))
		return r;
	if (strip_mods(s, &r, k))
		return num_mod(s, r, num_const(k));
	d = split_by_gcd(s, r, k, &big, &rest);
	if (d)
		return num_add(s, num_mul(s, num_mod(s, big, num_const(k / d)), num_const(d)), rest);
	return mod_atom(s, r, num_const(k), 0, lo >= 0 && hi < k - 1 ? hi : k - 1);
}

/* --- a divisor that is an expression ------------------------------------------------------------------------------ */

/* The greatest absolute value; INT64_MAX for INT64_MIN. */
static int64_t greatest_abs(int64_t lo, int64_t hi)
{
	int64_t a = lo == INT64_MIN ? INT64_MAX : lo < 0 ? -lo : lo;
	int64_t b = hi == INT64_MIN ? INT64_MAX : hi < 0 ? -hi : hi;

	return a > b ? a : b;
}

static struct num div_symbolic(struct nums *s, struct num r, struct num b)
{
	const struct num arg[2] = { r, b };
	int64_t lo = num_lo(s, r), hi = num_hi(s, r), most = greatest_abs(lo, hi);
	int64_t b_lo = num_lo(s, b), b_hi = num_hi(s, b);

	if (num_is(r, 0) || num_surely_below(s, r, b))
		return num_const(0);
	if (b_lo < 0)
		return num_atom(s, NUM_DIV, arg, 2, -most, most);
	b_lo = b_lo ? b_lo : 1;
	return num_atom(s, NUM_DIV, arg, 2, floor_div(lo, lo < 0 ? b_lo : b_hi), floor_div(hi, hi < 0 ? b_hi : b_lo));
}

static struct num mod_symbolic(struct nums *s, struct num r, struct num b)
{
	int64_t b_lo = num_lo(s, b), b_hi = num_hi(s, b);

	if (num_is(r, 0) || num_surely_below(s, r, b))
		return r;
	return mod_atom(s, r, b, b_lo < 0 ? b_lo + 1 : 0, b_hi > 0 ? b_hi - 1 : 0);
}

/* --- public ------------------------------------------------------------------------------------------------------- */

static void split(struct nums *s, struct num a, struct num b, struct num *q, struct num *r)
{
	if (b.expr)
		split_symbolic(s, a, b, q, r);
	else
		split_const(s, a, b.n, q, r);
}

static struct num num_neg(struct nums *s, struct num a)
{
	return num_sub(s, num_const(0), a);
}

struct num num_div(struct nums *s, struct num a, struct num b)
{
	struct num q, r;

	if (!a.expr && !b.expr) {
		s->overflow |= a.n == INT64_MIN && b.n == -1;
		return num_const(floor_div(a.n, b.n));
	}
	if (num_is(b, 0) || num_is(b, 1) || num_is(a, 0))
		return b.expr || b.n ? a : b;
	if (!b.expr && b.n < 0)
		return num_div(s, num_neg(s, a), num_neg(s, b));
	split(s, a, b, &q, &r);
	if (!num_is(r, 0))
		q = num_add(s, q, b.expr ? div_symbolic(s, r, b) : div_const(s, r, b.n));
	return q;
}

struct num num_mod(struct nums *s, struct num a, struct num b)
{
	struct num q, r;

	if (!a.expr && !b.expr)
		return num_const(floor_mod(a.n, b.n));
	if (num_is(b, 0) || num_is(b, 1) || num_is(a, 0))
		return num_const(0);
	if (!b.expr && b.n < 0)
		return num_neg(s, num_mod(s, num_neg(s, a), num_neg(s, b)));
	split(s, a, b, &q, &r);
	if (num_is(r, 0))
		return r;
	return b.expr ? mod_symbolic(s, r, b) : mod_const(s, r, b.n);
}

struct num num_ceildiv(struct nums *s, struct num a, struct num b)
{
	if (num_lo(s, b) > 0 && (a.expr || b.expr))
		return num_div(s, num_sub(s, num_add(s, a, b), num_const(1)), b);
	return num_neg(s, num_div(s, num_neg(s, a), b));
}
