/* Positions along an axis: constants that no size of it has are refused, those that some sizes lack stay inside, and
 * places of greatest elements name elements. */
#include <math.h>

#include "fixture.h"
#include "ops/positions.h"

static int gather_from(struct num size, int64_t index)
{
	int x = tensor_like(&module, "x", DT_F32, 1, &size);

	return node_of("Gather", 13, 2, (int[]){ x, tensor_const_ints(&module, &index, 1) }, 1);
}

Test(positions, of_a_run_time_axis_are_checked_against_its_most, .init = setup, .fini = teardown)
{
	struct num n = num_var(&module.nums, "n", 1, 8);

	infer(gather_from(n, 7));
	infer(gather_from(n, -8));
	expect_refused(gather_from(n, 8), STATUS_MODEL, "element 0 is 8, allowed: -8 to 7");
	expect_refused(gather_from(n, -9), STATUS_MODEL, "element 0 is -9, allowed: -8 to 7");
}

Test(positions, that_are_known_and_perhaps_outside_are_clamped, .init = setup, .fini = teardown)
{
	struct num n = num_var(&module.nums, "n", 1, 8);
	int node = gather_from(n, 5);
	struct nest *nest = nest_new(&module, infer(node));
	int at = nest_position(nest, node, 1, nest->axis, n);

	cr_assert_eq(nest->e[at].op, E_INDEX);
	cr_assert_geq(num_lo(&module.nums, nest->e[at].index), 0);
	cr_assert_lt(num_hi(&module.nums, num_sub(&module.nums, nest->e[at].index, n)), 8);
	for (int64_t size = 1; size <= 8; size++)
		cr_assert_eq(num_eval(&module.nums, nest->e[at].index, &n, &size, 1), size < 6 ? size - 1 : 5);
}

Test(positions, of_several_axes_are_checked_each_against_its_own, .init = setup, .fini = teardown)
{
	static const int64_t inside[] = { 1, -8 }, outside[] = { 1, 8 };
	int x = variable(DT_F32, 2, (int64_t[]){ 2, 8 }), at = tensor_const_ints(&module, outside, 2);

	infer(node_of("GatherND", 17, 2, (int[]){ x, tensor_const_ints(&module, inside, 2) }, 1));
	expect_refused(node_of("GatherND", 17, 2, (int[]){ x, at }, 1), STATUS_MODEL,
		       "element 1 is 8, allowed: -8 to 7");
}

Test(positions, of_a_long_axis_that_are_not_known_take_no_time, .init = setup, .fini = teardown, .timeout = 20)
{
	int x = variable(DT_F32, 1, (int64_t[]){ 8 }), i = variable(DT_I64, 1, (int64_t[]){ (int64_t)1 << 39 });

	infer(node_of("Gather", 13, 2, (int[]){ x, i }, 1));
}

Test(positions, in_an_empty_axis_are_none, .init = setup, .fini = teardown)
{
	int x = variable(DT_F32, 1, (int64_t[]){ 0 }), i = variable(DT_I64, 1, (int64_t[]){ 2 });
	int none = variable(DT_I64, 1, (int64_t[]){ 0 });

	infer(node_of("Gather", 13, 2, (int[]){ x, none }, 1));
	expect_refused(node_of("Gather", 13, 2, (int[]){ x, i }, 1), STATUS_MODEL, "axis of 0 elements");
}

Test(positions, of_ignored_classes_may_be_outside, .init = setup, .fini = teardown)
{
	static const int64_t class[] = { 0, -7 };
	int x = variable(DT_F32, 2, (int64_t[]){ 2, 3 }), c = tensor_const_ints(&module, class, 2), node;

	node = node_of("NegativeLogLikelihoodLoss", 13, 2, (int[]){ x, c }, 1);
	set_int(node, "ignore_index", -7);
	infer(node);
	expect_refused(node_of("NegativeLogLikelihoodLoss", 13, 2, (int[]){ x, c }, 1), STATUS_MODEL,
		       "element 1 is -7, allowed: 0 to 2");
}

/* Two windows of two in each direction, the upper left ones half in the padding. */
static int indexes_of(const float *v)
{
	static const int64_t kernel[] = { 2, 2 }, pads[] = { 1, 1, 0, 0 };
	int x = constant(DT_F32, 4, (int64_t[]){ 1, 1, 3, 3 }, v), node = node_of("MaxPool", 12, 1, &x, 2);

	set_ints(node, "kernel_shape", kernel, 2);
	set_ints(node, "strides", kernel, 2);
	set_ints(node, "pads", pads, 4);
	infer(node);
	return module.node[node].out[1];
}

Test(max_pool, names_elements_where_all_are_infinitely_small, .init = setup, .fini = teardown)
{
	const float low = -INFINITY, v[] = { low, low, low, low, low, low, low, low, low };

	expect_ints(indexes_of(v), (const int64_t[]){ 0, 1, 3, 4 }, 4);
}

Test(max_pool, names_elements_where_none_is_a_number, .init = setup, .fini = teardown)
{
	const float v[] = { NAN, NAN, NAN, NAN, 1, 2, NAN, 3, 4 };
	const int at = indexes_of(v);

	for (int i = 0; i < 4; i++)
		cr_assert(const_int(&module, at, i) >= 0 && const_int(&module, at, i) < 9);
}
