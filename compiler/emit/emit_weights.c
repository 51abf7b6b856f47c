#include "emit_weights.h"

#include <string.h>

#include "support/ident.h"
#include "emission.h"
#include "octal.h"
#include "spell.h"
#include "support/arena.h"
#include "support/diag.h"
#include "targets/target.h"

/* Names of the union's members; types of one C type share one. */
static const char *const members[N_DTYPES] = {
	[DT_F32] = "f32", [DT_F64] = "f64", [DT_BOOL] = "u8", [DT_I8] = "i8", [DT_U8] = "u8", [DT_I16] = "i16",
	[DT_U16] = "u16", [DT_I32] = "i32", [DT_U32] = "u32", [DT_I64] = "i64", [DT_U64] = "u64", [DT_F16] = "u16",
	[DT_BF16] = "u16",
};

void weights_init(struct weights *w, struct arena *a, const char *prefix, const char *base,
	const struct target *target, enum weights_form form)
{
	*w = (struct weights){ .arena = a, .prefix = prefix, .base = base, .target = target, .form = form,
		.file_bytes = WEIGHTS_FILE_BYTES };
	map_init(&w->by_hash, a);
}

/* What makes two constants one: the bytes, and the size of an element, by which a big-endian target reverses them. */
struct weight_key {
	uint64_t hash, size_bytes, element_bytes;
};

static int find_equal(const struct weights *w, int64_t first, const void *bytes, size_t size_bytes)
{
	for (int i = (int)first; i >= 0; i = w->v[i].next_same_hash)
		if (!memcmp(w->v[i].bytes, bytes, size_bytes))
			return i;
	return -1;
}

int weights_add(struct weights *w, const void *bytes, size_t n, enum dtype type, int align, const char *name)
{
	size_t size_bytes = n * (size_t)dtypes[type].bytes;
	struct weight_key key = { hash_bytes(bytes, size_bytes, 0), size_bytes, (uint64_t)dtypes[type].bytes };
	int64_t first = map_get(&w->by_hash, &key, sizeof key, -1);
	int id = find_equal(w, first, bytes, size_bytes);

	if (align < dtypes[type].bytes)
		align = dtypes[type].bytes;
	if (id < 0) {
		id = w->n++;
		w->v = ARENA_PUSH(w->arena, w->v, id, struct weight);
		w->v[id] = (struct weight){ .bytes = bytes, .size_bytes = size_bytes, .align = align, .type = type,
			.next_same_hash = (int)first, .name = name };
		map_set(&w->by_hash, &key, sizeof key, id);
	}
	w->v[id].views |= UINT32_C(1) << type;
	if (w->v[id].align < align)
		w->v[id].align = align;
	return id;
}

const char *weights_ref(const struct weights *w, int id, enum dtype type)
{
	const struct weight *v = &w->v[id];

	if (!(v->views >> type & 1))
		die("constant %d is not known as %s", id, dtypes[type].name);
	if (!v->size_bytes)
		return arena_printf(w->arena, "(const %s *)0", dtypes[type].ctype);
	if (w->form == WEIGHTS_INCBIN)
		return arena_printf(w->arena, "%s_weights.w%d.%s", w->prefix, id, members[type]);
	return arena_printf(w->arena, "%s_w%d.%s", w->prefix, id, members[type]);
}

/* Few elements of one type without special values: an engineer wants to read them. */
static bool is_number(const struct weights *w, const struct weight *v)
{
	size_t n = v->size_bytes / (size_t)dtypes[v->type].bytes;

	return w->form == WEIGHTS_TEXT && n <= WEIGHTS_NUMBERS_MAX && !(v->views & (v->views - 1)) &&
	       spell_is_exact(v->type, v->bytes, n);
}

void weights_finish(struct weights *w)
{
	size_t at = 0, in_file = 0;

	for (int i = 0; i < w->n; i++) {
		struct weight *v = &w->v[i];
		size_t align = (size_t)v->align;
		w->align = v->align > w->align ? v->align : w->align;
		at = (at + align - 1) / align * align;
		v->offset = at;
		at += v->size_bytes;
	}
	w->total_bytes = at;
	w->n_files = 0;
	if (w->form != WEIGHTS_TEXT || at <= w->file_bytes)
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
	const char *seen[N_DTYPES];
	int n_seen = 0;

	if (w->form == WEIGHTS_TEXT && !is_number(w, v))
		emit_line(e, "unsigned char b[%zu + %s_NUL];", v->size_bytes, ident_upper(w->arena, w->prefix));
	for (int t = DT_NONE + 1; t < N_DTYPES; t++) {
		bool is_new = v->views >> t & 1;
		for (int i = 0; i < n_seen; i++)
			is_new = is_new && strcmp(seen[i], members[t]);
		if (!is_new)
			continue;
		seen[n_seen++] = members[t];
		emit_line(e, "%s %s[%zu];", dtypes[t].ctype, members[t], v->size_bytes / (size_t)dtypes[t].bytes);
	}
}

static void print_comment(struct emit *e, int id, const struct weight *v)
{
	size_t n = v->size_bytes / (size_t)dtypes[v->type].bytes;

	if (v->name && *v->name)
		emit_comment(e, "%d: \"%s\", %zu %s", id, emission_name(e->scratch.arena, v->name), n,
			     dtypes[v->type].name);
	else
		emit_comment(e, "%d: %zu %s", id, n, dtypes[v->type].name);
}

/* " = { { 1.5f, 2.0f } };" */
static const char *numbers_text(struct arena *a, const struct weight *v)
{
	size_t n = v->size_bytes / (size_t)dtypes[v->type].bytes;
	char number[SPELL_BYTES];
	struct strbuf b;

	strbuf_init(&b, a);
	strbuf_puts(&b, " = { {");
	for (size_t i = 0; i < n; i++) {
		strbuf_puts(&b, i ? ", " : " ");
		strbuf_puts(&b, spell_element(number, v->type, v->bytes, i));
	}
	strbuf_puts(&b, " } };");
	return strbuf_text(&b);
}

static size_t swap_bytes(const struct weights *w, const struct weight *v)
{
	return w->target->is_big_endian ? (size_t)dtypes[v->type].bytes : 1;
}

static void print_definition(const struct weights *w, struct emit *e, int id)
{
	const struct weight *v = &w->v[id];
	const char *value = is_number(w, v) ? numbers_text(w->arena, v) : " = { {";

	print_comment(e, id, v);
	if (v->file) {
		emit_line(e, "const union %s_w%d %s_w%d%s", w->prefix, id, w->prefix, id, value);
	} else {
		emit_open(e, "static const union");
		print_members(w, e, v);
		emit_close(e, arena_printf(w->arena, " %s_w%d __attribute__((aligned(%d)))%s", w->prefix, id, v->align,
					   value));
	}
	if (is_number(w, v))
		return;
	emit_octal(e, v->bytes, v->size_bytes, swap_bytes(w, v));
	emit_puts(e, "\n} };\n");
}

/* C leaves out a literal's NUL where the array is full; C++ wants room for it. */
static void print_nul(const struct weights *w, struct emit *e)
{
	const char *upper = ident_upper(w->arena, w->prefix);

	emit_directive(e, "#pragma GCC diagnostic ignored \"-Woverlength-strings\"");
	emit_directive(e, "#ifdef __cplusplus");
	emit_directive(e, "#define %s_NUL 1", upper);
	emit_directive(e, "#else");
	emit_directive(e, "#define %s_NUL 0", upper);
	emit_directive(e, "#endif");
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
	emit_line(e, "\t\".section .rodata,\\\"a\\\"\\n.balign %d\\n.globl %s_weights\\n%s_weights:\\n\"", w->align, p,
		  p);
	emit_line(e, "\t\".incbin \\\"%s.bin\\\"\\n.previous\\n\"", w->base);
	emit_directive(e, "#endif");
	emit_line(e, ");");
}

static void print_incbin(const struct weights *w, struct emit *e)
{
	emit_comment(e, "The constants are in %s.bin: the assembler looks for it in the current folder and along -I.",
		w->base);
	emit_open(e, "extern const struct %s_weights", w->prefix);
	for (int i = 0; i < w->n; i++) {
		if (!w->v[i].size_bytes)
			continue;
		print_comment(e, i, &w->v[i]);
		emit_open(e, "union");
		print_members(w, e, &w->v[i]);
		emit_close(e, arena_printf(w->arena, " w%d __attribute__((aligned(%d)));", i, w->v[i].align));
	}
	emit_close(e, arena_printf(w->arena, " %s_weights;", w->prefix));
	print_asm(w, e);
}

void weights_print(const struct weights *w, struct emit *e)
{
	if (!w->total_bytes)
		return;
	if (w->form == WEIGHTS_INCBIN) {
		print_incbin(w, e);
		return;
	}
	if (w->n_files)
		emit_directive(e, "#include \"%s_weights.h\"", w->base);
	else
		print_nul(w, e);
	for (int i = 0; i < w->n; i++)
		if (!w->v[i].file && w->v[i].size_bytes)
			print_definition(w, e, i);
}

void weights_print_header(const struct weights *w, struct emit *e)
{
	const char *upper = ident_upper(w->arena, w->prefix);

	emit_comment(e, "Constants that %s.c and the files %s_w0.c ... share: private to them.", w->base, w->base);
	emit_directive(e, "#ifndef %s_WEIGHTS_H", upper);
	emit_directive(e, "#define %s_WEIGHTS_H", upper);
	emit_blank(e);
	emit_directive(e, "#include <stdint.h>");
	emit_blank(e);
	print_nul(w, e);
	for (int i = 0; i < w->n; i++) {
		if (!w->v[i].file)
			continue;
		emit_blank(e);
		emit_open(e, "union %s_w%d", w->prefix, i);
		print_members(w, e, &w->v[i]);
		emit_close(e, ";");
		emit_line(e, "extern const union %s_w%d %s_w%d __attribute__((aligned(%d)));", w->prefix, i, w->prefix,
			  i, w->v[i].align);
	}
	emit_blank(e);
	emit_directive(e, "#endif");
}

void weights_print_file(const struct weights *w, struct emit *e, int k)
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

void weights_write_bin(const struct weights *w, struct emit *e)
{
	size_t at = 0;

	for (int i = 0; i < w->n; i++) {
		const struct weight *v = &w->v[i];
		pad_bin(e, v->offset - at);
		if (swap_bytes(w, v) == 1)
			emit_text(e, (const char *)v->bytes, v->size_bytes);
		else
			write_swapped(e, v->bytes, v->size_bytes, swap_bytes(w, v));
		at = v->offset + v->size_bytes;
	}
}
