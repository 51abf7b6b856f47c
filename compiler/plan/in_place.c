#include "plan/in_place.h"

#include "nest/address.h"

/* All loads of that storage are at the address that is stored to. */
static bool reads_at(struct nest *n, int base, struct num to)
{
	const struct module *m = n->m;
	struct num from;

	for (int i = 0; i < n->n_e; i++)
		if (n->e[i].op == E_LOAD && m->tensor[n->e[i].tensor].base == base &&
		    !(address_of_load(n, i, &from) && num_same(from, to)))
			return false;
	return true;
}

/* The arguments of a call are read while it writes: an epilogue's operand that is an argument too must stay apart. */
static bool is_argument(const struct call *c, const struct module *m, int base)
{
	for (int i = 0; c && i < c->n_args; i++)
		if (c->arg[i].tensor >= 0 && c->arg[i].kind == ARG_READ && m->tensor[c->arg[i].tensor].base == base)
			return true;
	return false;
}

static bool is_listed(const struct overlap *v, int n, int from)
{
	for (int i = 0; i < n; i++)
		if (v[i].a == from)
			return true;
	return false;
}

/* Storage of a tensor in the arena, or -1. */
static int arena_storage(const struct timeline *l, int tensor)
{
	const int s = l->storage_of[l->m->tensor[tensor].base];

	return s < l->n_arena ? s : -1;
}

/* Equal shapes, every element at the same distance from the start of its storage. */
static bool lies_as(const struct module *m, int x, int y)
{
	const struct tensor *a = &m->tensor[x], *b = &m->tensor[y];

	if (!tensor_same_shape(m, x, y) || dtypes[a->type].bytes != dtypes[b->type].bytes ||
	    !num_same(a->offset, b->offset) || a->ring || b->ring)
		return false;
	for (int k = 0; k < a->rank; k++)
		if (!num_is(a->dim[k], 1) && !num_same(a->stride[k], b->stride[k]))
			return false;
	return true;
}

/* Arguments of a call that read a tensor's storage. */
static int count_readers(const struct module *m, const struct call *c, int tensor)
{
	int n = 0;

	for (int i = 0; i < c->n_args; i++)
		n += c->arg[i].tensor >= 0 && m->tensor[c->arg[i].tensor].base == m->tensor[tensor].base;
	return n;
}

static int argument_overlaps(const struct timeline *l, const struct call *c, struct overlap *v)
{
	const int out = arena_storage(l, c->out);
	int found = 0;

	for (int i = 0; i < c->n_args && out >= 0 && found < MAX_NEST_LOADS; i++) {
		const int t = c->arg[i].kind == ARG_READ ? c->arg[i].tensor : -1;
		const int from = t < 0 ? -1 : arena_storage(l, t);

		if (from >= 0 && from != out && count_readers(l->m, c, t) == 1 && lies_as(l->m, t, c->out))
			v[found++] = (struct overlap){ .a = from, .b = out };
	}
	return found;
}

static int element_overlaps(const struct timeline *l, const struct step *s, struct overlap *v)
{
	struct nest *n = s->kind == STEP_NEST ? s->nest : s->kind == STEP_CALL ? s->call->epilogue : NULL;
	const struct module *m = l->m;
	int out, found = 0;
	struct num to;

	if (s->kind == STEP_CALL && s->call->in_place)
		return argument_overlaps(l, s->call, v);
	if (!n || (s->kind == STEP_NEST && n->n_reduce))
		return 0;
	out = arena_storage(l, n->out);
	if (out < 0 || !address_of_store(n, &to))
		return 0;
	for (int i = 0; i < n->n_e && found < MAX_NEST_LOADS; i++) {
		const struct tensor *t = n->e[i].op == E_LOAD ? &m->tensor[n->e[i].tensor] : NULL;
		const int from = t ? arena_storage(l, n->e[i].tensor) : -1;
		if (from < 0 || from == out ||
		    dtypes[t->type].bytes != dtypes[m->tensor[n->out].type].bytes ||
		    is_listed(v, found, from) || is_argument(s->kind == STEP_CALL ? s->call : NULL, m, t->base) ||
		    !reads_at(n, t->base, to))
			continue;
		v[found++] = (struct overlap){ .a = from, .b = out };
	}
	return found;
}

static int row_overlaps(const struct timeline *l, const struct row_loop *r, struct overlap *v)
{
	int found = 0;

	for (int i = 0; i < r->n_overlaps && found < MAX_NEST_LOADS; i++) {
		const int from = arena_storage(l, r->overlap[i].from), to = arena_storage(l, r->overlap[i].to);

		if (from >= 0 && to >= 0 && from != to)
			v[found++] = (struct overlap){ from, to, OVERLAP_FREE_BELOW, r->overlap[i].at_most };
	}
	return found;
}

int step_overlaps(const struct timeline *l, const struct step *s, struct overlap v[MAX_STEP_OVERLAPS])
{
	int n = s->streams ? row_overlaps(l, s->streams, v) : element_overlaps(l, s, v), kept = 0;

	n += consume_overlaps(l, s, v + n);
	for (int i = 0; i < n; i++)     /* an output stays when its last reader has read it */
		if (!l->storage[v[i].a].live_out)
			v[kept++] = v[i];
	return kept;
}
