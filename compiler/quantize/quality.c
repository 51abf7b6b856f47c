#include "quantize/quality.h"

#include <math.h>

#include "support/arena.h"

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
	struct calibration *c;
	struct probe probe; /* of the new model */
	const int *of;
	struct quality *seen, *output;
	int n_outputs;
};

static void compare_answers(const struct pairs *x, const struct answer *wanted, const struct answer *got)
{
	const struct probe *p = &x->probe;

	for (int t = 0; t < p->n; t++)
		if (probe_value(p, got, t)->type == DT_F32)
			compare(&x->seen[t], probe_value(&x->c->probe, wanted, x->of[t]), probe_value(p, got, t));
	for (int i = 0; i < x->n_outputs; i++)
		if (wanted->out[i].type == DT_F32 && got->out[i].type == DT_F32)
			compare(&x->output[i], &wanted->out[i], &got->out[i]);
}

/* One batch through both programs. */
static bool run_both(void *ctx, const struct value *const *values, int n, struct arena *a)
{
	const struct pairs *x = ctx;
	struct calibration *c = x->c;
	struct answer *wanted = ARENA_ARRAY(a, n, struct answer), *got = ARENA_ARRAY(a, n, struct answer);

	if (!built_run(c->probe.built, values, n, wanted, a, c->diag) ||
	    !built_run(x->probe.built, values, n, got, a, c->diag))
		return false;
	for (int k = 0; k < n; k++)
		compare_answers(x, &wanted[k], &got[k]);
	return true;
}

bool quality_measure(struct calibration *c, struct onnx_file *q, const struct statistics *s,
		     const struct selection *chosen, struct quality *seen, struct quality *output)
{
	const char **name = ARENA_ARRAY(c->arena, chosen->n, const char *);
	int *of = ARENA_ARRAY(c->arena, chosen->n, int);
	struct pairs x = { .c = c, .of = of, .seen = seen, .output = output, .n_outputs = (int)q->graph->n_output };

	for (int t = 0; t < chosen->n; t++) {
		name[t] = chosen->tensor[t].read;
		of[t] = (int)(statistics_find(s, chosen->tensor[t].name) - s->v);
		seen[t] = (struct quality){ 0 };
	}
	return probe_make(&x.probe, q, name, chosen->n, c->options, c->folder, 1, c->arena, c->scratch, c->diag) &&
	       calibrate_first(c, QUALITY_SAMPLES, c->probe.bytes + x.probe.bytes, run_both, &x);
}

double quality_db(const struct quality *q)
{
	return q->noise > 0 ? 10 * log10(q->signal / q->noise) : (double)INFINITY;
}
