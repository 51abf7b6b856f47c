#include "nest/address.h"

struct num address_at(struct module *m, int t, const struct num *at)
{
	const struct tensor *x = &m->tensor[t];
	struct num address = x->offset;

	for (int k = 0; k < x->rank; k++) {
		const int64_t ring = tensor_ring(m, t, k);
		const struct num row = ring ? num_mod(&m->nums, at[k], num_const(ring)) : at[k];

		address = num_add(&m->nums, address, num_mul(&m->nums, row, x->stride[k]));
	}
	return address;
}

void address_unflatten(struct module *m, int t, struct num flat, struct num *at)
{
	const struct tensor *x = &m->tensor[t];

	for (int k = x->rank - 1; k >= 0; k--) {
		at[k] = k ? num_mod(&m->nums, flat, x->dim[k]) : flat;
		flat = num_div(&m->nums, flat, x->dim[k]);
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
		address_unflatten(m, t, flat, at);
	}
	*address = address_at(m, t, at);
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
