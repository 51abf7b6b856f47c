/* TreeEnsemble-5 of ai.onnx.ml: branches and leaves in lists of their own. */
#include "ops/classic.h"
#include "ops/trees.h"

struct ensemble {
	struct module *m;
	int node;
	const struct attr *feature, *next[2], *is_leaf[2], *missing, *target, *roots;
	int modes, values, weights, members;    /* constants; -1: absent */
	bool *has_parent;
	struct forest f;
};

/* A list of n elements, -1: of any number. */
static bool get_ints(struct ensemble *e, const char *name, int n, const struct attr **a)
{
	*a = node_attr(e->m, e->node, name);
	if (!*a)
		return node_bad(e->m, e->node, "%s is absent, allowed: a list", name);
	return n < 0 || (*a)->n == n ||
	       node_bad(e->m, e->node, "%s has %d elements, allowed: %d", name, (*a)->n, n);
}

/* A tensor of n elements, -1: of any number. */
static bool get_tensor(struct ensemble *e, const char *name, int64_t n, enum dtype type, int *t)
{
	struct module *m = e->m;
	const struct attr *a = node_attr(m, e->node, name);
	int64_t elements;

	*t = a ? (int)a->i : -1;
	if (*t < 0)
		return node_bad(m, e->node, "%s is absent, allowed: a tensor", name);
	elements = tensor_elements(m, *t).n;
	if (n >= 0 && elements != n)
		return node_bad(m, e->node, "%s has %lld elements, allowed: %lld", name, (long long)elements,
				(long long)n);
	return m->tensor[*t].type == type || node_bad(m, e->node, "%s is %s, allowed: %s", name,
						      dtypes[m->tensor[*t].type].name, dtypes[type].name);
}

static bool read_attributes(struct ensemble *e)
{
	const enum dtype type = node_in_type(e->m, e->node, 0);
	const struct attr *missing = node_attr(e->m, e->node, "nodes_missing_value_tracks_true");
	int n;

	if (!get_ints(e, "nodes_featureids", -1, &e->feature) || !get_ints(e, "leaf_targetids", -1, &e->target) ||
	    !get_ints(e, "tree_roots", -1, &e->roots))
		return false;
	n = e->feature->n;
	if (missing && missing->n && !get_ints(e, "nodes_missing_value_tracks_true", n, &e->missing))
		return false;
	if (node_attr(e->m, e->node, "membership_values") &&
	    !get_tensor(e, "membership_values", -1, type, &e->members))
		return false;
	return get_ints(e, "nodes_truenodeids", n, &e->next[1]) && get_ints(e, "nodes_falsenodeids", n, &e->next[0]) &&
	       get_ints(e, "nodes_trueleafs", n, &e->is_leaf[1]) &&
	       get_ints(e, "nodes_falseleafs", n, &e->is_leaf[0]) &&
	       get_tensor(e, "nodes_modes", n, DT_U8, &e->modes) &&
	       get_tensor(e, "nodes_splits", n, type, &e->values) &&
	       get_tensor(e, "leaf_weights", e->target->n, type, &e->weights);
}

/* Where branch i goes on when its answer is k. */
static bool link(struct ensemble *e, int i, int k)
{
	const int64_t to = e->next[k]->ints[i];
	const bool leaf = e->is_leaf[k]->ints[i] != 0;
	const int n = leaf ? e->f.n_leaves : e->f.n_branches;

	if (to < 0 || to >= n)
		return node_bad(e->m, e->node, "node %d goes on at %s %lld, allowed: 0 to %d", i,
				leaf ? "leaf" : "node", (long long)to, n - 1);
	if (!leaf && e->has_parent[to])
		return node_bad(e->m, e->node, "node %d goes on at node %lld, which has another way to it", i,
				(long long)to);
	if (!leaf)
		e->has_parent[to] = true;
	e->f.branch[i].next[k] = leaf ? -1 - (int)to : (int)to;
	return true;
}

/* The values of one branch; those of BRANCH_MEMBER come one list after the other, each ended by NaN. */
static bool read_values(struct ensemble *e, int i, const double *all, int n_all, int *used)
{
	struct branch_node *b = &e->f.branch[i];
	double *own = ARENA_NEW(e->m->scratch, double);

	*own = const_double(e->m, e->values, i);
	b->value = own;
	b->n_values = 1;
	if (b->mode != BRANCH_MEMBER)
		return true;
	b->value = all + *used;
	for (b->n_values = 0; *used < n_all && !(all[*used] != all[*used]); ++*used)
		b->n_values++;
	return ++*used <= n_all || node_bad(e->m, e->node, "membership_values end before the list of node %d does", i);
}

static bool read_branches(struct ensemble *e)
{
	const int n = e->feature->n, n_all = e->members < 0 ? 0 : (int)tensor_elements(e->m, e->members).n;
	double *all = ARENA_ARRAY(e->m->scratch, n_all, double);
	int used = 0;

	for (int i = 0; i < n_all; i++)
		all[i] = const_double(e->m, e->members, i);
	e->f.n_branches = n;
	e->f.branch = ARENA_ARRAY(e->m->scratch, n, struct branch_node);
	e->has_parent = ARENA_ARRAY(e->m->scratch, n, bool);
	for (int i = 0; i < n; i++) {
		const int64_t mode = const_int(e->m, e->modes, i);
		if (mode > BRANCH_MEMBER)
			return node_bad(e->m, e->node, "nodes_modes[%d] is %lld, allowed: 0 to %d", i, (long long)mode,
					BRANCH_MEMBER);
		e->f.branch[i] = (struct branch_node){ .mode = (enum branch)mode, .feature = e->feature->ints[i],
						       .missing = e->missing && e->missing->ints[i] };
		if (!read_values(e, i, all, n_all, &used) || !link(e, i, 0) || !link(e, i, 1))
			return false;
	}
	return true;
}

/* A root has no parent, so that nothing comes back to where it was: a tree that is a leaf is a branch whose two
 * successors are. */
static bool read_roots(struct ensemble *e)
{
	struct forest *f = &e->f;

	f->n_trees = e->roots->n;
	f->root = ARENA_ARRAY(e->m->scratch, f->n_trees, int);
	if (f->n_trees < 1)
		return node_bad(e->m, e->node, "tree_roots has 0 elements, allowed: 1 or more");
	for (int i = 0; i < f->n_trees; i++) {
		const int64_t root = e->roots->ints[i];
		if (root < 0 || root >= f->n_branches || e->has_parent[root])
			return node_bad(e->m, e->node, "tree_roots[%d] is %lld, allowed: a node that none goes on at",
					i,
					 (long long)root);
		f->root[i] = (int)root;
	}
	return true;
}

static bool read_leaves(struct ensemble *e)
{
	struct forest *f = &e->f;
	const int n = e->target->n;

	f->n_leaves = n;
	f->begin = ARENA_ARRAY(e->m->scratch, n + 1, int);
	f->target = ARENA_ARRAY(e->m->scratch, n, int);
	f->weight = ARENA_ARRAY(e->m->scratch, n, double);
	for (int i = 0; i < n; i++) {
		const int64_t target = e->target->ints[i];
		if (target < 0 || target >= f->targets)
			return node_bad(e->m, e->node, "leaf_targetids[%d] is %lld, allowed: 0 to %lld", i,
					(long long)target, (long long)f->targets - 1);
		f->target[i] = (int)target;
		f->weight[i] = const_double(e->m, e->weights, i);
		f->begin[i + 1] = i + 1;
	}
	return true;
}

static bool expand_trees(struct module *m, int node)
{
	static const enum aggregate aggregates[] = { AGGREGATE_AVERAGE, AGGREGATE_SUM, AGGREGATE_MIN, AGGREGATE_MAX };
	static const char *const transforms[] = { "NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT" };
	struct ensemble e = { .m = m, .node = node, .members = -1 };
	const enum dtype type = node_in_type(m, node, 0);
	int scores;

	e.f = (struct forest){ .m = m, .node = node, .targets = node_attr_int(m, node, "n_targets", 1),
			       .aggregate = aggregates[node_attr_int(m, node, "aggregate_function", 1)],
			       .type = type == DT_F64 ? DT_F64 : DT_F32 };
	if (!read_attributes(&e) || !read_leaves(&e) || !read_branches(&e) ||
	    !read_roots(&e))
		return false;
	scores = forest_scores(&e.f);
	if (scores < 0)
		return false;
	if (type != e.f.type)
		scores = expand_cast(m, node, scores, type, -1);
	classic_transform(m, node, transforms[node_attr_int(m, node, "post_transform", 0)], scores,
			  node_out(m, node, 0));
	return true;
}

const struct op_def op_ml_TreeEnsemble_5 = {
	CLASSIC("TreeEnsemble", 5, 1, 1, 1), .types = TYPES("fh"), .expand = expand_trees,
	.attrs = ATTRS(INT_IN("aggregate_function", 1, 0, 3), INTS_OPTIONAL("leaf_targetids"),
		       TENSOR_OPTIONAL("leaf_weights"), TENSOR_OPTIONAL("membership_values"),
		       INT_IN("n_targets", 1, 1, 1 << 20), INTS_OPTIONAL("nodes_falseleafs"),
		       INTS_OPTIONAL("nodes_falsenodeids"), INTS_OPTIONAL("nodes_featureids"),
		       TENSOR_OPTIONAL("nodes_hitrates"), INTS_OPTIONAL("nodes_missing_value_tracks_true"),
		       TENSOR_OPTIONAL("nodes_modes"), TENSOR_OPTIONAL("nodes_splits"),
		       INTS_OPTIONAL("nodes_trueleafs"), INTS_OPTIONAL("nodes_truenodeids"),
		       INT_IN("post_transform", 0, 0, 4), INTS_OPTIONAL("tree_roots")),
};
