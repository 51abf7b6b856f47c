/* How numbers are written in C99 and C++. Independent of the locale; every
 * finite float comes back bit for bit. Infinities and NaN are the macros of
 * <math.h>, a NaN's payload is lost: arrays that need it travel as bytes. */
#ifndef NNC_SPELL_H
#define NNC_SPELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "graph/dtype.h"

enum { SPELL_BYTES = 48 };

/** A literal of type float or double: "1.5f", "-0.0f", "1e-45f", "INFINITY". Returns buf. */
const char *spell_f32(char buf[SPELL_BYTES], float x);
const char *spell_f64(char buf[SPELL_BYTES], double x);

/** A constant of the smallest of int, int64_t and uint64_t that holds the value, valid down to INT64_MIN. */
const char *spell_i64(char buf[SPELL_BYTES], int64_t x);
const char *spell_u64(char buf[SPELL_BYTES], uint64_t x);

/** Element i of an array of `type` in the host's byte order. */
const char *spell_element(char buf[SPELL_BYTES], enum dtype type, const void *values, size_t i);

/** True when all elements are finite: their text needs no <math.h> and loses nothing. */
bool spell_is_exact(enum dtype type, const void *values, size_t n);

#endif
