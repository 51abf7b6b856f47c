/* A form in which constants travel. Private to emit_weights.c and weights_*.c. */
#ifndef NNC_WEIGHTS_FORM_H
#define NNC_WEIGHTS_FORM_H

#include "emit/emit_weights.h"

struct weights_form {
	/* C expression of the union that constant `id` is. */
	const char *(*object)(const struct weights *w, int id);
	/* Sets `file` of the constants and n_files, places being known. */
	void (*split)(struct weights *w);
	/* As weights_print(), weights_file() and weights_print_file(); there is a byte at least. */
	void (*print)(const struct weights *w, struct emit *e);
	const char *(*file)(const struct weights *w, int k);
	void (*print_file)(const struct weights *w, struct emit *e, int k);
};

#define WEIGHTS_FORM(id, name) extern const struct weights_form weights_form_##name;
#include "emit/weights.def"
#undef WEIGHTS_FORM

extern const struct weights_form weights_form_masked;   /* round another form, under --protect */

/** The constant's bytes, until this or weights_add_constant() is called again. */
const unsigned char *weights_bytes(const struct weights *w, const struct weight *v);
/** "float f32[216];" for every type that the constant is read as. */
void weights_print_members(struct emit *e, const struct weight *v);
/** Number, name, elements and type of constant `id`. */
void weights_print_comment(struct emit *e, int id, const struct weight *v);
/** Defines PREFIX_HIDDEN: what files share stays inside the library that they become. */
void weights_print_hidden(const struct weights *w, struct emit *e);
/** `begin`, a struct with a union for each constant at its place in the bytes; `end` ends the declaration. */
void weights_print_struct(const struct weights *w, struct emit *e, const char *begin, const char *end);
/** All constants with the gaps between them, as the target has them. */
void weights_write_bytes(const struct weights *w, struct emit *e);
/** Bytes of a group that the target wants reversed; 1: none. */
size_t weights_swap_bytes(const struct weights *w, const struct weight *v);

#endif
