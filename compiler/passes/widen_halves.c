/* Widened halves: products of float16 and bfloat16, which no kernel takes, become products of float32 between casts.
 *
 * Legal: loops keep the sum in float32 too and round it once, at its end; the order of its terms alone may change
 * (close). Constants are widened here, not at run time. Requires types, and a target with vectors, where a cast costs
 * little beside a product. Not for --optimize=size: constants take twice the bytes. */
#include "graph/infer.h"
#include "options.h"
#include "passes/pass.h"
#include "passes/rewrite.h"
#include "targets/target.h"

enum { ONNX_FLOAT = 1, ONNX_FLOAT16 = 10, ONNX_BFLOAT16 = 16 };        /* TensorProto.DataType */

static bool is_product(const struct module *m, int node)
{
	return node_is(m, node, "Conv") || node_is(m, node, "ConvTranspose") || node_is(m, node, "MatMul") ||
	       node_is(m, node, "Gemm");
}

static int widened_constant(struct module *m, int t)
{
	const int64_t n = tensor_elements(m, t).n;
	float *v = ARENA_ARRAY(m->arena, n, float);
	int64_t dim[MAX_RANK];

	for (int k = 0; k < m->tensor[t].rank; k++)
		dim[k] = m->tensor[t].dim[k].n;
	for (int64_t i = 0; i < n; i++)
		v[i] = (float)const_double(m, t, i);
	return tensor_const(m, m->tensor[t].name, DT_F32, m->tensor[t].rank, dim, v);
}

/* t cast, as a new tensor or as `out`, which takes the place of `like`'s result where it is -1; -1: reported. */
static int cast(struct rewriter *r, int like, int t, int64_t type, int out)
{
	const int node = rewrite_add(r, like, "Cast", 1, &t, out);

	rewrite_attr(r->m, node, "to")->i = type;
	return infer_node(r->m, node) ? r->m->node[node].out[0] : -1;
}

static bool widen(struct rewriter *r, int node)
{
	struct module *m = r->m;
	const enum dtype type = m->node[node].n_in ? node_in_type(m, node, 0) : DT_NONE;
	const int n_in = m->node[node].n_in, y = m->node[node].out[0];
	int *in, sum, product;

	if (!is_product(m, node) || (type != DT_F16 && type != DT_BF16))
		return true;
	in = ARENA_ARRAY(m->scratch, n_in, int);
	for (int i = 0; i < n_in; i++) {
		const int t = node_in(m, node, i);
		in[i] = t < 0 ? -1 : tensor_is_const(m, t) ? widened_constant(m, t) :
							     cast(r, node, t, ONNX_FLOAT, tensor_add(m, NULL));
		if (t >= 0 && in[i] < 0)
			return false;
	}
	sum = tensor_add(m, NULL);
	product = rewrite_add(r, node, m->node[node].op->name, n_in, in, sum);
	m->node[product].attr = m->node[node].attr;
	if (!infer_node(m, product))
		return false;
	rewrite_drop(r, node);
	return cast(r, node, sum, type == DT_F16 ? ONNX_FLOAT16 : ONNX_BFLOAT16, y) >= 0;
}

bool pass_widen_halves(struct module *m)
{
	if (!m->target || m->target->vector_bytes <= 4 || (m->options && m->options->optimize == OPTIMIZE_SIZE))
		return true;
	return rewrite_module(m, widen, NULL);
}
