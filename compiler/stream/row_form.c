#include "stream/row_form.h"

#include "lower/lower.h"

/* Variables that a call reads, in their order. */
static int next_read(const struct module *m, const struct call *c, int from)
{
	while (from < c->n_args && (c->arg[from].kind != ARG_READ || c->arg[from].tensor < 0 ||
				    m->tensor[m->tensor[c->arg[from].tensor].base].data))
		from++;
	return from;
}

/* Whether two calls compute one tensor of the same others. */
static bool same_operands(const struct module *m, const struct call *a, const struct call *b)
{
	int i = next_read(m, a, 0), k = next_read(m, b, 0);

	for (; i < a->n_args && k < b->n_args; i = next_read(m, a, i + 1), k = next_read(m, b, k + 1))
		if (a->arg[i].tensor != b->arg[k].tensor || !num_same(a->arg[i].first, b->arg[k].first))
			return false;
	return i == a->n_args && k == b->n_args && a->out == b->out && a->row_axis == b->row_axis;
}

const struct step *row_form(struct module *m, const struct step *s)
{
	struct block again = { 0 };
	struct lowering l = { .m = m, .block = &again, .node = s->node };
	bool lowered;

	if (s->kind != STEP_CALL || s->node < 0 || s->call->geometry.kind != GEOMETRY_CONV || s->call->epilogue)
		return s;
	m->by_rows = true;
	lowered = lower_node(&l);
	m->by_rows = false;
	if (!lowered || again.n != 1 || again.step[0].kind != STEP_CALL ||
	    !same_operands(m, s->call, again.step[0].call))
		return s;
	return again.step;
}
