/* Counting checks where Criterion cannot be linked: on other machines, under emulators. */
#ifndef TESTS_MATHS_CHECK_H
#define TESTS_MATHS_CHECK_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct checks {
	long passed, failed;
};

static inline void check_equal(struct checks *c, const char *what, int64_t input, int64_t got, int64_t wanted)
{
	if (got == wanted) {
		c->passed++;
		return;
	}
	if (c->failed++ < 20)
		printf("%s(%" PRId64 "): got %" PRId64 ", wanted %" PRId64 "\n", what, input, got, wanted);
}

static inline int check_report(const struct checks *c)
{
	printf("%ld passed, %ld failed\n", c->passed, c->failed);
	return c->failed || !c->passed;
}

static inline float float_of(uint32_t bits)
{
	float f;

	memcpy(&f, &bits, sizeof(f));
	return f;
}

static inline uint32_t bits_of(float f)
{
	uint32_t bits;

	memcpy(&bits, &f, sizeof(bits));
	return bits;
}

#endif
