#include "passes/pass.h"

#include "graph/infer.h"

const struct pass passes[] = {
#define PASS(name, function, what) { name, function, what },
#include "passes.def"
#undef PASS
};

const int n_passes = (int)(sizeof passes / sizeof *passes);

/* Requires an imported module. Ensures that every tensor has a type and a shape. */
bool pass_infer(struct module *m)
{
	return infer_graph(m, 0);
}
