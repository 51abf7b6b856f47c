#include "passes/scale_shift.h"

#include <math.h>

#include "ops/arguments.h"
#include "passes/rewrite.h"

bool scale_shift_identity(struct module *m, int t, int axis, struct scale_shift *a)
{
	if (!num_is_const(m->tensor[t].dim[axis]))
		return false;
	*a = (struct scale_shift){ .axis = axis, .n = m->tensor[t].dim[axis].n };
	a->scale = ARENA_ARRAY(m->scratch, a->n, double);
	a->shift = ARENA_ARRAY(m->scratch, a->n, double);
	for (int64_t c = 0; c < a->n; c++)
		a->scale[c] = 1;
	return true;
}

int scale_shift_operand(struct module *m, int node)
{
	static const char *const names[] = { "Mul", "Add", "Sub", "Div" };
	const enum dtype type = node_in_type(m, node, 0);
	bool ours = false;

	if (type != DT_F32 && type != DT_F64)
		return -1;
	if (node_is(m, node, "BatchNormalization"))
		return node_in(m, node, 0);
	for (int i = 0; i < 4; i++)
		ours |= node_is(m, node, names[i]);
	if (!ours)
		return -1;
	if (tensor_is_const(m, node_in(m, node, 1)))
		return node_in(m, node, 0);
	return tensor_is_const(m, node_in(m, node, 0)) && !node_is(m, node, "Div") ? node_in(m, node, 1) : -1;
}

/* The constant has one element, or one a channel: *step between them. */
static bool is_per_channel(struct module *m, int constant, int y, const struct scale_shift *a, int64_t *step)
{
	const struct tensor *k = &m->tensor[constant], *t = &m->tensor[y];
	const int axis = a->axis - (t->rank - k->rank);

	*step = 0;
	if (k->rank > t->rank)
		return false;
	for (int i = 0; i < k->rank; i++) {
		if (num_is(k->dim[i], 1))
			continue;
		if (i != axis || !num_is(k->dim[i], a->n))
			return false;
		*step = 1;
	}
	return true;
}

static bool append_norm(struct module *m, int node, struct scale_shift *a)
{
	const double epsilon = node_attr_float(m, node, "epsilon", 1e-5);

	if (a->axis != 1 || node_out(m, node, 1) >= 0)
		return false;
	for (int i = 1; i < 5; i++)
		if (!tensor_is_const(m, node_in(m, node, i)))
			return false;
	for (int64_t c = 0; c < a->n; c++) {
		const double scale = const_double(m, node_in(m, node, 1), c);
		const double bias = const_double(m, node_in(m, node, 2), c);
		const double mean = const_double(m, node_in(m, node, 3), c);
		const double var = const_double(m, node_in(m, node, 4), c);
		const double by = scale / sqrt(var + epsilon);
		a->scale[c] *= by;
		a->shift[c] = (a->shift[c] - mean) * by + bias;
	}
	return true;
}

bool scale_shift_append(struct module *m, int node, struct scale_shift *a, int *x)
{
	const int y = node_out(m, node, 0);
	const char op = m->node[node].op->name[0];      /* Add, BatchNormalization, Div, Mul, Sub */
	bool from_constant;
	int64_t step;
	int constant;

	*x = scale_shift_operand(m, node);
	if (*x < 0 || !tensor_same_shape(m, *x, y))
		return false;
	if (op == 'B')
		return append_norm(m, node, a);
	constant = node_in(m, node, *x == node_in(m, node, 0));
	from_constant = op == 'S' && constant == node_in(m, node, 0);
	if (!is_per_channel(m, constant, y, a, &step))
		return false;
	for (int64_t c = 0; c < a->n; c++) {
		const double k = const_double(m, constant, c * step);
		const double by = op == 'M' ? k : op == 'D' ? 1 / k : from_constant ? -1 : 1;
		a->scale[c] *= by;
		a->shift[c] = a->shift[c] * by + (op == 'A' ? k : op == 'S' ? -k * by : 0);
	}
	return true;
}
