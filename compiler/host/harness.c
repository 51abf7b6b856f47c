#include "host/harness.h"

#include "emit/emit.h"
#include "emit/emit_header.h"
#include "emit/emit_tap.h"
#include "emit/template.h"
#include "options.h"
#include "support/arena.h"
#include "targets/target.h"

int harness_count(const struct emit_totals *t, int kind)
{
	int n = 0;

	for (int i = 0; i < t->n_params; i++)
		n += t->params[i].kind == (enum param_kind)kind;
	return n;
}

/* "model_run(dim[0], (const float *)in[0], (float *)out[0])" */
static const char *call_text(const struct emit_totals *t, struct arena *a)
{
	int dims = 0, returned = 0, in = 0, out = 0;
	struct strbuf b;

	strbuf_init(&b, a);
	strbuf_printf(&b, "%s(", t->entry);
	for (int i = 0; i < t->n_params; i++) {
		const struct emit_param *p = &t->params[i];
		const char *type = dtypes[p->type].ctype;
		strbuf_puts(&b, i ? ",\n\t\t" : "");
		switch (p->kind) {
		case PARAM_DIM:
			strbuf_printf(&b, "dim[%d]", dims++);
			break;
		case PARAM_DIM_OUT:
			strbuf_printf(&b, "&returned[%d]", returned++);
			break;
		case PARAM_INPUT:
			strbuf_printf(&b, "(const %s *)in[%d]", type, in++);
			break;
		case PARAM_OUTPUT:
			strbuf_printf(&b, "(%s *)out[%d]", type, out++);
			break;
		}
	}
	strbuf_puts(&b, ")");
	return strbuf_text(&b);
}

/* MARK(0), MARK(1) … */
static const char *marks_text(int n, struct arena *a)
{
	struct strbuf b;

	strbuf_init(&b, a);
	for (int i = 0; i < n; i++)
		strbuf_printf(&b, "MARK(%d)\n", i);
	return strbuf_text(&b);
}

void harness_write(FILE *f, const struct emit_totals *t, const struct target *target, const struct options *o,
		   struct arena *a)
{
#define COUNT(kind) arena_printf(a, "%d", harness_count(t, kind))
	const struct hole holes[] = {
		{ .name = "prefix", .text = t->prefix },
		{ .name = "n_dims", .text = COUNT(PARAM_DIM) },
		{ .name = "n_returned", .text = COUNT(PARAM_DIM_OUT) },
		{ .name = "n_in", .text = COUNT(PARAM_INPUT) },
		{ .name = "n_out", .text = COUNT(PARAM_OUTPUT) },
		{ .name = "n_steps", .text = arena_printf(a, "%d", t->n_steps) },
		{ .name = "has_clock_gettime", .text = target->is_hosted ? "1" : "0" },
		{ .name = "has_taps", .text = o->taps ? "1" : "0" },
		{ .name = "has_marks", .text = o->marks ? "1" : "0" },
		{ .name = "marks", .text = o->marks ? marks_text(t->n_steps, a) : "" },
		{ .name = "tap_parameters", .text = tap_parameters },
		{ .name = "reset", .text = t->has_states ? arena_printf(a, "\t\t%s_reset();\n", t->prefix) : "" },
		{ .name = "call", .text = call_text(t, a) },
		{ 0 },
	};
#undef COUNT
	struct emit e;

	emit_to_file(&e, a, f);
	template_print(&e, template_harness_c, holes, NULL);
}
