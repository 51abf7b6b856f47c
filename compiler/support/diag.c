#include "diag.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "name.h"

enum { MESSAGE_BYTES = 2000 };    /* of the text behind the place: whatever the model calls things */

void diag_init(struct diag *d, struct arena *a, const char *file)
{
	*d = (struct diag){ .file = file, .arena = a };
	strbuf_init(&d->held, a);
	strbuf_init(&d->whole, a);
	strbuf_init(&d->line, a);
}

/* "model.onnx: ", which editors jump to, or what stands for it. */
static void add_file(struct strbuf *b, const char *file, const char *otherwise)
{
	if (file)
		name_add(b, file);
	strbuf_puts(b, file ? ": " : otherwise);
}

static void add_node(struct strbuf *b, const struct place *at)
{
	if (!at || !at->op)
		return;
	strbuf_puts(b, "node \"");
	name_add(b, at->node ? at->node : "");
	strbuf_puts(b, "\" ");
}

static void add_operator(struct strbuf *b, const struct place *at)
{
	if (!at || !at->op)
		return;
	strbuf_puts(b, "(");
	name_add(b, at->op);
	if (at->opset)          /* 0: the model does not say */
		strbuf_printf(b, "-%d", at->opset);
	strbuf_puts(b, "): ");
}

static struct strbuf *emptied(struct strbuf *b)
{
	b->size = 0;
	strbuf_puts(b, "");
	return b;
}

__attribute__((format(printf, 2, 0)))
static void add_message(struct diag *d, const char *format, va_list args)
{
	strbuf_vprintf(emptied(&d->whole), format, args);
	text_add_short(&d->line, strbuf_text(&d->whole), d->whole.size, MESSAGE_BYTES);
}

bool (diag_error)(struct diag *d, enum status status, const struct place *at, const char *format, ...)
{
	struct error_line *m = d->error;
	va_list args;

	if (d->status == STATUS_OK)
		d->status = status;
	d->n_errors++;
	add_operator(emptied(&d->line), at);
	va_start(args, format);
	add_message(d, format, args);
	va_end(args);
	for (; m < d->error + d->n_lines; m++)
		if (m->file == d->file && !strcmp(m->rest, strbuf_text(&d->line))) {
			m->more++;
			return false;
		}
	if (d->n_lines == MAX_ERRORS)
		return false;
	*m = (struct error_line){ .file = d->file, .rest = arena_strdup(d->arena, strbuf_text(&d->line)) };
	add_node(emptied(&d->line), at);
	m->node = arena_strdup(d->arena, strbuf_text(&d->line));
	d->n_lines++;
	return false;
}

const char *diag_text(const struct diag *d)
{
	struct strbuf b;

	strbuf_init(&b, d->arena);
	for (const struct error_line *m = d->error; m < d->error + d->n_lines; m++) {
		add_file(&b, m->file, "nnc: ");
		strbuf_printf(&b, "error: %s%s", m->node, m->rest);
		if (m->more)
			strbuf_printf(&b, " (and %d more like it)", m->more);
		strbuf_puts(&b, "\n");
	}
	return strbuf_text(&b);
}

/* d->line leaves, or waits until its trial ends. */
static void put_line(struct diag *d)
{
	strbuf_puts(&d->line, "\n");
	if (d->n_trials)
		strbuf_puts(&d->held, strbuf_text(&d->line));
	else
		sink_puts(&d->remarks, strbuf_text(&d->line));
}

void diag_remark(struct diag *d, const struct place *at, const char *format, ...)
{
	va_list args;

	if (!d->verbose)
		return;
	add_file(emptied(&d->line), d->file, "");
	add_node(&d->line, at);
	add_operator(&d->line, at);
	va_start(args, format);
	add_message(d, format, args);
	va_end(args);
	put_line(d);
}

void diag_note(struct diag *d, const char *format, ...)
{
	va_list args;

	emptied(&d->line);
	va_start(args, format);
	add_message(d, format, args);
	va_end(args);
	put_line(d);
}

struct diag diag_try(struct diag *d)
{
	const struct diag before = *d;

	d->n_trials++;
	d->status = STATUS_OK;
	return before;
}

void diag_keep(struct diag *d, const struct diag *before)
{
	d->n_trials = before->n_trials;
	if (before->status != STATUS_OK)
		d->status = before->status;
	if (d->n_trials)
		return;
	sink_puts(&d->remarks, strbuf_text(&d->held));
	emptied(&d->held);
}

/* Buffers that have grown stay. */
void diag_drop(struct diag *d, const struct diag *before)
{
	const struct strbuf whole = d->whole, line = d->line, held = d->held;

	*d = *before;
	d->whole = whole;
	d->line = line;
	d->held = held;
	d->held.size = before->held.size;
	if (d->held.text)
		d->held.text[d->held.size] = 0;
}

_Noreturn void die_at(const char *file, int line, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "nnc: error: internal error at %s:%d: ", file, line);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	abort();
}
