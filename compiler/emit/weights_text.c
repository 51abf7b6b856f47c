/* Constants in the C text: octal string literals, a few numbers as numbers; in further files where they are huge. */
#include "emit/weights_form.h"

#include "emit_sections.h"
#include "octal.h"
#include "options.h"
#include "spell.h"
#include "support/arena.h"
#include "support/ident.h"

static const char *text_object(const struct weights *w, int id)
{
	return arena_printf(w->arena, "%s_w%d", w->prefix, id);
}

/* Few elements of one type without special values: an engineer wants to read them. */
static bool is_number(const struct weights *w, const struct weight *v)
{
	size_t n = v->size_bytes / (size_t)dtypes[v->type].bytes;

	return n <= WEIGHTS_NUMBERS_MAX && !(v->views & (v->views - 1)) &&
	       spell_is_exact(v->type, weights_bytes(w, v), n);
}

/* " MODEL_SECTION_WEIGHTS" where there is one. */
static const char *weights_section(const struct weights *w)
{
	return w->section ? arena_printf(w->arena, " %s_SECTION_WEIGHTS", ident_upper(w->arena, w->prefix)) : "";
}

static void text_split(struct weights *w)
{
	size_t in_file = 0;

	if (w->files == FILES_ONE || (w->files == FILES_AUTO && w->total_bytes <= w->file_bytes))
		return;
	for (int i = 0; i < w->n; i++) {
		struct weight *v = &w->v[i];
		if (is_number(w, v))
			continue;
		if (!w->n_files || in_file + v->size_bytes > w->file_bytes) {
			w->n_files++;
			in_file = 0;
		}
		v->file = w->n_files;
		in_file += v->size_bytes;
	}
}

/* "unsigned char b[864]; float f32[216];" : every way in which the constant is read. */
static void print_members(const struct weights *w, struct emit *e, const struct weight *v)
{
	if (!is_number(w, v))
		emit_line(e, "unsigned char b[%s_TEXT(%zu)];", ident_upper(w->arena, w->prefix), v->size_bytes);
	weights_print_members(e, v);
}

/* " = { { 1.5f, 2.0f } };" */
static const char *numbers_text(const struct weights *w, const struct weight *v)
{
	const unsigned char *bytes = weights_bytes(w, v);
	size_t n = v->size_bytes / (size_t)dtypes[v->type].bytes;
	char number[SPELL_BYTES];
	struct strbuf b;

	strbuf_init(&b, w->arena);
	strbuf_puts(&b, " = { {");
	for (size_t i = 0; i < n; i++) {
		strbuf_puts(&b, i ? ", " : " ");
		strbuf_puts(&b, spell_element(number, v->type, bytes, i));
	}
	strbuf_puts(&b, " } };");
	return strbuf_text(&b);
}

static void print_definition(const struct weights *w, struct emit *e, int id)
{
	const struct weight *v = &w->v[id];
	const char *value = is_number(w, v) ? numbers_text(w, v) : " = { {";

	const char *section = weights_section(w);

	weights_print_comment(e, id, v);
	if (v->file) {
		emit_line(e, "const union %s_w%d %s_w%d%s%s", w->prefix, id, w->prefix, id, section, value);
	} else {
		emit_open(e, "static const union");
		print_members(w, e, v);
		emit_close(e, arena_printf(w->arena, " %s_w%d%s __attribute__((aligned(%d)))%s", w->prefix, id, section,
					   v->align, value));
	}
	if (is_number(w, v))
		return;
	emit_octal(e, weights_bytes(w, v), v->size_bytes, weights_swap_bytes(w, v));
	emit_puts(e, "\n} };\n");
}

/* C leaves out a literal's NUL where the array is full; C++ wants room for it. */
static void print_nul(const struct weights *w, struct emit *e)
{
	const char *upper = ident_upper(w->arena, w->prefix);

	emit_directive(e, "#pragma GCC diagnostic ignored \"-Woverlength-strings\"");
	emit_directive(e, "#ifdef __cplusplus");
	emit_directive(e, "#define %s_TEXT(n) ((n) + 1)", upper);
	emit_directive(e, "#else");
	emit_directive(e, "#define %s_TEXT(n) (n)", upper);
	emit_directive(e, "#endif");
}

static void text_print(const struct weights *w, struct emit *e)
{
	if (w->n_files)
		emit_directive(e, "#include \"%s_weights.h\"", w->base);
	else
		print_nul(w, e);
	for (int i = 0; i < w->n; i++)
		if (!w->v[i].file && w->v[i].size_bytes)
			print_definition(w, e, i);
}

/* The private header that model.c and the further files share. */
static void print_header(const struct weights *w, struct emit *e)
{
	const char *upper = ident_upper(w->arena, w->prefix);

	emit_comment(e, "Constants that %s.c and the files %s_w0.c ... share: private to them.", w->base, w->base);
	emit_directive(e, "#ifndef %s_WEIGHTS_H", upper);
	emit_directive(e, "#define %s_WEIGHTS_H", upper);
	emit_blank(e);
	emit_directive(e, "#include <stdint.h>");
	emit_blank(e);
	print_nul(w, e);
	weights_print_hidden(w, e);
	if (w->section)
		section_print(e, ident_upper(w->arena, w->prefix), "weights", w->section);
	for (int i = 0; i < w->n; i++) {
		if (!w->v[i].file)
			continue;
		emit_blank(e);
		emit_open(e, "union %s_w%d", w->prefix, i);
		print_members(w, e, &w->v[i]);
		emit_close(e, ";");
		emit_line(e, "extern const union %s_w%d %s_w%d %s_HIDDEN __attribute__((aligned(%d)));", w->prefix, i,
			  w->prefix, i, upper, w->v[i].align);
	}
	emit_blank(e);
	emit_directive(e, "#endif");
}

/* The k-th of n_files. */
static void print_part(const struct weights *w, struct emit *e, int k)
{
	emit_comment(e, "Constants of %s.c, part %d of %d.", w->base, k + 1, w->n_files);
	emit_directive(e, "#include \"%s_weights.h\"", w->base);
	for (int i = 0; i < w->n; i++) {
		if (w->v[i].file != k + 1)
			continue;
		emit_blank(e);
		print_definition(w, e, i);
	}
}

static const char *text_file(const struct weights *w, int k)
{
	if (!w->n_files || k > w->n_files)
		return NULL;
	return k ? arena_printf(w->arena, "_w%d.c", k - 1) : "_weights.h";
}

static void text_print_file(const struct weights *w, struct emit *e, int k)
{
	if (k)
		print_part(w, e, k - 1);
	else
		print_header(w, e);
}

const struct weights_form weights_form_text = { text_object, text_split, text_print, text_file, text_print_file };
