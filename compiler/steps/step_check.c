/* What must hold of steps, checked after every pass over them. Shares no code with the passes. */
#include "steps/step.h"

struct checker {
	struct module *m;
	bool *written;          /* by base tensor */
	const struct step *step;
};

static void check_read(void *ctx, int tensor, enum arg_kind kind)
{
	struct checker *c = ctx;
	const struct tensor *t;

	if (tensor < 0 || tensor >= c->m->n_tensors)
		die("step of node %d touches tensor %d of %d", c->step->node, tensor, c->m->n_tensors);
	t = &c->m->tensor[tensor];
	if (t->base < 0 || t->base >= c->m->n_tensors || c->m->tensor[t->base].base != t->base)
		die("tensor %d is a view of %d, which owns nothing", tensor, t->base);
	if (kind == ARG_READ && !c->m->tensor[t->base].data && !c->written[t->base])
		die("step of node %d reads tensor %d (\"%s\") before it is written", c->step->node, tensor, t->name);
	if (kind != ARG_READ && c->m->tensor[t->base].data)
		die("step of node %d writes tensor %d (\"%s\"), which is a constant", c->step->node, tensor, t->name);
}

static void mark_written(void *ctx, int tensor, enum arg_kind kind)
{
	struct checker *c = ctx;

	if (kind != ARG_READ && tensor >= 0)
		c->written[c->m->tensor[tensor].base] = true;
}

static void check_nest(const struct nest *n)
{
	const struct module *m = n->m;

	if (n->n_e <= 0 || n->value < 0 || n->value >= n->n_e)
		die("nest without a value");
	if (n->e[n->value].type != m->tensor[n->out].type)
		die("nest stores %s into tensor %d, which is %s", dtypes[n->e[n->value].type].name, n->out,
		    dtypes[m->tensor[n->out].type].name);
	for (int k = 0; k < n->n_e; k++) {
		const struct expr *x = &n->e[k];
		if (x->a >= k || x->b >= k || x->c >= k)
			die("expression %d of a nest uses a later one", k);
		if (x->op == E_LOAD && x->n_at >= 0 && x->n_at != m->tensor[x->tensor].rank)
			die("load of tensor %d with %d indexes, rank %d", x->tensor, x->n_at,
			    m->tensor[x->tensor].rank);
		if (x->op == E_LOAD && x->type != m->tensor[x->tensor].type)
			die("load of tensor %d as another type", x->tensor);
	}
}

static void check_block(struct checker *c, const struct block *b)
{
	for (int i = 0; i < b->n; i++) {
		const struct step *s = &b->step[i];
		c->step = s;
		if (s->kind == STEP_IF || s->kind == STEP_LOOP) {
			if (s->cond >= 0)
				check_read(c, s->cond, ARG_READ);
			check_block(c, &s->body[0]);
			check_block(c, &s->body[1]);
			continue;
		}
		step_each_tensor(s, check_read, c);
		step_each_tensor(s, mark_written, c);
		if (s->kind == STEP_NEST)
			check_nest(s->nest);
	}
}

void block_check(struct module *m, const struct block *b)
{
	struct checker c = { .m = m, .written = ARENA_ARRAY(m->scratch, m->n_tensors, bool) };

	for (int i = 0; i < m->graph[0].n_in; i++)
		c.written[m->graph[0].in[i]] = true;
	check_block(&c, b);
}
