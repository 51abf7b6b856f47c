#include "driver.h"

#include <string.h>

#include "import/import.h"
#include "lower/fuse.h"
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

static bool run_passes(struct compilation *c)
{
	struct module *m = &c->module;

	for (int i = 0; i < n_passes; i++) {
		if (is_skipped(m->options, passes[i].name))
			continue;
		c->stage = passes[i].name;
		if (!passes[i].run(m))
			return false;
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
		c->stage = step_passes[i].name;
		if (!step_passes[i].run(m, &c->block))
			return false;
		block_check(m, &c->block);
		arena_free(m->scratch);
		dump_steps(c, step_passes[i].name);
	}
	return true;
}

static bool check_limit(struct module *m, const char *what, int64_t bytes, int64_t limit)
{
	if (!limit || bytes <= limit)
		return true;
	return diag_error(m->diag, STATUS_DIFFERS, NULL, "%s: %lld bytes, limit %lld", what, (long long)bytes, (long long)limit);
}

/* The node that needs most at the plan's peak, so that a failed limit says where to look. */
static bool check_ram(struct compilation *c)
{
	const struct module *m = &c->module;
	const struct plan *p = &c->plan;
	int64_t limit = m->options->ram_limit;

	if (!limit || p->arena_bytes <= limit)
		return true;
	for (int i = 0; i < p->n_buffers; i++) {
		const struct buffer *b = &p->buffer[i];
		if (b->first <= p->pool.peak_step && p->pool.peak_step <= b->last && b->size_bytes * 8 > p->arena_bytes)
			diag_error(m->diag, STATUS_DIFFERS, NULL, "tensor \"%s\" needs %lld bytes at the peak, step %d",
				   m->tensor[p->tensor_of[i]].name, (long long)b->size_bytes, p->pool.peak_step);
	}
	return check_limit(&c->module, "arena", p->arena_bytes, limit);
}

bool compile_model(struct compilation *c, const struct options *o, struct arena *a, struct arena *scratch, struct diag *d)
{
	struct module *m = &c->module;

	*c = (struct compilation){ .stage = "start", .module = { .arena = a, .scratch = scratch, .diag = d, .options = o } };
	strbuf_init(&c->dump, a);
	nums_init(&m->nums, a);
	m->target = target_find(o->target);
	if (!m->target)
		return diag_error(d, STATUS_USAGE, NULL, "unknown target \"%s\"; see nnc targets", o->target);
	c->stage = "import";
	if (!import_model(m, o->model, o->dims.v, o->dims.n))
		return false;
	module_check(m);
	dump_graph(c, "import");
	if (!run_passes(c))
		return false;
	c->stage = "lower";
	if (!lower_graph(m, 0, &c->block))
		return false;
	dump_steps(c, "lower");
	if (!run_step_passes(c))
		return false;
	c->stage = "plan";
	if (!plan_program(m, &c->block, &c->plan))
		return false;
	dump_steps(c, "plan");
	if (!check_ram(c))
		return false;
	if (!o->output)
		return true;
	c->stage = "emit";
	return emit_program(m, &c->block, &c->plan, &c->totals) &&
	       check_limit(m, "constants", c->totals.weight_bytes, o->flash_limit);
}
