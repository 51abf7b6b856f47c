/* TopK: its attributes. */
#ifndef NNC_ORDER_H
#define NNC_ORDER_H

#include "ops/arguments.h"

/** How many elements are wanted along which axis. False: reported. */
bool top_k_get(struct module *m, int node, struct num *k, int *axis);

#endif
