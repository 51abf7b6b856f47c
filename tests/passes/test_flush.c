/* Subnormal constants: flushed by default, kept under --fp=strict and where they are the model's own answer. */
#include "fixture.h"

#include <float.h>

#include "options.h"

static struct options options;
static int product, answer;

/* y = x * c, and c2 as a second output, both with subnormal elements. */
static void build(int fp)
{
	static const float v[] = { FLT_MIN / 2, -FLT_MIN / 2, FLT_MIN, -1e-45f, 0.0f, 1.0f };

	setup();
	options = (struct options){ .fp = fp };
	m.options = &options;
	product = tensor_const(&m, "c", DT_F32, DIMS(6), v);
	answer = tensor_const(&m, "c2", DT_F32, DIMS(6), v);
	output(OP("Mul", input(DT_F32, DIMS(6)), product));
	output(answer);
}

TestSuite(flush, .fini = teardown);

Test(flush, zeros_keep_their_sign)
{
	static const double flushed[] = { 0, 0, FLT_MIN, 0, 0, 1 };

	build(FP_DEFAULT);
	run(pass_flush_constants);
	for (int i = 0; i < 6; i++)
		cr_assert_eq(const_double(&m, product, i), flushed[i], "element %d", i);
	cr_assert(signbit(const_double(&m, product, 1)));
	cr_assert(!signbit(const_double(&m, product, 0)));
}

Test(flush, outputs_are_kept)
{
	build(FP_DEFAULT);
	run(pass_flush_constants);
	cr_assert_eq(const_double(&m, answer, 0), (double)(FLT_MIN / 2));
}

Test(flush, strict_keeps_all)
{
	build(FP_STRICT);
	run(pass_flush_constants);
	cr_assert_eq(const_double(&m, product, 3), (double)-1e-45f);
}
