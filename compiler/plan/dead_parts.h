/* Parts of a packing that are known to have no solution. Private to plan/.
 *
 * Whether the items still to come find room depends on which they are and on the least offset that each can have,
 * not on how those below were put together: the same rest comes back behind every exchange of two that live alike. */
#ifndef NNC_PLAN_DEAD_PARTS_H
#define NNC_PLAN_DEAD_PARTS_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct dead_parts;

/* Two sums over the items: 128 bits, so that no two parts that a search meets have the same. */
struct dead_key {
	uint64_t a, b;
};

static inline uint64_t dead_mix(uint64_t x)
{
	x = (x ^ x >> 32) * 0x9fb21c651e98df25u;
	return x ^ x >> 29;
}

static inline struct dead_key dead_key_start(uint64_t seed)
{
	return (struct dead_key){ dead_mix(seed + 1), seed };
}

static inline void dead_key_add(struct dead_key *key, int item, int64_t low)
{
	const uint64_t x = dead_mix((uint64_t)low * 0xd6e8feb86659fd93u + (uint64_t)item * 0xa0761d6478bd642fu);

	key->a += x;
	key->b += (x >> 7 ^ x) * 0xe7037ed1a0b428dbu ^ x << 31;
}

struct dead_parts *dead_parts_new(struct arena *a);

bool dead_parts_has(const struct dead_parts *d, const struct dead_key *key);
void dead_parts_add(struct dead_parts *d, const struct dead_key *key);

#endif
