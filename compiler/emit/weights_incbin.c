/* Constants in a file of bytes that the assembler includes. */
#include "emit/weights_form.h"

#include "support/arena.h"

static const char *incbin_object(const struct weights *w, int id)
{
	return arena_printf(w->arena, "%s_weights.w%d", w->prefix, id);
}

static void incbin_split(struct weights *w)
{
	(void)w;
}

/* Symbols carry an underscore on Apple's systems, and constants another section. */
static void print_asm(const struct weights *w, struct emit *e)
{
	const char *p = w->prefix;

	emit_line(e, "__asm__(");
	emit_directive(e, "#ifdef __APPLE__");
	emit_line(e, "\t\".section __TEXT,__const\\n.balign %d\\n.globl _%s_weights\\n_%s_weights:\\n\"", w->align, p,
		  p);
	emit_line(e, "\t\".incbin \\\"%s.bin\\\"\\n.text\\n\"", w->base);
	emit_directive(e, "#else");
	emit_line(e, "\t\".section %s,\\\"a\\\"\\n.balign %d\\n.globl %s_weights\\n%s_weights:\\n\"",
		  w->section ? w->section : ".rodata", w->align, p, p);
	emit_line(e, "\t\".incbin \\\"%s.bin\\\"\\n.previous\\n\"", w->base);
	emit_directive(e, "#endif");
	emit_line(e, ");");
}

static void incbin_print(const struct weights *w, struct emit *e)
{
	emit_comment(e, "The constants are in %s.bin: the assembler looks for it in the current folder and along -I.",
		w->base);
	emit_open(e, "extern const struct %s_weights", w->prefix);
	for (int i = 0; i < w->n; i++) {
		if (!w->v[i].size_bytes)
			continue;
		weights_print_comment(e, i, &w->v[i]);
		emit_open(e, "union");
		weights_print_members(e, &w->v[i]);
		emit_close(e, arena_printf(w->arena, " w%d __attribute__((aligned(%d)));", i, w->v[i].align));
	}
	emit_close(e, arena_printf(w->arena, " %s_weights;", w->prefix));
	print_asm(w, e);
}

static const char *incbin_file(const struct weights *w, int k)
{
	(void)w;
	return k ? NULL : ".bin";
}

static void pad_bin(struct emit *e, size_t n)
{
	static const char zeros[64];

	for (; n > sizeof zeros; n -= sizeof zeros)
		emit_text(e, zeros, sizeof zeros);
	emit_text(e, zeros, n);
}

static void write_swapped(struct emit *e, const unsigned char *bytes, size_t n, size_t swap)
{
	char swapped[4096];

	for (size_t at = 0; at < n; at += sizeof swapped) {
		size_t k = n - at < sizeof swapped ? n - at : sizeof swapped;
		for (size_t i = 0; i < k; i++)
			swapped[i] = (char)bytes[at + (i ^ (swap - 1))];
		emit_text(e, swapped, k);
	}
}

static void incbin_print_file(const struct weights *w, struct emit *e, int k)
{
	size_t at = 0;

	(void)k;
	for (int i = 0; i < w->n; i++) {
		const struct weight *v = &w->v[i];
		const unsigned char *bytes = weights_bytes(w, v);
		pad_bin(e, v->offset - at);
		if (weights_swap_bytes(w, v) == 1)
			emit_text(e, (const char *)bytes, v->size_bytes);
		else
			write_swapped(e, bytes, v->size_bytes, weights_swap_bytes(w, v));
		at = v->offset + v->size_bytes;
	}
}

const struct weights_form weights_form_incbin = {
	incbin_object, incbin_split, incbin_print, incbin_file, incbin_print_file
};
