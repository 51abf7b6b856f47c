/* The pipeline as a whole: what it prints on its way, and the names by which its passes are called. */
#include <criterion/criterion.h>
#include <string.h>

#include "driver.h"
#include "options.h"
#include "pass_options.h"
#include "passes/pass.h"
#include "steps/fuse.h"
#include "support/arena.h"

static struct arena a, scratch;
static struct diag d;

static void setup(void)
{
	arena_init(&a, NULL);
	arena_init(&scratch, NULL);
	diag_init(&d, &a, NULL);
}

static void teardown(void)
{
	arena_free(&scratch);
	arena_free(&a);
}

TestSuite(driver, .init = setup, .fini = teardown);

/* What is dumped, and how far the compilation was when it came. */
struct seen {
	const struct compilation *c;
	int n;
};

static void see(void *to, const char *text)
{
	struct seen *seen = to;
	char wanted[64];

	snprintf(wanted, sizeof wanted, "--- after %s\n", seen->c->stage);
	cr_expect_eq(strncmp(text, wanted, strlen(wanted)), 0, "%.40s comes during %s", text, seen->c->stage);
	seen->n++;
}

Test(driver, each_stage_is_dumped_when_it_is_done)
{
	struct compilation *c = ARENA_NEW(&a, struct compilation);
	struct seen seen = { .c = c };
	const struct options o = { .model = EXAMPLES "/digits/digits.onnx", .target = "generic", .dump = "all" };

	c->dump = (struct sink){ see, &seen };
	cr_assert(compile_model(c, &o, &a, &scratch, &d), "%s", diag_text(&d));
	cr_assert_eq(seen.n, 1 + n_passes + 1 + n_step_passes + 1);
}

Test(driver, a_name_means_one_pass)
{
	static const char *const stages[] = { "import", "lower", "plan", "all" };
	enum { N_STAGES = sizeof stages / sizeof *stages };
	const int n = n_passes + n_step_passes + N_STAGES;
	const char *name[256];

	cr_assert_leq(n, 256);
	for (int i = 0; i < n; i++) {
		const int k = i - n_passes, stage = k - n_step_passes;
		name[i] = k < 0 ? passes[i].name : stage < 0 ? step_passes[k].name : stages[stage];
		for (int j = 0; j < i; j++)
			cr_expect_str_neq(name[i], name[j]);
		cr_expect(pass_options_check(&(struct options){ .dump = name[i] }, &a, &d), "%s", diag_text(&d));
	}
}

Test(driver, a_pass_is_skipped_by_its_whole_name)
{
	const struct options o = { .skip_pass = "cse,fold-pad" };

	cr_expect(pass_is_skipped(&o, "cse") && pass_is_skipped(&o, "fold-pad"));
	cr_expect_not(pass_is_skipped(&o, "fold") || pass_is_skipped(&o, "pad") || pass_is_skipped(&o, "cse,fold-pad"));
}
