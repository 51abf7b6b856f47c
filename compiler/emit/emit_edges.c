#include "emit/emit_edges.h"

#include <inttypes.h>

#include "emit/spell.h"
#include "support/arena.h"
#include "support/ident.h"

bool param_is_tensor(const struct emit_param *p)
{
	return p->kind == PARAM_INPUT || p->kind == PARAM_OUTPUT;
}

static int64_t param_bytes(const struct emit_param *p)
{
	int64_t n = dtypes[p->type].bytes;

	for (int i = 0; i < p->rank; i++)
		n *= p->dims[i];
	return n;
}

int64_t edges_bytes(const struct emit_model *m, enum param_kind kind)
{
	int64_t bytes = 0;

	for (int i = 0; i < m->n_params; i++)
		if (m->params[i].kind == kind)
			bytes += param_bytes(&m->params[i]);
	return bytes;
}

const char *emit_accessor(struct arena *a, const struct emit_model *m, const struct emit_param *p)
{
	const bool is_input = p->kind == PARAM_INPUT;

	struct strbuf b;

	strbuf_init(&b, a);
	strbuf_printf(&b, "%s%s *%s_%s_%s(", is_input ? "" : "const ", dtypes[p->type].ctype, m->prefix,
		      is_input ? "input" : "output", p->name);
	for (int i = 0; i < m->n_pools && m->is_caller_arena; i++)
		strbuf_printf(&b, "%svoid *%s", i ? ", " : "", m->pool[i].name);
	strbuf_puts(&b, m->is_caller_arena ? ")" : "void)");
	return strbuf_text(&b);
}

/* "INPUT_IMAGE" for macros. Names that capitals make equal get _2, _3 … */
static const char *macro_name(struct idents *names, const struct emit_param *p)
{
	return ident_make(names, arena_printf(names->arena, "%s_%s", p->kind == PARAM_INPUT ? "INPUT" : "OUTPUT",
					      ident_upper(names->arena, p->name)), "TENSOR");
}

/* Below, `name` is macro_name() by parameter, NULL where it is no tensor. */

/* How large inputs and outputs are that the arena holds: no declaration says it. */
static void print_sizes(struct emit *e, const struct emit_model *m, const char *upper, const char *const *name)
{
	for (int i = 0; i < m->n_params && m->has_edges_in_arena; i++)
		if (name[i])
			emit_directive(e, "#define %s_%s_BYTES %" PRId64, upper, name[i], param_bytes(&m->params[i]));
}

/* What the bytes of quantised inputs and outputs mean. */
static void print_scales(struct emit *e, const struct emit_model *m, const char *upper, const char *const *name)
{
	char scale[SPELL_BYTES];
	bool is_first = true;

	for (int i = 0; i < m->n_params; i++) {
		const struct emit_param *p = &m->params[i];
		if (!name[i] || !p->is_quantised)
			continue;
		if (is_first) {
			emit_blank(e);
			emit_comment(e, "A stored integer means SCALE * (stored - ZERO_POINT); for a value, store "
				"round(value / SCALE) + ZERO_POINT within the type, halves to even.");
		}
		is_first = false;
		emit_directive(e, "#define %s_%s_SCALE %s", upper, name[i], spell_f32(scale, p->scale));
		emit_directive(e, p->zero_point < 0 ? "#define %s_%s_ZERO_POINT (%" PRId64 ")" :
						      "#define %s_%s_ZERO_POINT %" PRId64,
			       upper, name[i], p->zero_point);
	}
}

/* How many rows of a stream's outputs come before those of a whole run. */
static void print_late(struct emit *e, const struct emit_model *m, const char *upper, const char *const *name)
{
	for (int i = 0; i < m->n_params; i++)
		if (m->params[i].late)
			emit_directive(e, "#define %s_%s_LATE %" PRId64 " /* %s */", upper, name[i], m->params[i].late,
				       m->params[i].is_of_window ? "steps" : "rows");
}

/* Text of a model, between quotes: what is no plain letter by its number. */
static const char *quoted(struct arena *a, const char *text)
{
	struct strbuf b;

	strbuf_init(&b, a);
	for (; *text; text++) {
		const unsigned char c = (unsigned char)*text;
		if (c < ' ' || c > '~' || c == '"' || c == '\\' || c == '?')
			strbuf_printf(&b, "\\%03o", c);
		else
			strbuf_printf(&b, "%c", c);
	}
	return strbuf_text(&b);
}

/* What the numbers of an output stand for. */
static void print_labels(struct emit *e, const struct emit_model *m, const char *upper, const char *const *name)
{
	for (int i = 0; i < m->n_params; i++) {
		const struct emit_param *p = &m->params[i];
		if (!name[i] || !p->n_labels)
			continue;
		emit_blank(e);
		emit_comment(e, dtypes[p->type].class == CLASS_F ?
				"What the columns of %s belong to: const char *const labels[] = this;" :
				"What number 0, 1 ... of %s stands for: const char *const labels[] = this;", p->name);
		emit_directive(e, "#define %s_%s_LABELS { \\", upper, name[i]);
		for (int k = 0; k < p->n_labels; k++)
			emit_directive(e, "\t\"%s\"%s", quoted(e->scratch.arena, p->label[k]),
				       k + 1 < p->n_labels ? ", \\" : " }");
	}
}

void edges_print_macros(struct emit *e, const struct emit_model *m, const char *upper)
{
	const char **name = ARENA_ARRAY(e->scratch.arena, m->n_params, const char *);
	struct idents names;

	idents_init(&names, e->scratch.arena);
	for (int i = 0; i < m->n_params; i++)
		name[i] = param_is_tensor(&m->params[i]) ? macro_name(&names, &m->params[i]) : NULL;
	print_labels(e, m, upper, name);
	print_sizes(e, m, upper, name);
	print_scales(e, m, upper, name);
	print_late(e, m, upper, name);
}
