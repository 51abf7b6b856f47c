/* Attention: which keys a query sees, and what is refused. */
#include <math.h>

#include "fixture.h"

enum { KEYS = 4, QUERIES = 2 };

/* Two queries of 0 over four keys whose values are 1, 10, 100 and 1000: the output is the mean of the values seen. */
static int attention_of(const int64_t *count, int past)
{
	const int64_t q[] = { 1, 1, QUERIES, 1 }, k[] = { 1, 1, KEYS - past, 1 }, before[] = { 1, 1, past, 1 };
	const float values[] = { 1, 10, 100, 1000 };
	int in[] = { constant(DT_F32, 4, q, (float[]){ 0, 0 }),
		     constant(DT_F32, 4, k, values),
		     constant(DT_F32, 4, k, values + past),
		     -1,
		     past ? constant(DT_F32, 4, before, values) : -1,
		     past ? constant(DT_F32, 4, before, values) : -1,
		     count ? constant(DT_I64, 1, (int64_t[]){ 1 }, count) : -1 };

	return node_of("Attention", 25, 7, in, 1);
}

static void expect_means(int node, float first, float second)
{
	const int y = infer(node);

	cr_assert(module.tensor[y].data, "the node was not folded");
	cr_assert_float_eq(float_at(y, 0), first, 1e-3, "%g, expected %g", (double)float_at(y, 0), (double)first);
	cr_assert_float_eq(float_at(y, 1), second, 1e-3, "%g, expected %g", (double)float_at(y, 1), (double)second);
}

Test(attention, without_bounds_sees_all, .init = setup, .fini = teardown)
{
	expect_means(attention_of(NULL, 0), 1111 / 4.0f, 1111 / 4.0f);
}

Test(attention, windows_are_counted_from_the_query, .init = setup, .fini = teardown)
{
	int node = attention_of(NULL, 0);

	set_int(node, "left_window_size", 0);
	set_int(node, "right_window_size", 1);
	expect_means(node, 11 / 2.0f, 110 / 2.0f);
}

Test(attention, queries_come_after_the_past, .init = setup, .fini = teardown)
{
	int node = attention_of(NULL, 2);

	set_int(node, "is_causal", 1);
	set_int(node, "left_window_size", 1);
	expect_means(node, 110 / 2.0f, 1100 / 2.0f);
}

Test(attention, queries_end_with_the_keys_that_count, .init = setup, .fini = teardown)
{
	int node = attention_of((int64_t[]){ 3 }, 0);

	set_int(node, "is_causal", 1);
	expect_means(node, 11 / 2.0f, 111 / 3.0f);
}

Test(attention, queries_that_see_nothing_give_zero, .init = setup, .fini = teardown)
{
	int node = attention_of((int64_t[]){ 1 }, 0);

	set_int(node, "is_causal", 1);
	expect_means(node, 0, 1);
}

Test(attention, a_mask_that_ends_early_hides_the_rest, .init = setup, .fini = teardown)
{
	int node = attention_of(NULL, 0);

	module.node[node].in[3] = constant(DT_F32, 1, (int64_t[]){ 2 }, (float[]){ 0, logf(2) });
	expect_means(node, 7, 7);
}

Test(attention, keys_counted_and_past_are_refused, .init = setup, .fini = teardown)
{
	expect_refused(attention_of((int64_t[]){ 3 }, 2), STATUS_MODEL, "one or the other");
}

Test(attention, values_of_another_length_are_refused, .init = setup, .fini = teardown)
{
	int q = variable(DT_F32, 4, (int64_t[]){ 1, 1, 2, 8 }), v = variable(DT_F32, 4, (int64_t[]){ 1, 1, 3, 8 });

	expect_refused(node_of("Attention", 23, 3, (int[]){ q, q, v }, 1), STATUS_MODEL,
		       "input 2 has 3 elements along axis 2, allowed: 2");
}

Test(attention, keys_of_another_size_are_refused, .init = setup, .fini = teardown)
{
	int q = variable(DT_F32, 4, (int64_t[]){ 1, 1, 2, 8 }), k = variable(DT_F32, 4, (int64_t[]){ 1, 1, 2, 4 });

	expect_refused(node_of("Attention", 23, 3, (int[]){ q, k, k }, 1), STATUS_MODEL,
		       "input 1 has 4 elements along axis 3, allowed: 8");
}
