#include "stream/row_step.h"

#include "lower/kernel_call.h"
#include "stream/input.h"
#include "targets/target.h"

/* --- Reading ------------------------------------------------------------------------------------------------------ */

static bool is_variable(const struct module *m, int t)
{
	return t >= 0 && !m->tensor[m->tensor[t].base].data;
}

/* One entry a tensor and window. */
static bool add_read(struct row_step *r, struct row_read x)
{
	for (int i = 0; i < r->n_reads; i++) {
		const struct row_read *k = &r->read[i];
		if (k->tensor == x.tensor && k->axis == x.axis && k->stride == x.stride && k->pad == x.pad &&
		    k->taps == x.taps)
			return true;
	}
	if (r->n_reads == MAX_ROW_READS)
		return false;
	r->read[r->n_reads++] = x;
	return true;
}

static struct row_read read_whole(int t)
{
	return (struct row_read){ .tensor = t, .axis = -1 };
}

static struct row_read read_same_row(int t, int axis)
{
	return (struct row_read){ .tensor = t, .axis = axis, .stride = 1, .taps = 1 };
}

/* What a load reads for a row of the nest's result: along one axis some rows near stride * row, along the others
 * whatever it likes; anything else is the whole tensor. */
static struct row_read read_of_load(struct nest *n, int e, struct num row)
{
	struct nums *s = &n->m->nums;
	const struct expr *x = &n->e[e];
	struct row_read r = read_whole(x->tensor);
	int uses = 0;

	for (int k = 0; k < (x->n_at < 0 ? 1 : x->n_at); k++) {
		const struct index *i = &n->at[x->at + k];
		struct num stride, rest;

		if (i->expr >= 0)
			return read_whole(x->tensor);
		if (num_is_const(row) || !num_uses(s, i->affine, row))
			continue;
		if (x->n_at < 0 || uses++ || !num_linear(s, i->affine, &row, 1, &stride, &rest) ||
		    !num_is_const(stride) || stride.n < 1)
			return read_whole(x->tensor);
		r = (struct row_read){ .tensor = x->tensor, .axis = k, .stride = stride.n, .pad = -num_lo(s, rest),
				       .taps = num_hi(s, rest) - num_lo(s, rest) + 1 };
	}
	return r;
}

static bool read_loads(struct nest *n, struct num row, struct row_step *r)
{
	for (int e = 0; e < n->n_e; e++)
		if (n->e[e].op == E_LOAD && is_variable(n->m, n->e[e].tensor) && !add_read(r, read_of_load(n, e, row)))
			return false;
	return true;
}

int outermost_axis(const struct tensor *t)
{
	for (int k = 0; k < t->rank; k++)
		if (!num_is(t->dim[t->order[k]], 1))
			return t->order[k];
	return -1;
}

static bool set_result(const struct module *m, struct row_step *r, int out, int axis)
{
	r->out = out;
	r->axis = axis;
	if (axis < 0 || !num_is_const(m->tensor[out].dim[axis]))
		return false;
	r->rows = m->tensor[out].dim[axis].n;
	return r->rows > 1;
}

static bool reads_of_arguments(const struct module *m, const struct call *c, int rows_of, struct row_step *r)
{
	for (int i = 0; i < c->n_args; i++)
		if (i != rows_of && c->arg[i].kind == ARG_READ && is_variable(m, c->arg[i].tensor) &&
		    !add_read(r, read_whole(c->arg[i].tensor)))
			return false;
	return true;
}

/* The argument whose rows the geometry says are read; -1: it says nothing of the kind. */
static int image_of(const struct call *c)
{
	return c->in_place ? 0 : c->consumed_arg;
}

/* A kernel that goes through pixels and takes a range of rows. */
static bool read_conv(struct module *m, const struct call *c, struct row_step *r)
{
	const struct conv_geometry *g = &c->geometry.conv;
	const struct arg *x = image_of(c) >= 0 ? &c->arg[image_of(c)] : NULL;
	const struct num shape[] = { g->in_h, g->out_h, g->pad_top, g->x_row, g->y_row, g->row_begin, g->row_end };

	for (size_t i = 0; i < sizeof shape / sizeof *shape; i++)
		if (!num_is_const(shape[i]))
			return false;
	if (!x || c->n_loops || c->row_axis < 0 || g->y_step_h != 1 || !num_is(g->row_begin, 0) ||
	    !num_same(g->row_end, g->out_h) || !set_result(m, r, c->out, c->row_axis) || r->rows != g->out_h.n ||
	    m->tensor[x->tensor].rank != m->tensor[c->out].rank ||
	    !num_same(m->tensor[x->tensor].dim[c->row_axis], g->in_h) ||
	    !num_same(m->tensor[x->tensor].stride[c->row_axis], g->x_row) ||
	    !num_same(m->tensor[c->out].stride[c->row_axis], g->y_row))
		return false;
	if (is_variable(m, x->tensor) &&
	    !add_read(r, (struct row_read){ .tensor = x->tensor, .axis = c->row_axis, .stride = g->stride_h,
					    .pad = g->pad_top.n, .taps = (g->kernel_h - 1) * g->dilation_h + 1 }))
		return false;
	return reads_of_arguments(m, c, image_of(c), r) &&
	       (!c->epilogue || read_loads(c->epilogue, c->epilogue->axis[c->row_axis], r));
}

/* How many elements a call from element to element goes through; NULL: it is none. */
static int64_t *elements_of(struct geometry *g)
{
	switch (g->kind) {
	case GEOMETRY_ADD: return &g->add.n;
	case GEOMETRY_SUM: return &g->sum.n;
	case GEOMETRY_PAIR: return &g->pair.n;
	case GEOMETRY_TABLE: return g->table.rows == 1 ? &g->table.n : NULL;
	default: return NULL;
	}
}

/* All operands lie as the result does, whose rows are adjacent. */
static bool read_elements(struct module *m, const struct call *c, struct row_step *r)
{
	struct geometry g = c->geometry;
	const int64_t *n = elements_of(&g);
	const struct tensor *y = &m->tensor[c->out];

	if (!n || c->n_loops || c->epilogue || !set_result(m, r, c->out, outermost_axis(y)) || *n % r->rows ||
	    !num_is(y->stride[r->axis], *n / r->rows) || !num_is(tensor_elements(m, c->out), *n))
		return false;
	for (int i = 0; i < c->n_args; i++) {
		const int t = c->arg[i].tensor;

		if (!is_variable(m, t))
			continue;
		if (!tensor_same_shape(m, t, c->out) || !num_is(c->arg[i].first, 0))
			return false;
		for (int k = 0; k < y->rank; k++)
			if (!num_is(y->dim[k], 1) && !num_same(m->tensor[t].stride[k], y->stride[k]))
				return false;
		if (c->arg[i].kind == ARG_READ && !add_read(r, read_same_row(t, r->axis)))
			return false;
	}
	return true;
}

/* The axes that the rows of a matrix product count as one: all but the last ones are rows of an image, or of no
 * extent. How many pixels a row has; 0: there are no rows of pixels. */
static int64_t pixels_of_row(const struct module *m, const struct call *c, int *row_axis)
{
	const struct tensor *y = &m->tensor[c->out];
	int64_t pixels = 1;
	int i = 0;

	while (i < c->n_col_axes && num_is(y->dim[c->col_axis[i]], 1))
		i++;
	*row_axis = i + 1 < c->n_col_axes ? c->col_axis[i] : -1;
	for (int k = i + 1; k < c->n_col_axes; k++)
		pixels *= num_is_const(y->dim[c->col_axis[k]]) ? y->dim[c->col_axis[k]].n : 0;
	return *row_axis < 0 || pixels < 2 ? 0 : pixels;
}

/* What an epilogue reads in another row than its own cannot be told by one address a row. */
static bool reads_own_row(const struct row_step *r)
{
	for (int i = 0; i < r->n_reads; i++)
		if (r->read[i].axis >= 0 && (r->read[i].stride != 1 || r->read[i].pad || r->read[i].taps != 1))
			return false;
	return true;
}

/* A 1x1 convolution as a matrix product. */
static bool read_product(struct module *m, const struct call *c, struct row_step *r)
{
	const struct gemm_geometry *g = &c->geometry.gemm;
	const struct tensor *y = &m->tensor[c->out], *x;
	const int64_t pixels = c->consumed_arg >= 0 ? pixels_of_row(m, c, &r->axis) : 0;

	if (!pixels || c->n_loops || !set_result(m, r, c->out, r->axis) || !num_is(g->m_begin, 0) ||
	    !num_is(g->m, r->rows * pixels) || !num_is_const(g->a_row) || !num_is_const(g->y_row))
		return false;
	x = &m->tensor[c->arg[c->consumed_arg].tensor];
	if (x->rank != y->rank || !num_same(x->dim[r->axis], y->dim[r->axis]) ||
	    !num_is(x->stride[r->axis], pixels * g->a_row.n) || !num_is(y->stride[r->axis], pixels * g->y_row.n) ||
	    !add_read(r, read_same_row(c->arg[c->consumed_arg].tensor, r->axis)))
		return false;
	return reads_of_arguments(m, c, c->consumed_arg, r) &&
	       (!c->epilogue || read_loads(c->epilogue, c->epilogue->axis[r->axis], r)) && reads_own_row(r);
}

/* A mean is there when the last row is. */
static bool read_mean(struct module *m, const struct call *c, struct row_step *r)
{
	const struct mean_geometry *g = &c->geometry.mean;
	const int t = c->arg[0].tensor, axis = outermost_axis(&m->tensor[t]);
	const int64_t vector = m->target->vector_bytes;
	struct num sums;

	if (c->n_loops || axis < 1 || !num_is_const(m->tensor[t].dim[axis]))
		return false;
	r->out = c->out;
	r->axis = -1;
	r->rows = m->tensor[t].dim[axis].n;
	if (r->rows < 2 || g->pixels % r->rows ||
	    !num_is(m->tensor[t].stride[axis], g->pixels / r->rows * g->x_pixel.n))
		return false;
	sums = num_const((g->channels + vector - 1) / vector * vector);
	r->sums = tensor_like(m, "", DT_F32, 1, &sums);
	tensor_dense(m, r->sums);
	return add_read(r, read_same_row(t, axis));
}

/* The model's input as it comes. */
static bool read_input(struct module *m, const struct call *c, struct row_step *r)
{
	return set_result(m, r, c->out, outermost_axis(&m->tensor[c->out]));
}

static bool read_nest(struct module *m, struct nest *n, struct row_step *r)
{
	const int axis = outermost_axis(&m->tensor[n->out]);

	if (!set_result(m, r, n->out, axis) || axis >= n->n_axes || n->n_axes != m->tensor[n->out].rank)
		return false;
	for (int k = 0; k < n->n_axes; k++)
		if (n->store[k].expr >= 0 || !num_same(n->store[k].affine, n->axis[k]) ||
		    !num_same(n->extent[k], m->tensor[n->out].dim[k]))
			return false;
	return read_loads(n, n->axis[axis], r);
}

bool row_step_read(struct module *m, const struct step *s, struct row_step *r)
{
	*r = (struct row_step){ .step = s, .sums = -1, .grain = s->kind == STEP_CALL ? s->call->row_grain : 1 };
	if (s->kind == STEP_NEST)
		return read_nest(m, s->nest, r);
	if (s->kind != STEP_CALL || s->call->out < 0)
		return false;
	if (input_of_step(s) >= 0)
		return read_input(m, s->call, r);
	switch (s->call->geometry.kind) {
	case GEOMETRY_CONV: return read_conv(m, s->call, r);
	case GEOMETRY_GEMM: return read_product(m, s->call, r);
	case GEOMETRY_MEAN: return read_mean(m, s->call, r);
	default: return read_elements(m, s->call, r);
	}
}

int rows_of_view(struct module *m, int view, int t, int axis)
{
	const struct tensor *v = &m->tensor[view], *x = &m->tensor[t];

	if (v->base != t || !num_is(v->offset, 0) || axis < 0 ||
	    !num_same(tensor_elements(m, view), tensor_elements(m, t)))
		return -1;
	for (int k = 0; k < v->rank; k++)
		if (num_same(v->dim[k], x->dim[axis]) && num_same(v->stride[k], x->stride[axis]))
			return k;
	return -1;
}

/* --- Parts -------------------------------------------------------------------------------------------------------- */

/* A call with arguments of its own, so that what is changed in it is not in the other. */
static struct call *copy_call(struct module *m, const struct call *from)
{
	struct call *c = ARENA_NEW(m->steps, struct call);

	*c = *from;
	c->arg = ARENA_ARRAY(m->steps, c->n_args, struct arg);
	for (int i = 0; i < c->n_args; i++)
		c->arg[i] = from->arg[i];
	c->consumed_arg = -1;
	c->row_order = ROWS_AT_ONCE;
	return c;
}

static struct call *conv_part(struct module *m, const struct row_step *r, struct num begin, struct num end)
{
	const struct call *from = r->step->call;
	struct call *c = copy_call(m, from);

	c->geometry.conv.x_ring = tensor_ring(m, from->arg[image_of(from)].tensor, from->row_axis);
	c->geometry.conv.y_ring = tensor_ring(m, c->out, c->row_axis);
	call_rows(c, begin, end);
	return c;
}

/* A call a row, in a loop over rows begin … end-1: arguments of the result's shape move on by a row of their own. */
static struct call *loop_part(struct module *m, const struct row_step *r, struct num begin, struct num end)
{
	struct call *c = copy_call(m, r->step->call);

	c->loop = ARENA_NEW(m->steps, struct call_loop);
	c->n_loops = 1;
	*c->loop = (struct call_loop){ .first = begin, .times = num_sub(&m->nums, end, begin), .step = num_const(1),
				       .axis = r->axis };
	for (int i = 0; i < c->n_args; i++) {
		const int t = c->arg[i].tensor;

		c->arg[i].advance = ARENA_ARRAY(m->steps, 1, struct num);
		for (int k = 0; k < r->n_reads; k++)
			if (c->arg[i].kind == ARG_READ && t == r->read[k].tensor && r->read[k].axis >= 0)
				c->arg[i].advance[0] = m->tensor[t].stride[r->read[k].axis];
		if (c->arg[i].kind == ARG_WRITE)
			c->arg[i].advance[0] = m->tensor[t].stride[r->axis];
	}
	return c;
}

static struct call *product_part(struct module *m, const struct row_step *r, struct num begin, struct num end)
{
	struct call *c = loop_part(m, r, begin, end);
	int i = 0;

	c->geometry.gemm.m = num_const(c->geometry.gemm.m.n / r->rows);
	while (c->col_axis[i] != r->axis)
		i++;
	for (int k = i + 1; k < c->n_col_axes; k++)
		c->col_axis[k - i - 1] = c->col_axis[k];
	c->n_col_axes -= i + 1;
	return c;
}

static struct call *elements_part(struct module *m, const struct row_step *r, struct num begin, struct num end)
{
	struct call *c = loop_part(m, r, begin, end);
	int64_t *n = elements_of(&c->geometry);

	if (!n)
		die("%s does not go from element to element", c->function);
	*n /= r->rows;
	return c;
}

static struct call *mean_part(struct module *m, const struct row_step *r, struct num begin, struct num end)
{
	const struct call *from = r->step->call;
	const int x = from->arg[0].tensor, axis = r->read[0].axis;
	struct block block = { 0 };
	struct lowering l = { .m = m, .block = &block, .node = r->step->node };
	struct call *c = lower_layer(&l, LAYER_MEAN_ROWS_INT8);

	c->geometry = from->geometry;
	c->out = from->out;
	call_arg(&l, c, ARG_READ, x)->first = from->arg[0].first;
	call_arg(&l, c, ARG_SCRATCH, r->sums);
	call_arg(&l, c, ARG_WRITE, from->out)->first = from->arg[1].first;
	call_number(&l, c, m->tensor[x].stride[axis]);
	call_number(&l, c, num_const(tensor_ring(m, x, axis)));
	call_number(&l, c, begin);
	call_number(&l, c, end);
	call_number(&l, c, num_const(r->rows));
	return c;
}

static struct call *input_part(struct module *m, const struct row_step *r, struct num begin, struct num end)
{
	struct call *c = copy_call(m, r->step->call);

	c->arg[c->n_args - 3].first = num_const(tensor_ring(m, c->out, r->axis));
	c->arg[c->n_args - 2].first = begin;
	c->arg[c->n_args - 1].first = end;
	return c;
}

struct step row_step_part(struct module *m, const struct row_step *r, struct num begin, struct num end)
{
	struct step s = *r->step;

	if (s.kind == STEP_NEST)
		s.nest = nest_of_rows(s.nest, r->axis, begin, num_sub(&m->nums, end, begin));
	else if (s.call->geometry.kind == GEOMETRY_CONV)
		s.call = conv_part(m, r, begin, end);
	else if (s.call->geometry.kind == GEOMETRY_GEMM)
		s.call = product_part(m, r, begin, end);
	else if (r->sums >= 0)
		s.call = mean_part(m, r, begin, end);
	else if (input_of_step(&s) >= 0)
		s.call = input_part(m, r, begin, end);
	else
		s.call = elements_part(m, r, begin, end);
	return s;
}
