#include "emit/step_function.h"

#include "emit/emit_call.h"
#include "emit/emit_nest.h"
#include "options.h"
#include "support/sha256.h"

static void touch(void *ctx, int tensor, enum arg_kind kind)
{
	emission_touch(ctx, tensor, kind != ARG_READ);
}

/* x0, x1 … for what is read, y0, y1 … for what is written: equal steps get equal names. */
static void name_tensors(struct emission *x)
{
	for (int i = 0, reads = 0, writes = 0; i < x->n_touched; i++) {
		struct touched *t = &x->touched[i];
		t->name = arena_printf(x->m->scratch, "%c%d", t->is_written ? 'y' : 'x',
				       t->is_written ? writes++ : reads++);
	}
}

/* Whether every float operation must be rounded by itself: everywhere under --fp=strict, and where bytes come in or go
 * out, for quantised results are promised to the bit. */
static bool is_literal(const struct emission *x, const struct step *s)
{
	return s->kind == STEP_NEST && (x->m->options->fp == FP_STRICT || emission_touches_bytes(x));
}

/* The number of the first step that had this text. */
static int first_with(struct program *p, const struct strbuf *text, int number)
{
	char key[SHA256_TEXT_BYTES];
	int64_t first;

	sha256_text(key, strbuf_text(text), text->size);
	first = map_get(&p->functions, key, sizeof key, -1);
	if (first < 0)
		map_set(&p->functions, key, sizeof key, number);
	return first < 0 ? number : (int)first;
}

static const char *function_name(const struct program *p, char kind, int number)
{
	return arena_printf(p->x.m->scratch, "%s_%c%d", p->prefix, kind, number);
}

/* Writes the epilogue of a call unless an earlier one has its text; its name. */
static const char *shared_epilogue(struct program *p, struct emit *e, const struct call *c, int number)
{
	struct strbuf text;
	struct emit inner;
	const char *name;
	int first;

	if (!c->epilogue)
		return NULL;
	strbuf_init(&text, p->x.m->scratch);
	emit_to_text(&inner, p->x.m->scratch, &text);
	emit_epilogue(&inner, &p->x, c, "");
	first = first_with(p, &text, number);
	name = function_name(p, 'e', first);
	if (first == number)
		emit_epilogue(e, &p->x, c, name);
	return name;
}

/* Parameters of the definition, which are what its body names, and what the call gives for those that are variables. */
static void print_parameters(const struct emission *x, struct strbuf *params, struct strbuf *variables)
{
	for (int i = 0; i < x->n_touched; i++) {
		const struct touched *t = &x->touched[i];
		if (t->is_named)
			strbuf_printf(params, "%s%s%s *%s", params->size ? ", " : "", t->is_written ? "" : "const ",
				      dtypes[x->m->tensor[t->tensor].type].ctype, t->name);
	}
	for (int i = 0; i < x->n_named; i++) {
		const char *name = x->variable[x->named[i]].name;
		strbuf_printf(params, "%sptrdiff_t %s", params->size ? ", " : "", name);
		strbuf_printf(variables, "%s%s", variables->size ? ", " : "", name);
	}
}

static const char *call_text(struct program *p, const char *function, const char *variables)
{
	const struct emission *x = &p->x;
	const char *separator = "";
	struct strbuf b;

	strbuf_init(&b, x->m->scratch);
	strbuf_printf(&b, "%s(", function);
	for (int i = 0; i < x->n_touched; i++) {
		if (!x->touched[i].is_named)
			continue;
		strbuf_printf(&b, "%s%s", separator, program_address(p, x->touched[i].tensor));
		separator = ", ";
	}
	strbuf_printf(&b, "%s%s)", *variables ? separator : "", variables);
	return strbuf_text(&b);
}

const char *step_function(struct program *p, struct emit *e, const struct step *s, int number, const char *comment)
{
	struct emission *x = &p->x;
	struct strbuf body, params, variables, text;
	struct emit inner;
	const char *name, *qualifier = "";
	int first;

	emission_begin(x);
	step_each_tensor(x->m, s, touch, x);
	name_tensors(x);
	strbuf_init(&body, x->m->scratch);
	emit_to_text(&inner, x->m->scratch, &body);
	inner.depth = 1;
	if (s->kind == STEP_NEST) {
		emit_nest(&inner, x, s->nest);
	} else {
		emit_shared(e, x, s->call, &p->shared);
		emit_call(&inner, x, s->call, shared_epilogue(p, e, s->call, number));
	}
	if (!body.size)
		return NULL;
	if (is_literal(x, s) && extract_mark(&x->runtime, "NNRT_LITERAL"))
		qualifier = "NNRT_LITERAL ";
	strbuf_init(&params, x->m->scratch);
	strbuf_init(&variables, x->m->scratch);
	print_parameters(x, &params, &variables);
	strbuf_init(&text, x->m->scratch);
	strbuf_printf(&text, "%s(%s)\n%s", qualifier, strbuf_text(&params), strbuf_text(&body));
	first = first_with(p, &text, number);
	name = function_name(p, 's', first);
	if (first == number) {
		emit_comment(e, "%s", comment);
		emit_open(e, "static %svoid %s(%s)", qualifier, name, params.size ? strbuf_text(&params) : "void");
		emit_puts(e, strbuf_text(&body));
		emit_close(e, "");
		emit_blank(e);
	}
	return call_text(p, name, strbuf_text(&variables));
}
