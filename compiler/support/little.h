/* Little-endian integers of 1 to 8 bytes at any address: how constants hold their elements. */
#ifndef NNC_LITTLE_H
#define NNC_LITTLE_H

#include <stdint.h>

static inline uint64_t load_little(const unsigned char *p, int bytes)
{
	uint64_t v = 0;

	for (int i = 0; i < bytes; i++)
		v |= (uint64_t)p[i] << 8 * i;
	return v;
}

static inline void store_little(unsigned char *p, uint64_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		p[i] = (unsigned char)(v >> 8 * i);
}

#endif
