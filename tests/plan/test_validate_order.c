/* Orders of steps that compute something else are told from those that do not. */
#include "tests/plan/copies.h"

#include "plan/validate_order.h"

TestSuite(validate_order, .init = setup, .fini = teardown);

static void swap(struct block *b, int i, int k)
{
	const struct step s = b->step[i];

	b->step[i] = b->step[k];
	b->step[k] = s;
}

static bool still_right(const struct steps_before *before, const struct block *b)
{
	const char *why = "";

	return order_validate(before, b, &why);
}

Test(validate_order, a_read_stays_behind_what_writes_it)
{
	const int a = value(), b = value(), c = value();
	struct block block = { 0 };
	const struct steps_before *before;

	copy_step(&block, a, -1);
	copy_step(&block, b, -1);
	copy_step(&block, c, a);
	before = steps_before_take(&module, &block);
	cr_expect(still_right(before, &block));
	swap(&block, 0, 1);
	cr_expect(still_right(before, &block));
	swap(&block, 1, 2);
	cr_expect_not(still_right(before, &block));
}

/* state is set before the loop; its body reads it, and then sets it. */
Test(validate_order, a_variable_of_a_loop_is_read_before_its_next_value)
{
	const int state = value(), next = value(), out = value();
	struct block block = { 0 }, body = { 0 };
	struct lowering l = { .m = &module, .block = &block, .node = 9 };
	const struct steps_before *before;

	copy_step(&block, state, -1);
	copy_step(&body, next, -1);
	copy_step(&body, out, state);
	copy_step(&body, state, next);
	lower_control(&l, STEP_LOOP)->body[0] = body;
	before = steps_before_take(&module, &block);
	swap(&body, 0, 1);
	cr_expect(still_right(before, &block));
	swap(&body, 0, 1);
	swap(&body, 1, 2);
	cr_expect_not(still_right(before, &block));
}

Test(validate_order, parts_of_a_storage_are_written_in_any_order)
{
	const int whole = value(), a = value(), b = value();
	struct block block = { 0 };
	const struct steps_before *before;

	module.tensor[a].base = module.tensor[b].base = whole;
	copy_step(&block, a, -1);
	copy_step(&block, b, -1);
	copy_step(&block, value(), whole);
	before = steps_before_take(&module, &block);
	swap(&block, 0, 1);
	cr_expect(still_right(before, &block));
	swap(&block, 1, 2);
	cr_expect_not(still_right(before, &block));
}

Test(validate_order, no_step_is_lost)
{
	struct block block = { 0 };
	const struct steps_before *before;

	copy_step(&block, value(), -1);
	copy_step(&block, value(), -1);
	before = steps_before_take(&module, &block);
	block.n--;
	cr_expect_not(still_right(before, &block));
}
