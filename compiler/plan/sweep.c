/* The packing that costs O(n log n) whatever the lives are: along time, each box into a free
 * block of good fit, blocks joined again when boxes die. Free blocks hang in lists by size class,
 * eight classes to the power of two (Masmano et al., TLSF, ECRTS 2004). Permissions are not used. */
#include "plan/packing.h"

#include <stdlib.h>
#include <string.h>

#include "support/arena.h"

enum { CLASS_BITS = 3, N_CLASSES = 64 << CLASS_BITS, MAX_PROBES = 8 };

struct block {
	int64_t start, size;
	int below, above;               /* neighbours by address, or -1 */
	int free_before, free_after;    /* in the list of its class */
	bool is_free;
};

struct sweep {
	struct block *blocks;
	int n_blocks, spare;            /* spare blocks are linked by `above` */
	int lists[N_CLASSES];
	uint64_t used[N_CLASSES / 64];  /* a bit for each list that is not empty */
};

static int size_class(int64_t size)
{
	const int e = 63 - __builtin_clzll((unsigned long long)size);

	if (e < CLASS_BITS)
		return (int)size;
	return (e - CLASS_BITS + 1) << CLASS_BITS | (int)((size >> (e - CLASS_BITS)) & ((1 << CLASS_BITS) - 1));
}

static void list_add(struct sweep *s, int b)
{
	const int c = size_class(s->blocks[b].size);

	s->blocks[b].is_free = true;
	s->blocks[b].free_before = -1;
	s->blocks[b].free_after = s->lists[c];
	if (s->lists[c] >= 0)
		s->blocks[s->lists[c]].free_before = b;
	s->lists[c] = b;
	s->used[c / 64] |= 1ull << c % 64;
}

static void list_remove(struct sweep *s, int b)
{
	const struct block *k = &s->blocks[b];
	const int c = size_class(k->size);

	if (k->free_after >= 0)
		s->blocks[k->free_after].free_before = k->free_before;
	if (k->free_before >= 0)
		s->blocks[k->free_before].free_after = k->free_after;
	else
		s->lists[c] = k->free_after;
	if (s->lists[c] < 0)
		s->used[c / 64] &= ~(1ull << c % 64);
	s->blocks[b].is_free = false;
}

/* A new block of `size` below b, which shrinks. */
static int block_cut(struct sweep *s, int b, int64_t size)
{
	struct block *k = &s->blocks[b];
	const int cut = s->spare >= 0 ? s->spare : s->n_blocks++;

	if (cut == s->spare)
		s->spare = s->blocks[cut].above;
	s->blocks[cut] = (struct block){ .start = k->start, .size = size, .below = k->below, .above = b };
	if (k->below >= 0)
		s->blocks[k->below].above = cut;
	k->below = cut;
	k->start += size;
	k->size -= size;
	return cut;
}

/* Joins b with the block below it. */
static void block_join(struct sweep *s, int b)
{
	const int gone = s->blocks[b].below;

	s->blocks[b].start = s->blocks[gone].start;
	s->blocks[b].size += s->blocks[gone].size;
	s->blocks[b].below = s->blocks[gone].below;
	if (s->blocks[b].below >= 0)
		s->blocks[s->blocks[b].below].above = b;
	s->blocks[gone].above = s->spare;
	s->spare = gone;
}

static bool block_fits(const struct block *k, const struct box *x)
{
	return align_up(k->start, x->align) - k->start + x->size <= k->size;
}

/* A free block for x; there is always one, since the last block never ends. */
static int block_find(const struct sweep *s, const struct box *x)
{
	const int own = size_class(x->size);
	int c = size_class(x->size + x->align - 1) + 1, probes = 0;
	uint64_t word;

	for (int b = s->lists[own]; b >= 0 && probes < MAX_PROBES; b = s->blocks[b].free_after, probes++)
		if (block_fits(&s->blocks[b], x))
			return b;
	word = s->used[c / 64] & ~0ull << c % 64;
	for (c /= 64; !word; word = s->used[c])
		c++;
	return s->lists[c * 64 + __builtin_ctzll(word)];
}

static int block_take(struct sweep *s, const struct box *x)
{
	int b = block_find(s, x);
	int64_t waste;

	list_remove(s, b);
	waste = align_up(s->blocks[b].start, x->align) - s->blocks[b].start;
	if (waste)
		list_add(s, block_cut(s, b, waste));
	if (s->blocks[b].size > x->size) {
		const int rest = b;

		b = block_cut(s, b, x->size);
		list_add(s, rest);
	}
	return b;
}

static void block_free(struct sweep *s, int b)
{
	const int above = s->blocks[b].above;

	if (s->blocks[b].below >= 0 && s->blocks[s->blocks[b].below].is_free) {
		list_remove(s, s->blocks[b].below);
		block_join(s, b);
	}
	if (above >= 0 && s->blocks[above].is_free) {
		list_remove(s, above);
		block_join(s, above);
		b = above;
	}
	list_add(s, b);
}

void pack_sweep(struct packing *p, int64_t share)
{
	struct sweep s = { .n_blocks = 1, .spare = -1 };
	int64_t *offsets = ARENA_ARRAY(p->arena, p->n, int64_t);
	int *block_of = ARENA_ARRAY(p->arena, p->n, int), *dying = ARENA_ARRAY(p->arena, p->n_sections + 1, int);
	int *next = ARENA_ARRAY(p->arena, p->n, int);

	(void)share;
	memset(s.lists, -1, sizeof s.lists);
	memset(dying, -1, (size_t)(p->n_sections + 1) * sizeof *dying);
	s.blocks = ARENA_ARRAY(p->arena, 3 * (size_t)p->n + 2, struct block);
	s.blocks[0] = (struct block){ .start = p->base, .size = (int64_t)1 << 61, .below = -1, .above = -1 };
	list_add(&s, 0);
	for (int t = 0; t < p->n_sections; t++) {
		for (int i = t ? dying[t - 1] : -1; i >= 0; i = next[i])
			block_free(&s, block_of[i]);
		/* Boxes of a section come with the longest life last: those first, at the bottom. */
		for (int i = p->starts[t + 1] - 1; i >= p->starts[t]; i--) {
			if (p->boxes[i].unit < 0)
				continue;
			block_of[i] = block_take(&s, &p->boxes[i]);
			offsets[i] = s.blocks[block_of[i]].start;
			next[i] = dying[p->boxes[i].last];
			dying[p->boxes[i].last] = i;
		}
	}
	p->work += p->n * 8;
	packing_offer(p, offsets);
}
