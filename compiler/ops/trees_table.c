/* Trees as the table that nnrt_trees() walks, which knows one question only: is a key at most a limit?
 *
 * Keys are integers in the order of the floats: their bits, where those below 0 are turned round. NaN is above all of
 * them in one set of columns, and below all in a second one, for nodes that are true of it. x < v asks for the key
 * before v's, x > v is x <= v with successors exchanged, and x == v, or one of many values, is a search among the
 * limits at which the answer changes. */
#include "ops/trees.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ops/classic.h"

enum { LANES = 8 };             /* NNRT_TREE_LANES */

/* --- Trees, an operator of our own -------------------------------------------------------------------------------- */

/* Inputs: keys, node, root, levels, leaf, target, weight (see nnrt_trees). */
static bool infer_trees(struct module *m, int node)
{
	struct num dim[2] = { node_in_tensor(m, node, 0)->dim[0], num_const(node_attr_int(m, node, "targets", 0)) };

	return tensor_set(m, node, node_out(m, node, 0), node_in_type(m, node, 6), 2, dim);
}

static const struct op_def own_trees = {
	.domain = "nnc", .name = "Trees", .since = 1, .min_in = 7, .max_in = 7, .min_out = 1, .max_out = 1,
	.attrs = ATTRS(INT_REQUIRED("targets"), INT_REQUIRED("trees"), INT_REQUIRED("aggregate"), INT_REQUIRED("bits"),
		       INT_REQUIRED("dense")),
	.types = TYPES("i", "i", "w", "w", "w", "w", "f"), .infer = infer_trees, .by_kernels = true,
};

/* --- Questions that are a limit ----------------------------------------------------------------------------------- */

/* Key <= limit of that feature. Where `below`, NaN is below all keys, else above. */
struct question {
	int64_t limit;
	int feature;
	bool below;
	int next[2];                    /* a question, or -1 - leaf */
};

struct table {
	struct forest *f;
	struct question *q;
	int n;                          /* the first are the forest's branches */
	int *first;                     /* of each question: the first of its successors' two nodes, 0: none yet */
	int *height;                    /* levels below it, itself included; 0: not known yet */
	int64_t least, most;            /* keys of NaN */
};

static int64_t key_of(const struct table *t, double v)
{
	const float narrow = (float)v;
	int64_t bits;
	int32_t bits32;

	if (t->f->type == DT_F64) {
		memcpy(&bits, &v, sizeof bits);
		return bits < 0 ? INT64_MIN - bits : bits;
	}
	memcpy(&bits32, &narrow, sizeof bits32);
	return bits32 < 0 ? (int64_t)INT32_MIN - bits32 : bits32;
}

static int add_question(struct table *t, struct question q)
{
	t->q = ARENA_PUSH(t->f->m->scratch, t->q, t->n, struct question);
	t->q[t->n] = q;
	return t->n++;
}

static int compare_limits(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* A part of a search: question `at` finds the answer between limits from … to. */
struct span {
	int at, from, to;
};

/* Which of the answers next[0], next[1], next[0] … holds between limits is found by halving; question `at` is the
 * first. Keys above limit n - 1 have answer n. */
static void add_search(struct table *t, int at, const struct branch_node *b, const int64_t *limit, int n,
		       const int next[2])
{
	struct span todo[64];
	int n_todo = 0;

	todo[n_todo++] = (struct span){ at, 0, n };
	while (n_todo) {
		const struct span now = todo[--n_todo];
		const int middle = (now.from + now.to - 1) / 2;
		struct question q = { .limit = limit[middle], .feature = (int)b->feature };

		q.next[1] = next[now.from % 2];
		q.next[0] = next[now.to % 2];
		if (middle > now.from) {
			q.next[1] = add_question(t, (struct question){ 0 });
			todo[n_todo++] = (struct span){ q.next[1], now.from, middle };
		}
		if (middle + 1 < now.to) {
			q.next[0] = add_question(t, (struct question){ 0 });
			todo[n_todo++] = (struct span){ q.next[0], middle + 1, now.to };
		}
		t->q[now.at] = q;
	}
}

/* Two for each of the node's values: the key before its own, and its own. Their number. */
static int list_limits(const struct table *t, const struct branch_node *b, int64_t *limit)
{
	int n = 0, others = 0;

	for (int i = 0; i < b->n_values; i++)
		if (!isnan(b->value[i]))
			limit[n++] = key_of(t, b->value[i]);
	if (!n)         /* no key is between these */
		limit[0] = limit[1] = t->least;
	qsort(limit, (size_t)n, sizeof *limit, compare_limits);
	for (int i = 0; i < n; i++)
		if (!others || limit[i] != limit[others - 1])
			limit[others++] = limit[i];
	for (int i = others - 1; i >= 0; i--) {
		limit[2 * i + 1] = limit[i];
		limit[2 * i] = limit[i] - 1;
	}
	return n ? 2 * others : 2;
}

/* Whether x is one of the node's values. */
static void ask_equal(struct table *t, int at, const struct branch_node *b)
{
	const bool is_other = b->mode == BRANCH_NEQ;
	const int next[2] = { b->next[is_other], b->next[!is_other] };
	int64_t *limit = ARENA_ARRAY(t->f->m->scratch, 2 * b->n_values + 2, int64_t);
	const int n = list_limits(t, b, limit);
	int searched = at;

	/* NaN is other than all values, and above all keys: where the search ends without one. */
	if (b->missing && !is_other) {
		searched = add_question(t, (struct question){ 0 });
		t->q[at] = (struct question){ t->least, (int)b->feature, true, { searched, next[1] } };
	}
	add_search(t, searched, b, limit, n, next);
}

static void ask(struct table *t, int at)
{
	const struct branch_node *b = &t->f->branch[at];
	const bool is_above = b->mode == BRANCH_GT || b->mode == BRANCH_GTE;
	struct question q = { .feature = (int)b->feature, .below = b->missing != is_above,
			      .next = { b->next[is_above], b->next[!is_above] } };

	if (b->mode >= BRANCH_EQ) {
		ask_equal(t, at, b);
		return;
	}
	/* Nothing is true of a value that is NaN. */
	q.limit = isnan(b->value[0]) ? (is_above ? t->most - 1 : t->least) : key_of(t, b->value[0]) -
		  (b->mode == BRANCH_LT || b->mode == BRANCH_GTE);
	t->q[at] = q;
}

/* --- Heights ------------------------------------------------------------------------------------------------------ */

/* Levels below `root`. Successors may be shared, but are in no circle. */
static int measure_height(struct table *t, int root, int *waiting)
{
	int n = 0;

	if (root < 0 || !t->n)
		return 0;
	waiting[n++] = root;
	while (n) {
		const int at = waiting[n - 1];
		int most = 0, unknown = 0;

		for (int k = 0; k < 2 && !t->height[at]; k++) {
			const int next = t->q[at].next[k];
			if (next >= 0 && !t->height[next]) {
				waiting[n + unknown++] = next;
			} else if (next >= 0 && t->height[next] > most) {
				most = t->height[next];
			}
		}
		n += unknown;
		if (unknown)
			continue;
		if (!t->height[at])
			t->height[at] = most + 1;
		n--;
	}
	return t->height[root];
}

/* --- Tables ------------------------------------------------------------------------------------------------------- */

static int add_ints(struct module *m, enum dtype type, const int64_t *v, int64_t n)
{
	const int bytes = dtypes[type].bytes;
	unsigned char *data = arena_alloc(m->arena, (size_t)(bytes * n));

	for (int64_t i = 0; i < n; i++)
		for (int k = 0; k < bytes; k++)
			data[bytes * i + k] = (unsigned char)((uint64_t)v[i] >> 8 * k);
	return tensor_const(m, NULL, type, 1, &n, data);
}

static int add_int32s(struct module *m, const int *v, int n)
{
	int64_t *wide = ARENA_ARRAY(m->scratch, n, int64_t);

	for (int i = 0; i < n; i++)
		wide[i] = v[i];
	return add_ints(m, DT_I32, wide, n);
}

/* Nodes as they are numbered: what each stands for, a question or -1 - leaf. */
struct numbered {
	int *stands, n;
};

static void number_node(struct table *t, struct numbered *x, int stands)
{
	x->stands = ARENA_PUSH(t->f->m->scratch, x->stands, x->n, int);
	x->stands[x->n++] = stands;
}

/* Roots first, then the successors of each node behind it: level by level. */
static void number_nodes(struct table *t, struct numbered *x)
{
	for (int i = 0; i < t->f->n_trees; i++)
		number_node(t, x, t->f->root[i]);
	for (int i = 0; i < x->n; i++) {
		const int at = x->stands[i];
		if (at < 0 || t->first[at])
			continue;
		t->first[at] = x->n;
		number_node(t, x, t->q[at].next[0]);
		number_node(t, x, t->q[at].next[1]);
	}
}

/* Input node. columns: of one set of keys; the last of all is above all limits. */
static int node_table(struct table *t, const struct numbered *x, enum dtype type, int64_t columns, bool two_sets,
		      int bits)
{
	int64_t *v = ARENA_ARRAY(t->f->m->scratch, 2 * (int64_t)x->n, int64_t);
	const int64_t above = columns << two_sets;

	for (int i = 0; i < x->n; i++) {
		const int at = x->stands[i];
		const struct question *q = at < 0 ? NULL : &t->q[at];
		v[2 * i] = q ? q->limit : -1 - at;
		v[2 * i + 1] = q ? (int64_t)t->first[at] << bits | (q->feature + (q->below ? columns : 0)) :
				   (int64_t)i << bits | above;
	}
	return add_ints(t->f->m, type, v, 2 * (int64_t)x->n);
}

/* Inputs root and levels. */
static void root_tables(struct table *t, int *in)
{
	const int n = t->f->n_trees, groups = (n + LANES - 1) / LANES;
	struct arena *a = t->f->m->scratch;
	int *root = ARENA_ARRAY(a, groups * LANES, int), *levels = ARENA_ARRAY(a, groups, int);
	int *waiting = ARENA_ARRAY(a, 2 * t->n + 2, int);

	for (int i = 0; i < groups * LANES; i++) {
		const int tree = i < n ? i : n - 1, height = measure_height(t, t->f->root[tree], waiting);
		root[i] = tree;
		if (height > levels[i / LANES])
			levels[i / LANES] = height;
	}
	in[2] = add_int32s(t->f->m, root, groups * LANES);
	in[3] = add_int32s(t->f->m, levels, groups);
}

static bool is_dense(const struct forest *f)
{
	for (int n = 0; n < f->n_leaves; n++) {
		if (f->begin[n + 1] - f->begin[n] != f->targets)
			return false;
		for (int k = 0; k < f->targets; k++)
			if (f->target[f->begin[n] + k] != k)
				return false;
	}
	return true;
}

/* Inputs leaf, target and weight. */
static void leaf_tables(struct forest *f, bool dense, int *in)
{
	const int64_t n = f->begin[f->n_leaves];

	in[4] = add_int32s(f->m, f->begin, dense ? 1 : f->n_leaves + 1);
	in[5] = dense ? in[4] : add_int32s(f->m, f->target, (int)n);
	in[6] = tensor_const_doubles(f->m, f->type, 1, &n, f->weight);
}

/* --- Keys --------------------------------------------------------------------------------------------------------- */

static int add_key(struct module *m, enum dtype type, int64_t v)
{
	unsigned char *data = arena_alloc(m->arena, 8);

	for (int k = 0; k < 8; k++)
		data[k] = (unsigned char)((uint64_t)v >> 8 * k);
	return tensor_const(m, NULL, type, 0, NULL, data);
}

/* x as keys: columns, where two_sets those again with NaN below them, and the greatest key. */
static int expand_keys(const struct table *t, int x, bool two_sets)
{
	struct module *m = t->f->m;
	const int like = t->f->node;
	const enum dtype type = t->f->type == DT_F64 ? DT_I64 : DT_I32;
	const int least = add_key(m, type, t->least), most = add_key(m, type, t->most);
	const int nan = expand_node(m, like, "IsNaN", 13, INPUTS(x), -1);
	int bits = expand_node(m, like, "BitCast", 26, INPUTS(x), -1), is_below, keys;

	expand_attr(m, bits, "to")->i = dtypes[type].onnx;
	is_below = expand_node(m, like, "Less", 13, INPUTS(bits, add_key(m, type, 0)), -1);
	bits = expand_node(m, like, "Where", 16,
			   INPUTS(is_below, expand_node(m, like, "Sub", 13, INPUTS(least, bits), -1), bits), -1);
	keys = expand_node(m, like, "Where", 16, INPUTS(nan, most, bits), -1);
	if (two_sets) {
		bits = expand_node(m, like, "Where", 16, INPUTS(nan, least, bits), -1);
		keys = expand_node(m, like, "Concat", 13, INPUTS(keys, bits), -1);
		expand_attr(m, keys, "axis")->i = 1;
	}
	bits = tensor_const_ints(m, (int64_t[]){ 0, 0, 0, 1 }, 4);
	return expand_node(m, like, "Pad", 13, INPUTS(keys, bits, most), -1);
}

/* --- Scores ------------------------------------------------------------------------------------------------------- */

static bool check_features(const struct forest *f, int64_t features)
{
	for (int i = 0; i < f->n_branches; i++)
		if (f->branch[i].feature < 0 || f->branch[i].feature >= features)
			return node_bad(f->m, f->node, "branch %d asks for feature %lld, allowed: 0 to %lld", i,
					(long long)f->branch[i].feature, (long long)features - 1);
	return true;
}

static int bits_for(int64_t n)
{
	int bits = 0;

	while (n >> bits)
		bits++;
	return bits;
}

static void ask_all(struct table *t)
{
	struct forest *f = t->f;

	t->least = f->type == DT_F64 ? INT64_MIN : INT32_MIN;
	t->most = f->type == DT_F64 ? INT64_MAX : INT32_MAX;
	for (int i = 0; i < f->n_branches; i++)
		add_question(t, (struct question){ 0 });
	for (int i = 0; i < f->n_branches; i++)
		ask(t, i);
	t->first = ARENA_ARRAY(f->m->scratch, t->n, int);
	t->height = ARENA_ARRAY(f->m->scratch, t->n, int);
}

static bool has_below(const struct table *t)
{
	for (int i = 0; i < t->n; i++)
		if (t->q[i].below)
			return true;
	return false;
}

int forest_scores(struct forest *f)
{
	struct module *m = f->m;
	const int x = classic_rows(m, f->node, f->type);
	const struct num features = x < 0 ? num_const(0) : classic_features(m, f->node);
	struct table t = { .f = f };
	struct numbered nodes = { 0 };
	const bool dense = is_dense(f);
	bool two_sets;
	enum dtype type = f->type == DT_F64 ? DT_I64 : DT_I32;
	int in[7], out, made, bits;

	if (x < 0)
		return -1;
	if (!num_is_const(features)) {
		node_unsupported(m, f->node, "the number of features must be a constant");
		return -1;
	}
	if (!check_features(f, features.n))
		return -1;
	ask_all(&t);
	two_sets = has_below(&t);
	number_nodes(&t, &nodes);
	bits = bits_for(features.n << two_sets);
	in[0] = expand_keys(&t, x, two_sets);
	/* Links that do not fit 32 bits. */
	if (bits_for(nodes.n) + bits > 31)
		type = DT_I64;
	in[0] = expand_cast(m, f->node, in[0], type, -1);
	in[1] = node_table(&t, &nodes, type, features.n, two_sets, bits);
	root_tables(&t, in);
	leaf_tables(f, dense, in);
	out = tensor_add(m, NULL);
	made = node_add(m, m->node[f->node].graph, &own_trees, m->node[f->node].name, 7, in, 1, &out);
	m->node[made].opset = 1;
	rewrite_attr(m, made, "targets")->i = f->targets;
	rewrite_attr(m, made, "trees")->i = f->n_trees;
	rewrite_attr(m, made, "aggregate")->i = (int64_t)f->aggregate;
	rewrite_attr(m, made, "bits")->i = bits;
	rewrite_attr(m, made, "dense")->i = dense;
	return out;
}
