/* Which loop nests compute float32 by integers (runtime_min/maths/soft.h): a model over bytes then links none of the
 * compiler's floating-point subroutines, for its few floats. A model of floats keeps to those, which are assembly. */
#include "emit/nest_writer.h"

#include "targets/target.h"

static bool is_soft_cast(enum dtype from, enum dtype to)
{
	return to == DT_F32 ? from == DT_I32 || from == DT_BOOL || (dtypes[from].bytes < 4 && from != DT_F16 &&
								    from != DT_BF16) :
			      dtypes[from].class != CLASS_F;
}

static bool has_soft_form(const struct nest *n, const struct expr *x)
{
	const enum dtype operand = x->a < 0 ? DT_I32 : (enum dtype)n->e[x->a].type;

	if (dtypes[x->type].class == CLASS_F && x->type != DT_F32)
		return false;
	switch (x->op) {
	case E_CAST:
		return is_soft_cast(operand, (enum dtype)x->type);
	case E_SATURATE:
		return dtypes[x->type].bytes <= 2;
	case E_REDUCE:
		return operand != DT_F32 || (x->how <= REDUCE_MIN && x->how != REDUCE_PROD);
	default:
		return x->op <= E_SCALAR || operand != DT_F32 || scalar_has_soft(x->op);
	}
}

bool nest_is_soft(const struct emission *x, const struct nest *n)
{
	if (!x->m->target->has_soft_floats || !emission_touches_bytes(x))
		return false;
	for (int k = 0; k < n->n_e; k++)
		if (!has_soft_form(n, &n->e[k]))
			return false;
	return true;
}
