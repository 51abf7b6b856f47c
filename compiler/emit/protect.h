/* --protect: what makes a build unlike the model and unlike other builds, from the words behind it. */
#ifndef NNC_PROTECT_H
#define NNC_PROTECT_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct weights;

/* Of nnrt_mask() in runtime_min/unmask.h. */
struct protect_key {
	uint32_t word[3];
};

/** The key that a seed stands for. From arena a. */
const struct protect_key *protect_key_of(struct arena *a, const char *seed);

/** Puts the n numbers in another order. */
void protect_shuffle(const struct protect_key *key, int *order, int n);

/** Word i of all, masked; or plain again. */
uint32_t protect_word(const struct protect_key *key, uint32_t i, uint32_t word);

#endif
