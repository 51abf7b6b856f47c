/* IntegerGroup of domain "nnc": an operator whose inputs come through DequantizeLinear and whose result goes through
 * QuantizeLinear, as one loop nest over bytes, by the literal float32 formula:
 *   y = clamp(round_half_even(op((q - zero) * scale, …) / y_scale) + y_zero, low, high)
 * Its sub-graph is the literal one, as the branches of an If are: input k of the node is input k of the graph, where
 * DequantizeLinear reads it; the operator reads those and constants; QuantizeLinear makes the graph's output. Lowering
 * copies the operator's loop nest with what the loads and the store convert written in. Bit-exact: every float32
 * operation of the nodes is there, in their order. */
#include "ops/integer.h"

#include "graph/infer.h"
#include "nest/nest_build.h"

/* --- The sub-graph ------------------------------------------------------------------------------------------------ */

static const struct graph *body_of(const struct module *m, int node)
{
	return &m->graph[node_attr(m, node, "body")->i];
}

struct integer_group integer_group_get(const struct module *m, int node)
{
	const int quantize = m->tensor[body_of(m, node)->out[0]].producer, zero = node_in(m, quantize, 2);

	return (struct integer_group){
		.op = m->tensor[node_in(m, quantize, 0)].producer,
		.scale = (float)const_double(m, node_in(m, quantize, 1), 0),
		.zero = zero < 0 ? 0 : const_int(m, zero, 0),
		.low = node_attr_int(m, node, "low", 0), .high = node_attr_int(m, node, "high", 0),
	};
}

bool integer_group_input(const struct module *m, int node, int t, struct dequantised *d)
{
	const struct graph *body = body_of(m, node);

	if (m->tensor[t].data || !dequantised_get(m, t, d))
		return false;
	for (int k = 0; k < body->n_in; k++)
		if (body->in[k] == d->q) {
			d->q = node_in(m, node, k);
			return true;
		}
	die("an IntegerGroup dequantises what is not its input");
}

/* --- Lowering ----------------------------------------------------------------------------------------------------- */

/* The nest of an operator, or NULL when it lowers to anything else than one nest over its result. */
static struct nest *only_nest(struct module *m, int op)
{
	struct block block = { 0 };
	struct lowering l = { .m = m, .block = &block, .node = op };
	struct nest *n;

	if (!m->node[op].op->lower(&l, op) || block.n != 1 || block.step[0].kind != STEP_NEST)
		return NULL;
	n = block.step[0].nest;
	if (n->out != node_out(m, op, 0) || n->n_axes != node_out_tensor(m, op, 0)->rank)
		return NULL;
	for (int k = 0; k < n->n_axes; k++)
		if (n->store[k].expr >= 0 || !num_same(n->store[k].affine, n->axis[k]))
			return NULL;
	return n;
}

static bool loads_have_indexes(const struct nest *n)
{
	for (int k = 0; k < n->n_e; k++)
		if (n->e[k].op == E_LOAD && n->e[k].n_at < 0 && n->at[n->e[k].at].expr >= 0)
			return false;
	return true;
}

bool integer_group_applies(struct module *m, int op)
{
	const struct trial trial = trial_begin(m);
	const struct nest *n = only_nest(m, op);
	const bool applies = n && loads_have_indexes(n);

	trial_end(m, &trial);
	return applies;
}

/* ctx: the IntegerGroup. */
static int load_dequantised(void *ctx, struct nest *n, int tensor, const struct index *at, int n_at)
{
	struct dequantised d;
	int v;

	if (!integer_group_input(n->m, *(const int *)ctx, tensor, &d))
		return -1;
	if (n_at < 0 && at[0].expr >= 0)
		die("a flat load at a computed place has no integer form");
	v = n_at < 0 ? nest_load_flat(n, d.q, at[0].affine) : nest_load_at(n, d.q, at);
	v = nest_binary(n, E_SUB, nest_cast(n, DT_I32, v), nest_const_int(n, DT_I32, dequantised_zero(n->m, &d, 0)));
	return nest_binary(n, E_MUL, nest_cast(n, DT_F32, v),
			   nest_const_float(n, DT_F32, (double)dequantised_scale(n->m, &d, 0)));
}

/* The inputs' types and shapes go in, those of the result come out. */
static bool infer_group(struct module *m, int node)
{
	const struct graph *body = body_of(m, node);
	struct tensor y;

	for (int k = 0; k < body->n_in; k++) {
		const struct tensor x = *node_in_tensor(m, node, k);
		if (!tensor_set(m, node, body->in[k], x.type, x.rank, x.dim))
			return false;
	}
	if (!infer_graph(m, (int)node_attr(m, node, "body")->i))
		return false;
	y = m->tensor[body_of(m, node)->out[0]];
	return tensor_set(m, node, node_out(m, node, 0), y.type, y.rank, y.dim);
}

static bool lower_group(struct lowering *l, int node)
{
	struct module *m = l->m;
	const struct integer_group g = integer_group_get(m, node);
	struct nest *n = nest_new(m, node_out(m, node, 0));
	struct num at[2 * MAX_RANK];
	struct nest_copier c = { .n = n, .at = at, .acc = -1, .load = load_dequantised, .ctx = &node };
	struct arena *steps = m->steps;
	const struct nest *from;
	int v;

	m->steps = m->scratch;          /* the operator's own nest is only copied */
	c.from = from = only_nest(m, g.op);
	m->steps = steps;
	if (!from)
		die("the operator of an IntegerGroup changed its form");
	for (int k = 0; k < from->n_axes + from->n_reduce; k++)
		at[k] = k < from->n_axes ? n->axis[k] : nest_reduce_axis(n, from->extent[k]);
	v = nest_copy_with(&c, from->value);
	v = nest_binary(n, E_DIV, v, nest_const_float(n, DT_F32, (double)g.scale));
	v = nest_unary(n, E_ROUND, v);
	v = nest_binary(n, E_ADD, v, nest_const_float(n, DT_F32, (double)g.zero));
	integer_store(n, v, g.low, g.high);
	lower_nest(l, n);
	return true;
}

const struct op_def op_nnc_IntegerGroup = {
	.domain = "nnc", .name = "IntegerGroup", .since = 1, .min_in = 1, .max_in = -1, .min_out = 1, .max_out = 1,
	.attrs = ATTRS({ .name = "body", .kind = ATTR_GRAPH, .required = true }, INTEGER_LIMITS), .types = TYPES("iu"),
	.infer = infer_group, .lower = lower_group,
};
