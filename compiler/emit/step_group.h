/* Steps that are alike but for constants: which of these become parameters of one function that they share.
 *
 * A literal lets the C compiler fold, and specialise a kernel for a shape; but each text is one more function for it to
 * compile. Steps of the same text share one function in any case; that gains all of gcc's time and loses nothing, for
 * gcc would compile each alike and merge them. The literals of a step are those of its loop nests and its epilogue, and
 * the real numbers of a kernel's parameters.
 *   --optimize=speed   Shapes stay literals. Up to SPECIALISED functions may differ in literals alone; where there are
 *                      more, one takes them as parameters. 5,000 products by as many numbers: gcc 12 -O2 takes 2.4 s,
 *                      48 s with a function each. 10,000 convolutions of one shape: 5 s, and over 420 s before.
 *   --optimize=size    The shapes of kernel calls are literals too, and all that differ become parameters at once.
 *                      yolox-nano at -Os: 47 KB of code instead of 67, gcc 4.9 s instead of 8.1, as fast within the
 *                      noise; mlperf-tiny-vww-fp32: as large, for its shapes hardly repeat, and 9 % slower. */
#ifndef NNC_STEP_GROUP_H
#define NNC_STEP_GROUP_H

#include "emit/program.h"

/** Finds p->group of all steps. */
void step_groups_find(struct program *p);

#endif
