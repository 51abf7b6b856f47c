#include "nest/address.h"

struct num address_at(struct nums *s, const struct tensor *t, const struct num *at)
{
	struct num address = t->offset;

	for (int k = 0; k < t->rank; k++) {
		const struct num row = t->ring && k == t->ring_axis ? num_mod(s, at[k], num_const(t->ring)) : at[k];

		address = num_add(s, address, num_mul(s, row, t->stride[k]));
	}
	return address;
}

void address_unflatten(struct nums *s, const struct tensor *t, struct num flat, struct num *at)
{
	for (int k = t->rank - 1; k >= 0; k--) {
		at[k] = k ? num_mod(s, flat, t->dim[k]) : flat;
		flat = num_div(s, flat, t->dim[k]);
	}
}

static bool address_of(struct nest *n, int t, const struct index *index, int n_index, struct num *address)
{
	struct module *m = n->m;
	struct num at[MAX_RANK];

	for (int k = 0; k < (n_index < 0 ? 1 : n_index); k++) {
		if (index[k].expr >= 0)
			return false;
		at[k] = index[k].affine;
	}
	if (n_index < 0) {
		struct num flat = at[0];
		if (tensor_is_plain(m, t)) {
			*address = num_add(&m->nums, m->tensor[t].offset, flat);
			return true;
		}
		address_unflatten(&m->nums, &m->tensor[t], flat, at);
	}
	*address = address_at(&m->nums, &m->tensor[t], at);
	return true;
}

bool address_of_load(struct nest *n, int e, struct num *address)
{
	const struct expr *x = &n->e[e];

	return address_of(n, x->tensor, n->at + x->at, x->n_at, address);
}

bool address_of_store(struct nest *n, struct num *address)
{
	return address_of(n, n->out, n->store, n->m->tensor[n->out].rank, address);
}
