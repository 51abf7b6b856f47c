/* nnc inspect: what a model is made of and what it will need. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/commands.h"
#include "commands/json.h"
#include "commands/progress.h"
#include "commands/stack.h"
#include "budget.h"
#include "data/value.h"
#include "driver.h"
#include "emit/emit_weights.h"
#include "ops/ops.h"
#include "plan/draw.h"
#include "targets/target.h"

enum { MAP_COLUMNS = 72, MAP_ROWS = 16, MAX_PEAK_ROWS = 20 };

struct op_count {
	const struct op_def *op;
	int n;
};

/* A leaf step in the order of the timeline, which counts control flow too. */
struct line {
	const struct step *step;
	int time;               /* its place on the timeline of the plan */
	int64_t live_bytes;     /* of buffers that live during it */
	int64_t constant_bytes; /* that it reads */
};

struct report {
	struct compilation *c;
	struct op_count *op;
	int n_ops;
	struct line *line;
	int n_lines;
	int64_t macs, parameters, constant_bytes;
	struct weights weights;
	bool *counted;          /* constants, by tensor */
	int time;
	struct arena *arena;
	const struct stack *stack;      /* NULL: not measured */
};

/* --- gathering ---------------------------------------------------------------------------------------------------- */

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
	weights_add(&r->weights, t->data, (size_t)n, t->type, m->target->arena_align, NULL);
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

static int64_t live_bytes(const struct plan *p, int time)
{
	int64_t bytes = 0;

	for (int i = 0; i < p->n_buffers; i++)
		if (p->buffer[i].first <= time && time <= p->buffer[i].last)
			bytes += p->buffer[i].size_bytes;
	return bytes;
}

/* Depth is bounded by MAX_NESTING. */
static void visit_block(struct report *r, const struct block *b)
{
	for (int i = 0; i < b->n; i++) {
		const struct step *s = &b->step[i];
		const int time = r->time++;
		if (s->kind == STEP_IF || s->kind == STEP_LOOP) {
			visit_block(r, &s->body[0]);
			visit_block(r, &s->body[1]);
			continue;
		}
		r->line = ARENA_PUSH(r->arena, r->line, r->n_lines, struct line);
		r->line[r->n_lines] =
			(struct line){ .step = s, .time = time, .live_bytes = live_bytes(&r->c->plan, time) };
		step_each_tensor(s, visit_tensor, r);
		r->n_lines++;
		r->macs += s->macs;
	}
}

static void gather(struct report *r)
{
	struct module *m = &r->c->module;

	weights_init(&r->weights, r->arena, "model", "model", m->target, WEIGHTS_TEXT);
	r->counted = ARENA_ARRAY(r->arena, m->n_tensors, bool);
	count_ops(r);
	visit_block(r, &r->c->block);
	for (int i = 0; i < m->graph[0].n_out; i++)
		add_constant(r, m->graph[0].out[i]);
	weights_finish(&r->weights);
	r->constant_bytes = (int64_t)r->weights.total_bytes;
}

/* --- what a line says --------------------------------------------------------------------------------------------- */

static const char *shape_of(char buf[SHAPE_BYTES], const struct module *m, int t, struct arena *a)
{
	const struct tensor *x = &m->tensor[t];
	struct strbuf b;

	strbuf_init(&b, a);
	strbuf_puts(&b, "[");
	for (int k = 0; k < x->rank; k++) {
		strbuf_puts(&b, k ? ", " : "");
		num_print(&m->nums, x->dim[k], &b);
		if (!num_is_const(x->dim[k]))
			strbuf_printf(&b, " <= %lld", (long long)x->dim[k].n);
	}
	strbuf_puts(&b, "]");
	snprintf(buf, SHAPE_BYTES, "%s", strbuf_text(&b));
	return buf;
}

/* Names are the model's: one line, printable. */
static const char *plain(struct arena *a, const char *name)
{
	char *s = arena_strndup(a, name, strnlen(name, 120));

	for (char *p = s; *p; p++)
		if ((unsigned char)*p < 32 || *p == 127)
			*p = '?';
	return s;
}

static int written(const struct step *s)
{
	if (s->kind == STEP_NEST)
		return s->nest->out;
	for (int i = 0; i < s->call->n_args; i++)
		if (s->call->arg[i].kind == ARG_WRITE)
			return s->call->arg[i].tensor;
	return -1;
}

static const char *op_name(const struct module *m, const struct step *s)
{
	return s->node >= 0 ? m->node[s->node].op->name : "copy";
}

static const char *node_name(const struct module *m, const struct step *s)
{
	return s->node >= 0 ? m->node[s->node].name : "";
}

static const char *buffer_name(const struct report *r, int i)
{
	const char *name = r->c->module.tensor[r->c->plan.tensor_of[i]].name;

	return *name ? name : "(between steps)";
}

static bool lives_at_peak(const struct plan *p, const struct buffer *b)
{
	return b->size_bytes && b->first <= p->pool.peak_step && p->pool.peak_step <= b->last;
}

/* --- text --------------------------------------------------------------------------------------------------------- */

static void print_tensors(const struct report *r, const char *what, const int *tensor, int n)
{
	const struct module *m = &r->c->module;
	char shape[SHAPE_BYTES];

	for (int i = 0; i < n; i++)
		printf("%-12s %s: %s %s\n", i ? "" : what, plain(r->arena, m->tensor[tensor[i]].name),
		       dtypes[m->tensor[tensor[i]].type].name, shape_of(shape, m, tensor[i], r->arena));
}

static void print_totals(const struct report *r)
{
	const struct plan *p = &r->c->plan;

	printf("operators   ");
	for (int i = 0; i < r->n_ops; i++)
		printf(" %d %s%s", r->op[i].n, r->op[i].op->name, i + 1 < r->n_ops ? "," : "");
	printf("\nwork         %.6g MMAC in %d steps\n", (double)r->macs / 1e6, r->n_lines);
	printf("parameters   %lld, %lld bytes of constants in flash\n", (long long)r->parameters,
	       (long long)r->constant_bytes);
	printf("arena        %lld bytes, lower bound %lld\n", (long long)p->arena_bytes, (long long)p->bound_bytes);
	if (r->stack)
		printf("stack        %lld bytes, by %s: %s\n", (long long)r->stack->figure.bytes,
		       r->stack->figure.compiler, plain(r->arena, stack_text(r->stack, r->c, r->arena)));
}

static void print_steps(const struct report *r)
{
	const struct module *m = &r->c->module;
	char shape[SHAPE_BYTES];

	printf("\n step       MMAC  constants    RAM live  node\n");
	for (int i = 0; i < r->n_lines; i++) {
		const struct line *l = &r->line[i];
		const int out = written(l->step);
		printf("%5d %10.4f %10lld %11lld%c %s \"%s\"%s%s\n", i, (double)l->step->macs / 1e6,
		       (long long)l->constant_bytes, (long long)l->live_bytes,
		       r->c->plan.n_buffers && l->time == r->c->plan.pool.peak_step ? '*' : ' ', op_name(m, l->step),
		       plain(r->arena, node_name(m, l->step)), out >= 0 ? " -> " : "",
		       out >= 0 ? shape_of(shape, m, out, r->arena) : "");
	}
}

static void print_peak(const struct report *r)
{
	const struct plan *p = &r->c->plan;
	int shown = 0, n = 0;
	struct strbuf map;

	if (!p->arena_bytes)
		return;
	printf("\nat the peak (*):\n");
	for (int i = 0; i < p->n_buffers; i++) {
		const struct buffer *b = &p->buffer[i];
		if (!lives_at_peak(p, b))
			continue;
		n++;
		if (shown < MAX_PEAK_ROWS) {
			shown++;
			printf("%11lld bytes at %-9lld steps %d to %d  %s\n", (long long)b->size_bytes,
			       (long long)b->offset, b->first, b->last, plain(r->arena, buffer_name(r, i)));
		}
	}
	if (n > shown)
		printf("            and %d more\n", n - shown);
	strbuf_init(&map, r->arena);
	plan_draw_map(&map, p->buffer, p->n_buffers, 0, &p->pool, MAP_COLUMNS, MAP_ROWS, "  ");
	printf("\narena, offsets upwards, steps to the right:\n%s", strbuf_text(&map));
}

static void print_text(const struct report *r)
{
	const struct module *m = &r->c->module;

	printf("model        %s, sha256 %.16s...\ntarget       %s\n", plain(r->arena, m->name), m->sha256,
	       m->target->name);
	print_tensors(r, "inputs", m->graph[0].in, m->graph[0].n_in);
	print_tensors(r, "outputs", m->graph[0].out, m->graph[0].n_out);
	print_totals(r);
	print_steps(r);
	print_peak(r);
}

/* --- JSON --------------------------------------------------------------------------------------------------------- */

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
		const int out = written(l->step);
		json_open(j, NULL, '{');
		json_text(j, "op", op_name(m, l->step));
		json_text(j, "node", node_name(m, l->step));
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

static void json_arena(struct json *j, const struct report *r)
{
	const struct plan *p = &r->c->plan;

	json_open(j, "arena", '{');
	json_int(j, "bytes", p->arena_bytes);
	json_int(j, "lower_bound_bytes", p->bound_bytes);
	json_int(j, "peak_step", p->pool.peak_step);
	json_open(j, "buffers", '[');
	for (int i = 0; i < p->n_buffers; i++) {
		const struct buffer *b = &p->buffer[i];
		json_open(j, NULL, '{');
		json_text(j, "tensor", buffer_name(r, i));
		json_int(j, "bytes", b->size_bytes);
		json_int(j, "offset", b->offset);
		json_int(j, "first_step", b->first);
		json_int(j, "last_step", b->last);
		json_bool(j, "at_peak", lives_at_peak(p, b));
		json_close(j, '}');
	}
	json_close(j, ']');
	json_close(j, '}');
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

static void print_json(const struct report *r)
{
	const struct module *m = &r->c->module;
	struct json j;

	json_begin(&j, r->arena);
	json_text(&j, "model", m->name);
	json_text(&j, "sha256", m->sha256);
	json_text(&j, "target", m->target->name);
	json_tensors(&j, r, "inputs", m->graph[0].in, m->graph[0].n_in);
	json_tensors(&j, r, "outputs", m->graph[0].out, m->graph[0].n_out);
	json_open(&j, "operators", '{');
	for (int i = 0; i < r->n_ops; i++)
		json_int(&j, r->op[i].op->name, r->op[i].n);
	json_close(&j, '}');
	json_int(&j, "macs", r->macs);
	json_int(&j, "parameters", r->parameters);
	json_int(&j, "constant_bytes", r->constant_bytes);
	json_arena(&j, r);
	if (r->stack)
		json_stack(&j, r->stack);
	json_steps(&j, r);
	fputs(json_end(&j), stdout);
}

/* --- the command -------------------------------------------------------------------------------------------------- */

enum status command_inspect(const struct options *given, struct arena *a, struct arena *scratch, struct diag *d)
{
	struct options o = *given;
	struct report r = { .c = ARENA_NEW(a, struct compilation), .arena = a };
	struct stack stack;
	bool ok;

	if (o.n_rest) {
		diag_error(d, STATUS_USAGE, NULL, "more than one model: \"%s\"", o.rest[0]);
		return d->status;
	}
	o.output = NULL;
	o.name = "model";
	progress_begin((const char *const volatile *)&r.c->stage);
	ok = compile_model(r.c, &o, a, scratch, d);
	progress_end();
	if (!ok)
		return d->status;
	gather(&r);
	if (!budget_flash(&r.c->module, &r.c->block, r.constant_bytes))
		return d->status;
	if (stack_is_wanted(&o)) {
		if (!stack_measure(&stack, r.c, &o, a, d))
			return d->status;
		r.stack = &stack;
	}
	if (o.json)
		print_json(&r);
	else
		print_text(&r);
	return d->status;
}
