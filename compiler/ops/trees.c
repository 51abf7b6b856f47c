/* Ensembles of decision trees: TreeEnsembleRegressor and TreeEnsembleClassifier of ai.onnx.ml, which list nodes and
 * leaves alike. */
#include "ops/trees.h"

#include <string.h>

#include "ops/classic.h"
#include "support/map.h"

/* --- The model's attributes as lists ------------------------------------------------------------------------------ */

/* One of the operator's lists; both versions of the standard name them so but for target_ and class_. */
struct ensemble {
	struct module *m;
	int node;
	const char *leaf;               /* "target" or "class" */
	int n, n_weights;
	const int64_t *tree, *id, *feature, *yes, *no, *missing;
	const double *value;
	const char *const *mode;
	const int64_t *leaf_tree, *leaf_node, *leaf_target;
	const double *weight;
	struct map numbers;             /* tree and id -> node's number */
	int *place;                     /* of each node: among the branches, or -1 - number among the leaves */
	bool *has_parent;
	struct forest f;
};

static const char *leaf_name(const struct ensemble *e, const char *what)
{
	return arena_printf(e->m->scratch, "%s_%s", e->leaf, what);
}

static bool get_ints(const struct ensemble *e, const char *name, int n, bool required, const int64_t **v)
{
	const struct attr *a = node_attr(e->m, e->node, name);

	*v = a ? a->ints : NULL;
	if ((!a && required) || (a && a->n != n && (required || a->n)))
		return node_bad(e->m, e->node, "%s has %d elements, allowed: %d", name, a ? a->n : 0, n);
	if (a && a->n != n)
		*v = NULL;
	return true;
}

/* A list of floats, or the tensor by the same name with _as_tensor; *n is -1 on entry where any length will do. */
static bool get_floats(struct ensemble *e, const char *name, int *n, const double **v)
{
	struct module *m = e->m;
	const struct attr *a = node_attr(m, e->node, name);
	const struct attr *t = node_attr(m, e->node, arena_printf(m->scratch, "%s_as_tensor", name));
	int count = a ? a->n : 0;
	double *copy;

	if (t && m->tensor[t->i].type != DT_F32 && m->tensor[t->i].type != DT_F64)
		return node_bad(m, e->node, "%s_as_tensor is %s, allowed: float32 float64", name,
				dtypes[m->tensor[t->i].type].name);
	if (t && m->tensor[t->i].type == DT_F64)
		e->f.type = DT_F64;
	if (t)
		count = (int)tensor_elements(m, (int)t->i).n;
	if (*n >= 0 && count != *n)
		return node_bad(m, e->node, "%s has %d elements, allowed: %d", name, count, *n);
	*n = count;
	copy = ARENA_ARRAY(m->scratch, count, double);
	for (int i = 0; i < count; i++)
		copy[i] = t ? const_double(m, (int)t->i, i) : (double)a->floats[i];
	*v = copy;
	return true;
}

static bool read_ensemble(struct ensemble *e)
{
	const struct attr *ids = node_attr(e->m, e->node, "nodes_nodeids");
	const struct attr *modes = node_attr(e->m, e->node, "nodes_modes");
	const struct attr *targets = node_attr(e->m, e->node, leaf_name(e, "ids"));

	e->n = ids ? ids->n : 0;
	e->n_weights = targets ? targets->n : 0;
	if (e->n < 1 || e->n > 1 << 28)
		return node_bad(e->m, e->node, "nodes_nodeids has %d elements, allowed: 1 or more", e->n);
	if (!modes || modes->n != e->n)
		return node_bad(e->m, e->node, "nodes_modes has %d elements, allowed: %d", modes ? modes->n : 0, e->n);
	e->mode = modes->strings;
	return get_ints(e, "nodes_treeids", e->n, true, &e->tree) && get_ints(e, "nodes_nodeids", e->n, true, &e->id) &&
	       get_ints(e, "nodes_featureids", e->n, true, &e->feature) &&
	       get_ints(e, "nodes_truenodeids", e->n, true, &e->yes) &&
	       get_ints(e, "nodes_falsenodeids", e->n, true, &e->no) &&
	       get_ints(e, "nodes_missing_value_tracks_true", e->n, false, &e->missing) &&
	       get_floats(e, "nodes_values", &e->n, &e->value) &&
	       get_ints(e, leaf_name(e, "treeids"), e->n_weights, true, &e->leaf_tree) &&
	       get_ints(e, leaf_name(e, "nodeids"), e->n_weights, true, &e->leaf_node) &&
	       get_ints(e, leaf_name(e, "ids"), e->n_weights, true, &e->leaf_target) &&
	       get_floats(e, leaf_name(e, "weights"), &e->n_weights, &e->weight);
}

/* --- Nodes -------------------------------------------------------------------------------------------------------- */

static int find_node(const struct ensemble *e, int64_t tree, int64_t id)
{
	return (int)map_get(&e->numbers, (int64_t[]){ tree, id }, 2 * sizeof tree, -1);
}

static bool is_leaf(const struct ensemble *e, int i)
{
	return !strcmp(e->mode[i], "LEAF");
}

static bool mode_of(const struct ensemble *e, int i, enum branch *mode)
{
	static const char *const names[] = { [BRANCH_LEQ] = "BRANCH_LEQ", [BRANCH_LT] = "BRANCH_LT",
					     [BRANCH_GTE] = "BRANCH_GTE", [BRANCH_GT] = "BRANCH_GT",
					     [BRANCH_EQ] = "BRANCH_EQ", [BRANCH_NEQ] = "BRANCH_NEQ" };

	for (size_t k = 0; k < sizeof names / sizeof *names; k++)
		if (!strcmp(names[k], e->mode[i])) {
			*mode = (enum branch)k;
			return true;
		}
	return node_bad(e->m, e->node, "mode %d is \"%.40s\", allowed: LEAF BRANCH_LEQ BRANCH_LT BRANCH_GTE BRANCH_GT "
			"BRANCH_EQ BRANCH_NEQ", i, e->mode[i]);
}

/* A successor: each node has one parent, of its own tree, which makes trees of them. */
static bool link(struct ensemble *e, int i, int64_t id, int *to)
{
	const int next = find_node(e, e->tree[i], id);

	if (next < 0 || e->has_parent[next])
		return node_bad(e->m, e->node, "node %lld of tree %lld goes on at node %lld, %s", (long long)e->id[i],
				(long long)e->tree[i], (long long)id, next < 0 ? "which is not there" :
				"which has another way to it");
	e->has_parent[next] = true;
	*to = e->place[next];
	return true;
}

static bool number_nodes(struct ensemble *e)
{
	map_init(&e->numbers, e->m->scratch);
	e->place = ARENA_ARRAY(e->m->scratch, e->n, int);
	e->has_parent = ARENA_ARRAY(e->m->scratch, e->n, bool);
	for (int i = 0; i < e->n; i++) {
		if (find_node(e, e->tree[i], e->id[i]) >= 0)
			return node_bad(e->m, e->node, "tree %lld has two nodes %lld", (long long)e->tree[i],
					(long long)e->id[i]);
		map_set(&e->numbers, (int64_t[]){ e->tree[i], e->id[i] }, 2 * sizeof *e->id, i);
		e->place[i] = is_leaf(e, i) ? -1 - e->f.n_leaves++ : e->f.n_branches++;
	}
	return true;
}

static bool read_branches(struct ensemble *e)
{
	e->f.branch = ARENA_ARRAY(e->m->scratch, e->f.n_branches, struct branch_node);
	for (int i = 0; i < e->n; i++) {
		struct branch_node *b = &e->f.branch[e->place[i]];
		if (is_leaf(e, i))
			continue;
		*b = (struct branch_node){ .missing = e->missing && e->missing[i], .feature = e->feature[i],
					   .value = &e->value[i], .n_values = 1 };
		if (!mode_of(e, i, &b->mode) || !link(e, i, e->no[i], &b->next[0]) ||
		    !link(e, i, e->yes[i], &b->next[1]))
			return false;
	}
	return true;
}

/* Nodes in a circle have parents, and no root leads to them. */
static bool reach_all(const struct ensemble *e)
{
	int *waiting = ARENA_ARRAY(e->m->scratch, e->n, int);
	int n = 0, reached = 0;

	for (int t = 0; t < e->f.n_trees; t++)
		waiting[n++] = e->f.root[t];
	for (; n; reached++) {
		const int at = waiting[--n];
		for (int k = 0; k < 2 && at >= 0; k++)
			waiting[n++] = e->f.branch[at].next[k];
	}
	return reached == e->n || node_bad(e->m, e->node, "%d nodes go on at one another in a circle", e->n - reached);
}

/* The node of each tree that none goes on at. */
static bool find_roots(struct ensemble *e)
{
	struct module *m = e->m;
	struct map seen;

	map_init(&seen, m->scratch);
	e->f.root = ARENA_ARRAY(m->scratch, e->n, int);
	for (int i = 0; i < e->n; i++) {
		if (e->has_parent[i])
			continue;
		if (map_get(&seen, &e->tree[i], sizeof *e->tree, -1) >= 0)
			return node_bad(m, e->node, "tree %lld has two roots", (long long)e->tree[i]);
		map_set(&seen, &e->tree[i], sizeof *e->tree, i);
		e->f.root[e->f.n_trees++] = e->place[i];
	}
	for (int i = 0; i < e->n; i++)
		if (map_get(&seen, &e->tree[i], sizeof *e->tree, -1) < 0)
			return node_bad(m, e->node, "tree %lld has no root", (long long)e->tree[i]);
	return reach_all(e);
}

/* Pairs of target and weight, sorted by leaf. */
static bool read_leaves(struct ensemble *e)
{
	struct module *m = e->m;
	struct forest *f = &e->f;
	const int n = e->n_weights;
	int *at = ARENA_ARRAY(m->scratch, f->n_leaves + 1, int);

	f->begin = ARENA_ARRAY(m->scratch, f->n_leaves + 1, int);
	f->target = ARENA_ARRAY(m->scratch, n, int);
	f->weight = ARENA_ARRAY(m->scratch, n, double);
	for (int i = 0; i < n; i++) {
		const int node = find_node(e, e->leaf_tree[i], e->leaf_node[i]);
		if (node < 0 || !is_leaf(e, node))
			return node_bad(m, e->node, "weight %d belongs to node %lld of tree %lld, which is no leaf", i,
					(long long)e->leaf_node[i], (long long)e->leaf_tree[i]);
		if (e->leaf_target[i] < 0 || e->leaf_target[i] >= f->targets)
			return node_bad(m, e->node, "weight %d is for %s %lld, allowed: 0 to %lld", i, e->leaf,
					(long long)e->leaf_target[i], (long long)f->targets - 1);
		f->begin[-e->place[node]]++;
	}
	for (int k = 0; k < f->n_leaves; k++)
		f->begin[k + 1] += f->begin[k];
	memcpy(at, f->begin, (size_t)(f->n_leaves + 1) * sizeof *at);
	for (int i = 0; i < n; i++) {
		const int k = at[-1 - e->place[find_node(e, e->leaf_tree[i], e->leaf_node[i])]]++;
		f->target[k] = (int)e->leaf_target[i];
		f->weight[k] = e->weight[i];
	}
	return true;
}

/* Whether all weights are for one class. */
static bool is_of_one_class(const struct ensemble *e)
{
	for (int i = 0; i < e->n_weights; i++)
		if (e->leaf_target[i] != e->leaf_target[0])
			return false;
	return e->n_weights > 0;
}

/* Scores, rows x targets, with base values added; -1: reported. */
static int add_trees(struct ensemble *e, int64_t targets, enum aggregate aggregate)
{
	struct module *m = e->m;
	const double *base;
	int64_t size;
	int out, n_base = -1;

	e->f = (struct forest){ .m = m, .node = e->node, .targets = targets, .aggregate = aggregate,
				.type = node_in_type(m, e->node, 0) == DT_F64 ? DT_F64 : DT_F32 };
	if (!read_ensemble(e) || !number_nodes(e) || !read_branches(e) ||
	    !find_roots(e) || !read_leaves(e) || !get_floats(e, "base_values", &n_base, &base))
		return -1;
	/* Two classes and the score of one. */
	if (targets == 2 && !strcmp(e->leaf, "class") && is_of_one_class(e) && !e->leaf_target[0])
		e->f.targets = 1;
	if (n_base && n_base != e->f.targets) {
		node_bad(m, e->node, "base_values has %d elements, allowed: %lld", n_base, (long long)e->f.targets);
		return -1;
	}
	out = forest_scores(&e->f);
	size = n_base;
	if (out >= 0 && n_base)
		out = expand_add(m, e->node, out, tensor_const_doubles(m, e->f.type, 1, &size, base), -1);
	return out < 0 || e->f.type == DT_F32 ? out : expand_cast(m, e->node, out, DT_F32, -1);
}

/* --- The operators ------------------------------------------------------------------------------------------------ */

static bool expand_regressor(struct module *m, int node)
{
	static const char *const names[] = { [AGGREGATE_SUM] = "SUM", [AGGREGATE_AVERAGE] = "AVERAGE",
					     [AGGREGATE_MIN] = "MIN", [AGGREGATE_MAX] = "MAX" };
	struct ensemble e = { .m = m, .node = node, .leaf = "target" };
	enum aggregate aggregate = AGGREGATE_SUM;
	int scores;

	while (strcmp(names[aggregate], node_attr(m, node, "aggregate_function")->s) != 0)
		aggregate++;
	scores = add_trees(&e, node_attr_int(m, node, "n_targets", 1), aggregate);
	if (scores < 0)
		return false;
	classic_transform(m, node, classic_how(m, node), scores, node_out(m, node, 0));
	return true;
}

/* No weight is below 0: scores are parts of 1. */
static bool is_of_parts(const struct ensemble *e)
{
	for (int i = 0; i < e->n_weights; i++)
		if (e->weight[i] < 0)
			return false;
	return true;
}

/* Two classes and the score of one: the second is taken above half (where scores are parts of 1) or above 0. */
static bool expand_two_classes(struct module *m, int node, int score, bool parts)
{
	const int one = tensor_const_float(m, 1), limit = tensor_const_float(m, parts ? 0.5f : 0);
	int number = expand_node(m, node, "Greater", 13, INPUTS(score, limit), -1), other;

	number = expand_node(m, node, "Squeeze", 11, INPUTS(number), -1);
	rewrite_attr_ints(m, m->tensor[number].producer, "axes", (const int64_t[]){ 1 }, 1);
	number = expand_cast(m, node, number, DT_I64, -1);
	if (!classic_labels(m, node, number, "classlabels_int64s", "classlabels_strings", 2))
		return false;
	if (node_out(m, node, 1) < 0)
		return true;
	if (strcmp(classic_how(m, node), "NONE") != 0 && (parts || strcmp(classic_how(m, node), "LOGISTIC") != 0))
		return node_unsupported(m, node, "post_transform is %s for two classes and one score, allowed: NONE",
					classic_how(m, node));
	other = parts ? expand_node(m, node, "Sub", 13, INPUTS(one, score), -1) :
			expand_node(m, node, "Neg", 13, INPUTS(score), -1);
	score = expand_node(m, node, "Concat", 13, INPUTS(other, score), -1);
	expand_attr(m, score, "axis")->i = 1;
	classic_transform(m, node, classic_how(m, node), score, node_out(m, node, 1));
	return true;
}

static bool expand_classifier(struct module *m, int node)
{
	const struct attr *ints = node_attr(m, node, "classlabels_int64s");
	const struct attr *strings = node_attr(m, node, "classlabels_strings");
	const int classes = ints ? ints->n : strings ? strings->n : 0;
	struct ensemble e = { .m = m, .node = node, .leaf = "class" };
	const int scores = classes ? add_trees(&e, classes, AGGREGATE_SUM) : -1;
	int number;

	if (!classes)
		return node_bad(m, node, "no class has a label, allowed: 1 or more");
	if (scores < 0)
		return false;
	if (classes == 2 && e.f.targets == 1)
		return expand_two_classes(m, node, scores, is_of_parts(&e));
	if (classes == 2 && is_of_one_class(&e))
		return node_unsupported(m, node, "two classes with scores of the second one, allowed: of the first");
	number = expand_node(m, node, "ArgMax", 13, INPUTS(scores), -1);
	expand_attr(m, number, "axis")->i = 1;
	expand_attr(m, number, "keepdims")->i = 0;
	if (!classic_labels(m, node, number, "classlabels_int64s", "classlabels_strings", classes))
		return false;
	if (node_out(m, node, 1) >= 0)
		classic_transform(m, node, classic_how(m, node), scores, node_out(m, node, 1));
	return true;
}

#define NODES \
	FLOATS_OPTIONAL("base_values"), TENSOR_OPTIONAL("base_values_as_tensor"), INTS_OPTIONAL("nodes_falsenodeids"), \
		INTS_OPTIONAL("nodes_featureids"), FLOATS_OPTIONAL("nodes_hitrates"), \
		TENSOR_OPTIONAL("nodes_hitrates_as_tensor"), INTS_OPTIONAL("nodes_missing_value_tracks_true"), \
		STRINGS_OPTIONAL("nodes_modes"), INTS_OPTIONAL("nodes_nodeids"), INTS_OPTIONAL("nodes_treeids"), \
		INTS_OPTIONAL("nodes_truenodeids"), FLOATS_OPTIONAL("nodes_values"), \
		TENSOR_OPTIONAL("nodes_values_as_tensor"), POST_TRANSFORM

const struct op_def op_ml_TreeEnsembleRegressor_1 = {
	CLASSIC("TreeEnsembleRegressor", 1, 1, 1, 1), .types = TYPES("fi"), .expand = expand_regressor,
	.attrs = ATTRS(NODES, STRING("aggregate_function", "SUM", "SUM|AVERAGE|MIN|MAX"),
		       INT_IN("n_targets", 1, 1, 1 << 20), INTS_OPTIONAL("target_ids"),
		       INTS_OPTIONAL("target_nodeids"), INTS_OPTIONAL("target_treeids"),
		       FLOATS_OPTIONAL("target_weights"), TENSOR_OPTIONAL("target_weights_as_tensor")),
};
const struct op_def op_ml_TreeEnsembleClassifier_1 = {
	CLASSIC("TreeEnsembleClassifier", 1, 1, 1, 2), .types = TYPES("fi"), .expand = expand_classifier,
	.attrs = ATTRS(NODES, INTS_OPTIONAL("class_ids"), INTS_OPTIONAL("class_nodeids"),
		       INTS_OPTIONAL("class_treeids"), FLOATS_OPTIONAL("class_weights"),
		       TENSOR_OPTIONAL("class_weights_as_tensor"), INTS_OPTIONAL("classlabels_int64s"),
		       STRINGS_OPTIONAL("classlabels_strings")),
};
