/* Building and parsing loop nests. */
#include "fixture.h"

static const int64_t shape[2] = { 2, 3 };

static int x, y, out;
static struct nest *n;

static void setup_nest(void)
{
	setup();
	x = variable(DT_F32, 2, shape);
	y = variable(DT_F32, 1, shape + 1);
	out = variable(DT_F32, 2, shape);
	n = nest_new(&module, out);
}

TestSuite(nest, .init = setup_nest, .fini = teardown);
TestSuite(nest_parse, .init = setup_nest, .fini = teardown);

#define ASSERT_VALUE(e, text) do { \
	nest_store(n, e); \
	cr_assert_str_eq(nest_text(n), text "  for i0 < 2, i1 < 3\n", "%s", nest_text(n)); \
} while (0)

static int parse(const char *text)
{
	const int operands[2] = { nest_load(n, x, n->axis), nest_load_broadcast(n, y) };
	const struct nest_param alpha = { "alpha", nest_const_float(n, DT_F32, 0.5) };

	return nest_parse(n, text, operands, 2, &alpha, 1);
}

Test(nest_parse, precedence_is_that_of_c)
{
	ASSERT_VALUE(parse("x + y * x - y"), "%2[i0, i1] = sub(add(%0[i0, i1], mul(%1[i1], %0[i0, i1])), %1[i1])");
	ASSERT_VALUE(parse("x / y / x"), "%2[i0, i1] = div(div(%0[i0, i1], %1[i1]), %0[i0, i1])");
	ASSERT_VALUE(parse("-x * (y - 1)"), "%2[i0, i1] = mul(neg(%0[i0, i1]), sub(%1[i1], 1))");
}

Test(nest_parse, choices_nest_to_the_right)
{
	ASSERT_VALUE(parse("x < -alpha ? x + 1 : x > alpha ? x : 0"),
		     "%2[i0, i1] = select(lt(%0[i0, i1], -0.5), add(%0[i0, i1], 1), "
		     "select(lt(0.5, %0[i0, i1]), %0[i0, i1], 0))");
}

Test(nest_parse, functions_and_casts)
{
	ASSERT_VALUE(parse("max(min(x, 1), 0)"), "%2[i0, i1] = max(min(%0[i0, i1], 1), 0)");
	ASSERT_VALUE(parse("f32(i32(x) / 2)"), "%2[i0, i1] = float32(div(int32(%0[i0, i1]), 2))");
	ASSERT_VALUE(parse("select(!(x == y) && x <= 2, x, y)"),
		     "%2[i0, i1] = select(and(not(eq(%0[i0, i1], %1[i1])), le(%0[i0, i1], 2)), %0[i0, i1], %1[i1])");
}

Test(nest_parse, literals_are_reckoned_before_they_are_typed)
{
	ASSERT_VALUE(parse("x * (1 / 3)"), "%2[i0, i1] = mul(%0[i0, i1], 0.333333343)");
	ASSERT_VALUE(parse("2 * 3 - 4"), "%2[i0, i1] = 2");
}

Test(nest, lists_of_nothing_can_be_pointed_into)
{
	const int number = graph_add(&module, "empty", -1);
	const struct graph *g = &module.graph[number];

	n = nest_new(&module, variable(DT_F32, 0, NULL));
	cr_assert_not_null(n->extent);
	cr_assert_not_null(n->axis);
	cr_assert_not_null(n->store);
	cr_assert_not_null(n->at);
	cr_assert_not_null(g->in);
	cr_assert_not_null(g->out);
	cr_assert_not_null(g->node);
}

Test(nest, equal_expressions_are_one)
{
	int a = nest_binary(n, E_ADD, nest_load(n, x, n->axis), nest_load_broadcast(n, y));
	int b = nest_binary(n, E_ADD, nest_load_broadcast(n, x), nest_load_broadcast(n, y));

	cr_assert_eq(a, b);
	cr_assert_eq(n->n_e, 3);
}

Test(nest, constants_fold_in_their_type)
{
	int a = nest_binary(n, E_ADD, nest_const_int(n, DT_I8, 100), nest_const_int(n, DT_I8, 100));

	cr_assert_eq(n->e[a].op, E_CONST);
	cr_assert_eq(n->e[a].k.i, -56);
	a = nest_binary(n, E_DIV, nest_const_int(n, DT_U64, -1), nest_const_int(n, DT_U64, 2));
	cr_assert_eq(n->e[a].k.i, INT64_MAX);
	a = nest_cast(n, DT_I32, nest_const_float(n, DT_F32, -2.75));
	cr_assert_eq(n->e[a].k.i, -2);
	a = nest_saturate(n, DT_U8, nest_const_float(n, DT_F32, 2.5));
	cr_assert_eq(n->e[a].k.i, 2);
	a = nest_saturate(n, DT_I8, nest_const_float(n, DT_F32, -1e9));
	cr_assert_eq(n->e[a].k.i, -128);
}

Test(nest, floats_keep_their_signed_zeros)
{
	int a = nest_load(n, x, n->axis);

	cr_assert_neq(nest_binary(n, E_ADD, a, nest_const_float(n, DT_F32, 0)), a);
	cr_assert_eq(nest_binary(n, E_SUB, a, nest_const_float(n, DT_F32, 0)), a);
	cr_assert_eq(nest_binary(n, E_ADD, a, nest_const_float(n, DT_F32, -0.0)), a);
	cr_assert_eq(nest_binary(n, E_MUL, a, nest_const_float(n, DT_F32, 1)), a);
	cr_assert_neq(nest_binary(n, E_MUL, a, nest_const_float(n, DT_F32, 0)),
		      nest_const_float(n, DT_F32, 0));
}

Test(nest, bounds_that_always_hold_vanish)
{
	int inside = nest_in_range(n, n->axis[1], num_const(0), num_const(3));

	cr_assert_eq(n->e[inside].op, E_CONST);
	cr_assert_eq(n->e[inside].k.i, 1);
	inside = nest_in_range(n, num_add(&module.nums, n->axis[1], num_const(1)), num_const(0), num_const(3));
	cr_assert_eq(n->e[inside].op, E_LT);
}

Test(nest, small_uniform_constants_are_values)
{
	const float same[3] = { 2, 2, 2 }, other[3] = { 1, 2, 2 };
	const int64_t three = 3;
	int a = nest_load_broadcast(n, constant(DT_F32, 1, &three, same));
	int b = nest_load_broadcast(n, constant(DT_F32, 1, &three, other));

	cr_assert_eq(n->e[a].op, E_CONST);
	cr_assert_eq(n->e[b].op, E_LOAD);
}

Test(nest, an_axis_of_one_or_many_is_clamped)
{
	struct num d = num_var(&module.nums, "d", 1, 3);
	int t = tensor_like(&module, "", DT_F32, 1, &d);

	ASSERT_VALUE(nest_load_broadcast(n, t), "%2[i0, i1] = %3[(i1 < d - 1 ? i1 : d - 1)]");
}

Test(nest, a_copy_moves_to_other_axes)
{
	struct nest *from = n, *to = nest_new(&module, out);
	const struct num at[2] = { to->axis[0], num_sub(&module.nums, num_const(2), to->axis[1]) };

	nest_store(from, nest_binary(from, E_ADD, nest_load(from, x, from->axis), nest_load_broadcast(from, y)));
	n = to;
	ASSERT_VALUE(nest_copy(to, from, from->value, at, y, nest_const_float(to, DT_F32, 7)),
		     "%2[i0, i1] = add(%0[i0, 2 - i1], 7)");
}
