/* What a search knows while it runs. Private to search.c and skyline.c. */
#ifndef NNC_PLAN_SEARCH_STATE_H
#define NNC_PLAN_SEARCH_STATE_H

#include "plan/dead_parts.h"
#include "plan/search.h"

/* A part that waits. Queues are lists that share their tails, so going back costs nothing. */
struct part {
	int list, n_list, n_left, first, last, parent, next;
	int64_t low;            /* items must not be placed before this point of the order */
	int low_rank;
};

struct frame {
	struct part part;
	int queue;              /* parts that wait behind this one, or -1 */
	int choice, choices, n_choices, chosen;
	int lists_top, parts_top, trail_top;
	struct dead_key key;
	int valley, valley_last;        /* of a skyline search: sections that choices are for */
};

struct change {
	int at;                 /* item, or ~section */
	int64_t old;
};

struct search_state {
	struct frame *frames;
	struct part *parts;
	struct change *trail;
	int *lists, *choices, *crossing, *piece;
	int *starts, *by_start; /* items by the section that they start in: those of k from by_start[starts[k]] on */
	int64_t *floor, *left, *above, *low;
	int64_t *conflicts;     /* per section: how often items could not end in time there, and one */
	bool *placed;
	int depth, n_parts, n_trail, n_lists, n_choices;
	int frames_room, parts_room, lists_room, choices_room;
	struct dead_parts *dead;
};

/* The frame's choices, in order: items that start in one valley's leftmost section, then n: that section left empty. */
void skyline_choices(struct search *s, struct frame *f);

/* Leaves that section empty up to the next level; false when nothing could rest there. */
bool skyline_raise(struct search *s, const struct frame *f);

#endif
