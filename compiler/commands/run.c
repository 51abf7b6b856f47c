/* nnc run: what a model answers. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "host/built.h"
#include "commands/commands.h"
#include "commands/inputs.h"
#include "commands/json.h"
#include "data/npy.h"
#include "emit/output.h"
#include "support/name.h"

enum { FIRST = 6, MAX_LABEL = 200 };

struct statistics {
	double least, greatest, sum;
	int64_t n;              /* that are no NaN */
};

static struct statistics statistics_of(const struct value *v)
{
	double least = INFINITY, greatest = -INFINITY, sum = 0;
	int64_t n = 0;

	for (int64_t i = 0; i < v->n; i++) {
		const double x = value_number(v, i);
		if (isnan(x))
			continue;
		least = x < least ? x : least;
		greatest = x > greatest ? x : greatest;
		sum += x;
		n++;
	}
	return (struct statistics){ least, greatest, sum, n };
}

static void print_statistics(const struct value *v)
{
	const struct statistics s = statistics_of(v);

	if (s.n)
		printf("  min %.6g, max %.6g, mean %.6g", s.least, s.greatest, s.sum / (double)s.n);
	if (s.n < v->n)
		printf("  %lld NaN", (long long)(v->n - s.n));
	if (v->n)
		printf("\n");
}

/* What the model itself says that element i is (see struct tensor), NULL: nothing. */
static const char *said(const struct tensor *t, const struct value *v, int64_t i)
{
	int64_t k;

	if (!t->label)
		return NULL;
	if (dtypes[v->type].class == CLASS_F)
		k = v->rank ? i % v->dim[v->rank - 1] : 0;
	else
		k = (int64_t)value_number(v, i);
	return k >= 0 && k < t->n_labels ? t->label[k] : NULL;
}

/* A label of a float stands before it, one of an integer in its place. */
static void print_first(const struct value *v, const struct tensor *t, struct arena *a)
{
	char text[SHAPE_BYTES];

	printf(" ");
	for (int64_t i = 0; i < v->n && i < FIRST; i++) {
		const char *label = said(t, v, i);
		if (label)
			printf(" \"%s\"", name_text(a, label));
		if (!label || dtypes[v->type].class == CLASS_F)
			printf(" %s", value_text(text, v, i));
	}
	printf("%s\n", v->n > FIRST ? " ..." : v->n ? "" : " no elements");
}

/* Line n of the labels, or NULL. */
static const char *label(const char *const *labels, int n_labels, const struct value *v, int64_t i)
{
	const int64_t k = v->rank ? i % v->dim[v->rank - 1] : i;

	return labels && k < n_labels ? labels[k] : NULL;
}

static bool comes_before(const struct value *v, int64_t a, int64_t b)
{
	const double x = value_number(v, a), y = value_number(v, b);

	return x > y || (x == y && a < b) || (isnan(y) && !isnan(x));
}

/* The `top` greatest elements, equal ones in their order; their number. */
static int64_t find_top(const struct value *v, int64_t top, int64_t **found, struct arena *a)
{
	int64_t *best = ARENA_ARRAY(a, (top < v->n ? top : v->n) + 1, int64_t), n = 0;

	*found = best;
	for (int64_t i = 0; i < v->n; i++) {
		int64_t k = n;
		if (n == top && !comes_before(v, i, best[n - 1]))
			continue;
		for (n += n < top; k > 0 && comes_before(v, i, best[k - 1]); k--)
			if (k < n)
				best[k] = best[k - 1];
		best[k] = i;
	}
	return n;
}

static void print_top(const struct value *v, int64_t top, const char *const *labels, int n_labels, struct arena *a)
{
	char text[SHAPE_BYTES], index[SHAPE_BYTES];
	int64_t *best;
	const int64_t n = find_top(v, top, &best, a);

	for (int64_t k = 0; k < n; k++) {
		const char *name = label(labels, n_labels, v, best[k]);
		printf("  %2lld. %-12s %s%s%s\n", (long long)(k + 1), value_text(text, v, best[k]),
		       index_text(index, v, best[k]), name ? "  " : "", name ? name : "");
	}
}

enum { MAX_JSON_VALUES = 4096 };

/* Elements as numbers; null for NaN and the infinities, which JSON lacks. */
static void json_values(struct json *j, const char *name, const struct value *v, const int64_t *which, int64_t n)
{
	char text[SHAPE_BYTES];

	json_open(j, name, '[');
	for (int64_t i = 0; i < n; i++) {
		const int64_t at = which ? which[i] : i;
		if (isfinite(value_number(v, at)))
			json_literal(j, NULL, value_text(text, v, at));
		else
			json_number(j, NULL, NAN);
	}
	json_close(j, ']');
}

/* The model's own labels of the elements, null for those that have none. */
static void json_said(struct json *j, const struct value *v, const struct tensor *t)
{
	json_open(j, "labels", '[');
	for (int64_t i = 0; i < v->n; i++) {
		const char *label = said(t, v, i);
		if (label)
			json_text(j, NULL, label);
		else
			json_literal(j, NULL, "null");
	}
	json_close(j, ']');
}

static void json_output(struct json *j, const struct options *o, const struct value *v, const struct tensor *t,
			const char *const *labels, int n_labels, struct arena *a)
{
	const struct statistics s = statistics_of(v);
	int64_t *best, n;

	json_open(j, NULL, '{');
	json_text(j, "name", v->name);
	json_text(j, "type", dtypes[v->type].name);
	json_ints(j, "shape", v->dim, v->rank);
	json_int(j, "nan", v->n - s.n);
	json_number(j, "min", s.least);
	json_number(j, "max", s.greatest);
	json_number(j, "mean", s.sum / (double)s.n);
	if (v->n <= MAX_JSON_VALUES)
		json_values(j, "values", v, NULL, v->n);
	if (v->n <= MAX_JSON_VALUES && t->label)
		json_said(j, v, t);
	if (o->top) {
		n = find_top(v, o->top, &best, a);
		json_open(j, "top", '[');
		for (int64_t k = 0; k < n; k++) {
			const char *name = label(labels, n_labels, v, best[k]);
			json_open(j, NULL, '{');
			json_int(j, "element", best[k]);
			json_number(j, "value", value_number(v, best[k]));
			if (name)
				json_text(j, "label", name);
			json_close(j, '}');
		}
		json_close(j, ']');
	}
	json_close(j, '}');
}

static bool read_labels(const char *path, const char ***labels, int *n, struct arena *a, struct diag *d)
{
	FILE *f = fopen(path, "r");
	char line[MAX_LABEL];

	if (!f)
		return diag_error(d, STATUS_ENVIRONMENT, NULL, "cannot open %s: %s", path, strerror(errno));
	/* Memory that runs out leaves the file open: nnc ends then. */
	while (fgets(line, sizeof line, f)) {
		line[strcspn(line, "\r\n")] = 0;
		*labels = ARENA_PUSH(a, *labels, *n, const char *);
		(*labels)[(*n)++] = arena_strdup(a, line);
	}
	if (ferror(f))
		diag_error(d, STATUS_ENVIRONMENT, NULL, "cannot read %s: %s", path, strerror(errno));
	fclose(f);
	return d->status == STATUS_OK;
}

static bool save(const struct answer *r, const char *folder, struct arena *a, struct diag *d)
{
	struct output *o = output_new(a, d);

	if (mkdir(folder, 0777) && errno != EEXIST)
		return diag_error(d, STATUS_ENVIRONMENT, NULL, "cannot make the folder %s: %s", folder,
				  strerror(errno));
	for (int i = 0; i < r->n_out; i++) {
		FILE *f = output_open(o, arena_printf(a, "%s/output_%d.npy", folder, i));
		if (!f) {
			output_abort(o);
			return false;
		}
		npy_write(f, &r->out[i]);
	}
	return output_commit(o);
}

static const struct tensor *output_of(const struct module *m, int i)
{
	return &m->tensor[m->graph[0].out[i]];
}

static bool show(const struct options *o, const struct module *m, const struct answer *r, struct arena *a,
		 struct diag *d)
{
	char shape[SHAPE_BYTES];
	const char **labels = NULL;
	int n_labels = 0;

	if (o->labels && !read_labels(o->labels, &labels, &n_labels, a, d))
		return false;
	if (o->json) {
		struct json j;
		json_begin(&j, a);
		json_open(&j, "outputs", '[');
		for (int i = 0; i < r->n_out; i++)
			json_output(&j, o, &r->out[i], output_of(m, i), labels, n_labels, a);
		json_close(&j, ']');
		fputs(json_end(&j), stdout);
	}
	for (int i = 0; i < r->n_out && !o->json; i++) {
		const struct value *v = &r->out[i];
		printf("%s: %s %s\n", name_text(a, v->name), dtypes[v->type].name, shape_text(shape, v->rank, v->dim));
		print_statistics(v);
		if (o->top)
			print_top(v, o->top, labels, n_labels, a);
		else
			print_first(v, output_of(m, i), a);
	}
	return !o->save || save(r, o->save, a, d);
}

static bool run_in(const struct folder *f, const struct options *o, const struct inputs *in, struct arena *a,
		   struct arena *scratch, struct diag *d)
{
	struct built *b = ARENA_NEW(a, struct built);
	const struct value *values;
	struct answer r;

	if (!built_make(b, o, f, 0, a, scratch, d))
		return false;
	values = inputs_for_graph(in, &b->c.module, a, d);
	return values && built_run(b, &values, 1, &r, a, d) && show(o, &b->c.module, &r, a, d);
}

enum status command_run(const struct options *given, struct arena *a, struct arena *scratch, struct diag *d)
{
	struct options o = *given;
	struct inputs in;
	struct folder *f;

	if (!inputs_read(&in, &o, a, d) || !(f = folder_make(a, d)))
		return d->status;
	run_in(f, &o, &in, a, scratch, d);
	folder_remove(f);
	return d->status;
}
