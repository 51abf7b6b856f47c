#include "commands/quantised.h"

#include <math.h>
#include <string.h>

#include "ops/ops.h"
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

static float read_float(const void *bytes)
{
	float x;

	memcpy(&x, bytes, sizeof x);
	return x;
}

double output_step(const struct built *b, int k, const struct value *wanted)
{
	const struct module *m = &b->c.module;
	const struct tensor *t = &m->tensor[m->graph[0].out[k]];
	const struct node *n = t->producer >= 0 ? &m->node[t->producer] : NULL;

	if (dtypes[wanted->type].class == CLASS_I || dtypes[wanted->type].class == CLASS_U)
		return dtypes[wanted->type].bytes <= 2;
	if (t->quant && t->quant->n == 1)
		return (double)t->quant->scale[0];
	if (n && !strcmp(n->op->name, "DequantizeLinear") && m->tensor[n->in[1]].data &&
	    m->tensor[n->in[1]].type == DT_F32 && m->tensor[n->in[1]].rank == 0)
		return (double)read_float(m->tensor[n->in[1]].data);
	return 0;
}
