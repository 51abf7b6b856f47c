/* Depth-first search for a packing that ends at most at a given height. Private to plan/.
 *
 * The method is that of Moffitt, "MiniMalloc", ASPLOS 2023: items are placed in ascending order of
 * offset, each on top of what lies below it (every packing can be pushed down to one of this form),
 * so a partial packing is a floor per section; it is given up when the floor and what is still to
 * come exceed the height in a section, or when the same items were left above the same floors before (dead_parts.h).
 * What falls apart in time is solved piece by piece. */
#ifndef NNC_PLAN_SEARCH_H
#define NNC_PLAN_SEARCH_H

#include "plan/packing.h"

struct item {
	int64_t size, align;
	int first, last;        /* sections */
	int rank;               /* who comes first among equals; 0 … n - 1, each once */
	int twin;               /* an item equal to this one with the next lower rank, or -1 */
};

/* How choices are made. Both see every packing that matters. */
enum search_mode {
	SEARCH_ITEMS,           /* next is any item, in ascending order of offset */
	SEARCH_SKYLINE,         /* (skyline.c) next is an item that starts in the leftmost section of a valley and rests
	                         * on its floor, or else that section stays empty up to the next level; strong where
	                         * there is little slack. Items need no alignment. */
};

enum search_result { SEARCH_FOUND, SEARCH_NONE, SEARCH_GAVE_UP };

struct search {
	const struct item *items;
	int n, n_sections;
	const int *near_start, *near;   /* per item: the items with a section in common */
	enum search_mode mode;
	int ranking;                    /* a number for mode and ranks: what has failed is remembered with it */
	int64_t base, height;
	int64_t *offsets;               /* result, per item; while searching: the least offset still possible */
	int64_t work, work_end;
	struct search_state *state;
};

/* Working memory for `search_run`; items, n, n_sections and near are set. */
void search_prepare(struct search *s, struct arena *a);

/* Anew after the sections of items have changed. */
void search_restart(struct search *s);

/** Looks for offsets of all items with base <= offset and offset + size <= height. */
enum search_result search_run(struct search *s);

/** Working memory for beam_run(), of which search_prepare() is no part; NULL: it would be too much, or a run would not
 *  end before s->work_end. s->n > 0. */
struct beam *beam_new(struct search *s, struct arena *a);

/** Looks for such offsets among few partial packings at a time, with time running backwards and random numbers as
 *  `attempt` says; of those found, the one that ends lowest. SEARCH_FOUND or SEARCH_GAVE_UP. */
enum search_result beam_run(struct beam *b, int attempt, struct arena *a);

#endif
