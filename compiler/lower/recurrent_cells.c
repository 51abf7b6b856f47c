/* RNN, GRU and LSTM: the arguments of their kernels. */
#include "lower/recurrent.h"
#include "runtime_min/kernels/recurrent_f64.h"
#include "targets/target.h"

struct layer_plan {
	struct node_plan plan;
	struct layer layer;
};

static struct node_plan *plan_layer(struct module *m, int node, const char **why)
{
	struct layer_plan *p = ARENA_NEW(m->scratch, struct layer_plan);
	const struct layer *a = &p->layer;

	if (!layer_read(m, node, &p->layer, why))
		return NULL;
	*why = "the target has no matrix product for it";
	if (a->type == DT_F32 && !layer_products(m, &p->layer))
		return NULL;
	p->plan.cycles = (double)layer_macs(a) * a->size.directions * 4 / m->target->vector_bytes;
	return &p->plan;
}

/* First and last state, and the outputs, of direction d: of every cell that keeps nothing but H. */
static void hidden_arguments(struct lowering *l, const struct layer *a, struct call *c, int d)
{
	layer_state(l, a, c, ARG_READ, a->h, d);
	call_arg(l, c, ARG_READ, a->lens);
	layer_output(l, a, c, d);
	layer_state(l, a, c, ARG_WRITE, a->y_h, d);
}

/* The same of cells that keep C beside H. */
static void cell_arguments(struct lowering *l, const struct layer *a, struct call *c, int d)
{
	layer_state(l, a, c, ARG_READ, a->h, d);
	layer_state(l, a, c, ARG_READ, a->c, d);
	call_arg(l, c, ARG_READ, a->lens);
	layer_output(l, a, c, d);
	layer_state(l, a, c, ARG_WRITE, a->y_h, d);
	layer_state(l, a, c, ARG_WRITE, a->y_c, d);
}

static void lower_rnn(struct lowering *l, const struct layer *a, int d)
{
	int scale;
	const int gates = layer_gates(l, a, d), r = layer_weights(l, a, d, 0, 1, &scale);
	struct call *c = layer_call(l, a, d, LAYER_RNN, gates);

	call_arg(l, c, ARG_READ, gates);
	call_arg(l, c, ARG_READ, r);
	call_arg(l, c, ARG_READ, scale);
	hidden_arguments(l, a, c, d);
}

static void lower_lstm(struct lowering *l, const struct layer *a, int d)
{
	int scale;
	const int gates = layer_gates(l, a, d), r = layer_weights(l, a, d, 0, 4, &scale);
	struct call *c = layer_call(l, a, d, LAYER_LSTM, gates);

	call_arg(l, c, ARG_READ, gates);
	call_arg(l, c, ARG_READ, r);
	call_arg(l, c, ARG_READ, scale);
	layer_part(l, c, a->peepholes, d);
	cell_arguments(l, a, c, d);
}

/* The reset gate acts on H before the product with the third gate's weights, which therefore comes last. */
static void lower_gru_reset(struct lowering *l, const struct layer *a, int d)
{
	int zr_scale, h_scale;
	const int gates = layer_gates(l, a, d);
	const int zr = layer_weights(l, a, d, 0, 2, &zr_scale), h = layer_weights(l, a, d, 2, 1, &h_scale);
	const int scratch = lower_scratch_f32(l, num_mul(&l->m->nums, a->size.hidden, num_const(2)));
	struct call *c = layer_call(l, a, d, LAYER_GRU, gates);

	call_arg(l, c, ARG_READ, gates);
	call_arg(l, c, ARG_READ, zr);
	call_arg(l, c, ARG_READ, zr_scale);
	call_arg(l, c, ARG_READ, h);
	call_arg(l, c, ARG_READ, h_scale);
	hidden_arguments(l, a, c, d);
	call_arg(l, c, ARG_SCRATCH, scratch);
}

static void lower_gru(struct lowering *l, const struct layer *a, int d)
{
	int gates, r, scale, bias;
	struct call *c;

	if (!a->linear_before_reset) {
		lower_gru_reset(l, a, d);
		return;
	}
	gates = layer_gates(l, a, d);
	r = layer_weights(l, a, d, 0, 3, &scale);
	bias = layer_last_bias(l, a, d);
	c = layer_call(l, a, d, LAYER_GRU_LINEAR, gates);
	call_arg(l, c, ARG_READ, gates);
	call_arg(l, c, ARG_READ, r);
	call_arg(l, c, ARG_READ, scale);
	call_arg(l, c, ARG_READ, bias);
	hidden_arguments(l, a, c, d);
}

/* One kernel for all of them, over weights as they are. */
static void lower_f64(struct lowering *l, const struct layer *a, int d)
{
	const bool three = a->size.gates == 3, linear = three && a->linear_before_reset;
	const enum nnrt_cell cell = a->size.gates == 1 ? NNRT_CELL_RNN : a->size.gates == 4 ? NNRT_CELL_LSTM :
		linear ? NNRT_CELL_GRU_LINEAR : NNRT_CELL_GRU;
	const int gates = layer_gates(l, a, d), bias = linear ? layer_last_bias(l, a, d) : -1;
	const int reset = three && !linear ? lower_temp(l, DT_F64, 1, &a->size.hidden) : -1;
	struct call *c = layer_call(l, a, d, LAYER_RECURRENT_F64, gates);

	call_number(l, c, num_const(cell));
	call_arg(l, c, ARG_READ, gates);
	layer_part(l, c, a->r, d);
	if (three)
		call_arg(l, c, ARG_READ, bias);
	else
		layer_part(l, c, a->peepholes, d);
	cell_arguments(l, a, c, d);
	call_arg(l, c, ARG_SCRATCH, reset);
}

static void lower(struct lowering *l, const struct node_plan *plan)
{
	const struct layer *before = &((const struct layer_plan *)plan)->layer;
	struct layer a = *before;

	layer_begin(l, &a);
	for (int d = 0; d < a.size.directions; d++) {
		if (a.type == DT_F64)
			lower_f64(l, &a, d);
		else if (a.size.gates == 1)
			lower_rnn(l, &a, d);
		else if (a.size.gates == 3)
			lower_gru(l, &a, d);
		else
			lower_lstm(l, &a, d);
	}
	layer_end(l, &a, before);
}

const struct strategy rnn = { .name = "rnn", .op = "RNN", .plan = plan_layer, .lower = lower };
const struct strategy gru = { .name = "gru", .op = "GRU", .plan = plan_layer, .lower = lower };
const struct strategy lstm = { .name = "lstm", .op = "LSTM", .plan = plan_layer, .lower = lower };
