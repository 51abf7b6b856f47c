#include "emit/emit_tap.h"

#include <string.h>

enum { TAP_NAME_BYTES = 500 };

const char tap_parameters[] =
	"int step, const char *node, const char *tensor, const char *type, size_t element_bytes,\n"
	"\tconst void *data, int rank, const ptrdiff_t *dim, const ptrdiff_t *stride";

const char *tap_name(struct arena *a, const char *name)
{
	return arena_strndup(a, name, strnlen(name, TAP_NAME_BYTES));
}

/* A name as a string literal: whatever is not plain becomes an octal escape of full length. */
static const char *literal(struct arena *a, const char *name)
{
	struct strbuf b;

	strbuf_init(&b, a);
	strbuf_puts(&b, "\"");
	for (const char *s = tap_name(a, name); *s; s++) {
		if (*s >= ' ' && *s <= '~' && !strchr("\"\\?", *s))
			strbuf_add(&b, s, 1);
		else
			strbuf_printf(&b, "\\%03o", (unsigned char)*s);
	}
	strbuf_puts(&b, "\"");
	return strbuf_text(&b);
}

/* "static const ptrdiff_t name[] = { … };", not static when one of the numbers is known at run time only. */
static void emit_numbers(struct program *p, struct emit *run, const char *name, const struct num *v, int n)
{
	const struct module *m = p->x.m;
	struct strbuf b;
	bool fixed = true;

	strbuf_init(&b, m->scratch);
	for (int k = 0; k < n; k++) {
		strbuf_puts(&b, k ? ", " : "");
		strbuf_puts(&b, num_is_const(v[k]) ? arena_printf(m->scratch, "%lld", (long long)v[k].n) :
						     emission_num(&p->x, v[k]));
		fixed &= num_is_const(v[k]);
	}
	emit_line(run, "%sconst ptrdiff_t %s[] = { %s };", fixed ? "static " : "", name, n ? strbuf_text(&b) : "0");
}

struct writes {
	struct program *p;
	const struct step *step;
};

static void note_write(void *ctx, int tensor, enum arg_kind kind)
{
	struct writes *w = ctx;

	if (kind != ARG_WRITE)
		return;
	w->p->last_write[tensor] = w->step;
	w->p->last_write[w->p->x.m->tensor[tensor].base] = w->step;
}

void taps_find(struct program *p, const struct block *b)
{
	struct writes w = { .p = p };

	if (!p->last_write)
		p->last_write = ARENA_ARRAY(p->x.m->arena, p->x.m->n_tensors, const struct step *);
	for (int i = 0; i < b->n; i++) {
		w.step = &b->step[i];
		if (!step_is_control(w.step))
			step_each_tensor(p->x.m, w.step, note_write, &w);
	}
}

void emit_tap(struct program *p, struct emit *run, const struct step *s, int number, int t, const char *pointer)
{
	const struct module *m = p->x.m;
	const struct tensor *x = &m->tensor[t];
	const int node = x->producer >= 0 ? x->producer : s->node;

	emit_line(run, "{");
	run->depth++;
	emit_numbers(p, run, "tap_dim", x->dim, x->rank);
	emit_numbers(p, run, "tap_stride", x->stride, x->rank);
	emit_line(run, "%s_tap(%d, %s, %s, \"%s\", %d, %s, %d, tap_dim, tap_stride);", p->prefix, number,
		  literal(m->scratch, node >= 0 ? m->node[node].name : ""), literal(m->scratch, x->name),
		  dtypes[x->type].name, dtypes[x->type].bytes, pointer, x->rank);
	emit_close(run, "");
}
