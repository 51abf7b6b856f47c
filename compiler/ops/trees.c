/* Ensembles of decision trees: TreeEnsembleRegressor and TreeEnsembleClassifier of ai.onnx.ml become tables that one of
 * our own, Trees, reads: x, feature, value, next, modes, root, leaf, target, weight (see nnrt_trees_f32). */
#include <string.h>

#include "ops/classic.h"
#include "support/map.h"

enum { LEQ, LT, GTE, GT, EQ, NEQ, TRACKS_MISSING = 8 };        /* enum nnrt_tree_mode */

/* --- Trees -------------------------------------------------------------------------------------------------------- */

static bool infer_trees(struct module *m, int node)
{
	struct num dim[2] = { node_in_tensor(m, node, 0)->dim[0], num_const(node_attr_int(m, node, "targets", 0)) };

	return tensor_set(m, node, node_out(m, node, 0), DT_F32, 2, dim);
}

static const struct op_def own_trees = {
	.domain = "nnc", .name = "Trees", .since = 1, .min_in = 9, .max_in = 9, .min_out = 1, .max_out = 1,
	.attrs = ATTRS(INT_REQUIRED("targets"), INT_REQUIRED("mode"), INT_REQUIRED("aggregate")),
	.types = TYPES("s", "w", "s", "w", "u", "w", "w", "w", "s"), .infer = infer_trees, .by_kernels = true,
};

/* --- The model's attributes as lists ------------------------------------------------------------------------------ */

/* One of the operator's lists; both versions of the standard name them so but for target_ and class_. */
struct ensemble {
	struct module *m;
	int node;
	const char *leaf;               /* "target" or "class" */
	int n, n_weights;
	const int64_t *tree, *id, *feature, *yes, *no, *missing;
	const float *value;
	const char *const *mode;
	const int64_t *leaf_tree, *leaf_node, *leaf_target;
	const float *weight;
	struct map numbers;             /* tree and id -> node's number */
	int32_t *next;                  /* by node: its two successors, as the kernel wants them */
	int32_t *leaf_of;               /* 1 + its number among the leaves, 0: it is none */
	int n_leaves;
	bool *has_parent;
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
static bool get_floats(const struct ensemble *e, const char *name, int *n, const float **v)
{
	struct module *m = e->m;
	const struct attr *a = node_attr(m, e->node, name);
	const struct attr *t = node_attr(m, e->node, arena_printf(m->scratch, "%s_as_tensor", name));
	int count = a ? a->n : 0;
	float *copy;

	if (t && m->tensor[t->i].type != DT_F32)
		return node_unsupported(m, e->node, "%s_as_tensor is %s, allowed: float32", name,
					dtypes[m->tensor[t->i].type].name);
	if (t)
		count = (int)tensor_elements(m, (int)t->i).n;
	if (*n >= 0 && count != *n)
		return node_bad(m, e->node, "%s has %d elements, allowed: %d", name, count, *n);
	*n = count;
	copy = ARENA_ARRAY(m->scratch, count, float);
	for (int i = 0; i < count; i++)
		copy[i] = t ? (float)const_double(m, (int)t->i, i) : a->floats[i];
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

static bool mode_of(const struct ensemble *e, int i, uint8_t *mode)
{
	static const char *const names[] = { [LEQ] = "BRANCH_LEQ", [LT] = "BRANCH_LT", [GTE] = "BRANCH_GTE",
					     [GT] = "BRANCH_GT", [EQ] = "BRANCH_EQ", [NEQ] = "BRANCH_NEQ" };

	for (size_t k = 0; k < sizeof names / sizeof *names; k++)
		if (!strcmp(names[k], e->mode[i])) {
			*mode = (uint8_t)(k + (e->missing && e->missing[i] ? TRACKS_MISSING : 0));
			return true;
		}
	return node_bad(e->m, e->node, "mode %d is \"%.40s\", allowed: LEAF BRANCH_LEQ BRANCH_LT BRANCH_GTE BRANCH_GT "
			"BRANCH_EQ BRANCH_NEQ", i, e->mode[i]);
}

/* A successor as the kernel wants it: each node has one parent, of its own tree, which makes trees of them. */
static bool link(struct ensemble *e, int i, int64_t id, int32_t *to)
{
	const int next = find_node(e, e->tree[i], id);

	if (next < 0 || e->has_parent[next])
		return node_bad(e->m, e->node, "node %lld of tree %lld goes on at node %lld, %s", (long long)e->id[i],
				(long long)e->tree[i], (long long)id, next < 0 ? "which is not there" :
				"which has another way to it");
	e->has_parent[next] = true;
	*to = is_leaf(e, next) ? -e->leaf_of[next] : next;
	return true;
}

static bool number_nodes(struct ensemble *e)
{
	map_init(&e->numbers, e->m->scratch);
	e->leaf_of = ARENA_ARRAY(e->m->scratch, e->n, int32_t);
	e->has_parent = ARENA_ARRAY(e->m->scratch, e->n, bool);
	for (int i = 0; i < e->n; i++) {
		if (find_node(e, e->tree[i], e->id[i]) >= 0)
			return node_bad(e->m, e->node, "tree %lld has two nodes %lld", (long long)e->tree[i],
					(long long)e->id[i]);
		map_set(&e->numbers, (int64_t[]){ e->tree[i], e->id[i] }, 2 * sizeof *e->id, i);
		if (is_leaf(e, i))
			e->leaf_of[i] = ++e->n_leaves;
	}
	return true;
}

/* --- Tables ------------------------------------------------------------------------------------------------------- */

static void put32(unsigned char *p, uint32_t v)
{
	for (int k = 0; k < 4; k++)
		p[k] = (unsigned char)(v >> 8 * k);
}

static int table32(struct module *m, enum dtype type, const void *v, int64_t n)
{
	unsigned char *data = arena_alloc(m->arena, (size_t)(4 * n));
	uint32_t word;

	for (int64_t i = 0; i < n; i++) {
		memcpy(&word, (const char *)v + 4 * i, 4);
		put32(data + 4 * i, word);
	}
	return tensor_const(m, NULL, type, 1, &n, data);
}

/* Inputs feature, value, next and modes; *common is the mode of all nodes, -1 when they differ. */
static bool node_tables(struct ensemble *e, int64_t features, int *in, int64_t *common)
{
	struct module *m = e->m;
	const int64_t n = e->n;
	int32_t *feature = ARENA_ARRAY(m->scratch, n, int32_t), *next = ARENA_ARRAY(m->scratch, 2 * n, int32_t);
	uint8_t *modes = ARENA_ARRAY(m->arena, n, uint8_t);

	e->next = next;
	*common = -2;
	for (int i = 0; i < n; i++) {
		if (is_leaf(e, i))
			continue;
		if (e->feature[i] < 0 || e->feature[i] >= features)
			return node_bad(m, e->node, "node %lld asks for feature %lld, allowed: 0 to %lld",
					(long long)e->id[i], (long long)e->feature[i], (long long)features - 1);
		feature[i] = (int32_t)e->feature[i];
		if (!mode_of(e, i, &modes[i]) || !link(e, i, e->no[i], &next[2 * i]) ||
		    !link(e, i, e->yes[i], &next[2 * i + 1]))
			return false;
		*common = *common == -2 || *common == modes[i] ? modes[i] : -1;
	}
	*common = *common == -2 ? LEQ : *common;
	in[1] = table32(m, DT_I32, feature, n);
	in[2] = table32(m, DT_F32, e->value, n);
	in[3] = table32(m, DT_I32, next, 2 * n);
	in[4] = tensor_const(m, NULL, DT_U8, 1, &n, modes);
	return true;
}

/* Nodes in a circle have parents, and no root leads to them. */
static bool reach_all(const struct ensemble *e, const int32_t *root, int64_t trees)
{
	int32_t *waiting = ARENA_ARRAY(e->m->scratch, e->n, int32_t);
	int n = 0, reached = 0;

	for (int64_t t = 0; t < trees; t++)
		waiting[n++] = root[t];
	for (; n; reached++) {
		const int32_t at = waiting[--n];
		for (int k = 0; k < 2 && at >= 0; k++)
			waiting[n++] = e->next[2 * at + k];
	}
	return reached == e->n || node_bad(e->m, e->node, "%d nodes go on at one another in a circle", e->n - reached);
}

/* Input root: the node of each tree that none goes on at. *trees is their number. */
static bool root_table(struct ensemble *e, int *in, int64_t *trees)
{
	struct module *m = e->m;
	int32_t *root = ARENA_ARRAY(m->scratch, e->n, int32_t);
	struct map seen;

	map_init(&seen, m->scratch);
	*trees = 0;
	for (int i = 0; i < e->n; i++) {
		if (e->has_parent[i])
			continue;
		if (map_get(&seen, &e->tree[i], sizeof *e->tree, -1) >= 0)
			return node_bad(m, e->node, "tree %lld has two roots", (long long)e->tree[i]);
		map_set(&seen, &e->tree[i], sizeof *e->tree, i);
		root[(*trees)++] = is_leaf(e, i) ? -e->leaf_of[i] : i;
	}
	for (int i = 0; i < e->n; i++)
		if (map_get(&seen, &e->tree[i], sizeof *e->tree, -1) < 0)
			return node_bad(m, e->node, "tree %lld has no root", (long long)e->tree[i]);
	in[5] = table32(m, DT_I32, root, *trees);
	return reach_all(e, root, *trees);
}

/* Inputs leaf, target and weight: pairs sorted by leaf. */
static bool leaf_tables(struct ensemble *e, int64_t targets, int *in)
{
	struct module *m = e->m;
	const int n = e->n_weights;
	int32_t *begin = ARENA_ARRAY(m->scratch, e->n_leaves + 2, int32_t);
	int32_t *at = ARENA_ARRAY(m->scratch, e->n_leaves + 2, int32_t);
	int32_t *target = ARENA_ARRAY(m->scratch, n, int32_t);
	float *weight = ARENA_ARRAY(m->scratch, n, float);

	for (int i = 0; i < n; i++) {
		const int node = find_node(e, e->leaf_tree[i], e->leaf_node[i]);
		if (node < 0 || !is_leaf(e, node))
			return node_bad(m, e->node, "weight %d belongs to node %lld of tree %lld, which is no leaf", i,
					(long long)e->leaf_node[i], (long long)e->leaf_tree[i]);
		if (e->leaf_target[i] < 0 || e->leaf_target[i] >= targets)
			return node_bad(m, e->node, "weight %d is for %s %lld, allowed: 0 to %lld", i, e->leaf,
					(long long)e->leaf_target[i], (long long)targets - 1);
		begin[e->leaf_of[node]]++;
	}
	for (int k = 0; k < e->n_leaves; k++)
		begin[k + 1] += begin[k];
	memcpy(at, begin, (size_t)(e->n_leaves + 1) * sizeof *at);
	for (int i = 0; i < n; i++) {
		const int32_t k = at[e->leaf_of[find_node(e, e->leaf_tree[i], e->leaf_node[i])] - 1]++;
		target[k] = (int32_t)e->leaf_target[i];
		weight[k] = e->weight[i];
	}
	in[6] = table32(m, DT_I32, begin, e->n_leaves + 1);
	in[7] = table32(m, DT_I32, target, n);
	in[8] = table32(m, DT_F32, weight, n);
	return true;
}

/* Scores, rows x targets, with base values added; -1: reported. */
static int add_trees(struct ensemble *e, int64_t targets, int64_t aggregate)
{
	struct module *m = e->m;
	const int x = classic_rows(m, e->node);
	const float *base;
	int64_t mode, trees;
	int in[9], out, made, n_base = -1;

	in[0] = x;
	if (x < 0 || !read_ensemble(e) || !number_nodes(e))
		return -1;
	if (!num_is_const(m->tensor[node_in(m, e->node, 0)].dim[1])) {
		node_unsupported(m, e->node, "the number of features must be a constant");
		return -1;
	}
	if (!node_tables(e, m->tensor[node_in(m, e->node, 0)].dim[1].n, in, &mode) || !root_table(e, in, &trees) ||
	    !leaf_tables(e, targets, in) || !get_floats(e, "base_values", &n_base, &base))
		return -1;
	if (n_base && n_base != targets) {
		node_bad(m, e->node, "base_values has %d elements, allowed: %lld", n_base, (long long)targets);
		return -1;
	}
	out = tensor_add(m, NULL);
	made = node_add(m, m->node[e->node].graph, &own_trees, m->node[e->node].name, 9, in, 1, &out);
	m->node[made].opset = 1;
	rewrite_attr(m, made, "targets")->i = targets;
	rewrite_attr(m, made, "mode")->i = mode;
	rewrite_attr(m, made, "aggregate")->i = aggregate;
	return n_base ? expand_add(m, e->node, out, classic_floats(m, base, n_base), -1) : out;
}

/* --- The operators ------------------------------------------------------------------------------------------------ */

static bool expand_regressor(struct module *m, int node)
{
	static const char *const names[] = { "SUM", "AVERAGE", "MIN", "MAX" };
	struct ensemble e = { .m = m, .node = node, .leaf = "target" };
	int64_t aggregate = 0;
	int scores;

	while (strcmp(names[aggregate], node_attr(m, node, "aggregate_function")->s) != 0)
		aggregate++;
	scores = add_trees(&e, node_attr_int(m, node, "n_targets", 1), aggregate);
	return scores >= 0 && classic_transform(m, node, scores, node_out(m, node, 0));
}

/* Whether all weights are for one class, and none is below 0. */
static bool is_of_one_class(const struct ensemble *e, bool *positive)
{
	*positive = true;
	for (int i = 0; i < e->n_weights; i++) {
		*positive &= e->weight[i] >= 0;
		if (e->leaf_target[i] != e->leaf_target[0])
			return false;
	}
	return e->n_weights > 0;
}

/* Two classes and the score of one: the second is taken above half (where scores are parts of 1) or above 0. */
static bool expand_two_classes(struct module *m, int node, int scores, bool positive)
{
	const int64_t first = 0;
	const int one = tensor_const_float(m, 1), limit = tensor_const_float(m, positive ? 0.5f : 0);
	int s = expand_node(m, node, "Gather", 13, INPUTS(scores, tensor_const_ints(m, &first, 1)), -1), number, other;

	expand_attr(m, s, "axis")->i = 1;
	number = expand_node(m, node, "Greater", 13, INPUTS(s, limit), -1);
	number = expand_node(m, node, "Squeeze", 11, INPUTS(number), -1);
	rewrite_attr_ints(m, m->tensor[number].producer, "axes", (const int64_t[]){ 1 }, 1);
	number = expand_cast(m, node, number, DT_I64, -1);
	if (!classic_labels(m, node, number, "classlabels_int64s", "classlabels_strings", 2))
		return false;
	if (node_out(m, node, 1) < 0)
		return true;
	if (!node_attr_is(m, node, "post_transform", "NONE") &&
	    (positive || !node_attr_is(m, node, "post_transform", "LOGISTIC")))
		return node_unsupported(m, node, "post_transform is %s for two classes and one score, allowed: NONE",
					node_attr(m, node, "post_transform")->s);
	other = positive ? expand_node(m, node, "Sub", 13, INPUTS(one, s), -1) :
			   expand_node(m, node, "Neg", 13, INPUTS(s), -1);
	s = expand_node(m, node, "Concat", 13, INPUTS(other, s), -1);
	expand_attr(m, s, "axis")->i = 1;
	return classic_transform(m, node, s, node_out(m, node, 1));
}

static bool expand_classifier(struct module *m, int node)
{
	const struct attr *ints = node_attr(m, node, "classlabels_int64s");
	const struct attr *strings = node_attr(m, node, "classlabels_strings");
	const int classes = ints ? ints->n : strings ? strings->n : 0;
	struct ensemble e = { .m = m, .node = node, .leaf = "class" };
	const int scores = classes ? add_trees(&e, classes, 0) : -1;
	bool positive;
	int number;

	if (!classes)
		return node_bad(m, node, "no class has a label, allowed: 1 or more");
	if (scores < 0)
		return false;
	if (classes == 2 && is_of_one_class(&e, &positive)) {
		if (e.leaf_target[0] || node_attr(m, node, "base_values"))
			return node_unsupported(m, node, "two classes with scores of the second one, or base values, "
						"allowed: scores of the first");
		return expand_two_classes(m, node, scores, positive);
	}
	number = expand_node(m, node, "ArgMax", 13, INPUTS(scores), -1);
	expand_attr(m, number, "axis")->i = 1;
	expand_attr(m, number, "keepdims")->i = 0;
	return classic_labels(m, node, number, "classlabels_int64s", "classlabels_strings", classes) &&
	       (node_out(m, node, 1) < 0 || classic_transform(m, node, scores, node_out(m, node, 1)));
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
