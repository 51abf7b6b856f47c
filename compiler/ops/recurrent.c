/* RNN, GRU, LSTM: attributes and shapes. Their arithmetic is a kernel's: a recurrence over steps is no single nest.
 * X: steps x batch x input (layout 1: batch first), W: directions x gates*hidden x input, R: directions x gates*hidden
 * x hidden, B: directions x 2*gates*hidden; Y: steps x directions x batch x hidden, Y_h and Y_c: directions x batch x
 * hidden (layout 1: batch first in all of them). */
#include "ops/recurrent.h"
#include "ops/positions.h"

#include <strings.h>

static bool check_activations(struct module *m, int node, const struct recurrent *r)
{
	static const char *const known[] = { "Relu", "Tanh", "Sigmoid", "Affine", "LeakyRelu", "ThresholdedRelu",
		"ScaledTanh", "HardSigmoid", "Elu", "Softsign", "Softplus" };
	const struct attr *a = node_attr(m, node, "activations");
	int each = r->gates == 1 ? 1 : r->gates == 3 ? 2 : 3;

	if (!a)
		return true;
	/* The standard's own default for RNN names two, whatever the direction. */
	if (a->n != each * r->directions && a->given)
		return node_bad(m, node, "activations has %d elements, allowed: %d", a->n, each * r->directions);
	for (int i = 0; i < a->n; i++) {
		size_t k = 0;

		while (k < sizeof known / sizeof *known && strcasecmp(known[k], a->strings[i]) != 0)
			k++;
		if (k == sizeof known / sizeof *known)
			return node_bad(m, node, "activation is \"%.200s\", allowed: those of the standard",
					a->strings[i]);
	}
	return true;
}

bool recurrent_get(struct module *m, int node, struct recurrent *r)
{
	const char *name = m->node[node].op->name;
	const struct tensor *x = node_in_tensor(m, node, 0), *w = node_in_tensor(m, node, 1),
			    *rec = node_in_tensor(m, node, 2);
	struct num d, rows, peephole;

	if (x->rank != 3 || w->rank != 3 || rec->rank != 3)
		return node_bad(m, node, "X, W, R are of rank %d, %d, %d, allowed: 3", x->rank, w->rank, rec->rank);
	r->gates = name[0] == 'R' ? 1 : name[0] == 'G' ? 3 : 4;
	r->directions = node_attr_is(m, node, "direction", "bidirectional") ? 2 : 1;
	r->reverse = node_attr_is(m, node, "direction", "reverse");
	r->batch_first = node_attr_int(m, node, "layout", 0);
	r->steps = x->dim[r->batch_first];
	r->batch = x->dim[!r->batch_first];
	r->input = x->dim[2];
	r->hidden = rec->dim[2];
	if (!num_is_const(r->hidden) || !num_is_const(r->input))
		return node_unsupported(m, node, "the input and hidden sizes must be constants");
	if (r->hidden.n < 1)
		return node_bad(m, node, "the hidden size is %lld, allowed: 1 or more", (long long)r->hidden.n);
	if (node_attr(m, node, "hidden_size") && node_attr_int(m, node, "hidden_size", 0) != r->hidden.n)
		return node_bad(m, node, "hidden_size is %lld, allowed: %lld as the weights",
				(long long)node_attr_int(m, node, "hidden_size", 0), (long long)r->hidden.n);
	if (node_attr(m, node, "clip") && !(node_attr_float(m, node, "clip", 0) > 0))
		return node_bad(m, node, "clip is %g, allowed: above 0", node_attr_float(m, node, "clip", 0));
	d = num_const(r->directions);
	rows = num_mul(&m->nums, r->hidden, num_const(r->gates));
	peephole = num_mul(&m->nums, r->hidden, num_const(3));
	for (int i = 5; i < 7; i++) {
		struct num state[3] = { r->batch_first ? r->batch : d, r->batch_first ? d : r->batch, r->hidden };

		if (!node_shape(m, node, i, state, 3))
			return false;
	}
	return node_shape(m, node, 1, (struct num[]){ d, rows, r->input }, 3) &&
	       node_shape(m, node, 2, (struct num[]){ d, rows, r->hidden }, 3) &&
	       node_shape(m, node, 3, (struct num[]){ d, num_mul(&m->nums, rows, num_const(2)) }, 2) &&
	       node_shape(m, node, 4, &r->batch, 1) &&
	       node_shape(m, node, 7, (struct num[]){ d, peephole }, 2) && check_activations(m, node, r);
}

static bool infer_recurrent(struct module *m, int node)
{
	enum dtype type = node_in_type(m, node, 0);
	struct num d, all[4], last[3];
	struct recurrent r;

	if (!recurrent_get(m, node, &r))
		return false;
	d = num_const(r.directions);
	all[0] = r.batch_first ? r.batch : r.steps;
	all[1] = r.batch_first ? r.steps : d;
	all[2] = r.batch_first ? d : r.batch;
	last[0] = r.batch_first ? r.batch : d;
	last[1] = r.batch_first ? d : r.batch;
	all[3] = last[2] = r.hidden;
	if (node_out(m, node, 0) >= 0 && !tensor_set(m, node, node_out(m, node, 0), type, 4, all))
		return false;
	for (int i = 1; i < 3; i++)
		if (node_out(m, node, i) >= 0 && !tensor_set(m, node, node_out(m, node, i), type, 3, last))
			return false;
	return true;
}

/* Steps of each sequence. */
static void range_steps(struct module *m, int node, int64_t c, struct num *lo, struct num *hi)
{
	(void)m;
	(void)c;
	*lo = num_const(0);
	*hi = node_in_tensor(m, node, 0)->dim[node_attr_int(m, node, "layout", 0) != 0];
}

#define COMMON                                                                                                         \
	FLOATS_OPTIONAL("activation_alpha"), FLOATS_OPTIONAL("activation_beta"), STRINGS_OPTIONAL("activations"),      \
		FLOAT_OPTIONAL("clip"), STRING("direction", "forward", "forward|reverse|bidirectional"),               \
		INT_OPTIONAL("hidden_size")
#define LAYOUT FLAG("layout", 0)
#define RECURRENT(op_name, version, most_in, most_out, ...) \
	const struct op_def op_##op_name##_##version = { \
		ONNX(#op_name, version, 3, most_in, 0, most_out), .attrs = ATTRS(COMMON, __VA_ARGS__), \
		.types = TYPES("fh", "T", "T", "T", "i", "T"), .positions = POSITIONS(POSITION(4, range_steps)), \
		.infer = infer_recurrent, .by_kernels = true, \
	};

RECURRENT(RNN, 7, 6, 2, { 0 })
RECURRENT(RNN, 14, 6, 2, LAYOUT)
RECURRENT(GRU, 7, 6, 2, FLAG("linear_before_reset", 0))
RECURRENT(GRU, 14, 6, 2, FLAG("linear_before_reset", 0), LAYOUT)
RECURRENT(LSTM, 7, 8, 3, FLAG("input_forget", 0))
RECURRENT(LSTM, 14, 8, 3, FLAG("input_forget", 0), LAYOUT)
