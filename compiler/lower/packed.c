#include "lower/packed.h"

int lower_const_f32(struct lowering *l, const char *name, const float *v, int64_t n)
{
	int t = tensor_const(l->m, name, DT_F32, 1, &n, v);

	tensor_dense(l->m, t);
	return t;
}

int lower_packed_groups(struct lowering *l, const char *name, const struct pack *p, const struct kernel *k,
			const void *w, int groups, int64_t *size)
{
	const struct pack_form_row *form = &pack_forms[k->pack];
	const struct pack_tile tile = { k->columns, k->terms, k->lanes };
	const enum dtype type = k->b == TYPES_F32 ? DT_F32 : DT_I8;
	const int bytes = dtypes[type].bytes;
	char *packed;
	int64_t n;
	int t;

	if (!form->size(p, &tile, size) || *size > MAX_ELEMENTS / groups)
		die("packed weights of \"%s\" overflow", name);
	n = *size * groups;
	packed = arena_array(l->m->arena, (size_t)n, (size_t)bytes);
	for (int g = 0; g < groups; g++)
		form->pack(p, &tile, (const char *)w + g * p->n * p->n_stride * bytes, packed + g * *size * bytes);
	t = tensor_const(l->m, name, type, 1, &n, packed);
	tensor_dense(l->m, t);
	return t;
}

int lower_packed(struct lowering *l, const char *name, const struct pack *p, const struct kernel *k, const void *w)
{
	int64_t size;

	return lower_packed_groups(l, name, p, k, w, 1, &size);
}
