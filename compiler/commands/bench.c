/* nnc bench: how long a model takes, as a whole and step by step. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/built.h"
#include "host/process.h"
#include "commands/bench_counts.h"
#include "commands/bench_saved.h"
#include "commands/commands.h"
#include "commands/inputs.h"
#include "commands/json.h"
#include "ops/ops.h"
#include "support/name.h"
#include "targets/target.h"

static int compare_doubles(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static struct spread spread_of(double *v, int n)
{
	struct spread s;

	qsort(v, (size_t)n, sizeof *v, compare_doubles);
	s = (struct spread){ .median = (v[(n - 1) / 2] + v[n / 2]) / 2, .least = v[0], .quarter = v[n / 4],
			     .three_quarters = v[3 * n / 4], .most = v[n - 1] };
	while (s.n_outliers < n && v[n - 1 - s.n_outliers] > s.three_quarters + 3 * (s.three_quarters - s.quarter))
		s.n_outliers++;
	return s;
}

/* --- inputs ------------------------------------------------------------------------------------------------------- */

/* Data where none is given: floats between -1 and 1, bytes of all values, other integers 0 or 1, which are indexes that
 * exist. The same numbers every time. */
static void fill(struct value *v, uint32_t *state)
{
	for (int64_t i = 0; i < v->n; i++) {
		*state = *state * 1664525u + 1013904223u;
		const float f = (float)(int32_t)*state * 0x1p-31f;
		const double wide = (double)f;
		switch (v->type) {
		case DT_F32:
			((float *)(void *)v->bytes)[i] = f;
			break;
		case DT_F64:
			((double *)(void *)v->bytes)[i] = wide;
			break;
		case DT_I8:
		case DT_U8:
			v->bytes[i] = (unsigned char)(*state >> 24);
			break;
		case DT_F16:
		case DT_BF16:
			break;
		default:
			v->bytes[(host_is_big_endian() ? i + 1 : i) * dtypes[v->type].bytes - host_is_big_endian()] =
				*state >> 31;
		}
	}
}

/* Values for the compiled graph, run-time dimensions at their upper bounds. */
static const struct value *make_values(struct module *m, struct arena *a, struct diag *d)
{
	const struct graph *g = &m->graph[0];
	struct value *v = ARENA_ARRAY(a, module_n_in(m), struct value);
	uint32_t state = 1;

	for (int i = 0; i < module_n_in(m); i++) {
		const struct tensor *t = &m->tensor[g->in[i]];
		int64_t dim[MAX_RANK];
		for (int k = 0; k < t->rank; k++)
			dim[k] = t->dim[k].n;
		v[i] = (struct value){ .name = t->name, .source = t->name, .type = t->type };
		if (!value_shape(&v[i], a, d, t->rank, dim))
			return NULL;
		v[i].bytes = arena_array(a, (size_t)v[i].n, (size_t)dtypes[t->type].bytes);
		fill(&v[i], &state);
	}
	return v;
}

/* --- results ------------------------------------------------------------------------------------------------------ */

struct result {
	const struct options *options;
	struct built *whole, *stepped;
	struct timing time;
	struct spread run;
	struct timing step_time;
	double *step;                   /* median of each */
	double step_sum;
};

static void find_steps(struct result *r, struct arena *a)
{
	const struct timing *t = &r->step_time;
	double *v = ARENA_ARRAY(a, t->repeats, double);

	r->step = ARENA_ARRAY(a, t->n_steps, double);
	for (int s = 0; s < t->n_steps; s++) {
		for (int i = 0; i < t->repeats; i++)
			v[i] = t->step[(int64_t)i * t->n_steps + s];
		r->step[s] = spread_of(v, t->repeats).median;
		r->step_sum += r->step[s];
	}
}

static double gmacs(int64_t macs, double seconds)
{
	return seconds > 0 ? 1e-9 * (double)macs / seconds : 0;
}

static void print_time(double seconds)
{
	if (seconds < 1e-3)
		printf("%9.2f us", 1e6 * seconds);
	else
		printf("%9.3f ms", 1e3 * seconds);
}

static void print_text(const struct result *r)
{
	const struct built *b = r->whole;

	printf("target %s, %d runs after a tenth of a second to warm up\n", b->c.module.target->name, r->time.repeats);
	if (*b->runner)
		printf("runner %s\n", b->runner);
	printf("median");
	print_time(r->run.median);
	printf("   least");
	print_time(r->run.least);
	printf("   middle half %.2f to %.2f of the median", r->run.quarter / r->run.median,
	       r->run.three_quarters / r->run.median);
	printf("   %.4g MMAC, %.2f GMAC/s\n", (double)b->c.totals.macs / 1e6, gmacs(b->c.totals.macs, r->run.median));
	if (r->run.n_outliers)
		printf("outliers %d, three widths of the middle half beyond it; the longest %.2f times the median\n",
		       r->run.n_outliers, r->run.most / r->run.median);
	if (!r->step)
		return;
	printf("\n step        time    share   GMAC/s  node\n");
	for (int s = 0; s < r->step_time.n_steps; s++) {
		const struct step *step = block_leaf(&r->stepped->c.block, s);
		const struct module *m = &r->stepped->c.module;
		const bool has_node = step && step->node >= 0;
		printf("%5d ", s);
		print_time(r->step[s]);
		printf(" %6.1f %%", r->step_sum > 0 ? 100 * r->step[s] / r->step_sum : 0);
		if (step && step->macs)
			printf(" %8.2f", gmacs(step->macs, r->step[s]));
		else
			printf(" %8s", "");
		printf("  %s \"%s\"\n", has_node ? m->node[step->node].op->name : "copy",
		       has_node ? name_text(m->scratch, m->node[step->node].name) : "");
	}
	printf("  sum ");
	print_time(r->step_sum);
	printf("\n");
}

static const char *json_result(const struct result *r, struct arena *a)
{
	const struct built *b = r->whole;
	struct json j;

	json_begin(&j, a);
	json_text(&j, "model", b->c.module.name);
	json_text(&j, "sha256", b->c.module.sha256);
	json_text(&j, "target", b->c.module.target->name);
	json_text(&j, "runner", b->runner);
	json_int(&j, "repeats", r->time.repeats);
	json_number(&j, "median_s", r->run.median);
	json_number(&j, "min_s", r->run.least);
	json_number(&j, "quartile1_s", r->run.quarter);
	json_number(&j, "quartile3_s", r->run.three_quarters);
	json_number(&j, "max_s", r->run.most);
	json_int(&j, "outliers", r->run.n_outliers);
	json_int(&j, "macs", b->c.totals.macs);
	json_number(&j, "gmac_per_s", gmacs(b->c.totals.macs, r->run.median));
	json_open(&j, "steps", '[');
	for (int s = 0; r->step && s < r->step_time.n_steps; s++) {
		const struct step *step = block_leaf(&r->stepped->c.block, s);
		const struct module *m = &r->stepped->c.module;
		const bool has_node = step && step->node >= 0;
		json_open(&j, NULL, '{');
		json_text(&j, "op", has_node ? m->node[step->node].op->name : "copy");
		json_text(&j, "node", has_node ? m->node[step->node].name : "");
		json_number(&j, "median_s", r->step[s]);
		json_number(&j, "share", r->step_sum > 0 ? r->step[s] / r->step_sum : 0);
		json_int(&j, "macs", step ? step->macs : 0);
		json_number(&j, "gmac_per_s", gmacs(step ? step->macs : 0, r->step[s]));
		json_close(&j, '}');
	}
	json_close(&j, ']');
	return json_end(&j);
}

/* --- the command -------------------------------------------------------------------------------------------------- */

static bool bench_in(const struct folder *f, const struct options *o, const struct inputs *in, struct arena *a,
		     struct arena *scratch, struct diag *d)
{
	struct result r = { .options = o, .whole = ARENA_NEW(a, struct built), .stepped = ARENA_NEW(a, struct built) };
	struct options stepped = *o;
	const struct value *values;
	struct saved before;

	if (o->against && !saved_read(&before, o->against, a, d))
		return false;
	if (!built_make(r.whole, o, f, 0, a, scratch, d))
		return false;
	values = in ? inputs_for_graph(in, &r.whole->c.module, a, d) : make_values(&r.whole->c.module, a, d);
	if (!values || !built_time(r.whole, values, o->repeat, &r.time, a, d))
		return false;
	r.run = spread_of(r.time.run, r.time.repeats);
	if (o->nodes) {
		stepped.taps = true;
		if (!built_make(r.stepped, &stepped, f, 1, a, scratch, d) ||
		    !built_time(r.stepped, values, o->repeat, &r.step_time, a, d))
			return false;
		find_steps(&r, a);
	}
	if (o->json)
		fputs(json_result(&r, a), stdout);
	else
		print_text(&r);
	if (o->against && !o->json)
		saved_print(&before, &r.run, r.whole->c.module.sha256, r.whole->c.module.target->name, o->against);
	return !o->save || saved_write(o->save, json_result(&r, a), a, d);
}

/* One run with marks between the steps. */
static bool count_in(const struct folder *f, const struct options *o, const struct inputs *in, struct arena *a,
		     struct arena *scratch, struct diag *d)
{
	struct built *b = ARENA_NEW(a, struct built);
	struct options marked = *o;
	const struct value *values;
	struct counts c;

	marked.marks = true;
	if (!built_make(b, &marked, f, 0, a, scratch, d))
		return false;
	values = in ? inputs_for_graph(in, &b->c.module, a, d) : make_values(&b->c.module, a, d);
	if (!values || !built_count(b, values, &c, a, d))
		return false;
	bench_print_counts(o, b, &c, a);
	return true;
}

/* An emulator's clock tells the emulator's speed, and that of a board which it imitates tells nothing: what QEMU runs
 * is counted, of others nothing can be said. */
static bool has_clock(const struct options *o, bool *counts, struct arena *a, struct diag *d)
{
	const struct target *t = target_find(a, o->target, NULL);
	const char *runner = o->runner || !t ? o->runner : t->runner;

	*counts = runner && runner_counts(runner, a);
	return !runner || *counts || !runner_is_emulator(runner, a) ||
	       diag_error(d, STATUS_UNSUPPORTED, NULL, "times of target %s by \"%s\" would be an emulator's; "
			  "give a --runner that takes the program to such a machine, or QEMU, which counts "
			  "instructions", t ? t->name : o->target, runner);
}

enum status command_bench(const struct options *given, struct arena *a, struct arena *scratch, struct diag *d)
{
	struct options o = *given;
	struct inputs in;
	struct folder *f;
	bool has_data = o.data || o.n_rest, counts;

	if (!has_clock(&o, &counts, a, d) || (has_data && !inputs_read(&in, &o, a, d)) || !(f = folder_make(a, d)))
		return d->status;
	(counts ? count_in : bench_in)(f, &o, has_data ? &in : NULL, a, scratch, d);
	folder_remove(f);
	return d->status;
}
