/* BitShift, BitCast, Range of 16-bit floats, SwiGLU: values worked out by hand. */
#include "fixture.h"

static int shifted(const char *direction, const int64_t *x, const int64_t *y, int n)
{
	int8_t a[8], b[8];
	int in[2], node;

	for (int i = 0; i < n; i++) {
		a[i] = (int8_t)x[i];
		b[i] = (int8_t)y[i];
	}
	in[0] = constant(DT_I8, 1, (int64_t[]){ n }, a);
	in[1] = constant(DT_I8, 1, (int64_t[]){ n }, b);
	node = node_of("BitShift", 28, 2, in, 1);
	set_string(node, "direction", direction);
	return infer(node);
}

Test(bit_shift, right_of_signed_copies_the_sign, .init = setup, .fini = teardown)
{
	expect_ints(shifted("RIGHT", (int64_t[]){ -128, -1, 100, -100, 100, -100, 100 },
			    (int64_t[]){ 3, 5, 2, 8, 8, -1, -1 }, 7), (int64_t[]){ -16, -1, 25, -1, 0, -1, 0 }, 7);
}

Test(bit_shift, left_of_signed_drops_what_passes_the_sign, .init = setup, .fini = teardown)
{
	expect_ints(shifted("LEFT", (int64_t[]){ 1, 3, -1, 64, 5, 5 }, (int64_t[]){ 7, 6, 1, 2, 8, -1 }, 6),
		    (int64_t[]){ -128, -64, -2, 0, 0, 0 }, 6);
}

Test(bit_shift, signed_types_came_with_28, .init = setup, .fini = teardown)
{
	int x = variable(DT_I32, 1, (int64_t[]){ 2 }), node = node_of("BitShift", 27, 2, (int[]){ x, x }, 1);

	set_string(node, "direction", "LEFT");
	expect_refused(node, STATUS_UNSUPPORTED, "int32");
}

static int bits_of(int x, enum dtype to)
{
	int node = node_of("BitCast", 26, 1, &x, 1);

	set_int(node, "to", dtypes[to].onnx);
	return node;
}

Test(bit_cast, keeps_every_bit_of_a_constant, .init = setup, .fini = teardown)
{
	/* A signalling NaN with a payload survives. */
	const uint16_t half[] = { 0x3c00, 0x7d01, 0x8000 };
	const float one[] = { 1.0f, -2.0f };
	int y = infer(bits_of(constant(DT_F16, 1, (int64_t[]){ 3 }, half), DT_U16));

	expect_ints(y, (int64_t[]){ 0x3c00, 0x7d01, 0x8000 }, 3);
	expect_ints(infer(bits_of(constant(DT_F32, 1, (int64_t[]){ 2 }, one), DT_I32)),
		    (int64_t[]){ 0x3f800000, -0x40000000 }, 2);
}

Test(bit_cast, to_another_width_is_refused, .init = setup, .fini = teardown)
{
	expect_refused(bits_of(variable(DT_F32, 1, (int64_t[]){ 2 }), DT_I64), STATUS_MODEL,
		       "the bits of float32 as int64, allowed: a type of 32 bits");
}

Test(bit_cast, to_a_type_that_is_missing_is_refused, .init = setup, .fini = teardown)
{
	int x = variable(DT_F32, 1, (int64_t[]){ 2 }), node = node_of("BitCast", 26, 1, &x, 1);

	set_int(node, "to", INT64_C(1) << 40);
	expect_refused(node, STATUS_MODEL, "element type 1099511627776, which is none");
}

static int half_scalar(float v)
{
	const uint16_t h = float_to_half(v);

	return constant(DT_F16, 0, NULL, &h);
}

Test(range, of_halves_is_reckoned_in_float32, .init = setup, .fini = teardown)
{
	/* 2048 + 1 is no half: adding step by step in halves would stand still. */
	int in[] = { half_scalar(2046), half_scalar(2052), half_scalar(1) };
	int y = infer(node_of("Range", 27, 3, in, 1));

	expect_floats(y, (float[]){ 2046, 2047, 2048, 2048, 2050, 2052 }, 6);
}

Test(range, other_stash_types_are_refused, .init = setup, .fini = teardown)
{
	int in[] = { half_scalar(0), half_scalar(3), half_scalar(1) }, node = node_of("Range", 27, 3, in, 1);

	set_int(node, "stash_type", dtypes[DT_F16].onnx);
	expect_refused(node, STATUS_UNSUPPORTED, "stash_type is 10");
}

Test(swiglu, multiplies_the_swish_of_the_gate, .init = setup, .fini = teardown)
{
	int a = constant(DT_F32, 1, (int64_t[]){ 2 }, (float[]){ 0, 1 });
	int b = constant(DT_F32, 1, (int64_t[]){ 2 }, (float[]){ 5, 2 });

	/* 1 / (1 + exp(-1)) = 0.7310585786 */
	expect_floats(infer(node_of("SwiGLU", 28, 2, (int[]){ a, b }, 1)), (float[]){ 0, 1.4621171573f }, 2);
}

Test(swiglu, does_not_broadcast, .init = setup, .fini = teardown)
{
	int a = variable(DT_F32, 2, (int64_t[]){ 3, 2 }), b = variable(DT_F32, 2, (int64_t[]){ 1, 2 });

	expect_refused(node_of("SwiGLU", 28, 2, (int[]){ a, b }, 1), STATUS_MODEL,
		       "input 1 has 1 elements along axis 0, allowed: 3");
}
