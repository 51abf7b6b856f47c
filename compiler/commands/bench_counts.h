/* nnc bench under an emulator: instructions in the place of times. */
#ifndef NNC_BENCH_COUNTS_H
#define NNC_BENCH_COUNTS_H

#include "host/counts.h"

/** Prints what was counted, as text or JSON, with an estimate in cycles where the core's timings are published. */
void bench_print_counts(const struct options *o, const struct built *b, const struct counts *c, struct arena *a);

#endif
