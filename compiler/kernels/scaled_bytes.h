/* Floats that are bytes times one number: quantised weights after they were dequantised, however they came by that. */
#ifndef NNC_SCALED_BYTES_H
#define NNC_SCALED_BYTES_H

#include <stdbool.h>
#include <stdint.h>

/** Whether w[i] == (float)q[i] * *scale in float32 for int8 q, all of n. Pure, and exact: what is true of no scale is
 *  not approximated. 0 and -0 count as equal. */
bool scaled_bytes_find(const float *w, int64_t n, float *scale);

/** That q of one of them. */
int8_t scaled_byte(float w, float scale);

#endif
