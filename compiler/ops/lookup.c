#include "ops/lookup.h"

#include <math.h>
#include <stdlib.h>

#include "ops/classic.h"
#include "support/little.h"

int lookup_keys(const struct lookup *t)
{
	return t->int_keys ? t->int_keys->n : t->float_keys->n;
}

/* A constant of the values whose numbers are from[0 … n-1]; -1: of the one for missing keys. */
static int values_const(struct module *m, const struct lookup *t, const int *from, int n)
{
	if (t->int_values) {
		int64_t *v = ARENA_ARRAY(m->scratch, n, int64_t);
		for (int i = 0; i < n; i++)
			v[i] = from[i] < 0 ? t->int_missing : t->int_values->ints[from[i]];
		return tensor_const_ints(m, v, n);
	}
	float *v = ARENA_ARRAY(m->scratch, n, float);
	for (int i = 0; i < n; i++)
		v[i] = from[i] < 0 ? t->float_missing : t->float_values->floats[from[i]];
	return classic_floats(m, v, n);
}

static int scalar_int(struct module *m, int64_t v)
{
	unsigned char *data = arena_array(m->arena, 1, sizeof v);

	store_little(data, (uint64_t)v, sizeof v);
	return tensor_const(m, NULL, DT_I64, 0, NULL, data);
}

/* --- Close together: element x - least of a table, whose last is for what lies outside ---------------------------- */

/* Elements of the table; 0: integers that lie far apart, or no integers. */
static int table_size(const struct lookup *t, int64_t *least)
{
	const int64_t most_size = 4 * (int64_t)lookup_keys(t) + 256;
	int64_t greatest;

	if (!t->int_keys)
		return 0;
	*least = greatest = t->int_keys->ints[0];
	for (int i = 1; i < t->int_keys->n; i++) {
		*least = t->int_keys->ints[i] < *least ? t->int_keys->ints[i] : *least;
		greatest = t->int_keys->ints[i] > greatest ? t->int_keys->ints[i] : greatest;
	}
	if ((uint64_t)greatest - (uint64_t)*least >= (uint64_t)most_size || most_size > INT32_MAX)
		return 0;
	return (int)(greatest - *least + 2);
}

static void expand_table(struct module *m, int node, const struct lookup *t, int64_t least, int size, int x, int out)
{
	int *from = ARENA_ARRAY(m->scratch, size, int);
	const int outside = scalar_int(m, size - 1);
	int at, inside;

	for (int i = 0; i < size; i++)
		from[i] = -1;
	for (int i = t->int_keys->n; i-- > 0;)
		from[t->int_keys->ints[i] - least] = i;
	/* The difference wraps, so that it is in the table for the integers there alone. */
	at = expand_node(m, node, "Sub", 14, INPUTS(x, scalar_int(m, least)), -1);
	inside = expand_node(m, node, "And", 7,
			     INPUTS(expand_node(m, node, "LessOrEqual", 16, INPUTS(scalar_int(m, 0), at), -1),
				    expand_node(m, node, "Less", 13, INPUTS(at, outside), -1)), -1);
	at = expand_node(m, node, "Where", 16, INPUTS(inside, at, outside), -1);
	expand_node(m, node, "Gather", 13, INPUTS(values_const(m, t, from, size), at), out);
}

/* --- Sorted: the first key that is not less than x ---------------------------------------------------------------- */

struct key {
	int64_t i;
	float f;
	int number;
};

static int compare_keys(const void *a, const void *b)
{
	const struct key *x = a, *y = b;

	if (x->i != y->i)
		return x->i < y->i ? -1 : 1;
	if (x->f < y->f || x->f > y->f)
		return x->f < y->f ? -1 : 1;
	return x->number - y->number;
}

/* The keys in order, then greatest ones that have no value, up to n. */
static struct key *sorted_keys(struct module *m, const struct lookup *t, int n)
{
	struct key *k = ARENA_ARRAY(m->scratch, n, struct key);

	for (int i = 0; i < n; i++) {
		k[i] = (struct key){ .number = -1 };
		if (t->int_keys)
			k[i].i = i < t->int_keys->n ? t->int_keys->ints[i] : INT64_MAX;
		else
			k[i].f = i < t->float_keys->n ? t->float_keys->floats[i] : INFINITY;
		if (i < lookup_keys(t))
			k[i].number = i;
	}
	qsort(k, (size_t)lookup_keys(t), sizeof *k, compare_keys);
	return k;
}

static int keys_const(struct module *m, const struct lookup *t, const struct key *k, int n)
{
	int64_t *ints = ARENA_ARRAY(m->scratch, n, int64_t);
	float *floats = ARENA_ARRAY(m->scratch, n, float);

	for (int i = 0; i < n; i++) {
		ints[i] = k[i].i;
		floats[i] = k[i].f;
	}
	return t->int_keys ? tensor_const_ints(m, ints, n) : classic_floats(m, floats, n);
}

static void expand_search(struct module *m, int node, const struct lookup *t, int x, int out)
{
	int n = 2, keys, at = -1, found, *from;
	const struct key *k;

	while (n <= lookup_keys(t))
		n *= 2;
	k = sorted_keys(m, t, n);
	keys = keys_const(m, t, k, n);
	from = ARENA_ARRAY(m->scratch, n, int);
	for (int i = 0; i < n; i++)
		from[i] = k[i].number;
	for (int step = n / 2; step; step /= 2) {
		const int last = scalar_int(m, step - 1);
		const int probe = at < 0 ? last : expand_node(m, node, "Add", 14, INPUTS(at, last), -1);
		const int key = expand_node(m, node, "Gather", 13, INPUTS(keys, probe), -1);
		const int less = expand_node(m, node, "Less", 13, INPUTS(key, x), -1);
		const int more = expand_node(m, node, "Where", 16,
					     INPUTS(less, scalar_int(m, step), scalar_int(m, 0)), -1);

		at = at < 0 ? more : expand_node(m, node, "Add", 14, INPUTS(at, more), -1);
	}
	found = expand_node(m, node, "Gather", 13, INPUTS(keys, at), -1);
	found = expand_node(m, node, "Equal", 13, INPUTS(found, x), -1);
	/* Number n - 1 is no key: it has the value for missing ones. */
	at = expand_node(m, node, "Where", 16, INPUTS(found, at, scalar_int(m, n - 1)), -1);
	expand_node(m, node, "Gather", 13, INPUTS(values_const(m, t, from, n), at), out);
}

void lookup_expand(struct module *m, int node, const struct lookup *t, int x, int out)
{
	int64_t least = 0;
	const int size = table_size(t, &least);

	if (size)
		expand_table(m, node, t, least, size, x, out);
	else
		expand_search(m, node, t, x, out);
}
