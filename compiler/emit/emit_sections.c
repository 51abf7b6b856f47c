#include "emit/emit_sections.h"

#include "options.h"
#include "support/ident.h"

void section_print(struct emit *e, const char *upper, const char *what, const char *name)
{
	const char *macro = ident_upper(e->scratch.arena, what);

	emit_directive(e, "#ifndef %s_SECTION_%s", upper, macro);
	emit_directive(e, "#define %s_SECTION_%s __attribute__((section(\"%s\")))", upper, macro, name);
	emit_directive(e, "#endif");
}

void sections_print(struct emit *e, const struct emit_model *m)
{
	const char *upper = ident_upper(e->scratch.arena, m->prefix);
	bool has_any = false;

	for (int i = 0; i < m->n_pools; i++)
		has_any |= m->pool[i].section != NULL;
	if (!m->section)
		return;
	has_any |= m->section->name[SECTION_WEIGHTS] || m->section->name[SECTION_CODE];
	if (!has_any)
		return;
	emit_comment(e, "Where the linker finds this model's parts; a program may define other attributes.");
	for (int i = 0; i < m->n_pools; i++)
		if (m->pool[i].section)
			section_print(e, upper, m->pool[i].name, m->pool[i].section);
	if (m->section->name[SECTION_WEIGHTS])
		section_print(e, upper, "weights", m->section->name[SECTION_WEIGHTS]);
	if (m->section->name[SECTION_CODE]) {
		section_print(e, upper, "code", m->section->name[SECTION_CODE]);
		emit_directive(e, "#define NNRT_CODE %s_SECTION_CODE", upper);
	}
	emit_blank(e);
}
