/* Symbolic integers: storage and variables. Sums and products are in num_sum.c, division in num_div.c, comparison in
 * num_compare.c, what reads an expression in num_use.c.
 *
 * An expression is stored once: its structure, as a row of words, is the key of a map. Sums hold no sums, products
 * hold no products; a sum's operands are therefore atoms or products of atoms, which makes equal polynomials equal
 * indexes. Sizes are bounded (limits.h): what grows beyond is an overflow, as a dimension beyond int64 is. */
#include "num/num.h"

#include <string.h>

#include "num/num_form.h"
#include "support/diag.h"

int64_t num_gcd(int64_t a, int64_t b)
{
	uint64_t x = a < 0 ? -(uint64_t)a : (uint64_t)a, y = b < 0 ? -(uint64_t)b : (uint64_t)b;

	while (y) {
		uint64_t r = x % y;
		x = y;
		y = r;
	}
	return x > INT64_MAX ? 1 : (int64_t)x;
}

int64_t floor_div(int64_t a, int64_t b)
{
	int64_t q;

	if (b == 0)
		return 0;
	if (b == -1)
		return (int64_t)-(uint64_t)a;
	q = a / b;
	return q - (a % b != 0 && (a < 0) != (b < 0));
}

int64_t floor_mod(int64_t a, int64_t b)
{
	int64_t r;

	if (b == 0 || b == -1)
		return 0;
	r = a % b;
	return r && (r < 0) != (b < 0) ? r + b : r;
}

int64_t num_lo(const struct nums *s, struct num a)
{
	return a.expr ? s->expr[a.expr].lo : a.n;
}

int64_t num_hi(const struct nums *s, struct num a)
{
	(void)s;
	return a.n;
}

int64_t num_sat_add(struct nums *s, int64_t a, int64_t b)
{
	int64_t sum;

	if (!__builtin_add_overflow(a, b, &sum))
		return sum;
	s->overflow = true;
	return a < 0 ? INT64_MIN : INT64_MAX;
}

int64_t num_sat_mul(struct nums *s, int64_t a, int64_t b)
{
	int64_t product;

	if (!__builtin_mul_overflow(a, b, &product))
		return product;
	s->overflow = true;
	return (a < 0) != (b < 0) ? INT64_MIN : INT64_MAX;
}

void nums_init(struct nums *s, struct arena *a)
{
	*s = (struct nums){ .arena = a };
	map_init(&s->known, a);
	s->expr = ARENA_PUSH(a, s->expr, 0, struct num_expr);
	s->n_exprs = 1;         /* index 0 means constant */
}

void nums_copy(struct nums *s, const struct nums *from, struct arena *a)
{
	*s = (struct nums){ .arena = a, .overflow = from->overflow };
	map_copy(&s->known, &from->known, a);
	for (; s->n_exprs < from->n_exprs; s->n_exprs++) {
		s->expr = ARENA_PUSH(a, s->expr, s->n_exprs, struct num_expr);
		s->expr[s->n_exprs] = from->expr[s->n_exprs];
	}
	for (; s->n_found < from->n_found; s->n_found++) {
		s->found = ARENA_PUSH(a, s->found, s->n_found, struct num);
		s->found[s->n_found] = from->found[s->n_found];
	}
}

struct num num_of(const struct nums *s, int e)
{
	return (struct num){ .n = s->expr[e].hi, .expr = e };
}

struct num num_store(struct nums *s, struct num_expr x, const int64_t *key, int words)
{
	if (x.lo == x.hi && !s->overflow)
		return num_const(x.lo);
	if (x.weight > MAX_NUM_WEIGHT || s->n_exprs == INT32_MAX) {
		s->overflow = true;
		return num_const(x.hi);
	}
	s->expr = ARENA_PUSH(s->arena, s->expr, s->n_exprs, struct num_expr);
	s->expr[s->n_exprs] = x;
	map_set(&s->known, key, (size_t)words * sizeof *key, s->n_exprs);
	return num_of(s, s->n_exprs++);
}

void num_contains(const struct nums *s, struct num_expr *x, int e)
{
	const struct num_expr *of = &s->expr[e];

	x->weight += of->weight;
	x->vars |= of->vars;
	x->symbolic_axis |= of->symbolic_axis;
}

/* --- variables ---------------------------------------------------------------------------------------------------- */

static struct num var_new(struct nums *s, const void *key, size_t key_bytes, struct num_expr x)
{
	x.op = NUM_VAR;
	x.weight = 1;
	x.vars = (uint64_t)1 << (s->n_exprs & 63);
	s->expr = ARENA_PUSH(s->arena, s->expr, s->n_exprs, struct num_expr);
	s->expr[s->n_exprs] = x;
	map_set(&s->known, key, key_bytes, s->n_exprs);
	return num_of(s, s->n_exprs++);
}

struct num num_var(struct nums *s, const char *name, int64_t lo, int64_t hi)
{
	const char *key = arena_printf(s->arena, "$%s", name);
	int e = (int)map_get_name(&s->known, key, 0);

	if (lo == hi)
		return num_const(lo);
	if (!e)
		return var_new(s, key, strlen(key), (struct num_expr){ .k = -1, .lo = lo, .hi = hi, .name = key + 1 });
	if (s->expr[e].lo != lo || s->expr[e].hi != hi)
		die("variable %s with two ranges", name);
	return num_of(s, e);
}

struct num num_var_of(struct nums *s, const char *name, int64_t lo, int64_t hi, int tensor)
{
	const int known = s->n_exprs;
	const struct num var = num_var(s, name, lo, hi);

	if (var.expr >= known) {
		s->expr[var.expr].tensor = tensor + 1;
		s->found = ARENA_PUSH(s->arena, s->found, s->n_found, struct num);
		s->found[s->n_found++] = var;
	}
	return var;
}

int num_var_tensor(const struct nums *s, struct num var)
{
	return s->expr[var.expr].tensor - 1;
}

void num_rename(struct nums *s, struct num var, const char *name)
{
	s->expr[var.expr].name = name;
}

struct num num_axis(struct nums *s, int k, struct num extent)
{
	const int64_t key[] = { NUM_VAR, k, extent.expr, extent.expr ? 0 : extent.n };
	int e;

	if (extent.n <= 1)      /* the greatest possible extent */
		return num_const(0);
	e = (int)map_get(&s->known, key, sizeof key, 0);
	if (e)
		return num_of(s, e);
	return var_new(s, key, sizeof key, (struct num_expr){ .k = k, .hi = extent.n - 1, .arg = { extent },
		.symbolic_axis = extent.expr != 0, .name = arena_printf(s->arena, "i%d", k) });
}

/* --- atoms -------------------------------------------------------------------------------------------------------- */

struct num num_atom(struct nums *s, enum num_op op, const struct num *arg, int n, int64_t lo, int64_t hi)
{
	struct num_expr x = { .op = op, .lo = lo, .hi = hi, .weight = 1 };
	int64_t key[7] = { op };
	int e;

	for (int i = 0; i < n; i++) {
		x.arg[i] = arg[i];
		key[1 + 2 * i] = arg[i].expr;
		key[2 + 2 * i] = arg[i].expr ? 0 : arg[i].n;
		if (arg[i].expr)
			num_contains(s, &x, arg[i].expr);
	}
	e = (int)map_get(&s->known, key, (size_t)(1 + 2 * n) * sizeof *key, 0);
	return e ? num_of(s, e) : num_store(s, x, key, 1 + 2 * n);
}

struct num num_arg(const struct nums *s, int e, int i)
{
	return s->expr[e].arg[i];
}

int num_factors(const struct nums *s, const int *e, const int **factor)
{
	*factor = e;
	if (s->expr[*e].op != NUM_PRODUCT)
		return 1;
	*factor = s->expr[*e].factor;
	return s->expr[*e].n;
}
