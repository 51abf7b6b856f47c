#include "diag.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "limits.h"

void diag_init(struct diag *d, struct arena *a, const char *file)
{
	*d = (struct diag){ .file = file };
	strbuf_init(&d->errors, a);
	strbuf_init(&d->remarks, a);
}

/* Text that may come from the model: one line, control characters spelled out. */
static void add_printable(struct strbuf *b, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const unsigned char c = (unsigned char)text[i];
		if (c < 32 || c == 127)
			strbuf_printf(b, "\\x%02x", c);
		else
			strbuf_add(b, text + i, 1);
	}
}

/* A name from the model, not endless. */
static void add_name(struct strbuf *b, const char *name)
{
	const size_t n = strlen(name);

	add_printable(b, name, n < 200 ? n : 200);
	if (n > 200)
		strbuf_puts(b, "...");
}

static void add_place(struct strbuf *b, const struct diag *d, const struct place *at)
{
	if (d->file) {
		add_name(b, d->file);
		strbuf_puts(b, ": ");
	}
	if (!at || !at->op)
		return;
	strbuf_puts(b, "node \"");
	add_name(b, at->node ? at->node : "");
	strbuf_puts(b, "\" (");
	add_name(b, at->op);
	strbuf_printf(b, "-%d): ", at->opset);
}

__attribute__((format(printf, 2, 0)))
static void add_message(struct strbuf *b, const char *format, va_list args)
{
	struct strbuf text;

	strbuf_init(&text, b->arena);
	strbuf_vprintf(&text, format, args);
	add_printable(b, strbuf_text(&text), text.size);
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
