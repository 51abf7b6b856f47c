#include "quantize/statistics.h"

#include <math.h>
#include <string.h>

#include "support/arena.h"
#include "support/diag.h"

void statistics_init(struct statistics *s, const char *const *name, int n, struct arena *a)
{
	*s = (struct statistics){ .v = ARENA_ARRAY(a, n, struct tensor_stats), .n = n, .arena = a };
	map_init(&s->index, a);
	for (int i = 0; i < n; i++) {
		s->v[i] =
			(struct tensor_stats){ .name = name[i], .low = INFINITY, .high = -INFINITY, .least = INFINITY };
		map_set_name(&s->index, name[i], i);
	}
}

struct tensor_stats *statistics_find(const struct statistics *s, const char *name)
{
	const int64_t i = map_get_name(&s->index, name, -1);

	return i < 0 ? NULL : &s->v[i];
}

/* Eight of everything, so that the compiler can keep vectors of them. */
void statistics_see_range(struct tensor_stats *t, const struct value *v)
{
	enum { LANES = 8 };
	const float *x = (const float *)(const void *)v->bytes;
	float low[LANES], high[LANES], least[LANES];
	int wrong[LANES] = { 0 };
	int64_t i = 0;

	for (int k = 0; k < LANES; k++) {
		low[k] = t->low;
		high[k] = t->high;
		least[k] = t->least;
	}
	for (; i + LANES <= v->n; i += LANES) {
		for (int k = 0; k < LANES; k++) {
			const float y = x[i + k], a = fabsf(y);
			const int bad = !(a < INFINITY);
			wrong[k] += bad;
			low[k] = !bad && y < low[k] ? y : low[k];
			high[k] = !bad && y > high[k] ? y : high[k];
			least[k] = !bad && a < least[k] ? a : least[k];
		}
	}
	for (; i < v->n; i++) {
		const float y = x[i], a = fabsf(y);
		const int bad = !(a < INFINITY);
		wrong[0] += bad;
		low[0] = !bad && y < low[0] ? y : low[0];
		high[0] = !bad && y > high[0] ? y : high[0];
		least[0] = !bad && a < least[0] ? a : least[0];
	}
	for (int k = 0; k < LANES; k++) {
		t->n_not_finite += wrong[k];
		t->low = low[k] < t->low ? low[k] : t->low;
		t->high = high[k] > t->high ? high[k] : t->high;
		t->least = least[k] < t->least ? least[k] : t->least;
	}
	t->n += v->n;
}

/* --- histograms --------------------------------------------------------------------------------------------------- */

float statistics_edge(float low, float high, int bins, int k)
{
	const float step = (high - low) / (float)bins, offset = (float)k * step;

	return k == bins ? high : offset + low;
}

void statistics_begin_bins(struct statistics *s, int bins)
{
	s->bins = bins;
	s->samples = 0;
	for (int i = 0; i < s->n; i++) {
		s->v[i].bin = ARENA_ARRAY(s->arena, bins, uint64_t);
		s->v[i].absolute = ARENA_ARRAY(s->arena, bins, uint64_t);
		s->v[i].n = s->v[i].n_not_finite = 0;
	}
}

/* numpy's rule: bins are closed below and open above, the last one closed; the edges set the first guess right. */
static void count_into(uint64_t *bin, int bins, float low, float high, float x)
{
	int k;

	if (!(high > low)) {
		bin[bins / 2]++;
		return;
	}
	k = x <= low ? 0 : x >= high ? bins - 1 : (int)((x - low) / (high - low) * (float)bins);
	k = k < bins ? k : bins - 1;
	if (k > 0 && x < statistics_edge(low, high, bins, k))
		k--;
	else if (k < bins - 1 && x >= statistics_edge(low, high, bins, k + 1))
		k++;
	bin[k]++;
}

void statistics_see_bins(const struct statistics *s, struct tensor_stats *t, const struct value *v)
{
	const float *x = (const float *)(const void *)v->bytes;
	const float limit = fmaxf(fabsf(t->low), fabsf(t->high));

	t->n += v->n;
	for (int64_t i = 0; i < v->n; i++) {
		if (!(fabsf(x[i]) < INFINITY) || t->low > t->high) {
			t->n_not_finite++;
			continue;
		}
		count_into(t->bin, s->bins, -limit, limit, x[i]);
		count_into(t->absolute, s->bins, t->least, limit, fabsf(x[i]));
	}
}

/* --- parts -------------------------------------------------------------------------------------------------------- */

static bool merge_tensor(const struct statistics *s, struct tensor_stats *t, const struct tensor_stats *from,
			 const char *source, struct diag *d)
{
	if (s->bins && (t->low != from->low || t->high != from->high || t->least != from->least))
		return diag_error(
			d, STATUS_MODEL, NULL,
			"%s: the histogram of \"%s\" has another range: make all of them with the --ranges of "
			"one file",
			source, t->name);
	t->n += from->n;
	t->n_not_finite += from->n_not_finite;
	t->low = from->low < t->low ? from->low : t->low;
	t->high = from->high > t->high ? from->high : t->high;
	t->least = from->least < t->least ? from->least : t->least;
	for (int k = 0; k < s->bins; k++) {
		t->bin[k] += from->bin[k];
		t->absolute[k] += from->absolute[k];
	}
	return true;
}

bool statistics_merge(struct statistics *s, const struct statistics *from, const char *source, struct diag *d)
{
	if (s->n != from->n || s->bins != from->bins)
		return diag_error(d, STATUS_MODEL, NULL,
				  "%s: %d tensors with histograms of %d parts, elsewhere %d with %d", source, from->n,
				  from->bins, s->n, s->bins);
	for (int i = 0; i < s->n; i++)
		if (strcmp(s->v[i].name, from->v[i].name) != 0)
			return diag_error(d, STATUS_MODEL, NULL, "%s: it is of another model: \"%s\", elsewhere \"%s\"",
					  source, from->v[i].name, s->v[i].name);
	for (int i = 0; i < s->n; i++)
		if (!merge_tensor(s, &s->v[i], &from->v[i], source, d))
			return false;
	s->samples += from->samples;
	return true;
}
