#include "quantize/ranges.h"

#include <float.h>
#include <math.h>

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

void ranges_find(struct selection *s, const struct statistics *known, const struct options *o)
{
	for (int i = 0; i < s->n; i++) {
		struct quant_tensor *t = &s->tensor[i];
		const struct tensor_stats *seen =
			statistics_find(known, s->tensor[t->same_as < 0 ? i : t->same_as].name);
		t->low = seen->low;
		t->high = seen->high;
		range_to_scale(t->low, t->high, o, &t->scale, &t->zero);
	}
}
