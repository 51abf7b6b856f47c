#include "lower/packed.h"

#include <string.h>

#include "graph/recipe.h"

int lower_const_f32(struct lowering *l, const char *name, const float *v, int64_t n)
{
	int t = tensor_const(l->m, name, DT_F32, 1, &n, v);

	tensor_dense(l->m, t);
	return t;
}

int lower_const_made(struct lowering *l, const char *name, enum dtype type, int64_t n, const void *from,
		     const struct recipe *r)
{
	int t = tensor_const(l->m, name, type, 1, &n, from);

	l->m->tensor[t].recipe = r;
	tensor_dense(l->m, t);
	return t;
}

/* Weights of groups as they lie, and how a kernel reads them. */
struct packing_recipe {
	struct recipe recipe;
	pack_fn *pack;
	struct pack p;
	struct pack_tile tile;
	const char *from;
	int groups;
	int64_t from_bytes, bytes;      /* from one group to the next */
};

static void make_packed(const struct recipe *r, void *elements, struct arena *scratch)
{
	const struct packing_recipe *x = (const struct packing_recipe *)r;

	(void)scratch;
	memset(elements, 0, (size_t)(x->groups * x->bytes)); /* some groups may come out shorter */
	for (int g = 0; g < x->groups; g++)
		x->pack(&x->p, &x->tile, x->from + g * x->from_bytes, (char *)elements + g * x->bytes);
}

int lower_packed_groups(struct lowering *l, const char *name, const struct pack *p, const struct kernel *k,
			const void *w, int groups, int64_t *size)
{
	const struct pack_form_row *form = &pack_forms[k->pack];
	const enum dtype type = k->b == TYPES_F32 ? DT_F32 : DT_I8;
	struct packing_recipe *r = ARENA_NEW(l->m->steps, struct packing_recipe);
	int64_t n = 0;

	*r = (struct packing_recipe){ .recipe.make = make_packed, .pack = form->pack, .p = *p, .from = w,
				      .tile = { k->columns, k->terms, k->lanes }, .groups = groups,
				      .from_bytes = p->n * p->n_stride * dtypes[type].bytes * (p->is_wide ? 2 : 1) };
	*size = 0;
	for (int g = 0; g < groups; g++, *size = n > *size ? n : *size)
		if (!form->size(p, &r->tile, r->from + g * r->from_bytes, &n) || n > MAX_ELEMENTS / groups)
			die("packed weights of \"%s\" overflow", name);
	r->bytes = *size * dtypes[type].bytes;
	return lower_const_made(l, name, type, *size * groups, w, &r->recipe);
}

int lower_packed(struct lowering *l, const char *name, const struct pack *p, const struct kernel *k, const void *w)
{
	int64_t size;

	return lower_packed_groups(l, name, p, k, w, 1, &size);
}
