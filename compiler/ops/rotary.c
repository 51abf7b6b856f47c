/* RotaryEmbedding: pairs of a head's first elements turned by the angle of their position.
 *
 *     y[first(j)] = cos[p][j] * x[first(j)] - sin[p][j] * x[second(j)]
 *     y[second(j)] = sin[p][j] * x[first(j)] + cos[p][j] * x[second(j)]       for j < half
 *
 * where the pair is j and j + half, or 2j and 2j + 1 when interleaved; p is the position's row of the tables, or its
 * batch and place. What is beyond 2 * half is copied. x: B x heads x length x size, or B x length x heads*size. */
#include "ops/positions.h"

#include <string.h>

enum { IN_X, IN_COS, IN_SIN, IN_POSITION };

struct rotary {
	bool flat, interleaved;         /* flat: input of rank 3 */
	struct num batch, heads, length;
	int64_t size, half;
};

static bool rotary_sizes(struct module *m, int node, struct rotary *r)
{
	const struct tensor *x = node_in_tensor(m, node, IN_X);
	int64_t heads = node_attr_int(m, node, "num_heads", 0),
		turned = node_attr_int(m, node, "rotary_embedding_dim", 0);
	struct num width = x->dim[x->rank - 1];

	if (!num_is_const(width))
		return node_unsupported(m, node, "the size of a head must be a constant");
	if (r->flat && (heads < 1 || width.n % heads))
		return node_bad(m, node, "num_heads is %lld for %lld elements, allowed: a divisor", (long long)heads,
				(long long)width.n);
	r->size = r->flat ? width.n / heads : width.n;
	r->heads = r->flat ? num_const(heads) : x->dim[1];
	turned = turned ? turned : r->size;
	if (turned < 0 || turned > r->size || turned % 2)
		return node_bad(m, node,
				"%lld elements of a head of %lld are turned, allowed: an even number up to that",
				(long long)turned, (long long)r->size);
	r->half = turned / 2;
	return true;
}

static bool rotary_get(struct module *m, int node, struct rotary *r)
{
	const struct tensor *x = node_in_tensor(m, node, IN_X), *cos = node_in_tensor(m, node, IN_COS);
	bool listed = node_in(m, node, IN_POSITION) >= 0;
	struct num place[3];
	int rank = listed ? 2 : 3;

	if (!node_rank(m, node, IN_X, 3, 4) || !node_rank(m, node, IN_COS, rank, rank))
		return false;
	r->flat = x->rank == 3;
	r->interleaved = node_attr_int(m, node, "interleaved", 0);
	r->batch = x->dim[0];
	r->length = x->dim[r->flat ? 1 : 2];
	if (!rotary_sizes(m, node, r))
		return false;
	place[0] = listed ? cos->dim[0] : r->batch;
	place[1] = listed ? num_const(r->half) : r->length;
	place[2] = num_const(r->half);
	return node_shape(m, node, IN_COS, place, rank) && node_shape(m, node, IN_SIN, place, rank) &&
	       node_shape(m, node, IN_POSITION, (struct num[]){ r->batch, r->length }, 2);
}

static bool infer_rotary(struct module *m, int node)
{
	struct rotary r;

	return rotary_get(m, node, &r) && infer_same(m, node);
}

/* Nests run over batch, head, place and element, whatever the order in memory. */
static void head_at(struct nest *n, const struct rotary *r, struct num d, struct num at[4])
{
	struct nums *s = &n->m->nums;

	at[0] = n->axis[0];
	at[1] = n->axis[r->flat ? 2 : 1];
	at[2] = r->flat ? num_add(s, num_mul(s, n->axis[1], num_const(r->size)), d) : n->axis[2];
	at[3] = d;
}

static int load_head(struct nest *n, int node, const struct rotary *r, struct num d)
{
	struct num at[4];

	head_at(n, r, d, at);
	return nest_load_wide(n, node_in(n->m, node, IN_X), at);
}

static int load_table(struct nest *n, int node, int i)
{
	struct module *m = n->m;
	int t = node_in(m, node, i), position = node_in(m, node, IN_POSITION);
	struct num place[3] = { n->axis[0], n->axis[2], n->axis[3] };
	struct index at[2];

	if (position < 0)
		return nest_load_wide(n, t, place);
	at[0] = (struct index){ num_const(0),
				nest_position(n, node, IN_POSITION, place, m->tensor[t].dim[0]) };
	at[1] = (struct index){ n->axis[3], -1 };
	return nest_cast(n, compute_type(m->tensor[t].type), nest_load_at(n, t, at));
}

static void range_rows(struct module *m, int node, int64_t c, struct num *lo, struct num *hi)
{
	(void)c;
	range_indexes(m, node_in_tensor(m, node, IN_COS)->dim[0], lo, hi);
}

static struct nest *head_nest(struct lowering *l, int node, const struct rotary *r, int64_t elements)
{
	return nest_over(l->m, node_out(l->m, node, 0), 4,
			 (struct num[]){ r->batch, r->heads, r->length, num_const(elements) });
}

static void store_head(struct lowering *l, struct nest *n, const struct rotary *r, struct num d, int value)
{
	struct num at[4];

	head_at(n, r, d, at);
	for (int k = 0; k < l->m->tensor[n->out].rank; k++)
		n->store[k] = (struct index){ at[k], -1 };
	nest_store_narrow(n, value);
	lower_nest(l, n);
}

static bool lower_rotary(struct lowering *l, int node)
{
	static const char *const text[] = { "cos * x - sin * y", "sin * x + cos * y" };
	struct nums *s = &l->m->nums;
	struct rotary r;
	struct nest *n;
	struct num d;

	if (!rotary_get(l->m, node, &r))
		return false;
	for (int part = 0; part < 2 && r.half; part++) {
		struct num pair[2];
		struct nest_param table[2];

		n = head_nest(l, node, &r, r.half);
		for (int i = 0; i < 2; i++)
			pair[i] = r.interleaved ? num_add(s, num_mul(s, n->axis[3], num_const(2)), num_const(i)) :
				num_add(s, n->axis[3], num_const(i * r.half));
		table[0] = (struct nest_param){ "cos", load_table(n, node, IN_COS) };
		table[1] = (struct nest_param){ "sin", load_table(n, node, IN_SIN) };
		store_head(l, n, &r, pair[part],
			   nest_parse(n, text[part],
				      (int[]){ load_head(n, node, &r, pair[0]), load_head(n, node, &r, pair[1]) }, 2,
				      table, 2));
	}
	if (2 * r.half == r.size)
		return true;
	n = head_nest(l, node, &r, r.size - 2 * r.half);
	d = num_add(s, n->axis[3], num_const(2 * r.half));
	store_head(l, n, &r, d, load_head(n, node, &r, d));
	return true;
}

const struct op_def op_RotaryEmbedding_23 = {
	ONNX("RotaryEmbedding", 23, 3, 4, 1, 1), .types = TYPES("fh", "T", "T", "i"),
	.attrs = ATTRS(FLAG("interleaved", 0), INT_OPTIONAL("num_heads"), INT("rotary_embedding_dim", 0)),
	.positions = POSITIONS(POSITION(IN_POSITION, range_rows)), .infer = infer_rotary, .lower = lower_rotary,
};
