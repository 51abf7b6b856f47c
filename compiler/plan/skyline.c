/* The choices of a skyline search. The outline of what is placed has valleys: sections as low as each other between
 * higher ones. Some item has to start in the leftmost section of a valley on its floor, or else that section stays
 * empty; which valley is looked at makes no difference to what can be found, but all to how soon.
 *
 * First comes the valley where most has failed so far for what it has to spare (conflicts weigh as in Boussemart et
 * al., "Boosting systematic search by weighting constraints", ECAI 2004): what is hard to pack then fails before the
 * rest has been packed in all ways. */
#include "plan/search_state.h"

#include <math.h>

static bool is_wall(const struct search_state *t, const struct part *part, int section)
{
	return section >= part->first && section <= part->last && t->left[section];
}

/* The part's valley that comes first; of equals the lowest: its first section, and *last. */
static int part_valley(struct search *s, const struct part *part, int *last)
{
	const struct search_state *t = s->state;
	double least = INFINITY;
	int valley = part->first;

	*last = part->last;
	for (int k = part->first, end; k <= part->last; k = end + 1) {
		const int64_t floor = t->floor[k];
		int64_t conflicts = t->conflicts[k];
		double spare;

		for (end = k; t->left[k] && is_wall(t, part, end + 1) && t->floor[end + 1] == floor; end++)
			conflicts = t->conflicts[end + 1] > conflicts ? t->conflicts[end + 1] : conflicts;
		if (!t->left[k] || (is_wall(t, part, k - 1) && t->floor[k - 1] < floor) ||
		    (is_wall(t, part, end + 1) && t->floor[end + 1] < floor))
			continue;
		spare = (double)(s->height - floor - t->left[k] + 1) / (double)conflicts;
		if (spare > least || (spare == least && floor >= t->floor[valley]))
			continue;
		least = spare;
		valley = k;
		*last = end;
	}
	s->work += part->last - part->first + 1;
	return valley;
}

/* Does the item, on the floor of the frame's valley, end level with two of its sides: with the valley's last section,
 * or with the top of a wall beside it? Such an item leaves fewer corners than there were. */
static bool is_snug(const struct search *s, const struct frame *f, int item)
{
	const struct search_state *t = s->state;
	const struct item *x = &s->items[item];
	const int64_t top = t->floor[f->valley] + x->size;
	const int left = f->valley - 1, right = f->valley_last + 1;
	const bool fills = x->last == f->valley_last;
	const int sides = fills + (is_wall(t, &f->part, left) && t->floor[left] == top) +
			  (fills && is_wall(t, &f->part, right) && t->floor[right] == top);

	return sides > 1;
}

static bool comes_before(const struct search *s, const struct frame *f, int a, int b)
{
	const bool snug = is_snug(s, f, a);

	return snug != is_snug(s, f, b) ? snug : s->items[a].rank < s->items[b].rank;
}

void skyline_choices(struct search *s, struct frame *f)
{
	struct search_state *t = s->state;
	int *v = t->choices + f->choices, n = 0;

	f->valley = part_valley(s, &f->part, &f->valley_last);
	for (int k = t->starts[f->valley]; k < t->starts[f->valley + 1]; k++) {
		const int i = t->by_start[k], twin = s->items[i].twin;
		int at = n;

		if (t->placed[i] || s->items[i].last > f->valley_last || (twin >= 0 && !t->placed[twin]))
			continue;
		for (; at && comes_before(s, f, i, v[at - 1]); at--)
			v[at] = v[at - 1];
		v[at] = i;
		n++;
	}
	s->work += t->starts[f->valley + 1] - t->starts[f->valley];
	v[n++] = s->n;
	f->n_choices = n;
	t->n_choices += n;
}

/* The next level is the floor beside the valley, or the lowest top that an item within the rest of it can have. Nothing
 * could rest in between. */
bool skyline_raise(struct search *s, const struct frame *f)
{
	struct search_state *t = s->state;
	const int first = f->valley, last = f->valley_last;
	const int64_t floor = t->floor[first];
	int64_t level = INT64_MAX;

	if (is_wall(t, &f->part, first - 1))
		level = t->floor[first - 1];
	if (is_wall(t, &f->part, last + 1) && t->floor[last + 1] < level)
		level = t->floor[last + 1];
	for (int k = t->starts[first + 1]; k < t->starts[last + 1]; k++) {
		const int i = t->by_start[k];

		if (!t->placed[i] && s->items[i].last <= last && floor + s->items[i].size < level)
			level = floor + s->items[i].size;
	}
	s->work += t->starts[last + 1] - t->starts[first + 1];
	if (level == INT64_MAX || level + t->left[first] > s->height)
		return false;
	t->trail[t->n_trail++] = (struct change){ ~first, floor };
	t->floor[first] = level;
	return true;
}
