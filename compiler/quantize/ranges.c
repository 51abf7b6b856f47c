#include "quantize/ranges.h"

#include <float.h>
#include <math.h>

#include "options.h"
#include "quantize/range_methods.h"

bool range_needs_bins(const struct options *o)
{
	return o->method != METHOD_MINMAX;
}

int range_least(const struct options *o)
{
	return o->activations == 0 ? 0 : o->symmetric ? -127 : -128;
}

int range_greatest(const struct options *o)
{
	return o->activations == 0 ? 255 : 127;
}

void range_to_scale(float low, float high, const struct options *o, float *scale, int *zero)
{
	const int least = range_least(o), greatest = range_greatest(o);
	double from = low < 0 ? (double)low : 0, to = high > 0 ? (double)high : 0, step;

	if (o->symmetric) {
		to = fmax(-from, to);
		from = -to;
	}
	step = (to - from) / (greatest - least);
	*scale = 1;
	*zero = 0;
	if (step < (double)FLT_MIN)
		return;
	*scale = (float)step;
	*zero = (int)rint(o->symmetric ? (least + greatest) / 2.0 : least - from / step);
}

/* --- from statistics ---------------------------------------------------------------------------------------------- */

float range_edge(const struct tensor_stats *t, int bins, bool absolute, int k)
{
	const float limit = fmaxf(fabsf(t->low), fabsf(t->high));
	float low = absolute ? t->least : -limit, high = limit;

	if (!(high > low)) {
		low -= 0.5F;
		high += 0.5F;
	}
	return statistics_edge(low, high, bins, k);
}

static struct range range_minmax(const struct tensor_stats *t, int bins, const struct options *o)
{
	(void)bins, (void)o;
	return (struct range){ t->low, t->high };
}

/* By the positions of --method. */
static struct range (*const methods[])(const struct tensor_stats *t, int bins, const struct options *o) = {
	[METHOD_MINMAX] = range_minmax,
	[METHOD_PERCENTILE] = range_percentile,
	[METHOD_ENTROPY] = range_entropy,
	[METHOD_MSE] = range_mse,
};

/* No method goes beyond what was seen. */
static struct range find(const struct tensor_stats *t, int bins, const struct options *o)
{
	struct range r = methods[o->method](t, bins, o);

	r.low = r.low < t->low ? t->low : r.low;
	r.high = r.high > t->high ? t->high : r.high;
	return r;
}

void ranges_find(struct selection *s, const struct statistics *known, const struct options *o)
{
	for (int i = 0; i < s->n; i++) {
		struct quant_tensor *t = &s->tensor[i];
		struct range r;
		if (t->same_as >= 0) { /* an earlier tensor */
			r = (struct range){ s->tensor[t->same_as].low, s->tensor[t->same_as].high };
		} else {
			r = find(statistics_find(known, t->name), known->bins, o);
		}
		t->low = r.low;
		t->high = r.high;
		range_to_scale(t->low, t->high, o, &t->scale, &t->zero);
	}
}
