#include "emit.h"

#include <stdarg.h>
#include <string.h>

#include "spell.h"
#include "support/arena.h"
#include "support/name.h"

enum { COMMENT_COLUMNS = 100 };

static void init_buffers(struct emit *e, struct arena *a)
{
	strbuf_init(&e->scratch, a);
	strbuf_init(&e->comment, a);
	strbuf_init(&e->words, a);
}

void emit_to_text(struct emit *e, struct arena *a, struct strbuf *b)
{
	*e = (struct emit){ .text = b };
	init_buffers(e, a);
}

void emit_to_file(struct emit *e, struct arena *a, FILE *f)
{
	*e = (struct emit){ .file = f };
	init_buffers(e, a);
}

void emit_text(struct emit *e, const char *text, size_t n)
{
	if (e->text)
		strbuf_add(e->text, text, n);
	else
		fwrite(text, 1, n, e->file);
	e->bytes += (int64_t)n;
}

void emit_puts(struct emit *e, const char *text)
{
	emit_text(e, text, strlen(text));
}

static void emit_indent(struct emit *e)
{
	for (int i = 0; i < e->depth; i++)
		emit_text(e, "\t", 1);
}

/* The line's text, in the scratch buffer, which every line uses again. */
__attribute__((format(printf, 2, 0)))
static const char *line_text(struct emit *e, const char *format, va_list args)
{
	strbuf_clear(&e->scratch);
	strbuf_vprintf(&e->scratch, format, args);
	return strbuf_text(&e->scratch);
}

static void put_line(struct emit *e, const char *before, const char *text, const char *after)
{
	if (*before || *text || *after)
		emit_indent(e);
	emit_puts(e, before);
	emit_puts(e, text);
	emit_puts(e, after);
	emit_text(e, "\n", 1);
}

#define PUT_LINE(e, before, format, after) do { \
	va_list args; \
	va_start(args, format); \
	put_line(e, before, line_text(e, format, args), after); \
	va_end(args); \
} while (0)

void emit_line(struct emit *e, const char *format, ...)
{
	PUT_LINE(e, "", format, "");
}

void emit_blank(struct emit *e)
{
	emit_text(e, "\n", 1);
}

void emit_open(struct emit *e, const char *format, ...)
{
	PUT_LINE(e, "", format, *format ? " {" : "{");
	e->depth++;
}

void emit_reopen(struct emit *e, const char *format, ...)
{
	e->depth--;
	PUT_LINE(e, "} ", format, " {");
	e->depth++;
}

void emit_close(struct emit *e, const char *after)
{
	e->depth--;
	put_line(e, "}", after, "");
}

void emit_directive(struct emit *e, const char *format, ...)
{
	int depth = e->depth;

	e->depth = 0;
	PUT_LINE(e, "", format, "");
	e->depth = depth;
}

static bool goes_wrong(char last, char c)
{
	return (c == '/' && last == '*') || (c == '*' && last == '/') || (c == '?' && last == '?');
}

/* Appends one line made safe for the inside of a comment: a comment ends at star slash, "/" before "*" nests a warning,
 * "?" twice begins a trigraph. A backslash does nothing here: every further line begins with " * ". */
static void add_comment_line(struct strbuf *b, const char *text, size_t n)
{
	size_t from = 0;

	for (size_t i = 1; i < n; i++) {
		if (!goes_wrong(text[i - 1], text[i]))
			continue;
		text_add_printable(b, text + from, i - from);
		strbuf_puts(b, " ");
		from = i;
	}
	text_add_printable(b, text + from, n - from);
}

const char *emit_comment_text(struct arena *a, const char *text)
{
	struct strbuf b;

	strbuf_init(&b, a);
	add_comment_line(&b, text, strlen(text));
	return strbuf_text(&b);
}

const char *emit_comment_words(struct emit *e, const char *text)
{
	strbuf_clear(&e->comment);
	add_comment_line(&e->comment, text, strlen(text));
	return strbuf_text(&e->comment);
}

/* Characters of s, at most n, that fit a line: up to the last space in reach, or all the way through a long word. */
static size_t line_break(const char *s, size_t n, size_t columns)
{
	size_t end = columns;

	if (n <= columns)
		return n;
	while (end && s[end] != ' ')
		end--;
	for (end = end ? end : columns; end < n && s[end] != ' '; end++)
		;
	return end;
}

static void put_wrapped(struct emit *e, const char *line, size_t n, size_t columns, bool *is_first)
{
	do {
		size_t k = line_break(line, n, columns);
		emit_indent(e);
		emit_puts(e, *is_first ? "/* " : " * ");
		emit_text(e, line, k);
		*is_first = false;
		while (k < n && line[k] == ' ')
			k++;
		line += k;
		n -= k;
		if (n)
			emit_text(e, "\n", 1);
	} while (n);
}

void emit_comment(struct emit *e, const char *format, ...)
{
	const size_t columns = COMMENT_COLUMNS - (size_t)(8 * (e->depth < 8 ? e->depth : 8));
	bool is_first = true;
	struct strbuf *const line = &e->comment;
	const char *at;
	va_list args;

	va_start(args, format);
	at = line_text(e, format, args);
	va_end(args);
	for (bool ends = false; !ends; at += strcspn(at, "\n") + 1) {
		const size_t n = strcspn(at, "\n");
		strbuf_clear(line);
		add_comment_line(line, at, n);
		put_wrapped(e, strbuf_text(line), line->size, columns, &is_first);
		ends = !at[n];
		if (!ends)
			emit_text(e, "\n", 1);
	}
	emit_puts(e, " */\n");
}
