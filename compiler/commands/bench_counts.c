#include "commands/bench_counts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "commands/json.h"
#include "ops/ops.h"
#include "support/name.h"
#include "targets/target.h"

enum core { M0, M0PLUS, M3, M4, N_CORES };

static const struct {
	const char *base, *source;
} cores[N_CORES] = {
	[M0] = { "cortex-m0", "Arm DDI 0432" },
	[M0PLUS] = { "cortex-m0plus", "Arm DDI 0484" },
	[M3] = { "cortex-m3", "Arm DDI 0337" },
	[M4] = { "cortex-m4", "Arm DDI 0439" },
};

static const int cycles[N_INSN_CLASSES][N_CORES] = {
#define CYCLES(class, m0, m0plus, m3, m4) { m0, m0plus, m3, m4 },
#include "commands/cycles.def"
#undef CYCLES
};

/* The core whose timings are known, or N_CORES. */
static int core_of(const struct target *t)
{
	int k = 0;

	while (k < N_CORES && strcmp(cores[k].base, t->base) != 0)
		k++;
	return k;
}

/* With memory that makes each branch that is taken wait so many cycles more. */
static int64_t estimate(const struct step_count *s, int core, int64_t wait_states)
{
	int64_t sum = s->of[CLASS_TAKEN] * wait_states;

	for (int k = 0; k < N_INSN_CLASSES; k++)
		sum += s->of[k] * cycles[k][core];
	return sum;
}

struct view {
	const struct options *o;
	const struct built *b;
	const struct counts *c;
	int core;
};

static const char *op_of(const struct view *v, int s)
{
	const struct step *step = block_leaf(&v->b->c.block, s);

	return step && step->node >= 0 ? v->b->c.module.node[step->node].op->name : "copy";
}

static const char *node_of(const struct view *v, int s)
{
	const struct step *step = block_leaf(&v->b->c.block, s);

	return step && step->node >= 0 ? v->b->c.module.node[step->node].name : "";
}

static int64_t macs_of(const struct view *v, int s)
{
	const struct step *step = block_leaf(&v->b->c.block, s);

	return step ? step->macs : 0;
}

static void print_row(const struct view *v, const char *name, const struct step_count *s, int64_t macs)
{
	printf("%8s %13" PRId64 " %6.1f %%", name, s->insns, 100 * (double)s->insns / (double)v->c->whole.insns);
	if (macs)
		printf(" %8.3f", (double)s->insns / (double)macs);
	else
		printf(" %8s", "");
	if (v->core < N_CORES)
		printf(" %13" PRId64, estimate(s, v->core, v->o->wait_states));
}

static void print_text(const struct view *v, struct arena *a)
{
	const struct module *m = &v->b->c.module;

	printf("target %s, %s %s, exact counts of one warm run under %.*s\n", m->target->name,
	       v->o->cc ? v->o->cc : m->target->cc, v->o->cflags, (int)strcspn(v->b->runner, " "), v->b->runner);
	if (v->core < N_CORES)
		printf("cycles are an estimate by the timings of %s, %" PRId64 " wait states a branch\n",
		       cores[v->core].source, v->o->wait_states);
	else
		printf("no cycles are estimated: no timings of this core are published\n");
	printf("\n    step  instructions    share  per MAC%s  node\n", v->core < N_CORES ? " cycles (est.)" : "");
	for (int s = 0; s < v->c->n_steps; s++) {
		print_row(v, arena_printf(a, "%d", s), &v->c->step[s], macs_of(v, s));
		printf("  %s \"%s\"\n", op_of(v, s), name_text(m->scratch, node_of(v, s)));
	}
	print_row(v, "outside", &v->c->outside, 0);
	printf("  the call and what is round the steps\n");
	print_row(v, "whole", &v->c->whole, v->b->c.totals.macs);
	printf("\n");
}

static void json_count(const struct view *v, struct json *j, const struct step_count *s)
{
	json_int(j, "instructions", s->insns);
	if (v->core < N_CORES)
		json_int(j, "estimated_cycles", estimate(s, v->core, v->o->wait_states));
}

static void print_json(const struct view *v, struct arena *a)
{
	struct json j;

	json_begin(&j, a);
	json_text(&j, "target", v->b->c.module.target->name);
	json_text(&j, "runner", v->b->runner);
	json_int(&j, "macs", v->b->c.totals.macs);
	json_count(v, &j, &v->c->whole);
	if (v->core < N_CORES) {
		json_text(&j, "timings", cores[v->core].source);
		json_int(&j, "wait_states", v->o->wait_states);
	}
	json_open(&j, "outside", '{');
	json_count(v, &j, &v->c->outside);
	json_close(&j, '}');
	json_open(&j, "steps", '[');
	for (int s = 0; s < v->c->n_steps; s++) {
		json_open(&j, NULL, '{');
		json_text(&j, "op", op_of(v, s));
		json_text(&j, "node", node_of(v, s));
		json_int(&j, "passages", v->c->step[s].passages);
		json_int(&j, "macs", macs_of(v, s));
		json_count(v, &j, &v->c->step[s]);
		json_close(&j, '}');
	}
	json_close(&j, ']');
	fputs(json_end(&j), stdout);
}

void bench_print_counts(const struct options *o, const struct built *b, const struct counts *c, struct arena *a)
{
	const struct view v = { o, b, c, core_of(b->c.module.target) };

	if (o->json)
		print_json(&v, a);
	else
		print_text(&v, a);
}
