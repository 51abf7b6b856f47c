/* The processor's mode in which subnormal numbers count as zeros: operations on them may take a hundred cycles and
 * more. Only where the target has such a mode. */
#ifndef NNRT_FLUSH_H
#define NNRT_FLUSH_H

#include "runtime_min/nnrt.h"

#if defined(NNRT_GENERIC)

#elif defined(__SSE2__)

#include <immintrin.h>

/** Flushes subnormal results and operands from now on; the mode of before, for nnrt_flush_end(). */
NNRT_INLINE uint32_t nnrt_flush_begin(void)
{
	const uint32_t mode = _mm_getcsr();

	_mm_setcsr(mode | 0x8040u);
	return mode;
}

/** Restores the mode. */
NNRT_INLINE void nnrt_flush_end(uint32_t mode)
{
	_mm_setcsr(mode);
}

#elif defined(__aarch64__)

/** Flushes subnormal results and operands from now on; the mode of before, for nnrt_flush_end(). */
NNRT_INLINE uint32_t nnrt_flush_begin(void)
{
	uint64_t mode;

	__asm__ volatile("mrs %0, fpcr" : "=r"(mode));
	__asm__ volatile("msr fpcr, %0" : : "r"(mode | 1u << 24) : "memory");
	return (uint32_t)mode;
}

/** Restores the mode. */
NNRT_INLINE void nnrt_flush_end(uint32_t mode)
{
	__asm__ volatile("msr fpcr, %0" : : "r"((uint64_t)mode) : "memory");
}

#elif defined(__ARM_FP)

/** Flushes subnormal results and operands from now on; the mode of before, for nnrt_flush_end(). */
NNRT_INLINE uint32_t nnrt_flush_begin(void)
{
	uint32_t mode;

	__asm__ volatile("vmrs %0, fpscr" : "=r"(mode));
	__asm__ volatile("vmsr fpscr, %0" : : "r"(mode | 1u << 24) : "memory");
	return mode;
}

/** Restores the mode. */
NNRT_INLINE void nnrt_flush_end(uint32_t mode)
{
	__asm__ volatile("vmsr fpscr, %0" : : "r"(mode) : "memory");
}

#endif

#endif
