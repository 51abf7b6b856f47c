/* TfIdfVectorizer over integers: how often each n-gram of a pool occurs in a row, its items next to each other or up to
 * max_skip_count items apart, times its weight as the mode says. Source: onnx/defs/nn/defs.cc. */
#include <string.h>

#include "ops/arguments.h"

enum { MOST_COLUMNS = 1 << 22, MOST_PASSES = 64 };

/* The n-grams of one length. */
struct grams {
	int length, first, n;           /* first: of all grams, which `ngram_indexes` counts */
	const int64_t *item;
};

static int64_t attr_at(const struct module *m, int node, const char *name, int i)
{
	return node_attr(m, node, name)->ints[i];
}

/* Grams of length k + 1; false: reported. */
static bool get_grams(struct module *m, int node, int k, struct grams *g)
{
	const struct attr *counts = node_attr(m, node, "ngram_counts"), *pool = node_attr(m, node, "pool_int64s");
	const int64_t begin = attr_at(m, node, "ngram_counts", k);
	const int64_t end = k + 1 < counts->n ? attr_at(m, node, "ngram_counts", k + 1) : pool->n;

	if (begin < 0 || end < begin || end > pool->n || (end - begin) % (k + 1))
		return node_bad(m, node, "grams of length %d are items %lld to %lld of %d, allowed: a multiple of it",
				k + 1, (long long)begin, (long long)end, pool->n);
	g->first = k ? g->first + g->n : 0;
	g->length = k + 1;
	g->n = (int)((end - begin) / (k + 1));
	g->item = pool->ints + begin;
	return true;
}

/* Columns of the result: one more than the greatest index; -1: reported. */
static int64_t count_columns(struct module *m, int node)
{
	const struct attr *indexes = node_attr(m, node, "ngram_indexes"), *counts = node_attr(m, node, "ngram_counts");
	const struct attr *weights = node_attr(m, node, "weights");
	struct grams g = { .n = 0 };
	int64_t most = -1;
	bool *seen;

	if (!node_attr(m, node, "pool_int64s") || node_attr(m, node, "pool_strings")) {
		node_unsupported(m, node, "the pool is of strings, allowed: integers");
		return -1;
	}
	for (int k = 0; k < counts->n; k++)
		if (!get_grams(m, node, k, &g))
			return -1;
	for (int i = 0; i < indexes->n; i++)
		most = indexes->ints[i] > most ? indexes->ints[i] : most;
	seen = ARENA_ARRAY(m->scratch, most >= 0 && most < MOST_COLUMNS ? most + 1 : 1, bool);
	for (int i = 0; i < indexes->n && most < MOST_COLUMNS; i++) {
		if (indexes->ints[i] < 0 || seen[indexes->ints[i]])
			most = MOST_COLUMNS;
		else
			seen[indexes->ints[i]] = true;
	}
	if (indexes->n != g.first + g.n || (weights && weights->n != indexes->n) || most < 0 || most >= MOST_COLUMNS) {
		node_bad(m, node, "%d indexes and %d weights for %d grams, allowed: as many, different ones below %d",
			 indexes->n, weights ? weights->n : 0, g.first + g.n, MOST_COLUMNS);
		return -1;
	}
	return most + 1;
}

static bool infer_tfidf(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0);
	const int64_t columns = count_columns(m, node), least = node_attr_int(m, node, "min_gram_length", 1);
	const int64_t most = node_attr_int(m, node, "max_gram_length", 1);
	const int64_t skips = node_attr_int(m, node, "max_skip_count", 0);
	struct num dim[2];

	if (columns < 0 || !node_rank(m, node, 0, 1, 2))
		return false;
	if (most < least || (most - least + 1) * (skips + 1) > MOST_PASSES ||
	    (most - least + 1) * columns > MOST_COLUMNS)
		return node_unsupported(m, node, "grams of length %lld to %lld with %lld skips in %lld columns, "
					"allowed: up to %d lengths times skips, and %d lengths times columns",
					(long long)least, (long long)most, (long long)skips, (long long)columns,
					MOST_PASSES, MOST_COLUMNS);
	dim[0] = x.dim[0];
	dim[x.rank - 1] = num_const(columns);
	return tensor_set(m, node, node_out(m, node, 0), DT_F32, x.rank, dim);
}

/* rows x grams: how often each occurs with its items so far apart; -1: the rows are too short. */
static int lower_counts(struct lowering *l, int node, const struct grams *g, int64_t apart)
{
	struct module *m = l->m;
	const struct tensor x = *node_in_tensor(m, node, 0);
	const int64_t span = (g->length - 1) * apart + 1, shape[2] = { g->n, g->length };
	const struct num length = x.dim[x.rank - 1];
	struct num dim[2] = { x.dim[0] }, at[2], place, item[2];
	int pool, all = -1;
	struct nest *n;

	if (!g->n || length.n < span)
		return -1;
	pool = tensor_const_ints(m, g->item, (int)(shape[0] * shape[1]));
	dim[x.rank - 1] = num_const(g->n);
	n = nest_new(m, lower_temp(l, DT_F32, x.rank, dim));
	place = nest_reduce_axis(n, num_max(&m->nums, num_sub(&m->nums, length, num_const(span - 1)), num_const(0)));
	at[0] = n->axis[0];
	for (int k = 0; k < g->length; k++) {
		int v;
		at[x.rank - 1] = num_add(&m->nums, place, num_const(k * apart));
		item[0] = num_add(&m->nums, num_mul(&m->nums, n->axis[x.rank - 1], num_const(g->length)), num_const(k));
		v = nest_binary(n, E_EQ, nest_cast(n, DT_I64, nest_load(n, node_in(m, node, 0), at)),
				nest_load(n, pool, item));
		all = all < 0 ? v : nest_binary(n, E_AND, all, v);
	}
	nest_store(n, nest_reduce(n, REDUCE_SUM, nest_cast(n, DT_F32, all)));
	lower_nest(l, n);
	return n->out;
}

/* Of each column the place of its gram among those of a length, or -1. */
static int places_of(struct module *m, int node, const struct grams *g, int64_t columns)
{
	int64_t *place = ARENA_ARRAY(m->scratch, columns, int64_t);

	for (int64_t c = 0; c < columns; c++)
		place[c] = -1;
	for (int i = 0; i < g->n; i++)
		place[attr_at(m, node, "ngram_indexes", g->first + i)] = i;
	return tensor_const_ints(m, place, (int)columns);
}

/* v, so far a sum, plus what was counted in tensor t. */
static int plus_counts(struct nest *n, int v, int t, int places)
{
	const int rank = n->n_axes, zero = nest_const_int(n, DT_I64, 0);
	const int place = nest_load(n, places, &n->axis[rank - 1]);
	struct index at[2] = { { n->axis[0], -1 } };
	int count;

	at[rank - 1] = (struct index){ num_const(0), nest_binary(n, E_MAX, place, zero) };
	count = nest_select(n, nest_binary(n, E_LT, place, zero), nest_const_float(n, DT_F32, 0),
			    nest_load_at(n, t, at));
	return nest_binary(n, E_ADD, v, count);
}

static bool lower_tfidf(struct lowering *l, int node)
{
	struct module *m = l->m;
	const int64_t least = node_attr_int(m, node, "min_gram_length", 1), columns = count_columns(m, node);
	const int64_t most = node_attr_int(m, node, "max_gram_length", 1);
	const struct attr *counts = node_attr(m, node, "ngram_counts"), *weights = node_attr(m, node, "weights");
	int made[MOST_PASSES], places[MOST_PASSES], n_made = 0, v, place;
	struct grams g = { .n = 0 };
	struct nest *n;

	for (int k = 0; k < counts->n && k < most; k++) {
		if (!get_grams(m, node, k, &g))
			return false;
		if (k + 1 < least || !g.n)
			continue;
		place = places_of(m, node, &g, columns);
		for (int64_t s = 0; s <= (k ? node_attr_int(m, node, "max_skip_count", 0) : 0); s++) {
			made[n_made] = lower_counts(l, node, &g, s + 1);
			places[n_made] = place;
			n_made += made[n_made] >= 0;
		}
	}
	n = nest_new(m, node_out(m, node, 0));
	v = nest_const_float(n, DT_F32, 0);
	for (int i = 0; i < n_made; i++)
		v = plus_counts(n, v, made[i], places[i]);
	if (node_attr_is(m, node, "mode", "IDF"))
		v = nest_binary(n, E_MIN, v, nest_const_float(n, DT_F32, 1));
	if (weights && !node_attr_is(m, node, "mode", "TF")) {
		double *w = ARENA_ARRAY(m->scratch, columns, double);
		for (int i = 0; i < weights->n; i++)
			w[attr_at(m, node, "ngram_indexes", i)] = (double)weights->floats[i];
		v = nest_binary(n, E_MUL, v, nest_load(n, tensor_const_doubles(m, DT_F32, 1, &columns, w),
						       &n->axis[n->n_axes - 1]));
	}
	nest_store(n, v);
	lower_nest(l, n);
	return true;
}

#define LENGTH_REQUIRED(n, least) { .name = n, .kind = ATTR_INT, .required = true, .lo = least, .hi = 1 << 20 }

const struct op_def op_TfIdfVectorizer_9 = {
	ONNX("TfIdfVectorizer", 9, 1, 1, 1, 1), .types = TYPES("i"), .infer = infer_tfidf, .lower = lower_tfidf,
	.attrs = ATTRS(LENGTH_REQUIRED("max_gram_length", 1), LENGTH_REQUIRED("max_skip_count", 0),
		       LENGTH_REQUIRED("min_gram_length", 1), STRING_REQUIRED("mode", "TF|IDF|TFIDF"),
		       INTS_REQUIRED("ngram_counts"), INTS_REQUIRED("ngram_indexes"), INTS_OPTIONAL("pool_int64s"),
		       STRINGS_OPTIONAL("pool_strings"), FLOATS_OPTIONAL("weights")),
};
