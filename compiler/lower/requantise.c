#include "lower/requantise.h"

#include <math.h>

enum { BYTES = 256, WORD = 32 };

/* The best slope is within this factor of the scale's: farther off, 127 steps would not stand at their sums. */
#define MOST_SLOPE 1.01

int requantise_literal(const struct requantise *r, int64_t sum)
{
	/* volatile: each operation rounds to float32, whatever this file is compiled for. */
	const volatile float whole = (float)sum, steps = whole * r->scale;
	const float low = (float)(r->low - r->zero), high = (float)(r->high - r->zero);

	return (int)rintf(steps > low ? steps < high ? steps : high : low) + r->zero;
}

/* Where the formula steps: sums from at[i] on give first + i - 1 or more, 1 <= i <= n. A line is bounded at the ends of
 * the sums too: from at[0] on it must give no less than the formula, where no bound of y lifts it, and before at[n + 1]
 * no more. */
struct steps {
	int first, n;
	bool is_held_below, is_held_above;
	int64_t at[BYTES + 2];
};

/* The least sum in from … to that gives v or more, of which `to` is one: near `guess`. */
static int64_t least_giving(const struct requantise *r, int v, int64_t from, int64_t to, int64_t guess)
{
	for (int64_t reach = 1; guess > from && guess < to; reach *= 2) {
		if (requantise_literal(r, guess) >= v) {
			to = guess;
			guess -= reach;
		} else {
			from = guess + 1;
			guess += reach;
		}
	}
	while (from < to) {
		const int64_t middle = from + (to - from) / 2;
		if (requantise_literal(r, middle) >= v)
			to = middle;
		else
			from = middle + 1;
	}
	return from;
}

static void find_steps(const struct requantise *r, struct steps *s)
{
	const int least = requantise_literal(r, r->least), most = requantise_literal(r, r->most);

	s->first = least + 1;
	s->n = most - least;
	s->is_held_below = least > r->low;
	s->is_held_above = most < r->high;
	s->at[0] = r->least;
	s->at[s->n + 1] = r->most + 1;
	for (int i = 1; i <= s->n; i++) {
		const double guess = (least + i - r->zero - 0.5) / (double)r->scale;
		const double bounded = fmin(fmax(guess, (double)r->least), (double)r->most);
		s->at[i] = least_giving(r, least + i, s->at[i - 1], r->most, (int64_t)bounded);
	}
}

/* With a = offset * 2^32 + bias * slope a line gives v or more from the sum on that has slope * sum + a >= v <<
 * (32 + shift). So every step at t bounds a: from below by (v << 32 + shift) - slope * t, and from above, as the sum
 * before t gives less, by that plus slope, less one. */
struct bounds {
	int64_t least, most;
	int by_least, by_most; /* the steps that bound it */
};

/* late: a step that may come a sum later; -1: none. */
static struct bounds bounds_of(const struct steps *s, int late, int shift, int64_t slope)
{
	struct bounds b = { -((int64_t)1 << 62), (int64_t)1 << 62, 0, 0 };

	for (int i = 0; i <= s->n + 1; i++) {
		const int64_t a = (int64_t)(s->first + i - 1) * ((int64_t)1 << (WORD + shift)) - slope * s->at[i];
		const int64_t least = i == late ? a - slope : a;
		if (least > b.least && (i ? i <= s->n : s->is_held_below)) {
			b.least = least;
			b.by_least = i;
		}
		if (a + slope - 1 < b.most && (i <= s->n ? i > 0 : s->is_held_above)) {
			b.most = a + slope - 1;
			b.by_most = i;
		}
	}
	return b;
}

/* The slope that leaves a most room: the room is a concave function of the slope. */
static int64_t best_slope(const struct steps *s, int late, int shift, int64_t from, int64_t to)
{
	while (from < to) {
		const int64_t middle = from + (to - from) / 2;
		const struct bounds b = bounds_of(s, late, shift, middle);
		/* From here to the next slope `most` grows by 1 less its step's sum, `least` by minus its own. */
		if (1 - s->at[b.by_most] + s->at[b.by_least] + (b.by_least == late) > 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static bool fits(int64_t v)
{
	return v >= INT32_MIN && v <= INT32_MAX;
}

/* No number on the way of a line leaves int32. */
static bool is_narrow(const struct requantise *r, const struct requantise_line *l)
{
	const int64_t least = r->least + l->bias, most = r->most + l->bias + 1;

	return fits(least) && fits(most) && fits((least * l->slope >> WORD) + l->offset) &&
	       fits((most * l->slope >> WORD) + l->offset);
}

/* The offset takes whole multiples of 2^32 of a, the bias those of the slope: what is left between them. */
static bool find_offset(const struct requantise *r, const struct bounds *b, int64_t slope, struct requantise_line *l)
{
	for (int i = 0; i <= 2 * REQUANTISE_MOST_BIAS; i++) {
		const int64_t bias = i & 1 ? -(i / 2) - 1 : i / 2, most = b->most - bias * slope;
		const int64_t offset = most >> WORD; /* downwards */

		if (offset * ((int64_t)1 << WORD) < b->least - bias * slope || (int16_t)offset != offset)
			continue;
		*l = (struct requantise_line){ (int32_t)slope, (int32_t)bias, (int32_t)offset, 0, false };
		return is_narrow(r, l);
	}
	return false;
}

static int64_t line_at(const struct requantise_line *l, int shift, int64_t sum)
{
	return (((sum + l->bias) * l->slope >> WORD) + l->offset) >> shift;
}

bool requantise_line_find(const struct requantise *r, int shift, struct requantise_line *line)
{
	const double slope = ldexp((double)r->scale, WORD + shift);
	int64_t from, to;
	struct steps s;
	int late = -1;

	if (!(slope < INT32_MAX / MOST_SLOPE))
		return false;
	from = (int64_t)(slope / MOST_SLOPE) + 1;
	to = (int64_t)(slope * MOST_SLOPE) + 1;
	find_steps(r, &s);
	for (int turn = 0; turn < 2; turn++) {
		const int64_t best = best_slope(&s, late, shift, from, to);
		const struct bounds b = bounds_of(&s, late, shift, best);
		if (b.least <= b.most && find_offset(r, &b, best, line)) {
			line->late = s.first + late - 2;
			line->is_late = late > 0 && line_at(line, shift, s.at[late]) == line->late;
			return true;
		}
		late = b.by_least > 0 ? b.by_least : -1;
	}
	return false;
}

/* --- Lines with a given offset --- */

/* Slopes from least to most. */
struct slopes {
	int64_t least, most;
};

static int64_t divided_down(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Keeps slopes, above 0, with slope * sum >= a. */
static void keep_slopes(struct slopes *s, int64_t sum, int64_t a)
{
	const int64_t least = sum > 0 ? -divided_down(-a, sum) : 1, most = sum < 0 ? divided_down(-a, -sum) : INT32_MAX;

	if (least > s->least)
		s->least = least;
	if (most < s->most)
		s->most = most;
	if (sum == 0 && a > 0)
		s->most = 0;
}

/* The slopes with which all steps stand: from at[i] on a line gives its value, which it does not one sum before. */
static struct slopes slopes_of(const struct steps *s, int shift, int64_t offset, int64_t bias)
{
	struct slopes kept = { 1, INT32_MAX };

	for (int i = 0; i <= s->n + 1; i++) {
		const int64_t v = (int64_t)(s->first + i - 1) * ((int64_t)1 << shift) - offset;
		const int64_t a = v * ((int64_t)1 << WORD), sum = s->at[i] + bias;
		if (i ? i <= s->n : s->is_held_below)
			keep_slopes(&kept, sum, a);
		if (i <= s->n ? i > 0 : s->is_held_above)
			keep_slopes(&kept, 1 - sum, 1 - a);
	}
	return kept;
}

bool requantise_slope_find(const struct requantise *r, int shift, int offset, struct requantise_line *line)
{
	enum { MOST_BIAS = 8 };
	struct steps s;

	find_steps(r, &s);
	for (int i = 0; i <= 2 * MOST_BIAS; i++) {
		const int bias = i & 1 ? -(i / 2) - 1 : i / 2;
		const struct slopes kept = slopes_of(&s, shift, offset, bias);

		if (kept.least > kept.most)
			continue;
		*line = (struct requantise_line){ (int32_t)(kept.least + (kept.most - kept.least) / 2), bias, offset, 0,
						  false };
		if (is_narrow(r, line))
			return true;
	}
	return false;
}
