/* Sequences: lists of tensors whose length is known, resolved while types are inferred. */
#include "ops/bundle.h"

#include <string.h>

#include "ops/expand.h"

enum { MOST_PARTS = 1 << 12 };

/* Input i as a sequence; false: reported. */
static bool read_sequence(struct module *m, int node, int i, const struct bundle **s)
{
	*s = node_in_tensor(m, node, i)->bundle;
	if (!*s || (*s)->optional || (*s)->text)
		return node_bad(m, node, "input %d is %s, must be a sequence", i,
				!*s || (*s)->text ? "a tensor" : "optional");
	return true;
}

/* The place that input i names among n, and as many more behind them from the front; `end` when it is absent; false:
 * reported. */
static bool read_place(struct module *m, int node, int i, int n, int more, int end, int *place)
{
	const int64_t *v;
	int count;

	if (!node_constants(m, node, NULL, i, &v, &count))
		return false;
	*place = end;
	if (count < 0)
		return true;
	if (count != 1 || v[0] < -n || v[0] >= n + more)
		return node_bad(m, node, "the place is %lld, allowed: %d to %d", count == 1 ? (long long)v[0] : -1LL,
				-n, n + more - 1);
	*place = (int)(v[0] < 0 ? v[0] + n : v[0]);
	return true;
}

static bool is_tensor(struct module *m, int node, int i)
{
	return (node_in(m, node, i) >= 0 && !node_in_tensor(m, node, i)->bundle) ||
	       node_unsupported(m, node, "input %d is a sequence or optional, allowed: a tensor", i);
}

static bool expand_construct(struct module *m, int node)
{
	for (int i = 0; i < m->node[node].n_in; i++)
		if (!is_tensor(m, node, i))
			return false;
	bundle_set(m, node_out(m, node, 0), false, -1, m->node[node].in, m->node[node].n_in);
	return true;
}

static bool expand_insert(struct module *m, int node)
{
	const struct bundle *s;
	int place, *v;

	if (!read_sequence(m, node, 0, &s) || !is_tensor(m, node, 1) || !read_place(m, node, 2, s->n, 1, s->n, &place))
		return false;
	if (s->n >= MOST_PARTS)
		return node_unsupported(m, node, "a sequence of %d tensors, allowed: %d", s->n + 1, MOST_PARTS);
	v = ARENA_ARRAY(m->scratch, s->n + 1, int);
	for (int k = 0; k <= s->n; k++)
		v[k] = k < place ? s->t[k] : k == place ? node_in(m, node, 1) : s->t[k - 1];
	bundle_set(m, node_out(m, node, 0), false, -1, v, s->n + 1);
	return true;
}

static bool expand_erase(struct module *m, int node)
{
	const struct bundle *s;
	int place, *v;

	if (!read_sequence(m, node, 0, &s) || !read_place(m, node, 1, s->n, 0, s->n - 1, &place))
		return false;
	if (!s->n)
		return node_bad(m, node, "the sequence is empty, allowed: one tensor or more");
	v = ARENA_ARRAY(m->scratch, s->n, int);
	for (int k = 0; k < s->n - 1; k++)
		v[k] = s->t[k + (k >= place)];
	bundle_set(m, node_out(m, node, 0), false, -1, v, s->n - 1);
	return true;
}

static bool expand_at(struct module *m, int node)
{
	const struct bundle *s;
	int place;

	if (!read_sequence(m, node, 0, &s) || !read_place(m, node, 1, s->n, 0, 0, &place))
		return false;
	bundle_copy(m, node, s->t[place], node_out(m, node, 0));
	return true;
}

static bool expand_length(struct module *m, int node)
{
	int64_t *n = ARENA_NEW(m->arena, int64_t);
	const struct bundle *s;

	if (!read_sequence(m, node, 0, &s))
		return false;
	*n = s->n;
	bundle_copy(m, node, tensor_const(m, NULL, DT_I64, 0, NULL, n), node_out(m, node, 0));
	return true;
}

static bool expand_concat(struct module *m, int node)
{
	const int64_t axis = node_attr_int(m, node, "axis", 0);
	const struct bundle *s;
	int *v, t;

	if (!read_sequence(m, node, 0, &s))
		return false;
	if (!s->n)
		return node_bad(m, node, "the sequence is empty, allowed: one tensor or more");
	v = ARENA_ARRAY(m->scratch, s->n, int);
	for (int k = 0; k < s->n; k++)
		v[k] = node_attr_int(m, node, "new_axis", 0) ?
			expand_node(m, node, "Unsqueeze", 13, INPUTS(s->t[k], tensor_const_ints(m, &axis, 1)), -1) :
			s->t[k];
	t = expand_node(m, node, "Concat", 13, s->n, v, node_out(m, node, 0));
	expand_attr(m, t, "axis")->i = axis;
	return true;
}

/* --- SplitToSequence ---------------------------------------------------------------------------------------------- */

/* How long the parts are along an axis of `size` elements; false: reported. */
static bool read_lengths(struct module *m, int node, int64_t size, int64_t **length, int *n)
{
	const struct tensor *split = node_in_tensor(m, node, 1);
	const int64_t *v, one = 1;
	int64_t each, left = size;
	int count;

	if (!node_constants(m, node, NULL, 1, &v, &count))
		return false;
	if (count >= 0 && split->rank == 1) {
		*n = count;
		*length = arena_grow(m->arena, v, (size_t)count, (size_t)count, sizeof *v);
		return true;
	}
	each = count < 0 ? one : v[0];
	if (each < 1 || size / each >= MOST_PARTS)
		return node_bad(m, node, "parts of %lld elements of %lld, allowed: 1 or more, and %d parts",
				(long long)each, (long long)size, MOST_PARTS);
	*n = (int)((size + each - 1) / each);
	*length = ARENA_ARRAY(m->arena, *n, int64_t);
	for (int k = 0; k < *n; k++, left -= each)
		(*length)[k] = left < each ? left : each;
	return true;
}

static bool expand_split_to(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0);
	int axis, n, *part, made;
	int64_t *length, at;

	if (!node_axis_attr(m, node, "axis", 0, x.rank, &axis))
		return false;
	if (!num_is_const(x.dim[axis]))
		return node_unsupported(m, node, "axis %d is not a constant", axis);
	if (!read_lengths(m, node, x.dim[axis].n, &length, &n))
		return false;
	part = ARENA_ARRAY(m->scratch, n, int);
	for (int k = 0; k < n; k++)
		part[k] = -1;
	if (n) {
		made = expand_many(m, node, "Split", 13,
				   INPUTS(node_in(m, node, 0), tensor_const_ints(m, length, n)), n, part);
		rewrite_attr(m, made, "axis")->i = axis;
	}
	at = axis;
	for (int k = 0; k < n && node_in(m, node, 1) < 0 && !node_attr_int(m, node, "keepdims", 1); k++)
		part[k] = expand_node(m, node, "Squeeze", 13, INPUTS(part[k], tensor_const_ints(m, &at, 1)), -1);
	bundle_set(m, node_out(m, node, 0), false, -1, part, n);
	return true;
}

/* --- SequenceMap -------------------------------------------------------------------------------------------------- */

static bool expand_map(struct module *m, int node)
{
	const int body = (int)node_attr(m, node, "body")->i, n_in = m->node[node].n_in, n_out = m->node[node].n_out;
	const struct bundle *s;
	struct clones c;
	int **part;

	if (!read_sequence(m, node, 0, &s))
		return false;
	if (m->graph[body].n_in != n_in || m->graph[body].n_out < n_out)
		return node_bad(m, node, "the body has %d inputs and %d outputs, must have %d and %d",
				m->graph[body].n_in, m->graph[body].n_out, n_in, n_out);
	if (!clones_begin(&c, m, node, body, s->n))
		return false;
	part = ARENA_ARRAY(m->scratch, n_out, int *);
	for (int i = 0; i < n_out; i++)
		part[i] = ARENA_ARRAY(m->scratch, s->n, int);
	for (int k = 0; k < s->n; k++) {
		clones_next(&c);
		for (int i = 0; i < n_in; i++) {
			const struct bundle *b = node_in_tensor(m, node, i)->bundle;
			if (b && !b->optional && !b->text && k >= b->n)
				return node_bad(m, node, "input %d has %d tensors, must have %d as input 0", i, b->n,
						s->n);
			c.to[m->graph[body].in[i]] = b && !b->optional && !b->text ? b->t[k] : node_in(m, node, i);
		}
		clones_add(&c, m);
		for (int i = 0; i < n_out; i++)
			part[i][k] = c.to[m->graph[body].out[i]];
	}
	for (int i = 0; i < n_out; i++)
		expand_node(m, node, s->n ? "SequenceConstruct" : "SequenceEmpty", 11, s->n, part[i],
			    node_out(m, node, i));
	graph_drop(m, body);
	return true;
}

#define SEQUENCE(name, least_in, most_in) ONNX(name, 11, least_in, most_in, 1, 1), .bundles = true

const struct op_def op_SequenceConstruct_11 = { SEQUENCE("SequenceConstruct", 1, -1), .expand = expand_construct };
const struct op_def op_SequenceEmpty_11 = {
	SEQUENCE("SequenceEmpty", 0, 0), .attrs = ATTRS(INT_OPTIONAL("dtype")), .expand = expand_construct,
};
const struct op_def op_SequenceInsert_11 = { SEQUENCE("SequenceInsert", 2, 3), .expand = expand_insert };
const struct op_def op_SequenceErase_11 = { SEQUENCE("SequenceErase", 1, 2), .expand = expand_erase };
const struct op_def op_SequenceAt_11 = { SEQUENCE("SequenceAt", 2, 2), .expand = expand_at };
const struct op_def op_SequenceLength_11 = { SEQUENCE("SequenceLength", 1, 1), .expand = expand_length };
const struct op_def op_ConcatFromSequence_11 = {
	SEQUENCE("ConcatFromSequence", 1, 1), .attrs = ATTRS(INT_REQUIRED("axis"), FLAG("new_axis", 0)),
	.expand = expand_concat,
};
const struct op_def op_SplitToSequence_11 = {
	ONNX("SplitToSequence", 11, 1, 2, 1, 1), .attrs = ATTRS(INT("axis", 0), FLAG("keepdims", 1)),
	.types = TYPES("fhiub", "i"), .expand = expand_split_to,
};
const struct op_def op_SequenceMap_17 = {
	ONNX("SequenceMap", 17, 1, -1, 1, -1), .bundles = true, .attrs = ATTRS({ .name = "body", .kind = ATTR_GRAPH,
		.required = true }), .expand = expand_map,
};
