/* Private to verify.c and verify_nodes.c. */
#ifndef NNC_VERIFY_H
#define NNC_VERIFY_H

#include "host/built.h"
#include "commands/cases.h"
#include "commands/compare.h"

/** What --rtol, --atol and --exact ask for, or the default, `looseness` times as wide. */
struct tolerance verify_tolerance(const struct options *o, double looseness);

/** Runs cases of equal dimensions node by node, in the build that is asked for and in a plain one (target generic,
 *  strict arithmetic, nothing fused), and reports the first node whose result differs between the two, or from an
 *  expected output. False: reported, also a difference. */
bool verify_nodes(struct case_data *const *cases, int n, const struct folder *f, int number, struct arena *a,
		  struct arena *scratch, struct diag *d);

#endif
