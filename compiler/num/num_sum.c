/* Symbolic integers: sums and products in their normal form. A product of sums is multiplied out as long as the terms
 * are few; a remainder and its quotient become again what was divided. */
#include <string.h>

#include "num/num_form.h"

/* --- products ----------------------------------------------------------------------------------------------------- */

static void range_mul(struct nums *s, const struct num_expr *by, int64_t *lo, int64_t *hi)
{
	const int64_t v[4] = { num_sat_mul(s, *lo, by->lo), num_sat_mul(s, *lo, by->hi), num_sat_mul(s, *hi, by->lo),
			       num_sat_mul(s, *hi, by->hi) };

	*lo = *hi = v[0];
	for (int i = 1; i < 4; i++) {
		*lo = v[i] < *lo ? v[i] : *lo;
		*hi = v[i] > *hi ? v[i] : *hi;
	}
}

/* The expression that the product of ascending factors is: n >= 1. */
static int product_of(struct nums *s, const int *factor, int n)
{
	struct num_expr x = { .op = NUM_PRODUCT, .n = n, .lo = 1, .hi = 1, .weight = 1 };
	int64_t key[1 + MAX_NUM_FACTORS] = { NUM_PRODUCT };
	int e;

	if (n == 1)
		return factor[0];
	for (int i = 0; i < n; i++) {
		key[1 + i] = factor[i];
		num_contains(s, &x, factor[i]);
		range_mul(s, &s->expr[factor[i]], &x.lo, &x.hi);
	}
	e = (int)map_get(&s->known, key, (size_t)(1 + n) * sizeof *key, 0);
	if (e)
		return e;
	x.factor = arena_grow(s->arena, factor, (size_t)n, (size_t)n, sizeof *factor);
	return num_store(s, x, key, 1 + n).expr;
}

/* Merges two ascending lists; 0 when the product has too many factors. */
static int merge_factors(const int *a, int n_a, const int *b, int n_b, int *out)
{
	int n = 0;

	if (n_a + n_b > MAX_NUM_FACTORS)
		return 0;
	for (int i = 0, j = 0; i < n_a || j < n_b;)
		out[n++] = j == n_b || (i < n_a && a[i] <= b[j]) ? a[i++] : b[j++];
	return n;
}

/* --- sums --------------------------------------------------------------------------------------------------------- */

void form_of(const struct nums *s, struct num a, struct form *f)
{
	const struct num_expr *x = &s->expr[a.expr];

	f->k = 0;
	f->n = 0;
	if (!a.expr) {
		f->k = a.n;
	} else if (x->op == NUM_SUM) {
		f->k = x->k;
		f->n = x->n;
		memcpy(f->t, x->term, (size_t)x->n * sizeof *x->term);
	} else {
		f->t[f->n++] = (struct num_term){ .c = 1, .e = a.expr };
	}
}

void form_add_const(struct nums *s, struct form *f, int64_t c)
{
	f->k = num_sat_add(s, f->k, c);
}

void form_add_term(struct nums *s, struct form *f, int64_t c, int e)
{
	int i = 0;

	while (i < f->n && f->t[i].e < e)
		i++;
	if (i < f->n && f->t[i].e == e) {
		f->t[i].c = num_sat_add(s, f->t[i].c, c);
		if (f->t[i].c)
			return;
		f->n--;
		memmove(f->t + i, f->t + i + 1, (size_t)(f->n - i) * sizeof *f->t);
		return;
	}
	if (f->n == MAX_NUM_TERMS || !e) {
		s->overflow = true;
		return;
	}
	memmove(f->t + i + 1, f->t + i, (size_t)(f->n - i) * sizeof *f->t);
	f->t[i] = (struct num_term){ .c = c, .e = e };
	f->n++;
}

void form_add(struct nums *s, struct form *f, int64_t c, struct num a)
{
	struct form g;

	if (!c)
		return;
	form_of(s, a, &g);
	form_add_const(s, f, num_sat_mul(s, c, g.k));
	for (int i = 0; i < g.n; i++)
		form_add_term(s, f, num_sat_mul(s, c, g.t[i].c), g.t[i].e);
}

/* Stores a sum as it is. */
static struct num sum_of(struct nums *s, const struct form *f)
{
	struct num_expr x = { .op = NUM_SUM, .n = f->n, .k = f->k, .lo = f->k, .hi = f->k, .weight = 1 };
	int64_t key[2 + 2 * MAX_NUM_TERMS] = { NUM_SUM, f->k };
	int e;

	if (!f->n)
		return num_const(f->k);
	if (f->n == 1 && !f->k && f->t[0].c == 1)
		return num_of(s, f->t[0].e);
	for (int i = 0; i < f->n; i++) {
		const struct num_expr *of = &s->expr[f->t[i].e];
		int64_t c = f->t[i].c;
		key[2 + 2 * i] = c;
		key[3 + 2 * i] = f->t[i].e;
		num_contains(s, &x, f->t[i].e);
		x.lo = num_sat_add(s, x.lo, num_sat_mul(s, c, c < 0 ? of->hi : of->lo));
		x.hi = num_sat_add(s, x.hi, num_sat_mul(s, c, c < 0 ? of->lo : of->hi));
	}
	e = (int)map_get(&s->known, key, (size_t)(2 + 2 * f->n) * sizeof *key, 0);
	if (e)
		return num_of(s, e);
	x.term = arena_grow(s->arena, f->t, (size_t)f->n, (size_t)f->n, sizeof *f->t);
	return num_store(s, x, key, 2 + 2 * f->n);
}

/* Adds the product of two terms to f. */
static void form_add_product(struct nums *s, struct form *f, struct num_term a, struct num_term b)
{
	const int *x, *y;
	int factor[MAX_NUM_FACTORS];
	int n_x = num_factors(s, &a.e, &x), n_y = num_factors(s, &b.e, &y);
	int n = merge_factors(x, n_x, y, n_y, factor);

	if (!n)
		s->overflow = true;
	else
		form_add_term(s, f, num_sat_mul(s, a.c, b.c), product_of(s, factor, n));
}

/* f = x * y, multiplied out. */
static void form_mul(struct nums *s, const struct form *x, const struct form *y, struct form *f)
{
	f->n = 0;
	f->k = num_sat_mul(s, x->k, y->k);
	for (int i = 0; i < x->n && y->k; i++)
		form_add_term(s, f, num_sat_mul(s, x->t[i].c, y->k), x->t[i].e);
	for (int j = 0; j < y->n && x->k; j++)
		form_add_term(s, f, num_sat_mul(s, x->k, y->t[j].c), y->t[j].e);
	for (int i = 0; i < x->n; i++)
		for (int j = 0; j < y->n; j++)
			form_add_product(s, f, x->t[i], y->t[j]);
}

static int64_t form_coefficient(const struct form *f, int e)
{
	for (int i = 0; i < f->n; i++)
		if (f->t[i].e == e)
			return f->t[i].c;
	return 0;
}

/* Position of a remainder among the factors of a term, or -1. */
static int mod_factor(const struct nums *s, const int *factor, int n)
{
	for (int i = 0; i < n; i++)
		if (s->expr[factor[i]].op == NUM_MOD)
			return i;
	return -1;
}

/* m * (x mod b) + m * b * (x div b) -> m * x, for term i. The quotient was stored with the remainder. */
static bool form_join_mod(struct nums *s, struct form *f, int i)
{
	const struct num_term t = f->t[i];
	const int *factor;
	int n = num_factors(s, &t.e, &factor), at = mod_factor(s, factor, n), rest[MAX_NUM_FACTORS], n_rest = 0;
	struct form x, y, bq, whole;

	if (at < 0)
		return false;
	for (int j = 0; j < n; j++)
		if (j != at)
			rest[n_rest++] = factor[j];
	form_of(s, num_arg(s, factor[at], 1), &x);
	form_of(s, num_arg(s, factor[at], 2), &y);
	if ((x.n + 1) * (y.n + 1) > f->n + 1)
		return false;
	form_mul(s, &x, &y, &bq);
	form_of(s, num_monomial(s, t.c, rest, n_rest), &y);
	form_mul(s, &bq, &y, &whole);
	if (whole.k || !whole.n)
		return false;
	for (int j = 0; j < whole.n; j++)
		if (form_coefficient(f, whole.t[j].e) != whole.t[j].c)
			return false;
	for (int j = 0; j < whole.n; j++)
		form_add_term(s, f, -whole.t[j].c, whole.t[j].e);
	form_add_term(s, f, -t.c, t.e);
	form_of(s, num_arg(s, factor[at], 0), &x);
	form_mul(s, &x, &y, &whole);
	form_add_const(s, f, whole.k);
	for (int j = 0; j < whole.n; j++)
		form_add_term(s, f, whole.t[j].c, whole.t[j].e);
	return true;
}

struct num form_num(struct nums *s, const struct form *f)
{
	struct form g = *f;

	for (int i = 0; g.n > 1 && i < g.n; i++)
		if (form_join_mod(s, &g, i))
			i = -1;
	return sum_of(s, &g);
}

struct num num_monomial(struct nums *s, int64_t c, const int *factor, int n)
{
	struct form f = { 0 };

	if (!n || !c)
		return num_const(n ? 0 : c);
	form_add_term(s, &f, c, product_of(s, factor, n));
	return sum_of(s, &f);
}

struct num num_add(struct nums *s, struct num a, struct num b)
{
	struct form f;

	if (!a.expr && !b.expr)
		return num_const(num_sat_add(s, a.n, b.n));
	if (num_is(a, 0) || num_is(b, 0))
		return a.expr ? a : b;
	form_of(s, a, &f);
	form_add(s, &f, 1, b);
	return form_num(s, &f);
}

struct num num_sub(struct nums *s, struct num a, struct num b)
{
	struct form f;

	if (!b.expr && b.n != INT64_MIN)
		return num_add(s, a, num_const(-b.n));
	form_of(s, a, &f);
	form_add(s, &f, -1, b);
	return form_num(s, &f);
}

struct num num_mul(struct nums *s, struct num a, struct num b)
{
	struct form x, y, f;

	if (!a.expr && !b.expr)
		return num_const(num_sat_mul(s, a.n, b.n));
	if (num_is(a, 1) || num_is(b, 0))
		return b;
	if (num_is(b, 1) || num_is(a, 0))
		return a;
	form_of(s, a, &x);
	form_of(s, b, &y);
	if (x.n && y.n && (x.n + 1) * (y.n + 1) > MAX_NUM_TERMS) {
		/* Too many terms when multiplied out: keep the two sums as factors. */
		int factor[2] = { a.expr < b.expr ? a.expr : b.expr, a.expr < b.expr ? b.expr : a.expr };
		return num_monomial(s, 1, factor, 2);
	}
	form_mul(s, &x, &y, &f);
	return form_num(s, &f);
}
