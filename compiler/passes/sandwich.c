#include "passes/sandwich.h"

bool is_private(const struct sandwich *s, int t)
{
	return t >= 0 && t < s->n_uses && s->uses[t] == 1;
}

int const_typed(struct module *m, enum dtype type, int n, const void *data)
{
	const int64_t dim = n;

	return tensor_const(m, NULL, type, n >= 0, &dim, data);
}

int const_zero_point(struct module *m, enum dtype type, int64_t zero)
{
	unsigned char *data = arena_alloc(m->arena, 1);

	*data = (unsigned char)(zero & 0xff);
	return const_typed(m, type, -1, data);
}

/* Scale and zero point become a part of y's type. */
static void set_quant(struct sandwich *s)
{
	struct module *m = s->m;
	struct quant *q = ARENA_NEW(m->arena, struct quant);
	float *scale = ARENA_ARRAY(m->arena, 1, float);
	int32_t *zero = ARENA_ARRAY(m->arena, 1, int32_t);

	*scale = s->scale;
	*zero = (int32_t)s->zero;
	*q = (struct quant){ .scale = scale, .zero = zero, .n = 1 };
	m->tensor[s->y].quant = q;
}

bool is_one_scale(const struct sandwich *s, const struct dequantised *d)
{
	return d->n == 1 && s->m->tensor[d->q].type != DT_I32 &&
	       scale_is_sound((double)dequantised_scale(s->m, d, 0));
}

bool sandwich_bytes(struct sandwich *s, int t, struct dequantised *d)
{
	s->why = "an input is not dequantised from 8 bits with one constant scale";
	return dequantised_get(s->m, t, d) && is_one_scale(s, d);
}

int sandwich_node(struct sandwich *s, const struct op_def *op, int n_in, const int *in)
{
	struct module *m = s->m;
	const char *name = m->node[s->core].name;
	int node = node_add(m, s->graph, op, name, n_in, in, 1, &s->y);

	set_quant(s);
	return node;
}
