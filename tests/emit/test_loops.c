/* Which loops of a nest are written: the sum over the last two axes of x, y[i] = sum over j, k of x[i][j][k]. */
#include "../nests/fixture.h"
#include "emit/emission.h"
#include "emit/emit_nest.h"
#include "emit/nest_writer.h"
#include "targets/target.h"

TestSuite(loops, .init = setup, .fini = teardown);

static struct nest_writer written;

/* The loops over a tensor of 3 x rows x columns, whose elements are read transposed or as they lie. */
static void plan_sum(struct num rows, struct num columns, bool transposed)
{
	const struct num three = num_const(3), lying[] = { three, rows, columns }, turned[] = { three, columns, rows };
	const int x = tensor_like(&module, "x", DT_F32, 3, transposed ? turned : lying);
	const int y = tensor_like(&module, "y", DT_F32, 1, &three);
	static struct emission x_of;
	static struct emit e;
	struct nest *n;
	struct num at[3];

	tensor_dense(&module, x);
	tensor_dense(&module, y);
	n = nest_new(&module, y);
	at[0] = n->axis[0];
	at[transposed ? 2 : 1] = nest_reduce_axis(n, rows);
	at[transposed ? 1 : 2] = nest_reduce_axis(n, columns);
	nest_store(n, nest_reduce(n, REDUCE_SUM, nest_load(n, x, at)));
	module.target = target_find(&arena, "generic", NULL);
	emission_init(&x_of, &module);
	emission_begin(&x_of);
	nest_writer_init(&written, &e, &x_of, n);
	nest_writer_plan_loops(&written);
}

static struct num innermost(void)
{
	return written.extent[written.loop[written.n_loops - 1]];
}

Test(loops, rows_that_are_summed_are_one_row)
{
	plan_sum(num_const(5), num_const(7), false);
	cr_assert_eq(written.n_outer, 1);
	cr_assert_eq(written.n_loops, 2);
	cr_assert(num_is(innermost(), 35));
}

Test(loops, columns_that_are_summed_stay)
{
	plan_sum(num_const(5), num_const(7), true);
	cr_assert_eq(written.n_outer, 1);
	cr_assert_eq(written.n_loops, 3);
	cr_assert(num_is(innermost(), 7));
}

Test(loops, of_one_turn_vanish)
{
	plan_sum(num_const(1), num_const(7), true);
	cr_assert_eq(written.n_loops, 2);
	cr_assert(num_is(innermost(), 7));
}

Test(loops, of_one_turn_or_none_stay)
{
	plan_sum(num_var(&module.nums, "n", 0, 1), num_const(7), true);
	cr_assert_eq(written.n_loops, 3);
}
