/* The training forms of operators that have another for inference (training.c): whether a node is one, and what it is
 * short for. */
#ifndef NNC_TRAINING_H
#define NNC_TRAINING_H

#include "graph/ir.h"

bool batch_norm_trains(struct module *m, int node);
bool batch_norm_expand(struct module *m, int node);
bool dropout_trains(struct module *m, int node);
bool dropout_expand(struct module *m, int node);

#endif
