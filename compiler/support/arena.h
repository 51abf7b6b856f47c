/* Memory of one compilation: blocks that only grow and are freed together.
 *
 * Nothing is freed singly, but for large arrays that have grown out of their place. When memory runs out, control jumps
 * to the place that arena_init() was given, so callers never see NULL. Whatever else must be released (a file, a
 * process) is owned by an arena: see arena_own(). */
#ifndef NNC_ARENA_H
#define NNC_ARENA_H

#include <setjmp.h>
#include <stddef.h>

struct arena_block;
struct arena_owned;

struct arena {
	struct arena_block *top, *large;
	size_t used;            /* of the top block */
	size_t dirty;           /* its bytes from here on are zero */
	size_t total_bytes;     /* of all blocks */
	jmp_buf *failure;       /* taken when memory runs out; abort() when NULL */
	struct arena_owned *owned;      /* the newest first */
};

/** An empty arena that jumps to `failure` when memory runs out. */
void arena_init(struct arena *a, jmp_buf *failure);

/** `bytes` zeroed bytes, aligned for any type; never NULL. bytes may be 0. */
void *arena_alloc(struct arena *a, size_t bytes);

/** As arena_alloc for n elements of `size` bytes; overflow counts as no memory. */
void *arena_array(struct arena *a, size_t n, size_t size);

/** A grown copy of `old` (n_old elements, may be NULL); the rest is zeroed. */
void *arena_grow(struct arena *a, const void *old, size_t n_old, size_t n_new, size_t size);

/** As arena_grow for memory that nobody else looks at: where it was large it is freed. n_old elements are all that was
 *  asked for. */
void *arena_regrow(struct arena *a, void *old, size_t n_old, size_t n_new, size_t size);

/** Gives back an array of n elements of `size` bytes that nobody looks at any more: at once where it was large. */
void arena_drop(struct arena *a, void *old, size_t n, size_t size);

/** Copies of a string, or of its first n bytes, NUL-terminated. */
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n);

/** printf into the arena. */
char *arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Has release(what) called when the arena is freed, before its memory goes, the newest first. `what` lives as long as
 *  the arena; one that was released by other means before must bear a second time. To be called before the resource is
 *  acquired: it takes memory, which may run out. */
void arena_own(struct arena *a, void (*release)(void *what), void *what);

/** An arena of its own, empty, that goes with `a`. */
struct arena *arena_child(struct arena *a);

/** A place in the arena, and the release of all that was allocated or is owned since; marks nest. Nothing older may
 *  have grown since. */
struct arena_mark {
	struct arena_block *top, *large;
	size_t used;
	struct arena_owned *owned;
};
struct arena_mark arena_mark(const struct arena *a);
void arena_release(struct arena *a, struct arena_mark mark);

/** Releases what is owned and frees all blocks; the arena is empty and usable afterwards. */
void arena_free(struct arena *a);

#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, n, type) ((type *)arena_array((a), (size_t)(n), sizeof(type)))

/** Makes room for one more element in a growing array of `n` elements whose
 *  capacity is a power of two derived from n: v = ARENA_PUSH(a, v, n), v[n++] = x.
 *  Pointers into a large one do not outlive that. */
#define ARENA_PUSH(a, v, n, type) \
	((type *)arena_push((a), (v), (size_t)(n), sizeof(type)))
void *arena_push(struct arena *a, void *v, size_t n, size_t size);

#endif
