/* Ground of the runtime that is cut into generated C: what every kernel stands on.
 *
 * Everything below runtime_min/ is written so that single items can be lifted out: no `#if` inside a
 * function, no token pasting, no mutable data, a doc comment right above each item, nothing from libc but
 * memcpy, memset and the functions of math.h. It compiles as C11 and as C++ without warnings. */
#ifndef NNRT_H
#define NNRT_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "runtime_min/compiler.h"

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
