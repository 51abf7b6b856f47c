/* LayerNormalization along rows of adjacent elements. */
#include "lower/rows.h"
#include "ops/arguments.h"
#include "targets/target.h"

struct layer_norm {
	struct node_plan plan;
	double epsilon;
	struct row_axes rows;
	int scale, bias;        /* -1: none */
};

/* One adjacent value for every element of a row. */
static bool is_row_vector(struct module *m, int t, int x, int first)
{
	const struct tensor *v = &m->tensor[t], *of = &m->tensor[x];
	const int more = v->rank - (of->rank - first);

	if (v->type != DT_F32 || more < 0)
		return false;
	for (int k = 0; k < v->rank; k++)
		if (k < more ? !num_is(v->dim[k], 1) : !num_same(v->dim[k], of->dim[first + k - more]))
			return false;
	return tensor_is_plain(m, t);
}

static bool find(struct module *m, int node, struct layer_norm *n, const char **why)
{
	const int x = node_in(m, node, 0), rank = m->tensor[x].rank;
	int first;

	n->scale = node_in(m, node, 1);
	n->bias = node_in(m, node, 2);
	*why = "mean or deviation is wanted too";
	if (node_out(m, node, 1) >= 0 || node_out(m, node, 2) >= 0)
		return false;
	*why = "its axis is none";
	if (!node_axis_attr(m, node, "axis", -1, rank, &first))
		return false;
	*why = "scale or bias are no vectors along a row";
	if (!is_row_vector(m, n->scale, x, first) || (n->bias >= 0 && !is_row_vector(m, n->bias, x, first)))
		return false;
	return rows_find(m, x, node_out(m, node, 0), first, rank, &n->rows, why);
}

static struct node_plan *plan_norm(struct module *m, int node, const char **why)
{
	struct layer_norm *n = ARENA_NEW(m->scratch, struct layer_norm);

	if (!find(m, node, n, why))
		return NULL;
	n->epsilon = node_attr_float(m, node, "epsilon", 1e-5);
	n->plan.cycles = (double)tensor_elements(m, n->rows.x).n * 4 * 4 / m->target->vector_bytes;
	return &n->plan;
}

static void lower(struct lowering *l, const struct node_plan *plan)
{
	const struct layer_norm *n = (const struct layer_norm *)plan;
	struct call *c = rows_call(l, &n->rows, LAYER_LAYER_NORM, n->epsilon);

	rows_argument(l, &n->rows, c, ARG_READ, n->rows.x);
	call_arg(l, c, ARG_READ, n->scale);
	call_arg(l, c, ARG_READ, n->bias);
	rows_argument(l, &n->rows, c, ARG_WRITE, n->rows.y);
}

const struct strategy norm_rows = {
	.name = "norm_rows", .op = "LayerNormalization", .plan = plan_norm, .lower = lower
};
