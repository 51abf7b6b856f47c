#include "arena.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arena_block {
	struct arena_block *below, *above;
	size_t size;
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

/* What is larger than LARGE_BYTES has a block of its own, in a list of its own: the small ones' top stays in use. */
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

/* A new block above *list. */
static void block_push(struct arena *a, struct arena_block **list, size_t bytes)
{
	struct arena_block *b = NULL;

	if (bytes <= SIZE_MAX - sizeof *b)
		b = calloc(1, sizeof *b + bytes);
	if (!b)
		arena_fail(a);
	a->total_bytes += bytes;
	b->size = bytes;
	b->below = *list;
	if (*list)
		(*list)->above = b;
	*list = b;
}

static void block_free(struct arena *a, struct arena_block **list, struct arena_block *b)
{
	if (b->above)
		b->above->below = b->below;
	else
		*list = b->below;
	if (b->below)
		b->below->above = b->above;
	a->total_bytes -= b->size;
	free(b);
}

/* Frees the newest block of a list. */
static void block_pop(struct arena *a, struct arena_block **list)
{
	struct arena_block *b = *list;

	*list = b->below;
	if (b->below)
		b->below->above = NULL;
	a->total_bytes -= b->size;
	free(b);
}

/* As arena_alloc rounds it. */
static size_t rounded(struct arena *a, size_t bytes)
{
	const size_t align = _Alignof(max_align_t);

	if (bytes > SIZE_MAX - align)
		arena_fail(a);
	return (bytes + align - 1) / align * align;
}

void *arena_alloc(struct arena *a, size_t bytes)
{
	size_t at, dirty;

	bytes = rounded(a, bytes);
	if (bytes > LARGE_BYTES) {
		block_push(a, &a->large, bytes);
		return a->large->bytes;
	}
	if (!a->top || bytes > a->top->size - a->used) {
		block_push(a, &a->top, BLOCK_BYTES);
		a->used = a->dirty = 0;
	}
	at = a->used;
	a->used += bytes;
	if (at < a->dirty) {
		dirty = a->dirty - at;
		memset((char *)a->top->bytes + at, 0, dirty < bytes ? dirty : bytes);
	}
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

/* Whether `bytes` at v, the last that the top block gave away, could become `more`. */
static bool extend(struct arena *a, const void *v, size_t bytes, size_t more)
{
	const char *end = a->top ? (const char *)a->top->bytes + a->used : NULL;

	if (!v || (const char *)v + bytes != end || more > LARGE_BYTES || more - bytes > a->top->size - a->used)
		return false;
	arena_alloc(a, more - bytes);
	return true;
}

void arena_drop(struct arena *a, void *old, size_t n, size_t size)
{
	if (n && rounded(a, n * size) > LARGE_BYTES)
		block_free(a, &a->large, (struct arena_block *)((char *)old - offsetof(struct arena_block, bytes)));
}

void *arena_regrow(struct arena *a, void *old, size_t n_old, size_t n_new, size_t size)
{
	void *v;

	if (n_new <= LARGE_BYTES / size && extend(a, old, rounded(a, n_old * size), rounded(a, n_new * size)))
		return old;
	v = arena_grow(a, old, n_old, n_new, size);
	arena_drop(a, old, n_old, size);
	return v;
}

void *arena_push(struct arena *a, void *v, size_t n, size_t size)
{
	if (n && (n < 4 || (n & (n - 1))))
		return v;
	return arena_regrow(a, v, n, n ? n * 2 : 4, size);
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
	char first[256], *text;         /* most texts fit: they are printed once */
	va_list args, again;
	size_t size;
	int n;

	va_start(args, format);
	va_copy(again, args);
	n = vsnprintf(first, sizeof first, format, args);
	va_end(args);
	size = (size_t)(n < 0 ? 0 : n) + 1;
	text = arena_alloc(a, size);
	if (size > sizeof first)
		vsnprintf(text, size, format, again);
	else if (n > 0)
		memcpy(text, first, size);
	va_end(again);
	return text;
}

void arena_own(struct arena *a, void (*release)(void *what), void *what)
{
	struct arena_owned *o = ARENA_NEW(a, struct arena_owned);

	*o = (struct arena_owned){ .older = a->owned, .release = release, .what = what };
	a->owned = o;
}

static void free_child(void *child)
{
	arena_free(child);
}

struct arena *arena_child(struct arena *a)
{
	struct arena *child = ARENA_NEW(a, struct arena);

	arena_init(child, a->failure);
	arena_own(a, free_child, child);
	return child;
}

struct arena_mark arena_mark(const struct arena *a)
{
	return (struct arena_mark){ .top = a->top, .large = a->large, .used = a->used, .owned = a->owned };
}

void arena_release(struct arena *a, struct arena_mark mark)
{
	for (; a->owned != mark.owned; a->owned = a->owned->older)
		a->owned->release(a->owned->what);
	while (a->large != mark.large)
		block_pop(a, &a->large);
	/* Of a block that was left for another nobody knows how far it was filled. */
	if (a->top != mark.top)
		a->dirty = BLOCK_BYTES;
	else if (a->used > a->dirty)
		a->dirty = a->used;
	while (a->top != mark.top)
		block_pop(a, &a->top);
	a->used = mark.used;
}

void arena_free(struct arena *a)
{
	arena_release(a, (struct arena_mark){ .top = NULL });
}
