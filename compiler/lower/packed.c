#include "lower/packed.h"

int lower_const_f32(struct lowering *l, const char *name, const float *v, int64_t n)
{
	int t = tensor_const(l->m, name, DT_F32, 1, &n, v);

	tensor_dense(l->m, t);
	return t;
}

int lower_packed_groups(struct lowering *l, const char *name, const struct pack *p, int columns, const float *w,
			int groups, int64_t *size)
{
	float *packed;

	if (!pack_size(p, columns, size) || *size > MAX_ELEMENTS / groups)
		die("packed weights of \"%s\" overflow", name);
	packed = ARENA_ARRAY(l->m->arena, *size * groups, float);
	for (int g = 0; g < groups; g++)
		pack_f32(p, columns, w + g * p->n * p->n_stride, packed + g * *size);
	return lower_const_f32(l, name, packed, *size * groups);
}

int lower_packed(struct lowering *l, const char *name, const struct pack *p, int columns, const float *w)
{
	int64_t size;

	return lower_packed_groups(l, name, p, columns, w, 1, &size);
}
