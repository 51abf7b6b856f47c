#include "ops/positions.h"

void range_indexes(struct module *m, struct num size, struct num *lo, struct num *hi)
{
	*lo = num_sub(&m->nums, num_const(0), size);
	*hi = num_sub(&m->nums, size, num_const(1));
}

void range_axis(struct module *m, int node, int64_t c, struct num *lo, struct num *hi)
{
	const struct tensor *x = node_in_tensor(m, node, 0);
	const int64_t axis = node_attr_int(m, node, "axis", 0);

	(void)c;
	range_indexes(m, x->dim[axis < 0 ? axis + x->rank : axis], lo, hi);
}

/* Element i of a known tensor when that is a constant. Old operators have positions among floats, which truncate. */
static bool known_element(const struct module *m, int t, int64_t i, int64_t *v)
{
	const struct tensor *x = &m->tensor[t];
	double f;

	if (!x->data) {
		*v = x->value[i].n;
		return num_is_const(x->value[i]);
	}
	if (!is_float(x->type)) {
		*v = const_int(m, t, i);
		return true;
	}
	f = const_double(m, t, i);
	*v = f > -9e18 && f < 9e18 ? (int64_t)f : f > 0 ? INT64_MAX : INT64_MIN;
	return true;
}

/* The elements with index c along the last axis, of `step`. */
static bool check_elements(struct module *m, int node, const struct position_def *p, int64_t c, int64_t step,
			   int64_t elements)
{
	const struct attr *except = p->except ? node_attr(m, node, p->except) : NULL;
	const int t = node_in(m, node, p->input);
	struct num lo, hi;
	int64_t v, least, most;

	p->range(m, node, c, &lo, &hi);
	least = num_lo(&m->nums, lo);
	most = num_hi(&m->nums, hi);
	if (most < least)
		return node_bad(m, node, "input %d \"%s\" has positions in an axis of 0 elements, allowed: none",
				p->input, m->tensor[t].name);
	if (!m->tensor[t].data && !m->tensor[t].value)
		return true;
	for (int64_t i = c; i < elements; i += step)
		if (known_element(m, t, i, &v) && (v < least || v > most) && !(except && v == except->i))
			return node_bad(m, node, "input %d \"%s\": element %lld is %lld, allowed: %lld to %lld",
					p->input, m->tensor[t].name, (long long)i, (long long)v, (long long)least,
					(long long)most);
	return true;
}

static bool check_input(struct module *m, int node, const struct position_def *p)
{
	const struct tensor *x = node_in_tensor(m, node, p->input);
	struct num elements, last;
	int64_t columns;

	if (!x)
		return true;
	elements = tensor_elements(m, node_in(m, node, p->input));
	last = x->rank ? x->dim[x->rank - 1] : num_const(1);
	if (!num_is_const(elements) || elements.n == 0)
		return true;
	/* Columns differ by the axis that they mean, if at all, and there may be 2^40 of what is not known. */
	columns = x->data || x->value || last.n < MAX_RANK ? last.n : MAX_RANK;
	for (int64_t c = 0; c < columns; c++)
		if (!check_elements(m, node, p, c, last.n, elements.n))
			return false;
	return true;
}

bool positions_check(struct module *m, int node)
{
	const struct position_def *p = m->node[node].op->positions;

	for (; p && p->range; p++)
		if (!check_input(m, node, p))
			return false;
	return true;
}

/* An operator that reads at positions and does not say which is wrong itself: no constant would be checked. */
static void check_row(const struct module *m, int node, int input)
{
	const struct position_def *p = m->node[node].op->positions;

	while (p && p->range && p->input != input)
		p++;
	if (!p || !p->range)
		die("%s-%d has no row for the positions in input %d", m->node[node].op->name, m->node[node].op->since,
		    input);
}

/* A position that the compiler knows. */
static struct num known_position(struct nums *s, struct num v, struct num dim)
{
	const struct num zero = num_const(0);

	if (num_hi(s, v) < 0)
		v = num_add(s, v, dim);
	else if (num_lo(s, v) < 0)
		v = num_select(s, num_lt(s, v, zero), num_add(s, v, dim), v);
	if (num_hi(s, num_sub(s, v, dim)) >= 0)
		v = num_min(s, v, num_sub(s, dim, num_const(1)));
	return num_lo(s, v) < 0 ? num_max(s, v, zero) : v;
}

int nest_position_of(struct nest *n, int node, int input, int value, struct num dim)
{
	struct nums *s = &n->m->nums;
	int i = nest_cast(n, DT_I64, value), zero, size, last;

	check_row(n->m, node, input);
	if (n->e[i].op == E_CONST)
		return nest_index(n, known_position(s, num_const(n->e[i].k.i), dim));
	if (n->e[i].op == E_INDEX)
		return nest_index(n, known_position(s, n->e[i].index, dim));
	zero = nest_const_int(n, DT_I64, 0);
	size = nest_index(n, dim);
	last = nest_index(n, num_sub(s, dim, num_const(1)));
	i = nest_select(n, nest_binary(n, E_LT, i, zero), nest_binary(n, E_ADD, i, size), i);
	return nest_binary(n, E_MAX, nest_binary(n, E_MIN, i, last), zero);
}

int nest_position(struct nest *n, int node, int input, const struct num *at, struct num dim)
{
	return nest_position_of(n, node, input, nest_load(n, node_in(n->m, node, input), at), dim);
}
