/* Nodes that compute time by time, found by the loop nests that they lower to: an axis of the result counts the rows of
 * every operand that has rows, and nothing else depends on it. That holds for what works element by element, for
 * products and normalisations within a frame, for whatever moves elements but not along time. */
#include "nest/address.h"
#include "passes/frames.h"

struct nest_lanes {
	struct frames *f;
	int node;
	struct lane *lane;      /* by tensor, temporaries too */
	struct lane rows;       /* what results have, but for the axis */
};

static bool beside(const struct nest_lanes *x)
{
	return frames_refuse(x->f, x->node, "it reads other frames than its own, which may not have come");
}

/* The indexes of a load into at; false: they depend on data. */
static bool load_indexes(struct nest *n, const struct expr *e, struct num *at)
{
	const struct tensor *t = &n->m->tensor[e->tensor];

	if (e->n_at < 0) {
		if (n->at[e->at].expr >= 0)
			return false;
		address_unflatten(&n->m->nums, t, n->at[e->at].affine, at);
		return true;
	}
	for (int k = 0; k < e->n_at; k++)
		at[k] = n->at[e->at + k].affine;
	return true;
}

/* The axis of the nest that counts the rows of all loads that have rows; -1: none has; -2: they are not counted so. */
static int axis_of_rows(const struct nest_lanes *x, struct nest *n)
{
	int found = -1;

	for (int i = 0; i < n->n_e; i++) {
		const struct expr *e = &n->e[i];
		const struct lane *l = e->op == E_LOAD ? &x->lane[e->tensor] : NULL;
		struct num at[MAX_RANK];
		int k = 0;
		if (!l || l->axis < 0)
			continue;
		if (!load_indexes(n, e, at) || (e->n_at >= 0 && n->at[e->at + l->axis].expr >= 0))
			return -2;
		while (k < n->n_axes && !num_same(at[l->axis], n->axis[k]))
			k++;
		if (k == n->n_axes || (found >= 0 && found != k) ||
		    !num_same(n->extent[k], n->m->tensor[e->tensor].dim[l->axis]))
			return -2;
		found = k;
	}
	return found;
}

/* Nothing but the rows depends on the axis: no constant varies along it, nothing is computed of it. */
static bool is_alone(const struct nest_lanes *x, struct nest *n, int axis)
{
	const struct nums *s = &n->m->nums;

	for (int i = 0; i < n->n_e; i++) {
		const struct expr *e = &n->e[i];
		struct num at[MAX_RANK];
		if (e->op == E_INDEX && num_uses(s, e->index, n->axis[axis]))
			return false;
		if (e->op != E_LOAD)
			continue;
		if (!load_indexes(n, e, at))
			return false;
		for (int k = 0; k < n->m->tensor[e->tensor].rank; k++)
			if (k != x->lane[e->tensor].axis && num_uses(s, at[k], n->axis[axis]))
				return false;
	}
	return true;
}

/* The axis of the result that the nest's axis counts; -1: it counts none, or more than one. */
static int stored_axis(const struct nest *n, int axis)
{
	const struct tensor *out = &n->m->tensor[n->out];
	int found = -1;

	for (int k = 0; k < out->rank; k++) {
		const struct num at = n->store ? n->store[k].affine : n->axis[k];
		if (n->store && n->store[k].expr >= 0)
			return -1;
		if (!num_uses(&n->m->nums, at, n->axis[axis]))
			continue;
		if (found >= 0 || !num_same(at, n->axis[axis]) || !num_same(out->dim[k], n->extent[axis]))
			return -1;
		found = k;
	}
	return found;
}

static bool read_nest(struct nest_lanes *x, struct nest *n)
{
	const int axis = axis_of_rows(x, n);
	struct lane *out = &x->lane[n->out];
	int to;

	if (axis == -1)
		return true;
	if (axis >= 0 && !is_alone(x, n, axis))
		return frames_refuse(x->f, x->node, "it does otherwise from frame to frame, as by a table of "
				     "positions");
	to = axis < 0 ? -1 : stored_axis(n, axis);
	if (to < 0 || (out->axis >= 0 && out->axis != to))
		return beside(x);
	*out = x->rows;
	out->axis = to;
	return true;
}

/* What makes a part of a result with rows of nothing that has rows makes all rows alike. */
static bool read_filling(struct nest_lanes *x, struct nest *n)
{
	const struct lane *out = &x->lane[n->out];
	int axis = 0;

	if (out->axis < 0 || axis_of_rows(x, n) >= 0)
		return true;
	while (axis < n->n_axes && stored_axis(n, axis) != out->axis)
		axis++;
	return (axis < n->n_axes && is_alone(x, n, axis)) || beside(x);
}

static bool read_block(struct nest_lanes *x, const struct block *b)
{
	for (int i = 0; i < b->n; i++)
		if (b->step[i].kind != STEP_NEST)
			return frames_refuse(x->f, x->node, "it is not computed frame by frame");
	for (int i = 0; i < b->n; i++)
		if (!read_nest(x, b->step[i].nest))
			return false;
	for (int i = 0; i < b->n; i++)
		if (!read_filling(x, b->step[i].nest))
			return false;
	return true;
}

bool frames_read_nests(struct frames *f, int node, const struct lane *in)
{
	struct module *m = f->m;
	struct block block = { 0 };
	struct lowering l = { .m = m, .block = &block, .node = node };
	struct nest_lanes x = { .f = f, .node = node, .rows = *in };
	const struct trial trial = trial_begin(m);
	bool ok = m->node[node].op->lower ? m->node[node].op->lower(&l, node) :
					    frames_refuse(f, node, "it is not computed frame by frame");

	if (ok) {
		x.lane = ARENA_ARRAY(m->scratch, m->n_tensors, struct lane);
		for (int t = 0; t < m->n_tensors; t++)
			x.lane[t] = t < f->n_tensors ? f->lane[t] : (struct lane){ .axis = LANE_NONE };
		ok = read_block(&x, &block);
		for (int i = 0; i < m->node[node].n_out && ok; i++)
			if (node_out(m, node, i) >= 0)
				f->lane[node_out(m, node, i)] = x.lane[node_out(m, node, i)];
	}
	trial_end(m, &trial);
	return ok;
}
