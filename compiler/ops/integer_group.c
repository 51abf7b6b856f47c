/* IntegerGroup of domain "nnc": an operator whose inputs come through DequantizeLinear and whose result goes through
 * QuantizeLinear, as one loop nest over bytes, by the literal float32 formula:
 *   y = clamp(round_half_even(op((q - zero) * scale, …) / y_scale) + y_zero, low, high)
 * The operator itself is node `inner`, which stands in no graph any more; its loop nest is copied with what the loads
 * and the store convert written in. Bit-exact: every float32 operation of the three nodes is there, in their order. */
#include "ops/integer.h"
#include "nest/nest_build.h"

/* The nest of the inner operator, or NULL when it lowers to anything else than one nest over its result. */
static struct nest *inner_nest(struct module *m, int inner)
{
	struct block block = { 0 };
	struct lowering l = { .m = m, .block = &block, .node = inner };
	const struct tensor *out = node_out_tensor(m, inner, 0);
	struct nest *n;

	if (!m->node[inner].op->lower(&l, inner) || block.n != 1 || block.step[0].kind != STEP_NEST)
		return NULL;
	n = block.step[0].nest;
	if (n->out != node_out(m, inner, 0) || n->n_axes != out->rank)
		return NULL;
	for (int k = 0; k < n->n_axes; k++)
		if (n->store[k].expr >= 0 || !num_same(n->store[k].affine, n->axis[k]))
			return NULL;
	return n;
}

static int load_dequantised(void *ctx, struct nest *n, int tensor, const struct index *at, int n_at)
{
	struct dequantised d;
	int v;

	(void)ctx;
	if (n->m->tensor[tensor].data || !dequantised_get(n->m, tensor, &d))
		return -1;
	if (n_at < 0 && at[0].expr >= 0)
		die("a flat load at a computed place has no integer form");
	v = n_at < 0 ? nest_load_flat(n, d.q, at[0].affine) : nest_load_at(n, d.q, at);
	v = nest_binary(n, E_SUB, nest_cast(n, DT_I32, v), nest_const_int(n, DT_I32, dequantised_zero(n->m, &d, 0)));
	return nest_binary(n, E_MUL, nest_cast(n, DT_F32, v),
			   nest_const_float(n, DT_F32, (double)dequantised_scale(n->m, &d, 0)));
}

bool integer_group_applies(struct module *m, int inner)
{
	struct nest *n = inner_nest(m, inner);

	if (!n)
		return false;
	for (int k = 0; k < n->n_e; k++)
		if (n->e[k].op == E_LOAD && n->e[k].n_at < 0 && n->at[n->e[k].at].expr >= 0)
			return false;
	return true;
}

static bool infer_group(struct module *m, int node)
{
	const struct tensor y = *node_out_tensor(m, (int)node_attr_int(m, node, "inner", 0), 0);

	return tensor_set(m, node, node_out(m, node, 0), (enum dtype)node_attr_int(m, node, "type", 0), y.rank, y.dim);
}

static bool lower_group(struct lowering *l, int node)
{
	struct module *m = l->m;
	const struct nest *from = inner_nest(m, (int)node_attr_int(m, node, "inner", 0));
	struct nest *n = nest_new(m, node_out(m, node, 0));
	struct num at[2 * MAX_RANK];
	struct nest_copier c = { .n = n, .from = from, .at = at, .acc = -1, .load = load_dequantised };
	int v;

	if (!from)
		die("the inner operator changed its form");
	for (int k = 0; k < from->n_axes + from->n_reduce; k++)
		at[k] = k < from->n_axes ? n->axis[k] : nest_reduce_axis(n, from->extent[k]);
	v = nest_copy_with(&c, from->value);
	v = nest_binary(n, E_DIV, v, nest_const_float(n, DT_F32, node_attr_float(m, node, "scale", 1)));
	v = nest_unary(n, E_ROUND, v);
	v = nest_binary(n, E_ADD, v, nest_const_float(n, DT_F32, (double)node_attr_int(m, node, "zero", 0)));
	v = nest_binary(n, E_MAX, v, nest_const_float(n, DT_F32, (double)node_attr_int(m, node, "low", 0)));
	v = nest_binary(n, E_MIN, v, nest_const_float(n, DT_F32, (double)node_attr_int(m, node, "high", 0)));
	nest_store(n, nest_saturate(n, m->tensor[n->out].type, v));
	lower_nest(l, n);
	return true;
}

const struct op_def op_nnc_IntegerGroup = {
	.domain = "nnc", .name = "IntegerGroup", .since = 1, .min_in = 1, .max_in = -1, .min_out = 1, .max_out = 1,
	.attrs = ATTRS(INT("inner", 0), INT("type", 0), FLOAT("scale", 1.0), INT("zero", 0), INTEGER_LIMITS),
	.infer = infer_group, .lower = lower_group,
};
