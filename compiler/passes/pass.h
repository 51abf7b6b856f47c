/* Passes over the graph: each reads and edits the module, prints nothing, keeps no state. */
#ifndef NNC_PASS_H
#define NNC_PASS_H

#include "graph/ir.h"

struct pass {
	const char *name;       /* for --dump and --skip-pass */
	bool (*run)(struct module *m);
	const char *what;
};

extern const struct pass passes[];
extern const int n_passes;

#define PASS(name, function, what) bool function(struct module *m);
#include "passes.def"
#undef PASS

#endif
