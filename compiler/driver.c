#include "driver.h"

#include <time.h>

#include "budget.h"
#include "import/import.h"
#include "lower/lower.h"
#include "options.h"
#include "pass_options.h"
#include "passes/pass.h"
#include "sections.h"
#include "steps/fuse.h"
#include "stream/input.h"
#include "stream/state.h"
#include "stream/stream.h"
#include "targets/target.h"

/* Each stage is printed when it is done: what a later one does to the process takes nothing back. */
static void dump_graph(struct compilation *c, const char *stage)
{
	struct strbuf b;

	if (!dump_is_wanted(c->module.options, stage))
		return;
	strbuf_init(&b, c->module.scratch);
	strbuf_printf(&b, "--- after %s\n", stage);
	module_print(&c->module, &b);
	sink_puts(&c->dump, strbuf_text(&b));
}

static void dump_steps(struct compilation *c, const char *stage)
{
	struct strbuf b;

	if (!dump_is_wanted(c->module.options, stage))
		return;
	strbuf_init(&b, c->module.scratch);
	strbuf_printf(&b, "--- after %s\n", stage);
	block_print(&c->module, &c->block, &b);
	sink_puts(&c->dump, strbuf_text(&b));
}

/* Of the processor's time: what else the machine does is not a stage's. */
static int64_t milliseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
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

/* After a stage that made or changed the graph. It is printed before it is checked, so that it can be seen when the
 * check dies. */
static void end_graph_stage(struct compilation *c, const char *kind, int64_t began, int before)
{
	remark_time(c, kind, c->stage, began, before, count_nodes(&c->module));
	dump_graph(c, c->stage);
	module_check(&c->module);
	arena_free(c->module.scratch);
}

static void end_steps_stage(struct compilation *c, const char *kind, int64_t began, int before)
{
	remark_time(c, kind, c->stage, began, before, c->block.n);
	dump_steps(c, c->stage);
	block_check(&c->module, &c->block);
	arena_free(c->module.scratch);
}

static bool import(struct compilation *c)
{
	struct module *m = &c->module;
	const int64_t began = milliseconds();

	c->stage = "import";
	if (!import_model(m, m->options->model, m->options->dims.v, m->options->dims.n))
		return false;
	end_graph_stage(c, "stage", began, 0);
	if (c->watch.imported)
		c->watch.imported(c->watch.to, m);
	return true;
}

static bool run_passes(struct compilation *c)
{
	for (int i = 0; i < n_passes; i++) {
		const int64_t began = milliseconds();
		const int before = count_nodes(&c->module);
		if (pass_is_skipped(c->module.options, passes[i].name))
			continue;
		c->stage = passes[i].name;
		if (!passes[i].run(&c->module))
			return false;
		end_graph_stage(c, "pass", began, before);
	}
	return true;
}

static bool lower(struct compilation *c)
{
	const int64_t began = milliseconds();

	c->stage = "lower";
	if (!lower_graph(&c->module, 0, &c->block))
		return false;
	end_steps_stage(c, "stage", began, count_nodes(&c->module));
	return true;
}

static bool run_step_passes(struct compilation *c)
{
	for (int i = 0; i < n_step_passes; i++) {
		const int64_t began = milliseconds();
		const int before = c->block.n;
		if (pass_is_skipped(c->module.options, step_passes[i].name))
			continue;
		c->stage = step_passes[i].name;
		if (!step_passes[i].run(&c->module, &c->block))
			return false;
		end_steps_stage(c, "step pass", began, before);
	}
	return true;
}

static bool plan(struct compilation *c)
{
	const int64_t began = milliseconds();
	const int before = c->block.n;

	c->stage = "plan";
	if (!stream_inputs(&c->module, &c->block) || !state_steps(&c->module, &c->block) ||
	    !plan_program(&c->module, &c->block, &c->plan))
		return false;
	end_steps_stage(c, "stage", began, before);
	return true;
}

static bool stream(struct compilation *c)
{
	const int64_t began = milliseconds();
	const int before = c->block.n;

	if (c->module.options->optimize != OPTIMIZE_RAM)
		return true;
	c->stage = "stream";
	if (!stream_program(&c->module, &c->block, &c->plan))
		return false;
	end_steps_stage(c, "stage", began, before);
	return true;
}

bool compile_model(struct compilation *c, const struct options *o, struct arena *a, struct arena *scratch,
		   struct diag *d)
{
	const char *why;
	const struct target *target = target_find(a, o->target, &why);

	if (!target)
		return diag_error(d, STATUS_USAGE, NULL, "%s", why);
	*c = (struct compilation){ .dump = c->dump, .watch = c->watch, .stage = "start" };
	module_init(&c->module, a, scratch, d);
	c->module.options = o;
	c->module.target = target;
	return pass_options_check(o, a, d) &&
	       sections_check(o, d) &&
	       import(c) &&
	       run_passes(c) &&
	       lower(c) &&
	       run_step_passes(c) &&
	       plan(c) &&
	       stream(c) &&
	       budget_ram(&c->module, &c->plan, 0);
}

bool compile_emit(struct compilation *c, const struct options *o, const struct emit_stack *stack)
{
	struct module m = c->module;

	c->stage = "emit";
	m.options = o;
	return emit_program(&m, &c->block, &c->plan, stack, &c->totals);
}
