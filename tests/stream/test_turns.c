/* Turns over random chains and branches of windows, each replayed row by row; that no tensor keeps a row too many; and
 * what must be refused. */
#include "tests/nests/fixture.h"

#include "stream/turns.h"

TestSuite(turns, .init = setup, .fini = teardown);

enum { MOST_STEPS = 10 };

struct chain {
	struct row_step row[MOST_STEPS];
	bool inner[MOST_STEPS];
	int n;
};

static int add_step(struct chain *c, int64_t rows, int64_t grain)
{
	const int t = variable(DT_U8, 2, (const int64_t[]){ rows, 1 });

	tensor_dense(&module, t);
	c->row[c->n] = (struct row_step){ .out = t, .rows = rows, .grain = grain, .sums = -1 };
	return c->n++;
}

static void add_window(struct chain *c, int from, int64_t stride, int64_t pad, int64_t taps)
{
	struct row_step *r = &c->row[c->n - 1];

	c->inner[from] = true;
	r->read[r->n_reads++] = (struct row_read){ .tensor = c->row[from].out, .stride = stride, .pad = pad,
						   .taps = taps };
}

/* A step behind another one, by a window that has at least one row to stand on. */
static void add_random(struct chain *c, int from)
{
	const int64_t stride = 1 + pick(3), taps = 1 + pick(5), pad = pick((int)taps);
	const int64_t rows = (c->row[from].rows + 2 * pad - taps) / stride + 1;

	if (c->row[from].rows + 2 * pad < taps || rows < 2)
		return;
	add_step(c, rows, pick(4) ? 1 : 1 << pick(3));
	add_window(c, from, stride, pad, taps);
}

/* The sum of the last step and of one before it, where both have as many rows and are as far apart. */
static void add_sum(struct chain *c)
{
	const int last = c->n - 1, rows = (int)c->row[last].rows;

	if (c->row[last].n_reads != 1 || c->row[last].read[0].stride != 1 || c->row[last - 1].rows != rows)
		return;
	add_step(c, rows, 1);
	add_window(c, last, 1, 0, 1);
	add_window(c, last - 1, 1, 0, 1);
}

static struct chain random_chain(void)
{
	struct chain c = { 0 };

	add_step(&c, 8 + pick(60), 1);
	while (c.n < MOST_STEPS - 1 && pick(8)) {
		add_random(&c, c.n - 1);
		if (c.n > 1 && !pick(3))
			add_sum(&c);
	}
	return c;
}

/* Whether each row of a result is read: windows with gaps between them leave some out, which need not be there. */
static bool is_read_whole(const struct chain *c, int step)
{
	for (int i = 0; i < c->n; i++)
		for (int k = 0; k < c->row[i].n_reads; k++) {
			const struct row_read *r = &c->row[i].read[k];

			if (r->tensor == c->row[step].out && r->taps >= r->stride)
				return true;
		}
	return false;
}

Test(turns, every_row_is_there_and_none_is_kept_in_vain)
{
	int found = 0;

	for (int turn = 0; turn < 3000; turn++) {
		struct chain c = random_chain();
		struct turns t;

		if (c.n < 2)
			continue;
		cr_assert(turns_find(&module, c.row, c.inner, c.n, 1 + pick(5), pick(2), &t), "chain %d", turn);
		cr_assert(turns_check(&module, &t), "chain %d of %d steps", turn, c.n);
		for (int i = 0; i < c.n; i++) {
			if (!c.inner[i] || t.step[i].kept < 2 || !is_read_whole(&c, i))
				continue;
			t.step[i].kept--;
			cr_assert(!turns_check(&module, &t), "chain %d: step %d keeps a row too many", turn, i);
			t.step[i].kept++;
			found++;
		}
		arena_free(module.scratch);
	}
	cr_assert_gt(found, 1000);
}

/* A 3x3 convolution with stride 2 and padding 1 behind another one: 8 rows of the first are 4 of the second. */
Test(turns, scale_and_lead_of_a_convolution)
{
	struct chain c = { 0 };
	struct turns t;

	add_step(&c, 16, 1);
	add_step(&c, 8, 1);
	add_window(&c, 0, 2, 1, 3);
	cr_assert(turns_find(&module, c.row, c.inner, c.n, 1, false, &t));
	cr_assert_eq(t.step[0].scale, 1);
	cr_assert_eq(t.step[1].scale, 2);
	cr_assert_eq(turns_done(&t, 0, 7), 8);
	cr_assert_eq(turns_done(&t, 1, 7), 4);
	cr_assert_eq(t.step[0].kept, 3);
	cr_assert(t.step[0].carried);
	cr_assert_eq(t.count, 16);
}

Test(turns, refuses_a_tensor_that_is_read_whole)
{
	struct chain c = { 0 };
	struct turns t;

	add_step(&c, 16, 1);
	add_step(&c, 16, 1);
	add_window(&c, 0, 1, 0, 1);
	c.row[1].read[0].axis = -1;
	cr_assert(!turns_find(&module, c.row, c.inner, c.n, 1, false, &t));
}

Test(turns, refuses_rates_that_contradict)
{
	struct chain c = { 0 };
	struct turns t;

	add_step(&c, 16, 1);
	add_step(&c, 8, 1);
	add_window(&c, 0, 2, 0, 2);
	add_step(&c, 8, 1);
	add_window(&c, 0, 1, 0, 1);
	add_window(&c, 1, 1, 0, 1);
	cr_assert(!turns_find(&module, c.row, c.inner, c.n, 1, false, &t));
}
