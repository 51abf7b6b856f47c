#include "graph/strides.h"

bool tensor_has_order(const struct module *m, int t, const uint8_t *order)
{
	const struct tensor *x = &m->tensor[t];
	int64_t inner = 0;

	for (int p = x->rank - 1; p >= 0; p--) {
		int axis = order[p];
		if (num_is(x->dim[axis], 1))
			continue;
		if (!inner && p == x->rank - 1 ? !num_is(x->stride[axis], 1) : x->stride[axis].n < inner)
			return false;
		inner = x->stride[axis].n;
	}
	return true;
}

bool tensor_is_run(struct module *m, int t, const int *axes, int n)
{
	const struct tensor *x = &m->tensor[t];
	int inner = -1;

	for (int i = n - 1; i >= 0; i--) {
		if (num_is(x->dim[axes[i]], 1))
			continue;
		if (inner >= 0 && !num_same(x->stride[axes[i]], num_mul(&m->nums, x->stride[inner], x->dim[inner])))
			return false;
		inner = axes[i];
	}
	return true;
}

struct num tensor_run_step(const struct module *m, int t, const int *axes, int n)
{
	const struct tensor *x = &m->tensor[t];

	for (int i = n - 1; i > 0; i--)
		if (!num_is(x->dim[axes[i]], 1))
			return x->stride[axes[i]];
	return x->stride[axes[0]];
}
