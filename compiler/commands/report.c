#include "commands/report.h"

#include <stdlib.h>
#include <string.h>

#include "ops/ops.h"
#include "targets/target.h"

static void count_op(struct report *r, const struct op_def *op)
{
	for (int i = 0; i < r->n_ops; i++)
		if (r->op[i].op == op) {
			r->op[i].n++;
			return;
		}
	r->op = ARENA_PUSH(r->arena, r->op, r->n_ops, struct op_count);
	r->op[r->n_ops++] = (struct op_count){ op, 1 };
}

static int compare_ops(const void *pa, const void *pb)
{
	const struct op_count *a = pa, *b = pb;

	if (a->n != b->n)
		return a->n > b->n ? -1 : 1;
	return strcmp(a->op->name, b->op->name);
}

static void count_ops(struct report *r)
{
	const struct module *m = &r->c->module;

	for (int g = 0; g < m->n_graphs; g++)
		for (int i = 0; i < m->graph[g].n_nodes; i++)
			count_op(r, m->node[m->graph[g].node[i]].op);
	if (r->n_ops)
		qsort(r->op, (size_t)r->n_ops, sizeof *r->op, compare_ops);
}

/* Equal constants count once, as in the C that would be written. */
static void add_constant(struct report *r, int tensor)
{
	struct module *m = &r->c->module;
	const int base = m->tensor[tensor].base;
	const struct tensor *t = &m->tensor[base];
	int64_t n;

	if (!t->data || r->counted[base])
		return;
	r->counted[base] = true;
	n = tensor_elements(m, base).n;
	r->parameters += n;
	weights_add_constant(&r->weights, t, (size_t)n, m->target->arena_align);
}

static void visit_tensor(void *ctx, int tensor, enum arg_kind kind)
{
	struct report *r = ctx;
	const struct module *m = &r->c->module;
	const int base = m->tensor[tensor].base;

	(void)kind;
	if (m->tensor[base].data)
		r->line[r->n_lines].constant_bytes += tensor_bytes(&r->c->module, base);
	add_constant(r, tensor);
}

/* Bytes that live at each place of the timeline, from what is born and dies there. */
static int64_t *find_live_bytes(const struct plan *p, struct arena *a)
{
	int64_t *live = ARENA_ARRAY(a, p->n_steps + 2, int64_t);

	for (int i = 0; i < p->n_buffers; i++) {
		live[p->buffer[i].first] += p->buffer[i].size_bytes;
		live[p->buffer[i].last + 1] -= p->buffer[i].size_bytes;
	}
	for (int t = 1; t <= p->n_steps; t++)
		live[t] += live[t - 1];
	return live;
}

/* A loop that streams rows is one place on the timeline, `rows`, for all steps in it; -1: each has its own. Depth is
 * bounded by MAX_NESTING. */
static void visit_block(struct report *r, const struct block *b, int rows)
{
	for (int i = 0; i < b->n; i++) {
		const struct step *s = &b->step[i];
		const int time = rows >= 0 ? rows : r->time++;
		if (step_is_control(s)) {
			visit_block(r, &s->body[0], step_is_planned_inside(s) ? -1 : time);
			visit_block(r, &s->body[1], -1);
			continue;
		}
		r->line = ARENA_PUSH(r->arena, r->line, r->n_lines, struct line);
		r->line[r->n_lines] = (struct line){ .step = s, .time = time, .live_bytes = r->live_bytes[time] };
		step_each_tensor(&r->c->module, s, visit_tensor, r);
		r->n_lines++;
		r->macs += s->macs;
	}
}

void report_gather(struct report *r)
{
	struct module *m = &r->c->module;

	weights_init(&r->weights, r->arena, "model", "model", m->target, WEIGHTS_TEXT);
	r->counted = ARENA_ARRAY(r->arena, m->n_tensors, bool);
	count_ops(r);
	r->live_bytes = find_live_bytes(&r->c->plan, r->arena);
	visit_block(r, &r->c->block, -1);
	for (int i = 0; i < module_n_in(m); i++)
		r->input_bytes += tensor_bytes(m, m->graph[0].in[i]);
	for (int i = 0; i < module_n_out(m); i++) {
		r->output_bytes += tensor_bytes(m, m->graph[0].out[i]);
		add_constant(r, m->graph[0].out[i]);
	}
	weights_finish(&r->weights);
	r->constant_bytes = (int64_t)r->weights.total_bytes;
}

int report_written(const struct step *s)
{
	if (s->kind == STEP_NEST)
		return s->nest->out;
	for (int i = 0; i < s->call->n_args; i++)
		if (s->call->arg[i].kind == ARG_WRITE)
			return s->call->arg[i].tensor;
	return -1;
}

const char *report_op_name(const struct module *m, const struct step *s)
{
	return s->node >= 0 ? m->node[s->node].op->name : "copy";
}

const char *report_node_name(const struct module *m, const struct step *s)
{
	return s->node >= 0 ? m->node[s->node].name : "";
}

const char *report_buffer_name(const struct report *r, int i)
{
	const char *name = r->c->module.tensor[r->c->plan.tensor_of[i]].name;

	return *name ? name : "(between steps)";
}
