/* The live bytes of a pool per step are kept in a tree that adds over a range and asks for the
 * greatest value over a range, so choosing costs O(n log n). */
#include "plan/pools.h"

#include <stdlib.h>

#include "support/arena.h"

struct load {
	int leaves;
	int64_t *most, *added;  /* node i: greatest value below it; added to all below it */
};

/* Adds `bytes` to leaves from … to. Nodes are left through their parents, bottom up. */
static void load_add(struct load *l, int from, int to, int64_t bytes)
{
	int low = from + l->leaves, high = to + l->leaves;

	for (int a = low, b = high; a <= b; a = (a + 1) / 2, b = (b - 1) / 2) {
		if (a & 1)
			l->most[a] += bytes, l->added[a] += bytes;
		if (!(b & 1))
			l->most[b] += bytes, l->added[b] += bytes;
	}
	for (int side = 0; side < 2; side++)
		for (int i = (side ? high : low) / 2; i; i /= 2) {
			const int64_t x = l->most[2 * i], y = l->most[2 * i + 1];

			l->most[i] = (x > y ? x : y) + l->added[i];
		}
}

static int64_t added_above(const struct load *l, int node)
{
	int64_t sum = 0;

	for (node /= 2; node; node /= 2)
		sum += l->added[node];
	return sum;
}

static int64_t load_most(const struct load *l, int from, int to)
{
	int64_t most = 0;

	for (int a = from + l->leaves, b = to + l->leaves; a <= b; a = (a + 1) / 2, b = (b - 1) / 2) {
		const int64_t x = l->most[a] + added_above(l, a), y = l->most[b] + added_above(l, b);

		if ((a & 1) && x > most)
			most = x;
		if (!(b & 1) && y > most)
			most = y;
	}
	return most;
}

struct wish {
	double density;
	int64_t size;
	int buffer;
};

static int wish_compare(const void *x, const void *y)
{
	const struct wish *a = x, *b = y;

	if (a->density < b->density || a->density > b->density)
		return a->density > b->density ? -1 : 1;
	if (a->size != b->size)
		return a->size < b->size ? -1 : 1;
	return a->buffer < b->buffer ? -1 : a->buffer > b->buffer;
}

static int int_compare(const void *x, const void *y)
{
	const int a = *(const int *)x, b = *(const int *)y;

	return a < b ? -1 : a > b;
}

/* Index of the last of n ascending steps that is not after `step`. */
static int step_index(const int *steps, int n, int step)
{
	int low = 0;

	for (int high = n; high - low > 1;) {
		const int middle = low + (high - low) / 2;

		if (steps[middle] <= step)
			low = middle;
		else
			high = middle;
	}
	return low;
}

void pool_choose(struct buffer *buffers, int n, int pool, int64_t size_bytes, int align, bool *chosen,
		 struct arena *scratch)
{
	int *steps = ARENA_ARRAY(scratch, n + 1, int), n_steps = 0, n_wishes = 0;
	struct wish *wishes = ARENA_ARRAY(scratch, n, struct wish);
	struct load l = { .leaves = 1 };

	for (int i = 0; i < n; i++)
		steps[i] = buffers[i].first;
	qsort(steps, (size_t)n, sizeof *steps, int_compare);
	for (int i = 0; i < n; i++)
		if (!n_steps || steps[n_steps - 1] != steps[i])
			steps[n_steps++] = steps[i];
	while (l.leaves < n_steps)
		l.leaves *= 2;
	l.most = ARENA_ARRAY(scratch, 2 * l.leaves, int64_t);
	l.added = ARENA_ARRAY(scratch, 2 * l.leaves, int64_t);
	for (int i = 0; i < n; i++) {
		const struct buffer *b = &buffers[i];

		if (b->pool == pool)
			load_add(&l, step_index(steps, n_steps, b->first), step_index(steps, n_steps, b->last),
				 b->size_bytes);
		else if (b->pool == POOL_ANY && b->align <= align)
			wishes[n_wishes++] = (struct wish){
				b->size_bytes ? (double)b->traffic_bytes / (double)b->size_bytes : 0,
				b->size_bytes, i };
	}
	qsort(wishes, (size_t)n_wishes, sizeof *wishes, wish_compare);
	for (int i = 0; i < n_wishes; i++) {
		struct buffer *b = &buffers[wishes[i].buffer];
		const int from = step_index(steps, n_steps, b->first), to = step_index(steps, n_steps, b->last);

		if (b->size_bytes > size_bytes - load_most(&l, from, to))
			continue;
		load_add(&l, from, to, b->size_bytes);
		b->pool = pool;
		chosen[wishes[i].buffer] = true;
	}
}
