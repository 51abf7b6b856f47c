/* Keys by which elements of any type are ordered: unsigned integers of 64 bits. */
#ifndef NNC_ORDER_KEY_H
#define NNC_ORDER_KEY_H

#include "nest/nest.h"

/** The key of x: greater for what comes first, which is the greatest, or else the least. NaN counts as greater than all
 *  numbers, and zeros are equal. */
int order_key(struct nest *n, int x, bool largest);

#endif
