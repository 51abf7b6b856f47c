#include "emit/protect.h"

#include <stdlib.h>
#include <string.h>

#include "runtime_min/unmask.h"
#include "support/arena.h"
#include "support/sha256.h"

const struct protect_key *protect_key_of(struct arena *a, const char *seed)
{
	struct protect_key *key = ARENA_NEW(a, struct protect_key);
	char text[SHA256_TEXT_BYTES];

	sha256_text(text, seed, strlen(seed));
	for (int i = 0; i < 3; i++)
		key->word[i] = (uint32_t)strtoul(arena_strndup(a, text + 8 * (size_t)i, 8), NULL, 16);
	return key;
}

uint32_t protect_word(const struct protect_key *key, uint32_t i, uint32_t word)
{
	return word ^ nnrt_mask(i, key->word[0], key->word[1], key->word[2]);
}

/* Fisher and Yates. Words from the mask's far end, which no constant reaches. */
void protect_shuffle(const struct protect_key *key, int *order, int n)
{
	for (int i = n - 1; i > 0; i--) {
		const int k = (int)(protect_word(key, UINT32_MAX - (uint32_t)i, 0) % ((uint32_t)i + 1));
		const int swapped = order[i];
		order[i] = order[k];
		order[k] = swapped;
	}
}
