#include "quantize/bias.h"

#include <string.h>

#include "quantize/onnx_build.h"
#include "support/arena.h"
#include "support/diag.h"

/* The bias of a node as floats, one a channel. */
static bool is_shiftable(const struct onnx_file *f, const Onnx__NodeProto *node)
{
	const char *bias = onnx_input(node, 2);
	const Onnx__TensorProto *b = onnx_constant(f, bias);

	return (!strcmp(node->op_type, "Conv") || !strcmp(node->op_type, "Gemm")) &&
	       onnx_constant(f, onnx_input(node, 1)) && (!*bias || (b && b->data_type == ONNX_FLOAT && b->n_dims == 1));
}

/* --- the probe: beside each product the same one over bytes ------------------------------------------------------- */

struct probing {
	struct onnx_file *f; /* the float model, which grows */
	const struct onnx_file *written;
	const struct selection *chosen;
	struct map done; /* constants and nodes that were taken over; tensors read as bytes -> index of `local` */
	const char **local;
	int n_local;
};

static void put(struct onnx_file *f, Onnx__NodeProto *node)
{
	f->graph->node = ARENA_PUSH(f->arena, f->graph->node, f->graph->n_node, Onnx__NodeProto *);
	f->graph->node[f->graph->n_node++] = node;
}

/* A node like that, with another name and result. */
static Onnx__NodeProto *clone(struct onnx_file *f, const Onnx__NodeProto *node, const char *out)
{
	Onnx__NodeProto *copy = onnx_new_node(f, node->op_type, onnx_name(f, onnx_output(node, 0), "probe"),
					      (int)node->n_input, (const char *const *)node->input, out);

	copy->attribute = node->attribute;
	copy->n_attribute = node->n_attribute;
	return copy;
}

/* Constants of the written model that the float one has not. */
static void take_constants(struct probing *x, const Onnx__NodeProto *node)
{
	for (size_t k = 0; k < node->n_input; k++) {
		const int64_t i = map_get_name(&x->written->initializer, node->input[k], -1);
		Onnx__GraphProto *g = x->f->graph;
		if (i < 0 || onnx_constant(x->f, node->input[k]) || !map_set_name(&x->done, node->input[k], 1))
			continue;
		g->initializer = ARENA_PUSH(x->f->arena, g->initializer, g->n_initializer, Onnx__TensorProto *);
		g->initializer[g->n_initializer++] = x->written->graph->initializer[i];
	}
}

static const Onnx__NodeProto *maker(const struct probing *x, const char *name)
{
	const int64_t p = map_get_name(&x->written->producer, name, -1);

	return p < 0 ? NULL : x->written->graph->node[p];
}

/* What a product of the written model reads, made in the probe of the float model's tensors alone; NULL: it is not made
 * by DequantizeLinear. */
static const char *make_operand(struct probing *x, const char *name)
{
	const Onnx__NodeProto *last = maker(x, name), *first = last ? maker(x, onnx_input(last, 0)) : NULL;
	const int64_t known = map_get_name(&x->done, arena_printf(x->f->arena, "read %s", name), -1);
	const char *from = NULL, *out;
	Onnx__NodeProto *copy;

	if (known >= 0)
		return x->local[known];
	for (int t = 0; first && !from && t < x->chosen->n; t++)
		from = strcmp(x->chosen->tensor[t].read, name) != 0 ? NULL : x->chosen->tensor[t].name;
	if (!last || strcmp(last->op_type, "DequantizeLinear") != 0 || (first && !from))
		return NULL;
	out = onnx_name(x->f, name, "probe");
	take_constants(x, last);
	copy = clone(x->f, last, out);
	if (first) {
		Onnx__NodeProto *bytes = clone(x->f, first, onnx_name(x->f, from, "probe_bytes"));
		take_constants(x, first);
		bytes->input[0] = arena_strdup(x->f->arena, from);
		put(x->f, bytes);
		copy->input[0] = bytes->output[0];
	}
	put(x->f, copy);
	map_set_name(&x->done, arena_printf(x->f->arena, "read %s", name), x->n_local);
	x->local = ARENA_PUSH(x->f->arena, x->local, x->n_local, const char *);
	x->local[x->n_local++] = out;
	return out;
}

/* The result of a product over bytes beside the float one; NULL: its operands are not all bytes. */
static const char *make_product(struct probing *x, const Onnx__NodeProto *q)
{
	const char *in[3] = { "", "", "" };
	Onnx__NodeProto *copy;

	for (size_t k = 0; k < q->n_input && k < 3; k++)
		if (*q->input[k] && !(in[k] = make_operand(x, q->input[k])))
			return NULL;
	copy = clone(x->f, q, onnx_name(x->f, q->output[0], "probe"));
	for (size_t k = 0; k < q->n_input && k < 3; k++)
		copy->input[k] = arena_strdup(x->f->arena, in[k]);
	put(x->f, copy);
	return copy->output[0];
}

/* --- what is seen ------------------------------------------------------------------------------------------------- */

struct seeing {
	struct calibration *c;
	struct probe probe;
	struct bias_shift **shift; /* of each pair of tensors */
};

static void add(struct bias_shift *s, const struct value *y, const struct value *bytes, bool is_conv, struct arena *a)
{
	const float *p = (const float *)(const void *)y->bytes, *q = (const float *)(const void *)bytes->bytes;
	const int axis = is_conv ? 1 : y->rank - 1;
	int64_t inner = 1;

	if (y->type != DT_F32 || bytes->type != DT_F32 || y->n != bytes->n || !y->n || axis < 0 || axis >= y->rank)
		return;
	for (int k = axis + 1; k < y->rank; k++)
		inner *= y->dim[k];
	if (!s->sum) {
		s->channels = y->dim[axis];
		s->sum = ARENA_ARRAY(a, s->channels, double);
	}
	for (int64_t i = 0; i < y->n; i++)
		s->sum[i / inner % s->channels] += (double)p[i] - (double)q[i];
	s->n += y->n / s->channels;
}

static bool see(void *ctx, const struct value *const *values, int n, struct arena *a)
{
	struct seeing *x = ctx;
	struct answer *answers = ARENA_ARRAY(a, n, struct answer);

	if (!built_run(x->probe.built, values, n, answers, a, x->c->diag))
		return false;
	for (int k = 0; k < n; k++)
		for (int i = 0; i + 1 < x->probe.n; i += 2) {
			const struct value *y = probe_value(&x->probe, &answers[k], i);
			add(x->shift[i / 2], y, probe_value(&x->probe, &answers[k], i + 1), y->rank > 2, x->c->arena);
		}
	return true;
}

bool bias_measure(struct calibration *c, struct onnx_file *f, Onnx__NodeProto *const *q,
		  const struct onnx_file *written, const struct selection *chosen, struct bias_shift *shift)
{
	const size_t n = f->graph->n_node;
	struct probing x = { .f = f, .written = written, .chosen = chosen };
	struct seeing seeing = { .c = c, .shift = ARENA_ARRAY(c->arena, n, struct bias_shift *) };
	const char **name = ARENA_ARRAY(c->arena, 2 * n, const char *);
	Onnx__NodeProto **node = NULL;
	int pairs = 0;

	map_init(&x.done, f->arena);
	for (size_t i = 0; i < n; i++) {
		node = ARENA_PUSH(f->arena, node, i, Onnx__NodeProto *);
		node[i] = f->graph->node[i];
	}
	f->graph->node = node;
	for (size_t i = 0; i < n; i++) {
		const char *out;
		if (chosen->role[i] != QUANT_PRODUCT || !is_shiftable(f, f->graph->node[i]) ||
		    !(out = make_product(&x, q[i])))
			continue;
		name[2 * pairs] = onnx_output(f->graph->node[i], 0);
		name[2 * pairs + 1] = out;
		seeing.shift[pairs++] = &shift[i];
	}
	if (!pairs)
		return true;
	onnx_file_index(f);
	return probe_make(&seeing.probe, f, name, 2 * pairs, c->options, c->folder, 2, c->arena, c->scratch, c->diag) &&
	       calibrate_first(c, BIAS_SAMPLES, seeing.probe.bytes, see, &seeing);
}

bool bias_apply(struct onnx_file *f, const struct bias_shift *shift)
{
	for (size_t i = 0; i < f->graph->n_node; i++) {
		Onnx__NodeProto *node = f->graph->node[i];
		const struct bias_shift *s = &shift[i];
		const struct tensor *old = s->n && *onnx_input(node, 2) ? onnx_floats(f, node->input[2]) : NULL;
		float *b;
		if (!s->n)
			continue;
		if (*onnx_input(node, 2) && !old)
			return false;
		b = ARENA_ARRAY(f->arena, s->channels, float);
		for (int64_t k = 0; k < s->channels; k++)
			b[k] = (float)((old ? (double)((const float *)old->data)[old->dim[0].n == 1 ? 0 : k] : 0) +
				       s->sum[k] / (double)s->n);
		onnx_set_input(f, node, 2,
			       onnx_add_constant(f, onnx_name(f, old ? node->input[2] : node->output[0], "shifted"),
						 ONNX_FLOAT, 1, &s->channels, b, (size_t)s->channels * sizeof *b));
	}
	onnx_file_index(f);
	return true;
}
