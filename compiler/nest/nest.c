/* Building loop nests, but for unary and binary operations, which nest_simplify.c makes: from what stands here. */
#include "nest/nest.h"

#include <math.h>
#include <string.h>

#include "nest/nest_build.h"
#include "nest/nest_narrow.h"
#include "nest/nest_scalar.h"

/* --- expressions -------------------------------------------------------------------------------------------------- */

/* Equal expressions get equal numbers among the last so many: enough for every operator, linear for fused nests. */
enum { LOOK_BACK = 512, AXES_AT_ONCE = 4 };

static bool same_index(const struct index *a, const struct index *b, int n)
{
	for (int i = 0; i < n; i++)
		if (!num_same(a[i].affine, b[i].affine) || a[i].expr != b[i].expr)
			return false;
	return true;
}

static int index_count(int n_at)
{
	return n_at < 0 ? 1 : n_at;
}

static bool same_expr(const struct nest *n, const struct expr *x, const struct expr *y, const struct index *at)
{
	if (x->op != y->op || x->type != y->type || x->how != y->how || x->a != y->a || x->b != y->b || x->c != y->c)
		return false;
	if (x->k.i != y->k.i || !num_same(x->index, y->index))
		return false;
	if (x->op != E_LOAD)
		return true;
	return x->tensor == y->tensor && x->n_at == y->n_at && same_index(n->at + x->at, at, index_count(x->n_at));
}

bool nest_same(const struct nest *a, const struct nest *b)
{
	if (a->out != b->out || a->n_axes != b->n_axes || a->n_reduce != b->n_reduce || a->n_e != b->n_e ||
	    a->value != b->value || !same_index(a->store, b->store, a->m->tensor[a->out].rank))
		return false;
	for (int k = 0; k < a->n_axes + a->n_reduce; k++)
		if (!num_same(a->extent[k], b->extent[k]))
			return false;
	for (int i = 0; i < a->n_e; i++)
		if (!same_expr(a, &a->e[i], &b->e[i], b->at + b->e[i].at))
			return false;
	return true;
}

int nest_add(struct nest *n, struct expr x, const struct index *at)
{
	for (int i = n->n_e - 1; i >= 0 && i >= n->n_e - LOOK_BACK; i--)
		if (same_expr(n, &n->e[i], &x, at))
			return i;
	if (x.op == E_LOAD) {
		x.at = n->n_at;
		for (int i = 0; i < index_count(x.n_at); i++) {
			n->at = ARENA_PUSH(n->m->steps, n->at, n->n_at, struct index);
			n->at[n->n_at++] = at[i];
		}
	}
	n->e = ARENA_PUSH(n->m->steps, n->e, n->n_e, struct expr);
	n->e[n->n_e] = x;
	return n->n_e++;
}

static struct expr expr_of(enum eop op, enum dtype type, int a, int b, int c)
{
	return (struct expr){ .op = (uint8_t)op, .type = (uint8_t)type, .a = a, .b = b, .c = c, .tensor = -1 };
}

int nest_arity(enum eop op)
{
	static const int arity[] = {
#define SCALAR(id, n, ...) n,
#include "nest/scalar.def"
#undef SCALAR
	};

	return arity[op - E_SCALAR - 1];
}

enum dtype nest_result(enum eop op, enum dtype operand)
{
	static const char result[] = {
#define SCALAR(id, n, name, result, ...) #result[0],
#include "nest/scalar.def"
#undef SCALAR
	};

	return result[op - E_SCALAR - 1] == 'B' ? DT_BOOL : operand;
}

int nest_cost(enum eop op)
{
	static const uint8_t cost[] = {
#define SCALAR(id, n, name, result, cost, ...) SCALAR_##cost,
#include "nest/scalar.def"
#undef SCALAR
	};

	return cost[op - E_SCALAR - 1];
}

bool nest_is_const(const struct nest *n, int e)
{
	return n->e[e].op == E_CONST;
}

bool nest_is_value(const struct nest *n, int e, int v)
{
	const struct expr *x = &n->e[e];

	if (x->op == E_INDEX)
		return num_is(x->index, v);
	if (x->op != E_CONST)
		return false;
	return lane_kind(x->type) == LANE_I ? x->k.i == v : x->k.f == (double)v && !(v == 0 && signbit(x->k.f));
}

/* --- the nest ----------------------------------------------------------------------------------------------------- */

static void axis_add(struct nest *n, struct num extent)
{
	const int k = n->n_axes + n->n_reduce;

	if (k >= 2 * MAX_RANK)
		die("a nest over %d axes", k + 1);
	if (k && k % AXES_AT_ONCE == 0) {       /* the old ones stay readable: lowering holds pointers to axes */
		n->extent = arena_grow(n->m->steps, n->extent, (size_t)k, (size_t)k + AXES_AT_ONCE, sizeof *n->extent);
		n->axis = arena_grow(n->m->steps, n->axis, (size_t)k, (size_t)k + AXES_AT_ONCE, sizeof *n->axis);
	}
	n->extent[k] = extent;
	n->axis[k] = num_axis(&n->m->nums, k, extent);
}

struct nest *nest_over(struct module *m, int out, int n_axes, const struct num *extent)
{
	struct nest *n = ARENA_NEW(m->steps, struct nest);
	const int rank = m->tensor[out].rank;

	*n = (struct nest){ .m = m, .out = out, .value = -1 };
	n->at = ARENA_NEW(m->steps, struct index);      /* loads of scalars point there, at none */
	n->store = ARENA_ARRAY(m->steps, rank, struct index);
	n->extent = ARENA_ARRAY(m->steps, AXES_AT_ONCE, struct num);
	n->axis = ARENA_ARRAY(m->steps, AXES_AT_ONCE, struct num);
	for (; n->n_axes < n_axes; n->n_axes++)
		axis_add(n, extent[n->n_axes]);
	for (int k = 0; k < rank; k++)
		n->store[k] = (struct index){ .affine = k < n_axes ? n->axis[k] : num_const(0), .expr = -1 };
	return n;
}

struct nest *nest_new(struct module *m, int out)
{
	return nest_over(m, out, m->tensor[out].rank, m->tensor[out].dim);
}

struct num nest_reduce_axis(struct nest *n, struct num extent)
{
	axis_add(n, extent);
	return n->axis[n->n_axes + n->n_reduce++];
}

void nest_axes(const struct nest *n, struct num *at)
{
	for (int k = 0; k < n->n_axes; k++)
		at[k] = n->axis[k];
}

void nest_store(struct nest *n, int value)
{
	if (n->e[value].type != n->m->tensor[n->out].type)
		die("a nest stores %s in a tensor of %s", dtypes[n->e[value].type].name,
		    dtypes[n->m->tensor[n->out].type].name);
	n->value = value;
}

/* --- leaves ------------------------------------------------------------------------------------------------------- */

/* The constant that lane 0 of v is. */
static struct expr const_of_lane(enum dtype type, const union lanes *v)
{
	struct expr x = expr_of(E_CONST, type, -1, -1, -1);

	switch (lane_kind(type)) {
	case LANE_I:
		x.k.i = v->i[0];
		break;
	case LANE_F:
		x.k.f = (double)v->f[0];
		break;
	case LANE_D:
		x.k.f = v->d[0];
		break;
	}
	return x;
}

static void lane_of_const(const struct expr *x, union lanes *v)
{
	switch (lane_kind(x->type)) {
	case LANE_I:
		v->i[0] = x->k.i;
		break;
	case LANE_F:
		v->f[0] = (float)x->k.f;
		break;
	case LANE_D:
		v->d[0] = x->k.f;
		break;
	}
}

static struct expr expr_const_float(enum dtype type, double v)
{
	union lanes x;

	x.d[0] = v;
	scalar_cast(DT_F64, type, &x, &x, 1);
	return const_of_lane(type, &x);
}

static struct expr expr_const_int(enum dtype type, int64_t v)
{
	union lanes x;

	x.i[0] = v;
	scalar_cast(DT_I64, type, &x, &x, 1);
	return const_of_lane(type, &x);
}

struct expr expr_const_value(enum dtype type, enum type_value v)
{
	if (v == TYPE_ZERO || v == TYPE_ONE)
		return expr_const_int(type, v == TYPE_ONE);
	if (lane_kind(type) != LANE_I)
		return expr_const_float(type, v == TYPE_LOWEST ? -(double)INFINITY : (double)INFINITY);
	return expr_const_int(type, v == TYPE_LOWEST ? type_lowest(type) : type_highest(type));
}

int nest_const_float(struct nest *n, enum dtype type, double v)
{
	return nest_add(n, expr_const_float(type, v), NULL);
}

int nest_const_int(struct nest *n, enum dtype type, int64_t v)
{
	return nest_add(n, expr_const_int(type, v), NULL);
}

int nest_const_value(struct nest *n, enum dtype type, enum type_value v)
{
	return nest_add(n, expr_const_value(type, v), NULL);
}

int nest_index(struct nest *n, struct num v)
{
	struct expr x = expr_of(E_INDEX, DT_I64, -1, -1, -1);

	if (num_is_const(v))
		return nest_const_int(n, DT_I64, v.n);
	x.index = v;
	return nest_add(n, x, NULL);
}

/* The element of a constant that has one, or at most a few that are all the same bits; -1: it is no such thing. */
static int uniform_value(struct nest *n, int t)
{
	enum { FEW = 64 };
	const struct tensor *x = &n->m->tensor[t];
	const int bytes = dtypes[x->type].bytes;
	struct num elements = tensor_elements(n->m, t);
	union lanes v;
	int64_t at = 0;

	if (!x->data || !num_is_const(elements) || elements.n < 1 || elements.n > FEW)
		return -1;
	for (int i = 1; i < (int)elements.n; i++)
		if (memcmp((const char *)x->data + i * bytes, x->data, (size_t)bytes))
			return -1;
	scalar_load(x->type, x->data, elements.n, &at, &v, 1);
	return nest_add(n, const_of_lane(x->type, &v), NULL);
}

/* A tracked element of a shape tensor: the number itself; -1: not known, or not at a fixed place. */
static int known_value(struct nest *n, int t, const struct index *at, int n_at)
{
	const struct tensor *x = &n->m->tensor[t];
	int64_t flat = 0;

	if (!x->value || x->type != DT_I64 || !tensor_is_static(n->m, t))
		return -1;
	for (int k = 0; k < index_count(n_at); k++) {
		int64_t dim = n_at < 0 ? tensor_elements(n->m, t).n : x->dim[k].n;
		if (at[k].expr >= 0 || !num_is_const(at[k].affine) || at[k].affine.n < 0 || at[k].affine.n >= dim)
			return -1;
		flat = flat * dim + at[k].affine.n;
	}
	return nest_index(n, x->value[flat]);
}

static int load_at(struct nest *n, int t, const struct index *at, int n_at)
{
	struct expr x = expr_of(E_LOAD, n->m->tensor[t].type, -1, -1, -1);
	int known = uniform_value(n, t);

	if (known < 0)
		known = known_value(n, t, at, n_at);
	if (known >= 0)
		return known;
	x.tensor = t;
	x.n_at = n_at;
	return nest_add(n, x, at);
}

int nest_load_at(struct nest *n, int t, const struct index *at)
{
	struct index plain[MAX_RANK] = { 0 };
	int rank = n->m->tensor[t].rank;

	for (int k = 0; k < rank; k++) {
		const struct expr *x = at[k].expr < 0 ? NULL : &n->e[at[k].expr];
		plain[k] = at[k];
		if (x && (x->op == E_CONST || x->op == E_INDEX))
			plain[k] = (struct index){ .expr = -1, .affine = num_add(&n->m->nums, at[k].affine,
				x->op == E_CONST ? num_const(x->k.i) : x->index) };
	}
	return load_at(n, t, plain, rank);
}

int nest_load(struct nest *n, int t, const struct num *at)
{
	const int rank = n->m->tensor[t].rank;
	struct index index[MAX_RANK];

	if (rank < 0)
		die("load of tensor %d, whose rank is not known", t);
	for (int k = 0; k < rank; k++)
		index[k] = (struct index){ .affine = at[k], .expr = -1 };
	return load_at(n, t, index, rank);
}

int nest_load_flat(struct nest *n, int t, struct num flat)
{
	const struct tensor *x = &n->m->tensor[t];
	const struct index index = { .affine = flat, .expr = -1 };

	if (x->rank <= 1)
		return x->rank ? nest_load(n, t, &flat) : nest_load(n, t, NULL);
	return load_at(n, t, &index, -1);
}

int nest_load_broadcast(struct nest *n, int t)
{
	struct nums *s = &n->m->nums;
	const struct tensor *x = &n->m->tensor[t];
	struct num at[MAX_RANK];

	for (int k = 0; k < x->rank; k++) {
		int axis = n->n_axes - x->rank + k;
		if (axis < 0 || num_is(x->dim[k], 1))
			at[k] = num_const(0);
		else if (num_same(x->dim[k], n->extent[axis]) || num_is_const(x->dim[k]))
			at[k] = n->axis[axis];
		else    /* one or as many as the output has: only the run knows */
			at[k] = num_min(s, n->axis[axis], num_sub(s, x->dim[k], num_const(1)));
	}
	return nest_load(n, t, at);
}

/* --- operations --------------------------------------------------------------------------------------------------- */

int nest_add_folded(struct nest *n, enum eop op, int a, int b)
{
	const enum dtype type = n->e[a].type;
	union lanes x, y, r;

	lane_of_const(&n->e[a], &x);
	if (b >= 0)
		lane_of_const(&n->e[b], &y);
	scalar_apply(op, type, &x, b >= 0 ? &y : NULL, &r, 1);
	return nest_add(n, const_of_lane(nest_result(op, type), &r), NULL);
}

int nest_add_operation(struct nest *n, enum eop op, int a, int b)
{
	return nest_add(n, expr_of(op, nest_result(op, n->e[a].type), a, b, -1), NULL);
}

int nest_select(struct nest *n, int cond, int a, int b)
{
	const struct expr *c = &n->e[cond];

	if (n->e[a].type != n->e[b].type || c->type != DT_BOOL)
		die("choice by %s between %s and %s", dtypes[c->type].name, dtypes[n->e[a].type].name,
		    dtypes[n->e[b].type].name);
	if (c->op == E_CONST)
		return c->k.i ? a : b;
	if (a == b)
		return a;
	if (c->op == E_NOT)
		return nest_select(n, c->a, b, a);
	if (n->e[a].type == DT_BOOL && nest_is_value(n, a, 1) && nest_is_value(n, b, 0))
		return cond;
	return nest_add(n, expr_of(E_SELECT, n->e[a].type, cond, a, b), NULL);
}

int nest_cast(struct nest *n, enum dtype type, int a)
{
	const enum dtype from = n->e[a].type;
	union lanes x;

	if (from == type)
		return a;
	if (dtype_is_narrow(from) || dtype_is_narrow(type))
		return nest_cast_narrow(n, type, a);
	if (nest_is_const(n, a)) {
		lane_of_const(&n->e[a], &x);
		scalar_cast(from, type, &x, &x, 1);
		return nest_add(n, const_of_lane(type, &x), NULL);
	}
	return nest_add(n, expr_of(E_CAST, type, a, -1, -1), NULL);
}

int nest_bits(struct nest *n, enum dtype type, int a)
{
	const enum dtype from = n->e[a].type;

	if (dtypes[from].bytes != dtypes[type].bytes)
		die("bits of %s as %s", dtypes[from].name, dtypes[type].name);
	/* A byte that is neither 0 nor 1 is no bool. */
	if (from == type || type == DT_BOOL)
		return nest_cast(n, type, a);
	return nest_add(n, expr_of(E_BITS, type, a, -1, -1), NULL);
}

int nest_saturate(struct nest *n, enum dtype type, int a)
{
	union lanes x;

	if (lane_kind(n->e[a].type) == LANE_I || lane_kind(type) != LANE_I)
		die("%s saturated to %s", dtypes[n->e[a].type].name, dtypes[type].name);
	if (nest_is_const(n, a)) {
		lane_of_const(&n->e[a], &x);
		scalar_saturate(n->e[a].type, type, &x, &x, 1);
		return nest_add(n, const_of_lane(type, &x), NULL);
	}
	return nest_add(n, expr_of(E_SATURATE, type, a, -1, -1), NULL);
}

/* Whether the reduction runs over exactly one element. */
static bool reduces_nothing(const struct nest *n)
{
	for (int k = 0; k < n->n_reduce; k++)
		if (!num_is(n->extent[n->n_axes + k], 1))
			return false;
	return true;
}

int nest_reduce(struct nest *n, enum reduce_op how, int a)
{
	const bool position = how >= REDUCE_ARGMAX;
	struct expr x = expr_of(E_REDUCE, position ? DT_I64 : n->e[a].type, a, -1, -1);

	if (position && n->n_reduce != 1)
		die("position along %d axes", n->n_reduce);
	if (reduces_nothing(n)) {
		n->n_reduce = 0;
		return position ? nest_const_int(n, DT_I64, 0) : a;
	}
	x.how = (uint8_t)how;
	return nest_add(n, x, NULL);
}
