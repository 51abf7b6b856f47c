/* Constants in a file of bytes that the program loads or maps, and hands over before it runs the model. */
#include "emit/weights_form.h"

#include "support/arena.h"

static const char *file_object(const struct weights *w, int id)
{
	return arena_printf(w->arena, "%s_weights_at->w%d", w->prefix, id);
}

static void file_split(struct weights *w)
{
	(void)w;
}

static void file_print(const struct weights *w, struct emit *e)
{
	emit_comment(e, "The constants are in %s.bin: %s_set_weights() says where it lies.", w->base, w->prefix);
	weights_print_struct(w, e, arena_printf(w->arena, "static const struct %s_weights", w->prefix),
			     arena_printf(w->arena, " *%s_weights_at;", w->prefix));
	emit_blank(e);
	emit_open(e, "int %s_set_weights(const void *weights, size_t bytes)", w->prefix);
	emit_line(e, "if (!weights || bytes != sizeof *%s_weights_at || (uintptr_t)weights %% %du != 0) return 1;",
		  w->prefix, w->align);
	emit_line(e, "%s_weights_at = (const struct %s_weights *)weights;", w->prefix, w->prefix);
	if (w->after_set)
		emit_line(e, "%s", w->after_set);
	emit_line(e, "return 0;");
	emit_close(e, "");
}

static const char *file_file(const struct weights *w, int k)
{
	(void)w;
	return k ? NULL : ".bin";
}

/* As long as the struct, which ends at a multiple of its alignment. */
static void file_print_file(const struct weights *w, struct emit *e, int k)
{
	const size_t align = (size_t)w->align;

	(void)k;
	weights_write_bytes(w, e);
	for (size_t n = w->total_bytes; n % align; n++)
		emit_text(e, "", 1);
}

const struct weights_form weights_form_file = { file_object, file_split, file_print, file_file, file_print_file };
