/* A beam search over skylines, for packings that are too many to be searched through. It keeps the best partial
 * packings of k items, continues each with every item that starts in the leftmost of its lowest sections and rests on
 * its floor, and keeps the best of the results; where no item does, that section stays empty up to the lower of its
 * walls. The best are those with the least waste, then the fewest corners, give or take a few at random, then the
 * largest item placed last. Many narrow beams, each with other random numbers, find more than a wide one in the same
 * time. */
#include "plan/search.h"

#include <stdlib.h>
#include <string.h>

#include "support/arena.h"

enum {
	WIDTH = 32,
	JITTER = 3,             /* corners added at random, less one */
	SKIP = 64,              /* sections that every second beam leaves empty though an item fits: one in so many */
	MAX_BYTES = 1 << 24,    /* of partial packings */
};

/* An item, perhaps mirrored in time. */
struct slot {
	int64_t size, align;
	int first, last, item;
};

struct outline {
	int64_t *floor, *left;          /* per section: where it is filled to, and what is still to come */
	unsigned char *placed;          /* per slot */
	int64_t end, waste;             /* no packing that continues this ends lower; empty places below the floor */
	int corners, node;
	uint64_t hash;                  /* of the items placed */
};

struct child {
	int64_t end, waste, area, offset;
	int corners, parent, slot;
	uint64_t hash;
};

/* How an outline came to be. */
struct node {
	int parent, slot;
	int64_t offset;
};

struct beam {
	struct search *s;
	struct slot *slots;             /* ascending by first section */
	int *starts;                    /* slots that start in section k or later begin at starts[k] */
	struct outline *from, *to;
	int n_from;
	uint64_t seed;                  /* 0: nothing is random */
	struct child *children;
	int n_children, children_room;
	struct node *nodes;
	int n_nodes;
};

static int slot_compare(const void *a, const void *b)
{
	const struct slot *x = a, *y = b;

	return x->first != y->first ? x->first - y->first : x->item - y->item;
}

static void slots_fill(struct beam *b, bool mirrored)
{
	const struct search *s = b->s;

	for (int i = 0; i < s->n; i++) {
		const struct item *x = &s->items[i];
		const int end = s->n_sections - 1;

		b->slots[i] = (struct slot){ x->size, x->align, mirrored ? end - x->last : x->first,
					     mirrored ? end - x->first : x->last, i };
	}
	qsort(b->slots, (size_t)s->n, sizeof *b->slots, slot_compare);
	for (int i = 0, k = 0; k <= s->n_sections; k++) {
		while (i < s->n && b->slots[i].first < k)
			i++;
		b->starts[k] = i;
	}
}

static struct outline *outlines_new(const struct beam *b, struct arena *a)
{
	struct outline *v = ARENA_ARRAY(a, WIDTH, struct outline);

	for (int i = 0; i < WIDTH; i++) {
		v[i].floor = ARENA_ARRAY(a, b->s->n_sections, int64_t);
		v[i].left = ARENA_ARRAY(a, b->s->n_sections, int64_t);
		v[i].placed = ARENA_ARRAY(a, b->s->n, unsigned char);
	}
	return v;
}

static void outline_start(const struct beam *b, struct outline *o)
{
	o->end = o->waste = o->corners = 0;
	o->hash = 0;
	o->node = -1;
	memset(o->placed, 0, (size_t)b->s->n);
	for (int k = 0; k < b->s->n_sections; k++) {
		o->floor[k] = b->s->base;
		o->left[k] = 0;
	}
	for (int i = 0; i < b->s->n; i++)
		for (int k = b->slots[i].first; k <= b->slots[i].last; k++)
			o->left[k] += b->slots[i].size;
	for (int k = 0; k < b->s->n_sections; k++)
		if (o->end < b->s->base + o->left[k])
			o->end = b->s->base + o->left[k];
}

/* Leftmost of the lowest sections that are still needed; *last: to its right, the last that is as low. */
static int lowest_section(const struct beam *b, const struct outline *o, int *last)
{
	const int n = b->s->n_sections;
	int lowest = -1;

	for (int k = 0; k < n; k++)
		if (o->left[k] && (lowest < 0 || o->floor[k] < o->floor[lowest]))
			lowest = k;
	for (*last = lowest; *last < n - 1 && o->left[*last + 1] && o->floor[*last + 1] == o->floor[lowest];)
		++*last;
	b->s->work += n;
	return lowest;
}

/* The lower of the walls beside sections first .. last; INT64_MAX: nothing is needed beside them. */
static int64_t lower_wall(const struct beam *b, const struct outline *o, int first, int last)
{
	int64_t level = INT64_MAX;

	if (first && o->left[first - 1])
		level = o->floor[first - 1];
	if (last < b->s->n_sections - 1 && o->left[last + 1] && o->floor[last + 1] < level)
		level = o->floor[last + 1];
	return level;
}

static bool starts_here(const struct beam *b, const struct outline *o, int section, int last)
{
	for (int i = b->starts[section]; i < b->starts[section + 1]; i++)
		if (!o->placed[i] && b->slots[i].last <= last)
			return true;
	return false;
}

static int count_corners(const struct beam *b, const struct outline *o)
{
	int n = 0;

	b->s->work += b->s->n_sections / 2;
	for (int k = 1; k < b->s->n_sections; k++)
		n += o->floor[k] != o->floor[k - 1];
	return n;
}

/* xorshift multiply: numbers to well-mixed words. */
static uint64_t mix(uint64_t n)
{
	uint64_t x = (n + 1) * 0x9e3779b97f4a7c15u;

	x ^= x >> 29;
	x *= 0xbf58476d1ce4e5b9u;
	return x ^ x >> 32;
}

static bool skips_here(const struct beam *b, const struct outline *o, int section)
{
	return b->seed % 2 && mix(o->hash ^ b->seed ^ (uint64_t)section) % SKIP == 0;
}

/* Leaves lowest sections empty until an item can start in one: that section, the last as low in *last; -1: no packing
 * that continues this ends at the height. Between walls all of it fits, so the loop ends. */
static int outline_settle(const struct beam *b, struct outline *o, int *last)
{
	for (;;) {
		const int lowest = lowest_section(b, o, last);
		const int64_t level = lower_wall(b, o, lowest, *last);
		int k = lowest;

		while (k <= *last && (!starts_here(b, o, k, *last) || (level < INT64_MAX && skips_here(b, o, k))))
			k++;
		b->s->work += b->starts[k] - b->starts[lowest] + k - lowest;
		for (int i = lowest; i < k && level < INT64_MAX; i++) {
			o->waste += level - o->floor[i];
			o->floor[i] = level;
			if (o->end < level + o->left[i])
				o->end = level + o->left[i];
		}
		if (o->end > b->s->height || (k > lowest && level == INT64_MAX))
			return -1;
		if (k > lowest)
			o->corners = count_corners(b, o);
		if (k <= *last)
			return k;
	}
}

static int corner(const struct outline *o, int k, int64_t level, bool inside)
{
	return inside ? o->floor[k] != level : 0;
}

/* What the outline becomes with the slot on the lowest floor. */
static struct child child_score(const struct beam *b, const struct outline *o, int slot)
{
	const struct slot *x = &b->slots[slot];
	const bool left = x->first > 0, right = x->last < b->s->n_sections - 1;
	const int64_t floor = o->floor[x->first], at = align_up(floor, x->align), width = x->last - x->first + 1;
	struct child c = { .end = o->end, .waste = o->waste + (at - floor) * width, .corners = o->corners,
			   .area = x->size * width, .offset = at, .slot = slot,
			   .hash = o->hash ^ mix((uint64_t)x->item) };

	for (int k = x->first; k <= x->last && at > floor; k++)
		if (c.end < at + o->left[k])
			c.end = at + o->left[k];
	c.corners += corner(o, x->first - left, at + x->size, left) - corner(o, x->first - left, floor, left);
	c.corners += corner(o, x->last + right, at + x->size, right) - corner(o, x->last + right, floor, right);
	if (b->seed)
		c.corners += (int)(mix(c.hash ^ b->seed) % JITTER);
	return c;
}

static int child_compare(const void *a, const void *b)
{
	const struct child *x = a, *y = b;

	if (x->waste != y->waste)
		return x->waste < y->waste ? -1 : 1;
	if (x->corners != y->corners)
		return x->corners - y->corners;
	if (x->area != y->area)
		return x->area > y->area ? -1 : 1;
	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->parent != y->parent ? x->parent - y->parent : x->slot - y->slot;
}

static void children_add(struct beam *b, struct arena *a, int parent)
{
	struct outline *o = &b->from[parent];
	int last;
	const int section = outline_settle(b, o, &last);

	if (section < 0)
		return;
	for (int i = b->starts[section]; i < b->starts[section + 1]; i++) {
		if (o->placed[i] || b->slots[i].last > last)
			continue;
		if (b->n_children == b->children_room) {
			b->children = arena_grow(a, b->children, (size_t)b->children_room, (size_t)b->children_room * 2,
						 sizeof *b->children);
			b->children_room *= 2;
		}
		b->children[b->n_children] = child_score(b, o, i);
		b->children[b->n_children].parent = parent;
		b->n_children += b->children[b->n_children].end <= b->s->height;
	}
}

static void outline_continue(struct beam *b, struct outline *o, const struct child *c)
{
	const struct outline *from = &b->from[c->parent];
	const struct slot *x = &b->slots[c->slot];

	memcpy(o->floor, from->floor, (size_t)b->s->n_sections * sizeof *o->floor);
	memcpy(o->left, from->left, (size_t)b->s->n_sections * sizeof *o->left);
	memcpy(o->placed, from->placed, (size_t)b->s->n);
	o->end = c->end;
	o->waste = c->waste;
	o->hash = c->hash;
	o->node = b->n_nodes;
	o->placed[c->slot] = true;
	for (int k = x->first; k <= x->last; k++) {
		o->floor[k] = c->offset + x->size;
		o->left[k] -= x->size;
	}
	o->corners = count_corners(b, o);
	b->nodes[b->n_nodes++] = (struct node){ from->node, c->slot, c->offset };
	b->s->work += b->s->n_sections / 4 + b->s->n / 16 + x->last - x->first;
}

/* The best children become the outlines; of those that placed the same items as well as each other one is enough. */
static void beam_select(struct beam *b)
{
	struct outline *const old = b->from;
	int n = 0;

	qsort(b->children, (size_t)b->n_children, sizeof *b->children, child_compare);
	b->s->work += 8 * (int64_t)b->n_children;
	for (int i = 0; i < b->n_children && n < WIDTH; i++)
		if (!i || b->children[i].hash != b->children[i - 1].hash ||
		    b->children[i].end != b->children[i - 1].end || b->children[i].waste != b->children[i - 1].waste)
			outline_continue(b, &b->to[n++], &b->children[i]);
	b->from = b->to;
	b->to = old;
	b->n_from = n;
}

struct beam *beam_new(struct search *s, struct arena *a)
{
	const int64_t bytes = 2 * WIDTH * (16 * (int64_t)s->n_sections + s->n) + 16 * (int64_t)WIDTH * s->n;
	/* Each partial packing looks at all sections for each item that it places: at the least. */
	const int64_t work = (int64_t)WIDTH * s->n * s->n_sections / 2;
	struct beam *b = ARENA_NEW(a, struct beam);

	if (bytes > MAX_BYTES || work > s->work_end - s->work)
		return NULL;
	*b = (struct beam){ .s = s, .children_room = 4 * WIDTH };
	b->slots = ARENA_ARRAY(a, s->n, struct slot);
	b->starts = ARENA_ARRAY(a, s->n_sections + 1, int);
	b->from = outlines_new(b, a);
	b->to = outlines_new(b, a);
	b->children = ARENA_ARRAY(a, b->children_room, struct child);
	b->nodes = ARENA_ARRAY(a, (int64_t)WIDTH * s->n, struct node);
	return b;
}

enum search_result beam_run(struct beam *b, int attempt, struct arena *a)
{
	struct search *s = b->s;
	int best = 0;

	slots_fill(b, attempt % 2);
	b->seed = attempt < 2 ? 0 : mix((uint64_t)attempt);
	b->n_from = 1;
	b->n_nodes = 0;
	outline_start(b, b->from);
	for (int placed = 0; placed < s->n; placed++) {
		b->n_children = 0;
		for (int i = 0; i < b->n_from; i++)
			children_add(b, a, i);
		beam_select(b);
		if (!b->n_from || s->work > s->work_end)
			return SEARCH_GAVE_UP;
	}
	for (int i = 1; i < b->n_from; i++)
		if (b->from[i].end < b->from[best].end)
			best = i;
	for (int at = b->from[best].node; at >= 0; at = b->nodes[at].parent)
		s->offsets[b->slots[b->nodes[at].slot].item] = b->nodes[at].offset;
	return SEARCH_FOUND;
}
