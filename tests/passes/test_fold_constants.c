/* Dequantised weights: kept until the integer pass has seen them, then constants where float operators read them. */
#include "tests/passes/fixture.h"

#include "support/limits.h"

TestSuite(fold_constants, .init = setup, .fini = teardown);

/* 3 times the constant bytes 0, 1, 2 ..., more of them than inference folds at sight. */
static int late_constant(void)
{
	enum { N = MAX_VALUE_ELEMENTS + 1 };
	static unsigned char bytes[N];

	for (int i = 0; i < N; i++)
		bytes[i] = (unsigned char)(i % 256);
	return OP("DequantizeLinear", tensor_const(&m, "w", DT_U8, DIMS(N), bytes), filled(3, 0, NULL));
}

Test(fold_constants, what_was_left_is_folded_and_all_that_depends_on_it)
{
	const int w = late_constant(), y = OP("Neg", w);

	cr_assert_null(m.tensor[w].data, "inference leaves it to the integer pass");
	output(OP("Add", input(DT_F32, DIMS(1)), y));
	run(pass_fold_constants);
	cr_assert(m.tensor[w].data && m.tensor[y].data);
	for (int i = 0; i <= MAX_VALUE_ELEMENTS; i++)
		cr_assert_eq(const_double(&m, y, i), -3.0 * (i % 256));
}

Test(fold_constants, what_reads_an_input_stays)
{
	const int x = input(DT_F32, DIMS(1)), y = OP("Add", x, late_constant()), z = OP("Exp", x);

	output(y);
	output(z);
	run(pass_fold_constants);
	cr_expect_null(m.tensor[y].data);
	cr_expect_null(m.tensor[z].data);
}
