/* Constants in an object file: ELF, relocatable, written as it is, so that no compiler has to read them.
 *
 *     header | constants | symbols | names of symbols | names of sections | table of sections
 *
 * (System V ABI, chapter 4 "Object Files"). All fields are in the target's byte order. */
#include "emit/weights_form.h"

#include <string.h>

#include "support/arena.h"
#include "support/ident.h"
#include "targets/target.h"

enum section { NONE, CONSTANTS, STACK_NOTE, SYMBOLS, SYMBOL_NAMES, SECTION_NAMES, N_SECTIONS_OF_OBJECT };
enum { PROGBITS = 1, SYMTAB = 2, STRTAB = 3, ALLOC = 2, RELOCATABLE = 1, GLOBAL_OBJECT = 1 << 4 | 1, HIDDEN = 2 };

/* One row of the table of sections; offsets are from the file's begin. */
struct row {
	const char *name;
	uint64_t name_at, type, flags, offset, bytes, link, info, align, entry_bytes;
};

static const char *object_object(const struct weights *w, int id)
{
	return arena_printf(w->arena, "%s_weights.w%d", w->prefix, id);
}

static void object_split(struct weights *w)
{
	(void)w;
}

static void object_print(const struct weights *w, struct emit *e)
{
	emit_comment(e, "The constants are in %s_weights.o, to be linked with this.", w->base);
	weights_print_hidden(w, e);
	weights_print_struct(w, e, arena_printf(w->arena, "extern const struct %s_weights", w->prefix),
			     arena_printf(w->arena, " %s_weights %s_HIDDEN;", w->prefix,
					  ident_upper(w->arena, w->prefix)));
}

static const char *object_file(const struct weights *w, int k)
{
	(void)w;
	return k ? NULL : "_weights.o";
}

static void put(const struct weights *w, struct emit *e, uint64_t v, int bytes)
{
	char b[8];

	for (int i = 0; i < bytes; i++)
		b[w->target->is_big_endian ? bytes - 1 - i : i] = (char)(v >> 8 * i & 0xff);
	emit_text(e, b, (size_t)bytes);
}

static void put_zeros(struct emit *e, uint64_t n)
{
	for (; n > 0; n--)
		emit_text(e, "", 1);
}

/* A machine word: address, offset or size. */
static int word(const struct weights *w)
{
	return w->target->elf.bits / 8;
}

static int header_bytes(const struct weights *w)
{
	return word(w) == 8 ? 64 : 52;
}

static void put_header(const struct weights *w, struct emit *e, uint64_t table)
{
	const struct target *t = w->target;

	emit_text(e, "\177ELF", 4);
	put(w, e, word(w) == 8 ? 2 : 1, 1);
	put(w, e, t->is_big_endian ? 2 : 1, 1);
	put(w, e, 1, 1);                                /* version */
	put_zeros(e, 9);
	put(w, e, RELOCATABLE, 2);
	put(w, e, (uint64_t)t->elf.machine, 2);
	put(w, e, 1, 4);
	put(w, e, 0, word(w));                          /* entry */
	put(w, e, 0, word(w));                          /* program headers */
	put(w, e, table, word(w));
	put(w, e, (uint64_t)t->elf.flags, 4);
	put(w, e, (uint64_t)header_bytes(w), 2);
	put(w, e, 0, 2);
	put(w, e, 0, 2);
	put(w, e, word(w) == 8 ? 64 : 40, 2);           /* of a row */
	put(w, e, N_SECTIONS_OF_OBJECT, 2);
	put(w, e, SECTION_NAMES, 2);
}

static void put_row(const struct weights *w, struct emit *e, const struct row *r)
{
	put(w, e, r->name_at, 4);
	put(w, e, r->type, 4);
	put(w, e, r->flags, word(w));
	put(w, e, 0, word(w));
	put(w, e, r->offset, word(w));
	put(w, e, r->bytes, word(w));
	put(w, e, r->link, 4);
	put(w, e, r->info, 4);
	put(w, e, r->align, word(w));
	put(w, e, r->entry_bytes, word(w));
}

/* The one symbol behind the empty first: all constants. */
static void put_symbols(const struct weights *w, struct emit *e)
{
	put_zeros(e, word(w) == 8 ? 24 : 16);
	put(w, e, 1, 4);
	if (word(w) == 8) {
		put(w, e, GLOBAL_OBJECT, 1);
		put(w, e, HIDDEN, 1);
		put(w, e, CONSTANTS, 2);
	}
	put(w, e, 0, word(w));
	put(w, e, w->total_bytes, word(w));
	if (word(w) == 4) {
		put(w, e, GLOBAL_OBJECT, 1);
		put(w, e, HIDDEN, 1);
		put(w, e, CONSTANTS, 2);
	}
}

static void fill_rows(const struct weights *w, const char *symbol, struct row row[N_SECTIONS_OF_OBJECT])
{
	const uint64_t symbol_bytes = word(w) == 8 ? 24 : 16;
	uint64_t name_at = 1, at = (uint64_t)header_bytes(w);

	row[NONE] = (struct row){ .name = "" };
	row[CONSTANTS] = (struct row){ .name = w->section ? w->section : ".rodata", .type = PROGBITS, .flags = ALLOC,
				       .bytes = w->total_bytes, .align = (uint64_t)w->align };
	row[STACK_NOTE] = (struct row){ .name = ".note.GNU-stack", .type = PROGBITS, .align = 1 };
	row[SYMBOLS] = (struct row){ .name = ".symtab", .type = SYMTAB, .bytes = 2 * symbol_bytes,
				     .link = SYMBOL_NAMES, .info = 1, .align = (uint64_t)word(w),
				     .entry_bytes = symbol_bytes };
	row[SYMBOL_NAMES] = (struct row){ .name = ".strtab", .type = STRTAB, .bytes = strlen(symbol) + 2, .align = 1 };
	row[SECTION_NAMES] = (struct row){ .name = ".shstrtab", .type = STRTAB, .align = 1 };
	for (int i = 1; i < N_SECTIONS_OF_OBJECT; i++) {
		row[i].name_at = name_at;
		name_at += strlen(row[i].name) + 1;
	}
	row[SECTION_NAMES].bytes = name_at;
	for (int i = 1; i < N_SECTIONS_OF_OBJECT; i++) {
		at = (at + row[i].align - 1) / row[i].align * row[i].align;
		row[i].offset = at;
		at += row[i].bytes;
	}
}

static void object_print_file(const struct weights *w, struct emit *e, int k)
{
	const char *symbol = arena_printf(w->arena, "%s_weights", w->prefix);
	const struct row *last;
	struct row row[N_SECTIONS_OF_OBJECT];
	uint64_t table;

	(void)k;
	fill_rows(w, symbol, row);
	last = &row[SECTION_NAMES];
	table = (last->offset + last->bytes + 7) / 8 * 8;
	put_header(w, e, table);
	put_zeros(e, row[CONSTANTS].offset - (uint64_t)header_bytes(w));
	weights_write_bytes(w, e);
	put_zeros(e, row[SYMBOLS].offset - (row[CONSTANTS].offset + w->total_bytes));
	put_symbols(w, e);
	put_zeros(e, 1);
	emit_text(e, symbol, strlen(symbol) + 1);
	put_zeros(e, 1);
	for (int i = 1; i < N_SECTIONS_OF_OBJECT; i++)
		emit_text(e, row[i].name, strlen(row[i].name) + 1);
	put_zeros(e, table - (last->offset + last->bytes));
	for (int i = 0; i < N_SECTIONS_OF_OBJECT; i++)
		put_row(w, e, &row[i]);
}

const struct weights_form weights_form_object = {
	object_object, object_split, object_print, object_file, object_print_file
};
