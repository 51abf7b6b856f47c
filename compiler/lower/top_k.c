/* TopK by selection over keys: 64-bit numbers in the order of the elements, one row for each line along the axis. */
#include <string.h>

#include "lower/kernel_call.h"
#include "lower/lower.h"
#include "lower/order_key.h"
#include "ops/order.h"

enum { CYCLES_KEY = 6, CYCLES_COMPARE = 12 };

struct top_k_plan {
	struct node_plan plan;
	struct num k;
	int axis;
};

static struct node_plan *plan_top_k(struct module *m, int node, const char **why)
{
	struct top_k_plan *p = ARENA_NEW(m->scratch, struct top_k_plan);
	const struct tensor *x = node_in_tensor(m, node, 0);

	*why = "there may be fewer elements than are wanted";
	if (!top_k_get(m, node, &p->k, &p->axis) || num_lo(&m->nums, num_sub(&m->nums, x->dim[p->axis], p->k)) < 0)
		return NULL;
	p->plan.cycles = (double)tensor_elements(m, node_in(m, node, 0)).n * (CYCLES_KEY + CYCLES_COMPARE);
	return &p->plan;
}

/* Indexes into rows … x length of a line at n's own axes, whose element of the line is `at`. */
static void line_at(const struct nest *n, int axis, struct num at, struct num line[MAX_RANK])
{
	int rank = 0;

	for (int a = 0; a < n->n_axes; a++)
		if (a != axis)
			line[rank++] = n->axis[a];
	line[rank] = at;
}

/* x with the axis last, as keys. */
static int lower_keys(struct lowering *l, int node, int axis)
{
	struct module *m = l->m;
	const struct tensor x = *node_in_tensor(m, node, 0);
	struct num dim[MAX_RANK], at[MAX_RANK];
	struct nest *n;
	int rank = 0;

	for (int a = 0; a < x.rank; a++)
		if (a != axis)
			dim[rank++] = x.dim[a];
	dim[rank] = x.dim[axis];
	n = nest_new(m, lower_temp(l, DT_U64, x.rank, dim));
	rank = 0;
	for (int a = 0; a < x.rank; a++)
		at[a] = a == axis ? n->axis[x.rank - 1] : n->axis[rank++];
	nest_store(n, order_key(n, nest_load(n, node_in(m, node, 0), at), node_attr_int(m, node, "largest", 1)));
	lower_nest(l, n);
	return n->out;
}

/* Outputs 0, the elements, and 1, their places along the axis. */
static void lower_output(struct lowering *l, int node, int i, int axis, int places)
{
	int out = node_out(l->m, node, i), place;
	struct index at[MAX_RANK];
	struct num line[MAX_RANK];
	struct nest *n;

	if (out < 0)
		return;
	n = nest_new(l->m, out);
	line_at(n, axis, n->axis[axis], line);
	place = nest_load(n, places, line);
	for (int a = 0; a < n->n_axes; a++)
		at[a] = (struct index){ a == axis ? num_const(0) : n->axis[a], a == axis ? place : -1 };
	nest_store(n, i ? place : nest_load_at(n, node_in(l->m, node, 0), at));
	lower_nest(l, n);
}

static void lower(struct lowering *l, const struct node_plan *plan)
{
	const struct top_k_plan *p = (const struct top_k_plan *)plan;
	struct module *m = l->m;
	const int keys = lower_keys(l, l->node, p->axis), rank = m->tensor[keys].rank;
	struct num dim[MAX_RANK];
	struct call *c;
	int places;

	memcpy(dim, m->tensor[keys].dim, sizeof dim);
	dim[rank - 1] = p->k;
	places = lower_temp(l, DT_I64, rank, dim);
	c = lower_layer(l, LAYER_SELECT);
	c->geometry.select = (struct select_geometry){ .rows = dims_product(m, dim, rank - 1),
						       .n = m->tensor[keys].dim[rank - 1], .k = p->k };
	call_arg(l, c, ARG_READ, keys);
	call_arg(l, c, ARG_WRITE, places);
	for (int i = 0; i < 2; i++)
		lower_output(l, l->node, i, p->axis, places);
}

const struct strategy top_k = { .name = "top_k", .op = "TopK", .plan = plan_top_k, .lower = lower };
