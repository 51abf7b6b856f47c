/* Inputs that come row by row from a function of the user. */
#ifndef NNRT_INPUT_ROWS_H
#define NNRT_INPUT_ROWS_H

#include "runtime_min/kernels/shape.h"

/** Writes row `row` of an input to `to`; from: whatever the user gave with the function. */
typedef void nnrt_read_row(void *from, int row, void *to);

/** Reads rows begin … end - 1 into y, where row r starts at byte (r % ring) * row_bytes (ring 0: r * row_bytes). */
NNRT_INLINE void nnrt_input_rows(nnrt_read_row *read, void *from, void *y, ptrdiff_t row_bytes, ptrdiff_t ring,
	ptrdiff_t begin, ptrdiff_t end)
{
	for (ptrdiff_t row = begin; row < end; row++)
		read(from, (int)row, (unsigned char *)y + nnrt_ring(row, (int)ring) * row_bytes);
}

#endif
