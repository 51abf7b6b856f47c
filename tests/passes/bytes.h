/* Quantised tensors for the tests of passes. */
#ifndef NNC_TESTS_PASSES_BYTES_H
#define NNC_TESTS_PASSES_BYTES_H

#include "targets/target.h"

#include "tests/passes/fixture.h"

static inline void setup_for(const char *target)
{
	setup();
	m.target = target_find(&arena, target, NULL);
	cr_assert(m.target, "%s", target);
}

/* The values of the program for every byte in the input, and how many there are. */
static inline int64_t evaluate_all_bytes(float *values)
{
	unsigned char x[256];

	for (int i = 0; i < 256; i++)
		x[i] = (unsigned char)i;
	return evaluate(x, values);
}

static inline int number(float v)
{
	return filled(v, 0, NULL);
}

/* A constant of one byte, or of as many as the shape has: bytes of a counter that visits all values. */
static inline int byte(enum dtype type, int v)
{
	unsigned char *data = arena_alloc(&arena, 1);

	*data = (unsigned char)v;
	return tensor_const(&m, "zero", type, 0, NULL, data);
}

static inline int bytes(enum dtype type, int rank, const int64_t *dim)
{
	const int64_t n = count(rank, dim);
	unsigned char *data = arena_array(&arena, (size_t)n, 1);

	for (int64_t i = 0; i < n; i++)
		data[i] = (unsigned char)(37 * i + 11);
	return tensor_const(&m, "w", type, rank, dim, data);
}

static inline int dequantised(int q, float scale, int zero)
{
	return OP("DequantizeLinear", q, number(scale), byte(m.tensor[q].type, zero));
}

static inline int quantised(int x, float scale, enum dtype type, int zero)
{
	return OP("QuantizeLinear", x, number(scale), byte(type, zero));
}

#endif
