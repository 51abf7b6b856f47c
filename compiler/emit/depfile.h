/* -MD: what the outputs were made from, in the syntax of make and ninja. */
#ifndef NNC_DEPFILE_H
#define NNC_DEPFILE_H

#include "emit.h"

/** "targets: sources", escaped as gcc does: space and # with a backslash, $ doubled. A name with a newline cannot be
 *  written in that syntax: it is left out. */
void depfile_print(struct emit *e, const char *const *outputs, int n_outputs, const char *const *sources,
		   int n_sources);

#endif
