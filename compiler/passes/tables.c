/* Tables: an IntegerTable that gives every byte itself goes; one that turns its top bit, as from a camera's uint8 to
 * the int8 that a model takes, becomes an IntegerFlip, which needs no table.
 *
 * Requires the integer operators; runs behind what turns the signs of bytes. Bit-exact: the tables say the same. */
#include "graph/infer.h"
#include "ops/integer.h"
#include "passes/pass.h"
#include "passes/rewrite.h"

/* The table gives byte b as b ^ turned, in rising order of the values of type `from`. */
static bool is_turned(const struct module *m, int table, enum dtype from, int turned)
{
	const unsigned char *bytes = m->tensor[table].data;

	for (int i = 0; i < 256; i++)
		if (bytes[i] != ((from == DT_I8 ? i ^ 0x80 : i) ^ turned))
			return false;
	return true;
}

/* x has no scale yet, or the same as y, so that one tensor can stand for both. */
static bool may_mean(const struct tensor *x, const struct tensor *y)
{
	return !x->quant || (y->quant && x->quant->n == 1 && y->quant->n == 1 && *x->quant->scale == *y->quant->scale &&
			     *x->quant->zero == *y->quant->zero);
}

static bool replace(struct rewriter *r, int node)
{
	struct module *m = r->m;
	const int x = node_in(m, node, 0), table = node_in(m, node, 1);
	int flip;

	if (m->node[node].op != &op_nnc_IntegerTable || m->tensor[table].rank > 1)
		return true;
	if (node_in_type(m, node, 0) == m->tensor[table].type) {
		if (!is_turned(m, table, m->tensor[x].type, 0))
			return true;
		if (may_mean(&m->tensor[x], node_out_tensor(m, node, 0)))
			m->tensor[x].quant = node_out_tensor(m, node, 0)->quant;
		rewrite_same(r, node, x);
		return true;
	}
	if (!is_turned(m, table, m->tensor[x].type, 0x80))
		return true;
	flip = rewrite_own(r, node, &op_nnc_IntegerFlip, 1, &x, node_out(m, node, 0));
	rewrite_drop(r, node);
	return infer_node(m, flip);
}

bool pass_tables(struct module *m)
{
	return rewrite_module(m, replace, NULL);
}
