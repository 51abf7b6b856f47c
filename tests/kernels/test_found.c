/* The rows of kernels_layer.def that find things, against the plain way: for each result, by looking at all elements.
 * Few different values, so that there are equal ones. */
#include "layers.h"

enum { MOST = 40 };

static void fail(const char *what, ptrdiff_t at)
{
	if (failures++ < 10)
		printf("not ok %s: number %ld\n", what, (long)at);
}

/* ---- what is set ---- */

static void find_check(void (*run)(const struct nnrt_find *, const uint8_t *, int64_t *, int64_t *))
{
	const struct nnrt_find p = {.n = pick(MOST + 1)};
	uint8_t mask[MOST];
	int64_t place[MOST + 1], count = -1;
	ptrdiff_t at = 0;

	for (ptrdiff_t i = 0; i < p.n; i++)
		mask[i] = (uint8_t)(pick(3) * 127);
	place[p.n] = -7;
	run(&p, mask, place, &count);
	for (ptrdiff_t i = 0; i < p.n; i++)
		if (mask[i] && place[at++] != i)
			fail("find: place", at - 1);
	if (count != at || place[p.n] != -7)
		fail("find: count", at);
}

/* ---- what is distinct ---- */

static bool same_item(const struct nnrt_find *p, const uint64_t *keys, int64_t a, int64_t b)
{
	return memcmp(keys + a * p->width, keys + b * p->width, (size_t)p->width * sizeof *keys) == 0;
}

/* Item a is to come before b, which differs from it. */
static bool item_before(const struct nnrt_find *p, const uint64_t *keys, int64_t a, int64_t b)
{
	ptrdiff_t k = 0;

	if (!p->sorted)
		return a < b;
	while (keys[a * p->width + k] == keys[b * p->width + k])
		k++;
	return keys[a * p->width + k] < keys[b * p->width + k];
}

static void unique_check(void (*run)(const struct nnrt_find *, const uint64_t *, int64_t *, int64_t *, int64_t *,
	int64_t *, int64_t *))
{
	const struct nnrt_find p = {.n = pick(MOST + 1), .width = pick(3), .sorted = pick(2)};
	uint64_t keys[2 * MOST];
	int64_t first[MOST], inverse[MOST], times[MOST], order[MOST], count = -1, distinct = 0;

	for (ptrdiff_t i = 0; i < p.n * p.width; i++)
		keys[i] = (uint64_t)pick(4) << 62;
	run(&p, keys, first, inverse, times, order, &count);
	for (ptrdiff_t i = 0; i < p.n; i++) {
		int64_t same = 0, seen = i;

		for (ptrdiff_t j = p.n - 1; j >= 0; j--) {
			if (!same_item(&p, keys, i, j))
				continue;
			same++;
			seen = j;
		}
		distinct += seen == i;
		if (inverse[i] < 0 || inverse[i] >= count || first[inverse[i]] != seen || times[inverse[i]] != same)
			fail("unique: item", i);
	}
	if (count != distinct)
		fail("unique: count", (ptrdiff_t)distinct);
	for (ptrdiff_t i = 1; i < count; i++)
		if (!item_before(&p, keys, first[i - 1], first[i]))
			fail("unique: order", i);
}

/* ---- boxes that stay ---- */

/* In quarters, so that areas and their quotient by powers of two are exact. */
static double overlap(const struct nnrt_nms *p, const float *a, const float *b)
{
	double area[2] = {1.0, 1.0}, both = 1.0;

	for (int k = 0; k < 2; k++) {
		double low[2], high[2];

		for (int i = 0; i < 2; i++) {
			const float *box = i ? b : a;
			const double u = p->centered ? (double)box[k] - (double)box[k + 2] / 2 : (double)box[k];
			const double v = p->centered ? (double)box[k] + (double)box[k + 2] / 2 : (double)box[k + 2];

			low[i] = p->centered ? u : fmin(u, v);
			high[i] = p->centered ? v : fmax(u, v);
			area[i] *= high[i] - low[i];
		}
		if (fmin(high[0], high[1]) <= fmax(low[0], low[1]))
			return -1.0;
		both *= fmin(high[0], high[1]) - fmax(low[0], low[1]);
	}
	return area[0] > 0 && area[1] > 0 ? both / (area[0] + area[1] - both) : -1.0;
}

static bool box_before(const float *score, int64_t a, int64_t b)
{
	return score[a] > score[b] || (score[a] == score[b] && a < b);
}

/* Boxes in order, each against all that stay: no heap. Returns how many rows match. */
static ptrdiff_t expect_boxes(const struct nnrt_nms *p, const float *boxes, const float *scores, int64_t most,
	float limit, float threshold, const int64_t *selected)
{
	ptrdiff_t found = 0;

	for (ptrdiff_t k = 0; k < p->images * p->classes; k++) {
		const float *score = scores + k * p->boxes, *box = boxes + k / p->classes * p->boxes * 4;
		bool gone[MOST] = {false};

		for (int64_t stay = 0; stay < most && found < p->most; stay++) {
			int64_t best = -1;

			for (int64_t i = 0; i < p->boxes; i++)
				if (!gone[i] && score[i] > threshold && (best < 0 || box_before(score, i, best)))
					best = i;
			if (best < 0)
				break;
			gone[best] = true;
			for (int64_t i = 0; i < p->boxes; i++)
				gone[i] = gone[i] || overlap(p, box + 4 * best, box + 4 * i) > (double)limit;
			if (selected[3 * found] != k / p->classes || selected[3 * found + 1] != k % p->classes ||
				selected[3 * found + 2] != best)
				fail("boxes: row", found);
			found++;
		}
	}
	return found;
}

static void nms_check(void (*run)(const struct nnrt_nms *, const float *, const float *, const int64_t *, const float *,
	const float *, int64_t *, int64_t *, int64_t *))
{
	enum { BOXES = 12, GROUPS = 4 };
	const struct nnrt_nms p = {.images = pick(3), .classes = pick(3), .boxes = pick(BOXES + 1), .centered = pick(2),
		.most = pick(GROUPS * BOXES + 1)};
	const int64_t most = pick(BOXES + 2) - 1;
	const float limit = (float)pick(5) / 8.0f + 1.0f / 512.0f, threshold = (float)pick(3);
	float boxes[2 * BOXES * 4], scores[GROUPS * BOXES];
	int64_t selected[3 * GROUPS * BOXES + 1], heap[BOXES], count = -1;

	for (int i = 0; i < 2 * BOXES * 4; i++)
		boxes[i] = (float)(pick(17) - 2) / 4.0f;
	for (int i = 0; i < GROUPS * BOXES; i++)
		scores[i] = (float)pick(7);
	selected[3 * p.most] = -7;
	run(&p, boxes, scores, &most, &limit, &threshold, selected, heap, &count);
	if (count != expect_boxes(&p, boxes, scores, most, limit, threshold, selected) || selected[3 * p.most] != -7)
		fail("boxes: count", (ptrdiff_t)count);
}

/* ---- trees ---- */

enum { INNER = 7, LEAVES = 8, FEATURES = 3 };   /* of a full tree: node i goes on at 2 * i + 1 and 2 * i + 2 */
enum { MOST_ROWS = 4, MOST_TREES = 11, COLUMN_BITS = 2 };
enum { FOREST_NODES = MOST_TREES * (1 + 2 * INNER), PADDED_TREES = 16 };

/* Trees drawn at random: what each asks, and what its leaves say to target 1. */
struct drawn {
	int feature[MOST_TREES][INNER], limit[MOST_TREES][INNER], weight[MOST_TREES][LEAVES];
};

static int place_of(int tree, int i)
{
	return i ? MOST_TREES + tree * 2 * INNER + i - 1 : tree;
}

/* The table of them, in 64 bits. */
static void lay_out(const struct drawn *d, int64_t *node)
{
	for (int t = 0; t < MOST_TREES; t++) {
		for (int i = 0; i < INNER + LEAVES; i++) {
			const int at = place_of(t, i);

			node[2 * at] = i < INNER ? d->limit[t][i] : t * LEAVES + i - INNER;
			node[2 * at + 1] = (int64_t)(i < INNER ? place_of(t, 2 * i + 1) : at) << COLUMN_BITS |
				(i < INNER ? d->feature[t][i] : FEATURES);
		}
	}
}

static double tree_score(const struct drawn *d, int tree, const int64_t *x)
{
	int at = 0;

	while (at < INNER)
		at = 2 * at + 1 + (x[d->feature[tree][at]] <= d->limit[tree][at]);
	return (double)d->weight[tree][at - INNER];
}

static double expected_score(const struct nnrt_trees *p, const struct drawn *d, const int64_t *x)
{
	double sum = 0.0, least = INFINITY, most = -INFINITY;

	for (int t = 0; t < p->trees; t++) {
		const double v = tree_score(d, t, x);

		sum += v;
		least = fmin(least, v);
		most = fmax(most, v);
	}
	return p->aggregate == NNRT_TREE_AVERAGE ? sum / (double)p->trees : p->aggregate == NNRT_TREE_SUM ? sum :
		p->aggregate == NNRT_TREE_MIN ? least : most;
}

static void trees_check(void (*run)(const struct nnrt_trees *, const void *, const void *, const int32_t *,
	const int32_t *, const int32_t *, const int32_t *, const void *, void *))
{
	const struct nnrt_trees p = {.rows = pick(MOST_ROWS + 1), .columns = FEATURES + 1,
		.trees = 1 + pick(MOST_TREES), .targets = 1 + pick(2), .aggregate = pick(4), .bits = COLUMN_BITS,
		.lanes = pick(2) ? 8 : 1, .wide = pick(2), .exact = pick(2), .dense = pick(2)};
	struct drawn d;
	int64_t x[MOST_ROWS * (FEATURES + 1)], node[2 * FOREST_NODES];
	int32_t narrow_x[MOST_ROWS * (FEATURES + 1)], narrow_node[2 * FOREST_NODES];
	double exact[MOST_TREES * LEAVES * 2], y[MOST_ROWS * 2];
	float weight[MOST_TREES * LEAVES * 2], narrow_y[MOST_ROWS * 2];
	int32_t root[PADDED_TREES], levels[2] = {3, 3}, leaf[MOST_TREES * LEAVES + 1], target[MOST_TREES * LEAVES];

	for (int t = 0; t < MOST_TREES; t++) {
		for (int i = 0; i < INNER; i++) {
			d.feature[t][i] = pick(FEATURES);
			d.limit[t][i] = pick(5);
		}
		for (int i = 0; i < LEAVES; i++)
			d.weight[t][i] = pick(17) - 8;
	}
	for (int i = 0; i < MOST_ROWS * (FEATURES + 1); i++) {
		x[i] = i % (FEATURES + 1) == FEATURES ? INT32_MAX : pick(6);
		narrow_x[i] = (int32_t)x[i];
	}
	lay_out(&d, node);
	for (int i = 0; i < 2 * FOREST_NODES; i++)
		narrow_node[i] = (int32_t)node[i];
	for (int i = 0; i < PADDED_TREES; i++)
		root[i] = i < p.trees ? i : (int32_t)p.trees - 1;
	/* Of two targets only the last is spoken of. */
	for (int i = 0; i < MOST_TREES * LEAVES; i++) {
		const int at = p.dense ? i * (int)p.targets + (int)p.targets - 1 : i, tree = i / LEAVES;

		leaf[i] = i;
		target[i] = (int32_t)p.targets - 1;
		if (p.dense)
			weight[(ptrdiff_t)i * p.targets] = 0.0f;
		exact[(ptrdiff_t)i * (p.dense ? p.targets : 1)] = 0.0;
		exact[at] = d.weight[tree][i % LEAVES];
		weight[at] = (float)exact[at];
	}
	leaf[MOST_TREES * LEAVES] = MOST_TREES * LEAVES;
	run(&p, p.wide ? (const void *)x : narrow_x, p.wide ? (const void *)node : narrow_node, root, levels, leaf,
		target, p.exact ? (const void *)exact : weight, p.exact ? (void *)y : narrow_y);
	for (ptrdiff_t r = 0; r < p.rows; r++) {
		const double want = expected_score(&p, &d, x + r * (FEATURES + 1));
		const ptrdiff_t at = r * p.targets + p.targets - 1;

		if (fabs(want - (p.exact ? y[at] : (double)narrow_y[at])) > 1e-5)
			fail("trees: row", r);
		if (p.targets > 1 && fabs(p.exact ? y[at - 1] : (double)narrow_y[at - 1]) > 0.0)
			fail("trees: the other target, row", r);
	}
}

/* ---- probabilities of classes ---- */

enum { MOST_CLASSES = 6, MOST_PAIRS = MOST_CLASSES * (MOST_CLASSES - 1) / 2 };

/* The greatest difference of q * y from y' * q * y, which is 0 where the sum is least; r by the definition. */
static double couple_distance(int n, double r[MOST_CLASSES][MOST_CLASSES], const float *y)
{
	double qy[MOST_CLASSES], sum = 0.0, most = 0.0;

	for (int i = 0; i < n; i++) {
		qy[i] = 0.0;
		for (int j = 0; j < n; j++)
			if (j != i)
				qy[i] += r[j][i] * (r[j][i] * (double)y[i] - r[i][j] * (double)y[j]);
		sum += (double)y[i] * qy[i];
	}
	for (int i = 0; i < n; i++)
		most = fmax(most, fabs(qy[i] - sum));
	return most;
}

static void couple_check(void (*run)(const struct nnrt_couple *, const float *, float *, float *))
{
	const struct nnrt_couple p = {.rows = 2, .classes = 2 + pick(MOST_CLASSES - 1)};
	const int n = (int)p.classes, pairs = n * (n - 1) / 2;
	float pair[2 * MOST_PAIRS], scratch[MOST_CLASSES * (MOST_CLASSES + 1)], y[2 * MOST_CLASSES];

	for (int i = 0; i < 2 * pairs; i++)
		pair[i] = (float)(1 + pick(99)) / 100.0f;
	run(&p, pair, scratch, y);
	for (int row = 0; row < 2; row++) {
		double r[MOST_CLASSES][MOST_CLASSES] = {{0.0}}, sum = 0.0;
		int at = row * pairs;

		for (int i = 0; i < n; i++) {
			sum += (double)y[row * n + i];
			for (int j = i + 1; j < n; j++, at++) {
				r[i][j] = (double)pair[at];
				r[j][i] = 1.0 - r[i][j];
			}
		}
		if (fabs(sum - 1.0) > 1e-5)
			fail("couple: sum of row", row);
		if (couple_distance(n, r, y + row * n) > 0.005 / n + 1e-5)
			fail("couple: row", row);
	}
}

/* ---- rows of the table ---- */

#define RUN_FIND(name, function) \
	static void run_##name(const struct nnrt_find *p, const uint8_t *mask, int64_t *place, int64_t *count) \
	{ \
		function(p, mask, place, count); \
	} \
	static void check_##name(void) { find_check(run_##name); }
#define RUN_UNIQUE(name, function) \
	static void run_##name(const struct nnrt_find *p, const uint64_t *keys, int64_t *first, int64_t *inverse, \
		int64_t *times, int64_t *order, int64_t *count) \
	{ \
		function(p, keys, first, inverse, times, order, count); \
	} \
	static void check_##name(void) { unique_check(run_##name); }
#define RUN_NMS(name, function) \
	static void run_##name(const struct nnrt_nms *p, const float *boxes, const float *scores, const int64_t *most, \
		const float *limit, const float *threshold, int64_t *selected, int64_t *heap, int64_t *count) \
	{ \
		function(p, boxes, scores, most, limit, threshold, selected, heap, count); \
	} \
	static void check_##name(void) { nms_check(run_##name); }
#define RUN_TREES(name, function) \
	static void run_##name(const struct nnrt_trees *p, const void *x, const void *node, const int32_t *root, \
		const int32_t *levels, const int32_t *leaf, const int32_t *target, const void *weight, void *y) \
	{ \
		function(p, x, node, root, levels, leaf, target, weight, y); \
	} \
	static void check_##name(void) { trees_check(run_##name); }
#define RUN_COUPLE(name, function) \
	static void run_##name(const struct nnrt_couple *p, const float *pair, float *scratch, float *y) \
	{ \
		function(p, pair, scratch, y); \
	} \
	static void check_##name(void) { couple_check(run_##name); }
#define RUN_NONE(name, function) static void check_##name(void) { }
#define RUN_POOL(name, function) RUN_NONE(name, function)
#define RUN_ROWS(name, function) RUN_NONE(name, function)
#define RUN_NORM(name, function) RUN_NONE(name, function)
#define RUN_RNN(name, function) RUN_NONE(name, function)
#define RUN_LSTM(name, function) RUN_NONE(name, function)
#define RUN_GRU(name, function) RUN_NONE(name, function)
#define RUN_GRU_LINEAR(name, function) RUN_NONE(name, function)
#define RUN_CELLS(name, function) RUN_NONE(name, function)
#define RUN_ROI_ALIGN(name, function) RUN_NONE(name, function)
#define RUN_ROI_MAX(name, function) RUN_NONE(name, function)
#define RUN_SELECT(name, function) RUN_NONE(name, function)
#define RUN_PAIR(name, function) RUN_NONE(name, function)
#define RUN_PRODUCT_BYTES(name, function) RUN_NONE(name, function)
#define RUN_MEAN(name, function) RUN_NONE(name, function)
#define RUN_MEAN_ROWS(name, function) RUN_NONE(name, function)
#define RUN_POOL_BYTES(name, function) RUN_NONE(name, function)
#define LAYER(name, function, params, family) RUN_##family(name, function)
#include "runtime_min/kernels/kernels_layer.def"
#undef LAYER

int main(int argc, char **argv)
{
	const int cases = argc > 1 ? atoi(argv[1]) : 100;

	skip_unless_supported();
	for (int i = 0; i < cases; i++) {
#define LAYER(name, function, params, family) check_##name();
#include "runtime_min/kernels/kernels_layer.def"
#undef LAYER
	}
	printf("%s finding\n", failures ? "not ok" : "ok");
	return failures > 0;
}
