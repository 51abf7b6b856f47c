/* Casts from and to types of 8 bits and less. */
#ifndef NNC_NEST_NARROW_H
#define NNC_NEST_NARROW_H

#include "nest/nest.h"

enum narrow_round { NARROW_UP, NARROW_DOWN, NARROW_NEAREST };

/** Types whose casts are expressions: integers of less than 8 bits, floats of up to 8. */
bool dtype_is_narrow(enum dtype type);
/** nest_cast() where one of the types is narrow: integers wrap, floats are rounded half to even and limited to the
 *  greatest number. */
int nest_cast_narrow(struct nest *n, enum dtype type, int a);
/** a as a float of up to 8 bits. Without `saturate` what is too great becomes infinity or NaN; float8e8m0 is rounded as
 *  `round` says. */
int nest_cast_float(struct nest *n, enum dtype type, int a, bool saturate, enum narrow_round round);

#endif
