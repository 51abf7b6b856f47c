/* model.onnx -> graph. Every count, size, name and path of the file is checked here, once. */
#ifndef NNC_IMPORT_H
#define NNC_IMPORT_H

#include <stdbool.h>

#include "graph/ir.h"

struct dim_option;

/** Reads the model at `path` into the empty module *m: graph 0 and its sub-graphs with local functions inlined and
 *  constants decoded, nodes in order of definition, types of inputs, and what the model itself says of other tensors.
 *  dims: what --dim says about symbolic dimensions of the inputs (an axis without a name is called INPUT.AXIS); each
 *  must be covered, and each option must name one. m->scratch is emptied. Nothing of the file stays in memory but
 *  constants. False: reported; STATUS_MODEL, STATUS_USAGE (dims), STATUS_UNSUPPORTED or STATUS_ENVIRONMENT (files). */
bool import_model(struct module *m, const char *path, const struct dim_option *dims, int n_dims);

#endif
