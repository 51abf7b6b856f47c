#include "commands/quantised.h"

#include <math.h>
#include <string.h>

#include "support/arena.h"

static void store(enum dtype type, unsigned char *to, int64_t q)
{
	if (dtypes[type].bytes == 1)
		*to = (unsigned char)(q & 0xff);
	else
		memcpy(to, &(uint16_t){ (uint16_t)(q & 0xffff) }, 2);
}

void value_quantise(struct value *v, enum dtype type, const struct quant *q, struct arena *a)
{
	const int size = dtypes[type].bytes;
	const float high = ldexpf(1, 8 * size - (dtypes[type].class == CLASS_I)) - 1,
		    low = dtypes[type].class == CLASS_I ? -high - 1 : 0;
	unsigned char *bytes = arena_array(a, (size_t)v->n, (size_t)size);

	for (int64_t i = 0; i < v->n; i++) {
		const float x = rintf((float)value_number(v, i) / q->scale[0]) + (float)q->zero[0];
		store(type, bytes + i * size, (int64_t)(x > low ? x < high ? x : high : low));
	}
	v->type = type;
	v->bytes = bytes;
}

void value_as(struct value *v, const struct built *b, int k, const struct value *wanted, struct arena *a)
{
	const struct module *m = &b->c.module;
	const struct quant *q = m->tensor[m->graph[0].out[k]].quant;
	float *x;

	if (!q || wanted->type != DT_F32 || v->type == DT_F32)
		return;
	x = ARENA_ARRAY(a, v->n + 1, float);
	for (int64_t i = 0; i < v->n; i++)
		x[i] = ((float)value_number(v, i) - (float)q->zero[0]) * q->scale[0];
	v->type = DT_F32;
	v->bytes = (unsigned char *)x;
}
