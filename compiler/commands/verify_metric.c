#include "commands/verify_metric.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "commands/caller_inputs.h"
#include "commands/quantised.h"
#include "host/built.h"
#include "options.h"
#include "quantize/samples.h"
#include "support/arena.h"
#include "support/diag.h"

enum { BATCH = 64 };

/* --- one sample --------------------------------------------------------------------------------------------------- */

static int64_t greatest(const struct value *v, int64_t from, int64_t n)
{
	int64_t best = 0;

	for (int64_t i = 1; i < n; i++)
		if (value_number(v, from + i) > value_number(v, from + best))
			best = i;
	return n > 1 ? best : value_number(v, from) > 0;
}

static int64_t truth_class(const struct value *v, int64_t from, int64_t n, int64_t n_seen)
{
	const enum dtype_class class = dtypes[v->type].class;

	return n == 1 && n_seen > 1 && class != CLASS_F ? (int64_t)value_number(v, from) : greatest(v, from, n);
}

static void add_sample(struct score *s, const struct value *seen, const struct value *true_v, int64_t from, int64_t n)
{
	double xy = 0, xx = 0, yy = 0;

	s->n++;
	s->right += greatest(seen, 0, seen->n) == truth_class(true_v, from, n, seen->n);
	for (int64_t i = 0; n == seen->n && i < n; i++) {
		const double x = value_number(seen, i), y = value_number(true_v, from + i);
		xy += x * y;
		xx += x * x;
		yy += y * y;
		s->squares += (x - y) * (x - y);
		s->peak = fmax(s->peak, fabs(y));
		s->elements++;
	}
	s->cosines += xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : xx == yy;
}

/* Sample number i against the truth; the first model's answers become it where there is no other. */
static bool judge(struct score *s, struct truth *t, const struct value *seen, int metric, struct diag *d,
		  struct arena *a)
{
	const int64_t i = s->n;
	int64_t n;

	if (!t->all && i == t->n) {
		struct value *v;
		t->row = ARENA_PUSH(a, t->row, t->n, struct value);
		v = &t->row[t->n++];
		*v = *seen;
		v->bytes = arena_array(a, (size_t)seen->n, (size_t)dtypes[seen->type].bytes);
		memcpy(v->bytes, seen->bytes, (size_t)(seen->n * dtypes[seen->type].bytes));
	}
	if (t->all && i >= t->rows)
		return diag_error(d, STATUS_MODEL, NULL, "%s has %lld rows, there are more samples", t->all->source,
				  (long long)t->rows);
	n = t->all ? t->all->n / t->rows : t->row[i].n;
	if (!seen->n || !n || (metric != METRIC_TOP1 && n != seen->n))
		return diag_error(d, STATUS_MODEL, NULL, "sample %lld: the output has %lld elements, %lld are expected",
				  (long long)i, (long long)seen->n, (long long)n);
	add_sample(s, seen, t->all ? t->all : &t->row[i], t->all ? i * n : 0, n);
	return true;
}

/* --- one model ---------------------------------------------------------------------------------------------------- */

static bool run_batch(struct built *b, const struct value *const *values, int n, struct score *s, struct truth *t,
		      struct arena *batch, struct arena *a, struct diag *d)
{
	struct answer *answers = ARENA_ARRAY(batch, n, struct answer);
	const struct value floats = { .type = DT_F32 };

	if (n && !built_run(b, values, n, answers, batch, d))
		return false;
	for (int k = 0; k < n; k++) {
		if (!answers[k].n_out)
			return diag_error(d, STATUS_MODEL, NULL, "the model has no outputs");
		value_as(&answers[k].out[0], b, 0, &floats, batch);
		if (!judge(s, t, &answers[k].out[0], b->options.metric, d, a))
			return false;
	}
	return true;
}

static bool run_samples(struct built *b, struct samples *x, struct score *s, struct truth *t, struct arena *a,
			struct diag *d)
{
	struct arena *batch = arena_child(a);
	bool end = false, ok = true;

	samples_rewind(x);
	while (ok && !end) {
		const struct value **values = ARENA_ARRAY(batch, BATCH, const struct value *);
		int n = 0;
		while (ok && n < BATCH) {
			struct inputs *in = ARENA_NEW(batch, struct inputs);
			struct options same = b->options;
			ok = samples_next(x, in, &end, batch, d);
			if (!ok || end)
				break;
			ok = inputs_fix_dims(&same, in, batch, d) &&
			     (values[n++] = inputs_for_graph(in, &b->c.module, batch, d));
		}
		ok = ok && run_batch(b, values, n, s, t, batch, a, d);
		arena_free(batch);
	}
	return ok;
}

double metric_value(int metric, const struct score *s)
{
	const double n = (double)s->n, mean = s->squares / s->elements;

	if (metric == METRIC_PSNR)
		return mean > 0 ? 10 * log10(s->peak * s->peak / mean) : (double)INFINITY;
	return (metric == METRIC_TOP1 ? s->right : s->cosines) / n;
}

static void print_score(const struct options *o, const char *model, const struct score *s)
{
	const double value = metric_value(o->metric, s);

	printf("%s: %lld samples, ", model, (long long)s->n);
	if (o->metric == METRIC_TOP1)
		printf("top1 %.4f\n", value);
	else if (o->metric == METRIC_COSINE)
		printf("cosine %.6f\n", value);
	else if (isfinite(value))
		printf("psnr %.2f dB\n", value);
	else
		printf("psnr infinite\n");
}

bool metric_measure(struct score *score, const struct options *o, const char *model, struct truth *t,
		    const struct folder *f, int number, struct arena *a, struct arena *scratch, struct diag *d)
{
	struct signature *signature = ARENA_NEW(a, struct signature);
	struct built *b = ARENA_NEW(a, struct built);
	struct options own = *o;
	const struct sink remarks = d->remarks;
	struct samples x;
	struct inputs in;
	bool end, ok;

	*score = (struct score){ 0 };
	own.model = model;
	d->file = model;
	if (!caller_inputs(signature, &own, a, d))
		return false;
	d->file = NULL;
	ok = samples_open(&x, o->data, signature, &own, a, d) && samples_next(&x, &in, &end, a, d) &&
	     inputs_fix_dims(&own, &in, a, d);
	d->file = model;
	ok = ok && built_make(b, &own, f, number, a, scratch, d);
	d->file = NULL;
	if (!d->verbose)
		d->remarks = (struct sink){ 0 }; /* that every picture was scaled */
	ok = ok && run_samples(b, &x, score, t, a, d);
	d->remarks = remarks;
	if (ok && t->all && t->rows != score->n)
		ok = diag_error(d, STATUS_MODEL, NULL, "%s has %lld rows, there are %lld samples", t->all->source,
				(long long)t->rows, (long long)score->n);
	return ok;
}

bool metric_read_truth(struct truth *t, const struct options *o, struct arena *a, struct diag *d)
{
	const char **path;
	struct value *v;
	int n, k;

	*t = (struct truth){ 0 };
	if (!numbered_files(&path, &n, o->data, "output", a, d))
		return false;
	if (!n || !path[0])
		return true;
	if (!data_file_read(&v, &k, a, d, path[0]))
		return false;
	if (k != 1 || !v->rank || !v->dim[0])
		return diag_error(d, STATUS_MODEL, NULL, "%s: one array with a row for each sample is expected",
				  path[0]);
	t->all = v;
	t->rows = v->dim[0];
	return true;
}

bool verify_metric(const struct options *o, struct arena *a, struct arena *scratch, struct diag *d)
{
	struct score s;
	struct truth t;
	struct folder *f;
	bool ok;

	d->file = NULL;
	if (!metric_read_truth(&t, o, a, d) || !(f = folder_make(a, d)))
		return false;
	ok = true;
	for (int k = 0; ok && k <= o->n_rest; k++) {
		const char *model = k ? o->rest[k - 1] : o->model;
		ok = metric_measure(&s, o, model, &t, f, k, a, scratch, d);
		if (ok)
			print_score(o, model, &s);
	}
	folder_remove(f);
	return ok;
}
