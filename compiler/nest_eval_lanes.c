/* Evaluation over constants. The nest is compiled to a flat program: instruction k computes register k, a run of up to
 * LANES values, one for each of so many consecutive output elements. Index arithmetic is part of the program.
 *
 * Instructions have a level, the innermost loop that they depend on: 0 once, 1 each run of output elements, 2 each point
 * of the reduction, 3 each run after the reduction. */
#include <string.h>

#include "nest_build.h"
#include "nest_eval.h"
#include "nest_scalar.h"
#include "num_form.h"

enum { LEVEL_ONCE, LEVEL_RUN, LEVEL_POINT, LEVEL_AFTER, N_LEVELS };

enum instr_kind { I_CONST, I_AXIS, I_SCALAR, I_CAST, I_SATURATE, I_SELECT, I_LOAD, I_REDUCE, I_LINEAR, I_FLOORDIV };

struct linear_term {
	int64_t c;
	int a;                  /* register */
};

struct instr {
	enum instr_kind kind;
	int op;                 /* SCALAR: enum eop; REDUCE: enum reduce_op; AXIS: axis of the nest */
	enum dtype type;        /* of the operands; of the element loaded */
	enum dtype to;          /* of the result */
	int a, b, c;            /* registers, or -1 */
	int level;
	int64_t k;              /* LINEAR: constant; LOAD: elements of the tensor */
	double f;               /* CONST of a float */
	const struct linear_term *term;
	int n_terms;
	const void *data;
	int num;                /* number that it computes, or 0 */
};

struct program {
	struct nest *n;
	struct arena *arena;
	struct instr *instr;
	int n_instrs;
	int *of_expr;           /* register of each expression */
	int reduce;             /* the reduction, or -1 */
	int value, store;       /* registers of what is stored and where */
	int *by_level[N_LEVELS], n_at_level[N_LEVELS];
	union lanes **reg;
};

/* --- compilation --------------------------------------------------------------------------------------------------- */

static int level_of(const struct program *p, int a)
{
	return a < 0 ? LEVEL_ONCE : p->instr[a].level;
}

static int emit(struct program *p, struct instr x)
{
	const int operands[3] = { x.a, x.b, x.c };

	for (int i = 0; i < 3; i++)
		if (level_of(p, operands[i]) > x.level)
			x.level = level_of(p, operands[i]);
	for (int i = 0; i < x.n_terms; i++)
		if (level_of(p, x.term[i].a) > x.level)
			x.level = level_of(p, x.term[i].a);
	p->instr = ARENA_PUSH(p->arena, p->instr, p->n_instrs, struct instr);
	p->instr[p->n_instrs] = x;
	return p->n_instrs++;
}

static struct instr instr_of(enum instr_kind kind, int op, enum dtype type, enum dtype to, int a, int b, int c)
{
	return (struct instr){ .kind = kind, .op = op, .type = type, .to = to, .a = a, .b = b, .c = c };
}

static int emit_int(struct program *p, int64_t v)
{
	struct instr x = instr_of(I_CONST, 0, DT_I64, DT_I64, -1, -1, -1);

	x.k = v;
	return emit(p, x);
}

static int compile_num(struct program *p, struct num v);

/* The loop axis that a variable is; other variables have no value here. */
static int compile_var(struct program *p, int e)
{
	const struct nest *n = p->n;

	for (int k = 0; k < n->n_axes + n->n_reduce; k++) {
		struct instr x = instr_of(I_AXIS, k, DT_I64, DT_I64, -1, -1, -1);
		x.level = k < n->n_axes ? LEVEL_RUN : LEVEL_POINT;
		x.num = e;
		if (n->axis[k].expr == e)
			return emit(p, x);
	}
	return -1;
}

static int compile_sum(struct program *p, const struct num_expr *s)
{
	struct instr x = instr_of(I_LINEAR, 0, DT_I64, DT_I64, -1, -1, -1);
	struct linear_term *term = ARENA_ARRAY(p->arena, s->n, struct linear_term);

	for (int i = 0; i < s->n; i++) {
		term[i].c = s->term[i].c;
		term[i].a = compile_num(p, (struct num){ .expr = s->term[i].e });
		if (term[i].a < 0)
			return -1;
	}
	x.k = s->k;
	x.term = term;
	x.n_terms = s->n;
	return emit(p, x);
}

static int compile_product(struct program *p, const struct num_expr *s)
{
	int r = compile_num(p, (struct num){ .expr = s->factor[0] });

	for (int i = 1; i < s->n && r >= 0; i++) {
		int b = compile_num(p, (struct num){ .expr = s->factor[i] });
		if (b < 0)
			return -1;
		r = emit(p, instr_of(I_SCALAR, E_MUL, DT_I64, DT_I64, r, b, -1));
	}
	return r;
}

static int compile_atom(struct program *p, const struct num_expr *s)
{
	int a = compile_num(p, s->arg[0]), b = compile_num(p, s->arg[1]), c;

	if (a < 0 || b < 0)
		return -1;
	switch (s->op) {
	case NUM_DIV: return emit(p, instr_of(I_FLOORDIV, 0, DT_I64, DT_I64, a, b, -1));
	case NUM_MOD: return emit(p, instr_of(I_SCALAR, E_MOD, DT_I64, DT_I64, a, b, -1));
	case NUM_MIN: return emit(p, instr_of(I_SCALAR, E_MIN, DT_I64, DT_I64, a, b, -1));
	case NUM_MAX: return emit(p, instr_of(I_SCALAR, E_MAX, DT_I64, DT_I64, a, b, -1));
	case NUM_LT: return emit(p, instr_of(I_SCALAR, E_LT, DT_I64, DT_BOOL, a, b, -1));
	case NUM_EQ: return emit(p, instr_of(I_SCALAR, E_EQ, DT_I64, DT_BOOL, a, b, -1));
	default: break;
	}
	c = compile_num(p, s->arg[2]);
	return c < 0 ? -1 : emit(p, instr_of(I_SELECT, 0, DT_I64, DT_I64, a, b, c));
}

/* The register of a number; -1 when it depends on a run-time variable. */
static int compile_num(struct program *p, struct num v)
{
	const struct num_expr s = p->n->m->nums.expr[v.expr];
	int r;

	if (!v.expr)
		return emit_int(p, v.n);
	for (int i = 0; i < p->n_instrs; i++)
		if (p->instr[i].num == v.expr)
			return i;
	if (s.op == NUM_VAR)
		return compile_var(p, v.expr);
	r = s.op == NUM_SUM ? compile_sum(p, &s) : s.op == NUM_PRODUCT ? compile_product(p, &s) : compile_atom(p, &s);
	if (r >= 0)
		p->instr[r].num = v.expr;
	return r;
}

/* The row-major element number of an index list. Overflow makes the place as good as outside. */
static int compile_place(struct program *p, int t, const struct index *at, int n_at)
{
	struct module *m = p->n->m;
	const struct tensor *x = &m->tensor[t];
	const bool overflow = m->nums.overflow;
	struct linear_term *term = ARENA_ARRAY(p->arena, MAX_RANK + 1, struct linear_term);
	struct instr sum = instr_of(I_LINEAR, 0, DT_I64, DT_I64, -1, -1, -1);
	struct num flat = num_const(0);
	int64_t stride = 1;

	for (int k = (n_at < 0 ? 1 : n_at) - 1; k >= 0; k--) {
		flat = num_add(&m->nums, flat, num_mul(&m->nums, at[k].affine, num_const(stride)));
		if (at[k].expr >= 0)
			term[sum.n_terms++] = (struct linear_term){ .c = stride, .a = p->of_expr[at[k].expr] };
		stride *= n_at < 0 ? 1 : x->dim[k].n;
	}
	m->nums.overflow = overflow;
	term[sum.n_terms].c = 1;
	term[sum.n_terms].a = compile_num(p, flat);
	if (term[sum.n_terms++].a < 0)
		return -1;
	sum.term = term;
	return sum.n_terms == 1 ? term[0].a : emit(p, sum);
}

static int compile_load(struct program *p, const struct expr *e)
{
	const struct tensor *t = &p->n->m->tensor[e->tensor];
	struct instr x = instr_of(I_LOAD, 0, e->type, e->type, -1, -1, -1);

	if (!t->data || !tensor_is_static(p->n->m, e->tensor))
		return -1;
	x.a = compile_place(p, e->tensor, p->n->at + e->at, e->n_at);
	x.data = t->data;
	x.k = tensor_elements(p->n->m, e->tensor).n;
	return x.a < 0 ? -1 : emit(p, x);
}

static int compile_expr(struct program *p, int e)
{
	const struct expr *x = &p->n->e[e];
	const int a = x->a < 0 ? -1 : p->of_expr[x->a], b = x->b < 0 ? -1 : p->of_expr[x->b];
	struct instr i = instr_of(I_CONST, 0, x->a < 0 ? x->type : p->n->e[x->a].type, x->type, a, b, -1);

	switch (x->op) {
	case E_CONST:
		i.f = x->k.f;
		i.k = x->k.i;
		return emit(p, i);
	case E_INDEX:
		return compile_num(p, x->index);
	case E_LOAD:
		return compile_load(p, x);
	case E_ACC:
		return -1;
	case E_CAST:
	case E_SATURATE:
		i.kind = x->op == E_CAST ? I_CAST : I_SATURATE;
		return emit(p, i);
	case E_SELECT:
		i.kind = I_SELECT;
		i.c = p->of_expr[x->c];
		return emit(p, i);
	case E_REDUCE:
		i.kind = I_REDUCE;
		i.op = x->how;
		i.level = LEVEL_AFTER;
		p->reduce = emit(p, i);
		return p->reduce;
	default:
		i.kind = I_SCALAR;
		i.op = x->op;
		return emit(p, i);
	}
}

static bool compile(struct program *p)
{
	const struct nest *n = p->n;
	bool *needed = ARENA_ARRAY(p->arena, n->n_e, bool);

	p->of_expr = ARENA_ARRAY(p->arena, n->n_e, int);
	p->reduce = -1;
	nest_mark(n, n->value, needed);
	for (int k = 0; k < n->m->tensor[n->out].rank; k++)
		if (n->store[k].expr >= 0)
			nest_mark(n, n->store[k].expr, needed);
	for (int e = 0; e < n->n_e; e++) {
		p->of_expr[e] = needed[e] ? compile_expr(p, e) : -1;
		if (needed[e] && p->of_expr[e] < 0)
			return false;
	}
	p->value = p->of_expr[n->value];
	p->store = compile_place(p, n->out, n->store, n->m->tensor[n->out].rank);
	return p->store >= 0;
}

/* --- execution ----------------------------------------------------------------------------------------------------- */

static void run_const(const struct instr *x, union lanes *out, int n)
{
	for (int i = 0; i < n; i++) {
		if (lane_kind(x->to) == LANE_I)
			out->i[i] = x->k;
		else if (lane_kind(x->to) == LANE_F)
			out->f[i] = (float)x->f;
		else
			out->d[i] = x->f;
	}
}

static void run_select(const struct instr *x, const union lanes *cond, const union lanes *a, const union lanes *b,
		       union lanes *out, int n)
{
	for (int i = 0; i < n; i++) {
		if (lane_kind(x->to) == LANE_F)
			out->f[i] = cond->i[i] ? a->f[i] : b->f[i];
		else    /* both kinds of 8 bytes */
			out->i[i] = cond->i[i] ? a->i[i] : b->i[i];
	}
}

static void run_linear(const struct program *p, const struct instr *x, int64_t *out, int n)
{
	for (int i = 0; i < n; i++)
		out[i] = x->k;
	for (int t = 0; t < x->n_terms; t++) {
		const int64_t *a = p->reg[x->term[t].a]->i;
		const uint64_t c = (uint64_t)x->term[t].c;
		for (int i = 0; i < n; i++)
			out[i] = (int64_t)((uint64_t)out[i] + c * (uint64_t)a[i]);
	}
}

static void run_instr(const struct program *p, int r, int n)
{
	const struct instr *x = &p->instr[r];
	const union lanes *a = x->a < 0 ? NULL : p->reg[x->a], *b = x->b < 0 ? NULL : p->reg[x->b];
	union lanes *out = p->reg[r];

	switch (x->kind) {
	case I_CONST:
		run_const(x, out, n);
		break;
	case I_SCALAR:
		scalar_apply((enum eop)x->op, x->type, a, b, out, n);
		break;
	case I_CAST:
		scalar_cast(x->type, x->to, a, out, n);
		break;
	case I_SATURATE:
		scalar_saturate(x->type, x->to, a, out, n);
		break;
	case I_SELECT:
		run_select(x, a, b, p->reg[x->c], out, n);
		break;
	case I_LOAD:
		scalar_load(x->type, x->data, x->k, a->i, out, n);
		break;
	case I_LINEAR:
		run_linear(p, x, out->i, n);
		break;
	case I_FLOORDIV:
		for (int i = 0; i < n; i++)
			out->i[i] = floor_div(a->i[i], b->i[i]);
		break;
	case I_AXIS:
	case I_REDUCE:
		break;  /* filled by the loops */
	}
}

static void run_level(const struct program *p, int level, int n)
{
	for (int i = 0; i < p->n_at_level[level]; i++)
		run_instr(p, p->by_level[level][i], n);
}

/* Sums and products of floats are kept in double; positions in `at`. */
struct accumulator {
	union lanes v;
	int64_t at[LANES];
	bool wide;
};

static bool in_double(const struct instr *x)
{
	return lane_kind(x->type) != LANE_I && (x->op == REDUCE_SUM || x->op == REDUCE_PROD);
}

static void accumulate_position(const struct instr *x, struct accumulator *acc, const union lanes *v, int64_t point, int n)
{
	const bool most = x->op == REDUCE_ARGMAX || x->op == REDUCE_ARGMAX_LAST;
	const bool last = x->op == REDUCE_ARGMAX_LAST || x->op == REDUCE_ARGMIN_LAST;
	const int bytes = lane_kind(x->type) == LANE_F ? 4 : 8;
	union lanes better;

	/* `last`: the new one wins unless the old one is strictly better */
	if (most == last)
		scalar_apply(E_LT, x->type, v, &acc->v, &better, n);
	else
		scalar_apply(E_LT, x->type, &acc->v, v, &better, n);
	for (int i = 0; i < n; i++) {
		if (point && (better.i[i] != 0) == last)
			continue;
		memcpy((char *)&acc->v + i * bytes, (const char *)v + i * bytes, (size_t)bytes);
		acc->at[i] = point;
	}
}

static void accumulate(const struct instr *x, struct accumulator *acc, const union lanes *v, int64_t point, int n)
{
	static const enum eop ops[] = { E_ADD, E_MUL, E_MAX, E_MIN, E_AND, E_OR };
	union lanes wide;

	if (x->op >= REDUCE_ARGMAX) {
		accumulate_position(x, acc, v, point, n);
		return;
	}
	if (acc->wide && x->type != DT_F64) {
		scalar_cast(x->type, DT_F64, v, &wide, n);
		v = &wide;
	}
	if (!point)
		memcpy(&acc->v, v, (size_t)n * sizeof(int64_t));
	else
		scalar_apply(ops[x->op], acc->wide ? DT_F64 : x->type, &acc->v, v, &acc->v, n);
}

/* The operator's identity, for reductions over nothing. */
static void run_identity(const struct instr *x, union lanes *out, int n)
{
	const bool one = x->op == REDUCE_PROD || x->op == REDUCE_AND;
	const double inf = x->op == REDUCE_MAX ? -(double)__builtin_inf() : (double)__builtin_inf();
	struct instr c = { .to = x->to, .k = one, .f = one };

	if (x->op == REDUCE_MAX || x->op == REDUCE_MIN) {
		c.k = x->op == REDUCE_MAX ? type_lowest(x->to) : type_highest(x->to);
		c.f = inf;
	}
	run_const(&c, out, n);
}

static void run_reduction(const struct program *p, int64_t points, int n)
{
	const struct instr *x = &p->instr[p->reduce];
	const struct nest *nest = p->n;
	struct accumulator acc = { .wide = in_double(x) };
	int64_t at[2 * MAX_RANK] = { 0 };

	for (int64_t point = 0; point < points; point++) {
		for (int r = 0; r < p->n_at_level[LEVEL_POINT]; r++) {
			int i = p->by_level[LEVEL_POINT][r];
			for (int lane = 0; p->instr[i].kind == I_AXIS && lane < n; lane++)
				p->reg[i]->i[lane] = at[p->instr[i].op];
			run_instr(p, i, n);
		}
		accumulate(x, &acc, p->reg[x->a], point, n);
		for (int k = nest->n_axes + nest->n_reduce - 1; k >= nest->n_axes; k--) {
			if (++at[k] < nest->extent[k].n)
				break;
			at[k] = 0;
		}
	}
	if (!points && x->b >= 0)
		memcpy(p->reg[p->reduce], p->reg[x->b], (size_t)n * (lane_kind(x->to) == LANE_F ? sizeof(float) : 8));
	else if (!points)
		run_identity(x, p->reg[p->reduce], n);
	else if (x->op >= REDUCE_ARGMAX)
		memcpy(p->reg[p->reduce]->i, acc.at, (size_t)n * sizeof *acc.at);
	else if (acc.wide)
		scalar_cast(DT_F64, x->to, &acc.v, p->reg[p->reduce], n);
	else
		memcpy(p->reg[p->reduce], &acc.v, (size_t)n * (lane_kind(x->to) == LANE_F ? sizeof(float) : 8));
}

/* Values of the output axes for the n elements from number `first` on. */
static void fill_axes(const struct program *p, int64_t first, int n)
{
	for (int j = 0; j < p->n_at_level[LEVEL_RUN]; j++) {
		const int r = p->by_level[LEVEL_RUN][j];
		int64_t inner = 1, extent, at, within;
		if (p->instr[r].kind != I_AXIS)
			continue;
		extent = p->n->extent[p->instr[r].op].n;
		for (int k = p->instr[r].op + 1; k < p->n->n_axes; k++)
			inner *= p->n->extent[k].n;
		at = first / inner % extent;
		within = first % inner;
		for (int i = 0; i < n; i++) {
			p->reg[r]->i[i] = at;
			if (++within < inner)
				continue;
			within = 0;
			at = at + 1 == extent ? 0 : at + 1;
		}
	}
}

static void run(const struct program *p, int64_t elements, int64_t points, void *data)
{
	const struct tensor *t = &p->n->m->tensor[p->n->out];
	const int64_t size = nest_points(t->dim, t->rank, MAX_ELEMENTS);

	run_level(p, LEVEL_ONCE, elements < LANES ? (int)elements : LANES);
	for (int64_t first = 0; first < elements; first += LANES) {
		const int n = elements - first < LANES ? (int)(elements - first) : LANES;
		fill_axes(p, first, n);
		run_level(p, LEVEL_RUN, n);
		if (p->reduce >= 0)
			run_reduction(p, points, n);
		run_level(p, LEVEL_AFTER, n);
		scalar_store(t->type, data, size, p->reg[p->store]->i, p->reg[p->value], n);
	}
}

/* Registers are as long as the longest run: shape arithmetic takes little memory. */
static void allocate(struct program *p, int64_t elements)
{
	const size_t lanes = elements < LANES ? (size_t)elements : LANES;

	p->reg = ARENA_ARRAY(p->arena, p->n_instrs, union lanes *);
	for (int level = 0; level < N_LEVELS; level++)
		p->by_level[level] = ARENA_ARRAY(p->arena, p->n_instrs, int);
	for (int r = 0; r < p->n_instrs; r++) {
		const int level = p->instr[r].level;
		p->reg[r] = arena_array(p->arena, lanes, sizeof(int64_t));
		p->by_level[level][p->n_at_level[level]++] = r;
	}
}

/* Storing part of a tensor adds to what other nests stored; storing all of it starts afresh. */
static void *output_data(struct nest *n)
{
	const struct tensor *t = &n->m->tensor[n->out];
	union { const void *in; void *out; } data = { .in = t->data };

	if (data.in && !nest_stores_all(n))
		return data.out;
	return arena_array(n->m->arena, (size_t)nest_points(t->dim, t->rank, MAX_ELEMENTS), (size_t)dtypes[t->type].bytes);
}

/* A run costs as much as some 64 elements before its first element. */
static bool is_too_much(const struct program *p, int64_t elements, int64_t points)
{
	const int64_t runs = elements / LANES + 1;
	int64_t work;

	return __builtin_mul_overflow(elements + 64 * runs, points, &work) ||
	       __builtin_mul_overflow(work, 1 + p->n_at_level[LEVEL_POINT] / 4, &work) || work > MAX_FOLD_WORK;
}

bool nest_eval_lanes(struct nest *n)
{
	struct program p = { .n = n, .arena = n->m->scratch };
	const int64_t elements = nest_points(n->extent, n->n_axes, MAX_FOLD_ELEMENTS);
	const int64_t points = nest_points(n->extent + n->n_axes, n->n_reduce, MAX_FOLD_WORK);
	struct tensor *t;
	void *data;

	if (elements < 0 || points < 0 || !compile(&p))
		return false;
	allocate(&p, elements);
	if (is_too_much(&p, elements, points))
		return false;
	data = output_data(n);
	run(&p, elements, points, data);
	t = &n->m->tensor[n->out];
	t->data = data;
	t->value = NULL;
	tensor_value(n->m, n->out, &(int){ 0 });
	return true;
}
