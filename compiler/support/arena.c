#include "arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arena_block {
	struct arena_block *below;
	size_t size;            /* of bytes[] */
	max_align_t bytes[];
};

struct arena_owned {
	struct arena_owned *older;
	void (*release)(void *what);
	void *what;
};

#ifndef ARENA_BLOCK_BYTES       /* the test of failing allocations asks the system more often */
#define ARENA_BLOCK_BYTES (1 << 16)
#endif

enum { BLOCK_BYTES = ARENA_BLOCK_BYTES, LARGE_BYTES = BLOCK_BYTES / 4 };

void arena_init(struct arena *a, jmp_buf *failure)
{
	*a = (struct arena){ .failure = failure };
}

static _Noreturn void arena_fail(struct arena *a)
{
	if (!a->failure)
		abort();
	longjmp(*a->failure, 1);
}

static struct arena_block *block_new(struct arena *a, size_t bytes)
{
	struct arena_block *b = NULL;

	if (bytes <= SIZE_MAX - sizeof *b)
		b = calloc(1, sizeof *b + bytes);
	if (!b)
		arena_fail(a);
	b->size = bytes;
	a->total_bytes += bytes;
	return b;
}

void *arena_alloc(struct arena *a, size_t bytes)
{
	const size_t align = sizeof(max_align_t);
	struct arena_block *b;
	size_t at;

	if (bytes > SIZE_MAX - align)
		arena_fail(a);
	bytes = (bytes + align - 1) / align * align;
	if (bytes > LARGE_BYTES && a->top) {
		/* A block of its own below the top one, which stays in use. */
		b = block_new(a, bytes);
		b->below = a->top->below;
		a->top->below = b;
		return b->bytes;
	}
	if (!a->top || bytes > a->size - a->used) {
		b = block_new(a, bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES);
		b->below = a->top;
		a->top = b;
		a->size = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
		a->used = 0;
	}
	at = a->used;
	a->used += bytes;
	return (char *)a->top->bytes + at;
}

void *arena_array(struct arena *a, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		arena_fail(a);
	return arena_alloc(a, bytes);
}

void *arena_grow(struct arena *a, const void *old, size_t n_old, size_t n_new, size_t size)
{
	void *v = arena_array(a, n_new, size);

	if (n_old)
		memcpy(v, old, n_old * size);
	return v;
}

void *arena_push(struct arena *a, void *v, size_t n, size_t size)
{
	if (n && (n < 4 || (n & (n - 1))))
		return v;
	return arena_grow(a, v, n, n ? n * 2 : 4, size);
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *copy = arena_alloc(a, n + 1);

	memcpy(copy, s, n);
	return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

char *arena_printf(struct arena *a, const char *format, ...)
{
	va_list args, again;
	char *text;
	int n;

	va_start(args, format);
	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	text = arena_alloc(a, (size_t)(n < 0 ? 0 : n) + 1);
	if (n > 0)
		vsnprintf(text, (size_t)n + 1, format, again);
	va_end(again);
	return text;
}

void arena_own(struct arena *a, void (*release)(void *what), void *what)
{
	struct arena_owned *o = ARENA_NEW(a, struct arena_owned);

	*o = (struct arena_owned){ .older = a->owned, .release = release, .what = what };
	a->owned = o;
}

struct arena_mark arena_mark(const struct arena *a)
{
	return (struct arena_mark){ a->top, a->top ? a->top->below : NULL, a->used, a->size, a->owned };
}

/* Frees the blocks from *first on that lie above `end`. */
static void blocks_free(struct arena *a, struct arena_block **first, const struct arena_block *end)
{
	while (*first != end) {
		struct arena_block *b = *first;

		*first = b->below;
		a->total_bytes -= b->size;
		free(b);
	}
}

void arena_release(struct arena *a, struct arena_mark mark)
{
	/* Of a block that was left for another nobody knows how far it was filled. */
	const size_t dirty = a->top == mark.top ? a->used : mark.size;

	for (; a->owned != mark.owned; a->owned = a->owned->older)
		a->owned->release(a->owned->what);
	blocks_free(a, &a->top, mark.top);
	if (mark.top) {
		blocks_free(a, &mark.top->below, mark.below);
		memset((char *)mark.top->bytes + mark.used, 0, dirty - mark.used);
	}
	a->used = mark.used;
	a->size = mark.size;
}

void arena_free(struct arena *a)
{
	arena_release(a, (struct arena_mark){ .top = NULL });
}
