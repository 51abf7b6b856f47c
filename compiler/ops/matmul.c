/* MatMul, MatMulInteger, QLinearMatMul, Gemm.  MatMul as numpy's: y[…][i][j] = sum over k of a[…][i][k] * b[…][k][j],
 * leading axes broadcast, a vector is a row on the left and a column on the right and its axis is dropped from the
 * result. */
#include <string.h>

#include "ops/product.h"
#include "ops/quant.h"

struct product product_get(const struct module *m, int node)
{
	if (m->node[node].n_in >= 8)
		return (struct product){ node_in(m, node, 0), node_in(m, node, 3), node_in(m, node, 2),
					 node_in(m, node, 5) };
	return (struct product){ node_in(m, node, 0), node_in(m, node, 1), node_in(m, node, 2), node_in(m, node, 3) };
}

bool product_set(struct module *m, int node, enum dtype type)
{
	struct product p = product_get(m, node);
	const struct tensor a = m->tensor[p.a], b = m->tensor[p.b];
	struct num dim[MAX_RANK], ka, kb;
	int rank = a.rank > 2 ? a.rank - 2 : 0;

	if (a.rank < 1 || b.rank < 1)
		return node_bad(m, node, "inputs are of rank %d and %d, allowed: 1 to %d", a.rank, b.rank, MAX_RANK);
	ka = a.dim[a.rank - 1];
	kb = b.rank == 1 ? b.dim[0] : b.dim[b.rank - 2];
	if (num_is_const(ka) && num_is_const(kb) && ka.n != kb.n)
		return node_bad(m, node, "inner dimensions are %lld and %lld, allowed: equal ones", (long long)ka.n,
				(long long)kb.n);
	if (!num_same(ka, kb))
		return node_unsupported(m, node, "the inner dimensions need not be equal");
	memcpy(dim, a.dim, (size_t)rank * sizeof *dim);
	if (!dims_broadcast(m, node, &rank, dim, b.rank > 2 ? b.rank - 2 : 0, b.dim))
		return false;
	if (a.rank > 1)
		dim[rank++] = a.dim[a.rank - 2];
	if (b.rank > 1)
		dim[rank++] = b.dim[b.rank - 1];
	return tensor_set(m, node, node_out(m, node, 0), type, rank, dim);
}

static bool infer_matmul(struct module *m, int node)
{
	return product_set(m, node, node_in_type(m, node, 0));
}

/* Scale or zero point, input i, of an operand whose axis `inner` is summed over: of one element, one for each index of
 * axis `own` (-1: none), or the operand's shape with a 1 in place of the inner axis. */
static bool check_side(struct module *m, int node, int i, int operand, int own, int inner)
{
	const struct tensor *t = node_in_tensor(m, node, i), x = m->tensor[operand];
	struct num want[MAX_RANK];

	if (!t || num_is(tensor_elements(m, node_in(m, node, i)), 1))
		return true;
	if (t->rank == 1)
		return own >= 0 ? check_channels(m, node, i, x.dim[own]) : check_channels(m, node, i, num_const(1));
	memcpy(want, x.dim, sizeof want);
	want[inner] = num_const(1);
	return node_shape(m, node, i, want, x.rank);
}

static bool check_sides(struct module *m, int node, bool scaled)
{
	const struct product p = product_get(m, node);
	const int a = m->tensor[p.a].rank, b = m->tensor[p.b].rank, rows = a > 1 ? a - 2 : -1,
		  columns = b > 1 ? b - 1 : -1, inner = b > 1 ? b - 2 : 0;

	for (int i = scaled ? 1 : 2; i <= 2; i++)
		if (!check_side(m, node, i, p.a, rows, a - 1))
			return false;
	for (int i = scaled ? 4 : 3; i <= (scaled ? 5 : 3); i++)
		if (!check_side(m, node, i, p.b, columns, inner))
			return false;
	for (int i = 6; i <= 7 && scaled; i++)
		if (!check_channels(m, node, i, rows < 0 ? num_const(1) : m->tensor[p.a].dim[rows]))
			return false;
	return true;
}

static bool infer_matmul_integer(struct module *m, int node)
{
	return product_set(m, node, DT_I32) && check_sides(m, node, false);
}

static bool infer_qlinear_matmul(struct module *m, int node)
{
	return product_set(m, node, node_in_type(m, node, 7)) && check_sides(m, node, true);
}

/* Leading indexes of an operand: the nest's leading axes, aligned at the last, 0 where the operand has one element. */
static void batch_indexes(const struct nest *n, int n_batch, const struct tensor *t, struct num *at)
{
	for (int k = 0; k < t->rank - 2; k++)
		at[k] = num_is(t->dim[k], 1) ? num_const(0) : n->axis[n_batch - (t->rank - 2) + k];
}

/* Zero point or scale of row i of a, or column j of b: of one element, one for each, or the operand's own leading shape
 * with a 1 in place of the inner axis. */
static int load_side(struct nest *n, int t, const struct num *at, int rank, int inner, struct num own)
{
	struct module *m = n->m;
	struct num index[MAX_RANK];

	if (num_is(tensor_elements(m, t), 1))
		return nest_load_flat(n, t, num_const(0));
	if (m->tensor[t].rank == 1)
		return nest_load_flat(n, t, own);
	memcpy(index, at, (size_t)rank * sizeof *index);
	index[inner] = num_const(0);
	return nest_load(n, t, index);
}

static int minus_side(struct nest *n, int v, int zero, const struct num *at, int rank, int inner, struct num own)
{
	v = nest_cast(n, DT_I32, v);
	if (zero < 0)
		return v;
	return nest_binary(n, E_SUB, v, nest_cast(n, DT_I32, load_side(n, zero, at, rank, inner, own)));
}

void product_indexes(struct nest *n, const struct product *p, struct num *at_a, struct num *at_b)
{
	const struct tensor a = n->m->tensor[p->a], b = n->m->tensor[p->b];
	int batch = n->n_axes - (a.rank > 1) - (b.rank > 1);
	struct num k = nest_reduce_axis(n, a.dim[a.rank - 1]);

	batch_indexes(n, batch, &a, at_a);
	batch_indexes(n, batch, &b, at_b);
	at_a[a.rank - 1] = k;
	if (a.rank > 1)
		at_a[a.rank - 2] = n->axis[batch];
	at_b[b.rank == 1 ? 0 : b.rank - 2] = k;
	if (b.rank > 1)
		at_b[b.rank - 1] = n->axis[n->n_axes - 1];
}

int product_sum(struct nest *n, const struct product *p, struct num *at_a, struct num *at_b)
{
	const struct tensor a = n->m->tensor[p->a], b = n->m->tensor[p->b];
	int x = nest_load_wide(n, p->a, at_a), y = nest_load_wide(n, p->b, at_b);
	int last = b.rank == 1 ? 0 : b.rank - 2;

	if (dtypes[n->m->tensor[n->out].type].bytes == 1 || p->a_zero >= 0 || p->b_zero >= 0 || a.type != b.type ||
	    dtypes[a.type].bytes == 1) {
		x = minus_side(n, x, p->a_zero, at_a, a.rank, a.rank - 1, a.rank > 1 ? at_a[a.rank - 2] : num_const(0));
		y = minus_side(n, y, p->b_zero, at_b, b.rank, last, b.rank > 1 ? at_b[b.rank - 1] : num_const(0));
	}
	return nest_reduce(n, REDUCE_SUM, nest_binary(n, E_MUL, x, y));
}

static bool lower_matmul(struct lowering *l, int node)
{
	struct nest *n = nest_new(l->m, node_out(l->m, node, 0));
	struct product p = product_get(l->m, node);
	struct num at_a[MAX_RANK], at_b[MAX_RANK];

	product_indexes(n, &p, at_a, at_b);
	nest_store_narrow(n, product_sum(n, &p, at_a, at_b));
	lower_nest(l, n);
	return true;
}

static bool lower_qlinear_matmul(struct lowering *l, int node)
{
	struct module *m = l->m;
	struct nest *n = nest_new(m, node_out(m, node, 0));
	struct product p = product_get(m, node);
	const struct tensor a = m->tensor[p.a], b = m->tensor[p.b];
	struct num at_a[MAX_RANK], at_b[MAX_RANK], row, column;
	int v, scale;

	product_indexes(n, &p, at_a, at_b);
	row = a.rank > 1 ? at_a[a.rank - 2] : num_const(0);
	column = b.rank > 1 ? at_b[b.rank - 1] : num_const(0);
	v = product_sum(n, &p, at_a, at_b);
	scale = nest_binary(
		n, E_MUL, nest_cast(n, DT_F32, load_side(n, node_in(m, node, 1), at_a, a.rank, a.rank - 1, row)),
		nest_cast(n, DT_F32,
			  load_side(n, node_in(m, node, 4), at_b, b.rank, b.rank == 1 ? 0 : b.rank - 2, column)));
	scale = nest_binary(n, E_DIV, scale, nest_cast(n, DT_F32, nest_load_channel(n, node_in(m, node, 6), row)));
	nest_store(n, nest_requantise(n, m->tensor[n->out].type, v, scale, node_in(m, node, 7), row));
	lower_nest(l, n);
	return true;
}

const struct op_def op_MatMul_1 = {
	ONNX("MatMul", 1, 2, 2, 1, 1), .types = TYPES("fhiu", "T"), .infer = infer_matmul, .lower = lower_matmul,
	.by_kernels = true,
};
const struct op_def op_MatMulInteger_10 = {
	ONNX("MatMulInteger", 10, 2, 4, 1, 1), .types = TYPES("q"),
	.infer = infer_matmul_integer, .lower = lower_matmul, .by_kernels = true,
};
const struct op_def op_QLinearMatMul_10 = {
	ONNX("QLinearMatMul", 10, 8, 8, 1, 1), .types = TYPES("q", "sh", "q", "q", "sh", "q", "sh", "q"),
	.infer = infer_qlinear_matmul, .lower = lower_qlinear_matmul,
};

/* --- Gemm: y = alpha * A' * B' + beta * C, A' and B' transposed on demand, C broadcast to y ----------------------- */

static bool infer_gemm(struct module *m, int node)
{
	const struct tensor *a = node_in_tensor(m, node, 0), *b = node_in_tensor(m, node, 1),
			    *c = node_in_tensor(m, node, 2);
	bool ta = node_attr_int(m, node, "transA", 0), tb = node_attr_int(m, node, "transB", 0);
	struct num dim[2], merged[MAX_RANK];
	enum dtype type = a->type;
	int rank = 2;

	if (a->rank != 2 || b->rank != 2)
		return node_bad(m, node, "inputs are of rank %d and %d, allowed: 2", a->rank, b->rank);
	if (num_is_const(a->dim[!ta]) && num_is_const(b->dim[tb]) && a->dim[!ta].n != b->dim[tb].n)
		return node_bad(m, node, "inner dimensions are %lld and %lld, allowed: equal ones",
				(long long)a->dim[!ta].n, (long long)b->dim[tb].n);
	if (!num_same(a->dim[!ta], b->dim[tb]))
		return node_unsupported(m, node, "the inner dimensions need not be equal");
	dim[0] = a->dim[ta];
	dim[1] = b->dim[!tb];
	memcpy(merged, dim, sizeof dim);
	if (c && !dims_broadcast(m, node, &rank, merged, c->rank, c->dim))
		return false;
	if (rank != 2 || !num_same(merged[0], dim[0]) || !num_same(merged[1], dim[1]))
		return node_bad(m, node, "input 2 has shape %s, allowed: what broadcasts to %s, the product",
				node_in_shape(m, node, 2), dims_text(m, 2, dim));
	return tensor_set(m, node, node_out(m, node, 0), type, 2, dim);
}

static bool lower_gemm(struct lowering *l, int node)
{
	struct module *m = l->m;
	struct nest *n = nest_new(m, node_out(m, node, 0));
	bool ta = node_attr_int(m, node, "transA", 0), tb = node_attr_int(m, node, "transB", 0);
	enum dtype type = compute_type(m->tensor[n->out].type);
	struct num k = nest_reduce_axis(n, node_in_tensor(m, node, 0)->dim[!ta]), i = n->axis[0], j = n->axis[1];
	int c = node_in(m, node, 2), a, b, v;

	a = nest_load_wide(n, node_in(m, node, 0), (struct num[]){ ta ? k : i, ta ? i : k });
	b = nest_load_wide(n, node_in(m, node, 1), (struct num[]){ tb ? j : k, tb ? k : j });
	v = nest_reduce(n, REDUCE_SUM, nest_binary(n, E_MUL, a, b));
	a = nest_cast(n, type,
		      nest_const_float(n, is_float(type) ? type : DT_F32, node_attr_float(m, node, "alpha", 1)));
	b = nest_cast(n, type,
		      nest_const_float(n, is_float(type) ? type : DT_F32, node_attr_float(m, node, "beta", 1)));
	v = nest_binary(n, E_MUL, v, a);
	if (c >= 0)
		v = nest_binary(n, E_ADD, v, nest_binary(n, E_MUL, nest_cast(n, type, nest_load_broadcast(n, c)), b));
	nest_store_narrow(n, v);
	lower_nest(l, n);
	return true;
}

#define GEMM_ATTRS ATTRS(FLOAT("alpha", 1.0), FLOAT("beta", 1.0), INT("transA", 0), INT("transB", 0))

const struct op_def op_Gemm_7 = {
	ONNX("Gemm", 7, 3, 3, 1, 1), .attrs = GEMM_ATTRS, .types = TYPES("fhiu", "T"),
	.infer = infer_gemm, .lower = lower_gemm, .by_kernels = true,
};
const struct op_def op_Gemm_11 = {
	ONNX("Gemm", 11, 2, 3, 1, 1), .attrs = GEMM_ATTRS, .types = TYPES("fhiu", "T"),
	.infer = infer_gemm, .lower = lower_gemm, .by_kernels = true,
};
