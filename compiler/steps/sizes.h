/* Sizes that the program finds out while it runs: variables whose value is in a tensor (num_var_of). */
#ifndef NNC_SIZES_H
#define NNC_SIZES_H

#include "steps/step.h"

/** Calls f, as for a tensor that is read, for each tensor that holds a size which the step itself uses: in the extents,
 *  indexes and numbers of its nest or call, or in where a tensor that it touches lies. Some more than once. What uses a
 *  size thus reads a tensor, and what makes one writes a tensor: whoever respects reads and writes respects sizes. */
void step_each_size(const struct module *m, const struct step *s, void (*f)(void *ctx, int tensor, enum arg_kind kind),
		    void *ctx);

#endif
