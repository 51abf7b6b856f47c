#include "plan/in_place.h"

#include "lower/address.h"

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

static bool is_listed(int (*pairs)[2], int n, int from)
{
	for (int i = 0; i < n; i++)
		if (pairs[i][0] == from)
			return true;
	return false;
}

int in_place_pairs(const struct timeline *l, const struct step *s, int pairs[MAX_IN_PLACE][2])
{
	struct nest *n = s->kind == STEP_NEST ? s->nest : s->kind == STEP_CALL ? s->call->epilogue : NULL;
	const struct module *m = l->m;
	int out, found = 0;
	struct num to;

	if (!n || (s->kind == STEP_NEST && n->n_reduce))
		return 0;
	out = l->storage_of[m->tensor[n->out].base];
	if (out < 0 || out >= l->n_arena || !address_of_store(n, &to))
		return 0;
	for (int i = 0; i < n->n_e && found < MAX_IN_PLACE; i++) {
		const struct tensor *t = n->e[i].op == E_LOAD ? &m->tensor[n->e[i].tensor] : NULL;
		const int from = t ? l->storage_of[t->base] : -1;
		if (from < 0 || from >= l->n_arena || from == out ||
		    dtypes[t->type].bytes != dtypes[m->tensor[n->out].type].bytes ||
		    is_listed(pairs, found, from) || is_argument(s->kind == STEP_CALL ? s->call : NULL, m, t->base) ||
		    !reads_at(n, t->base, to))
			continue;
		pairs[found][0] = from;
		pairs[found++][1] = out;
	}
	return found;
}
