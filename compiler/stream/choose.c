/* What is live before and after a step depends on the order alone, so the peak of the whole is the greatest of its
 * parts, single steps and stretches, and the best way to step k is the best over the last part that ends there. Two
 * walks: the first finds the lowest peak; the second the way to it with the fewest calls, each stretch with as many
 * rows a turn as the peak allows. */
#include "stream/choose.h"

#include "plan/buffer.h"
#include "stream/over.h"
#include "support/limits.h"

/* The best way to the end of some step, and its last part. */
struct way {
	int64_t peak, calls;    /* peak < 0: none */
	int first;
	int64_t block;          /* finest rows a turn; 0: the part is a single step */
};

struct choice {
	const struct stream *s;
	const int64_t *bytes, *saved;
	int64_t *born, *died;   /* by step: bytes that came to life up to it; that died before it */
	int **dies;             /* by step: bases whose last step it is, -1 ends them */
	struct way *way;        /* by number of steps */
	int tries;              /* stretches that may still be looked at, so that graphs of thousands of steps end */
};

static void find_lives(struct choice *c)
{
	const struct stream *s = c->s;
	struct arena *a = s->m->scratch;
	const int n = s->block->n;
	int *count = ARENA_ARRAY(a, n, int);

	c->born = ARENA_ARRAY(a, n + 1, int64_t);
	c->died = ARENA_ARRAY(a, n + 1, int64_t);
	c->dies = ARENA_ARRAY(a, n, int *);
	for (int t = 0; t < s->m->n_tensors; t++)
		if (c->bytes[t] && s->first[t] >= 0) {
			c->born[s->first[t]] += c->bytes[t];
			c->died[s->last[t] + 1] += c->bytes[t];
			count[s->last[t]]++;
		}
	for (int i = 0; i < n; i++) {
		c->dies[i] = ARENA_ARRAY(a, count[i] + 1, int);
		c->dies[i][count[i]] = -1;
		c->born[i + 1] += c->born[i];
		c->died[i + 1] += c->died[i];
	}
	for (int t = 0; t < s->m->n_tensors; t++)
		if (c->bytes[t] && s->first[t] >= 0)
			c->dies[s->last[t]][--count[s->last[t]]] = t;
}

/* Bytes that live in steps first … last, without those that live in them alone. */
static int64_t outside_bytes(const struct choice *c, int first, int last, int64_t inside)
{
	return c->born[last] - c->died[first] - inside;
}

/* Bytes of what step `last` ends and no step before `first` began: a stretch from there on may keep it inside. */
static int64_t ended_inside(const struct choice *c, int first, int last)
{
	int64_t sum = 0;

	for (const int *t = c->dies[last]; *t >= 0; t++)
		sum += c->s->first[*t] >= first && !c->s->fixed[*t] ? c->bytes[*t] : 0;
	return sum;
}

/* The way to `end` whose last part is this one, if it is better than what was found. */
static void offer(struct choice *c, int end, struct way w)
{
	const struct way *before = &c->way[w.first];
	struct way *best = &c->way[end];

	if (before->peak < 0)
		return;
	w.peak = w.peak > before->peak ? w.peak : before->peak;
	w.calls += before->calls;
	if (best->peak < 0 || w.peak < best->peak || (w.peak == best->peak && w.calls < best->calls))
		*best = w;
}

/* Bytes that a result of the stretch shares with what nobody reads after it. */
static int64_t shared_bytes(const struct choice *c, const struct stretch *x)
{
	const struct stream *s = c->s;
	struct row_overlap v[MAX_ROW_OVERLAPS];
	const int n = turns_overlaps(s->m, &x->turns, v, MAX_ROW_OVERLAPS);
	int64_t most = 0;

	for (int i = 0; i < n; i++) {
		const int from = s->m->tensor[v[i].from].base, to = s->m->tensor[v[i].to].base;
		const int64_t shared = overlap_most(c->bytes[from], c->bytes[to], OVERLAP_FREE_BELOW, v[i].at_most);

		if (s->last[from] < x->first + x->n && s->first[to] >= x->first && shared > most)
			most = shared;
	}
	return most;
}

/* A stretch as a part, with as many rows a turn as `most` bytes allow; INT64_MAX: with one. */
static bool stretch_part(struct choice *c, int first, int last, int64_t outside, int64_t most, struct way *w)
{
	const struct arena_mark before = arena_mark(c->s->m->scratch);
	struct stretch x;

	*w = (struct way){ .first = first };
	for (int64_t block = 1; block < INT32_MAX; block *= 2) {
		int64_t peak;

		if (c->tries-- <= 0 || !stretch_find(c->s, first, last - first + 1, block, &x))
			break;
		peak = outside + x.bytes - shared_bytes(c, &x);
		if (peak > most)
			break;
		w->peak = peak;
		w->calls = (last - first + 1) * x.turns.count;
		w->block = block;
		if (most == INT64_MAX)
			break;
	}
	arena_release(c->s->m->scratch, before);
	return w->block > 0;
}

/* Parts above `most` bytes are not taken. Equal peaks within `most` are all the same. */
static void find_ways(struct choice *c, int64_t most)
{
	const int n = c->s->block->n;

	c->tries = MAX_STREAM_TRIES;
	for (int i = 0; i <= n; i++)
		c->way[i] = (struct way){ .peak = i ? -1 : 0 };
	for (int first = 0; first < n; first++) {
		const int64_t alone = outside_bytes(c, first, first, 0) - c->saved[first];
		int64_t inside = 0;

		if (alone <= most)
			offer(c, first + 1, (struct way){ .peak = most == INT64_MAX ? alone : 0, .first = first });
		for (int last = first; last < n && last < first + MAX_STRETCH && c->s->row[last].step; last++) {
			struct way w;

			inside += ended_inside(c, first, last);
			if (last == first ||
			    !stretch_part(c, first, last, outside_bytes(c, first, last, inside), most, &w))
				continue;
			if (most < INT64_MAX)
				w.peak = 0;
			offer(c, last + 1, w);
		}
	}
}

int stream_choose(const struct stream *s, const int64_t *bytes, const int64_t *saved, struct stretch **v,
		  int64_t *peak)
{
	struct choice c = { .s = s, .bytes = bytes, .saved = saved };
	int n = 0, end = s->block->n;

	c.way = ARENA_ARRAY(s->m->scratch, end + 1, struct way);
	find_lives(&c);
	find_ways(&c, INT64_MAX);
	*peak = c.way[end].peak;
	find_ways(&c, *peak);
	*v = ARENA_ARRAY(s->m->scratch, end, struct stretch);
	for (int k = end; k; k = c.way[k].first)
		n += c.way[k].block > 0;
	for (int k = end, i = n; k; k = c.way[k].first)
		if (c.way[k].block &&
		    !stretch_find(s, c.way[k].first, k - c.way[k].first, c.way[k].block, &(*v)[--i]))
			die("steps %d to %d were a stretch before", c.way[k].first, k - 1);
	return n;
}
