/* Steps of recurrent layers. Layouts 0 and 1 differ in strides only. */
#include "graph/recipe.h"
#include "graph/strides.h"
#include "kernels/scaled_bytes.h"
#include "lower/recurrent.h"

#include "targets/target.h"

static const uint8_t in_order[MAX_RANK] = { 0, 1, 2, 3 };

/* --- States and outputs: B x H a direction, the same distance from row to row in all of them ---------------------- */

static int state_batch_axis(const struct layer *a)
{
	return !a->size.batch_first;
}

static struct num state_stride(struct lowering *l, const struct layer *a)
{
	return a->size.batch_first ? num_mul(&l->m->nums, a->size.hidden, num_const(a->size.directions)) :
				     a->size.hidden;
}

static bool is_state(struct lowering *l, const struct layer *a, int t)
{
	const struct tensor *x = &l->m->tensor[t];
	const int batch = state_batch_axis(a);

	return x->type == a->type && (num_is(x->dim[2], 1) || num_is(x->stride[2], 1)) &&
	       (num_is(x->dim[batch], 1) || num_same(x->stride[batch], state_stride(l, a)));
}

static int new_state(struct lowering *l, const struct layer *a)
{
	struct num dim[3] = { num_const(a->size.directions), a->size.batch, a->size.hidden };

	if (a->size.batch_first) {
		dim[0] = a->size.batch;
		dim[1] = num_const(a->size.directions);
	}
	return lower_temp(l, a->type, 3, dim);
}

static int state_in(struct lowering *l, const struct layer *a, int t)
{
	int copy;

	if (t < 0 || is_state(l, a, t))
		return t;
	copy = new_state(l, a);
	lower_finish(l, t, copy);
	return copy;
}

void layer_begin(struct lowering *l, struct layer *a)
{
	struct module *m = l->m;
	struct num y[4] = { a->size.steps, num_const(a->size.directions), a->size.batch, a->size.hidden };

	if (a->size.batch_first) {
		y[0] = a->size.batch;
		y[1] = a->size.steps;
		y[2] = num_const(a->size.directions);
	}
	a->x = lower_plain(l, a->x, a->type);
	a->w = lower_plain(l, a->w, a->type);
	a->r = lower_plain(l, a->r, a->type);
	a->b = lower_plain(l, a->b, a->type);
	a->h = state_in(l, a, a->h);
	a->c = state_in(l, a, a->c);
	if (a->lens >= 0)
		a->lens = lower_in_order(l, a->lens, in_order);
	a->peepholes = lower_plain(l, a->peepholes, a->type);
	if (a->y < 0 || m->tensor[a->y].type != a->type ||
	    (!num_is(m->tensor[a->y].stride[3], 1) && !num_is(a->size.hidden, 1)))
		a->y = lower_temp(l, a->type, 4, y);
	if (a->y_h >= 0 && !is_state(l, a, a->y_h))
		a->y_h = new_state(l, a);
	if (a->size.gates == 4 && (a->y_c < 0 || !is_state(l, a, a->y_c)))
		a->y_c = new_state(l, a);
}

void layer_end(struct lowering *l, const struct layer *a, const struct layer *before)
{
	if (before->y >= 0)
		lower_finish(l, a->y, before->y);
	if (before->y_h >= 0)
		lower_finish(l, a->y_h, before->y_h);
	if (before->y_c >= 0)
		lower_finish(l, a->y_c, before->y_c);
}

/* --- The product of all steps' inputs ----------------------------------------------------------------------------- */

/* Elements of B for direction d: Wb + Rb, without Rb for the last gate where the cell wants it apart. */
static int gates_bias(struct lowering *l, const struct layer *a, int d)
{
	struct module *m = l->m;
	const int64_t hidden = a->size.hidden.n, rows = a->size.gates * hidden;
	const int64_t joined = a->size.gates == 3 && a->linear_before_reset ? 2 * hidden : rows;
	struct num at[2] = { num_const(d) };
	struct nest *n;
	int bias, rb;

	if (a->b < 0)
		return -1;
	bias = lower_temp(l, a->type, 1, (struct num[]){ num_const(rows) });
	n = nest_new(m, bias);
	at[1] = num_add(&m->nums, n->axis[0], num_const(rows));
	rb = nest_select(n, nest_in_range(n, n->axis[0], num_const(0), num_const(joined)), nest_load(n, a->b, at),
			 nest_const_float(n, a->type, 0));
	at[1] = n->axis[0];
	nest_store(n, nest_binary(n, E_ADD, nest_load(n, a->b, at), rb));
	if (!nest_eval(n))
		lower_nest(l, n);
	return bias;
}

int layer_last_bias(struct lowering *l, const struct layer *a, int d)
{
	struct module *m = l->m;
	const int64_t hidden = a->size.hidden.n;
	struct num at[2] = { num_const(d) };
	struct nest *n;
	int bias;

	if (a->b < 0)
		return -1;
	bias = lower_temp(l, a->type, 1, &a->size.hidden);
	n = nest_new(m, bias);
	at[1] = num_add(&m->nums, n->axis[0], num_const((2 * a->size.gates - 1) * hidden));
	nest_store(n, nest_load(n, a->b, at));
	if (!nest_eval(n))
		lower_nest(l, n);
	return bias;
}

/* Scales by which rows of n weights are bytes, where those are worth it: where weights are read from flash, and rows
 * are long against their scales. NULL: they stay floats. */
static float *row_scales(const struct module *m, const float *w, int64_t rows, int64_t n)
{
	float *scale = ARENA_ARRAY(m->arena, rows, float);
	bool found = !m->target->l2_bytes && n >= 8;

	for (int64_t i = 0; i < rows && found; i++)
		found = scaled_bytes_find(w + i * n, n, &scale[i]);
	return found ? scale : NULL;
}

/* Rows of weights that are bytes, as panels of columns. */
struct bytes_recipe {
	struct recipe recipe;
	const float *from, *scale;
	int64_t rows, n;
	int columns;
};

static void make_bytes(const struct recipe *recipe, void *elements, struct arena *scratch)
{
	const struct bytes_recipe *r = (const struct bytes_recipe *)recipe;
	int8_t *to = elements;

	(void)scratch;
	for (int64_t first = 0; first < r->rows; first += r->columns)
		for (int64_t k = 0; k < r->n; k++)
			for (int64_t i = first; i < first + r->columns; i++)
				*to++ = i < r->rows ? scaled_byte(r->from[i * r->n + k], r->scale[i]) : 0;
}

/* W of direction d as bytes, and *scale; -1: they are none. */
static int product_bytes(struct lowering *l, const struct layer *a, int d, int *scale)
{
	const struct module *m = l->m;
	const int64_t rows = a->size.gates * a->size.hidden.n, n = a->size.input.n;
	const int columns = m->target->vector_bytes; /* NNRT_PRODUCT_COLUMNS: four vectors of floats */
	const int64_t padded = (rows + columns - 1) / columns * columns;
	const float *from = (const float *)m->tensor[a->w].data + d * rows * n;
	const float *scales = row_scales(m, from, rows, n);
	float *all = ARENA_ARRAY(m->arena, padded, float);
	struct bytes_recipe *r;

	if (!scales)
		return -1;
	for (int64_t i = 0; i < padded; i++)
		all[i] = i < rows ? scales[i] : 0;
	*scale = lower_const_f32(l, m->tensor[a->w].name, all, padded);
	r = ARENA_NEW(m->steps, struct bytes_recipe);
	*r = (struct bytes_recipe){ .recipe.make = make_bytes, .from = from, .scale = scales, .rows = rows, .n = n,
				    .columns = columns };
	return lower_const_made(l, m->tensor[a->w].name, DT_I8, padded * n, from, &r->recipe);
}

/* The product as a loop nest, in the layer's own type. */
static int gates_by_nest(struct lowering *l, const struct layer *a, int d, const struct num *dim)
{
	const int bias = gates_bias(l, a, d);
	struct nest *n = nest_new(l->m, lower_temp(l, a->type, 3, dim));
	const struct num k = nest_reduce_axis(n, a->size.input);
	int v = nest_load(n, a->x, (const struct num[]){ n->axis[0], n->axis[1], k });

	v = nest_binary(n, E_MUL, v, nest_load(n, a->w, (const struct num[]){ num_const(d), n->axis[2], k }));
	v = nest_reduce(n, REDUCE_SUM, v);
	if (bias >= 0)
		v = nest_binary(n, E_ADD, v, nest_load(n, bias, &n->axis[2]));
	nest_store(n, v);
	lower_nest(l, n);
	return n->out;
}

/* The product by the target's kernel, in float32. */
static int gates_by_kernel(struct lowering *l, const struct layer *a, int d, const struct num *dim)
{
	struct module *m = l->m;
	const int64_t columns = a->size.gates * a->size.hidden.n, input = a->size.input.n;
	const bool flat = tensor_is_run(m, a->x, (const int[]){ 0, 1 }, 2);
	const float *from = m->tensor[a->w].data;
	const struct kernel *k = from ? a->packed_product : a->read_product;
	int scale = -1;
	const int bias = gates_bias(l, a, d), gates = lower_temp(l, DT_F32, 3, dim);
	int w = from ? product_bytes(l, a, d, &scale) : a->w, scratch = -1;
	const bool is_bytes = scale >= 0;
	struct call *call;
	struct arg *arg;

	if (is_bytes) {
		k = NULL;
	} else if (!from) {
		scratch = lower_scratch_f32(l, num_const(input * k->columns));
	} else {
		const struct pack p = {
			.n = columns, .n_stride = input, .depth = { 1, 1, input }, .stride = { 0, 0, 1 }
		};

		w = lower_packed(l, m->tensor[a->w].name, &p, k, from + d * columns * input);
	}
	call = k ? lower_kernel(l, k, GEOMETRY_GEMM) : lower_layer(l, LAYER_PRODUCT_BYTES);
	call->geometry.gemm = (struct gemm_geometry){
		.m = flat ? num_mul(&m->nums, dim[0], dim[1]) : dim[1],
		.n = num_const(columns),
		.k = num_const(input),
		.a_row = m->tensor[a->x].stride[flat && num_is(dim[1], 1) ? 0 : 1],
		.b_row = scratch < 0 ? num_const(0) : m->tensor[w].stride[1],
	};
	call->c_axis = 2;
	call->col_axis[call->n_col_axes++] = 0;
	call->col_axis[call->n_col_axes++] = 1;
	if (!flat)
		call_loop(l, call, dim[0], 0, num_const(1));
	arg = call_arg(l, call, ARG_READ, a->x);
	if (!flat)
		arg->advance[0] = m->tensor[a->x].stride[0];
	arg = call_arg(l, call, ARG_READ, w);
	if (scratch >= 0)
		arg->first = num_mul(&m->nums, num_const(d), m->tensor[w].stride[0]);
	if (is_bytes)
		call_arg(l, call, ARG_READ, scale);
	call_arg(l, call, ARG_READ, bias);
	call_arg(l, call, ARG_WRITE, gates);
	if (scratch >= 0)
		call_arg(l, call, ARG_SCRATCH, scratch);
	if (!is_bytes)
		call_epilogue(l, call);
	call_result(m, call, gates);
	return gates;
}

int layer_gates(struct lowering *l, const struct layer *a, int d)
{
	const struct tensor *x = &l->m->tensor[a->x];
	const struct num dim[3] = { x->dim[0], x->dim[1], num_const(a->size.gates * a->size.hidden.n) };
	const int gates = a->type == DT_F32 ? gates_by_kernel(l, a, d, dim) : gates_by_nest(l, a, d, dim);

	l->block->step[l->block->n - 1].macs = tensor_elements(l->m, gates).n * a->size.input.n;
	return gates;
}

/* --- The walk over the steps -------------------------------------------------------------------------------------- */

/* pack_gates_f32() as a nest, for weights that come at run time: panel, k, gate, lane. */
static int packed_at_run_time(struct lowering *l, const struct layer *a, int d, int first, int gates, int lanes)
{
	struct module *m = l->m;
	struct nums *s = &m->nums;
	const struct num hidden = a->size.hidden;
	const struct num dim[4] = { num_const((hidden.n + lanes - 1) / lanes), hidden, num_const(gates),
				    num_const(lanes) };
	const int packed = lower_temp(l, DT_F32, 4, dim);
	struct nest *n = nest_new(m, packed);
	const struct num unit = num_add(s, num_mul(s, n->axis[0], num_const(lanes)), n->axis[3]);
	const struct num row = num_add(s, num_mul(s, num_add(s, n->axis[2], num_const(first)), hidden), unit);
	const int value = nest_load(n, a->r, (const struct num[]){ num_const(d), row, n->axis[1] });

	nest_store(n,
		   nest_select(n, nest_in_range(n, unit, num_const(0), hidden), value, nest_const_float(n, DT_F32, 0)));
	lower_nest(l, n);
	return packed;
}

struct gates_recipe {
	struct recipe recipe;
	const float *from, *scale;      /* scale: of each row, where they become bytes; else NULL */
	int64_t hidden;
	int gates, first, lanes;
};

static void make_gates(const struct recipe *recipe, void *elements, struct arena *scratch)
{
	const struct gates_recipe *r = (const struct gates_recipe *)recipe;
	const int order[] = { r->first, r->first + 1, r->first + 2, r->first + 3 };

	int64_t n;
	float *packed, *scale;

	if (!r->scale) {
		pack_gates_f32(r->gates, order, r->hidden, r->hidden, r->lanes, r->from, elements);
		return;
	}
	if (!pack_gates_size(r->gates, r->hidden, r->hidden, r->lanes, &n))
		die("packed weights overflow");
	packed = ARENA_ARRAY(scratch, n, float);
	scale = ARENA_ARRAY(scratch, n / r->hidden, float);
	pack_gates_f32(r->gates, order, r->hidden, r->hidden, r->lanes, r->from, packed);
	pack_gates_f32(r->gates, order, r->hidden, 1, r->lanes, r->scale, scale);
	for (int64_t i = 0; i < n; i++) {
		const int64_t vector = i / r->lanes, panel = vector / r->gates / r->hidden;

		((int8_t *)elements)[i] =
			scaled_byte(packed[i], scale[(panel * r->gates + vector % r->gates) * r->lanes + i % r->lanes]);
	}
}

int layer_weights(struct lowering *l, const struct layer *a, int d, int first, int gates, int *scale)
{
	const struct module *m = l->m;
	const int64_t hidden = a->size.hidden.n;
	const int lanes = m->target->vector_bytes / 4;
	const int order[] = { first, first + 1, first + 2, first + 3 };
	const float *from = m->tensor[a->r].data;
	struct gates_recipe *r;
	float *packed;
	int64_t floats;

	*scale = -1;
	if (!from)
		return packed_at_run_time(l, a, d, first, gates, lanes);
	if (!pack_gates_size(gates, hidden, hidden, lanes, &floats) || floats > MAX_ELEMENTS)
		die("packed weights of \"%s\" overflow", m->tensor[a->r].name);
	r = ARENA_NEW(m->steps, struct gates_recipe);
	from += d * a->size.gates * hidden * hidden;
	*r = (struct gates_recipe){ .recipe.make = make_gates, .from = from, .hidden = hidden, .gates = gates,
				    .first = first, .lanes = lanes,
				    .scale = row_scales(m, from, a->size.gates * hidden, hidden) };
	if (!r->scale)
		return lower_const_made(l, m->tensor[a->r].name, DT_F32, floats, from, &r->recipe);
	packed = ARENA_ARRAY(m->arena, floats / hidden, float);
	pack_gates_f32(gates, order, hidden, 1, lanes, r->scale, packed);
	*scale = lower_const_f32(l, m->tensor[a->r].name, packed, floats / hidden);
	return lower_const_made(l, m->tensor[a->r].name, DT_I8, floats, from, &r->recipe);
}

struct call *layer_call(struct lowering *l, const struct layer *a, int d, enum layer_kernel kernel, int gates)
{
	const struct module *m = l->m;
	const int step = a->size.batch_first, batch = !a->size.batch_first;
	const struct num *x = m->tensor[gates].stride, *y = m->tensor[a->y].stride;
	struct call *c = lower_layer(l, kernel);

	c->out = a->y;
	c->geometry.rnn = (struct rnn_geometry){
		.steps = a->size.steps, .batch = a->size.batch, .hidden = a->size.hidden,
		.reverse = a->size.reverse || d == 1, .gates_step = x[step], .gates_batch = x[batch], .y_step = y[step],
		.y_batch = y[a->size.batch_first ? 0 : 2], .state_batch = state_stride(l, a),
		.clip = (double)a->clip, .input_forget = a->input_forget,
	};
	for (int i = 0; i < MAX_ACTIVATIONS; i++) {
		c->geometry.rnn.activation[i] = a->activation[d][i].code;
		c->geometry.rnn.alpha[i] = (double)a->activation[d][i].alpha;
		c->geometry.rnn.beta[i] = (double)a->activation[d][i].beta;
	}
	l->block->step[l->block->n - 1].macs = layer_macs(a);
	return c;
}

/* The argument with its tensor's stride along `axis`, d times, added. */
static void argument_at(struct lowering *l, struct call *call, enum arg_kind kind, int t, int axis, int d)
{
	struct num first = num_const(0);

	if (t >= 0)
		first = num_mul(&l->m->nums, num_const(d), l->m->tensor[t].stride[axis]);
	call_arg(l, call, kind, t)->first = first;
}

void layer_state(struct lowering *l, const struct layer *a, struct call *call, enum arg_kind kind, int t, int d)
{
	argument_at(l, call, kind, t, a->size.batch_first, d);
}

void layer_output(struct lowering *l, const struct layer *a, struct call *call, int d)
{
	argument_at(l, call, ARG_WRITE, a->y, a->size.batch_first ? 2 : 1, d);
}

void layer_part(struct lowering *l, struct call *call, int weights, int d)
{
	argument_at(l, call, ARG_READ, weights, 0, d);
}
