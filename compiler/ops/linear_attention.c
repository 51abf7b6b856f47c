/* LinearAttention: attention by a state that every place of the sequence updates, a loop over the places. For a head
 * with state S: d x e, place t with query q, key k: d and value v: e,
 *
 *     S = exp(g) * S                          gated and gated_delta; decay g: d, or one for the head
 *     v = beta * (v - transpose(S) * k)       delta and gated_delta; beta: one for the head, or for all heads
 *     S = S + k * transpose(v)
 *     y = scale * transpose(S) * q
 *
 * Inputs are B x length x heads*size, the state B x heads x d x e. Heads of queries share those of keys in turn. */
#include <math.h>
#include <string.h>

#include "ops/control.h"
#include "ops/arguments.h"

enum { IN_Q, IN_K, IN_V, IN_STATE, IN_DECAY, IN_BETA };

struct linear {
	int64_t q_heads, heads, key, value;     /* heads of queries, of keys; sizes d, e */
	struct num batch, length, place;        /* place: the number of the loop's turn */
	int state;                              /* temporary, of type `type` */
	enum dtype type;
	double scale;
};

/* One of the gates: there when the rule has it, of one of two widths. */
static bool check_gate(struct module *m, int node, int i, bool has, const struct linear *a, int64_t wide,
		       int64_t narrow)
{
	const struct tensor *t = node_in_tensor(m, node, i);
	const char *rule = node_attr(m, node, "update_rule")->s;
	int64_t width;

	if (has != (t != NULL))
		return node_bad(m, node, "input %d is %s, and update_rule is %s", i, t ? "given" : "absent", rule);
	if (!t)
		return true;
	width = t->rank == 3 && num_is(t->dim[2], narrow) ? narrow : wide;
	return node_shape(m, node, i, (struct num[]){ a->batch, a->length, num_const(width) }, 3);
}

static bool has_decay(const struct module *m, int node)
{
	return node_attr_is(m, node, "update_rule", "gated") || node_attr_is(m, node, "update_rule", "gated_delta");
}

static bool has_beta(const struct module *m, int node)
{
	return node_attr_is(m, node, "update_rule", "delta") || node_attr_is(m, node, "update_rule", "gated_delta");
}

/* The elements of a head, of an input with so many heads along its last axis. */
static bool head_size(struct module *m, int node, int i, int64_t heads, int64_t *size)
{
	const struct tensor *t = node_in_tensor(m, node, i);

	if (!node_rank(m, node, i, 3, 3))
		return false;
	if (!num_is_const(t->dim[2]))
		return node_unsupported(m, node, "the size of a head must be a constant");
	*size = t->dim[2].n / heads;
	return (*size > 0 && t->dim[2].n % heads == 0) ||
	       node_bad(m, node, "input %d has %lld elements along axis 2, allowed: a multiple of %lld heads", i,
			(long long)t->dim[2].n, (long long)heads);
}

static bool linear_get(struct module *m, int node, struct linear *a)
{
	const struct tensor q = *node_in_tensor(m, node, IN_Q);
	int64_t q_size;

	a->q_heads = node_attr_int(m, node, "q_num_heads", 0);
	a->heads = node_attr_int(m, node, "kv_num_heads", 0);
	if (a->heads < 1 || a->q_heads < 1 || a->q_heads % a->heads)
		return node_bad(m, node, "%lld heads of queries for %lld of keys", (long long)a->q_heads,
				(long long)a->heads);
	if (!head_size(m, node, IN_Q, a->q_heads, &q_size) || !head_size(m, node, IN_K, a->heads, &a->key) ||
	    !head_size(m, node, IN_V, a->heads, &a->value))
		return false;
	if (q_size != a->key)
		return node_bad(m, node, "heads of queries and keys have %lld and %lld elements, allowed: the same",
				(long long)q_size, (long long)a->key);
	a->batch = q.dim[0];
	a->length = q.dim[1];
	a->type = compute_type(q.type);
	a->scale = node_attr_float(m, node, "scale", 0);
	if (a->scale == 0)
		a->scale = 1 / sqrt((double)a->key);
	for (int i = IN_K; i <= IN_V; i++)
		if (!node_shape(m, node, i,
				(struct num[]){ a->batch, a->length,
						num_const(a->heads * (i == IN_K ? a->key : a->value)) },
				3))
			return false;
	return check_gate(m, node, IN_DECAY, has_decay(m, node), a, a->heads * a->key, a->heads) &&
	       check_gate(m, node, IN_BETA, has_beta(m, node), a, a->heads, 1);
}

static void state_dims(const struct linear *a, struct num dim[4])
{
	memcpy(dim, (struct num[]){ a->batch, num_const(a->heads), num_const(a->key), num_const(a->value) },
	       4 * sizeof *dim);
}

static bool infer_linear_attention(struct module *m, int node)
{
	const struct tensor q = *node_in_tensor(m, node, IN_Q), *past = node_in_tensor(m, node, IN_STATE);
	int out = node_out(m, node, 1);
	struct num dim[4];
	struct linear a;
	enum dtype type;

	if (!linear_get(m, node, &a))
		return false;
	state_dims(&a, dim);
	if (!node_shape(m, node, IN_STATE, dim, 4))
		return false;
	/* Without a past nothing but the model itself says of what type the state is. */
	type = past ? past->type : out >= 0 && is_float(m->tensor[out].type) ? m->tensor[out].type : q.type;
	if (out >= 0 && !tensor_set(m, node, out, type, 4, dim))
		return false;
	dim[1] = a.length;
	dim[2] = num_const(a.q_heads * a.value);
	return tensor_set(m, node, node_out(m, node, 0), q.type, 3, dim);
}

/* Element d of a head of input i at the loop's place; head and d of the nest. */
static int load_place(struct nest *n, int node, const struct linear *a, int i, struct num head, int64_t size,
		      struct num d)
{
	struct nums *s = &n->m->nums;
	struct num at[3] = { n->axis[0], a->place, num_add(s, num_mul(s, head, num_const(size)), d) };

	return nest_load_wide(n, node_in(n->m, node, i), at);
}

static void lower_first_state(struct lowering *l, int node, const struct linear *a)
{
	struct nest *n = nest_new(l->m, a->state);
	int past = node_in(l->m, node, IN_STATE);

	nest_store(n, past >= 0 ? nest_cast(n, a->type, nest_load(n, past, n->axis)) :
				  nest_const_value(n, a->type, TYPE_ZERO));
	lower_nest(l, n);
}

static void lower_decay(struct lowering *l, int node, const struct linear *a)
{
	struct nest *n = nest_new(l->m, a->state);
	bool each = num_is(node_in_tensor(l->m, node, IN_DECAY)->dim[2], a->heads);
	int g = load_place(n, node, a, IN_DECAY, n->axis[1], each ? 1 : a->key, each ? num_const(0) : n->axis[2]);

	nest_store(n, nest_binary(n, E_MUL, nest_load(n, a->state, n->axis),
				  nest_unary(n, E_EXP, nest_cast(n, a->type, g))));
	lower_nest(l, n);
}

/* What the state lacks of the value: B x heads x e. */
static int lower_correction(struct lowering *l, int node, const struct linear *a)
{
	const struct num dim[3] = { a->batch, num_const(a->heads), num_const(a->value) };
	bool common = num_is(node_in_tensor(l->m, node, IN_BETA)->dim[2], 1);
	int out = lower_temp(l, a->type, 3, dim), known, v, beta;
	struct nest *n = nest_new(l->m, out);
	struct num d = nest_reduce_axis(n, num_const(a->key));

	known = nest_load(n, a->state, (struct num[]){ n->axis[0], n->axis[1], d, n->axis[2] });
	known = nest_binary(n, E_MUL, known, load_place(n, node, a, IN_K, n->axis[1], a->key, d));
	known = nest_reduce(n, REDUCE_SUM, known);
	v = load_place(n, node, a, IN_V, n->axis[1], a->value, n->axis[2]);
	beta = load_place(n, node, a, IN_BETA, common ? num_const(0) : n->axis[1], 1, num_const(0));
	nest_store(n, nest_binary(n, E_MUL, beta, nest_binary(n, E_SUB, v, known)));
	lower_nest(l, n);
	return out;
}

static void lower_update(struct lowering *l, int node, const struct linear *a, int correction)
{
	struct nest *n = nest_new(l->m, a->state);
	int k = load_place(n, node, a, IN_K, n->axis[1], a->key, n->axis[2]), v;

	if (correction >= 0)
		v = nest_load(n, correction, (struct num[]){ n->axis[0], n->axis[1], n->axis[3] });
	else
		v = load_place(n, node, a, IN_V, n->axis[1], a->value, n->axis[3]);
	nest_store(n, nest_binary(n, E_ADD, nest_load(n, a->state, n->axis), nest_binary(n, E_MUL, k, v)));
	lower_nest(l, n);
}

static void lower_read(struct lowering *l, int node, const struct linear *a)
{
	struct nums *s = &l->m->nums;
	const struct num extent[3] = { a->batch, num_const(a->q_heads), num_const(a->value) };
	struct nest *n = nest_over(l->m, node_out(l->m, node, 0), 3, extent);
	struct num d = nest_reduce_axis(n, num_const(a->key)), head;
	int v;

	head = num_div(s, n->axis[1], num_const(a->q_heads / a->heads));
	v = nest_load(n, a->state, (struct num[]){ n->axis[0], head, d, n->axis[2] });
	v = nest_binary(n, E_MUL, v, load_place(n, node, a, IN_Q, n->axis[1], a->key, d));
	v = nest_binary(n, E_MUL, nest_reduce(n, REDUCE_SUM, v), nest_const_float(n, a->type, a->scale));
	n->store[1].affine = a->place;
	n->store[2].affine = num_add(s, num_mul(s, n->axis[1], extent[2]), n->axis[2]);
	nest_store_narrow(n, v);
	lower_nest(l, n);
}

static bool lower_linear_attention(struct lowering *l, int node)
{
	struct module *m = l->m;
	struct block body = { 0 };
	struct lowering inside = lower_inside(l, &body);
	struct num dim[4];
	struct linear a;
	struct nest *n;

	if (!linear_get(m, node, &a))
		return false;
	state_dims(&a, dim);
	a.state = lower_temp(l, a.type, 4, dim);
	a.place = loop_turn(m, node, a.length);
	lower_first_state(l, node, &a);
	if (has_decay(m, node))
		lower_decay(&inside, node, &a);
	lower_update(&inside, node, &a, has_beta(m, node) ? lower_correction(&inside, node, &a) : -1);
	lower_read(&inside, node, &a);
	lower_turns(l, a.length, a.place, -1, body);
	if (node_out(m, node, 1) < 0)
		return true;
	n = nest_new(m, node_out(m, node, 1));
	nest_store_narrow(n, nest_load(n, a.state, n->axis));
	lower_nest(l, n);
	return true;
}

/* chunk_size is a hint for parallel machines. */
const struct op_def op_LinearAttention_27 = {
	ONNX("LinearAttention", 27, 3, 6, 1, 2),
	.types = TYPES("fh", "T", "T", "fh", "T", "T"),
	.attrs = ATTRS(INT("chunk_size", 64), INT_REQUIRED("kv_num_heads"), INT_REQUIRED("q_num_heads"),
		       FLOAT("scale", 0.0), STRING("update_rule", "gated_delta", "linear|gated|delta|gated_delta")),
	.infer = infer_linear_attention,
	.lower = lower_linear_attention,
};
