/* Channels that nothing depends on: which leave, and that the model's own bytes stay what they were. */
#include "ops/integer.h"
#include "targets/target.h"

#include "tests/passes/bytes.h"

enum { CHANNELS = 16, SIZE = 6 };

static void setup_target(void)
{
	setup();
	m.target = target_find(&arena, "generic", NULL);
	cr_assert(m.target);
}

TestSuite(dead_channels, .init = setup_target, .fini = teardown);

/* Biases that cut channels `living` and above off: below every sum, or above. */
static int biases(int living, int32_t beyond)
{
	const int64_t n = CHANNELS;
	int32_t *v = ARENA_ARRAY(&arena, n, int32_t);

	for (int i = 0; i < CHANNELS; i++)
		v[i] = i < living ? 10 * i : beyond;
	return OP("DequantizeLinear", tensor_const(&m, "bias", DT_I32, 1, &n, v), number(0.005f));
}

/* Convolution of unsigned bytes of zero point `zero`, one channel by one when `group` is more than 1. */
static int conv(int x, int zero, int w, int64_t group, int64_t pad, int bias)
{
	const int in[] = { dequantised(x, 0.5f, zero), dequantised(w, 0.01f, 0), bias };
	const int n = node_of(0, "Conv", bias < 0 ? 2 : 3, in);

	rewrite_attr(&m, n, "group")->i = group;
	rewrite_attr_ints(&m, n, "pads", (int64_t[]){ pad, pad, pad, pad }, 4);
	infer(n);
	return quantised(m.node[n].out[0], 0.5f, DT_U8, zero);
}

/* x (4 channels) to 16 channels. */
static int widened(int zero, int bias)
{
	return conv(input(DT_U8, DIMS(1, 4, SIZE, SIZE)), zero, bytes(DT_I8, DIMS(CHANNELS, 4, 1, 1)), 1, 0, bias);
}

/* y to 3 channels: the output. */
static void narrowed(int y, int zero, int w, int64_t pad)
{
	output(conv(y, zero, w, 1, pad, -1));
}

/* Runs the pass over integer operators and expects the bytes of before, and so many channels in the results of all
 * convolutions but the last. */
static void expect(int channels)
{
	unsigned char x[4 * SIZE * SIZE];
	float before[MAX_VALUES], after[MAX_VALUES];
	int64_t n;

	for (int i = 0; i < 4 * SIZE * SIZE; i++)
		x[i] = (unsigned char)(i * 113);
	run(pass_integers);
	n = evaluate(x, before);
	run(pass_dead_channels);
	for (int i = 0; i < m.graph[0].n_nodes; i++) {
		const int node = m.graph[0].node[i], y = node_out(&m, node, 0);
		if (m.node[node].op == &op_nnc_IntegerConv && y != m.graph[0].out[0])
			cr_expect_eq(m.tensor[y].dim[1].n, channels, "%d channels, expected %d",
				     (int)m.tensor[y].dim[1].n, channels);
	}
	cr_assert_eq(evaluate(x, after), n);
	for (int64_t i = 0; i < n; i++)
		cr_assert_eq(after[i], before[i], "byte %d is %g, before %g", (int)i, (double)after[i],
			     (double)before[i]);
}

Test(dead_channels, what_a_relu_cut_off_goes_through_depthwise_convolutions_too)
{
	int y = widened(0, biases(7, -1000000));

	y = conv(y, 0, bytes(DT_I8, DIMS(CHANNELS, 1, 3, 3)), CHANNELS, 1, -1);
	narrowed(y, 0, bytes(DT_I8, DIMS(3, CHANNELS, 3, 3)), 1);
	expect(8);      /* 7, held to a multiple of 4 */
}

Test(dead_channels, a_constant_goes_into_the_bias)
{
	narrowed(widened(100, biases(8, 1000000)), 100, bytes(DT_I8, DIMS(3, CHANNELS, 3, 3)), 0);
	expect(8);
}

Test(dead_channels, a_constant_that_meets_padding_stays)
{
	narrowed(widened(100, biases(8, 1000000)), 100, bytes(DT_I8, DIMS(3, CHANNELS, 3, 3)), 1);
	expect(CHANNELS);
}

Test(dead_channels, what_a_depthwise_convolution_makes_of_a_constant_at_its_borders_stays)
{
	int y = widened(100, biases(8, 1000000));

	y = conv(y, 100, bytes(DT_I8, DIMS(CHANNELS, 1, 3, 3)), CHANNELS, 1, -1);
	narrowed(y, 100, bytes(DT_I8, DIMS(3, CHANNELS, 1, 1)), 0);
	expect(CHANNELS);
}

Test(dead_channels, channels_that_weights_of_zero_read_go)
{
	const int w = bytes(DT_I8, DIMS(3, CHANNELS, 1, 1));
	unsigned char *v = ARENA_ARRAY(&arena, 3 * CHANNELS, unsigned char);

	for (int i = 0; i < 3 * CHANNELS; i++)
		v[i] = i % CHANNELS < 4 ? 0 : ((const unsigned char *)m.tensor[w].data)[i];
	m.tensor[w].data = v;
	narrowed(widened(0, -1), 0, w, 0);
	expect(12);
}

Test(dead_channels, another_reader_keeps_all)
{
	const int y = widened(0, biases(8, -1000000));

	narrowed(y, 0, bytes(DT_I8, DIMS(3, CHANNELS, 1, 1)), 0);
	output(y);
	expect(CHANNELS);
}

Test(dead_channels, some_stay_when_all_are_dead)
{
	narrowed(widened(0, biases(0, -1000000)), 0, bytes(DT_I8, DIMS(3, CHANNELS, 1, 1)), 0);
	expect(4);
}
