#include "stream/input.h"

#include <string.h>

#include "options.h"
#include "support/diag.h"

static bool may_have_rows(const struct module *m, int input)
{
	return outermost_axis(&m->tensor[input]) >= 0 && tensor_is_static(m, input);
}

bool input_has_rows(const struct module *m, int input)
{
	const char *wanted = m->options->stream_input;

	return wanted && !strcmp(m->tensor[input].name, wanted) && may_have_rows(m, input);
}

static void read_input(struct lowering *l, int number)
{
	const int t = l->m->graph[0].in[number], axis = outermost_axis(&l->m->tensor[t]);
	struct call *c = lower_call(l, "nnrt_input_rows", GEOMETRY_NONE);

	c->out = t;
	call_arg(l, c, ARG_INPUT, -1)->first = num_const(number);
	call_arg(l, c, ARG_WRITE, t);
	call_number(l, c, num_const(l->m->tensor[t].stride[axis].n * dtypes[l->m->tensor[t].type].bytes));
	call_number(l, c, num_const(0));
	call_number(l, c, num_const(0));
	call_number(l, c, l->m->tensor[t].dim[axis]);
}

int input_of_step(const struct step *s)
{
	return s->kind == STEP_CALL && s->call->n_args && s->call->arg[0].kind == ARG_INPUT ?
		(int)s->call->arg[0].first.n : -1;
}

static bool none_is_called(const struct module *m, const char *wanted)
{
	const struct graph *g = &m->graph[0];
	struct strbuf b;

	strbuf_init(&b, m->scratch);
	for (int i = 0; i < module_n_in(m); i++)
		if (may_have_rows(m, g->in[i]))
			strbuf_printf(&b, "%s \"%s\"", b.size ? "," : "", m->tensor[g->in[i]].name);
	return diag_error(m->diag, STATUS_USAGE, NULL, "--stream-input: no input \"%s\" has rows, allowed:%s", wanted,
			  b.size ? strbuf_text(&b) : " none, for sizes must be known");
}

bool stream_inputs(struct module *m, struct block *b)
{
	const struct graph *g = &m->graph[0];
	struct block all = { 0 };
	struct lowering l = { .m = m, .block = &all, .node = -1 };

	if (!m->options->stream_input)
		return true;
	for (int i = 0; i < module_n_in(m); i++)
		if (input_has_rows(m, g->in[i]))
			read_input(&l, i);
	if (!all.n)
		return none_is_called(m, m->options->stream_input);
	for (int i = 0; i < b->n; i++) {
		all.step = ARENA_PUSH(m->steps, all.step, all.n, struct step);
		all.step[all.n++] = b->step[i];
	}
	*b = all;
	return true;
}
