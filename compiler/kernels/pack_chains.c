/* See pack_chains.h. Chains are made greedily: of the items that are left, the one with the largest sum, and with it
 * the first two that still go with it, in falling order too. */
#include "kernels/pack_chains.h"

#include <string.h>

#include "support/checked.h"

enum {
	TERMS = 4,
	CHANNELS = 8,
	BYTES = TERMS * CHANNELS, /* of an item */
	PAIRS = BYTES / 2,
	MOST = 128, /* that weights of one sign may come to */
	CHAIN = 3,
	BLOCK_TERMS = 512,
	SHARES = 4, /* of a weight at most */
	MAX_ITEMS = SHARES * BLOCK_TERMS / TERMS,
	LINE = 64 /* bytes of a cache line */
};

/* Loops over weights have as many turns as channels, or pairs: compilers make vectors of these. */
struct item {
	int first; /* term of the run */
	uint8_t w[BYTES]; /* [term][channel] */
	uint8_t sums[2 * PAIRS]; /* of the positive weights of each pair, and of the negative ones */
	int largest;
	bool is_used;
};

/* A block of a run, and zeros up to whole items. */
struct terms {
	int16_t w[BLOCK_TERMS * CHANNELS]; /* [term][channel] */
	int n;
};

/* Where the next of a panel's items and numbers go. */
struct panel {
	int8_t *w, *list;
};

/* `n` terms from `block` on of one channel, whose weights of the run begin at w[at]; v: where the first one goes. */
static void channel_read(const struct pack *p, const void *w, int64_t at, int64_t block, int n, int16_t *v)
{
	const int64_t d1 = block / p->depth[2], gap = p->stride[1] - p->depth[2] * p->stride[2];
	int64_t d2 = block % p->depth[2];

	at += d1 * p->stride[1] + d2 * p->stride[2];
	for (const int16_t *end = v + n * CHANNELS; v < end; v += CHANNELS, at += p->stride[2]) {
		if (d2 == p->depth[2]) {
			d2 = 0;
			at += gap;
		}
		d2++;
		*v = (int16_t)pack_weight(p, w, at);
	}
}

/* Terms [block, block + BLOCK_TERMS) of the run d0 of a panel whose first channel is n. */
static void terms_read(const struct pack *p, const void *w, int64_t n, int64_t d0, int64_t block, struct terms *to)
{
	const int64_t left = p->depth[1] * p->depth[2] - block;
	const int found = (int)(left < BLOCK_TERMS ? left : BLOCK_TERMS);

	to->n = (found + TERMS - 1) / TERMS * TERMS;
	if (p->n - n < CHANNELS)
		memset(to->w, 0, sizeof to->w);
	else
		memset(to->w + found * CHANNELS, 0, (size_t)((to->n - found) * CHANNELS) * sizeof *to->w);
	for (int64_t c = 0; c < CHANNELS && n + c < p->n; c++)
		channel_read(p, w, (n + c) * p->n_stride + d0 * p->stride[0], block, found, to->w + c);
}

/* Sums of the two terms of CHANNELS pairs. */
static void pairs_sum(const int16_t *restrict w, int16_t *restrict plus, int16_t *restrict minus)
{
	for (int c = 0; c < CHANNELS; c++) {
		const int16_t a = w[c] > 0 ? w[c] : 0, b = w[CHANNELS + c] > 0 ? w[CHANNELS + c] : 0;
		plus[c] = (int16_t)(a + b);
		minus[c] = (int16_t)(a + b - w[c] - w[CHANNELS + c]);
	}
}

/* Of BYTES numbers and 0. */
static int largest_of(const int16_t *v)
{
	int16_t largest = 0;

	for (int i = 0; i < BYTES; i++)
		largest = v[i] > largest ? v[i] : largest;
	return largest;
}

/* The low bytes of BYTES numbers. */
static void bytes_of(const int16_t *restrict from, uint8_t *restrict to)
{
	for (int i = 0; i < BYTES; i++)
		to[i] = (uint8_t)from[i];
}

/* Makes one item of the weights, [term][channel]; false where they may not be one: a pair's sum is above MOST, or a
 * weight is MOST itself, which no int8 is. */
static bool item_make(const int16_t *w, int first, struct item *it)
{
	int16_t sums[2 * PAIRS];

	pairs_sum(w, sums, sums + PAIRS);
	pairs_sum(w + 2 * CHANNELS, sums + CHANNELS, sums + PAIRS + CHANNELS);
	it->first = first;
	it->largest = largest_of(sums);
	it->is_used = false;
	bytes_of(sums, it->sums);
	bytes_of(w, it->w);
	return it->largest <= MOST && largest_of(w) < MOST;
}

/* Makes `shares` items of them, each of a share of every weight. */
static bool shares_make(const int16_t *w, int first, int shares, struct item *items)
{
	int16_t rest[BYTES], share[BYTES];
	bool good = true;

	memcpy(rest, w, sizeof rest);
	for (int n = shares; n > 0; n--) {
		for (int k = 0; k < BYTES; k++) {
			share[k] = (int16_t)(n == 1 ? rest[k] : n == 2 ? rest[k] / 2 : rest[k] / n);
			rest[k] = (int16_t)(rest[k] - share[k]);
		}
		good = item_make(share, first, items++) && good;
	}
	return good;
}

/* The items of one block; items of zeros alone are left out. */
static int items_of(const struct pack *p, const void *w, int64_t n, int64_t d0, int64_t block, struct item *items)
{
	struct terms terms;
	int n_items = 0;

	terms_read(p, w, n, d0, block, &terms);
	for (int i = 0; i < terms.n; i += TERMS) {
		int shares = 1;
		if (!item_make(terms.w + i * CHANNELS, i, &items[n_items]))
			do
				shares++;
			while (!shares_make(terms.w + i * CHANNELS, i, shares, items + n_items));
		n_items += items[n_items].largest || shares > 1 ? shares : 0;
	}
	return n_items;
}

/* Their numbers in falling order of the largest sum. */
static void items_order(const struct item *items, int n_items, int *order)
{
	int end[MOST + 2] = { 0 };

	for (int i = 0; i < n_items; i++)
		end[MOST - items[i].largest + 1]++;
	for (int v = 0; v <= MOST; v++)
		end[v + 1] += end[v];
	for (int i = 0; i < n_items; i++)
		order[end[MOST - items[i].largest]++] = i;
}

/* room: what each sum may grow by. Bytes compared with bytes, which compilers make vectors of. */
static bool has_room(const uint8_t *room, const struct item *it)
{
	uint8_t over = 0;

	for (int i = 0; i < 2 * PAIRS; i++)
		over |= it->sums[i] > room[i];
	return !over;
}

/* The chain that begins with the first of n items; how many are in it. */
static int chain_make(struct item *items, const int *order, int n_items, int *chain)
{
	uint8_t room[2 * PAIRS];
	int n = 0;

	memset(room, MOST, sizeof room);
	for (int i = 0; i < n_items && n < CHAIN; i++) {
		struct item *it = &items[order[i]];
		if (it->is_used || !has_room(room, it))
			continue;
		it->is_used = true;
		for (int k = 0; k < 2 * PAIRS; k++)
			room[k] = (uint8_t)(room[k] - it->sums[k]);
		chain[n++] = order[i];
	}
	return n;
}

static void number_add(struct panel *to, int v)
{
	*to->list++ = (int8_t)(v & 0xff);
	*to->list++ = (int8_t)(v >> 8);
}

static void item_add(struct panel *to, const struct item *it)
{
	for (int c = 0; c < CHANNELS; c++)
		for (int k = 0; k < TERMS; k++)
			*to->w++ = (int8_t)it->w[k * CHANNELS + c];
	number_add(to, it->first);
}

static void block_add(struct panel *to, struct item *items, int n_items)
{
	int order[MAX_ITEMS], chains[MAX_ITEMS][CHAIN], length[MAX_ITEMS], n = 0, count[CHAIN + 1] = { 0 };

	items_order(items, n_items, order);
	for (int i = 0; i < n_items; i++)
		if (!items[order[i]].is_used) {
			length[n] = chain_make(items, order + i, n_items - i, chains[n]);
			count[length[n++]]++;
		}
	for (int want = CHAIN; want > 0; want--)
		number_add(to, count[want]);
	for (int want = CHAIN; want > 0; want--)
		for (int i = 0; i < n; i++)
			for (int k = 0; length[i] == want && k < want; k++)
				item_add(to, &items[chains[i][k]]);
}

static void panel_make(const struct pack *p, const void *w, int64_t n, struct panel to)
{
	struct item items[MAX_ITEMS];

	for (int64_t d0 = 0; d0 < p->depth[0]; d0++)
		for (int64_t block = 0; block < p->depth[1] * p->depth[2]; block += BLOCK_TERMS)
			block_add(&to, items, items_of(p, w, n, d0, block, items));
}

int64_t chains_blocks(const struct pack *p)
{
	return (p->depth[1] * p->depth[2] + BLOCK_TERMS - 1) / BLOCK_TERMS;
}

static int64_t whole_lines(int64_t bytes)
{
	return (bytes + LINE - 1) / LINE * LINE;
}

static int64_t panels_of(const struct pack *p, const struct pack_tile *t)
{
	return (p->n + t->columns - 1) / t->columns;
}

/* Bytes of a panel's items: chains only put them in order. */
static int64_t panel_weights(const struct pack *p, const void *w, int64_t n)
{
	struct item items[MAX_ITEMS];
	int64_t n_items = 0;

	for (int64_t d0 = 0; d0 < p->depth[0]; d0++)
		for (int64_t block = 0; block < p->depth[1] * p->depth[2]; block += BLOCK_TERMS)
			n_items += items_of(p, w, n, d0, block, items);
	return n_items * BYTES;
}

/* Of the place of the list, of items that come to so many bytes, and of a list of a number for each item and CHAIN for
 * each block. */
static int64_t panel_bytes(const struct pack *p, int64_t weights)
{
	return whole_lines(BYTES + weights + 2 * (weights / BYTES + CHAIN * p->depth[0] * chains_blocks(p)));
}

bool chains_size(const struct pack *p, const struct pack_tile *t, const void *w, int64_t *elements)
{
	int64_t most;

	/* At most SHARES times as many items as terms ask for, each with its number. */
	if (!checked_mul(p->depth[0], p->depth[1], &most) || !checked_mul(most, p->depth[2], &most) ||
	    !checked_mul(most, p->n, &most) || most > INT32_MAX / 64)
		return false;
	*elements = whole_lines(panels_of(p, t) * 4);
	for (int64_t n = 0; n < p->n; n += t->columns)
		*elements += panel_bytes(p, panel_weights(p, w, n));
	return true;
}

static void int32_write(int8_t *to, int64_t v)
{
	for (int i = 0; i < 4; i++)
		to[i] = (int8_t)(v >> 8 * i & 0xff);
}

void pack_chains(const struct pack *p, const struct pack_tile *t, const void *w, void *packed)
{
	int8_t *all = packed;
	int64_t at = whole_lines(panels_of(p, t) * 4);

	memset(all, 0, (size_t)at);
	for (int64_t n = 0; n < p->n; n += t->columns) {
		const int64_t weights = panel_weights(p, w, n), bytes = panel_bytes(p, weights);
		memset(all + at, 0, (size_t)bytes);
		int32_write(all + n / t->columns * 4, at);
		int32_write(all + at, BYTES + weights);
		panel_make(p, w, n, (struct panel){ all + at + BYTES, all + at + BYTES + weights });
		at += bytes;
	}
}
