#include "strbuf.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"

void strbuf_init(struct strbuf *b, struct arena *a)
{
	*b = (struct strbuf){ .arena = a };
}

static void strbuf_reserve(struct strbuf *b, size_t more)
{
	size_t capacity = b->capacity ? b->capacity : 256;

	if (b->capacity && more < b->capacity - b->size)
		return;
	while (capacity - b->size <= more)
		capacity *= 2;
	b->text = arena_regrow(b->arena, b->text, b->capacity, capacity, 1);
	b->capacity = capacity;
}

void strbuf_add(struct strbuf *b, const char *text, size_t n)
{
	strbuf_reserve(b, n);
	memcpy(b->text + b->size, text, n);
	b->size += n;
	b->text[b->size] = 0;
}

void strbuf_puts(struct strbuf *b, const char *text)
{
	strbuf_add(b, text, strlen(text));
}

void strbuf_vprintf(struct strbuf *b, const char *format, va_list args)
{
	const size_t room = b->capacity - b->size;
	va_list again;
	int n;

	va_copy(again, args);
	n = vsnprintf(b->text ? b->text + b->size : NULL, room, format, args);
	if (n > 0 && (size_t)n >= room) {
		strbuf_reserve(b, (size_t)n);
		vsnprintf(b->text + b->size, (size_t)n + 1, format, again);
	}
	if (n > 0)
		b->size += (size_t)n;
	va_end(again);
}

void strbuf_printf(struct strbuf *b, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	strbuf_vprintf(b, format, args);
	va_end(args);
}

void strbuf_clear(struct strbuf *b)
{
	b->size = 0;
	if (b->text)
		b->text[0] = 0;
}

const char *strbuf_text(const struct strbuf *b)
{
	return b->text ? b->text : "";
}
