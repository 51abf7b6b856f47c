/* Sizes, counts and positions that are data. */
#include "ops/found.h"
#include "ops/run_time.h"
#include "ops/run_time_parts.h"

/* --- Values: the elements of an integer tensor as sizes ------------------------------------------------------------
 * Output k is element k, the last output all of them. With `wanted` each is one of three numbers, the first of which is
 * then taken for it, or the run ends; with `low` and `high` it is limited to them, or with `checked` the run ends. With
 * `totals` the second half of them makes those numbers with the first half, and with `nonzero` none is 0, or the run
 * ends. */

static int64_t element_of(const struct module *m, int node, const char *attr, int i)
{
	return node_attr(m, node, attr)->ints[i];
}

/* Where element i is the rest of one of the totals: that one; -1: it is not. */
static int total_of(const struct module *m, int node, int i)
{
	const struct attr *totals = node_attr(m, node, "totals");

	return totals && i >= totals->n ? i - totals->n : -1;
}

static struct num value_of(struct module *m, int node, int i, const struct num *value)
{
	const int total = total_of(m, node, i);

	if (node_attr(m, node, "wanted"))
		return num_const(element_of(m, node, "wanted", 3 * i));
	if (total >= 0)
		return num_sub(&m->nums, num_const(element_of(m, node, "totals", total)), value[total]);
	return found_between(m, node, i, element_of(m, node, "low", i), element_of(m, node, "high", i));
}

static bool infer_values(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0);
	const int n = m->node[node].n_out - 1;
	struct num *value = ARENA_ARRAY(m->arena, n, struct num);

	for (int i = 0; i < n; i++) {
		if (!tensor_set(m, node, node_out(m, node, i), DT_I64, 0, NULL))
			return false;
		value[i] = value_of(m, node, i, value);
	}
	if (!tensor_set(m, node, node_out(m, node, n), DT_I64, x.rank, x.dim))
		return false;
	m->tensor[node_out(m, node, n)].value = value;
	return true;
}

int run_time_element(struct nest *n, int t, int k)
{
	return nest_cast(n, DT_I64, nest_load_flat(n, t, num_const(k)));
}

static int is_wanted(struct nest *n, int node, int i, int v)
{
	int any = nest_const_int(n, DT_BOOL, 0);

	for (int k = 0; k < 3; k++) {
		const int64_t wanted = element_of(n->m, node, "wanted", 3 * i + k);
		any = wanted == RUN_TIME_ANY ? nest_const_int(n, DT_BOOL, 1) :
			nest_binary(n, E_OR, any, nest_binary(n, E_EQ, v, nest_const_int(n, DT_I64, wanted)));
	}
	return any;
}

/* Whether element i is one of its three numbers, or between its two and so on. */
static int agrees(struct nest *n, int node, int i)
{
	struct module *m = n->m;
	const int v = run_time_element(n, node_in(m, node, 0), i), total = total_of(m, node, i);
	int all = nest_const_int(n, DT_BOOL, 1);

	if (node_attr(m, node, "wanted"))
		return is_wanted(n, node, i, v);
	if (node_attr_int(m, node, "checked", 0)) {
		all = nest_binary(n, E_LE, nest_const_int(n, DT_I64, element_of(m, node, "low", i)), v);
		all = nest_binary(n, E_AND, all, nest_binary(n, E_LE, v, nest_const_int(
			n, DT_I64, element_of(m, node, "high", i))));
	}
	if (total >= 0)
		all = nest_binary(n, E_AND, all, nest_binary(n, E_EQ, v, nest_binary(
			n, E_SUB, nest_const_int(n, DT_I64, element_of(m, node, "totals", total)),
			run_time_element(n, node_in(m, node, 0), total))));
	if (node_attr_int(m, node, "nonzero", 0))
		all = nest_binary(n, E_AND, all, nest_unary(n, E_NOT, nest_binary(
			n, E_EQ, v, nest_const_int(n, DT_I64, 0))));
	return all;
}

static int lower_agreement(struct lowering *l, int node)
{
	struct nest *n = nest_new(l->m, lower_temp(l, DT_BOOL, 0, NULL));
	int all = nest_const_int(n, DT_BOOL, 1);

	for (int i = 0; i < l->m->node[node].n_out - 1; i++)
		all = nest_binary(n, E_AND, all, agrees(n, node, i));
	nest_store(n, all);
	lower_nest(l, n);
	return n->out;
}

/* Element i as it is taken. */
static int taken(struct nest *n, int node, int i)
{
	struct module *m = n->m;
	int v;

	if (node_attr(m, node, "wanted"))
		return nest_const_int(n, DT_I64, element_of(m, node, "wanted", 3 * i));
	v = run_time_element(n, node_in(m, node, 0), i);
	v = nest_binary(n, E_MAX, v, nest_const_int(n, DT_I64, element_of(m, node, "low", i)));
	return nest_binary(n, E_MIN, v, nest_const_int(n, DT_I64, element_of(m, node, "high", i)));
}

static void lower_elements(struct lowering *l, int node)
{
	struct module *m = l->m;
	const int n_elements = m->node[node].n_out - 1, all = node_out(m, node, n_elements);

	for (int i = 0; i < n_elements; i++) {
		struct nest *n = nest_new(m, node_out(m, node, i));
		nest_store(n, taken(n, node, i));
		lower_nest(l, n);
		n = nest_over(m, all, 0, NULL);
		for (int k = 0; k < m->tensor[all].rank; k++)
			n->store[k] = (struct index){ num_const(i), -1 };
		nest_store(n, taken(n, node, i));
		lower_nest(l, n);
	}
}

static bool lower_values(struct lowering *l, int node)
{
	struct block body = { 0 };
	struct lowering inside = lower_inside(l, &body);
	int agreement;

	if (!node_attr(l->m, node, "wanted") && !node_attr_int(l->m, node, "checked", 0) &&
	    !node_attr_int(l->m, node, "nonzero", 0)) {
		lower_elements(l, node);
		return true;
	}
	agreement = lower_agreement(l, node);
	lower_elements(&inside, node);
	lower_where(l, agreement, &body);
	return true;
}

static const struct op_def own_values = {
	.domain = "nnc", .name = "Values", .since = 1, .min_in = 1, .max_in = 1, .min_out = 2, .max_out = -1,
	.attrs = ATTRS(INTS_OPTIONAL("wanted"), INTS_OPTIONAL("low"), INTS_OPTIONAL("high"), INTS_OPTIONAL("totals"),
		       FLAG("checked", 0), FLAG("nonzero", 0)), .types = TYPES("fiu"),
	.infer = infer_values, .lower = lower_values, .impure = true,
};

static int add_values(struct module *m, int graph, const char *name, int opset, int t, int n)
{
	int *out = ARENA_ARRAY(m->scratch, n + 1, int), made;

	for (int i = 0; i <= n; i++)
		out[i] = tensor_add(m, NULL);
	made = node_add(m, graph, &own_values, name, 1, &t, n + 1, out);
	m->node[made].opset = opset;
	return made;
}

int run_time_values(struct module *m, int node, int input, int n)
{
	const struct node *x = &m->node[node];
	const int made = add_values(m, x->graph, x->name, x->opset, x->in[input], n);

	m->node[node].in[input] = node_out(m, made, n);
	return made;
}

int run_time_bounded(struct module *m, int graph, int t, const int64_t *low, const int64_t *high, int n)
{
	const int made = add_values(m, graph, m->tensor[t].name, 1, t, n);

	rewrite_attr_ints(m, made, "low", low, n);
	rewrite_attr_ints(m, made, "high", high, n);
	rewrite_attr(m, made, "checked")->i = 1;
	return node_out(m, made, n);
}
