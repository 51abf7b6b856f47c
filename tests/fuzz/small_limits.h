/* Included before everything else in the fuzzers' build: limits whose full extent takes seconds or gigabytes are
 * smaller there, so that an input that is slow or large beyond them is a finding. */
#ifndef NNC_FUZZ_LIMITS_H
#define NNC_FUZZ_LIMITS_H

#include "compiler/support/limits.h"

#define MAX_FOLD_ELEMENTS (1 << 16)
#define MAX_FOLD_WORK (1 << 20)
#define MAX_ORDER_WORK (1 << 16)
#define MAX_PLACE_WORK (1 << 20)
#define MAX_REPLAY_READS (1 << 18)
#define MAX_DFT_POINTS (1 << 12)
#define MAX_INLINED_NODES (1 << 12)

/* Blocks of an arena are cleared for every input; and sanitizers watch over their ends. */
#define ARENA_BLOCK_BYTES (1 << 12)

#endif
