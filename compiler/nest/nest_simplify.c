/* Unary and binary operations, as the simplest equal that is known. Floating-point rules are exact: they hold for NaN,
 * infinities and signed zeros, so that strict mode needs no exception. */
#include <math.h>

#include "nest/nest_build.h"
#include "nest/nest_scalar.h"

/* --- index arithmetic: stays in numbers as long as it can --------------------------------------------------------- */

static bool as_num(const struct nest *n, int e, struct num *v)
{
	const struct expr *x = &n->e[e];

	if (x->op == E_CONST && x->type == DT_I64)
		*v = num_const(x->k.i);
	else if (x->op == E_INDEX)
		*v = x->index;
	else
		return false;
	return true;
}

/* The number op(x, y), when numbers can say it without overflow. */
static bool num_operation(struct nums *s, enum eop op, struct num x, struct num y, struct num *v)
{
	const bool before = s->overflow;
	bool known = true;

	s->overflow = false;
	switch ((int)op) {
	case E_ADD: *v = num_add(s, x, y); break;
	case E_SUB: *v = num_sub(s, x, y); break;
	case E_MUL: *v = num_mul(s, x, y); break;
	case E_MIN: *v = num_min(s, x, y); break;
	case E_MAX: *v = num_max(s, x, y); break;
	case E_NEG: *v = num_sub(s, num_const(0), x); break;
	case E_DIV:
		known = num_lo(s, x) >= 0 && num_lo(s, y) > 0;  /* where truncation is floor */
		*v = known ? num_div(s, x, y) : x;
		break;
	case E_MOD:
		known = num_lo(s, y) > 0;
		*v = known ? num_mod(s, x, y) : x;
		break;
	default:
		known = false;
	}
	known = known && !s->overflow;
	s->overflow = before;
	return known;
}

/* Comparisons that the ranges decide. */
static int decided(struct nest *n, enum eop op, struct num x, struct num y)
{
	struct nums *s = &n->m->nums;
	const bool before = s->overflow;
	struct num v;

	if (op == E_LT)
		v = num_lt(s, x, y);
	else if (op == E_LE)
		v = num_sub(s, num_const(1), num_lt(s, y, x));
	else if (op == E_EQ)
		v = num_eq(s, x, y);
	else
		return -1;
	if (s->overflow)
		v = x;
	s->overflow = before;
	return num_is(v, 0) || num_is(v, 1) ? nest_const_int(n, DT_BOOL, v.n) : -1;
}

static int simplify_index(struct nest *n, enum eop op, int a, int b)
{
	struct num x, y = num_const(0), v;
	int e;

	if (!as_num(n, a, &x) || (b >= 0 && !as_num(n, b, &y)))
		return -1;
	e = b >= 0 ? decided(n, op, x, y) : -1;
	if (e >= 0)
		return e;
	return num_operation(&n->m->nums, op, x, y, &v) ? nest_index(n, v) : -1;
}

/* --- identities --------------------------------------------------------------------------------------------------- */

static int simplify_unary(const struct nest *n, enum eop op, int a)
{
	const struct expr *x = &n->e[a];

	switch ((int)op) {
	case E_NEG:
	case E_NOT:
		return x->op == op ? x->a : -1;
	case E_ABS:
		return x->op == E_ABS || (x->op == E_CAST && dtypes[n->e[x->a].type].class == CLASS_B) ? a : -1;
	case E_FLOOR: case E_CEIL: case E_ROUND: case E_TRUNC:
		return lane_kind(x->type) == LANE_I || x->op == E_FLOOR || x->op == E_CEIL || x->op == E_ROUND ||
		       x->op == E_TRUNC ? a : -1;
	default:
		return -1;
	}
}

/* Same operand twice. */
static int simplify_same(struct nest *n, enum eop op, int a)
{
	const enum dtype type = n->e[a].type;
	const bool integer = lane_kind(type) == LANE_I;

	switch ((int)op) {
	case E_MIN: case E_MAX: case E_AND: case E_OR:
		return a;
	case E_XOR: case E_SUB:
		return integer ? nest_const_int(n, type, 0) : -1;
	case E_EQ: case E_LE:
		return integer ? nest_const_int(n, DT_BOOL, 1) : -1;
	case E_LT:
		return nest_const_int(n, DT_BOOL, 0);
	default:
		return -1;
	}
}

/* A constant on the right. */
static int simplify_right(struct nest *n, enum eop op, int a, int b)
{
	const enum dtype type = n->e[a].type;
	const bool integer = lane_kind(type) == LANE_I, zero = nest_is_value(n, b, 0), one = nest_is_value(n, b, 1);

	switch ((int)op) {
	case E_ADD:     /* -0 + 0 is 0; x + -0 is x */
		return (integer && zero) || (!integer && n->e[b].k.f == 0 && signbit(n->e[b].k.f)) ? a : -1;
	case E_SUB: case E_SHL: case E_SHR:
		return zero ? a : -1;
	case E_MUL:
		return one ? a : integer && zero ? b : -1;
	case E_DIV:
		return one ? a : -1;
	case E_POW:
		return one ? a : nest_is_value(n, b, 2) ? nest_binary(n, E_MUL, a, a) : -1;
	case E_AND:
		return zero ? b : type == DT_BOOL && one ? a : -1;
	case E_OR:
		return zero ? a : type == DT_BOOL && one ? b : -1;
	case E_XOR:
		return zero ? a : type == DT_BOOL && one ? nest_unary(n, E_NOT, a) : -1;
	default:
		return -1;
	}
}

static bool commutes(enum eop op)
{
	switch ((int)op) {
	case E_ADD: case E_MUL: case E_AND: case E_OR: case E_XOR: case E_EQ:
		return true;
	default:
		return false;
	}
}

/* A simpler expression equal to op(a, b), or -1. */
static int simplify(struct nest *n, enum eop op, int a, int b)
{
	int e = simplify_index(n, op, a, b);

	if (e >= 0)
		return e;
	if (b < 0)
		return simplify_unary(n, op, a);
	if (a == b)
		e = simplify_same(n, op, a);
	if (e < 0 && nest_is_const(n, b))
		e = simplify_right(n, op, a, b);
	if (e < 0 && nest_is_const(n, a) && commutes(op))
		e = simplify_right(n, op, b, a);
	return e;
}

/* --- operations --------------------------------------------------------------------------------------------------- */

static int operation(struct nest *n, enum eop op, int a, int b)
{
	int simpler;

	if (nest_is_const(n, a) && (b < 0 || nest_is_const(n, b)))
		return nest_add_folded(n, op, a, b);
	simpler = simplify(n, op, a, b);
	return simpler >= 0 ? simpler : nest_add_operation(n, op, a, b);
}

int nest_unary(struct nest *n, enum eop op, int a)
{
	if (nest_arity(op) != 1)
		die("operation %d takes two operands", (int)op);
	return operation(n, op, a, -1);
}

int nest_binary(struct nest *n, enum eop op, int a, int b)
{
	if (nest_arity(op) != 2)
		die("operation %d takes one operand", (int)op);
	if (n->e[a].type != n->e[b].type)
		die("operands of %s and %s", dtypes[n->e[a].type].name, dtypes[n->e[b].type].name);
	return operation(n, op, a, b);
}

int nest_in_range(struct nest *n, struct num v, struct num lo, struct num hi)
{
	int x = nest_index(n, v);
	int above = nest_binary(n, E_LE, nest_index(n, lo), x), below = nest_binary(n, E_LT, x, nest_index(n, hi));

	return nest_binary(n, E_AND, above, below);
}
