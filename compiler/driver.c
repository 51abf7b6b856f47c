#include "driver.h"

#include <string.h>
#include <time.h>

#include "budget.h"
#include "import/import.h"
#include "steps/fuse.h"
#include "lower/lower.h"
#include "options.h"
#include "passes/pass.h"
#include "targets/target.h"

static bool wants_dump(const struct options *o, const char *stage)
{
	return o->dump && (!strcmp(o->dump, stage) || !strcmp(o->dump, "all"));
}

static void dump_graph(struct compilation *c, const char *stage)
{
	if (!wants_dump(c->module.options, stage))
		return;
	strbuf_printf(&c->dump, "--- after %s\n", stage);
	module_print(&c->module, &c->dump);
}

static void dump_steps(struct compilation *c, const char *stage)
{
	if (!wants_dump(c->module.options, stage))
		return;
	strbuf_printf(&c->dump, "--- after %s\n", stage);
	block_print(&c->module, &c->block, &c->dump);
}

/* The names of passes are those of the two lists; further words are stages that can be dumped. */
static bool is_pass(const char *name, size_t n, const char *const *further)
{
	for (int i = 0; i < n_passes; i++)
		if (strlen(passes[i].name) == n && !strncmp(passes[i].name, name, n))
			return true;
	for (int i = 0; i < n_step_passes; i++)
		if (strlen(step_passes[i].name) == n && !strncmp(step_passes[i].name, name, n))
			return true;
	for (; further && *further; further++)
		if (strlen(*further) == n && !strncmp(*further, name, n))
			return true;
	return false;
}

/* "infer, simplify, ..." for messages. */
static const char *pass_names(struct arena *a)
{
	struct strbuf b;

	strbuf_init(&b, a);
	for (int i = 0; i < n_passes; i++)
		strbuf_printf(&b, "%s%s", i ? ", " : "", passes[i].name);
	for (int i = 0; i < n_step_passes; i++)
		strbuf_printf(&b, ", %s", step_passes[i].name);
	return strbuf_text(&b);
}

/* Types and shapes are what all else builds on: that pass is not optional. */
static bool check_pass_options(const struct options *o, struct arena *a, struct diag *d)
{
	static const char required[] = "infer";
	static const char *const stages[] = { "import", "lower", "plan", "all", NULL };

	for (const char *s = o->skip_pass; s && *s; s += strcspn(s, ",")) {
		s += *s == ',';
		const size_t n = strcspn(s, ",");
		if (!is_pass(s, n, NULL))
			return diag_error(d, STATUS_USAGE, NULL, "--skip-pass: \"%.*s\": no such pass, there are %s",
					  (int)n, s, pass_names(a));
		if (n == strlen(required) && !strncmp(s, required, n))
			return diag_error(d, STATUS_USAGE, NULL, "--skip-pass: \"%s\" cannot be left out", required);
	}
	if (o->dump && !is_pass(o->dump, strlen(o->dump), stages))
		return diag_error(d, STATUS_USAGE, NULL, "--dump: \"%s\": no such pass, there are %s, import, lower, "
				  "plan, all", o->dump, pass_names(a));
	return true;
}

/* Whether NAME is in the list NAME,NAME of --skip-pass. */
static bool is_skipped(const struct options *o, const char *name)
{
	const size_t n = strlen(name);

	for (const char *s = o->skip_pass; s && *s; s += strcspn(s, ",")) {
		s += *s == ',';
		if (strcspn(s, ",") == n && !strncmp(s, name, n))
			return true;
	}
	return false;
}

static int64_t milliseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int count_nodes(const struct module *m)
{
	int n = 0;

	for (int g = 0; g < m->n_graphs; g++)
		n += m->graph[g].n_nodes;
	return n;
}

/* For -v: how long something took, and what became of the nodes or steps. */
static void remark_time(struct compilation *c, const char *what, const char *name, int64_t began, int before, int after)
{
	diag_remark(c->module.diag, NULL, "%s %s: %lld ms, %d before -> %d after", what, name,
		    (long long)(milliseconds() - began), before, after);
}

static bool run_passes(struct compilation *c)
{
	struct module *m = &c->module;

	for (int i = 0; i < n_passes; i++) {
		if (is_skipped(m->options, passes[i].name))
			continue;
		const int64_t began = milliseconds();
		const int before = count_nodes(m);
		c->stage = passes[i].name;
		if (!passes[i].run(m))
			return false;
		remark_time(c, "pass", passes[i].name, began, before, count_nodes(m));
		module_check(m);
		arena_free(m->scratch);
		dump_graph(c, passes[i].name);
	}
	return true;
}

static bool run_step_passes(struct compilation *c)
{
	struct module *m = &c->module;

	for (int i = 0; i < n_step_passes; i++) {
		if (is_skipped(m->options, step_passes[i].name))
			continue;
		const int64_t began = milliseconds();
		const int before = c->block.n;
		c->stage = step_passes[i].name;
		if (!step_passes[i].run(m, &c->block))
			return false;
		remark_time(c, "step pass", step_passes[i].name, began, before, c->block.n);
		block_check(m, &c->block);
		arena_free(m->scratch);
		dump_steps(c, step_passes[i].name);
	}
	return true;
}

bool compile_model(struct compilation *c, const struct options *o, struct arena *a, struct arena *scratch,
		   struct diag *d)
{
	struct module *m = &c->module;
	int64_t began = milliseconds();
	const char *why;

	*c = (struct compilation){ .stage = "start",
				   .module = { .arena = a, .scratch = scratch, .diag = d, .options = o } };
	strbuf_init(&c->dump, a);
	nums_init(&m->nums, a);
	m->target = target_find(a, o->target, &why);
	if (!m->target)
		return diag_error(d, STATUS_USAGE, NULL, "%s", why);
	if (!check_pass_options(o, a, d))
		return false;
	c->stage = "import";
	if (!import_model(m, o->model, o->dims.v, o->dims.n))
		return false;
	remark_time(c, "stage", "import", began, 0, count_nodes(m));
	module_check(m);
	dump_graph(c, "import");
	if (!run_passes(c))
		return false;
	c->stage = "lower";
	began = milliseconds();
	if (!lower_graph(m, 0, &c->block))
		return false;
	remark_time(c, "stage", "lower", began, count_nodes(m), c->block.n);
	dump_steps(c, "lower");
	if (!run_step_passes(c))
		return false;
	c->stage = "plan";
	began = milliseconds();
	if (!plan_program(m, &c->block, &c->plan))
		return false;
	remark_time(c, "stage", "plan", began, c->block.n, c->plan.n_steps);
	dump_steps(c, "plan");
	return budget_ram(m, &c->plan);
}

bool compile_emit(struct compilation *c, const struct options *o, const struct emit_stack *stack)
{
	struct module m = c->module;

	c->stage = "emit";
	m.options = o;
	return emit_program(&m, &c->block, &c->plan, stack, &c->totals);
}
