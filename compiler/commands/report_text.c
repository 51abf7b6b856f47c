#include <stdio.h>

#include "commands/report.h"
#include "host/stack.h"
#include "data/value.h"
#include "options.h"
#include "ops/ops.h"
#include "plan/draw.h"
#include "sections.h"
#include "support/name.h"
#include "targets/target.h"

enum { MAP_COLUMNS = 72, MAP_ROWS = 16, MAX_PEAK_ROWS = 20 };

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

static void print_tensors(const struct report *r, const char *what, const int *tensor, int n)
{
	const struct module *m = &r->c->module;
	char shape[SHAPE_BYTES];

	for (int i = 0; i < n; i++)
		printf("%-12s %s: %s %s\n", i ? "" : what, name_text(r->arena, m->tensor[tensor[i]].name),
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
	for (int i = 0; i < p->n_pools; i++)
		printf("%-12s %lld bytes, lower bound %lld\n", p->pool_name[i], (long long)p->pool[i].arena_bytes,
		       (long long)p->pool[i].bound_bytes);
	printf("edges        inputs %lld bytes, outputs %lld bytes, %s\n", (long long)r->input_bytes,
	       (long long)r->output_bytes,
	       r->c->module.options->io_memory == EDGES_ARENA ? "in the arena" : "the caller's");
	printf("memory       %s\n", sections_text(r->c->module.options, p, r->constant_bytes, r->arena));
	if (r->stack)
		printf("stack        %lld bytes, by %s: %s\n", (long long)r->stack->figure.bytes,
		       r->stack->figure.compiler, stack_text(r->stack, r->c, r->arena));
}

static void print_steps(const struct report *r)
{
	const struct module *m = &r->c->module;
	char shape[SHAPE_BYTES];

	printf("\n step       MMAC  constants    RAM live  node\n");
	for (int i = 0; i < r->n_lines; i++) {
		const struct line *l = &r->line[i];
		const int out = report_written(l->step);
		printf("%5d %10.4f %10lld %11lld%c %s \"%s\"%s%s\n", i, (double)l->step->macs / 1e6,
		       (long long)l->constant_bytes, (long long)l->live_bytes,
		       r->c->plan.n_buffers && l->time == r->c->plan.pool->peak_step ? '*' : ' ',
		       report_op_name(m, l->step), name_text(r->arena, report_node_name(m, l->step)),
		       out >= 0 ? " -> " : "", out >= 0 ? shape_of(shape, m, out, r->arena) : "");
	}
}

static void print_peak(const struct report *r, int pool)
{
	const struct plan *p = &r->c->plan;
	int shown = 0, n = 0;
	struct strbuf map;

	if (!p->pool[pool].arena_bytes)
		return;
	printf("\nat the peak (*)%s%s:\n", p->n_pools > 1 ? " of " : "", p->n_pools > 1 ? p->pool_name[pool] : "");
	for (int i = 0; i < p->n_buffers; i++) {
		const struct buffer *b = &p->buffer[i];
		if (b->pool != pool || !plan_is_at_peak(p, b))
			continue;
		n++;
		if (shown < MAX_PEAK_ROWS) {
			shown++;
			printf("%11lld bytes at %-9lld steps %d to %d  %s\n", (long long)b->size_bytes,
			       (long long)b->offset, b->first, b->last, name_text(r->arena, report_buffer_name(r, i)));
		}
	}
	if (n > shown)
		printf("            and %d more\n", n - shown);
	strbuf_init(&map, r->arena);
	plan_draw_map(&map, p->buffer, p->n_buffers, pool, &p->pool[pool], MAP_COLUMNS, MAP_ROWS, "  ");
	printf("\n%s, offsets upwards, steps to the right:\n%s", p->pool_name[pool], strbuf_text(&map));
}

void report_print_text(const struct report *r)
{
	const struct module *m = &r->c->module;

	printf("model        %s, sha256 %.16s...\ntarget       %s\n", name_text(r->arena, m->name), m->sha256,
	       m->target->name);
	print_tensors(r, "inputs", m->graph[0].in, module_n_in(m));
	print_tensors(r, "outputs", m->graph[0].out, module_n_out(m));
	print_totals(r);
	print_steps(r);
	for (int i = 0; i < r->c->plan.n_pools; i++)
		print_peak(r, i);
}
