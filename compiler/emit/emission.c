#include "emit/emission.h"

#include <string.h>

#include "support/name.h"
#include "support/strbuf.h"

void emission_init(struct emission *x, const struct module *m)
{
	*x = (struct emission){ .m = m };
	nums_copy(&x->nums, &m->nums, m->arena);
	extract_init(&x->runtime, m->arena, NULL, m->target);
	x->variable_of = ARENA_ARRAY(m->arena, m->nums.n_exprs, int);
	x->touched = ARENA_ARRAY(m->arena, m->n_tensors, struct touched);
	x->touched_of = ARENA_ARRAY(m->arena, m->n_tensors, int);
}

void emission_declare(struct emission *x, struct num var, const char *name)
{
	if (x->variable_of[var.expr])
		return;
	num_rename(&x->nums, var, name);
	x->variable = ARENA_PUSH(x->m->arena, x->variable, x->n_variables, struct variable);
	x->named = ARENA_PUSH(x->m->arena, x->named, x->n_variables, int);
	x->variable[x->n_variables++] = (struct variable){ .name = name };
	x->variable_of[var.expr] = x->n_variables;
}

void emission_begin(struct emission *x)
{
	for (int i = 0; i < x->n_touched; i++)
		x->touched_of[x->touched[i].tensor] = 0;
	for (int i = 0; i < x->n_named; i++)
		x->variable[x->named[i]].is_named = false;
	x->n_touched = 0;
	x->n_named = 0;
	x->n_constants = 0;
	x->constant = NULL;
	x->has_independent = false;
}

void emission_rest(struct emission *x)
{
	enum { MUCH = 1 << 20 };        /* emptying costs more than a step's few KB */

	if (x->m->scratch->total_bytes > MUCH)
		arena_free(x->m->scratch);
}

void emission_touch(struct emission *x, int tensor, bool is_written)
{
	if (!x->touched_of[tensor]) {
		x->touched[x->n_touched++] = (struct touched){ .tensor = tensor };
		x->touched_of[tensor] = x->n_touched;
	}
	x->touched[x->touched_of[tensor] - 1].is_written |= is_written;
}

bool emission_touches_bytes(const struct emission *x)
{
	for (int i = 0; i < x->n_touched; i++) {
		const enum dtype type = x->m->tensor[x->touched[i].tensor].type;
		if (dtypes[type].bytes == 1 && type != DT_BOOL)
			return true;
	}
	return false;
}

const char *emission_tensor(struct emission *x, int tensor)
{
	struct touched *t;

	if (!x->touched_of[tensor])
		die("tensor %d is named where it is not touched", tensor);
	t = &x->touched[x->touched_of[tensor] - 1];
	t->is_named = true;
	return t->name;
}

/* Keeps the list ascending, so that parameters stand in the order of their declaration. */
static void note_variable(void *ctx, struct num var, const char *name)
{
	struct emission *x = ctx;
	const int i = var.expr < x->m->nums.n_exprs ? x->variable_of[var.expr] - 1 : -1;
	int k;

	(void)name;
	if (i < 0 || x->variable[i].is_named)
		return;
	x->variable[i].is_named = x->variable[i].is_used = true;
	for (k = x->n_named++; k && x->named[k - 1] > i; k--)
		x->named[k] = x->named[k - 1];
	x->named[k] = i;
}

const char *emission_num(struct emission *x, struct num v)
{
	struct num_helpers helpers = { false, false };
	struct strbuf b;

	if (num_is_const(v) && v.n >= 0)
		return arena_printf(x->m->scratch, "%lld", (long long)v.n);
	strbuf_init(&b, x->m->scratch);
	num_print_using(&x->nums, v, &b, &helpers);
	num_each_var(&x->nums, v, note_variable, x);
	if (helpers.floordiv)
		emission_use(x, "nnrt_floordiv");
	if (helpers.floormod)
		emission_use(x, "nnrt_floormod");
	return strbuf_text(&b);
}

bool emission_is_parameter(const struct emission *x, int i)
{
	return x->varies && x->varies[i];
}

const char *emission_constant(struct emission *x, const char *ctype, const char *text)
{
	struct arena *scratch = x->m->scratch;
	const int i = x->n_constants++;

	x->constant = ARENA_PUSH(scratch, x->constant, i, struct constant);
	x->constant[i] = (struct constant){ ctype, arena_strdup(scratch, text) };
	return x->is_template || emission_is_parameter(x, i) ? arena_printf(scratch, "k%d", i) : x->constant[i].text;
}

const char *emission_name(struct arena *a, const char *name)
{
	return name_text(a, name);
}

void emission_add_name(struct strbuf *b, const char *name)
{
	name_add(b, name);
}

const char *emission_use(struct emission *x, const char *symbol)
{
	if (!extract_mark(&x->runtime, symbol))
		die("the runtime has no %s", symbol);
	return symbol;
}
