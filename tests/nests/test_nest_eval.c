/* Constant folding of loop nests against loops written by hand and expressions evaluated one by one. */
#include "fixture.h"

#include <math.h>

TestSuite(nest_eval, .init = setup, .fini = teardown);

static struct num affine(struct num a, int64_t c, struct num b)
{
	return num_add(&module.nums, a, num_mul(&module.nums, num_const(c), b));
}

Test(nest_eval, padded_transposed_slice)
{
	const int64_t in_dim[2] = { 5, 7 }, out_dim[2] = { 9, 4 };
	float data[35];
	int x, y;
	struct nest *n;

	for (int i = 0; i < 35; i++)
		data[i] = (float)i;
	x = constant(DT_F32, 2, in_dim, data);
	y = variable(DT_F32, 2, out_dim);
	n = nest_new(&module, y);
	{
		/* y[i][j] = x[j + 1][i - 1] inside x, else -1 */
		const struct num at[2] = { affine(num_const(1), 1, n->axis[1]), affine(num_const(-1), 1, n->axis[0]) };
		nest_store(n, nest_select(n, nest_in_range(n, at[1], num_const(0), num_const(7)), nest_load(n, x, at),
					  nest_const_float(n, DT_F32, -1)));
	}
	cr_assert(nest_eval(n));
	for (int i = 0; i < 9; i++)
		for (int j = 0; j < 4; j++)
			cr_assert_eq(float_at(y, i * 4 + j), i >= 1 && i < 8 ? data[(j + 1) * 7 + i - 1] : -1);
}

Test(nest_eval, matrix_product)
{
	enum { M = 33, N = 19, K = 21 };
	const int64_t a_dim[2] = { M, K }, b_dim[2] = { K, N }, y_dim[2] = { M, N };
	static float a[M * K], b[K * N];
	int x, w, y;
	struct nest *n;
	struct num k;

	for (int i = 0; i < M * K; i++)
		a[i] = (float)(pick(200) - 100) / 16;
	for (int i = 0; i < K * N; i++)
		b[i] = (float)(pick(200) - 100) / 16;
	x = constant(DT_F32, 2, a_dim, a);
	w = constant(DT_F32, 2, b_dim, b);
	y = variable(DT_F32, 2, y_dim);
	n = nest_new(&module, y);
	k = nest_reduce_axis(n, num_const(K));
	{
		const struct num at_a[2] = { n->axis[0], k }, at_b[2] = { k, n->axis[1] };
		nest_store(n, nest_reduce(n, REDUCE_SUM,
					  nest_binary(n, E_MUL, nest_load(n, x, at_a), nest_load(n, w, at_b))));
	}
	cr_assert(nest_eval(n));
	for (int i = 0; i < M; i++)
		for (int j = 0; j < N; j++) {
			double sum = 0;
			for (int l = 0; l < K; l++)
				sum += (double)(a[i * K + l] * b[l * N + j]);
			cr_assert_eq(float_at(y, i * N + j), (float)sum);
		}
}

Test(nest_eval, positions_of_extremes)
{
	const int64_t in_dim[2] = { 3, 5 }, out_dim = 3;
	const float v[15] = { 1, 4, 2, 4, 0, 7, 7, 7, 7, 7, -1, -5, -2, -5, -3 };
	const int64_t expected[4][3] = { { 1, 0, 0 }, { 4, 0, 1 }, { 3, 4, 0 }, { 4, 4, 3 } };
	int x = constant(DT_F32, 2, in_dim, v);

	for (int how = 0; how < 4; how++) {
		int y = variable(DT_I64, 1, &out_dim);
		struct nest *n = nest_new(&module, y);
		struct num at[2] = { n->axis[0], nest_reduce_axis(n, num_const(5)) };
		nest_store(n, nest_reduce(n, (enum reduce_op)(REDUCE_ARGMAX + how), nest_load(n, x, at)));
		cr_assert(nest_eval(n));
		for (int i = 0; i < 3; i++)
			cr_assert_eq(const_int(&module, y, i), expected[how][i], "%d: row %d", how, i);
	}
}

Test(nest_eval, nothing_to_reduce_gives_the_identity)
{
	const int64_t in_dim[2] = { 2, 0 }, out_dim = 2;
	int x = constant(DT_F32, 2, in_dim, "");
	const float expected[4] = { 0, 1, -INFINITY, INFINITY };

	for (int how = REDUCE_SUM; how <= REDUCE_MIN; how++) {
		int y = variable(DT_F32, 1, &out_dim);
		struct nest *n = nest_new(&module, y);
		struct num at[2] = { n->axis[0], nest_reduce_axis(n, num_const(0)) };
		nest_store(n, nest_reduce(n, (enum reduce_op)how, nest_load(n, x, at)));
		cr_assert(nest_eval(n));
		cr_assert_eq(float_at(y, 1), expected[how]);
	}
}

Test(nest_eval, gather_by_data)
{
	const int64_t x_dim[2] = { 4, 3 }, i_dim = 5, y_dim[2] = { 5, 3 };
	const int64_t rows[5] = { 3, 0, 2, 2, 1 };
	int16_t v[12];
	int x, i, y;
	struct nest *n;

	for (int k = 0; k < 12; k++)
		v[k] = (int16_t)(100 * k - 600);
	x = constant(DT_I16, 2, x_dim, v);
	i = constant(DT_I64, 1, &i_dim, rows);
	y = variable(DT_I16, 2, y_dim);
	n = nest_new(&module, y);
	{
		const struct index at[2] = { { .affine = num_const(0), .expr = nest_load(n, i, n->axis) },
					     { .affine = n->axis[1], .expr = -1 } };
		nest_store(n, nest_load_at(n, x, at));
	}
	cr_assert(nest_eval(n));
	for (int k = 0; k < 15; k++)
		cr_assert_eq(const_int(&module, y, k), v[rows[k / 3] * 3 + k % 3]);
}

Test(nest_eval, parts_add_up)
{
	const int64_t y_dim = 7, a_dim = 3, b_dim = 4;
	const int32_t a[3] = { 1, 2, 3 }, b[4] = { 4, 5, 6, 7 };
	const int part[2] = { constant(DT_I32, 1, &a_dim, a), constant(DT_I32, 1, &b_dim, b) };
	int y = variable(DT_I32, 1, &y_dim);

	for (int k = 0; k < 2; k++) {
		struct nest *n = nest_over(&module, y, 1, module.tensor[part[k]].dim);
		n->store[0].affine = num_add(&module.nums, n->axis[0], num_const(k ? 3 : 0));
		nest_store(n, nest_load(n, part[k], n->axis));
		cr_assert(nest_eval(n));
	}
	for (int k = 0; k < 7; k++)
		cr_assert_eq(const_int(&module, y, k), k + 1);
}

Test(nest_eval, unknown_loads_are_not_evaluated)
{
	const int64_t dim = 3;
	int x = variable(DT_F32, 1, &dim), y = variable(DT_F32, 1, &dim);
	struct nest *n = nest_new(&module, y);

	nest_store(n, nest_unary(n, E_NEG, nest_load(n, x, n->axis)));
	cr_assert_not(nest_eval(n));
	cr_assert_null(module.tensor[y].data);
}

/* --- random expressions ------------------------------------------------------------------------------------------- */

enum { N_IN = 3, N_ELEMENTS = 600 };

static float in_f[N_IN][N_ELEMENTS];
static int32_t in_i[N_IN][N_ELEMENTS];

/* What expression e is for element i, computed as C does; the type is float32, int32 or bool. */
static double scalar_of(const struct nest *n, const int *in, int e, int i)
{
	const struct expr *x = &n->e[e];
	const bool f = x->a >= 0 ? n->e[x->a].type == DT_F32 : x->type == DT_F32;
	double a, b, r;

	if (x->op == E_CONST)
		return x->type == DT_F32 ? x->k.f : (double)x->k.i;
	if (x->op == E_LOAD)
		for (int k = 0; k < N_IN; k++)
			if (x->tensor == in[k])
				return x->type == DT_F32 ? (double)in_f[k][i] : (double)in_i[k][i];
	if (x->op == E_SELECT)
		return scalar_of(n, in, scalar_of(n, in, x->a, i) != 0 ? x->b : x->c, i);
	a = scalar_of(n, in, x->a, i);
	b = x->b < 0 ? 0 : scalar_of(n, in, x->b, i);
	switch (x->op) {
	case E_ADD: r = a + b; break;
	case E_SUB: r = a - b; break;
	case E_MUL: return f ? (double)(float)(a * b) : (double)(int32_t)((uint32_t)(int32_t)a * (uint32_t)(int32_t)b);
	case E_DIV: r = f ? (double)((float)a / (float)b) : b == 0 ? 0 : trunc(a / b); break;
	case E_MIN: r = isnan(a) || a < b ? a : b; break;
	case E_MAX: r = isnan(a) || a > b ? a : b; break;
	case E_NEG: r = -a; break;
	case E_ABS: r = fabs(a); break;
	case E_LT: return a < b;
	case E_LE: return a <= b;
	case E_EQ: return a == b;
	case E_NOT: return a == 0;
	default: cr_assert_fail("operation %d", x->op); return 0;
	}
	return f ? (double)(float)r : (double)(int32_t)(uint32_t)(int64_t)r;
}

static int random_expr(struct nest *n, const int *in, enum dtype type, int depth)
{
	static const enum eop binary[] = { E_ADD, E_SUB, E_MUL, E_DIV, E_MIN, E_MAX }, compare[] = { E_LT, E_LE, E_EQ };
	int a, b, k = depth ? pick(10) : 8 + pick(2);

	if (k == 9)
		return nest_const_int(n, type, pick(9) - 4);
	if (k == 8)
		return nest_load(n, in[pick(N_IN)], n->axis);
	a = random_expr(n, in, type, depth - 1);
	if (k == 7)
		return nest_unary(n, pick(2) ? E_NEG : E_ABS, a);
	b = random_expr(n, in, type, depth - 1);
	if (k < 6)
		return nest_binary(n, binary[k], a, b);
	return nest_select(n, nest_binary(n, compare[pick(3)], a, b), random_expr(n, in, type, depth - 1), a);
}

static void check_random(enum dtype type)
{
	const int64_t dim = N_ELEMENTS;
	int in[N_IN];

	for (int k = 0; k < N_IN; k++) {
		for (int i = 0; i < N_ELEMENTS; i++) {
			in_f[k][i] = (float)(pick(2000) - 1000) / 64;
			in_i[k][i] = pick(8) ? pick(41) - 20 : (int32_t)((uint32_t)pick(1 << 24) * 977u);
		}
		in[k] = constant(type, 1, &dim, type == DT_F32 ? (const void *)in_f[k] : (const void *)in_i[k]);
	}
	for (int round = 0; round < 300; round++) {
		int y = variable(type, 1, &dim);
		struct nest *n = nest_new(&module, y);
		nest_store(n, random_expr(n, in, type, 4));
		cr_assert(nest_eval(n));
		for (int i = 0; i < N_ELEMENTS; i++) {
			double want = scalar_of(n, in, n->value, i), got = const_double(&module, y, i);
			cr_assert(want == got || (isnan(want) && isnan(got)), "element %d: %g, not %g, of %s", i, got,
				  want, nest_text(n));
		}
	}
}

Test(nest_eval, random_float_expressions)
{
	check_random(DT_F32);
}

Test(nest_eval, random_integer_expressions_wrap)
{
	check_random(DT_I32);
}

/* --- symbolic ----------------------------------------------------------------------------------------------------- */

static int shape_tensor(const struct num *v, int64_t n)
{
	int t = variable(DT_I64, 1, &n);

	module.tensor[t].value = arena_grow(&arena, v, (size_t)n, (size_t)n, sizeof *v);
	return t;
}

Test(nest_eval, shape_arithmetic_stays_symbolic)
{
	const int64_t two = 2;
	struct num h = num_var(&module.nums, "h", 2, 64), w = num_var(&module.nums, "w", 2, 64);
	const struct num hw[2] = { h, w };
	int x = shape_tensor(hw, 2), y = variable(DT_I64, 1, &two), operand, known;
	struct nest *n = nest_new(&module, y);
	const struct num *value;

	operand = nest_load(n, x, n->axis);
	nest_store(n, nest_parse(n, "i64(f32(x) * 2) / 4 + 1", &operand, 1, NULL, 0));
	cr_assert(nest_eval(n));
	value = tensor_value(&module, y, &known);
	cr_assert_eq(known, 2);
	cr_assert(num_same(value[1], num_add(&module.nums, num_div(&module.nums, w, num_const(2)), num_const(1))));
	cr_assert_null(module.tensor[y].data);
}

Test(nest_eval, a_symbolic_product_and_its_quotient)
{
	const int64_t one = 1;
	struct num n_ = num_var(&module.nums, "n", 1, 100);
	const struct num dims[3] = { n_, num_const(3), num_const(32) };
	int x = shape_tensor(dims, 3), y = variable(DT_I64, 1, &one), known;
	struct nest *n = nest_new(&module, y);
	struct num at;
	int product;

	at = nest_reduce_axis(n, num_const(3));
	product = nest_reduce(n, REDUCE_PROD, nest_load(n, x, &at));
	nest_store(n, nest_binary(n, E_DIV, product, nest_index(n, n_)));
	cr_assert(nest_eval(n));
	cr_assert(num_is(*tensor_value(&module, y, &known), 96));
	cr_assert_not_null(module.tensor[y].data);
	cr_assert_eq(const_int(&module, y, 0), 96);
}

Test(nest_eval, what_might_wrap_is_unknown)
{
	const int64_t one = 1;
	struct num v = num_var(&module.nums, "v", 0, 100);
	int x = shape_tensor(&v, 1), y = variable(DT_I8, 1, &one);
	struct nest *n = nest_new(&module, y);
	int e = nest_cast(n, DT_I8, nest_load(n, x, n->axis));

	nest_store(n, nest_binary(n, E_ADD, e, e));
	cr_assert_not(nest_eval(n));
}
