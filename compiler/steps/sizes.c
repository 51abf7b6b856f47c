#include "steps/sizes.h"

struct visit {
	const struct module *m;
	void (*f)(void *ctx, int tensor, enum arg_kind kind);
	void *ctx;
};

static void visit_var(void *ctx, struct num var, const char *name)
{
	struct visit *v = ctx;
	const int tensor = num_var_tensor(&v->m->nums, var);

	(void)name;
	if (tensor >= 0)
		v->f(v->ctx, tensor, ARG_READ);
}

static void visit_num(struct visit *v, struct num a)
{
	num_each_var(&v->m->nums, a, visit_var, v);
}

static void visit_tensor(struct visit *v, int tensor)
{
	const struct tensor *t = &v->m->tensor[tensor];

	visit_num(v, t->offset);
	for (int k = 0; k < t->rank; k++) {
		visit_num(v, t->dim[k]);
		visit_num(v, t->stride[k]);
	}
}

static void visit_nest(struct visit *v, const struct nest *n)
{
	for (int k = 0; k < n->n_axes + n->n_reduce; k++)
		visit_num(v, n->extent[k]);
	for (int k = 0; k < n->n_at; k++)
		visit_num(v, n->at[k].affine);
	for (int k = 0; k < v->m->tensor[n->out].rank; k++)
		visit_num(v, n->store[k].affine);
	for (int i = 0; i < n->n_e; i++) {
		if (n->e[i].op == E_INDEX)
			visit_num(v, n->e[i].index);
		if (n->e[i].op == E_LOAD)
			visit_tensor(v, n->e[i].tensor);
	}
	visit_tensor(v, n->out);
}

static void visit_call(struct visit *v, const struct call *c)
{
	const struct geometry_struct *g = geometry_struct(c->geometry.kind);

	for (int i = 0; i < g->n_fields; i++)
		if (g->field[i].kind != FIELD_REAL)
			visit_num(v, geometry_number(&c->geometry, &g->field[i]));
	for (int k = 0; k < c->n_loops; k++) {
		visit_num(v, c->loop[k].times);
		visit_num(v, c->loop[k].step);
	}
	for (int i = 0; i < c->n_args; i++) {
		visit_num(v, c->arg[i].first);
		for (int k = 0; k < c->n_loops; k++)
			visit_num(v, c->arg[i].advance[k]);
		if (c->arg[i].tensor >= 0)
			visit_tensor(v, c->arg[i].tensor);
	}
	if (c->epilogue)
		visit_nest(v, c->epilogue);
}

void step_each_size(const struct module *m, const struct step *s, void (*f)(void *ctx, int tensor, enum arg_kind kind),
		    void *ctx)
{
	struct visit v = { .m = m, .f = f, .ctx = ctx };

	if (!m->nums.n_found)
		return;
	switch (s->kind) {
	case STEP_NEST:
		visit_nest(&v, s->nest);
		break;
	case STEP_CALL:
		visit_call(&v, s->call);
		break;
	case STEP_LOOP:
		visit_num(&v, s->trips);
		break;
	case STEP_IF:
		break;
	}
}
