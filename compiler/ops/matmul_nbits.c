/* MatMulNBits of com.microsoft: y = A * W' + bias, W: N x K of `bits` bits in blocks of block_size along K, each with a
 * scale and a zero point (absent: 2^(bits - 1)). Packed as N x blocks x bytes of a block, the first element in the
 * lowest bits; zero points as N x bytes of a row. W is unpacked to K x N bytes behind a DequantizeLinear of blocks.
 * accuracy_level allows arithmetic that is less exact, and changes nothing. Source: docs/ContribOperators.md of
 * onnxruntime. */
#include "ops/expand.h"

enum { BITS_W = 1, BITS_SCALES, BITS_ZEROS, BITS_GROUPS, BITS_BIAS };

struct packed {
	int64_t rows, columns, block, n_blocks;         /* N, K, elements of a block, blocks of a row */
	int bits;
};

static bool is_power_of_two(int64_t v)
{
	return v > 0 && !(v & (v - 1));
}

static bool read_packed(struct module *m, int node, struct packed *p)
{
	*p = (struct packed){ .rows = node_attr_int(m, node, "N", 0), .columns = node_attr_int(m, node, "K", 0),
			      .block = node_attr_int(m, node, "block_size", 0),
			      .bits = (int)node_attr_int(m, node, "bits", 4) };
	if (!is_power_of_two(p->bits) || p->bits < 2)
		return node_unsupported(m, node, "bits is %d, allowed: 2, 4, 8", p->bits);
	if (!is_power_of_two(p->block) || p->block < 16)
		return node_bad(m, node, "block_size is %lld, allowed: powers of 2 from 16", (long long)p->block);
	if (node_attr_int(m, node, "weight_prepacked", 0))
		return node_unsupported(m, node, "weight_prepacked is 1, allowed: 0");
	if (node_in(m, node, BITS_GROUPS) >= 0)
		return node_unsupported(m, node, "input 4 (g_idx) is there, allowed: absent");
	p->n_blocks = (p->columns + p->block - 1) / p->block;
	return true;
}

/* Input i is a constant of bytes with n elements. */
static bool check_constant(struct module *m, int node, int i, int64_t n)
{
	const struct tensor *t = node_in_tensor(m, node, i);

	if (!t->data)
		return node_unknown(m, node, i);
	if (t->type != DT_U8)
		return node_unsupported(m, node, "input %d is %s, allowed: uint8", i, dtypes[t->type].name);
	return num_is(tensor_elements(m, node_in(m, node, i)), n) ||
	       node_bad(m, node, "input %d has shape %s, allowed: %lld elements", i, node_in_shape(m, node, i),
			(long long)n);
}

/* Constant bytes of `columns` x rows from `rows` runs of that many packed elements, each run beginning with a byte. */
static int unpacked(struct module *m, const unsigned char *from, const struct packed *p, int64_t columns, int64_t run)
{
	unsigned char *to = arena_array(m->arena, (size_t)(columns * p->rows), 1);
	const unsigned mask = (1U << p->bits) - 1;

	for (int64_t r = 0; r < p->rows; r++)
		for (int64_t c = 0; c < columns; c++)
			to[c * p->rows + r] = from[r * run + c * p->bits / 8] >> c * p->bits % 8 & mask;
	return tensor_const(m, NULL, DT_U8, 2, (const int64_t[]){ columns, p->rows }, to);
}

/* One zero point in the middle of the range for every block. */
static int middles(struct module *m, const struct packed *p)
{
	unsigned char *to = arena_array(m->arena, (size_t)(p->n_blocks * p->rows), 1);

	for (int64_t i = 0; i < p->n_blocks * p->rows; i++)
		to[i] = (unsigned char)(1 << (p->bits - 1));
	return tensor_const(m, NULL, DT_U8, 2, (const int64_t[]){ p->n_blocks, p->rows }, to);
}

/* Tensors of bytes for weights and zero points; false: reported. */
static bool read_bytes(struct module *m, int node, const struct packed *p, int *w, int *zeros)
{
	const int64_t run = p->n_blocks * (p->block * p->bits / 8), zero_run = (p->n_blocks * p->bits + 7) / 8;

	if (!check_constant(m, node, BITS_W, p->rows * run))
		return false;
	if (node_in(m, node, BITS_ZEROS) >= 0 && !check_constant(m, node, BITS_ZEROS, p->rows * zero_run))
		return false;
	*w = unpacked(m, node_in_tensor(m, node, BITS_W)->data, p, p->columns, run);
	*zeros = node_in(m, node, BITS_ZEROS) < 0 ?
			 middles(m, p) :
			 unpacked(m, node_in_tensor(m, node, BITS_ZEROS)->data, p, p->n_blocks, zero_run);
	return true;
}

static bool expand_matmul_nbits(struct module *m, int node)
{
	const int y = node_out(m, node, 0), bias = node_in(m, node, BITS_BIAS);
	struct packed p;
	int w, zeros, scales, shape;

	if (!read_packed(m, node, &p) || !read_bytes(m, node, &p, &w, &zeros))
		return false;
	if (!num_is(tensor_elements(m, node_in(m, node, BITS_SCALES)), p.n_blocks * p.rows))
		return node_bad(m, node, "input 2 has shape %s, allowed: %lld elements", node_in_shape(m, node, 2),
				(long long)(p.n_blocks * p.rows));
	shape = tensor_const_ints(m, (const int64_t[]){ p.rows, p.n_blocks }, 2);
	scales = expand_node(m, node, "Reshape", 13, INPUTS(node_in(m, node, BITS_SCALES), shape), -1);
	scales = expand_transpose(m, node, scales, 2, (const int64_t[]){ 1, 0 }, -1);
	w = expand_node(m, node, "DequantizeLinear", 21, INPUTS(w, scales, zeros), -1);
	expand_attr(m, w, "axis")->i = 0;
	expand_attr(m, w, "block_size")->i = p.block;
	w = expand_node(m, node, "MatMul", 13, INPUTS(node_in(m, node, 0), w), bias < 0 ? y : -1);
	if (bias >= 0)
		expand_node(m, node, "Add", 13, INPUTS(w, bias), y);
	return true;
}

const struct op_def op_ms_MatMulNBits = {
	MICROSOFT("MatMulNBits", 3, 6, 1, 1),
	.attrs = ATTRS({ .name = "N", .kind = ATTR_INT, .required = true, .lo = 1, .hi = 1 << 24 },
		       { .name = "K", .kind = ATTR_INT, .required = true, .lo = 1, .hi = 1 << 24 },
		       { .name = "block_size", .kind = ATTR_INT, .required = true, .lo = 1, .hi = 1 << 24 },
		       INT_IN("bits", 4, 1, 8), INT("accuracy_level", 0), FLAG("weight_prepacked", 0)),
	.types = TYPES("fh", "u", "fhT", "ufh", "i", "fhT"), .expand = expand_matmul_nbits,
};
