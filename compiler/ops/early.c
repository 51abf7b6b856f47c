/* Operators of opsets before 7, as nodes of later versions: early.def is the list. What they lacked is numpy's rule for
 * broadcasting: the second operand's axes were placed by an attribute. */
#include <math.h>
#include <string.h>

#include "ops/expand.h"
#include "ops/window.h"

/* Opset whose versions of the operators stand for the early ones. */
enum { LATER = 7 };

/* The node's operator at a later opset, with its inputs and attributes, making its outputs. */
static int later(struct module *m, int node, int opset)
{
	const int n_out = m->node[node].n_out;
	int *out = ARENA_ARRAY(m->scratch, n_out, int), made;
	struct node new;

	memcpy(out, m->node[node].out, (size_t)n_out * sizeof *out);
	made = expand_many(m, node, m->node[node].op->name, opset, m->node[node].n_in, m->node[node].in, n_out, out);
	new = m->node[made];
	for (int k = 0; new.op->attrs && new.op->attrs[k].name; k++) {
		const struct attr *from = node_attr(m, node, new.op->attrs[k].name);
		if (from && from->kind == new.op->attrs[k].kind)
			new.attr[k] = *from;
	}
	return made;
}

static bool early_same(struct module *m, int node)
{
	later(m, node, LATER);
	return true;
}

/* t with `after` axes of one element appended. */
static int append_axes(struct module *m, int node, int t, int after)
{
	int64_t axis[MAX_RANK];

	if (after <= 0)
		return t;
	for (int k = 0; k < after; k++)
		axis[k] = m->tensor[t].rank + k;
	t = expand_node(m, node, "Unsqueeze", 11, INPUTS(t), -1);
	rewrite_attr_ints(m, m->tensor[t].producer, "axes", axis, after);
	return t;
}

/* x op y: y's first axis is x's axis `axis`; by default its last one is x's last. Without `broadcast` the shapes are
 * equal. */
static bool early_broadcast(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0), y = *node_in_tensor(m, node, 1);
	const bool one = num_is(tensor_elements(m, node_in(m, node, 1)), 1);
	int axis = x.rank - y.rank, b;

	if (!node_attr_int(m, node, "broadcast", 0)) {
		if (!node_shape(m, node, 1, x.dim, x.rank))
			return false;
	} else if (!one && y.rank > x.rank) {
		return node_bad(m, node, "inputs are of rank %d and %d, allowed: no more axes in the second", x.rank,
				y.rank);
	} else if (!one && node_attr(m, node, "axis")) {
		if (!node_axis_attr(m, node, "axis", 0, x.rank, &axis))
			return false;
		if (axis > x.rank - y.rank)
			return node_bad(m, node, "axis is %d, allowed: up to %d", axis, x.rank - y.rank);
	}
	b = append_axes(m, node, node_in(m, node, 1), one ? 0 : x.rank - y.rank - axis);
	expand_node(m, node, m->node[node].op->name, LATER, INPUTS(node_in(m, node, 0), b), node_out(m, node, 0));
	return true;
}

/* The slope is one number, or one a channel. */
static bool early_prelu(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0), slope = *node_in_tensor(m, node, 1);
	int s = node_in(m, node, 1);

	if (slope.rank == 1 && x.rank > 1 && !num_is(slope.dim[0], 1)) {
		if (!node_shape(m, node, 1, &x.dim[1], 1))
			return false;
		s = append_axes(m, node, s, x.rank - 2);
	}
	expand_node(m, node, "PRelu", LATER, INPUTS(node_in(m, node, 0), s), node_out(m, node, 0));
	return true;
}

/* C has y's shape without `broadcast`; with it, what Gemm-7 takes. */
static bool early_gemm(struct module *m, int node)
{
	const struct tensor *a = node_in_tensor(m, node, 0), *b = node_in_tensor(m, node, 1);
	const bool ta = node_attr_int(m, node, "transA", 0), tb = node_attr_int(m, node, "transB", 0);

	if (!node_rank(m, node, 0, 2, 2) || !node_rank(m, node, 1, 2, 2))
		return false;
	if (!node_attr_int(m, node, "broadcast", 0) &&
	    !node_shape(m, node, 2, (struct num[]){ a->dim[ta], b->dim[!tb] }, 2))
		return false;
	later(m, node, LATER);
	return true;
}

static bool is_test(struct module *m, int node)
{
	return node_attr_int(m, node, "is_test", 1) ||
	       node_unsupported(m, node, "is_test is 0, the form for training; allowed: 1");
}

static bool early_dropout(struct module *m, int node)
{
	if (!is_test(m, node))
		return false;
	later(m, node, LATER);
	return true;
}

/* With spatial 0 every element of a row has statistics of its own: (x - mean) / sqrt(var + epsilon) * scale + bias. */
static bool early_batch_norm(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0);
	int d;

	if (!is_test(m, node))
		return false;
	if (node_attr_int(m, node, "spatial", 1)) {
		later(m, node, 9);
		return true;
	}
	if (m->node[node].n_out > 1)
		return node_unsupported(m, node, "training form, allowed: one output");
	if (!node_rank(m, node, 0, 2, MAX_RANK))
		return false;
	for (int i = 1; i < 5; i++)
		if (!node_shape(m, node, i, &x.dim[1], x.rank - 1))
			return false;
	d = expand_add(m, node, node_in(m, node, 4),
		       tensor_const_doubles(m, x.type, 0, NULL,
					    (double[]){ node_attr_float(m, node, "epsilon", 1e-5) }), -1);
	d = expand_node(m, node, "Div", LATER, INPUTS(node_in(m, node, 1), expand_node(m, node, "Sqrt", LATER,
										   INPUTS(d), -1)), -1);
	d = expand_mul(m, node, expand_node(m, node, "Sub", LATER, INPUTS(node_in(m, node, 0), node_in(m, node, 3)),
					    -1), d);
	expand_add(m, node, d, node_in(m, node, 2), node_out(m, node, 0));
	return true;
}

/* The type by its name in TensorProto. */
static bool early_cast(struct module *m, int node)
{
	static const char *const names[] = { "UNDEFINED", "FLOAT", "UINT8", "INT8", "UINT16", "INT16", "INT32",
					     "INT64", "STRING", "BOOL", "FLOAT16", "DOUBLE", "UINT32", "UINT64" };
	const char *to = node_attr(m, node, "to")->s;

	for (size_t i = 1; i < sizeof names / sizeof *names; i++)
		if (!strcmp(names[i], to)) {
			const int t = expand_node(m, node, "Cast", 9, INPUTS(node_in(m, node, 0)),
						  node_out(m, node, 0));
			expand_attr(m, t, "to")->i = (int64_t)i;
			return true;
		}
	return node_bad(m, node, "to is \"%.200s\", allowed: the name of a type such as FLOAT", to);
}

static bool early_lp_pool(struct module *m, int node)
{
	const double p = node_attr_float(m, node, "p", 2);

	if (!(p >= 1 && p <= 1 << 20) || p != floor(p))
		return node_unsupported(m, node, "p is %g, allowed: a whole number from 1", p);
	rewrite_attr(m, later(m, node, LATER), "p")->i = (int64_t)p;
	return true;
}

static bool early_pad(struct module *m, int node)
{
	const struct attr *a = node_attr(m, node, "paddings");

	rewrite_attr_ints(m, later(m, node, LATER), "pads", a->ints, a->n);
	return true;
}

static bool early_reshape(struct module *m, int node)
{
	const struct attr *a = node_attr(m, node, "shape");

	expand_node(m, node, "Reshape", LATER, INPUTS(node_in(m, node, 0), tensor_const_ints(m, a->ints, a->n)),
		    node_out(m, node, 0));
	return true;
}

/* The lengths may be a tensor, whose elements are of x's type. */
static bool early_split(struct module *m, int node)
{
	const int lengths = node_in(m, node, 1), x = node_in(m, node, 0), n_out = m->node[node].n_out;
	int *out = ARENA_ARRAY(m->scratch, n_out, int), made;
	const struct attr *a = node_attr(m, node, "split");
	int64_t *v;

	memcpy(out, m->node[node].out, (size_t)n_out * sizeof *out);
	made = expand_many(m, node, "Split", LATER, INPUTS(x), n_out, out);
	rewrite_attr(m, made, "axis")->i = node_attr_int(m, node, "axis", 0);
	if (lengths >= 0) {
		if (!m->tensor[lengths].data)
			return node_unknown(m, node, 1);
		if (!num_is(tensor_elements(m, lengths), n_out))
			return node_bad(m, node, "split has shape %s, allowed: one length for each of %d outputs",
					node_in_shape(m, node, 1), n_out);
		v = ARENA_ARRAY(m->scratch, n_out, int64_t);
		for (int i = 0; i < n_out; i++) {
			const double f = const_double(m, lengths, i);
			if (!(f >= 0 && f <= (double)MAX_ELEMENTS))
				return node_bad(m, node, "length %d is %g, allowed: 0 to %lld", i, f,
						(long long)MAX_ELEMENTS);
			v[i] = (int64_t)f;
		}
		rewrite_attr_ints(m, made, "split", v, n_out);
	} else if (a) {
		rewrite_attr_ints(m, made, "split", a->ints, a->n);
	}
	return true;
}

/* The number that a scalar of any type is. */
static bool one_number(struct module *m, int node, int i, double lo, double hi, int64_t *v)
{
	const int t = node_in(m, node, i);
	double f;

	if (!num_is(tensor_elements(m, t), 1))
		return node_bad(m, node, "input %d has shape %s, allowed: one element", i, node_in_shape(m, node, i));
	if (!m->tensor[t].data)
		return node_unknown(m, node, i);
	f = const_double(m, t, 0);
	if (!(f >= lo && f <= hi) || f != floor(f))
		return node_bad(m, node, "input %d is %g, allowed: %g to %g", i, f, lo, hi);
	*v = (int64_t)f;
	return true;
}

/* One axis repeated. */
static bool early_tile(struct module *m, int node)
{
	const int rank = node_in_tensor(m, node, 0)->rank;
	int64_t repeats[MAX_RANK], tiles = 1, axis = 0;

	if (!one_number(m, node, 1, 0, (double)MAX_ELEMENTS, &tiles) || !one_number(m, node, 2, 0, rank - 1, &axis))
		return false;
	for (int k = 0; k < rank; k++)
		repeats[k] = k == axis ? tiles : 1;
	expand_node(m, node, "Tile", LATER, INPUTS(node_in(m, node, 0), tensor_const_ints(m, repeats, rank)),
		    node_out(m, node, 0));
	return true;
}

/* N x C x H x W by two factors. */
static bool early_upsample(struct module *m, int node)
{
	float *scale = ARENA_ARRAY(m->arena, 4, float);
	int made;

	if (!node_rank(m, node, 0, 4, 4))
		return false;
	scale[0] = scale[1] = 1;
	scale[2] = (float)node_attr_float(m, node, "height_scale", 1);
	scale[3] = (float)node_attr_float(m, node, "width_scale", 1);
	made = m->tensor[expand_node(m, node, "Upsample", LATER, INPUTS(node_in(m, node, 0)), node_out(m, node, 0))]
		       .producer;
	rewrite_attr(m, made, "scales")->floats = scale;
	rewrite_attr(m, made, "scales")->n = 4;
	rewrite_attr(m, made, "mode")->s = node_attr_is(m, node, "mode", "nearest") ? "nearest" : "linear";
	return true;
}

/* Scan-8 has an axis of batches before the sequences': one batch alone is a Scan-9. */
static bool early_scan(struct module *m, int node)
{
	const int n_in = m->node[node].n_in, n_out = m->node[node].n_out;
	int *in = ARENA_ARRAY(m->scratch, n_in, int), *out = ARENA_ARRAY(m->scratch, n_out, int), made;
	const struct attr *directions = node_attr(m, node, "directions");
	const int64_t first = 0;

	if (n_in < 2)
		return node_bad(m, node, "%d inputs, allowed: 2 or more", n_in);
	if (node_in(m, node, 0) >= 0)
		return node_unsupported(m, node, "sequence_lens are given, allowed: none");
	for (int i = 1; i < n_in; i++) {
		const struct tensor *t = node_in_tensor(m, node, i);
		if (!t || t->rank < 1 || !num_is(t->dim[0], 1))
			return node_unsupported(m, node, "input %d has shape %s, allowed: one batch", i,
						node_in_shape(m, node, i));
		in[i - 1] = expand_node(m, node, "Squeeze", 11, INPUTS(node_in(m, node, i)), -1);
		rewrite_attr_ints(m, m->tensor[in[i - 1]].producer, "axes", &first, 1);
	}
	for (int i = 0; i < n_out; i++)
		out[i] = -1;
	made = expand_many(m, node, "Scan", 9, n_in - 1, in, n_out, out);
	rewrite_attr(m, made, "body")->i = node_attr(m, node, "body")->i;
	rewrite_attr(m, made, "num_scan_inputs")->i = node_attr_int(m, node, "num_scan_inputs", 1);
	if (directions)
		rewrite_attr_ints(m, made, "scan_input_directions", directions->ints, directions->n);
	for (int i = 0; i < n_out; i++) {
		if (node_out(m, node, i) < 0)
			continue;
		out[i] = expand_node(m, node, "Unsqueeze", 11, INPUTS(out[i]), node_out(m, node, i));
		rewrite_attr_ints(m, m->tensor[out[i]].producer, "axes", &first, 1);
	}
	return true;
}

#define CONSUMED INTS_OPTIONAL("consumed_inputs")
#define BROADCAST INT_OPTIONAL("axis"), FLAG("broadcast", 0)
#define EPSILON FLOAT("epsilon", 1e-5f)
#define MOMENTUM FLOAT("momentum", 0.9f)
#define GEMM FLOAT("alpha", 1.0), FLOAT("beta", 1.0), FLAG("broadcast", 0), INT("transA", 0), INT("transB", 0)
#define FLOAT_REQUIRED(n) { .name = n, .kind = ATTR_FLOAT, .required = true }
#define RECURRENT \
	FLOATS_OPTIONAL("activation_alpha"), FLOATS_OPTIONAL("activation_beta"), STRINGS_OPTIONAL("activations"), \
		FLOAT_OPTIONAL("clip"), STRING("direction", "forward", "forward|reverse|bidirectional"), \
		INT_OPTIONAL("hidden_size"), INT("output_sequence", 0)
#define PAIR(least, most) least, most
#define EARLY(op_name, version, inputs, outputs, form, attributes) \
	const struct op_def op_##op_name##_##version = { \
		ONNX_COUNTS(#op_name, version, PAIR inputs, PAIR outputs), .attrs = attributes, \
		.expand = early_##form, \
	};
#define ONNX_COUNTS(...) ONNX(__VA_ARGS__)
#include "ops/early.def"
#undef EARLY
