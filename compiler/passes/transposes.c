/* A Transpose that undoes another one, with element-wise nodes between them: both go, and what is between works on
 * the elements as they lie.
 *
 *     T'(f(T(a), T(b), 3)) = f(a, b, 3)        T' the inverse of T
 *
 * Requires shapes. Nodes between must be read by the next one alone and broadcast nothing but single elements.
 * Ensures that no such pair is left. Legal: element-wise nodes do not care where elements lie. Bit-exact. Linear: a
 * tree of at most MAX_TREE nodes is looked at for each Transpose. */
#include <string.h>

#include "graph/infer.h"
#include "ops/arguments.h"
#include "passes/pass.h"
#include "passes/rewrite.h"

enum { MAX_TREE = 16 };

static const struct op_def *const pointwise[] = {
#define POINTWISE(name, since, arity, types, result, text, params) &op_##name##_##since,
#include "ops/pointwise.def"
#undef POINTWISE
	&op_Clip_6, &op_Clip_11, &op_Cast_6, &op_Cast_19, &op_Cast_24,
};

static bool is_pointwise(const struct op_def *op)
{
	for (size_t i = 0; i < sizeof pointwise / sizeof *pointwise; i++)
		if (pointwise[i] == op)
			return true;
	return false;
}

/* The element-wise nodes above a Transpose, each after those that read it. */
struct tree {
	struct rewriter *r;
	int64_t perm[MAX_RANK];         /* of the Transpose below */
	int node[MAX_TREE], n;
};

static void read_perm(struct module *m, int node, int64_t *perm)
{
	const struct attr *a = node_attr(m, node, "perm");
	const int rank = node_in_tensor(m, node, 0)->rank;

	for (int k = 0; k < rank; k++)
		perm[k] = a ? a->ints[k] : rank - 1 - k;
}

/* t is the result of a Transpose that the one below undoes. */
static bool is_undone(const struct tree *x, int t)
{
	struct module *m = x->r->m;
	const int p = m->tensor[t].producer;
	int64_t perm[MAX_RANK];

	if (!node_is(m, p, "Transpose") || x->r->gone[p])
		return false;
	read_perm(m, p, perm);
	for (int k = 0; k < m->tensor[t].rank; k++)
		if (perm[x->perm[k]] != k)
			return false;
	return true;
}

static bool is_single_constant(struct module *m, int t)
{
	return t < 0 || (tensor_is_const(m, t) && num_is(tensor_elements(m, t), 1));
}

/* Takes the producer of t into the tree when it may stand there; readers stay where they are in the list. */
static bool take(struct tree *x, int reader, int t)
{
	struct module *m = x->r->m;
	const int p = rewrite_producer(x->r, reader, t);

	if (p < 0 || x->n == MAX_TREE || !is_pointwise(m->node[p].op))
		return false;
	for (int i = 0; i < m->node[p].n_in; i++)
		if (!is_single_constant(m, m->node[p].in[i]) && !tensor_same_shape(m, m->node[p].in[i], t))
			return false;
	x->node[x->n++] = p;
	return true;
}

/* Everything between the Transposes, breadth first. */
static bool find_tree(struct tree *x, int below)
{
	struct module *m = x->r->m;

	if (!take(x, below, node_in(m, below, 0)))
		return false;
	for (int k = 0; k < x->n; k++) {
		const struct node *n = &m->node[x->node[k]];
		for (int i = 0; i < n->n_in; i++)
			if (!is_single_constant(m, n->in[i]) && !is_undone(x, n->in[i]) &&
			    !take(x, x->node[k], n->in[i]))
				return false;
	}
	return true;
}

/* Nodes of the tree read what the Transposes above read, and get results of the other shape. */
static bool rebuild(struct tree *x)
{
	struct module *m = x->r->m;
	int old[MAX_TREE];

	for (int k = x->n - 1; k >= 0; k--) {
		const int node = x->node[k];
		int new;
		for (int i = 0; i < m->node[node].n_in; i++) {
			const int t = m->node[node].in[i];
			if (is_single_constant(m, t))
				continue;
			if (is_undone(x, t)) {
				m->node[node].in[i] = node_in(m, m->tensor[t].producer, 0);
				x->r->uses[t]--;
				x->r->uses[m->node[node].in[i]]++;
				continue;
			}
			for (int j = k + 1; j < x->n; j++)
				if (m->tensor[t].producer == x->node[j])
					m->node[node].in[i] = m->node[x->node[j]].out[0];
		}
		old[k] = m->node[node].out[0];
		new = tensor_add(m, m->tensor[old[k]].name);
		m->tensor[new].producer = node;
		m->node[node].out[0] = new;
		if (!infer_node(m, node))
			return false;
	}
	for (int k = 0; k < x->n; k++)
		m->tensor[old[k]].producer = -1;
	return true;
}

static bool cancel(struct rewriter *r, int node)
{
	struct module *m = r->m;
	struct tree x = { .r = r };

	if (!node_is(m, node, "Transpose") || tensor_is_const(m, node_out(m, node, 0)))
		return true;
	read_perm(m, node, x.perm);
	if (!find_tree(&x, node))
		return true;
	if (!rebuild(&x))
		return false;
	m->node[node].in[0] = m->node[x.node[0]].out[0];
	if (!rewrite_same(r, node, node_in(m, node, 0)))
		die("a transposed tree has another type or shape than before");
	return true;
}

bool pass_transposes(struct module *m)
{
	return rewrite_module(m, cancel, NULL);
}
