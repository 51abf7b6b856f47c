/* Blocks: a ScatterND whose constant indices are all places of a block that is whole along all axes but one, which is
 * what exporters make of x[:, a:b] = u, becomes a concatenation:
 *
 *     y = Concat(x[.., 0:a, ..], u, x[.., b:, ..]),   u reshaped to the block
 *
 * Its indices are no constants of the program then, and its parts may be views. Where x is a concatenation itself, its
 * parts are read, and so are those in which a Slice or one index of a Gather lies: of a chain of blocks nothing is
 * copied twice.
 *
 * Requires types and shapes. Legal: bit-exact, elements only move. */
#include "graph/infer.h"
#include "ops/arguments.h"
#include "passes/pass.h"
#include "passes/rewrite.h"

enum { MOST_PARTS = 64 };       /* of a concatenation: longer chains would be read again and again */

/* y[begin … begin + n - 1] of one axis. */
struct span {
	int axis;
	int64_t begin, n;
};

/* Element k of index i, from the front. */
static int64_t place_of(const struct module *m, int indices, int64_t i, int depth, int k, const struct tensor *x)
{
	const int64_t at = const_int(m, indices, i * depth + k);

	return at < 0 ? at + x->dim[k].n : at;
}

/* Whether the n indices are all places from `first` to the last index's, in row-major order; count: along each axis. */
static bool is_grid(const struct module *m, int indices, int64_t n, int depth, const struct tensor *x, int64_t *first,
		    int64_t *count)
{
	int64_t places = 1;

	for (int k = 0; k < depth; k++) {
		first[k] = place_of(m, indices, 0, depth, k, x);
		count[k] = place_of(m, indices, n - 1, depth, k, x) - first[k] + 1;
		if (first[k] < 0 || count[k] < 1 || count[k] > n || first[k] + count[k] > x->dim[k].n)
			return false;
		places *= count[k];
		if (places > n)
			return false;
	}
	for (int64_t i = 0; i < n; i++)
		for (int64_t k = depth, rest = i; k-- > 0; rest /= count[k])
			if (place_of(m, indices, i, depth, (int)k, x) != first[k] + rest % count[k])
				return false;
	return places == n;
}

static bool find_block(const struct module *m, int node, struct span *b)
{
	const struct tensor *x = node_in_tensor(m, node, 0);
	const int indices = node_in(m, node, 1), lead = m->tensor[indices].rank - 1;
	int64_t first[MAX_RANK], count[MAX_RANK], n = 1;
	int depth;

	if (!m->tensor[indices].data || !tensor_is_static(m, node_in(m, node, 0)))
		return false;
	depth = (int)m->tensor[indices].dim[lead].n;
	for (int k = 0; k < lead; k++)
		n *= m->tensor[indices].dim[k].n;
	if (n < 1 || depth < 1 || !is_grid(m, indices, n, depth, x, first, count))
		return false;
	*b = (struct span){ 0, 0, x->dim[0].n };
	for (int k = 0; k < depth; k++) {
		if (count[k] == x->dim[k].n)
			continue;
		if (b->n != x->dim[b->axis].n)
			return false;
		*b = (struct span){ k, first[k], count[k] };
	}
	return true;
}

/* x from begin to end along the axis, of which it has n; -1: reported. */
static int add_slice(struct rewriter *r, int like, int x, int axis, int64_t begin, int64_t end, int64_t n)
{
	struct module *m = r->m;
	int y, in[4];

	if (begin == 0 && end == n)
		return x;
	y = tensor_add(m, NULL);
	in[0] = x;
	in[1] = tensor_const_ints(m, &begin, 1);
	in[2] = tensor_const_ints(m, &end, 1);
	in[3] = tensor_const_ints(m, (int64_t[]){ axis }, 1);
	return infer_node(m, rewrite_add(r, like, "Slice", 4, in, y)) ? y : -1;
}

/* The updates in the block's shape; -1: reported. */
static int add_block(struct rewriter *r, int like, const struct span *b)
{
	struct module *m = r->m;
	const struct tensor x = *node_in_tensor(m, like, 0);
	const int y = tensor_add(m, NULL);
	int64_t shape[MAX_RANK];
	int in[2];

	for (int k = 0; k < x.rank; k++)
		shape[k] = k == b->axis ? b->n : x.dim[k].n;
	in[0] = node_in(m, like, 2);
	in[1] = tensor_const_ints(m, shape, x.rank);
	return infer_node(m, rewrite_add(r, like, "Reshape", 2, in, y)) ? y : -1;
}

/* What x of the node consists of along the axis: itself, or the parts of a concatenation. */
static int find_parts(const struct module *m, int node, int axis, int part[MOST_PARTS])
{
	const int x = node_in(m, node, 0), p = m->tensor[x].producer;

	part[0] = x;
	if (!node_is(m, p, "Concat") || m->node[p].graph != m->node[node].graph || m->node[p].n_in > MOST_PARTS ||
	    node_attr_int(m, p, "axis", 0) != axis)
		return 1;
	for (int i = 0; i < m->node[p].n_in; i++) {
		part[i] = node_in(m, p, i);
		if (!num_is_const(m->tensor[part[i]].dim[axis])) {
			part[0] = x;
			return 1;
		}
	}
	return m->node[p].n_in;
}

/* Appends what the parts have from `from` to `to`; false: reported. */
static bool add_range(struct rewriter *r, int like, int axis, const int *part, int n_parts, int64_t from, int64_t to,
		      int *in, int *n)
{
	int64_t at = 0;

	for (int i = 0; i < n_parts; i++) {
		const int64_t size = r->m->tensor[part[i]].dim[axis].n;
		const int64_t begin = at > from ? at : from, end = at + size < to ? at + size : to;

		if (begin < end) {
			in[*n] = add_slice(r, like, part[i], axis, begin - at, end - at, size);
			if (in[(*n)++] < 0)
				return false;
		}
		at += size;
	}
	return true;
}

static bool join_block(struct rewriter *r, int node)
{
	struct module *m = r->m;
	const struct attr *how = node_attr(m, node, "reduction");
	int part[MOST_PARTS], in[MOST_PARTS + 2], n = 0, n_parts, concat;
	struct span b;
	int64_t end;

	if ((how && !node_attr_is(m, node, "reduction", "none")) || !find_block(m, node, &b))
		return true;
	end = node_in_tensor(m, node, 0)->dim[b.axis].n;
	n_parts = find_parts(m, node, b.axis, part);
	if (!add_range(r, node, b.axis, part, n_parts, 0, b.begin, in, &n) || (in[n++] = add_block(r, node, &b)) < 0 ||
	    !add_range(r, node, b.axis, part, n_parts, b.begin + b.n, end, in, &n))
		return false;
	concat = rewrite_add(r, node, "Concat", n, in, -1);
	rewrite_attr(m, concat, "axis")->i = b.axis;
	return infer_node(m, concat);
}

/* A constant that is one number. */
static bool read_number(struct module *m, int t, int64_t *v)
{
	if (t < 0 || !m->tensor[t].data || !num_is(tensor_elements(m, t), 1))
		return false;
	*v = const_int(m, t, 0);
	return true;
}

static int64_t bounded(int64_t at, int64_t n)
{
	at = at < 0 ? at + n : at;
	return at < 0 ? 0 : at < n ? at : n;
}

/* What a Slice takes of one axis, in steps of 1. */
static bool find_slice(struct module *m, int node, struct span *s)
{
	const struct tensor *x = node_in_tensor(m, node, 0);
	int64_t begin, end, axis, step = 1;

	if (!tensor_is_static(m, node_in(m, node, 0)) || !read_number(m, node_in(m, node, 1), &begin) ||
	    !read_number(m, node_in(m, node, 2), &end) || !read_number(m, node_in(m, node, 3), &axis) ||
	    (node_in(m, node, 4) >= 0 && !read_number(m, node_in(m, node, 4), &step)) || step != 1)
		return false;
	s->axis = (int)(axis < 0 ? axis + x->rank : axis);
	s->begin = bounded(begin, x->dim[s->axis].n);
	s->n = bounded(end, x->dim[s->axis].n) - s->begin;
	return s->n > 0;
}

/* The part of the node's x that has all of a span, of which *begin becomes the part's; -1: there is none. */
static int part_with(const struct module *m, int node, struct span *s)
{
	int part[MOST_PARTS];
	const int n_parts = find_parts(m, node, s->axis, part);

	for (int i = 0; n_parts > 1 && i < n_parts; i++) {
		const int64_t size = m->tensor[part[i]].dim[s->axis].n;

		if (s->begin >= 0 && s->begin + s->n <= size)
			return part[i];
		s->begin -= size;
	}
	return -1;
}

static bool slice_part(struct rewriter *r, int node)
{
	struct module *m = r->m;
	struct span s;
	int x, y;

	if (m->node[node].n_in < 4 || !find_slice(m, node, &s) || (x = part_with(m, node, &s)) < 0)
		return true;
	y = add_slice(r, node, x, s.axis, s.begin, s.begin + s.n, m->tensor[x].dim[s.axis].n);
	if (y >= 0)
		rewrite_same(r, node, y);
	return y >= 0;
}

static bool gather_part(struct rewriter *r, int node)
{
	struct module *m = r->m;
	const int64_t axis = node_attr_int(m, node, "axis", 0);
	const struct tensor x = *node_in_tensor(m, node, 0);
	struct span s = { (int)(axis < 0 ? axis + x.rank : axis), 0, 1 };
	int64_t ones[MAX_RANK];
	int in[2];

	if (!tensor_is_static(m, node_in(m, node, 0)) || !read_number(m, node_in(m, node, 1), &s.begin))
		return true;
	s.begin += s.begin < 0 ? x.dim[s.axis].n : 0;
	if ((in[0] = part_with(m, node, &s)) < 0)
		return true;
	for (int k = 0; k < MAX_RANK; k++)
		ones[k] = 1;
	in[1] = tensor_const(m, NULL, DT_I64, m->tensor[node_in(m, node, 1)].rank, ones,
			     m->tensor[tensor_const_ints(m, &s.begin, 1)].data);
	node = rewrite_add(r, node, "Gather", 2, in, -1);
	rewrite_attr(m, node, "axis")->i = s.axis;
	return infer_node(m, node);
}

static const struct {
	const char *op;
	rewrite_node *change;
} rules[] = { { "ScatterND", join_block }, { "Slice", slice_part }, { "Gather", gather_part } };

static bool change(struct rewriter *r, int node)
{
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		if (node_is(r->m, node, rules[i].op))
			return rules[i].change(r, node);
	return true;
}

bool pass_blocks(struct module *m)
{
	if (!rewrite_module(m, change, NULL))
		return false;
	drop_unread(m);
	return true;
}
