/* Constants that the object holds masked, in one of the other forms, as words in parts that say nothing of what they
 * are of; PREFIX_unlock() makes them plain in a struct of the program's own memory, where they lie in another order. */
#include "emit/weights_form.h"

#include <string.h>

#include "emit/protect.h"
#include "support/arena.h"
#include "support/strbuf.h"
#include "targets/target.h"

enum { PART_WORDS = 1 << 18, WORD_BYTES = 4 };

static const char *masked_object(const struct weights *w, int id)
{
	return arena_printf(w->arena, "%s_plain.w%d", w->prefix, id);
}

static uint32_t read_word(const unsigned char *b, bool is_big_endian)
{
	uint32_t word = 0;

	for (int i = 0; i < WORD_BYTES; i++)
		word |= (uint32_t)b[is_big_endian ? WORD_BYTES - 1 - i : i] << 8 * i;
	return word;
}

/* The target's bytes as words that its processor reads, masked: little-endian, as constants come. */
static void mask(const struct weights *w, struct strbuf *plain, unsigned char *masked)
{
	const unsigned char *bytes = (const unsigned char *)strbuf_text(plain);

	for (size_t i = 0; i < plain->size / WORD_BYTES; i++) {
		const unsigned char *b = bytes + WORD_BYTES * i;
		const uint32_t word = protect_word(w->key, (uint32_t)i, read_word(b, w->target->is_big_endian));
		for (size_t k = 0; k < WORD_BYTES; k++)
			masked[WORD_BYTES * i + k] = (unsigned char)(word >> 8 * k);
	}
}

static void masked_split(struct weights *w)
{
	const size_t n = (w->total_bytes + WORD_BYTES - 1) / WORD_BYTES;
	unsigned char *masked = ARENA_ARRAY(w->arena, n * WORD_BYTES, unsigned char);
	struct strbuf plain;
	struct emit e;

	w->align = w->align < WORD_BYTES ? WORD_BYTES : w->align;
	strbuf_init(&plain, w->arena);
	emit_to_text(&e, w->arena, &plain);
	weights_write_bytes(w, &e);
	while (plain.size % WORD_BYTES)
		emit_text(&e, "", 1);
	mask(w, &plain, masked);
	w->masked->section = w->section;
	w->masked->after_set = arena_printf(w->arena, "%s_is_plain = 0;", w->prefix);
	for (size_t at = 0; at < n; at += PART_WORDS)
		weights_add(w->masked, masked + at * WORD_BYTES, n - at < PART_WORDS ? n - at : PART_WORDS, DT_U32,
			    w->align, NULL);
	weights_finish(w->masked);
	w->n_files = w->masked->n_files;
}

static void masked_print(const struct weights *w, struct emit *e)
{
	const uint32_t *k = w->key->word;

	emit_line(e, "static unsigned char %s_is_plain;", w->prefix);
	emit_blank(e);
	weights_print(w->masked, e);
	emit_blank(e);
	emit_comment(e, "Where they are plain, once the program runs.");
	weights_print_struct(w, e, "static struct",
			     arena_printf(w->arena, " %s_plain __attribute__((aligned(%d)));", w->prefix, w->align));
	emit_blank(e);
	emit_open(e, "int %s_unlock(void)", w->prefix);
	if (w->masked->form == &weights_form_file)
		emit_line(e, "if (!%s_weights_at) return 3;", w->prefix);
	emit_line(e, "unsigned char *plain = (unsigned char *)&%s_plain;", w->prefix);
	emit_line(e, "NNRT_OPAQUE(plain);");
	for (int i = 0; i < w->masked->n; i++)
		emit_line(e, "nnrt_unmask(plain + %zu, %s, %zuu, %zuu, %uu, %uu, %uu);",
			  (size_t)i * PART_WORDS * WORD_BYTES, weights_ref(w->masked, i, DT_U32),
			  w->masked->v[i].size_bytes / WORD_BYTES, (size_t)i * PART_WORDS, (unsigned)k[0],
			  (unsigned)k[1], (unsigned)k[2]);
	emit_line(e, "%s_is_plain = 1;", w->prefix);
	emit_line(e, "return 0;");
	emit_close(e, "");
}

static const char *masked_file(const struct weights *w, int k)
{
	return weights_file(w->masked, k);
}

static void masked_print_file(const struct weights *w, struct emit *e, int k)
{
	weights_print_file(w->masked, e, k);
}

const struct weights_form weights_form_masked = {
	masked_object, masked_split, masked_print, masked_file, masked_print_file
};
