/* Compilation of nests for nest_eval_lanes.c: each expression, and each number in an index, becomes an instruction. */
#include "nest/nest_program.h"

#include "nest/nest_build.h"
#include "num/num_form.h"

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
	case E_BITS:    /* lanes hold values, and a NaN has many encodings */
		if (lane_kind(x->type) != LANE_I || lane_kind(p->n->e[x->a].type) != LANE_I)
			return -1;
		i.kind = I_CAST;
		return emit(p, i);
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

bool program_compile(struct program *p)
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
