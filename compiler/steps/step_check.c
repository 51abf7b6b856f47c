/* What must hold of steps, checked after every pass over them. Shares no code with the passes. */
#include "steps/step.h"

#include "steps/sizes.h"

struct checker {
	struct module *m;
	bool *written;          /* by base tensor */
	int *wrote;             /* by tensor: when a step wrote it last; 0: none did, it is a view */
	int *whole;             /* by base: when a step wrote all of it last */
	int time;               /* counts steps */
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
	if (num_is(tensor_elements(c->m, tensor), 0))
		return;         /* nothing writes what has no elements */
	if (kind == ARG_READ && !c->m->tensor[t->base].data && !c->written[t->base])
		die("step of node %d reads tensor %d (\"%s\") before it is written", c->step->node, tensor, t->name);
	/* What owns a storage is read as whatever was made in it: a loop's variable as its first value. */
	if (kind == ARG_READ && tensor != t->base && c->wrote[tensor] && c->wrote[tensor] < c->whole[t->base])
		die("step of node %d reads tensor %d (\"%s\") after its storage was written over", c->step->node,
		    tensor, t->name);
	if (kind != ARG_READ && c->m->tensor[t->base].data)
		die("step of node %d writes tensor %d (\"%s\"), which is a constant", c->step->node, tensor, t->name);
}

static void mark_written(void *ctx, int tensor, enum arg_kind kind)
{
	struct checker *c = ctx;
	const int base = tensor < 0 ? -1 : c->m->tensor[tensor].base;

	if (kind == ARG_READ || base < 0)
		return;
	c->written[base] = true;
	c->wrote[tensor] = c->time;
	if ((c->step->kind != STEP_NEST || nest_stores_whole(c->step->nest)) &&
	    num_same(tensor_elements(c->m, tensor), tensor_elements(c->m, base)))
		c->whole[base] = c->time;
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

/* What a loop's body leaves is what its next turn finds: it is checked twice, what is inside it once more alone. */
static void check_block(struct checker *c, const struct block *b, bool again)
{
	for (int i = 0; i < b->n; i++) {
		const struct step *s = &b->step[i];
		c->step = s;
		c->time++;
		if (step_is_control(s)) {
			if (s->cond >= 0)
				check_read(c, s->cond, ARG_READ);
			step_each_size(c->m, s, check_read, c);
			check_block(c, &s->body[0], again);
			check_block(c, &s->body[1], again);
			if (s->kind == STEP_LOOP && !again)
				check_block(c, &s->body[0], true);
			continue;
		}
		step_each_tensor(c->m, s, check_read, c);
		step_each_tensor(c->m, s, mark_written, c);
		if (s->kind == STEP_NEST)
			check_nest(s->nest);
	}
}

void block_check(struct module *m, const struct block *b)
{
	struct checker c = { .m = m, .written = ARENA_ARRAY(m->scratch, m->n_tensors, bool),
			     .wrote = ARENA_ARRAY(m->scratch, m->n_tensors, int),
			     .whole = ARENA_ARRAY(m->scratch, m->n_tensors, int) };

	for (int i = 0; i < m->graph[0].n_in; i++)
		c.written[m->tensor[m->graph[0].in[i]].base] = true;
	check_block(&c, b, false);
}
