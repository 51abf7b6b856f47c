/* Symbolic integers as C text. Every printed part is an operand that needs no further parentheses where it stands. */
#include <inttypes.h>

#include "num/num_form.h"
#include "support/diag.h"
#include "support/strbuf.h"

/* Where text goes, and what is called in it. */
struct printer {
	struct strbuf *out;
	struct num_helpers *helpers;
};

/* What the text may stand beside without parentheses. */
enum level { LEVEL_SUM, LEVEL_PRODUCT, LEVEL_PRIMARY };

static void print(const struct nums *s, struct num a, enum level level, const struct printer *p);

static void print_const(int64_t v, const struct printer *p)
{
	if (v == INT64_MIN)
		strbuf_puts(p->out, "(-9223372036854775807 - 1)");
	else
		strbuf_printf(p->out, "%" PRId64, v);
}

static void print_term(const struct nums *s, struct num_term t, const struct printer *p)
{
	if (t.c == 1) {
		print(s, (struct num){ .expr = t.e }, LEVEL_PRODUCT, p);
		return;
	}
	print_const(t.c, p);
	strbuf_puts(p->out, " * ");
	print(s, (struct num){ .expr = t.e }, LEVEL_PRODUCT, p);
}

/* `sign` * (the terms of that sign), and the constant when it has it: both sides of a comparison, or a whole sum in two
 * calls. Returns how many parts were printed after the first `n`. */
static int print_side(const struct nums *s, const struct form *f, bool negative, bool negate, int n,
		      const struct printer *p)
{
	for (int i = 0; i < f->n; i++) {
		struct num_term t = f->t[i];
		if ((t.c < 0) != negative || t.c == INT64_MIN)
			continue;
		if (negate)
			t.c = -t.c;
		if (n++)
			strbuf_puts(p->out, negative && !negate ? " - " : " + ");
		if (n > 1 && negative && !negate)
			t.c = -t.c;
		print_term(s, t, p);
	}
	if (f->k && (f->k < 0) == negative && f->k != INT64_MIN) {
		if (n++)
			strbuf_puts(p->out, negative && !negate ? " - " : " + ");
		print_const(negate || (n > 1 && negative) ? -f->k : f->k, p);
	}
	return n;
}

/* INT64_MIN as coefficient or constant: has no negation, printed last. */
static void print_extreme(const struct nums *s, const struct form *f, int n, const struct printer *p)
{
	for (int i = 0; i < f->n; i++) {
		if (f->t[i].c != INT64_MIN)
			continue;
		if (n++)
			strbuf_puts(p->out, " + ");
		print_term(s, f->t[i], p);
	}
	if (f->k == INT64_MIN) {
		if (n++)
			strbuf_puts(p->out, " + ");
		print_const(f->k, p);
	}
}

static void print_sum(const struct nums *s, struct num a, const struct printer *p)
{
	struct form f;
	int n;

	form_of(s, a, &f);
	n = print_side(s, &f, false, false, 0, p);
	n = print_side(s, &f, true, false, n, p);
	print_extreme(s, &f, n, p);
}

static void print_product(const struct nums *s, const struct num_expr *x, const struct printer *p)
{
	for (int i = 0; i < x->n; i++) {
		if (i)
			strbuf_puts(p->out, " * ");
		print(s, (struct num){ .expr = x->factor[i] }, LEVEL_PRIMARY, p);
	}
}

/* 0 < x and 0 == x, with what is negative in x moved to the other side. */
static void print_comparison(const struct nums *s, const struct num_expr *x, const struct printer *p)
{
	struct form f;

	form_of(s, x->arg[1], &f);
	if (!print_side(s, &f, true, true, 0, p))
		strbuf_puts(p->out, "0");
	strbuf_puts(p->out, x->op == NUM_LT ? " < " : " == ");
	if (!print_side(s, &f, false, false, 0, p))
		strbuf_puts(p->out, "0");
}

static void print_call(const struct nums *s, const char *name, const struct num_expr *x, const struct printer *p)
{
	strbuf_printf(p->out, "%s(", name);
	print(s, x->arg[0], LEVEL_SUM, p);
	strbuf_puts(p->out, ", ");
	print(s, x->arg[1], LEVEL_SUM, p);
	strbuf_puts(p->out, ")");
}

/* a < b ? a : b and the like: the operands are printed twice. */
static void print_extremum(const struct nums *s, const struct num_expr *x, const struct printer *p)
{
	print(s, x->arg[0], LEVEL_SUM, p);
	strbuf_puts(p->out, x->op == NUM_MIN ? " < " : " > ");
	print(s, x->arg[1], LEVEL_SUM, p);
	strbuf_puts(p->out, " ? ");
	print(s, x->arg[0], LEVEL_SUM, p);
	strbuf_puts(p->out, " : ");
	print(s, x->arg[1], LEVEL_SUM, p);
}

static void print_division(const struct nums *s, const struct num_expr *x, const struct printer *p)
{
	if (num_lo(s, x->arg[0]) < 0 || num_lo(s, x->arg[1]) < 0) {
		print_call(s, x->op == NUM_DIV ? "nnrt_floordiv" : "nnrt_floormod", x, p);
		*(x->op == NUM_DIV ? &p->helpers->floordiv : &p->helpers->floormod) = true;
		return;
	}
	print(s, x->arg[0], LEVEL_PRODUCT, p);
	strbuf_puts(p->out, x->op == NUM_DIV ? " / " : " % ");
	print(s, x->arg[1], LEVEL_PRIMARY, p);
}

static void print_expr(const struct nums *s, const struct num_expr *x, struct num a, const struct printer *p)
{
	switch (x->op) {
	case NUM_SUM:
		print_sum(s, a, p);
		break;
	case NUM_PRODUCT:
		print_product(s, x, p);
		break;
	case NUM_DIV:
	case NUM_MOD:
		print_division(s, x, p);
		break;
	case NUM_MIN:
	case NUM_MAX:
		print_extremum(s, x, p);
		break;
	case NUM_LT:
	case NUM_EQ:
		print_comparison(s, x, p);
		break;
	case NUM_SELECT:
		print(s, x->arg[0], LEVEL_PRIMARY, p);
		strbuf_puts(p->out, " ? ");
		print(s, x->arg[1], LEVEL_SUM, p);
		strbuf_puts(p->out, " : ");
		print(s, x->arg[2], LEVEL_SUM, p);
		break;
	default:
		die("number %d of kind %d", a.expr, x->op);
	}
}

/* What a number binds like when printed bare. */
static enum level level_of(const struct nums *s, const struct num_expr *x)
{
	switch (x->op) {
	case NUM_VAR:
		return LEVEL_PRIMARY;
	case NUM_PRODUCT:
		return LEVEL_PRODUCT;
	case NUM_DIV:
	case NUM_MOD:
		return num_lo(s, x->arg[0]) < 0 || num_lo(s, x->arg[1]) < 0 ? LEVEL_PRIMARY : LEVEL_SUM;
	default:
		return LEVEL_SUM;
	}
}

static void print(const struct nums *s, struct num a, enum level level, const struct printer *p)
{
	const struct num_expr *x = &s->expr[a.expr];
	bool bare;

	if (!a.expr) {
		print_const(a.n, p);
		return;
	}
	if (x->op == NUM_VAR) {
		strbuf_puts(p->out, x->name);
		return;
	}
	/* Sums print bare in a comparison's and a call's operands; anything that is not + or * gets its parentheses. */
	bare = (x->op == NUM_SUM || x->op == NUM_PRODUCT || level_of(s, x) == LEVEL_PRIMARY) && level_of(s, x) >= level;
	if (!bare)
		strbuf_puts(p->out, "(");
	print_expr(s, x, a, p);
	if (!bare)
		strbuf_puts(p->out, ")");
}

void num_print_using(const struct nums *s, struct num a, struct strbuf *out, struct num_helpers *helpers)
{
	const struct printer p = { out, helpers };
	const struct num_expr *x = &s->expr[a.expr];

	/* Bare where it binds like a sum: comparisons and choices would take what stands beside them. */
	if (a.expr && (x->op == NUM_DIV || x->op == NUM_MOD))
		print_expr(s, x, a, &p);
	else
		print(s, a, LEVEL_SUM, &p);
}

void num_print(const struct nums *s, struct num a, struct strbuf *out)
{
	struct num_helpers helpers;

	num_print_using(s, a, out, &helpers);
}
