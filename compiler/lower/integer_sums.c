#include "lower/integer_sums.h"

#include "lower/integer_constants.h"
#include "ops/integer.h"

bool integer_makes_sums(const struct module *m, int node)
{
	return m->tensor[node_out(m, node, 0)].type == DT_I32;
}

/* x's zero point in memory, of sums. */
static int zero_of(struct lowering *l)
{
	const int zero = node_in(l->m, l->node, INTEGER_X_ZERO);
	static const int64_t one = 1;
	int t;

	if (zero >= 0)
		return zero;
	t = tensor_const(l->m, "zero", DT_U8, 1, &one, arena_alloc(l->m->arena, 1));
	tensor_dense(l->m, t);
	return t;
}

bool integer_has_one_zero(struct module *m, int node, const char **why)
{
	const int zero = node_in(m, node, INTEGER_X_ZERO);

	*why = "x has several zero points";
	return !integer_makes_sums(m, node) || zero < 0 || num_is(tensor_elements(m, zero), 1);
}

struct integer_dot_ends integer_dot_ends(struct lowering *l, const struct pack *p, int groups,
					 const struct kernel *k, const void *weights)
{
	const int64_t width = (p->n + k->columns - 1) / k->columns * k->columns;

	if (integer_makes_sums(l->m, l->node))
		return (struct integer_dot_ends){
			integer_weight_sums(l, p, groups, k->columns, weights), zero_of(l), width, 0
		};
	return (struct integer_dot_ends){
		integer_bias(l, l->node, p, groups, k->columns, weights),
		integer_scale(l, l->node, p->n, groups, k->columns), width, width
	};
}

bool integer_sums_are_bounded(struct module *m, int node, int channel_axis, const char **why)
{
	return integer_makes_sums(m, node) || integer_is_bounded(m, node, channel_axis, why);
}
