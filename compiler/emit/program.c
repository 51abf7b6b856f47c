#include "emit/program.h"

#include "options.h"
#include "targets/target.h"

const char *const program_reserved[] = { "memory", "no_memory", "p", "n", "acc", "at", "ctx", "arena", NULL };

/* A constant's bytes are compared with those of all others: once. */
static const char *constant_address(struct program *p, int t)
{
	const struct module *m = p->x.m;
	const struct tensor *x = &m->tensor[t];

	if (!p->weight_of[t])
		p->weight_of[t] = 1 + weights_add_constant(&p->weights, x, (size_t)tensor_count(&p->x.nums, x).n,
							   m->target->arena_align);
	return weights_ref(&p->weights, p->weight_of[t] - 1, x->type);
}

static const char *arena_address(struct program *p, int t, enum dtype type)
{
	const struct plan *plan = p->plan;
	const int buffer = plan->buffer_of[t];
	int64_t offset;
	int pool;

	if (buffer < 0)
		die("tensor %d (\"%s\") has no place", t, p->x.m->tensor[t].name);
	pool = plan->buffer[buffer].pool;
	p->names_memory[pool] = true;
	offset = plan->buffer[buffer].offset;
	if (!offset)
		return arena_printf(p->x.m->scratch, "(%s *)(void *)%s", dtypes[type].ctype, p->memory[pool]);
	return arena_printf(p->x.m->scratch, "(%s *)(void *)(%s + %lld)", dtypes[type].ctype, p->memory[pool],
			    (long long)offset);
}

const char *program_param(struct program *p, int i)
{
	p->names_param[i] = true;
	return p->params[i].name;
}

const char *program_address(struct program *p, int t)
{
	const struct tensor *x = &p->x.m->tensor[t];
	const char *base;

	if (p->x.m->tensor[x->base].data)
		base = constant_address(p, x->base);
	else if (p->param_of[x->base])
		base = program_param(p, p->param_of[x->base] - 1);
	else
		base = arena_address(p, x->base, x->type);
	if (num_is(x->offset, 0))
		return base;
	return arena_printf(p->x.m->scratch, "%s + (%s)", base, emission_num(&p->x, x->offset));
}

static bool has_weights(const struct program *p)
{
	for (int i = 0; i < p->weights.n; i++)
		if (p->weights.v[i].size_bytes)
			return true;
	return false;
}

bool program_unlocks(const struct program *p)
{
	return p->x.m->options->protect && has_weights(p);
}

bool program_sets_weights(const struct program *p)
{
	return p->x.m->options->weights == WEIGHTS_FILE && has_weights(p);
}
