/* Reading symbolic integers: substitution, linear form, variables, values. Recursion is bounded by MAX_NUM_WEIGHT. */
#include "num/num_form.h"

#include "support/diag.h"
#include "support/strbuf.h"

static int find_var(const struct num *var, int n, int e)
{
	for (int i = 0; i < n; i++)
		if (var[i].expr == e)
			return i;
	return -1;
}

/* Bits of the variables of a list, as in num_expr.vars. */
static uint64_t vars_of(const struct nums *s, const struct num *var, int n)
{
	uint64_t vars = 0;

	for (int i = 0; i < n; i++)
		vars |= s->expr[var[i].expr].vars;
	return vars;
}

/* --- substitution ------------------------------------------------------------------------------------------------- */

struct subst {
	struct nums *s;
	const struct num *from, *to;
	int n;
	uint64_t vars;
};

static struct num subst(const struct subst *u, int e);

static struct num subst_num(const struct subst *u, struct num a)
{
	return a.expr ? subst(u, a.expr) : a;
}

static struct num subst_sum(const struct subst *u, const struct num_expr *x)
{
	struct num sum = num_const(x->k);

	for (int i = 0; i < x->n; i++)
		sum = num_add(u->s, sum, num_mul(u->s, num_const(x->term[i].c), subst(u, x->term[i].e)));
	return sum;
}

static struct num subst_product(const struct subst *u, const struct num_expr *x)
{
	struct num product = num_const(1);

	for (int i = 0; i < x->n; i++)
		product = num_mul(u->s, product, subst(u, x->factor[i]));
	return product;
}

static struct num subst(const struct subst *u, int e)
{
	const struct num_expr x = u->s->expr[e];
	struct num a, b;
	int i;

	if (!(x.vars & u->vars))
		return (struct num){ .n = x.hi, .expr = e };
	if (x.op == NUM_VAR) {
		i = find_var(u->from, u->n, e);
		return i < 0 ? (struct num){ .n = x.hi, .expr = e } : u->to[i];
	}
	if (x.op == NUM_SUM)
		return subst_sum(u, &x);
	if (x.op == NUM_PRODUCT)
		return subst_product(u, &x);
	a = subst_num(u, x.arg[0]);
	b = subst_num(u, x.arg[1]);
	switch (x.op) {
	case NUM_DIV: return num_div(u->s, a, b);
	case NUM_MOD: return num_mod(u->s, a, b);
	case NUM_MIN: return num_min(u->s, a, b);
	case NUM_MAX: return num_max(u->s, a, b);
	case NUM_LT: return num_lt(u->s, a, b);
	case NUM_EQ: return num_eq(u->s, a, b);
	case NUM_SELECT: return num_select(u->s, a, b, subst_num(u, x.arg[2]));
	default: die("number %d of kind %d", e, x.op);
	}
}

struct num num_subst(struct nums *s, struct num a, const struct num *from, const struct num *to, int n)
{
	const struct subst u = { .s = s, .from = from, .to = to, .n = n, .vars = vars_of(s, from, n) };

	return subst_num(&u, a);
}

/* --- linear form -------------------------------------------------------------------------------------------------- */

static bool uses(const struct nums *s, int e, const struct num *var, int n, uint64_t vars)
{
	const struct num_expr *x = &s->expr[e];

	if (!(x->vars & vars))
		return false;
	if (x->op == NUM_VAR)
		return find_var(var, n, e) >= 0;
	for (int i = 0; i < x->n; i++)
		if (uses(s, x->op == NUM_SUM ? x->term[i].e : x->factor[i], var, n, vars))
			return true;
	for (int i = 0; i < 3 && !x->n; i++)
		if (x->arg[i].expr && uses(s, x->arg[i].expr, var, n, vars))
			return true;
	return false;
}

bool num_uses(const struct nums *s, struct num a, struct num v)
{
	return a.expr && v.expr && uses(s, a.expr, &v, 1, s->expr[v.expr].vars);
}

/* Which variable a term is linear in: n when in none, -1 when it is not linear; *at is the factor that it is. */
static int term_var(const struct nums *s, const int *factor, int n_factors, const struct num *var, int n, int *at)
{
	uint64_t vars = vars_of(s, var, n);
	int found = n;

	for (int i = 0; i < n_factors; i++) {
		int v = find_var(var, n, factor[i]);
		if (v < 0 && uses(s, factor[i], var, n, vars))
			return -1;
		if (v < 0)
			continue;
		if (found != n)
			return -1;
		found = v;
		*at = i;
	}
	return found;
}

bool num_linear(struct nums *s, struct num a, const struct num *var, int n, struct num *coefficient, struct num *rest)
{
	struct form f;

	for (int i = 0; i < n; i++)
		coefficient[i] = num_const(0);
	*rest = num_const(0);
	form_of(s, a, &f);
	for (int i = 0; i < f.n; i++) {
		const int *factor;
		int n_factors = num_factors(s, &f.t[i].e, &factor), other[MAX_NUM_FACTORS], n_other = 0, at = -1;
		int v = term_var(s, factor, n_factors, var, n, &at);
		struct num *sum = v == n ? rest : coefficient + v;
		if (v < 0)
			return false;
		for (int j = 0; j < n_factors; j++)
			if (j != at)
				other[n_other++] = factor[j];
		*sum = num_add(s, *sum, num_monomial(s, f.t[i].c, other, n_other));
	}
	*rest = num_add(s, *rest, num_const(f.k));
	return true;
}

/* --- variables and values ----------------------------------------------------------------------------------------- */

struct var_walk {
	const struct nums *s;
	int seen[MAX_NUM_WEIGHT], n;
	void (*f)(void *ctx, struct num var, const char *name);
	void *ctx;
};

static void walk_vars(struct var_walk *w, int e)
{
	const struct num_expr *x = &w->s->expr[e];

	if (x->op == NUM_VAR) {
		for (int i = 0; i < w->n; i++)
			if (w->seen[i] == e)
				return;
		if (w->n < MAX_NUM_WEIGHT)
			w->seen[w->n++] = e;
		w->f(w->ctx, (struct num){ .n = x->hi, .expr = e }, x->name);
		return;
	}
	for (int i = 0; i < x->n; i++)
		walk_vars(w, x->op == NUM_SUM ? x->term[i].e : x->factor[i]);
	for (int i = 0; i < (x->op == NUM_MOD ? 2 : 3) && !x->n; i++)
		if (x->arg[i].expr)
			walk_vars(w, x->arg[i].expr);
}

void num_each_var(const struct nums *s, struct num a, void (*f)(void *ctx, struct num var, const char *name), void *ctx)
{
	struct var_walk w = { .s = s, .f = f, .ctx = ctx };

	if (a.expr)
		walk_vars(&w, a.expr);
}

struct valuation {
	const struct nums *s;
	const struct num *var;
	const int64_t *value;
	int n;
	bool least;             /* instead: every variable has the least value that it can have */
};

static int64_t eval(const struct valuation *v, struct num a);

/* Sums and products wrap like the unsigned arithmetic they are done in; no number that was built without overflow
 * does. */
static int64_t eval_terms(const struct valuation *v, const struct num_expr *x)
{
	uint64_t r = x->op == NUM_SUM ? (uint64_t)x->k : 1;

	for (int i = 0; i < x->n; i++) {
		if (x->op == NUM_SUM)
			r += (uint64_t)x->term[i].c * (uint64_t)eval(v, (struct num){ .expr = x->term[i].e });
		else
			r *= (uint64_t)eval(v, (struct num){ .expr = x->factor[i] });
	}
	return (int64_t)r;
}

static int64_t eval(const struct valuation *v, struct num a)
{
	const struct num_expr *x = &v->s->expr[a.expr];
	int64_t p, q;
	int i;

	if (!a.expr)
		return a.n;
	if (x->op == NUM_VAR && v->least)
		return x->lo;
	if (x->op == NUM_VAR) {
		i = find_var(v->var, v->n, a.expr);
		if (i < 0)
			die("no value for variable %s", x->name);
		return v->value[i];
	}
	if (x->op == NUM_SUM || x->op == NUM_PRODUCT)
		return eval_terms(v, x);
	p = eval(v, x->arg[0]);
	q = eval(v, x->arg[1]);
	switch (x->op) {
	case NUM_DIV: return floor_div(p, q);
	case NUM_MOD: return floor_mod(p, q);
	case NUM_MIN: return p < q ? p : q;
	case NUM_MAX: return p > q ? p : q;
	case NUM_LT: return p < q;
	case NUM_EQ: return p == q;
	case NUM_SELECT: return p ? q : eval(v, x->arg[2]);
	default: die("number %d of kind %d", a.expr, x->op);
	}
}

int64_t num_eval(const struct nums *s, struct num a, const struct num *var, const int64_t *value, int n)
{
	const struct valuation v = { .s = s, .var = var, .value = value, .n = n };

	return eval(&v, a);
}

enum { MOST_PRINTED = 8 };

struct least {
	const struct nums *s;
	struct strbuf *text;
	int n;
};

static void print_least(void *ctx, struct num var, const char *name)
{
	struct least *l = ctx;

	if (l->n < MOST_PRINTED)
		strbuf_printf(l->text, "%s%s = %lld", l->n ? ", " : "", name, (long long)num_lo(l->s, var));
	else if (l->n == MOST_PRINTED)
		strbuf_puts(l->text, " ...");
	l->n++;
}

int64_t num_at_least(const struct nums *s, struct num a, struct strbuf *text)
{
	const struct valuation v = { .s = s, .least = true };
	struct least l = { .s = s, .text = text };

	if (text)
		num_each_var(s, a, print_least, &l);
	return eval(&v, a);
}
