#include "map.h"

#include <string.h>

#include "arena.h"

uint64_t hash_bytes(const void *bytes, size_t n, uint64_t seed)
{
	const unsigned char *p = bytes;
	uint64_t h = seed ^ 0xcbf29ce484222325u;

	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * 0x100000001b3u;
	h ^= h >> 32;
	h *= 0xd6e8feb86659fd93u;
	return h ^ h >> 32;
}

void map_init(struct map *m, struct arena *a)
{
	*m = (struct map){ .arena = a };
}

void map_copy(struct map *m, const struct map *from, struct arena *a)
{
	*m = *from;
	m->arena = a;
	m->slots = arena_grow(a, from->slots, from->capacity, from->capacity, sizeof *m->slots);
}

/* The slot of a key, or the empty slot where it belongs. */
static struct map_slot *map_find(const struct map *m, const void *key, size_t bytes, uint64_t hash)
{
	size_t i = hash & (m->capacity - 1);

	for (;; i = (i + 1) & (m->capacity - 1)) {
		struct map_slot *s = &m->slots[i];
		if (!s->key || (s->hash == hash && s->bytes == bytes && !memcmp(s->key, key, bytes)))
			return s;
	}
}

int64_t map_get(const struct map *m, const void *key, size_t bytes, int64_t missing)
{
	const struct map_slot *s;

	if (!m->n)
		return missing;
	s = map_find(m, key, bytes, hash_bytes(key, bytes, 0));
	return s->key ? s->value : missing;
}

static void map_grow(struct map *m)
{
	struct map_slot *old = m->slots;
	size_t n = m->capacity;

	m->capacity = n ? n * 2 : 16;
	m->slots = ARENA_ARRAY(m->arena, m->capacity, struct map_slot);
	for (size_t i = 0; i < n; i++)
		if (old[i].key)
			*map_find(m, old[i].key, old[i].bytes, old[i].hash) = old[i];
	arena_drop(m->arena, old, n, sizeof *old);
}

bool map_set(struct map *m, const void *key, size_t bytes, int64_t value)
{
	uint64_t hash = hash_bytes(key, bytes, 0);
	struct map_slot *s;
	bool new;

	if (m->n * 2 >= m->capacity)
		map_grow(m);
	s = map_find(m, key, bytes, hash);
	new = !s->key;
	if (new) {
		*s = (struct map_slot){ .key = arena_strndup(m->arena, key, bytes), .bytes = bytes, .hash = hash };
		m->n++;
	}
	s->value = value;
	return new;
}

int64_t map_get_name(const struct map *m, const char *name, int64_t missing)
{
	return map_get(m, name, strlen(name), missing);
}

bool map_set_name(struct map *m, const char *name, int64_t value)
{
	return map_set(m, name, strlen(name), value);
}
