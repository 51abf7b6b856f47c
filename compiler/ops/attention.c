/* Attention (scaled dot product).
 * scores[b][h][i][j] = softcap(scale * sum over d of q[b][h][i][d] * k[b][g][j][d]) + mask, p = softmax over j,
 * y[b][h][i][d] = sum over j of p * v[b][g][j][d], g = h / (q heads / kv heads). Inputs are B x heads x length x size,
 * or B x length x heads*size; past keys and values come before the new ones.
 *
 * Query i stands at position i + offset among the keys: after the past ones, or, where a cache outside says how many of
 * its keys count, at their end. The keys that it sees are bounded by causality, windows and that count. */
#include <math.h>
#include <string.h>

#include "ops/positions.h"

enum { IN_Q, IN_K, IN_V, IN_MASK, IN_PAST_K, IN_PAST_V, IN_NONPAD };
enum { OUT_Y, OUT_K, OUT_V, OUT_QK };

struct attention {
	bool flat;                              /* inputs of rank 3 */
	int64_t q_heads, kv_heads;
	struct num batch, length, past, fresh, total;   /* of queries; of keys: past + fresh = total */
	struct num size, v_size;                /* per head */
	int64_t left, right;                    /* keys seen before and after the query's position; -1: all */
	double scale;
};

static bool attention_heads(struct module *m, int node, struct attention *a)
{
	const struct tensor *q = node_in_tensor(m, node, IN_Q), *k = node_in_tensor(m, node, IN_K);
	const struct tensor *v = node_in_tensor(m, node, IN_V);

	a->flat = q->rank == 3;
	if ((q->rank != 3 && q->rank != 4) || k->rank != q->rank || v->rank != q->rank)
		return node_bad(m, node, "inputs are of rank %d, %d, %d, allowed: 3 or 4", q->rank, k->rank, v->rank);
	if (!a->flat && !(num_is_const(q->dim[1]) && num_is_const(k->dim[1])))
		return node_unsupported(m, node, "the number of heads must be a constant");
	a->q_heads = a->flat ? node_attr_int(m, node, "q_num_heads", 0) : q->dim[1].n;
	a->kv_heads = a->flat ? node_attr_int(m, node, "kv_num_heads", 0) : k->dim[1].n;
	if (a->q_heads < 1 || a->kv_heads < 1 || a->q_heads % a->kv_heads)
		return node_bad(m, node, "%lld heads of queries for %lld of keys, allowed: a multiple of 1 or more",
				(long long)a->q_heads, (long long)a->kv_heads);
	return true;
}

/* The shapes of keys and values, of queries' size; and of the counts of keys that are no padding. */
static bool attention_shapes(struct module *m, int node, const struct attention *a)
{
	struct nums *s = &m->nums;
	const struct num heads = num_const(a->kv_heads), size[] = { a->size, a->v_size };

	for (int i = 0; i < 2; i++) {
		struct num flat[] = { a->batch, a->fresh, num_mul(s, heads, size[i]) };
		struct num past[] = { a->batch, heads, a->past, size[i] };
		struct num own[] = { a->batch, heads, a->fresh, size[i] };

		if (!node_shape(m, node, IN_K + i, a->flat ? flat : own, a->flat ? 3 : 4) ||
		    !node_shape(m, node, IN_PAST_K + i, past, 4))
			return false;
	}
	return node_shape(m, node, IN_NONPAD, &a->batch, 1);
}

static bool attention_get(struct module *m, int node, struct attention *a)
{
	const struct tensor *q = node_in_tensor(m, node, IN_Q), *k = node_in_tensor(m, node, IN_K);
	const struct tensor *v = node_in_tensor(m, node, IN_V), *past = node_in_tensor(m, node, IN_PAST_K);

	if (!attention_heads(m, node, a))
		return false;
	a->batch = q->dim[0];
	a->length = q->dim[a->flat ? 1 : 2];
	a->fresh = k->dim[a->flat ? 1 : 2];
	a->size = a->flat ? num_div(&m->nums, q->dim[2], num_const(a->q_heads)) : q->dim[3];
	a->v_size = a->flat ? num_div(&m->nums, v->dim[2], num_const(a->kv_heads)) : v->dim[3];
	if (!num_is_const(a->size) || a->size.n < 1)
		return node_unsupported(m, node, "the size of a head must be a constant");
	if (a->flat && !num_same(num_mul(&m->nums, a->size, num_const(a->q_heads)), q->dim[2]))
		return node_bad(m, node, "queries have %lld elements along axis 2, allowed: a multiple of %lld heads",
				(long long)q->dim[2].n, (long long)a->q_heads);
	if ((past != NULL) != (node_in_tensor(m, node, IN_PAST_V) != NULL))
		return node_bad(m, node, "past keys and past values must be given together");
	if (past && node_in_type(m, node, IN_PAST_V) != v->type)
		return node_bad(m, node, "past values are %s, allowed: %s as the values",
				dtypes[node_in_type(m, node, IN_PAST_V)].name, dtypes[v->type].name);
	if (past && past->rank != 4)
		return node_bad(m, node, "past keys are of rank %d, allowed: 4", past->rank);
	if (past && node_in_tensor(m, node, IN_NONPAD))
		return node_bad(m, node,
				"keys are counted for a cache outside, and past keys are given: one or the other");
	a->past = past ? past->dim[2] : num_const(0);
	a->total = num_add(&m->nums, a->past, a->fresh);
	a->scale = node_attr_float(m, node, "scale", 1 / sqrt((double)a->size.n));
	a->left = node_attr_int(m, node, "left_window_size", -1);
	a->right = node_attr_int(m, node, "right_window_size", -1);
	return attention_shapes(m, node, a);
}

/* A mask broadcasts to batch, heads, queries and keys; one that ends before the last key hides those beyond. */
static bool check_mask(struct module *m, int node, const struct attention *a)
{
	const struct tensor *mask = node_in_tensor(m, node, IN_MASK);
	struct num dim[MAX_RANK] = { a->batch, num_const(a->q_heads), a->length, a->total }, own[MAX_RANK];
	int rank = 4;

	if (!mask)
		return true;
	if (!node_rank(m, node, IN_MASK, 1, 4))
		return false;
	memcpy(own, mask->dim, sizeof own);
	if (num_hi(&m->nums, num_sub(&m->nums, own[mask->rank - 1], a->total)) < 0)
		own[mask->rank - 1] = a->total;
	if (!dims_broadcast(m, node, &rank, dim, mask->rank, own))
		return false;
	if (!num_same(dim[3], a->total) || !num_same(dim[2], a->length))
		return node_unsupported(m, node, "the mask has shape %s, allowed: what broadcasts to batch x heads x "
					"queries x keys", node_in_shape(m, node, IN_MASK));
	return true;
}

static bool infer_attention(struct module *m, int node)
{
	enum dtype type = node_in_type(m, node, IN_Q), v_type = node_in_type(m, node, IN_V);
	struct attention a;
	struct num y[4], all[4];
	int64_t kv;

	if (!attention_get(m, node, &a) || !check_mask(m, node, &a))
		return false;
	kv = a.kv_heads;
	y[0] = a.batch;
	if (a.flat) {
		y[1] = a.length;
		y[2] = num_mul(&m->nums, a.v_size, num_const(a.q_heads));
	} else {
		y[1] = num_const(a.q_heads);
		y[2] = a.length;
		y[3] = a.v_size;
	}
	memcpy(all, (struct num[]){ a.batch, num_const(kv), a.total, a.size }, sizeof all);
	if (node_out(m, node, OUT_K) >= 0 &&
	    !tensor_set(m, node, node_out(m, node, OUT_K), node_in_type(m, node, IN_K), 4, all))
		return false;
	all[3] = a.v_size;
	if (node_out(m, node, OUT_V) >= 0 && !tensor_set(m, node, node_out(m, node, OUT_V), v_type, 4, all))
		return false;
	memcpy(all, (struct num[]){ a.batch, num_const(a.q_heads), a.length, a.total }, sizeof all);
	if (node_out(m, node, OUT_QK) >= 0 && !tensor_set(m, node, node_out(m, node, OUT_QK), type, 4, all))
		return false;
	return tensor_set(m, node, node_out(m, node, OUT_Y), type, a.flat ? 3 : 4, y);
}

/* Element [b][head][i][d] of an input of either rank. */
static int load_head(struct nest *n, int t, bool flat, struct num size, struct num b, struct num head, struct num i,
		     struct num d)
{
	struct nums *s = &n->m->nums;

	if (flat)
		return nest_load(n, t, (struct num[]){ b, i, num_add(s, num_mul(s, head, size), d) });
	return nest_load(n, t, (struct num[]){ b, head, i, d });
}

/* Keys or values with the past before them: B x heads x total x size, in the wanted output or a temporary. */
static int lower_present(struct lowering *l, int node, const struct attention *a, int input, int past, int out,
			 struct num size)
{
	struct module *m = l->m;
	struct num dim[4] = { a->batch, num_const(a->kv_heads), a->total, size };
	int t = node_out(m, node, out);
	struct nest *n;

	if (t < 0)
		t = lower_temp(l, node_in_type(m, node, input), 4, dim);
	if (node_in(m, node, past) >= 0) {
		dim[2] = a->past;
		n = nest_over(m, t, 4, dim);
		nest_store(n, nest_load(n, node_in(m, node, past), n->axis));
		lower_nest(l, n);
	}
	dim[2] = a->fresh;
	n = nest_over(m, t, 4, dim);
	n->store[2].affine = num_add(&m->nums, n->axis[2], a->past);
	nest_store(n, load_head(n, node_in(m, node, input), a->flat, size, n->axis[0], n->axis[1], n->axis[2],
				n->axis[3]));
	lower_nest(l, n);
	return t;
}

/* Whether the query sees the key, by position: an expression, or -1 when it always does. */
static int sees_key(struct nest *n, int node, const struct attention *a)
{
	struct nums *s = &n->m->nums;
	const struct num query = n->axis[2], key = n->axis[3];
	int count = node_in(n->m, node, IN_NONPAD), ahead, sees = -1, limit[3], n_limits = 0;

	if (count >= 0) {
		count = nest_cast(n, DT_I64, nest_load(n, count, n->axis));
		ahead = nest_index(n, num_add(s, num_sub(s, key, query), a->length));
		ahead = nest_binary(n, E_SUB, ahead, count);
		limit[n_limits++] = nest_binary(n, E_LT, nest_index(n, key), count);
	} else {
		ahead = nest_index(n, num_sub(s, key, num_add(s, query, a->past)));
	}
	if (node_attr_int(n->m, node, "is_causal", 0) || a->right >= 0)
		limit[n_limits++] = nest_binary(
			n, E_LE, ahead,
			nest_const_int(n, DT_I64, node_attr_int(n->m, node, "is_causal", 0) ? 0 : a->right));
	if (a->left >= 0)
		limit[n_limits++] = nest_binary(n, E_LE, nest_const_int(n, DT_I64, -a->left), ahead);
	for (int i = 0; i < n_limits; i++)
		sees = i ? nest_binary(n, E_AND, sees, limit[i]) : limit[0];
	return sees;
}

/* Adds the mask to a score. */
static int add_mask(struct nest *n, int t, enum dtype type, int score)
{
	const struct tensor mask = n->m->tensor[t];
	int v = nest_load_broadcast(n, t), lowest = nest_const_value(n, type, TYPE_LOWEST);

	if (mask.type == DT_BOOL)
		v = nest_select(n, v, score, lowest);
	else
		v = nest_binary(n, E_ADD, score, nest_cast(n, type, v));
	return nest_select(n, nest_in_range(n, n->axis[3], num_const(0), mask.dim[mask.rank - 1]), v, lowest);
}

/* Hides the keys that the query does not see. */
static int mask_score(struct nest *n, int node, const struct attention *a, enum dtype type, int score)
{
	int mask = node_in(n->m, node, IN_MASK), sees = sees_key(n, node, a);

	if (mask >= 0)
		score = add_mask(n, mask, type, score);
	return sees < 0 ? score : nest_select(n, sees, score, nest_const_value(n, type, TYPE_LOWEST));
}

/* The stage of scores that output 3 shows. */
static void lower_shown(struct lowering *l, int node, int stage, int t)
{
	struct nest *n;

	if (node_out(l->m, node, OUT_QK) < 0 || node_attr_int(l->m, node, "qk_matmul_output_mode", 0) != stage)
		return;
	n = nest_new(l->m, node_out(l->m, node, OUT_QK));
	nest_store_narrow(n, nest_load(n, t, n->axis));
	lower_nest(l, n);
}

static int lower_scores(struct lowering *l, int node, const struct attention *a, int keys, const struct num *dim)
{
	struct module *m = l->m;
	enum dtype type = compute_type(node_in_type(m, node, IN_Q));
	struct num head = num_const(a->q_heads / a->kv_heads), d;
	double cap = node_attr_float(m, node, "softcap", 0);
	int raw = lower_temp(l, type, 4, dim), capped = raw, masked, v, q, k;
	struct nest *n = nest_new(m, raw);

	d = nest_reduce_axis(n, a->size);
	q = nest_cast(n, type,
		      load_head(n, node_in(m, node, IN_Q), a->flat, a->size, n->axis[0], n->axis[1], n->axis[2], d));
	k = nest_cast(
		n, type,
		nest_load(n, keys, (struct num[]){ n->axis[0], num_div(&m->nums, n->axis[1], head), n->axis[3], d }));
	v = nest_reduce(n, REDUCE_SUM, nest_binary(n, E_MUL, q, k));
	nest_store(n, nest_binary(n, E_MUL, v, nest_const_float(n, type, a->scale)));
	lower_nest(l, n);
	lower_shown(l, node, 0, raw);
	if (cap != 0) {
		capped = lower_temp(l, type, 4, dim);
		n = nest_new(m, capped);
		v = nest_load(n, raw, n->axis);
		nest_store(n, nest_parse(n, "cap * tanh(x / cap)", &v, 1,
					 (struct nest_param[]){ { "cap", nest_const_float(n, type, cap) } }, 1));
		lower_nest(l, n);
	}
	masked = lower_temp(l, type, 4, dim);
	n = nest_new(m, masked);
	nest_store(n, mask_score(n, node, a, type, nest_load(n, capped, n->axis)));
	lower_nest(l, n);
	lower_shown(l, node, 1, capped);
	lower_shown(l, node, 2, masked);
	return masked;
}

/* Softmax over the last axis; rows that are masked throughout become 0. */
static int lower_probabilities(struct lowering *l, int scores, const struct num *dim)
{
	struct module *m = l->m;
	enum dtype type = m->tensor[scores].type;
	struct num row[4] = { dim[0], dim[1], dim[2], num_const(1) }, at[4];
	int max = lower_temp(l, type, 4, row), sum = lower_temp(l, type, 4, row), p = lower_temp(l, type, 4, dim), v;
	struct nest *n = nest_new(m, max);

	nest_axes(n, at);
	at[3] = nest_reduce_axis(n, dim[3]);
	v = nest_reduce(n, REDUCE_MAX, nest_load(n, scores, at));
	nest_store(n, nest_parse(n, "isinf(x) ? 0 : x", &v, 1, NULL, 0));
	lower_nest(l, n);

	n = nest_new(m, sum);
	nest_axes(n, at);
	v = nest_load(n, max, at);
	at[3] = nest_reduce_axis(n, dim[3]);
	v = nest_unary(n, E_EXP, nest_binary(n, E_SUB, nest_load(n, scores, at), v));
	nest_store(n, nest_reduce(n, REDUCE_SUM, v));
	lower_nest(l, n);

	n = nest_new(m, p);
	nest_axes(n, at);
	at[3] = num_const(0);
	v = nest_unary(n, E_EXP, nest_binary(n, E_SUB, nest_load(n, scores, n->axis), nest_load(n, max, at)));
	nest_store(n, nest_parse(n, "y == 0 ? 0 : x / y", (int[]){ v, nest_load(n, sum, at) }, 2, NULL, 0));
	lower_nest(l, n);
	return p;
}

static bool lower_attention(struct lowering *l, int node)
{
	struct module *m = l->m;
	struct nums *s = &m->nums;
	struct num dim[4], j, b, h, i, d;
	int keys, values, scores, p, v;
	struct attention a;
	enum dtype type;
	struct nest *n;

	if (!attention_get(m, node, &a))
		return false;
	memcpy(dim, (struct num[]){ a.batch, num_const(a.q_heads), a.length, a.total }, sizeof dim);
	keys = lower_present(l, node, &a, IN_K, IN_PAST_K, OUT_K, a.size);
	values = lower_present(l, node, &a, IN_V, IN_PAST_V, OUT_V, a.v_size);
	scores = lower_scores(l, node, &a, keys, dim);
	p = lower_probabilities(l, scores, dim);
	lower_shown(l, node, 3, p);

	n = nest_new(m, node_out(m, node, OUT_Y));
	type = m->tensor[p].type;
	j = nest_reduce_axis(n, a.total);
	b = n->axis[0];
	i = n->axis[a.flat ? 1 : 2];
	h = a.flat ? num_div(s, n->axis[2], a.v_size) : n->axis[1];
	d = a.flat ? num_mod(s, n->axis[2], a.v_size) : n->axis[3];
	v = nest_load(n, values, (struct num[]){ b, num_div(s, h, num_const(a.q_heads / a.kv_heads)), j, d });
	v = nest_binary(n, E_MUL, nest_load(n, p, (struct num[]){ b, h, i, j }), nest_cast(n, type, v));
	nest_store_narrow(n, nest_reduce(n, REDUCE_SUM, v));
	lower_nest(l, n);
	return true;
}

/* How many keys of each batch are no padding. */
static void range_nonpad(struct module *m, int node, int64_t c, struct num *lo, struct num *hi)
{
	struct attention a = { 0 };

	(void)c;
	*lo = num_const(0);
	*hi = attention_get(m, node, &a) ? a.total : num_const(0);
}

#define ATTENTION_ATTRS FLAG("is_causal", 0), INT_OPTIONAL("kv_num_heads"), INT_OPTIONAL("q_num_heads"), \
	INT_IN("qk_matmul_output_mode", 0, 0, 3), FLOAT_OPTIONAL("scale"), FLOAT("softcap", 0.0), \
	INT_OPTIONAL("softmax_precision")
#define ATTENTION(version, most_in, ...) \
	const struct op_def op_Attention_##version = { \
		ONNX("Attention", version, 3, most_in, 1, 4), .attrs = ATTRS(ATTENTION_ATTRS, __VA_ARGS__), \
		.types = TYPES("fh", "T", "fh", "fhiub", "T", "fh", "i"), \
		.positions = POSITIONS(POSITION(IN_NONPAD, range_nonpad)), .infer = infer_attention, \
		.lower = lower_attention, \
	};

ATTENTION(23, 6, { 0 })
ATTENTION(24, 7, { 0 })
ATTENTION(25, 7, INT_IN("left_window_size", -1, -1, INT64_MAX), INT_IN("right_window_size", -1, -1, INT64_MAX))
