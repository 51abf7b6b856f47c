/* Plain ASCII, so that the text can stand in any C comment. */
#include "plan/draw.h"

#include <stdlib.h>
#include <string.h>

#include "support/arena.h"
#include "support/strbuf.h"

enum { MAX_SIDE = 1024 };

struct row {
	const struct buffer *b;
	int index;
};

static int row_compare_life(const void *x, const void *y)
{
	const struct row *p = x, *q = y;

	if (p->b->first != q->b->first)
		return p->b->first < q->b->first ? -1 : 1;
	if (p->b->offset != q->b->offset)
		return p->b->offset < q->b->offset ? -1 : 1;
	return p->index < q->index ? -1 : p->index > q->index;
}

static int rows_collect(struct row *rows, const struct buffer *buffers, int n, int pool)
{
	int n_rows = 0;

	for (int i = 0; i < n; i++)
		if (buffers[i].pool == pool && buffers[i].size_bytes)
			rows[n_rows++] = (struct row){ &buffers[i], i };
	return n_rows;
}

/* Middle of cell i of `cells` over a range of `size`; below 2^53, so doubles are exact enough and the
 * same everywhere. */
static int64_t middle(int64_t size, int i, int cells)
{
	return (int64_t)((double)size * (2 * i + 1) / (2.0 * cells));
}

/* The cells whose middle lies in [from, to). */
static void cells_find(int64_t size, int cells, int64_t from, int64_t to, int *first, int *end)
{
	int c = (int)((double)from / (double)size * cells) - 2;

	if (c < 0)
		c = 0;
	while (c < cells && middle(size, c, cells) < from)
		c++;
	*first = c;
	c = (int)((double)to / (double)size * cells) - 2;
	if (c < *first)
		c = *first;
	while (c < cells && middle(size, c, cells) < to)
		c++;
	*end = c;
}

static char letter(int i)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

	return letters[i % ((int)sizeof letters - 1)];
}

static int clamp(int n, int high)
{
	return n < 1 ? 1 : n > high ? high : n;
}

void plan_draw_map(struct strbuf *out, const struct buffer *buffers, int n, int pool, const struct pool_plan *plan,
		   int columns, int rows, const char *prefix)
{
	struct row *found = ARENA_ARRAY(out->arena, n, struct row);
	const int n_found = rows_collect(found, buffers, n, pool);
	int64_t steps = 0;
	char *cells;

	for (int i = 0; i < n_found; i++)
		if (found[i].b->last >= steps)
			steps = (int64_t)found[i].b->last + 1;
	if (!n_found || plan->arena_bytes <= 0)
		return;
	columns = clamp(columns, steps < MAX_SIDE ? (int)steps : MAX_SIDE);
	rows = clamp(rows, plan->arena_bytes < MAX_SIDE ? (int)plan->arena_bytes : MAX_SIDE);
	cells = arena_array(out->arena, (size_t)rows, (size_t)columns);
	memset(cells, '.', (size_t)rows * (size_t)columns);
	qsort(found, (size_t)n_found, sizeof *found, row_compare_life);
	for (int i = 0; i < n_found; i++) {
		const struct buffer *b = found[i].b;
		int left, right, low, high;

		cells_find(steps, columns, b->first, (int64_t)b->last + 1, &left, &right);
		cells_find(plan->arena_bytes, rows, b->offset, b->offset + b->size_bytes, &low, &high);
		for (int r = low; r < high; r++)
			memset(cells + (size_t)r * (size_t)columns + left, letter(i), (size_t)(right - left));
	}
	for (int r = rows; r-- > 0;) {
		strbuf_printf(out, "%s%12lld |", prefix, (long long)middle(plan->arena_bytes, r, rows));
		strbuf_add(out, cells + (size_t)r * (size_t)columns, (size_t)columns);
		strbuf_puts(out, "|\n");
	}
	strbuf_printf(out, "%s      offset  step 0 to %lld\n", prefix, (long long)steps - 1);
}
