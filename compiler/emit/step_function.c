#include "emit/step_function.h"

#include "emit/emit_call.h"
#include "emit/emit_nest.h"
#include "options.h"
#include "stream/input.h"
#include "support/sha256.h"
#include "targets/target.h"

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

/* Bytes that a nest makes of floats and reads again by itself. */
static bool has_bytes(const struct nest *n)
{
	for (int e = 0; e < n->n_e; e++)
		if (dtypes[n->e[e].type].bytes == 1 && n->e[e].type != DT_BOOL)
			return true;
	return false;
}

/* Whether every float operation must be rounded by itself: everywhere under --fp=strict, and where bytes come in, go
 * out, or are between, for quantised results are promised to the bit. */
static bool is_literal(const struct emission *x, const struct step *s)
{
	return s->kind == STEP_NEST &&
	       (x->m->options->fp == FP_STRICT || emission_touches_bytes(x) || has_bytes(s->nest));
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

/* The epilogue as a function of that name, and how many of the step's constants are its. */
static void print_epilogue(struct emission *x, struct emit *e, const struct call *c, const char *name)
{
	x->n_constants = 0;
	emit_epilogue(e, x, c, name);
	x->n_epilogue = x->n_constants;
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
	print_epilogue(&p->x, &inner, c, "");
	first = first_with(p, &text, number);
	name = function_name(p, 'e', first);
	if (first == number)
		print_epilogue(&p->x, e, c, name);
	return name;
}

/* The caller's function for the rows of an input, and what it wants to be given. */
static void print_input(struct program *p, int input, struct strbuf *params, struct strbuf *numbers)
{
	const struct emit_param *given = &p->params[p->n_dims + input];

	p->names_param[p->n_dims + input] = true;
	strbuf_printf(params, "%snnrt_read_row *read, void *from", params->size ? ", " : "");
	strbuf_printf(numbers, "%s%s, %s", numbers->size ? ", " : "", given->name, given->from);
}

/* Parameters of the definition, which are what its body names, and what the call gives for those that are numbers. */
static void print_parameters(struct program *p, const struct step *s, struct strbuf *params,
			     struct strbuf *numbers)
{
	const struct emission *x = &p->x;

	for (int i = 0; i < x->n_touched; i++) {
		const struct touched *t = &x->touched[i];
		if (t->is_named)
			strbuf_printf(params, "%s%s%s *%s", params->size ? ", " : "", t->is_written ? "" : "const ",
				      dtypes[x->m->tensor[t->tensor].type].ctype, t->name);
	}
	for (int i = 0; i < x->n_named; i++) {
		const char *name = x->variable[x->named[i]].name;
		strbuf_printf(params, "%sptrdiff_t %s", params->size ? ", " : "", name);
		strbuf_printf(numbers, "%s%s", numbers->size ? ", " : "", name);
	}
	for (int i = 0; i < x->n_constants; i++) {
		if (!emission_is_parameter(x, i))
			continue;
		strbuf_printf(params, "%s%s k%d", params->size ? ", " : "", x->constant[i].ctype, i);
		strbuf_printf(numbers, "%s%s", numbers->size ? ", " : "", x->constant[i].text);
	}
	if (input_of_step(s) >= 0)
		print_input(p, input_of_step(s), params, numbers);
}

static const char *call_text(struct program *p, const char *function, const char *numbers)
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
	strbuf_printf(&b, "%s%s)", *numbers ? separator : "", numbers);
	return strbuf_text(&b);
}

static void begin(struct emission *x, const struct step *s, const bool *varies, int n_epilogue)
{
	emission_begin(x);
	x->varies = varies;
	x->n_epilogue = n_epilogue;
	step_each_tensor(x->m, s, touch, x);
	name_tensors(x);
}

/* is_outside: of its caller, for what it has on the stack would lie there under all that the caller calls. */
static const char *qualifier_of(struct emission *x, const struct step *s, bool is_outside)
{
	const char *where = x->m->options->section.name[SECTION_CODE] ? "NNRT_CODE " : "";

	/* Either says NNRT_CODE too. */
	if (is_literal(x, s) && extract_mark(&x->runtime, "NNRT_LITERAL"))
		where = "NNRT_LITERAL ";
	else if (x->has_independent && extract_mark(&x->runtime, "NNRT_LOOPS"))
		where = "NNRT_LOOPS ";
	return arena_printf(x->m->scratch, "%s%s", is_outside ? "__attribute__((noinline)) " : "", where);
}

void step_template(struct program *p, const struct step *s, struct strbuf *text)
{
	struct emission *x = &p->x;
	struct emit e;

	begin(x, s, NULL, 0);
	x->is_template = true;
	emit_to_text(&e, x->m->scratch, text);
	if (s->kind == STEP_NEST) {
		emit_nest(&e, x, s->nest);
	} else {
		print_epilogue(x, &e, s->call, "");
		emit_call(&e, x, s->call, "");
	}
	x->is_template = false;
	print_parameters(p, s, text, text);
	strbuf_puts(text, qualifier_of(x, s, false));
}

const char *step_function(struct program *p, struct emit *e, const struct step *s, int number, const char *comment)
{
	const struct step_group *g = p->group[number];
	struct emission *x = &p->x;
	struct strbuf body, params, numbers, text;
	const char *name, *qualifier;
	struct emit inner;
	int first;

	begin(x, s, g->parameters, g->n_epilogue);
	strbuf_init(&body, x->m->scratch);
	emit_to_text(&inner, x->m->scratch, &body);
	inner.depth = 1;
	if (s->kind == STEP_NEST) {
		emit_nest(&inner, x, s->nest);
	} else {
		emit_shared(e, x, s->call, &p->shared,
			    x->m->options->protect ? function_name(p, 'k', number) : NULL);
		emit_call(&inner, x, s->call, shared_epilogue(p, e, s->call, number));
	}
	if (!body.size)
		return NULL;
	qualifier = qualifier_of(x, s, g->is_apart);
	strbuf_init(&params, x->m->scratch);
	strbuf_init(&numbers, x->m->scratch);
	print_parameters(p, s, &params, &numbers);
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
	return call_text(p, name, strbuf_text(&numbers));
}
