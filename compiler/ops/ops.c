/* The operator table and its search. */
#include "ops.h"

#include <string.h>

const struct op_def *const op_table[] = {
#define OP(symbol) &symbol,
#include "ops.def"
#undef OP
#define POINTWISE(name, since, arity, types, result, text, params) &op_##name##_##since,
#include "pointwise.def"
#undef POINTWISE
#define EARLY(name, since, ...) &op_##name##_##since,
#include "early.def"
#undef EARLY
	NULL
};

const struct op_def *op_find(const char *domain, const char *name, int opset, bool *known)
{
	const struct op_def *best = NULL;

	*known = false;
	for (const struct op_def *const *row = op_table; *row; row++) {
		if (strcmp((*row)->name, name) || strcmp((*row)->domain, domain))
			continue;
		*known = true;
		if ((*row)->since <= opset && (!best || (*row)->since > best->since))
			best = *row;
	}
	return best;
}
