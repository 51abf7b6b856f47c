/* One pool's problem as the searches see it. Private to plan/.
 *
 * Sizes and offsets count granules: the least alignment in the pool, a power of two that divides
 * all others. Time counts sections: only the distinct first steps matter, since between two of
 * them buffers can but die, and of those only the ones before which something died. */
#ifndef NNC_PLAN_PACKING_H
#define NNC_PLAN_PACKING_H

#include "plan/buffer.h"

struct arena;

struct box {
	int64_t size, align;
	int first, last;        /* sections */
	int buffer;             /* the caller's index */
	int unit;
	int64_t rise;           /* offset above the unit's */
};

/* box `self` may lie at at_least .. at_most from box `other`. Held by both, with the sign turned. */
struct window {
	int other;
	bool born;              /* `self` is the one whose life begins */
	int64_t at_least, at_most;
};

/* Boxes that are moved as one: mostly a single box; or a chain of boxes that share bytes. */
struct unit {
	int member, n_members;  /* in packing.members */
	int64_t height, align, area, load;
	int first, last;
};

struct packing {
	struct box *boxes;      /* ascending by first, last, buffer */
	int n;
	int n_sections;
	int *starts;            /* n_sections + 1: boxes[starts[s]..] begin in section s or later */
	int *window_start;      /* n + 1; the windows of a box ascend by other, at_least */
	struct window *windows;
	int n_windows;
	struct unit *units;
	int *members, n_units;
	int64_t granule;
	int64_t base;           /* below it lie the boxes that live through all sections */
	int64_t *load;          /* per section, without base; permissions taken off */
	int64_t bound;          /* no packing ends lower; with base */
	int bound_section;
	int64_t enough;         /* where pack_enough() and the beam after it may end */
	int64_t *offsets;       /* the best packing so far */
	int64_t best;           /* where it ends; INT64_MAX: none yet */
	int64_t work;
	struct arena *arena;
};

/* The packing of the buffers in `pool`; false when sizes overflow. sections: see above. */
bool packing_build(struct packing *p, const struct buffer *buffers, int n, int pool,
		   const struct overlap *overlaps, int n_overlaps, struct arena *a);

/* Joins boxes that may share bytes into units, where that takes most off the highest sections;
 * or makes every box a unit of its own. */
void packing_join_units(struct packing *p);
void packing_split_units(struct packing *p);

/* Keeps `offsets` as the best packing if it ends lower; true when it does. */
bool packing_offer(struct packing *p, const int64_t *offsets);

/* A packing by address-ordered first fit along time. Always O(n log n), which `share` does not bound. */
void pack_sweep(struct packing *p, int64_t share);

/* Packings by first fit of units in several static orders, then with units that ended above the
 * bound moved to the front again and again. Stops at the bound or when `share` of work is done. */
void pack_first_fit(struct packing *p, int64_t share);

/* Disturbs the order of units in the best packing at random, keeps what is no worse. */
void pack_improve(struct packing *p, int64_t share);

/* Beam searches for a packing that ends lower than the best, ever wider ones. */
void pack_beam(struct packing *p, int64_t share);

/* Branch and bound for a packing that ends at most at a target, from the bound upwards.
 * Raises p->bound where it proves that there is none. */
void pack_exact(struct packing *p, int64_t share);

/* Branch and bound for a packing that ends at p->enough at most. */
void pack_enough(struct packing *p, int64_t share);

static inline int64_t align_up(int64_t n, int64_t align)
{
	return (n + align - 1) & -align;
}

#endif
