/* A string that grows inside an arena. */
#ifndef NNC_STRBUF_H
#define NNC_STRBUF_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

struct strbuf {
	struct arena *arena;
	char *text;             /* NUL-terminated once anything was added */
	size_t size, capacity;
};

void strbuf_init(struct strbuf *b, struct arena *a);
void strbuf_add(struct strbuf *b, const char *text, size_t n);
void strbuf_puts(struct strbuf *b, const char *text);
void strbuf_printf(struct strbuf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void strbuf_vprintf(struct strbuf *b, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

/** Empties it: what comes next takes the place of what was there. */
void strbuf_clear(struct strbuf *b);

/** The text so far, never NULL. */
const char *strbuf_text(const struct strbuf *b);

#endif
