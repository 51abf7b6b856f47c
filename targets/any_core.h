/* What portable C may hope for of any core of today: two multiply-adds of single numbers and two loads a cycle, by
 * compilers that make vectors of neighbouring sums, which then take fewer registers. */
#ifndef NNC_ANY_CORE_H
#define NNC_ANY_CORE_H

#define ANY_CORE \
	.fmas = 2, .int_ops = 3, .loads = 2, .overlaps = true, .fma_latency = 4, .registers = 32, .vector_bytes = 4, \
	.l1_bytes = 32 << 10, .l2_bytes = 256 << 10, .arena_align = 64

#endif
