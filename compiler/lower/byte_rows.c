#include "lower/byte_rows.h"

struct byte_steps byte_steps_of(const struct module *m, int t, int y)
{
	const struct tensor *x = &m->tensor[t];
	const int missing = m->tensor[y].rank - x->rank;
	struct byte_steps s = { { 0 } };

	for (int k = 0; k < x->rank; k++)
		if (!num_is(x->dim[k], 1))
			s.axis[missing + k] = x->stride[k].n;
	return s;
}

struct byte_steps byte_steps_along(int axis)
{
	struct byte_steps s = { { 0 } };

	s.axis[axis] = 1;
	return s;
}

/* The axis among those not taken yet, and longer than one element, whose elements lie nearest to each other in t. */
static int nearest_axis(const struct tensor *t, const bool *taken)
{
	int nearest = -1;

	for (int k = 0; k < t->rank; k++)
		if (!taken[k] && !num_is(t->dim[k], 1) && (nearest < 0 || t->stride[k].n < t->stride[nearest].n))
			nearest = k;
	return nearest;
}

/* The axis goes on with the run of all tensors. */
static bool runs_on(const struct byte_steps *of, int n, int axis, const struct byte_rows *r)
{
	for (int i = 0; i < n; i++)
		if (of[i].axis[axis] != r->n)
			return false;
	return r->rows == 1;
}

/* The axis goes on with the rows of all tensors, or begins them. */
static bool rows_on(const struct byte_steps *of, int n, int axis, struct byte_rows *r)
{
	for (int i = 0; i < n; i++)
		if (r->rows == 1)
			r->row[i] = of[i].axis[axis];
		else if (of[i].axis[axis] != r->rows * r->row[i])
			return false;
	return true;
}

bool byte_rows_read(const struct module *m, int y, const struct byte_steps *of, int n, struct byte_rows *r)
{
	const struct tensor *t = &m->tensor[y];
	bool taken[MAX_RANK] = { false };
	int k;

	*r = (struct byte_rows){ .rows = 1, .n = 1 };
	while ((k = nearest_axis(t, taken)) >= 0) {
		if (runs_on(of, n, k, r))
			r->n *= t->dim[k].n;
		else if (rows_on(of, n, k, r))
			r->rows *= t->dim[k].n;
		else
			return false;
		taken[k] = true;
	}
	return r->n <= INT32_MAX && r->rows <= INT32_MAX;
}
