/* Evaluation over constants: runs the program that nest_program.c makes of a nest. */
#include <string.h>

#include "nest/nest_eval.h"
#include "nest/nest_program.h"
#include "num/num_form.h"

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
	/* An operand that there is not, nobody reads. */
	const union lanes *a = p->reg[x->a < 0 ? r : x->a], *b = p->reg[x->b < 0 ? r : x->b];
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

static void accumulate_position(const struct instr *x, struct accumulator *acc, const union lanes *v, int64_t point,
				int n)
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
	return arena_array(tensor_arena(n->m, n->out), (size_t)nest_points(t->dim, t->rank, MAX_ELEMENTS),
			   (size_t)dtypes[t->type].bytes);
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

	if (elements < 0 || points < 0 || !program_compile(&p))
		return false;
	allocate(&p, elements);
	if (is_too_much(&p, elements, points))
		return false;
	data = output_data(n);
	run(&p, elements, points, data);
	t = &n->m->tensor[n->out];
	t->data = data;
	t->value = NULL;
	return true;
}
