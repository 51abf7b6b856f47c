/* Constants that are masked in the object, made plain in memory. */
#ifndef NNRT_UNMASK_H
#define NNRT_UNMASK_H

#include "runtime_min/nnrt.h"

/** Word i of the mask that three words of a key make: a count mixed as MurmurHash3 ends (Appleby, fmix32), which keeps
 *  readers of files out and nobody who can run the program. */
NNRT_INLINE uint32_t nnrt_mask(uint32_t i, uint32_t k0, uint32_t k1, uint32_t k2)
{
	uint32_t x = k0 + i * (k1 | 1u);

	x = (x ^ x >> 16) * 0x85ebca6bu;
	x = (x ^ x >> 13) * 0xc2b2ae35u;
	return x ^ x >> 16 ^ k2;
}

/** n words of `in`, whose first is word `first` of all, without their mask to `out`. */
NNRT_SHARED void nnrt_unmask(unsigned char *NNRT_RESTRICT out, const uint32_t *NNRT_RESTRICT in, uint32_t n,
			     uint32_t first, uint32_t k0, uint32_t k1, uint32_t k2)
{
	for (uint32_t i = 0; i < n; i++) {
		const uint32_t word = in[i] ^ nnrt_mask(first + i, k0, k1, k2);
		(void)memcpy(out + 4 * (size_t)i, &word, sizeof(word));
	}
}

#endif
