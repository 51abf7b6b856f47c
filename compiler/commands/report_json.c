#include <stdio.h>

#include "commands/json.h"
#include "commands/report.h"
#include "host/stack.h"
#include "ops/ops.h"
#include "options.h"
#include "targets/target.h"

static void json_tensors(struct json *j, const struct report *r, const char *what, const int *tensor, int n)
{
	const struct module *m = &r->c->module;

	json_open(j, what, '[');
	for (int i = 0; i < n; i++) {
		const struct tensor *t = &m->tensor[tensor[i]];
		json_open(j, NULL, '{');
		json_text(j, "name", t->name);
		json_text(j, "type", dtypes[t->type].name);
		json_open(j, "shape", '[');
		for (int k = 0; k < t->rank; k++)
			json_int(j, NULL, t->dim[k].n);
		json_close(j, ']');
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void json_steps(struct json *j, const struct report *r)
{
	const struct module *m = &r->c->module;

	json_open(j, "steps", '[');
	for (int i = 0; i < r->n_lines; i++) {
		const struct line *l = &r->line[i];
		const int out = report_written(l->step);
		json_open(j, NULL, '{');
		json_text(j, "op", report_op_name(m, l->step));
		json_text(j, "node", report_node_name(m, l->step));
		if (l->step->kind == STEP_CALL)
			json_text(j, "kernel", call_kernel_name(l->step->call, r->arena));
		json_int(j, "macs", l->step->macs);
		json_int(j, "constant_bytes", l->constant_bytes);
		json_int(j, "live_bytes", l->live_bytes);
		if (out >= 0)
			json_int(j, "output_bytes", tensor_bytes(&r->c->module, out));
		json_close(j, '}');
	}
	json_close(j, ']');
}

/* One pool, the arena where there is no other. */
static void json_pool(struct json *j, const struct report *r, const char *key, int pool)
{
	const struct plan *p = &r->c->plan;

	json_open(j, key, '{');
	if (!key)
		json_text(j, "pool", p->pool_name[pool]);
	json_int(j, "bytes", p->pool[pool].arena_bytes);
	json_int(j, "lower_bound_bytes", p->pool[pool].bound_bytes);
	json_int(j, "peak_step", p->pool[pool].peak_step);
	json_open(j, "buffers", '[');
	for (int i = 0; i < p->n_buffers; i++) {
		const struct buffer *b = &p->buffer[i];
		if (b->pool != pool)
			continue;
		json_open(j, NULL, '{');
		json_text(j, "tensor", report_buffer_name(r, i));
		json_int(j, "bytes", b->size_bytes);
		json_int(j, "offset", b->offset);
		json_int(j, "first_step", b->first);
		json_int(j, "last_step", b->last);
		json_bool(j, "at_peak", plan_is_at_peak(p, b));
		json_close(j, '}');
	}
	json_close(j, ']');
	json_close(j, '}');
}

static void json_arena(struct json *j, const struct report *r)
{
	if (!r->c->module.options->pools.n) {
		json_pool(j, r, "arena", 0);
		return;
	}
	json_open(j, "pools", '[');
	for (int i = 0; i < r->c->plan.n_pools; i++)
		json_pool(j, r, NULL, i);
	json_close(j, ']');
}

static void json_stack(struct json *j, const struct stack *s)
{
	json_open(j, "stack", '{');
	json_int(j, "bytes", s->figure.bytes);
	json_text(j, "compiler", s->figure.compiler);
	json_text(j, "besides", s->figure.besides);
	json_open(j, "calls", '[');
	for (int i = 0; i < s->n; i++) {
		json_open(j, NULL, '{');
		json_text(j, "function", s->frame[i].function);
		json_int(j, "bytes", s->frame[i].bytes);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_close(j, '}');
}

void report_json(struct json *j, const struct report *r)
{
	const struct module *m = &r->c->module;

	json_text(j, "version", NNC_VERSION);
	json_text(j, "options", options_summary(m->options, r->arena));
	json_text(j, "model", m->name);
	json_text(j, "sha256", m->sha256);
	json_text(j, "target", m->target->name);
	json_tensors(j, r, "inputs", m->graph[0].in, module_n_in(m));
	json_tensors(j, r, "outputs", m->graph[0].out, module_n_out(m));
	json_open(j, "operators", '{');
	for (int i = 0; i < r->n_ops; i++)
		json_int(j, r->op[i].op->name, r->op[i].n);
	json_close(j, '}');
	json_int(j, "macs", r->macs);
	json_int(j, "parameters", r->parameters);
	json_int(j, "constant_bytes", r->constant_bytes);
	json_open(j, "sections", '{');
	for (int k = 0; k < N_SECTIONS; k++)
		if (m->options->section.name[k])
			json_text(j, section_kinds[k], m->options->section.name[k]);
	for (int k = 0; k < m->options->section.n; k++)
		json_text(j, m->options->section.pool[k], m->options->section.pool_section[k]);
	json_close(j, '}');
	json_int(j, "input_bytes", r->input_bytes);
	json_int(j, "output_bytes", r->output_bytes);
	json_bool(j, "edges_in_arena", m->options->io_memory == EDGES_ARENA);
	json_arena(j, r);
	if (r->stack)
		json_stack(j, r->stack);
	json_steps(j, r);
}

void report_print_json(const struct report *r)
{
	struct json j;

	json_begin(&j, r->arena);
	report_json(&j, r);
	fputs(json_end(&j), stdout);
}
