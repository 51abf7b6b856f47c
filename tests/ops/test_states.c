/* LinearAttention and CausalConvWithState: shapes, values worked out by hand, and what is refused. */
#include "fixture.h"

/* --- CausalConvWithState --------------------------------------------------------------------------------------------
 * */

static int conv_of(const float *past)
{
	int in[] = { constant(DT_F32, 3, (int64_t[]){ 1, 1, 3 }, (float[]){ 1, 2, 3 }),
		     constant(DT_F32, 3, (int64_t[]){ 1, 1, 3 }, (float[]){ 100, 10, 1 }),
		     constant(DT_F32, 1, (int64_t[]){ 1 }, (float[]){ 0.5f }),
		     past ? constant(DT_F32, 3, (int64_t[]){ 1, 1, 2 }, past) : -1 };

	return node_of("CausalConvWithState", 27, 4, in, 2);
}

Test(causal_conv, looks_back_into_the_past, .init = setup, .fini = teardown)
{
	int node = conv_of((float[]){ 7, 8 });

	expect_floats(infer(node), (float[]){ 781.5f, 812.5f, 123.5f }, 3);
	expect_floats(module.node[node].out[1], (float[]){ 2, 3 }, 2);
	expect_floats(infer(conv_of(NULL)), (float[]){ 1.5f, 12.5f, 123.5f }, 3);
}

Test(causal_conv, a_past_of_another_length_is_refused, .init = setup, .fini = teardown)
{
	int x = variable(DT_F32, 3, (int64_t[]){ 2, 4, 9 }), w = variable(DT_F32, 3, (int64_t[]){ 4, 1, 3 });
	int past = variable(DT_F32, 3, (int64_t[]){ 2, 4, 3 });

	expect_refused(node_of("CausalConvWithState", 27, 4, (int[]){ x, w, -1, past }, 1), STATUS_MODEL,
		       "input 3 has 3 elements along axis 2, allowed: 2");
}

Test(causal_conv, channels_are_not_mixed, .init = setup, .fini = teardown)
{
	int x = variable(DT_F32, 3, (int64_t[]){ 2, 4, 9 }), w = variable(DT_F32, 3, (int64_t[]){ 4, 4, 3 });

	expect_refused(node_of("CausalConvWithState", 27, 2, (int[]){ x, w }, 1), STATUS_MODEL,
		       "input 1 has 4 elements along axis 1, allowed: 1");
}

Test(causal_conv, an_empty_kernel_is_refused, .init = setup, .fini = teardown)
{
	int x = variable(DT_F32, 3, (int64_t[]){ 2, 4, 9 }), w = variable(DT_F32, 3, (int64_t[]){ 4, 1, 0 });

	expect_refused(node_of("CausalConvWithState", 27, 2, (int[]){ x, w }, 1), STATUS_MODEL,
		       "the kernel has 0 elements");
}

/* --- LinearAttention ------------------------------------------------------------------------------------------------
 * */

static int linear_of(const char *rule, int64_t q_heads, int64_t heads, int gates)
{
	int k = variable(DT_F16, 3, (int64_t[]){ 2, 5, 8 }), gate = variable(DT_F16, 3, (int64_t[]){ 2, 5, 2 });
	int q = variable(DT_F16, 3, (int64_t[]){ 2, 5, 16 }), v = variable(DT_F16, 3, (int64_t[]){ 2, 5, 6 });
	int in[] = { q, k, v, -1, gates > 0 ? gate : -1, gates > 1 ? gate : -1 };
	int node = node_of("LinearAttention", 27, 6, in, 2);

	set_int(node, "q_num_heads", q_heads);
	set_int(node, "kv_num_heads", heads);
	set_string(node, "update_rule", rule);
	return node;
}

Test(linear_attention, shapes_of_output_and_state, .init = setup, .fini = teardown)
{
	int node = linear_of("gated_delta", 4, 2, 2);

	expect_dims(infer(node), 3, (struct num[]){ num_const(2), num_const(5), num_const(12) });
	expect_dims(module.node[node].out[1], 4,
		    (struct num[]){ num_const(2), num_const(2), num_const(4), num_const(3) });
	cr_assert_eq(module.tensor[module.node[node].out[1]].type, DT_F16);
}

Test(linear_attention, the_model_says_the_state_s_type, .init = setup, .fini = teardown)
{
	int node = linear_of("gated_delta", 4, 2, 2);

	module.tensor[module.node[node].out[1]].type = DT_F32;
	infer(node);
	cr_assert_eq(module.tensor[module.node[node].out[1]].type, DT_F32);
}

Test(linear_attention, a_missing_gate_is_refused, .init = setup, .fini = teardown)
{
	expect_refused(linear_of("gated_delta", 4, 2, 1), STATUS_MODEL,
		       "input 5 is absent, and update_rule is gated_delta");
}

Test(linear_attention, a_gate_without_use_is_refused, .init = setup, .fini = teardown)
{
	expect_refused(linear_of("linear", 4, 2, 1), STATUS_MODEL, "input 4 is given, and update_rule is linear");
}

Test(linear_attention, heads_must_divide, .init = setup, .fini = teardown)
{
	expect_refused(linear_of("linear", 3, 2, 0), STATUS_MODEL, "3 heads of queries for 2 of keys");
}

Test(linear_attention, heads_of_queries_and_keys_are_of_one_size, .init = setup, .fini = teardown)
{
	expect_refused(linear_of("linear", 2, 2, 0), STATUS_MODEL, "have 8 and 4 elements, allowed: the same");
}
