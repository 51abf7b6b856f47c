/* Evaluation over symbolic integers, element by element: shape arithmetic of models with run-time dimensions. Every
 * value is a number that surely fits its type, so that no wrap-around is hidden; floats that are surely whole and exact
 * count as numbers too (a size that is cast to float32, scaled by a whole factor and cast back). */
#include "nest/nest_build.h"
#include "nest/nest_eval.h"
#include "nest/nest_scalar.h"

enum { MAX_NUM_WORK = 1 << 16 };        /* elements times points of the reduction */

struct num_eval {
	struct nest *n;
	struct nums *s;
	struct num at[2 * MAX_RANK];    /* values of the axes */
	struct num *value;              /* by expression */
	bool *known;                    /* by expression: value is of this element */
	int n_e;
};

static bool eval(struct num_eval *v, int e, struct num *out);

/* Every value between lo and hi is exact in the type. */
static bool fits(const struct nums *s, enum dtype type, struct num x)
{
	const int64_t exact = (int64_t)1 << (type == DT_F64 ? 53 : type == DT_F32 ? 24 : type == DT_F16 ? 11 : 8);

	if (lane_kind(type) != LANE_I)
		return num_lo(s, x) >= -exact && num_hi(s, x) <= exact;
	if (type == DT_U64)
		return num_lo(s, x) >= 0;
	return num_lo(s, x) >= type_lowest(type) && num_hi(s, x) <= type_highest(type);
}

static bool eval_const(const struct expr *x, struct num *out)
{
	if (lane_kind(x->type) == LANE_I) {
		*out = num_const(x->k.i);
		return x->type != DT_U64 || x->k.i >= 0;
	}
	if (!(x->k.f >= -0x1p53 && x->k.f <= 0x1p53) || x->k.f != (double)(int64_t)x->k.f)
		return false;
	*out = num_const((int64_t)x->k.f);
	return true;
}

static struct num at_element(const struct num_eval *v, struct num x)
{
	return num_subst(v->s, x, v->n->axis, v->at, v->n->n_axes + v->n->n_reduce);
}

/* The row-major number of an element whose place is known. */
static bool eval_place(struct num_eval *v, int t, const struct index *at, int n_at, int64_t *flat)
{
	const struct tensor *x = &v->n->m->tensor[t];

	*flat = 0;
	for (int k = 0; k < (n_at < 0 ? 1 : n_at); k++) {
		const int64_t dim = n_at < 0 ? nest_points(x->dim, x->rank, MAX_ELEMENTS) : x->dim[k].n;
		struct num i = at_element(v, at[k].affine), more = num_const(0);
		if (at[k].expr >= 0 && !eval(v, at[k].expr, &more))
			return false;
		i = num_add(v->s, i, more);
		if (!num_is_const(i) || i.n < 0 || i.n >= dim)
			return false;
		*flat = *flat * dim + i.n;
	}
	return true;
}

static bool eval_load(struct num_eval *v, const struct expr *x, struct num *out)
{
	int64_t flat;

	return eval_place(v, x->tensor, v->n->at + x->at, x->n_at, &flat) &&
	       tensor_value_at(v->n->m, x->tensor, flat, out);
}

static bool eval_cast(struct num_eval *v, const struct expr *x, struct num *out)
{
	if (!eval(v, x->a, out))
		return false;
	if (x->type == DT_BOOL)
		*out = num_sub(v->s, num_const(1), num_eq(v->s, *out, num_const(0)));
	else if (num_is_const(*out) && lane_kind(x->type) == LANE_I && lane_kind(v->n->e[x->a].type) == LANE_I)
		*out = num_const(scalar_wrap(x->type, out->n));
	return true;
}

static bool eval_select(struct num_eval *v, const struct expr *x, struct num *out)
{
	struct num c, a, b;

	if (!eval(v, x->a, &c))
		return false;
	if (num_is_const(c))
		return eval(v, c.n ? x->b : x->c, out);
	if (!eval(v, x->b, &a) || !eval(v, x->c, &b))
		return false;
	*out = num_select(v->s, c, a, b);
	return true;
}

/* Integers that are all constant: exactly what the run-time does. */
static struct num apply_const(enum eop op, enum dtype type, struct num a, struct num b)
{
	union lanes x, y, r;

	x.i[0] = a.n;
	y.i[0] = b.n;
	scalar_apply(op, type, &x, &y, &r, 1);
	return num_const(r.i[0]);
}

static bool apply_bool(struct nums *s, enum eop op, struct num a, struct num b, struct num *out)
{
	const struct num one = num_const(1);

	switch ((int)op) {
	case E_AND: case E_MIN: *out = num_min(s, a, b); break;
	case E_OR: case E_MAX: *out = num_max(s, a, b); break;
	case E_XOR: *out = num_sub(s, one, num_eq(s, a, b)); break;
	case E_EQ: *out = num_eq(s, a, b); break;
	case E_NOT: *out = num_sub(s, one, a); break;
	default: return false;
	}
	return true;
}

static bool apply(struct nums *s, enum eop op, enum dtype type, struct num a, struct num b, struct num *out)
{
	const struct num zero = num_const(0);
	const bool whole = lane_kind(type) != LANE_I;

	switch ((int)op) {
	case E_ADD: *out = num_add(s, a, b); break;
	case E_SUB: *out = num_sub(s, a, b); break;
	case E_MUL: *out = num_mul(s, a, b); break;
	case E_MIN: *out = num_min(s, a, b); break;
	case E_MAX: *out = num_max(s, a, b); break;
	case E_NEG: *out = num_sub(s, zero, a); break;
	case E_ABS: *out = num_max(s, a, num_sub(s, zero, a)); break;
	case E_SIGN: *out = num_sub(s, num_lt(s, zero, a), num_lt(s, a, zero)); break;
	case E_LT: *out = num_lt(s, a, b); break;
	case E_LE: *out = num_sub(s, num_const(1), num_lt(s, b, a)); break;
	case E_EQ: *out = num_eq(s, a, b); break;
	case E_FLOOR: case E_CEIL: case E_ROUND: case E_TRUNC: *out = a; break;
	case E_DIV:     /* where truncation is floor; floats only without a remainder */
		if (num_lo(s, a) < 0 || num_lo(s, b) <= 0 || (whole && !num_is(num_mod(s, a, b), 0)))
			return false;
		*out = num_div(s, a, b);
		break;
	case E_MOD:
		if (num_lo(s, b) <= 0)
			return false;
		*out = num_mod(s, a, b);
		break;
	case E_FMOD:
		if (num_lo(s, a) < 0 || num_lo(s, b) <= 0)
			return false;
		*out = num_mod(s, a, b);
		break;
	default:
		return false;
	}
	return true;
}

static bool eval_scalar(struct num_eval *v, const struct expr *x, struct num *out)
{
	const enum dtype type = v->n->e[x->a].type;
	struct num a, b = num_const(0);

	if (!eval(v, x->a, &a) || (x->b >= 0 && !eval(v, x->b, &b)))
		return false;
	if (lane_kind(type) == LANE_I && num_is_const(a) && num_is_const(b)) {
		*out = apply_const(x->op, type, a, b);
		return true;
	}
	return type == DT_BOOL ? apply_bool(v->s, x->op, a, b, out) : apply(v->s, x->op, type, a, b, out);
}

static bool reduce_step(struct num_eval *v, enum reduce_op how, enum dtype type, bool first, struct num x,
			struct num *acc)
{
	static const enum eop ops[] = { E_ADD, E_MUL, E_MAX, E_MIN, E_AND, E_OR };

	if (how >= REDUCE_ARGMAX)
		return false;
	if (first)
		*acc = x;
	else if (type == DT_BOOL)
		return apply_bool(v->s, ops[how], *acc, x, acc);
	else if (!apply(v->s, ops[how], type, *acc, x, acc))
		return false;
	return fits(v->s, type, *acc);
}

/* Every point of the reduction; expressions outside see the axes at 0 again. */
static bool eval_reduce(struct num_eval *v, const struct expr *x, struct num *out)
{
	const struct nest *n = v->n;
	const int64_t points = nest_points(n->extent + n->n_axes, n->n_reduce, MAX_NUM_WORK);
	bool known = points > 0;

	for (int64_t p = 0; p < points && known; p++) {
		int64_t rest = p;
		struct num term;
		for (int k = n->n_axes + n->n_reduce - 1; k >= n->n_axes; k--) {
			v->at[k] = num_const(rest % n->extent[k].n);
			rest /= n->extent[k].n;
		}
		for (int e = 0; e <= x->a; e++)
			v->known[e] = false;
		known = eval(v, x->a, &term) && reduce_step(v, x->how, n->e[x->a].type, !p, term, out);
	}
	for (int e = 0; e <= x->a; e++)
		v->known[e] = false;
	return known;
}

static bool eval_fresh(struct num_eval *v, int e, struct num *out)
{
	const struct expr *x = &v->n->e[e];

	switch (x->op) {
	case E_CONST:
		return eval_const(x, out);
	case E_INDEX:
		*out = at_element(v, x->index);
		return true;
	case E_LOAD:
		return eval_load(v, x, out);
	case E_CAST:
		return eval_cast(v, x, out);
	case E_SELECT:
		return eval_select(v, x, out);
	case E_REDUCE:
		return eval_reduce(v, x, out);
	case E_ACC:
	case E_BITS:
	case E_SATURATE:
		return false;
	default:
		return eval_scalar(v, x, out);
	}
}

/* Expressions refer to earlier ones only, and nests of integers are short: the recursion is as deep as the operator's
 * own formula. */
static bool eval(struct num_eval *v, int e, struct num *out)
{
	if (!v->known[e]) {
		if (!eval_fresh(v, e, &v->value[e]) || v->s->overflow || !fits(v->s, v->n->e[e].type, v->value[e]))
			return false;
		v->known[e] = true;
	}
	*out = v->value[e];
	return true;
}

/* Copies of what other nests stored, for a nest that stores a part. In scratch memory: most nests that are tried turn
 * out to be no constants. */
static struct num *output_value(struct nest *n, int64_t elements)
{
	struct num *value = ARENA_ARRAY(n->m->scratch, elements, struct num);
	int n_old;
	const struct num *old = nest_stores_all(n) ? NULL : tensor_value(n->m, n->out, &n_old);

	for (int64_t i = 0; old && i < elements; i++)
		value[i] = old[i];
	return value;
}

static bool eval_elements(struct num_eval *v, int64_t points, struct num *value)
{
	const struct nest *n = v->n;

	for (int64_t p = 0; p < points; p++) {
		int64_t rest = p, flat;
		struct num x;
		for (int k = 0; k < n->n_axes + n->n_reduce; k++)
			v->at[k] = num_const(0);
		for (int k = n->n_axes - 1; k >= 0; k--) {
			v->at[k] = num_const(rest % n->extent[k].n);
			rest /= n->extent[k].n;
		}
		for (int e = 0; e < n->n_e; e++)
			v->known[e] = false;
		if (!eval(v, n->value, &x) || !eval_place(v, n->out, n->store, n->m->tensor[n->out].rank, &flat))
			return false;
		value[flat] = x;
	}
	return true;
}

/* Numbers that are all constant are data. */
static void set_value(struct module *m, int t, int64_t elements, const struct num *value)
{
	char *data;

	m->tensor[t].data = NULL;
	m->tensor[t].value = NULL;
	for (int64_t i = 0; i < elements; i++)
		if (!num_is_const(value[i])) {
			m->tensor[t].value = arena_grow(tensor_arena(m, t), value, (size_t)elements, (size_t)elements,
							sizeof *value);
			return;
		}
	data = arena_array(tensor_arena(m, t), (size_t)elements, (size_t)dtypes[m->tensor[t].type].bytes);
	for (int64_t i = 0; i < elements; i++) {
		union lanes x;
		x.i[0] = value[i].n;
		scalar_store(m->tensor[t].type, data, elements, &i, &x, 1);
	}
	m->tensor[t].data = data;
}

bool nest_eval_nums(struct nest *n)
{
	struct module *m = n->m;
	struct num_eval v = { .n = n, .s = &m->nums, .n_e = n->n_e };
	const struct tensor *t = &m->tensor[n->out];
	const int64_t points = nest_points(n->extent, n->n_axes, MAX_VALUE_ELEMENTS);
	const int64_t elements = nest_points(t->dim, t->rank, MAX_VALUE_ELEMENTS);
	const int64_t inner = nest_points(n->extent + n->n_axes, n->n_reduce, MAX_NUM_WORK);
	const bool overflow = m->nums.overflow;
	struct num *value;
	bool known;

	if (lane_kind(t->type) != LANE_I || points < 0 || elements < 0 || inner < 0 || points * inner > MAX_NUM_WORK)
		return false;
	v.value = ARENA_ARRAY(m->scratch, n->n_e, struct num);
	v.known = ARENA_ARRAY(m->scratch, n->n_e, bool);
	value = output_value(n, elements);
	m->nums.overflow = false;
	known = eval_elements(&v, points, value);
	m->nums.overflow = overflow;
	if (!known)
		return false;
	set_value(m, n->out, elements, value);
	return true;
}
