/* Ground of the runtime that is cut into generated C: attributes and types, nothing else.
 *
 * Everything below runtime_min/ is written so that single items can be lifted out: no `#if` inside a
 * function, no token pasting, no mutable data, a doc comment right above each item, nothing from libc but
 * memcpy, memset and maths.h. It compiles as C11 and as C++ without warnings. */
#ifndef NNRT_H
#define NNRT_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/** A function that disappears into its caller, so that constant arguments shape its code. */
#define NNRT_INLINE static inline __attribute__((always_inline, unused))

/** Constant table that a model need not use. */
#define NNRT_CONST static const __attribute__((unused))

/** `restrict` that C++ understands too. */
#define NNRT_RESTRICT __restrict

/** Text of its argument after expansion. */
#define NNRT_TEXT(x) NNRT_TEXT_(x)

/** Text of its argument as it stands. */
#define NNRT_TEXT_(x) #x

/** Before a loop of at most n constant turns: unrolled by gcc at -O2 too, which else keeps accumulators in memory.
 *  gcc and clang both read this spelling. */
#define NNRT_UNROLL(n) _Pragma(NNRT_TEXT(GCC unroll n))

/** Lesser of two sizes. */
NNRT_INLINE ptrdiff_t nnrt_min(ptrdiff_t a, ptrdiff_t b)
{
	return a < b ? a : b;
}

/** Greater of two sizes. */
NNRT_INLINE ptrdiff_t nnrt_max(ptrdiff_t a, ptrdiff_t b)
{
	return a > b ? a : b;
}

#endif
