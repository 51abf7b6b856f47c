#include "quantize/quality.h"

#include <math.h>

#include "support/arena.h"

enum { BATCH_BYTES = 64 << 20 };

static void compare(struct quality *q, const struct value *wanted, const struct value *seen)
{
	const float *x = (const float *)(const void *)wanted->bytes, *y = (const float *)(const void *)seen->bytes;

	for (int64_t i = 0; i < wanted->n && i < seen->n; i++) {
		q->signal += (double)x[i] * (double)x[i];
		q->noise += (double)(x[i] - y[i]) * (double)(x[i] - y[i]);
	}
}

/* What is compared: tensors by their outputs of both programs, and the graph's own outputs, which come first. */
struct pairs {
	const int *of;
	struct quality *seen, *output;
	int n_outputs;
};

static void compare_answers(const struct calibration *c, const struct probe *p, const struct pairs *x,
			    const struct answer *wanted, const struct answer *got)
{
	for (int t = 0; t < p->n; t++)
		if (probe_value(p, got, t)->type == DT_F32)
			compare(&x->seen[t], probe_value(&c->probe, wanted, x->of[t]), probe_value(p, got, t));
	for (int i = 0; i < x->n_outputs; i++)
		if (wanted->out[i].type == DT_F32 && got->out[i].type == DT_F32)
			compare(&x->output[i], &wanted->out[i], &got->out[i]);
}

/* One batch through both programs. */
static bool run_both(struct calibration *c, struct probe *p, const struct value *const *values, int n,
		     const struct pairs *x, struct arena *a)
{
	struct answer *wanted = ARENA_ARRAY(a, n, struct answer), *got = ARENA_ARRAY(a, n, struct answer);

	if (!built_run(c->probe.built, values, n, wanted, a, c->diag) ||
	    !built_run(p->built, values, n, got, a, c->diag))
		return false;
	for (int k = 0; k < n; k++)
		compare_answers(c, p, x, &wanted[k], &got[k]);
	return true;
}

static bool run_samples(struct calibration *c, struct probe *p, const struct pairs *x)
{
	struct arena *a = arena_child(c->arena);
	const int64_t fit = BATCH_BYTES / (c->probe.bytes + p->bytes + 1);
	const int most = fit < 1 ? 1 : fit > QUALITY_SAMPLES ? QUALITY_SAMPLES : (int)fit;
	const struct sink remarks = c->diag->remarks;
	bool ok = true;
	int n = most;

	if (!c->diag->verbose)
		c->diag->remarks = (struct sink){ 0 }; /* that every picture was scaled */
	samples_rewind(&c->samples);
	for (int done = 0; ok && n == most && done < QUALITY_SAMPLES; done += n) {
		const struct value **values = ARENA_ARRAY(a, most, const struct value *);
		ok = calibrate_batch(c, values, most, &n, a) && (!n || run_both(c, p, values, n, x, a));
		arena_free(a);
	}
	c->diag->remarks = remarks;
	return ok;
}

bool quality_measure(struct calibration *c, struct onnx_file *q, const struct statistics *s,
		     const struct selection *chosen, struct quality *seen, struct quality *output)
{
	const char **name = ARENA_ARRAY(c->arena, chosen->n, const char *);
	int *of = ARENA_ARRAY(c->arena, chosen->n, int);
	const char *const model = c->diag->file;
	const struct pairs pairs = { of, seen, output, (int)q->graph->n_output };
	struct probe p;
	bool ok;

	for (int t = 0; t < chosen->n; t++) {
		name[t] = chosen->tensor[t].read;
		of[t] = (int)(statistics_find(s, chosen->tensor[t].name) - s->v);
		seen[t] = (struct quality){ 0 };
	}
	if (!probe_make(&p, q, name, chosen->n, c->options, c->folder, 1, c->arena, c->scratch, c->diag))
		return false;
	c->diag->file = NULL;
	ok = run_samples(c, &p, &pairs);
	c->diag->file = model;
	return ok;
}

double quality_db(const struct quality *q)
{
	return q->noise > 0 ? 10 * log10(q->signal / q->noise) : (double)INFINITY;
}
