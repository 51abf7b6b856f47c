/* Hash map from byte strings to integers, inside an arena. Keys are copied;
 * they come from models, so probing is bounded by keeping the table half empty
 * and the hash is seeded by nothing: order of insertion never shows. */
#ifndef NNC_MAP_H
#define NNC_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

struct map_slot {
	const void *key;
	size_t bytes;
	uint64_t hash;
	int64_t value;
};

struct map {
	struct arena *arena;
	struct map_slot *slots;
	size_t n, capacity;
};

void map_init(struct map *m, struct arena *a);

/** A copy in arena a, which shares the keys. */
void map_copy(struct map *m, const struct map *from, struct arena *a);

/** The value of a key, or `missing`. */
int64_t map_get(const struct map *m, const void *key, size_t bytes, int64_t missing);
int64_t map_get_name(const struct map *m, const char *name, int64_t missing);

/** Sets a key's value; true when the key was new. */
bool map_set(struct map *m, const void *key, size_t bytes, int64_t value);
bool map_set_name(struct map *m, const char *name, int64_t value);

/** FNV-1a over bytes, finished with a mix; `seed` chains calls. */
uint64_t hash_bytes(const void *bytes, size_t n, uint64_t seed);

#endif
