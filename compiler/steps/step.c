#include "steps/step.h"

#include "steps/sizes.h"

#include <string.h>

static struct step *block_add(struct lowering *l, enum step_kind kind)
{
	struct block *b = l->block;
	struct step *s;

	b->step = ARENA_PUSH(l->m->steps, b->step, b->n, struct step);
	s = &b->step[b->n++];
	*s = (struct step){ .kind = kind, .node = l->node, .cond = -1 };
	return s;
}

struct lowering lower_inside(struct lowering *l, struct block *b)
{
	return (struct lowering){ .m = l->m, .block = b, .node = l->node };
}

void lower_nest(struct lowering *l, struct nest *n)
{
	block_add(l, STEP_NEST)->nest = n;
}

struct call *lower_call(struct lowering *l, const char *function, enum geometry_kind kind)
{
	struct call *c = ARENA_NEW(l->m->steps, struct call);

	*c = (struct call){ .function = function, .geometry = { .kind = kind }, .out = -1, .row_axis = -1,
			    .c_axis = -1, .consumed_arg = -1, .row_grain = 1 };
	block_add(l, STEP_CALL)->call = c;
	return c;
}

struct arg *call_arg(struct lowering *l, struct call *c, enum arg_kind kind, int tensor)
{
	c->arg = ARENA_PUSH(l->m->steps, c->arg, c->n_args, struct arg);
	c->arg[c->n_args] = (struct arg){ .tensor = tensor, .kind = kind };
	if (c->n_loops)
		c->arg[c->n_args].advance = ARENA_ARRAY(l->m->steps, c->n_loops, struct num);
	return &c->arg[c->n_args++];
}

void call_number(struct lowering *l, struct call *c, struct num n)
{
	call_arg(l, c, ARG_NUMBER, -1)->first = n;
}

void call_epilogue(struct lowering *l, struct call *c)
{
	call_arg(l, c, ARG_EPILOGUE, -1);
	c->takes_epilogue = true;
}

void call_bind_axes(struct nums *nums, const struct call *c, const struct nest *n, struct num *to)
{
	const int64_t most = INT32_MAX;
	struct num col = num_var(nums, "at.col", 0, most);

	for (int k = 0; k < n->n_axes; k++)
		to[k] = num_const(0);
	if (c->row_axis >= 0)
		to[c->row_axis] = num_var(nums, "at.row", 0, most);
	if (c->c_axis >= 0)
		to[c->c_axis] = num_var(nums, "at.c", 0, most);
	for (int i = c->n_col_axes - 1; i >= 0; i--) {
		int axis = c->col_axis[i];
		to[axis] = i ? num_mod(nums, col, n->extent[axis]) : col;
		col = num_div(nums, col, n->extent[axis]);
	}
	for (int k = 0; k < n->n_axes; k++)
		if (num_is(n->extent[k], 1))
			to[k] = num_const(0);
}

/* From column to column: columns count several axes as one, of which the innermost that has any elements to step
 * between says how far. */
static struct num col_stride(const struct call *c, const struct tensor *y)
{
	int axis = c->col_axis[0];

	for (int i = 0; i < c->n_col_axes; i++)
		if (!num_is(y->dim[c->col_axis[i]], 1))
			axis = c->col_axis[i];
	return y->stride[axis];
}

static void result_strides(struct module *m, struct call *c, int t)
{
	const struct tensor *y = &m->tensor[t];
	struct conv_geometry *conv = &c->geometry.conv;

	if (c->geometry.kind == GEOMETRY_GEMM && c->n_col_axes)
		c->geometry.gemm.y_row = col_stride(c, y);
	if (c->geometry.kind != GEOMETRY_CONV || !c->n_col_axes)
		return;
	conv->y_pixel = num_mul(&m->nums, y->stride[c->col_axis[0]], num_const(conv->y_step_w));
	conv->y_row = num_const(0);
	if (c->row_axis >= 0)
		conv->y_row = num_mul(&m->nums, y->stride[c->row_axis], num_const(conv->y_step_h));
	conv->y_ring = tensor_ring(m, t, c->row_axis);
}

void call_result(struct module *m, struct call *c, int t)
{
	const struct tensor *y = &m->tensor[t];

	result_strides(m, c, t);
	for (int i = 0; i < c->n_args; i++) {
		struct arg *a = &c->arg[i];

		if (a->kind != ARG_WRITE || a->tensor < 0 || (a->tensor != t && a->tensor != c->out))
			continue;
		a->tensor = t;
		for (int k = 0; k < c->n_loops; k++)
			if (c->loop[k].axis >= 0)
				a->advance[k] = num_mul(&m->nums, c->loop[k].step, y->stride[c->loop[k].axis]);
	}
	c->out = t;
}

void call_rows(struct call *c, struct num begin, struct num end)
{
	switch (c->geometry.kind) {
	case GEOMETRY_CONV:
		c->geometry.conv.row_begin = begin;
		c->geometry.conv.row_end = end;
		break;
	case GEOMETRY_GEMM:
		c->geometry.gemm.m_begin = begin;
		c->geometry.gemm.m = end;
		break;
	default:
		die("%s computes all rows at once", c->function);
	}
}

int call_loop(struct lowering *l, struct call *c, struct num times, int axis, struct num step)
{
	if (c->n_args)
		die("%s gets a loop after its arguments", c->function);
	c->loop = ARENA_PUSH(l->m->steps, c->loop, c->n_loops, struct call_loop);
	c->loop[c->n_loops] = (struct call_loop){ .times = times, .step = step, .axis = axis };
	return c->n_loops++;
}

int lower_temp(struct lowering *l, enum dtype type, int rank, const struct num *dim)
{
	int t = tensor_like(l->m, "", type, rank, dim);

	tensor_dense(l->m, t);
	return t;
}

int lower_scratch(struct lowering *l, struct num bytes)
{
	return lower_temp(l, DT_U8, 1, &bytes);
}

int lower_scratch_f32(struct lowering *l, struct num n)
{
	return lower_temp(l, DT_F32, 1, &n);
}

struct step *lower_control(struct lowering *l, enum step_kind kind)
{
	return block_add(l, kind);
}

void lower_where(struct lowering *l, int cond, const struct block *body)
{
	struct step *s = lower_control(l, STEP_IF);

	s->cond = cond;
	s->body[0] = *body;
	s->body[1].refused = true;
}

static void nest_each_load(const struct nest *n, void (*f)(void *ctx, int tensor, enum arg_kind kind), void *ctx)
{
	for (int i = 0; i < n->n_e; i++)
		if (n->e[i].op == E_LOAD)
			f(ctx, n->e[i].tensor, ARG_READ);
}

void step_each_tensor(const struct module *m, const struct step *s,
		      void (*f)(void *ctx, int tensor, enum arg_kind kind), void *ctx)
{
	step_each_size(m, s, f, ctx);
	switch (s->kind) {
	case STEP_NEST:
		nest_each_load(s->nest, f, ctx);
		f(ctx, s->nest->out, ARG_WRITE);
		break;
	case STEP_CALL:
		for (int i = 0; i < s->call->n_args; i++)
			if (s->call->arg[i].tensor >= 0)
				f(ctx, s->call->arg[i].tensor, s->call->arg[i].kind);
		if (s->call->epilogue)
			nest_each_load(s->call->epilogue, f, ctx);
		break;
	case STEP_IF:
	case STEP_LOOP:
		if (s->cond >= 0)
			f(ctx, s->cond, ARG_READ);
		for (int k = 0; k < 2; k++)
			for (int i = 0; i < s->body[k].n; i++)
				step_each_tensor(m, &s->body[k].step[i], f, ctx);
		break;
	}
}

static void print_tensor(int t, struct strbuf *out)
{
	if (t < 0)
		strbuf_puts(out, "none");
	else
		strbuf_printf(out, "%%%d", t);
}

static void step_print(struct module *m, const struct step *s, int depth, struct strbuf *out);

static void steps_print(struct module *m, const struct block *b, int depth, struct strbuf *out)
{
	for (int i = 0; i < b->n; i++)
		step_print(m, &b->step[i], depth, out);
}

const char *call_kernel_name(const struct call *c, struct arena *a)
{
	const char *name = c->function;

	for (int i = 0; i < c->n_tile; i++)
		name = arena_printf(a, "%s%c%d", name, i ? 'x' : '_', c->tile[i]);
	return name;
}

static void call_print(struct module *m, const struct call *c, struct strbuf *out)
{
	static const char *const kinds[] = { "", "-> ", "scratch ", "", "epilogue ", "rows of an input " };
	const struct geometry_struct *g = geometry_struct(c->geometry.kind);

	strbuf_printf(out, "%s(", call_kernel_name(c, m->scratch));
	for (int i = 0; i < c->n_args; i++) {
		strbuf_printf(out, "%s%s", i ? ", " : "", kinds[c->arg[i].kind]);
		if (c->arg[i].kind == ARG_NUMBER)
			num_print(&m->nums, c->arg[i].first, out);
		else
			print_tensor(c->arg[i].tensor, out);
	}
	strbuf_puts(out, ")");
	for (int i = 0; i < g->n_fields; i++) {
		strbuf_printf(out, " %s=", g->field[i].name);
		if (g->field[i].kind == FIELD_REAL)
			strbuf_printf(out, "%g", geometry_real(&c->geometry, &g->field[i]));
		else
			num_print(&m->nums, geometry_number(&c->geometry, &g->field[i]), out);
	}
	strbuf_puts(out, "\n");
	if (c->epilogue)
		nest_print(c->epilogue, out);
}

static void step_print(struct module *m, const struct step *s, int depth, struct strbuf *out)
{
	strbuf_printf(out, "%*s", 2 * depth, "");
	switch (s->kind) {
	case STEP_NEST:
		nest_print(s->nest, out);
		break;
	case STEP_CALL:
		call_print(m, s->call, out);
		break;
	case STEP_IF:
		strbuf_printf(out, "if %%%d\n", s->cond);
		steps_print(m, &s->body[0], depth + 1, out);
		strbuf_printf(out, "%*selse\n", 2 * depth, "");
		steps_print(m, &s->body[1], depth + 1, out);
		break;
	case STEP_LOOP:
		strbuf_puts(out, "loop");
		if (!num_is(s->trips, TURNS_UNBOUNDED))
			strbuf_printf(out, " at most %lld", (long long)s->trips.n);
		if (s->cond >= 0)
			strbuf_printf(out, " while %%%d", s->cond);
		strbuf_puts(out, "\n");
		steps_print(m, &s->body[0], depth + 1, out);
		break;
	}
}

void block_print(struct module *m, const struct block *b, struct strbuf *out)
{
	steps_print(m, b, 0, out);
}

/* Depth is bounded by MAX_NESTING. */
int block_count_leaves(const struct block *b)
{
	int n = 0;

	for (int i = 0; i < b->n; i++)
		n += step_is_control(&b->step[i]) ? block_count_leaves(&b->step[i].body[0]) +
			block_count_leaves(&b->step[i].body[1]) : 1;
	return n;
}

const struct step *block_leaf(const struct block *b, int n)
{
	const struct block *stack[2 * MAX_NESTING + 2] = { b };
	int at[2 * MAX_NESTING + 2] = { 0 }, depth = 0;

	while (depth >= 0) {
		const struct step *s;
		if (at[depth] == stack[depth]->n) {
			depth--;
			continue;
		}
		s = &stack[depth]->step[at[depth]++];
		if (!step_is_control(s)) {
			if (n-- == 0)
				return s;
			continue;
		}
		for (int k = 2; k-- > 0;) {
			stack[++depth] = &s->body[k];
			at[depth] = 0;
		}
	}
	return NULL;
}
