#include "passes/pass.h"

#include "graph/infer.h"
#include "ops/bundle.h"

const struct pass passes[] = {
#define PASS(name, function, what) { name, function, what },
#include "passes.def"
#undef PASS
};

const int n_passes = (int)(sizeof passes / sizeof *passes);

/* Requires an imported module. Ensures that every tensor that is read has a type and a shape,
 * and none is a sequence or optional. */
bool pass_infer(struct module *m)
{
	return infer_graph(m, 0) && bundle_outputs(m);
}
