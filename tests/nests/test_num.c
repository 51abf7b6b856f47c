/* Symbolic integers against plain arithmetic: random expressions are built twice, as numbers and as a value for each of
 * many assignments of the variables. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "num/num.h"
#include "support/arena.h"
#include "support/strbuf.h"

enum { N_VARS = 6, N_ASSIGNMENTS = 40, N_POOL = 24 };

static struct arena a;
static struct nums s;
static struct num var[N_VARS];
static int64_t value[N_ASSIGNMENTS][N_VARS];

static uint32_t state = 1;

static int pick(int n)
{
	state = state * 1664525 + 1013904223;
	return (int)((state >> 8) % (uint32_t)n);
}

static void setup(void)
{
	arena_init(&a, NULL);
	nums_init(&s, &a);
}

static void teardown(void)
{
	arena_free(&a);
}

static const char *text(struct num x)
{
	struct strbuf b;

	strbuf_init(&b, &a);
	num_print(&s, x, &b);
	return strbuf_text(&b);
}

static int64_t fdiv(int64_t x, int64_t y)
{
	int64_t q = y ? x / y : 0;

	return y && x % y && (x < 0) != (y < 0) ? q - 1 : q;
}

/* A number with its value under every assignment. */
struct sample {
	struct num x;
	int64_t v[N_ASSIGNMENTS];
};

enum { ADD, SUB, MUL, DIV, MOD, CEILDIV, MIN, MAX, LT, EQ, SELECT, N_OPS };

static int64_t plain(int op, int64_t x, int64_t y, int64_t z)
{
	switch (op) {
	case ADD: return x + y;
	case SUB: return x - y;
	case MUL: return x * y;
	case DIV: return fdiv(x, y);
	case MOD: return y ? x - fdiv(x, y) * y : 0;
	case CEILDIV: return -fdiv(-x, y);
	case MIN: return x < y ? x : y;
	case MAX: return x > y ? x : y;
	case LT: return x < y;
	case EQ: return x == y;
	default: return x ? y : z;
	}
}

static struct num symbolic(int op, struct num x, struct num y, struct num z)
{
	switch (op) {
	case ADD: return num_add(&s, x, y);
	case SUB: return num_sub(&s, x, y);
	case MUL: return num_mul(&s, x, y);
	case DIV: return num_div(&s, x, y);
	case MOD: return num_mod(&s, x, y);
	case CEILDIV: return num_ceildiv(&s, x, y);
	case MIN: return num_min(&s, x, y);
	case MAX: return num_max(&s, x, y);
	case LT: return num_lt(&s, x, y);
	case EQ: return num_eq(&s, x, y);
	default: return num_select(&s, x, y, z);
	}
}

static bool has_zero(const struct sample *p)
{
	for (int i = 0; i < N_ASSIGNMENTS; i++)
		if (!p->v[i])
			return true;
	return false;
}

static void check_sample(const struct sample *p)
{
	for (int i = 0; i < N_ASSIGNMENTS; i++) {
		int64_t got = num_eval(&s, p->x, var, value[i], N_VARS);
		cr_assert_eq(got, p->v[i], "%s: %lld, not %lld", text(p->x), (long long)got, (long long)p->v[i]);
		cr_assert(num_lo(&s, p->x) <= got && got <= num_hi(&s, p->x), "%s: %lld outside %lld..%lld", text(p->x),
			  (long long)got, (long long)num_lo(&s, p->x), (long long)num_hi(&s, p->x));
	}
}

/* n, m: sizes; i0 < n, i1 < 5, i2 < m axes; k: any sign. */
static void make_vars(void)
{
	var[0] = num_var(&s, "n", 1, 9);
	var[1] = num_var(&s, "m", 2, 7);
	var[2] = num_axis(&s, 0, var[0]);
	var[3] = num_axis(&s, 1, num_const(5));
	var[4] = num_axis(&s, 2, var[1]);
	var[5] = num_var(&s, "k", -6, 11);
	for (int i = 0; i < N_ASSIGNMENTS; i++) {
		value[i][0] = 1 + pick(9);
		value[i][1] = 2 + pick(6);
		value[i][2] = pick((int)value[i][0]);
		value[i][3] = pick(5);
		value[i][4] = pick((int)value[i][1]);
		value[i][5] = pick(18) - 6;
	}
}

static void make_leaf(struct sample *p)
{
	int k = pick(N_VARS + 3);
	int64_t c = pick(4) ? pick(7) : pick(40) - 20;

	p->x = k < N_VARS ? var[k] : num_const(c);
	for (int i = 0; i < N_ASSIGNMENTS; i++)
		p->v[i] = k < N_VARS ? value[i][k] : c;
}

/* Combines two or three samples; false when the operation would not be allowed or grows too large. */
static bool combine(struct sample *out, const struct sample *x, const struct sample *y, const struct sample *z)
{
	int op = pick(N_OPS);

	if ((op == DIV || op == MOD || op == CEILDIV) && has_zero(y))
		return false;
	for (int i = 0; i < N_ASSIGNMENTS; i++)
		out->v[i] = plain(op, x->v[i], y->v[i], z->v[i]);
	out->x = symbolic(op, x->x, y->x, z->x);
	return !s.overflow && num_hi(&s, out->x) < 1 << 20 && num_lo(&s, out->x) > -(1 << 20);
}

Test(num, random_expressions_keep_their_value, .init = setup, .fini = teardown)
{
	static struct sample pool[N_POOL];
	int kept = 0;

	make_vars();
	for (int round = 0; round < 300; round++) {
		for (int i = 0; i < N_POOL; i++)
			make_leaf(&pool[i]);
		for (int step = 0; step < 60; step++) {
			struct sample p;
			s.overflow = false;
			if (!combine(&p, &pool[pick(N_POOL)], &pool[pick(N_POOL)], &pool[pick(N_POOL)]))
				continue;
			check_sample(&p);
			pool[pick(N_POOL)] = p;
			kept++;
		}
	}
	cr_assert_gt(kept, 5000);
}

Test(num, substitution_is_evaluation_at_the_replacement, .init = setup, .fini = teardown)
{
	static struct sample pool[N_POOL];

	make_vars();
	for (int round = 0; round < 200; round++) {
		const struct num from[2] = { var[5], var[2] };
		struct num to[2] = { num_sub(&s, var[3], num_const(3)), num_mul(&s, var[4], num_const(2)) };
		struct num b;
		for (int i = 0; i < N_POOL; i++)
			make_leaf(&pool[i]);
		for (int step = 0; step < 30; step++) {
			struct sample p;
			s.overflow = false;
			if (combine(&p, &pool[pick(N_POOL)], &pool[pick(N_POOL)], &pool[pick(N_POOL)]))
				pool[pick(N_POOL)] = p;
		}
		/* k := i1 - 3 keeps to k's range; an axis is free to go where its new value stays below n. */
		s.overflow = false;
		b = num_subst(&s, pool[0].x, from, to, 1);
		cr_assert_not(num_uses(&s, b, var[5]));
		for (int i = 0; i < N_ASSIGNMENTS; i++) {
			int64_t v[N_VARS];
			for (int j = 0; j < N_VARS; j++)
				v[j] = value[i][j];
			v[5] = v[3] - 3;
			cr_assert_eq(num_eval(&s, pool[0].x, var, v, N_VARS), num_eval(&s, b, var, v, N_VARS),
				     "%s -> %s", text(pool[0].x), text(b));
		}
	}
}

Test(num, linear_form_adds_up, .init = setup, .fini = teardown)
{
	static struct sample pool[N_POOL];
	int linear = 0;

	make_vars();
	for (int round = 0; round < 300; round++) {
		struct num c[2], rest, sum;
		for (int i = 0; i < N_POOL; i++)
			make_leaf(&pool[i]);
		for (int step = 0; step < 10; step++) {
			struct sample p;
			s.overflow = false;
			if (combine(&p, &pool[pick(4)], &pool[pick(4)], &pool[pick(4)]))
				pool[pick(4)] = p;
		}
		s.overflow = false;
		if (!num_linear(&s, pool[0].x, var + 2, 2, c, &rest))
			continue;
		for (int i = 0; i < 2; i++)
			for (int j = 0; j < 2; j++)
				cr_assert_not(num_uses(&s, i ? c[j] : rest, var[2 + j]));
		sum = num_add(&s, rest, num_add(&s, num_mul(&s, c[0], var[2]), num_mul(&s, c[1], var[3])));
		cr_assert(num_same(sum, pool[0].x), "%s is not %s", text(sum), text(pool[0].x));
		linear++;
	}
	cr_assert_gt(linear, 50);
}

#define ASSERT_TEXT(x, expected) cr_assert_str_eq(text(x), expected, "%s", text(x))

Test(num, row_major_numbers_come_apart, .init = setup, .fini = teardown)
{
	struct num i0 = num_axis(&s, 0, num_const(7)), i1 = num_axis(&s, 1, num_const(5)),
		   i2 = num_axis(&s, 2, num_const(3));
	struct num flat = num_add(&s, num_add(&s, num_mul(&s, i0, num_const(15)), num_mul(&s, i1, num_const(3))), i2);

	cr_assert(num_same(num_div(&s, flat, num_const(15)), i0));
	cr_assert(num_same(num_mod(&s, num_div(&s, flat, num_const(3)), num_const(5)), i1));
	cr_assert(num_same(num_mod(&s, flat, num_const(3)), i2));
}

Test(num, row_major_numbers_of_run_time_shapes_come_apart, .init = setup, .fini = teardown)
{
	struct num n = num_var(&s, "n", 1, 100), m = num_var(&s, "m", 0, 50);
	struct num i0 = num_axis(&s, 0, n), i1 = num_axis(&s, 1, m), i2 = num_axis(&s, 2, num_const(64));
	struct num m64 = num_mul(&s, m, num_const(64));
	struct num flat = num_add(&s, num_add(&s, num_mul(&s, i0, m64), num_mul(&s, i1, num_const(64))), i2);

	cr_assert(num_same(num_div(&s, flat, m64), i0));
	cr_assert(num_same(num_mod(&s, num_div(&s, flat, num_const(64)), m), i1));
	cr_assert(num_same(num_div(&s, num_mul(&s, n, m), m), n));
	cr_assert(num_is(num_lt(&s, i0, n), 1));
	cr_assert(num_is(num_lt(&s, i1, num_const(0)), 0));
	cr_assert(num_same(num_mul(&s, num_add(&s, n, num_const(1)), m), num_add(&s, num_mul(&s, m, n), m)));
	cr_assert(num_same(num_div(&s, num_add(&s, num_mul(&s, n, n), n), num_add(&s, n, num_const(1))), n));
}

Test(num, divisions_meet, .init = setup, .fini = teardown)
{
	struct num n = num_var(&s, "n", 0, 1000), half, quarter, joined;

	half = num_ceildiv(&s, n, num_const(2));
	quarter = num_ceildiv(&s, half, num_const(2));
	ASSERT_TEXT(quarter, "(n + 3) / 4");
	joined = num_add(&s, num_mul(&s, num_div(&s, n, num_const(6)), num_const(6)), num_mod(&s, n, num_const(6)));
	cr_assert(num_same(joined, n));
	ASSERT_TEXT(num_div(&s, num_sub(&s, n, num_const(3)), num_const(2)), "((n + 1) / 2) - 2");
	ASSERT_TEXT(num_mod(&s, num_sub(&s, num_const(0), n), num_const(3)), "nnrt_floormod(-1 * n, 3)");
}

Test(num, stride_two_rows_stay_inside_their_image, .init = setup, .fini = teardown)
{
	struct num h = num_var(&s, "h", 1, 1000), out = num_ceildiv(&s, h, num_const(2)), i = num_axis(&s, 0, out);

	cr_assert(num_is(num_lt(&s, num_mul(&s, i, num_const(2)), h), 1));
	cr_assert_not(num_is_const(num_lt(&s, num_add(&s, num_mul(&s, i, num_const(2)), num_const(1)), h)));
}

Test(num, overflow_is_noted, .init = setup, .fini = teardown)
{
	struct num n = num_var(&s, "n", 0, INT64_MAX / 2);

	num_add(&s, n, n);
	cr_assert_not(s.overflow);
	num_mul(&s, n, n);
	cr_assert(s.overflow);
	s.overflow = false;
	num_mul(&s, num_const(INT64_MAX), num_const(2));
	cr_assert(s.overflow);
}

Test(num, growth_is_bounded, .init = setup, .fini = teardown)
{
	struct num x = num_var(&s, "x0", 0, 1000);

	for (int i = 1; i < 3000 && !s.overflow; i++) {
		char name[16];
		struct num y;

		snprintf(name, sizeof name, "x%d", i);
		y = num_var(&s, name, 0, 1000);
		x = num_min(&s, num_add(&s, x, y), num_div(&s, num_mul(&s, x, num_const(3)), num_const(2)));
		x = num_add(&s, num_mod(&s, x, num_const(977)), num_div(&s, y, num_const(3)));
	}
	cr_assert(s.overflow);
}

Test(num, text_is_c, .init = setup, .fini = teardown)
{
	struct num n = num_var(&s, "n", 0, 100), m = num_var(&s, "m", 0, 100);

	ASSERT_TEXT(num_sub(&s, num_mul(&s, n, m), num_const(3)), "n * m - 3");
	ASSERT_TEXT(num_sub(&s, num_const(3), n), "3 - n");
	ASSERT_TEXT(num_mul(&s, num_div(&s, n, num_const(2)), m), "m * (n / 2)");
	ASSERT_TEXT(num_min(&s, n, m), "(n < m ? n : m)");      /* as it may stand in a loop's condition */
	ASSERT_TEXT(num_add(&s, num_min(&s, n, m), num_const(1)), "(n < m ? n : m) + 1");
	ASSERT_TEXT(num_lt(&s, n, m), "(n < m)");
	ASSERT_TEXT(num_const(INT64_MIN), "(-9223372036854775807 - 1)");
	ASSERT_TEXT(num_axis(&s, 3, m), "i3");
}
