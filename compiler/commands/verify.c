/* nnc verify: the outputs of a model against expected ones. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "commands/caller_inputs.h"
#include "commands/cases.h"
#include "commands/commands.h"
#include "commands/compare.h"
#include "commands/json.h"
#include "commands/quantised.h"
#include "commands/verify_metric.h"
#include "commands/verify_nodes.h"
#include "support/name.h"

/* What one run of the command carries along. */
struct verify {
	struct json *json;              /* NULL: text */
	struct arena *arena;
	struct diag *diag;
};

static void print_greatest(const struct value *seen, const struct difference *x, double step)
{
	char at[SHAPE_BYTES];

	if (!(x->absolute > 0)) {
		printf("equal");
		return;
	}
	printf("greatest difference %.3g at %s", x->absolute, index_text(at, seen, x->absolute_at));
	if (step > 0)
		printf(" (%.3g step%s)", x->absolute / step, x->absolute / step <= 1.0005 ? "" : "s");
	else if (x->ulps > 0)
		printf(" (%lld ULP)", (long long)x->ulps);
	if (x->relative > 0)
		printf(", relative %.3g at %s", x->relative, index_text(at, seen, x->relative_at));
}

static void json_difference(struct json *j, const struct value *seen, const struct difference *x, double step)
{
	json_open(j, NULL, '{');
	json_text(j, "name", seen->name);
	json_text(j, "type", dtypes[seen->type].name);
	json_ints(j, "shape", seen->dim, seen->rank);
	json_bool(j, "same_form", x->same_form);
	json_int(j, "elements", seen->n);
	json_int(j, "beyond_tolerance", x->n_beyond);
	json_number(j, "greatest", x->absolute);
	json_int(j, "greatest_at", x->absolute_at);
	json_number(j, "relative", x->relative);
	if (step > 0)
		json_number(j, "steps", x->absolute / step);
	if (x->ulps >= 0)
		json_int(j, "ulps", x->ulps);
	json_bool(j, "ok", x->same_form && !x->n_beyond);
	json_close(j, '}');
}

static void print_difference(const struct case_data *c, const struct value *seen, const struct value *wanted,
			     const struct difference *x, double step, struct arena *a)
{
	char form[SHAPE_BYTES];

	printf("%s: output \"%s\" %s %s: ", c->folder, name_text(a, seen->name), dtypes[seen->type].name,
	       shape_text(form, seen->rank, seen->dim));
	if (!x->same_form) {
		printf("%s %s expected\n", dtypes[wanted->type].name, shape_text(form, wanted->rank, wanted->dim));
		return;
	}
	print_greatest(seen, x, step);
	printf(": %s\n", x->n_beyond ? "DIFFERS" : "ok");
}

/* One line for an output; differences are errors too, with the worst element. */
static void compare_output(const struct verify *v, const struct case_data *c, const struct value *seen,
			   const struct value *wanted, double step)
{
	struct tolerance t = tolerance_of(&c->options, 1);
	char form[2][SHAPE_BYTES], at[SHAPE_BYTES];
	struct difference x;

	t.step = step;
	compare_values(&x, seen, wanted, &t);
	if (v->json)
		json_difference(v->json, seen, &x, step);
	else
		print_difference(c, seen, wanted, &x, step, v->arena);
	if (!x.same_form)
		diag_error(v->diag, STATUS_DIFFERS, NULL, "%s: output \"%s\" is %s %s, expected %s %s", c->folder,
			   seen->name, dtypes[seen->type].name, shape_text(form[0], seen->rank, seen->dim),
			   dtypes[wanted->type].name, shape_text(form[1], wanted->rank, wanted->dim));
	else if (x.n_beyond)
		diag_error(v->diag, STATUS_DIFFERS, NULL,
			   "%s: output \"%s\": %lld of %lld elements differ; the worst, %s, is %s, expected %s",
			   c->folder, seen->name, (long long)x.n_beyond, (long long)seen->n,
			   index_text(at, seen, x.worst), value_text(form[0], seen, x.worst),
			   value_text(form[1], wanted, x.worst));
}

static bool compare_case(const struct verify *v, const struct case_data *c, const struct answer *r,
			 const struct built *b)
{
	if (c->n_outputs > r->n_out)
		return diag_error(v->diag, STATUS_MODEL, NULL, "%s: output_%d is expected, the model has %d outputs",
				  c->folder, c->n_outputs - 1, r->n_out);
	if (v->json) {
		json_open(v->json, NULL, '{');
		json_text(v->json, "folder", c->folder);
		json_open(v->json, "outputs", '[');
	}
	for (int k = 0; k < r->n_out; k++) {
		struct value seen = r->out[k];
		if (k < c->n_outputs && c->output[k]) {
			value_as(&seen, b, k, c->output[k], v->arena);
			compare_output(v, c, &seen, c->output[k], output_step(b, k, c->output[k]));
		} else if (!v->json) {
			printf("%s: output \"%s\": nothing to compare with\n", c->folder,
			       name_text(v->arena, seen.name));
		}
	}
	if (v->json) {
		json_close(v->json, ']');
		json_close(v->json, '}');
	}
	return true;
}

/* One build for cases[first[0…n)] of equal dimensions. */
static bool verify_group(const struct verify *v, struct case_data *const *cases, int n, const struct folder *f,
			 int number, struct arena *scratch)
{
	struct arena *a = v->arena;
	struct diag *d = v->diag;
	struct built *b = ARENA_NEW(a, struct built);
	const struct value **values = ARENA_ARRAY(a, n, const struct value *);
	struct answer *answers = ARENA_ARRAY(a, n, struct answer);
	const char *const model = d->file;
	bool ok;

	if (!built_make(b, &cases[0]->options, f, number, a, scratch, d))
		return false;
	for (int k = 0; k < n; k++)
		if (!(values[k] = inputs_for_graph(&cases[k]->in, &b->c.module, a, d)))
			return false;
	if (!built_run(b, values, n, answers, a, d))
		return false;
	d->file = NULL;
	ok = true;
	for (int k = 0; ok && k < n; k++)
		ok = compare_case(v, cases[k], &answers[k], b);
	d->file = model;
	return ok;
}

static bool verify_all(const struct verify *v, struct case_data *cases, int n, const struct folder *f,
		       struct arena *scratch)
{
	struct arena *a = v->arena;
	bool *done = ARENA_ARRAY(a, n, bool);
	struct case_data **group = ARENA_ARRAY(a, n, struct case_data *);
	int number = 0;

	for (int i = 0; i < n; i++) {
		int size = 0;
		bool ok;
		for (int k = i; k < n; k++)
			if (!done[k] && cases_same_dims(&cases[i], &cases[k])) {
				done[k] = true;
				group[size++] = &cases[k];
			}
		if (!size)
			continue;
		ok = cases[i].options.nodes ? verify_nodes(group, size, f, number, a, scratch, v->diag)
					    : verify_group(v, group, size, f, number, scratch);
		if (!ok)
			return false;
		number += 2;
	}
	return true;
}

enum status command_verify(const struct options *o, struct arena *a, struct arena *scratch, struct diag *d)
{
	const char *const model = d->file;
	struct verify v = { .arena = a, .diag = d };
	struct json j;
	struct signature s;
	struct case_data *cases;
	struct folder *f;
	int n;

	if (!o->data)
		diag_error(d, STATUS_USAGE, NULL, "no expected outputs given: --data DIR");
	else if (o->metric && (o->nodes || o->json))
		diag_error(d, STATUS_USAGE, NULL, "--metric says one figure a model: without --nodes and --json");
	else if (o->n_rest && !o->metric)
		diag_error(d, STATUS_USAGE, NULL, "\"%s\": verify reads its data from --data DIR", o->rest[0]);
	else if (o->nodes && o->json)
		diag_error(d, STATUS_USAGE, NULL, "--nodes says what it finds in words: without --json");
	if (d->status == STATUS_OK && o->metric)
		verify_metric(o, a, scratch, d);
	if (d->status != STATUS_OK || o->metric || !caller_inputs(&s, o, a, d))
		return d->status;
	d->file = NULL;
	if (!cases_read(&cases, &n, &s, o, a, d) || !(f = folder_make(a, d)))
		return d->status;
	d->file = model;
	if (o->json) {
		v.json = &j;
		json_begin(&j, a);
		json_open(&j, "cases", '[');
	}
	verify_all(&v, cases, n, f, scratch);
	folder_remove(f);
	if (o->json && (d->status == STATUS_OK || d->status == STATUS_DIFFERS)) {
		json_close(&j, ']');
		json_bool(&j, "ok", d->status == STATUS_OK);
		fputs(json_end(&j), stdout);
	} else if (!o->json && d->status == STATUS_OK)
		printf("%d case%s, all within tolerance\n", n, n == 1 ? "" : "s");
	return d->status;
}
