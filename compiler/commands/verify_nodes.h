/* nnc verify --nodes: where the first difference comes from. */
#ifndef NNC_VERIFY_NODES_H
#define NNC_VERIFY_NODES_H

#include "commands/cases.h"
#include "host/built.h"

/** Runs cases of equal dimensions node by node, in the build that is asked for and in a plain one (target generic,
 *  strict arithmetic, nothing fused), and reports the first node whose result differs between the two, or from an
 *  expected output. False: reported, also a difference. */
bool verify_nodes(struct case_data *const *cases, int n, const struct folder *f, int number, struct arena *a,
		  struct arena *scratch, struct diag *d);

#endif
