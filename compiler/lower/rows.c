#include "lower/rows.h"

#include "graph/strides.h"
#include "lower/layouts.h"
#include "ops/arguments.h"

/* The axes that count rows, from the outermost in x's memory, without those of one element. */
static int outer_axes(const struct module *m, const struct row_axes *r, int first, int last, int *axes)
{
	const struct tensor *x = &m->tensor[r->x];
	int n = 0;

	for (int p = 0; p < x->rank; p++) {
		const int axis = x->order[p];
		if ((axis < first || axis >= last) && !num_is(x->dim[axis], 1))
			axes[n++] = axis;
	}
	return n;
}

static bool is_row(struct module *m, int t, const int *axes, int n)
{
	const struct tensor *x = &m->tensor[t];

	for (int i = n - 1; i >= 0; i--)
		if (!num_is(x->dim[axes[i]], 1))
			return num_is(x->stride[axes[i]], 1) && tensor_is_run(m, t, axes, n);
	return true;
}

bool rows_find(struct module *m, int x, int y, int first, int last, struct row_axes *r, const char **why)
{
	int axes[MAX_RANK], n = 0;

	*r = (struct row_axes){ .x = x, .y = y, .n = num_const(1), .rows = num_const(1), .axis = -1 };
	*why = "only float32 has kernels";
	if (m->tensor[x].type != DT_F32 || m->tensor[y].type != DT_F32)
		return false;
	for (int k = first; k < last; k++) {
		axes[n++] = k;
		r->n = num_mul(&m->nums, r->n, m->tensor[x].dim[k]);
	}
	*why = "elements of a row are not adjacent";
	if (!is_row(m, x, axes, n) || !is_row(m, y, axes, n))
		return false;
	n = outer_axes(m, r, first, last, axes);
	if (!n)
		return true;
	r->axis = axes[n - 1];
	r->rows = m->tensor[x].dim[r->axis];
	if (tensor_is_run(m, x, axes, n) && tensor_is_run(m, y, axes, n)) {
		for (int i = 0; i < n - 1; i++)
			r->rows = num_mul(&m->nums, r->rows, m->tensor[x].dim[axes[i]]);
		return true;
	}
	for (int i = 0; i < n - 1; i++)
		r->loop[r->n_loops++] = axes[i];
	return true;
}

struct call *rows_call(struct lowering *l, const struct row_axes *r, enum layer_kernel k, double epsilon)
{
	const struct module *m = l->m;
	const struct num none = num_const(0);
	struct call *c = lower_layer(l, k);

	c->out = r->y;
	c->in_place = true;
	c->geometry.rows = (struct rows_geometry){
		.rows = r->rows, .n = r->n, .x_row = r->axis < 0 ? none : m->tensor[r->x].stride[r->axis],
		.y_row = r->axis < 0 ? none : m->tensor[r->y].stride[r->axis], .epsilon = epsilon,
	};
	for (int i = 0; i < r->n_loops; i++)
		call_loop(l, c, m->tensor[r->y].dim[r->loop[i]], r->loop[i], num_const(1));
	return c;
}

void rows_argument(struct lowering *l, const struct row_axes *r, struct call *c, enum arg_kind kind, int t)
{
	struct arg *a = call_arg(l, c, kind, t);

	for (int i = 0; i < r->n_loops; i++)
		a->advance[i] = l->m->tensor[t].stride[r->loop[i]];
}
