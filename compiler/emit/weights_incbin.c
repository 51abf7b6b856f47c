/* Constants in a file of bytes that the assembler includes. */
#include "emit/weights_form.h"

#include "support/arena.h"
#include "support/ident.h"

static const char *incbin_object(const struct weights *w, int id)
{
	return arena_printf(w->arena, "%s_weights.w%d", w->prefix, id);
}

static void incbin_split(struct weights *w)
{
	(void)w;
}

/* Symbols carry an underscore on Apple's systems, and constants another section; so on Windows. */
static void print_asm(const struct weights *w, struct emit *e)
{
	const char *p = w->prefix;

	emit_line(e, "__asm__(");
	emit_directive(e, "#ifdef __APPLE__");
	emit_line(e, "\t\".section __TEXT,__const\\n.balign %d\\n.globl _%s_weights\\n.private_extern _%s_weights\\n\"",
		  w->align, p, p);
	emit_line(e, "\t\"_%s_weights:\\n.incbin \\\"%s.bin\\\"\\n.text\\n\"", p, w->base);
	emit_directive(e, "#elif defined(_WIN32)");
	emit_line(e, "\t\".section .rdata,\\\"dr\\\"\\n.balign %d\\n\"", w->align);
	emit_directive(e, "#ifdef _WIN64");
	emit_line(e, "\t\".globl %s_weights\\n%s_weights:\\n\"", p, p);
	emit_directive(e, "#else");
	emit_line(e, "\t\".globl _%s_weights\\n_%s_weights:\\n\"", p, p);
	emit_directive(e, "#endif");
	emit_line(e, "\t\".incbin \\\"%s.bin\\\"\\n.text\\n\"", w->base);
	emit_directive(e, "#else");
	emit_line(e, "\t\".section %s,\\\"a\\\"\\n.balign %d\\n.globl %s_weights\\n.hidden %s_weights\\n\"",
		  w->section ? w->section : ".rodata", w->align, p, p);
	emit_line(e, "\t\"%s_weights:\\n.incbin \\\"%s.bin\\\"\\n.previous\\n\"", p, w->base);
	emit_directive(e, "#endif");
	emit_line(e, ");");
}

static void incbin_print(const struct weights *w, struct emit *e)
{
	emit_comment(e, "The constants are in %s.bin: the assembler looks for it in the current folder and along -I.",
		w->base);
	weights_print_hidden(w, e);
	weights_print_struct(w, e, arena_printf(w->arena, "extern const struct %s_weights", w->prefix),
			     arena_printf(w->arena, " %s_weights %s_HIDDEN;", w->prefix,
					  ident_upper(w->arena, w->prefix)));
	print_asm(w, e);
}

static const char *incbin_file(const struct weights *w, int k)
{
	(void)w;
	return k ? NULL : ".bin";
}

static void incbin_print_file(const struct weights *w, struct emit *e, int k)
{
	(void)k;
	weights_write_bytes(w, e);
}

const struct weights_form weights_form_incbin = {
	incbin_object, incbin_split, incbin_print, incbin_file, incbin_print_file
};
