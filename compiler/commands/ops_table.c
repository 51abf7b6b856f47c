/* nnc ops: the operators, printed from their table: versions, element types, and what of the standard is missing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/commands.h"
#include "commands/json.h"
#include "graph/infer.h"
#include "ops/ops.h"

static int compare_ops(const void *pa, const void *pb)
{
	const struct op_def *a = *(const struct op_def *const *)pa, *b = *(const struct op_def *const *)pb;
	int by = strcmp(a->domain, b->domain);

	by = by ? by : strcmp(a->name, b->name);
	return by ? by : (a->since > b->since) - (a->since < b->since);
}

static const struct op_def **sorted_ops(int *n, struct arena *a)
{
	const struct op_def **v;
	int all = 0;

	while (op_table[all])
		all++;
	v = ARENA_ARRAY(a, all, const struct op_def *);
	*n = 0;
	for (int i = 0; i < all; i++)
		if (strcmp(op_table[i]->domain, "nnc") != 0)
			v[(*n)++] = op_table[i];
	qsort(v, (size_t)*n, sizeof *v, compare_ops);
	return v;
}

/* Rows from v[0] on that are versions of one operator. */
static int count_versions(const struct op_def *const *v, int n)
{
	int k = 1;

	while (k < n && !strcmp(v[k]->domain, v[0]->domain) && !strcmp(v[k]->name, v[0]->name))
		k++;
	return k;
}

static const char *domain_of(const struct op_def *op)
{
	return *op->domain ? op->domain : "ai.onnx";
}

/* Of input i, as its row says. */
static const char *input_types(const struct op_def *op, int i, struct arena *a)
{
	const char *letters = NULL, *words;
	size_t n;

	for (int k = 0; op->types && k <= i && op->types[k]; k++)
		letters = op->types[k];
	if (!letters)
		return "any";
	words = types_in_words(a, letters);
	if (!*words)
		return strchr(letters, 'T') ? "as input 0" : "any";
	n = strlen(words);
	return arena_strndup(a, words, n - (words[n - 1] == ' '));
}

static void print_text(const struct op_def *const *v, int n, struct arena *a)
{
	printf("%-14s %-28s %-14s types of the first input; words that attributes may be\n",
	       "domain", "operator", "since");
	for (int i = 0, k; i < n; i += k) {
		const struct op_def *newest;
		char since[80] = "";
		k = count_versions(v + i, n - i);
		newest = v[i + k - 1];
		for (int j = 0; j < k; j++)
			snprintf(since + strlen(since), sizeof since - strlen(since), "%s%d", j ? ", " : "",
				 v[i + j]->since);
		printf("%-14s %-28s %-14s %s", domain_of(newest), newest->name, since,
		       newest->max_in ? input_types(newest, 0, a) : "no inputs");
		for (const struct attr_def *d = newest->attrs; d && d->name; d++)
			if (d->one_of)
				printf("; %s: %s", d->name, d->one_of);
		printf("\n");
	}
	printf("\nNot supported anywhere: tensors of strings and complex numbers, sequences, optional values, sparse\n"
	       "tensors; attributes that a row does not have (--json lists them).\n");
}

static void json_attributes(struct json *j, const struct op_def *op)
{
	static const char *const kinds[] = {
		[ATTR_NONE] = "none", [ATTR_INT] = "int", [ATTR_FLOAT] = "float", [ATTR_STRING] = "string",
		[ATTR_TENSOR] = "tensor", [ATTR_GRAPH] = "graph", [ATTR_INTS] = "ints", [ATTR_FLOATS] = "floats",
		[ATTR_STRINGS] = "strings", [ATTR_TYPE] = "type",
	};

	json_open(j, "attributes", '[');
	for (const struct attr_def *d = op->attrs; d && d->name; d++) {
		json_open(j, NULL, '{');
		json_text(j, "name", d->name);
		json_text(j, "kind", kinds[d->kind]);
		json_bool(j, "required", d->required);
		if (d->one_of)
			json_text(j, "one_of", d->one_of);
		if (d->lo < d->hi) {
			json_int(j, "least", d->lo);
			json_int(j, "greatest", d->hi);
		}
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void print_json(const struct op_def *const *v, int n, struct arena *a)
{
	struct json j;

	json_begin(&j, a);
	json_open(&j, "operators", '[');
	for (int i = 0; i < n; i++) {
		const struct op_def *op = v[i];
		json_open(&j, NULL, '{');
		json_text(&j, "domain", domain_of(op));
		json_text(&j, "name", op->name);
		json_int(&j, "since", op->since);
		json_int(&j, "min_inputs", op->min_in);
		json_int(&j, "max_inputs", op->max_in);
		json_open(&j, "types", '[');
		for (int k = 0; op->types && op->types[k]; k++)
			json_text(&j, NULL, input_types(op, k, a));
		json_close(&j, ']');
		json_attributes(&j, op);
		json_close(&j, '}');
	}
	json_close(&j, ']');
	fputs(json_end(&j), stdout);
}

enum status command_ops(const struct options *o, struct arena *a, struct arena *scratch, struct diag *d)
{
	int n;
	const struct op_def **v = sorted_ops(&n, a);

	(void)scratch, (void)d;
	if (o->json)
		print_json(v, n, a);
	else
		print_text(v, n, a);
	return STATUS_OK;
}
