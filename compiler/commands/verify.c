/* nnc verify: the outputs of a model against expected ones. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "commands/cases.h"
#include "commands/commands.h"
#include "commands/compare.h"
#include "commands/quantised.h"
#include "commands/verify_nodes.h"
#include "support/name.h"

static void print_greatest(const struct value *seen, const struct difference *x)
{
	char at[SHAPE_BYTES];

	if (x->absolute > 0)
		printf("greatest difference %.3g at %s", x->absolute, index_text(at, seen, x->absolute_at));
	else
		printf("equal");
	if (x->absolute > 0 && x->relative > 0)
		printf(", relative %.3g at %s", x->relative, index_text(at, seen, x->relative_at));
}

/* One line for an output; differences are errors too, with the worst element. */
static void compare_output(const struct case_data *c, const struct value *seen, const struct value *wanted,
			   const struct options *o, struct arena *a, struct diag *d)
{
	const struct tolerance t = tolerance_of(o, 1);
	char form[2][SHAPE_BYTES], at[SHAPE_BYTES];
	struct difference x;

	compare_values(&x, seen, wanted, &t);
	printf("%s: output \"%s\" %s %s: ", c->folder, name_text(a, seen->name), dtypes[seen->type].name,
	       shape_text(form[0], seen->rank, seen->dim));
	if (!x.same_form) {
		printf("%s %s expected\n", dtypes[wanted->type].name, shape_text(form[1], wanted->rank, wanted->dim));
		diag_error(d, STATUS_DIFFERS, NULL, "%s: output \"%s\" is %s %s, expected %s %s", c->folder, seen->name,
			   dtypes[seen->type].name, form[0], dtypes[wanted->type].name, form[1]);
		return;
	}
	print_greatest(seen, &x);
	printf(": %s\n", x.n_beyond ? "DIFFERS" : "ok");
	if (x.n_beyond)
		diag_error(d, STATUS_DIFFERS, NULL,
			   "%s: output \"%s\": %lld of %lld elements differ; the worst, %s, is %s, expected %s",
			   c->folder, seen->name, (long long)x.n_beyond, (long long)seen->n,
			   index_text(at, seen, x.worst), value_text(form[0], seen, x.worst),
			   value_text(form[1], wanted, x.worst));
}

static bool compare_case(const struct case_data *c, const struct answer *r, const struct built *b, struct arena *a,
			 struct diag *d)
{
	if (c->n_outputs > r->n_out)
		return diag_error(d, STATUS_MODEL, NULL, "%s: output_%d is expected, the model has %d outputs",
				  c->folder, c->n_outputs - 1, r->n_out);
	for (int k = 0; k < r->n_out; k++) {
		struct value seen = r->out[k];
		if (k >= c->n_outputs || !c->output[k]) {
			printf("%s: output \"%s\": nothing to compare with\n", c->folder, name_text(a, seen.name));
			continue;
		}
		value_as(&seen, b, k, c->output[k], a);
		compare_output(c, &seen, c->output[k], &c->options, a, d);
	}
	return true;
}

/* One build for cases[first[0…n)] of equal dimensions. */
static bool verify_group(struct case_data *const *cases, int n, const struct folder *f, int number, struct arena *a,
			 struct arena *scratch, struct diag *d)
{
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
		ok = compare_case(cases[k], &answers[k], b, a, d);
	d->file = model;
	return ok;
}

static bool verify_all(struct case_data *cases, int n, const struct folder *f, struct arena *a, struct arena *scratch,
		       struct diag *d)
{
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
		ok = cases[i].options.nodes ? verify_nodes(group, size, f, number, a, scratch, d)
					    : verify_group(group, size, f, number, a, scratch, d);
		if (!ok)
			return false;
		number += 2;
	}
	return true;
}

enum status command_verify(const struct options *o, struct arena *a, struct arena *scratch, struct diag *d)
{
	const char *const model = d->file;
	struct signature s;
	struct case_data *cases;
	struct folder *f;
	int n;

	if (!o->data)
		diag_error(d, STATUS_USAGE, NULL, "no expected outputs given: --data DIR");
	else if (o->n_rest)
		diag_error(d, STATUS_USAGE, NULL, "\"%s\": verify reads its data from --data DIR", o->rest[0]);
	if (d->status != STATUS_OK || !signature_read(&s, a, d, o->model))
		return d->status;
	d->file = NULL;
	if (!cases_read(&cases, &n, &s, o, a, d) || !(f = folder_make(a, d)))
		return d->status;
	d->file = model;
	verify_all(cases, n, f, a, scratch, d);
	folder_remove(f);
	if (d->status == STATUS_OK)
		printf("%d case%s, all within tolerance\n", n, n == 1 ? "" : "s");
	return d->status;
}
