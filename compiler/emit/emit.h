/* The writer through which all C text goes: blocks, lines, comments.
 * Indentation and line ends are decided here and nowhere else.
 *
 * Text goes into memory (a string buffer, for parts that are put together
 * later) or straight to a file, so that weights are never held twice. */
#ifndef NNC_EMIT_H
#define NNC_EMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "graph/dtype.h"
#include "support/strbuf.h"

struct emit {
	struct strbuf *text;    /* one of these two is the sink */
	FILE *file;             /* errors stay in ferror(); output_commit() looks */
	struct strbuf scratch;  /* of one line; used again for each, as are the next */
	struct strbuf comment;  /* of one line of a comment */
	struct strbuf words;    /* what a caller puts together for a line */
	int depth;              /* of open blocks */
	int64_t bytes;          /* written so far */
};

/** Writes to the end of b, or to f; `a` holds one line at a time, whatever is written. */
void emit_to_text(struct emit *e, struct arena *a, struct strbuf *b);
void emit_to_file(struct emit *e, struct arena *a, FILE *f);

/** One indented line; `format` holds no newline. An empty line is emit_blank(). */
void emit_line(struct emit *e, const char *format, ...) __attribute__((format(printf, 2, 3)));
void emit_blank(struct emit *e);

/** "format {" and one level deeper. An empty format opens a bare block. */
void emit_open(struct emit *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** "} format {": else branches. */
void emit_reopen(struct emit *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** One level back and "}" followed by `after`: "" or ";" or " while (x);". */
void emit_close(struct emit *e, const char *after);

/** A comment in lines of at most 100 columns, made safe: no comment end, control character, trigraph or
 *  backslash at the end of a line survives; newlines in the text begin new lines. */
void emit_comment(struct emit *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** `text` as it would stand inside a comment, on one line. From arena a; or until the next comment. */
const char *emit_comment_text(struct arena *a, const char *text);
const char *emit_comment_words(struct emit *e, const char *text);

/** A line that the preprocessor reads: never indented. */
void emit_directive(struct emit *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Text as it is: whole lines of a template or of the runtime. */
void emit_text(struct emit *e, const char *text, size_t n);
void emit_puts(struct emit *e, const char *text);

#endif
