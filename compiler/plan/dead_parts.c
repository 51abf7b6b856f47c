/* A table of a fixed size; of two parts that fall on one place the newer stays. */
#include "plan/dead_parts.h"

#include "support/arena.h"

enum { PLACES = 1 << 16 };

struct dead_parts {
	struct dead_key key[PLACES];
};

struct dead_parts *dead_parts_new(struct arena *a)
{
	return ARENA_NEW(a, struct dead_parts);
}

static size_t place_of(const struct dead_key *key)
{
	return (key->a >> 40) % PLACES;
}

bool dead_parts_has(const struct dead_parts *d, const struct dead_key *key)
{
	const struct dead_key *k = &d->key[place_of(key)];

	return k->a == key->a && k->b == key->b;
}

void dead_parts_add(struct dead_parts *d, const struct dead_key *key)
{
	d->key[place_of(key)] = *key;
}
