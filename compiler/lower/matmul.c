/* Matrix products: MatMul, and Gemm without transposed or scaled operands that cost extra.
 *
 *     y[..., i, j] = bias[j] + sum over l of a[..., i, l] * b[..., l, j]
 *
 * b constant: packed at compile time. b computed: read as it lies, row by row (its columns adjacent) or through a
 * transposing scratch (its rows adjacent). Leading axes are loops round the call, or more rows where memory allows. */
#include <string.h>

#include "graph/strides.h"
#include "lower/kernel_call.h"
#include "lower/layouts.h"
#include "lower/lower.h"
#include "lower/packed.h"
#include "ops/arguments.h"
#include "targets/target.h"

struct product {
	struct node_plan plan;
	const struct kernel *kernel;
	enum kernel_kind kind;
	bool packed;            /* b is packed at compile time, and alpha with it */
	bool scale_after;       /* alpha is applied to the product */
	bool c_after;           /* C is added to the product, for it is no bias */
	int a, b, bias, y;      /* tensors; bias -1: none */
	int a_row, a_col, b_row, b_col;         /* axes of a and b; a_row -1: a is one row */
	struct num m, n, k;
	float alpha, beta;      /* of Gemm */
	int c;                  /* of Gemm, -1: none */
};

static bool read_matmul(struct module *m, int node, struct product *p, const char **why)
{
	const struct tensor *a = node_in_tensor(m, node, 0), *b = node_in_tensor(m, node, 1);

	*why = "an operand is a vector";
	if (a->rank < 2 || b->rank < 2)
		return false;
	*p = (struct product){ .a = node_in(m, node, 0), .b = node_in(m, node, 1), .y = node_out(m, node, 0),
			       .bias = -1, .c = -1, .a_row = a->rank - 2, .a_col = a->rank - 1, .b_row = b->rank - 2,
			       .b_col = b->rank - 1, .m = a->dim[a->rank - 2], .k = a->dim[a->rank - 1],
			       .n = b->dim[b->rank - 1], .alpha = 1 };
	return true;
}

static bool read_gemm(struct module *m, int node, struct product *p, const char **why)
{
	bool ta = node_attr_int(m, node, "transA", 0), tb = node_attr_int(m, node, "transB", 0);
	const struct tensor *a = node_in_tensor(m, node, 0), *b = node_in_tensor(m, node, 1);

	(void)why;
	*p = (struct product){ .a = node_in(m, node, 0), .b = node_in(m, node, 1), .y = node_out(m, node, 0),
			       .bias = -1, .c = node_in(m, node, 2), .a_row = ta, .a_col = !ta, .b_row = tb,
			       .b_col = !tb, .m = a->dim[ta], .k = a->dim[!ta], .n = b->dim[!tb],
			       .alpha = (float)node_attr_float(m, node, "alpha", 1),
			       .beta = (float)node_attr_float(m, node, "beta", 1) };
	return true;
}

static bool read_product(struct module *m, int node, struct product *p, const char **why)
{
	bool is_gemm = !strcmp(m->node[node].op->name, "Gemm");

	*why = "only float32 has kernels";
	if (node_in_type(m, node, 0) != DT_F32)
		return false;
	return is_gemm ? read_gemm(m, node, p, why) : read_matmul(m, node, p, why);
}

/* All rows of a and y are one run of rows, so that leading axes are just more rows. */
static bool rows_flatten(struct module *m, const struct product *p, int a, int y)
{
	int axes[MAX_RANK], n = m->tensor[a].rank - 1;

	for (int k = 0; k < n; k++)
		axes[k] = k;
	return m->tensor[p->b].rank == 2 && p->a_col == n && m->tensor[y].rank == n + 1 &&
	       tensor_is_run(m, a, axes, n) && tensor_is_run(m, y, axes, n);
}

/* Elements from row to row of a. */
static struct num row_step(const struct module *m, const struct product *p, bool flat)
{
	int axes[MAX_RANK];

	for (int k = 0; k <= p->a_row; k++)
		axes[k] = k;
	return flat ? tensor_run_step(m, p->a, axes, p->a_row + 1) : m->tensor[p->a].stride[p->a_row];
}

static int64_t count_rows(struct module *m, const struct product *p)
{
	return p->n.n ? tensor_elements(m, p->y).n / p->n.n : 0;
}

/* The fastest kernel in *p; false: the target has none. */
static bool choose(struct module *m, struct product *p)
{
	const struct tensor *b = &m->tensor[p->b];
	const int64_t rows = m->tensor[p->b].rank == 2 ? count_rows(m, p) : p->m.n;

	p->packed = b->data && b->rank == 2 && num_is_const(p->n) && num_is_const(p->k);
	p->kind = p->packed ? KERNEL_GEMV :
		  num_is(b->stride[p->b_row], 1) && !num_is(b->stride[p->b_col], 1) ? KERNEL_GEMM_TRANSPOSED :
										      KERNEL_GEMM_UNPACKED;
	if (!p->packed || rows == 1)
		p->kernel = kernel_choose(m, p->kind, rows, p->n.n, p->k.n, &p->plan.cycles);
	if (p->packed && !p->kernel) {
		p->kind = KERNEL_GEMM;
		p->kernel = kernel_choose(m, p->kind, rows, p->n.n, p->k.n, &p->plan.cycles);
	}
	return p->kernel;
}

/* Gemm's C as a bias: a constant vector along the columns. */
static bool is_bias(const struct module *m, const struct product *p)
{
	const struct tensor *c = p->c < 0 ? NULL : &m->tensor[p->c];

	if (!c || !c->data || c->rank < 1 || !num_same(c->dim[c->rank - 1], p->n))
		return false;
	return c->rank == 1 || num_is(c->dim[0], 1);
}

static struct node_plan *plan_product(struct module *m, int node, const char **why)
{
	struct product *p = ARENA_NEW(m->scratch, struct product);

	if (!read_product(m, node, p, why))
		return NULL;
	*why = "the target has no such kernel";
	if (!choose(m, p))
		return NULL;
	p->scale_after = !p->packed && p->alpha != 1.0f;
	p->c_after = p->c >= 0 && p->beta != 0.0f && (p->scale_after || !is_bias(m, p));
	return &p->plan;
}

static int scaled_bias(struct lowering *l, const struct product *p)
{
	const struct module *m = l->m;
	const float *c = m->tensor[p->c].data;
	float *bias = ARENA_ARRAY(m->arena, p->n.n, float);

	if (p->beta == 1.0f && m->tensor[p->c].base == p->c)
		return p->c;
	for (int64_t j = 0; j < p->n.n; j++)
		bias[j] = p->beta * c[j];
	return lower_const_f32(l, m->tensor[p->c].name, bias, p->n.n);
}

static int packed_weights(struct lowering *l, const struct product *p, const struct kernel *kernel)
{
	const struct module *m = l->m;
	const int64_t n = p->n.n, k = p->k.n, width = m->tensor[p->b].dim[1].n;
	const float *w = m->tensor[p->b].data;
	const bool transposed = p->b_row == 1 && m->tensor[p->b].rank == 2;
	struct pack pack = { .n = n, .n_stride = transposed ? width : 1, .depth = { 1, 1, k },
			     .stride = { 0, 0, transposed ? 1 : width } };

	if (p->alpha != 1.0f) {
		float *scaled = ARENA_ARRAY(m->arena, n * k, float);
		for (int64_t i = 0; i < n * k; i++)
			scaled[i] = p->alpha * w[i];
		w = scaled;
	}
	return lower_packed(l, m->tensor[p->b].name, &pack, kernel, w);
}

/* One loop a leading axis of y; a and b stand still where they are broadcast. */
static void batch_loops(struct lowering *l, struct call *call, const struct product *p, int y, struct num *a_step,
			struct num *b_step)
{
	const struct module *m = l->m;
	const struct tensor *ta = &m->tensor[p->a], *tb = &m->tensor[p->b], *ty = &m->tensor[y];

	for (int axis = 0; axis < ty->rank - 2; axis++) {
		int a = axis - (ty->rank - ta->rank), b = axis - (ty->rank - tb->rank), loop;
		if (num_is(ty->dim[axis], 1))
			continue;
		loop = call_loop(l, call, ty->dim[axis], axis, num_const(1));
		a_step[loop] = a >= 0 && !num_is(ta->dim[a], 1) ? ta->stride[a] : num_const(0);
		b_step[loop] = b >= 0 && !num_is(tb->dim[b], 1) ? tb->stride[b] : num_const(0);
	}
}

/* The order in which the axes of t lie with `inner` innermost. */
static void order_with_inner(const struct module *m, int t, int inner, uint8_t *order)
{
	int n = 0;

	for (int k = 0; k < m->tensor[t].rank; k++)
		if (k != inner)
			order[n++] = (uint8_t)k;
	order[n] = (uint8_t)inner;
}

static bool has_inner(const struct module *m, int t, int inner)
{
	return num_is(m->tensor[t].dim[inner], 1) || num_is(m->tensor[t].stride[inner], 1);
}

static int with_inner(struct lowering *l, int t, int inner)
{
	uint8_t order[MAX_RANK];

	if (has_inner(l->m, t, inner))
		return t;
	order_with_inner(l->m, t, inner, order);
	return lower_in_order(l, t, order);
}

/* y gets beta * C where C is no bias: a nest of its own, which fusion makes the kernel's epilogue. */
static void add_c(struct lowering *l, const struct product *p, int product)
{
	struct nest *n = nest_new(l->m, p->y);
	int sum = nest_load(n, product, n->axis), c = nest_load_broadcast(n, p->c);

	if (p->alpha != 1.0f && !l->m->tensor[p->b].data)
		sum = nest_binary(n, E_MUL, sum, nest_const_float(n, DT_F32, p->alpha));
	if (p->beta != 1.0f)
		c = nest_binary(n, E_MUL, c, nest_const_float(n, DT_F32, p->beta));
	nest_store(n, nest_binary(n, E_ADD, sum, c));
	lower_nest(l, n);
}

static void scale_only(struct lowering *l, const struct product *p, int product)
{
	struct nest *n = nest_new(l->m, p->y);

	nest_store(n, nest_binary(n, E_MUL, nest_load(n, product, n->axis), nest_const_float(n, DT_F32, p->alpha)));
	lower_nest(l, n);
}

/* How the kernel counts the rows of y: as those of one matrix, or of the last two axes alone. */
static void count_pixels(struct call *call, const struct tensor *y, bool flat)
{
	call->c_axis = y->rank - 1;
	for (int axis = flat ? 0 : y->rank - 2; axis < y->rank - 1; axis++)
		call->col_axis[call->n_col_axes++] = axis;
}

static void moving_arg(struct lowering *l, struct call *call, int t, const struct num *step)
{
	const struct arg *a = call_arg(l, call, ARG_READ, t);

	for (int k = 0; k < call->n_loops; k++)
		a->advance[k] = step[k];
}

static void lower(struct lowering *l, const struct node_plan *plan)
{
	struct module *m = l->m;
	struct product p = *(const struct product *)plan;       /* copies and constants take the place of operands */
	const bool transposed = p.kind == KERNEL_GEMM_TRANSPOSED;
	const struct kernel *k = p.kernel;
	struct call *call;
	struct num a_step[MAX_RANK] = { 0 }, b_step[MAX_RANK] = { 0 };
	bool flat;
	int y, w, scratch = -1;

	if (p.c >= 0 && !p.c_after && p.beta != 0.0f)
		p.bias = scaled_bias(l, &p);
	y = p.c_after || p.scale_after ? lower_temp(l, DT_F32, m->tensor[p.y].rank, m->tensor[p.y].dim) : p.y;
	p.a = with_inner(l, p.a, p.a_col);
	y = has_inner(m, y, m->tensor[y].rank - 1) ? y : lower_temp(l, DT_F32, m->tensor[p.y].rank, m->tensor[p.y].dim);
	if (!p.packed)
		p.b = with_inner(l, p.b, transposed ? p.b_row : p.b_col);
	w = p.packed ? packed_weights(l, &p, k) : p.b;
	if (transposed)
		scratch = lower_scratch_f32(l, num_mul(&m->nums, p.k, num_const(k->columns)));
	flat = rows_flatten(m, &p, p.a, y);
	call = lower_kernel(l, k, GEOMETRY_GEMM);
	call->geometry.gemm = (struct gemm_geometry){
		.m = flat ? num_div(&m->nums, tensor_elements(m, p.a), p.k) : p.m,
		.n = p.n,
		.k = p.k,
		.a_row = row_step(m, &p, flat),
		.b_row = p.packed ? num_const(0) : m->tensor[p.b].stride[transposed ? p.b_col : p.b_row],
	};
	count_pixels(call, &m->tensor[y], flat);
	if (!flat)
		batch_loops(l, call, &p, y, a_step, b_step);
	moving_arg(l, call, p.a, a_step);
	moving_arg(l, call, w, b_step);
	call_arg(l, call, ARG_READ, p.bias);
	call_arg(l, call, ARG_WRITE, y);
	if (scratch >= 0)
		call_arg(l, call, ARG_SCRATCH, scratch);
	call_epilogue(l, call);
	call_result(m, call, y);
	/* The transposing kernel packs b at every call. */
	if (!transposed && num_is_const(p.k) && num_is_const(p.n)) {
		call_in_pieces(call, 0, call->geometry.gemm.m, num_const(1), k->rows,
			       p.k.n * p.n.n * 4 / m->target->vector_bytes);
		call->pixel_by_pixel = p.n.n <= k->columns;
	}
	l->block->step[l->block->n - 1].macs = count_rows(m, &p) * p.n.n * p.k.n;
	if (p.c_after)
		add_c(l, &p, y);
	else if (p.scale_after)
		scale_only(l, &p, y);
	else
		lower_finish(l, y, p.y);
}

const struct strategy matmul = { .name = "matmul", .op = "MatMul", .plan = plan_product, .lower = lower };
const struct strategy gemm = { .name = "gemm", .op = "Gemm", .plan = plan_product, .lower = lower };
