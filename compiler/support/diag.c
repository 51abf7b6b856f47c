#include "diag.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "limits.h"
#include "name.h"

enum { MESSAGE_BYTES = 2000 };    /* of the text behind the place: whatever the model calls things */

void diag_init(struct diag *d, struct arena *a, const char *file)
{
	*d = (struct diag){ .file = file };
	strbuf_init(&d->errors, a);
	strbuf_init(&d->remarks, a);
}

static void add_place(struct strbuf *b, const struct diag *d, const struct place *at)
{
	if (d->file) {
		name_add(b, d->file);
		strbuf_puts(b, ": ");
	}
	if (!at || !at->op)
		return;
	strbuf_puts(b, "node \"");
	name_add(b, at->node ? at->node : "");
	strbuf_puts(b, "\" (");
	name_add(b, at->op);
	strbuf_printf(b, "-%d): ", at->opset);
}

__attribute__((format(printf, 2, 0)))
static void add_message(struct strbuf *b, const char *format, va_list args)
{
	struct strbuf text;

	strbuf_init(&text, b->arena);
	strbuf_vprintf(&text, format, args);
	text_add_short(b, strbuf_text(&text), text.size, MESSAGE_BYTES);
	strbuf_puts(b, "\n");
}

bool (diag_error)(struct diag *d, enum status status, const struct place *at, const char *format, ...)
{
	va_list args;

	if (d->status == STATUS_OK)
		d->status = status;
	if (d->n_errors++ >= MAX_ERRORS)
		return false;
	add_place(&d->errors, d, at);
	va_start(args, format);
	add_message(&d->errors, format, args);
	va_end(args);
	return false;
}

void diag_remark(struct diag *d, const struct place *at, const char *format, ...)
{
	va_list args;

	if (!d->verbose)
		return;
	add_place(&d->remarks, d, at);
	va_start(args, format);
	add_message(&d->remarks, format, args);
	va_end(args);
}

void diag_note(struct diag *d, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_message(&d->remarks, format, args);
	va_end(args);
}

_Noreturn void die_at(const char *file, int line, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "nnc: internal error at %s:%d: ", file, line);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	abort();
}
