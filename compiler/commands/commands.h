/* The commands of nnc, one function each: options in, exit status out; errors through diag, results on standard
 * output. */
#ifndef NNC_COMMANDS_H
#define NNC_COMMANDS_H

#include "options.h"
#include "support/arena.h"
#include "support/diag.h"

#define COMMAND(name, function, arguments, help) \
	enum status function(const struct options *o, struct arena *a, struct arena *scratch, struct diag *d);
#include "commands.def"
#undef COMMAND

#endif
