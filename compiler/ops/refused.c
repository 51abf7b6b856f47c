/* Operators that nnc lacks: how they are reported, and what stands for them where they may never run. */
#include "ops.h"

bool op_refuse(struct diag *d, const struct place *at, const char *domain, bool known)
{
	if (known)
		return diag_error(d, STATUS_UNSUPPORTED, at, "operator not supported at this opset; see nnc ops");
	return diag_error(d, STATUS_UNSUPPORTED, at, "operator not supported%s%s; see nnc ops",
			  *domain ? ": domain " : "", domain);
}

static bool infer_refused(struct module *m, int node)
{
	const struct op_def *op = m->node[node].op;
	const struct place at = node_place(m, node);
	bool known;

	op_find(op->domain, op->name, at.opset, &known);
	return op_refuse(m->diag, &at, op->domain, known);
}

const struct op_def *op_refused(struct arena *a, const char *domain, const char *name)
{
	struct op_def *op = ARENA_NEW(a, struct op_def);

	*op = (struct op_def){ .domain = arena_strdup(a, domain), .name = arena_strdup(a, name), .max_in = -1,
			       .max_out = -1, .infer = infer_refused, .impure = true, .refused = true };
	return op;
}
