#include "quantize/qdq.h"

#include <math.h>
#include <string.h>

#include "options.h"
#include "quantize/onnx_build.h"
#include "quantize/ranges.h"
#include "quantize/weights.h"
#include "support/arena.h"
#include "support/diag.h"

/* The IR version from which on initializers need not be inputs too. */
enum { CONSTANTS_APART = 4 };

struct writer {
	struct onnx_file *f;
	const struct selection *s;
	const struct options *o;
	Onnx__NodeProto **node; /* the new list */
	size_t n;
	struct map constants; /* constant that was quantised, and how -> index of `dequantised` */
	const char **dequantised;
	int n_constants;
	struct map replaced; /* constants that quantised ones stand for */
};

static void put(struct writer *w, Onnx__NodeProto *node)
{
	w->node = ARENA_PUSH(w->f->arena, w->node, w->n, Onnx__NodeProto *);
	w->node[w->n++] = node;
}

static const char *add_floats(struct writer *w, const char *name, int n, float *v)
{
	const int64_t dim = n;

	return onnx_add_constant(w->f, onnx_name(w->f, name, "scale"), ONNX_FLOAT, n > 1, &dim, v,
				 (size_t)n * sizeof *v);
}

/* Zeros, or for one element the activations' zero point. */
static const char *add_zero_point(struct writer *w, const char *name, int type, int n, int zero)
{
	const size_t bytes = (size_t)n * (type == ONNX_INT32 ? 4 : 1);
	unsigned char *v = arena_alloc(w->f->arena, bytes);
	const int64_t dim = n;

	if (zero)
		*v = (unsigned char)(zero & 0xff);
	return onnx_add_constant(w->f, onnx_name(w->f, name, "zero_point"), type, n > 1, &dim, v, bytes);
}

/* --- constants ---------------------------------------------------------------------------------------------------- */

/* How a constant is dequantised. */
struct form {
	int type, n_scales, axis, zero;
	float *scale;
};

/* Adds the bytes q of constant `name`, and the node that dequantises them; its result. */
static const char *add_quantised(struct writer *w, const char *name, const struct tensor *t, void *q, size_t bytes,
				 const struct form *form)
{
	const char *in[3], *out = onnx_name(w->f, name, "dequantized");
	int64_t dim[MAX_RANK];
	Onnx__NodeProto *node;

	for (int k = 0; k < t->rank; k++)
		dim[k] = t->dim[k].n;
	in[0] = onnx_add_constant(w->f, onnx_name(w->f, name, "quantized"), form->type, t->rank, dim, q, bytes);
	in[1] = add_floats(w, name, form->n_scales, form->scale);
	in[2] = add_zero_point(w, name, form->type, form->n_scales, form->zero);
	node = onnx_new_node(w->f, "DequantizeLinear", onnx_name(w->f, name, "DequantizeLinear"), 3, in, out);
	if (form->n_scales > 1)
		onnx_set_int(w->f, node, "axis", form->axis);
	put(w, node);
	map_set_name(&w->replaced, name, 1);
	return out;
}

static const char *known_constant(const struct writer *w, const char *key)
{
	const int64_t i = map_get_name(&w->constants, key, -1);

	return i < 0 ? NULL : w->dequantised[i];
}

static const char *remember_constant(struct writer *w, const char *key, const char *out)
{
	map_set_name(&w->constants, key, w->n_constants);
	w->dequantised = ARENA_PUSH(w->f->arena, w->dequantised, w->n_constants, const char *);
	w->dequantised[w->n_constants++] = out;
	return out;
}

static int64_t count(const struct tensor *t)
{
	int64_t n = 1;

	for (int k = 0; k < t->rank; k++)
		n *= t->dim[k].n;
	return n;
}

/* A constant among activations: of their type, with one scale. NULL: reported. */
static const char *quantise_operand(struct writer *w, const char *name)
{
	const char *key = arena_printf(w->f->arena, "operand %s", name), *known = known_constant(w, key);
	const struct tensor *t = known ? NULL : onnx_floats(w->f, name);
	const float *x = t ? t->data : NULL;
	struct form form = { .type = w->o->activations == 0 ? ONNX_UINT8 : ONNX_INT8, .n_scales = 1 };
	float *scale = ARENA_NEW(w->f->arena, float), low = 0, high = 0;
	unsigned char *q;
	int64_t n;

	if (known || !t)
		return known;
	n = count(t);
	q = arena_alloc(w->f->arena, (size_t)n);
	for (int64_t i = 0; i < n; i++) {
		low = fminf(low, x[i]);
		high = fmaxf(high, x[i]);
	}
	range_to_scale(low, high, w->o, scale, &form.zero);
	form.scale = scale;
	for (int64_t i = 0; i < n; i++) {
		const float y = rintf(x[i] / *scale) + (float)form.zero;
		q[i] = (unsigned char)((int)fminf(fmaxf(y, (float)range_least(w->o)), (float)range_greatest(w->o)) &
				       0xff);
	}
	return remember_constant(w, key, add_quantised(w, name, t, q, (size_t)n, &form));
}

static const struct quant_tensor *find_tensor(const struct writer *w, const char *name)
{
	const int64_t t = map_get_name(&w->s->index, name, -1);

	return t < 0 ? NULL : &w->s->tensor[t];
}

/* The weight of a product: its form, or one of a single channel where the opset knows no axes or there is none. */
static struct weight_form weight_form(const struct writer *w, const Onnx__NodeProto *node, const struct tensor *t,
				      int *axis)
{
	struct weight_form f = { 1, 1, count(t) };

	*axis = select_channel_axis(node);
	if (*axis < 0)
		*axis += t->rank;
	if (w->f->opset < PER_AXIS_OPSET || t->rank < 2 || *axis >= t->rank ||
	    (!strcmp(node->op_type, "MatMul") && t->rank != 2))
		return f;
	f.inner = 1;
	for (int k = 0; k < t->rank; k++) {
		int64_t *part = k < *axis ? &f.outer : k == *axis ? &f.channels : &f.inner;
		*part *= t->dim[k].n;
	}
	return f;
}

/* The bias in int32 must hold: |b| / (x * w) below 2^31, with room for the sum. NULL: every scale does. */
static const float *least_scales(struct writer *w, const struct tensor *bias, float x, const struct weight_form *f)
{
	const float *b = bias ? bias->data : NULL;
	float *least;

	if (!b || count(bias) % f->channels)
		return NULL;
	least = ARENA_ARRAY(w->f->arena, f->channels, float);
	for (int64_t i = 0; i < count(bias); i++) {
		const int64_t c = f->channels > 1 ? i % f->channels : 0;
		least[c] = fmaxf(least[c], fabsf(b[i]) / x * 0x1p-30F);
	}
	return least;
}

static const char *quantise_bias(struct writer *w, const char *name, const struct tensor *t, float x,
				 const float *scale, const struct weight_form *f, const char *key)
{
	const int64_t n = count(t);
	int32_t *q = ARENA_ARRAY(w->f->arena, n, int32_t);
	float *s = ARENA_ARRAY(w->f->arena, f->channels, float);
	const struct form form = { .type = ONNX_INT32, .n_scales = (int)f->channels, .axis = t->rank - 1, .scale = s };

	for (int64_t c = 0; c < f->channels; c++)
		s[c] = x * scale[c];
	for (int64_t i = 0; i < n; i++)
		q[i] = (int32_t)rint((double)((const float *)t->data)[i] / (double)s[f->channels > 1 ? i : 0]);
	return remember_constant(w, key, add_quantised(w, name, t, q, (size_t)n * sizeof *q, &form));
}

/* Weight and bias of a product whose activations have scale x. False: reported. */
static bool quantise_weight(struct writer *w, Onnx__NodeProto *node, float x)
{
	struct arena *a = w->f->arena;
	const char *name = onnx_input(node, 1), *bias_name = onnx_input(node, 2), *key, *out, *bias_out;
	const struct tensor *t = onnx_floats(w->f, name), *bias = NULL;
	struct form form = { .type = ONNX_INT8 };
	struct weight_form f;
	float *scale;
	int8_t *q;

	if (!t)
		return false;
	f = weight_form(w, node, t, &form.axis);
	if (*bias_name && onnx_constant(w->f, bias_name) && !(bias = onnx_floats(w->f, bias_name)) &&
	    w->f->diag->status != STATUS_OK)
		return false;
	if (bias && (bias->rank < 1 || (f.channels > 1 && bias->dim[bias->rank - 1].n != f.channels) ||
		     (f.channels > 1 && count(bias) != f.channels)))
		bias = NULL;
	scale = ARENA_ARRAY(a, f.channels, float);
	weights_scales(scale, t->data, &f, least_scales(w, bias, x, &f));
	key = arena_printf(a, "weight %d %08llx %s", form.axis,
			   (unsigned long long)hash_bytes(scale, (size_t)f.channels * sizeof *scale, 0), name);
	out = known_constant(w, key);
	form.n_scales = (int)f.channels;
	form.scale = scale;
	if (!out) {
		q = arena_array(a, (size_t)count(t), 1);
		weights_round(q, t->data, &f, scale);
		out = remember_constant(w, key, add_quantised(w, name, t, q, (size_t)count(t), &form));
	}
	node->input[1] = arena_strdup(a, out);
	if (!bias)
		return true;
	key = arena_printf(a, "bias %a %s %s", (double)x, key, bias_name);
	bias_out = known_constant(w, key);
	if (!bias_out)
		bias_out = quantise_bias(w, bias_name, bias, x, scale, &f, key);
	node->input[2] = arena_strdup(a, bias_out);
	return true;
}

static bool quantise_constants(struct writer *w, Onnx__NodeProto *node, enum quant_role role)
{
	const struct quant_tensor *x = find_tensor(w, onnx_input(node, 0));

	for (int k = 0; k < select_data_inputs(node); k++) {
		const char *out;
		if (!onnx_constant(w->f, node->input[k]))
			continue;
		if (role == QUANT_PRODUCT && k == 1 && x) {
			if (!quantise_weight(w, node, x->scale))
				return false;
			continue;
		}
		out = quantise_operand(w, node->input[k]);
		if (!out)
			return false;
		node->input[k] = arena_strdup(w->f->arena, out);
	}
	return true;
}

/* --- activations -------------------------------------------------------------------------------------------------- */

/* `from` -> QuantizeLinear -> DequantizeLinear -> `to`. */
static void put_pair(struct writer *w, const struct quant_tensor *t, const char *from, const char *to)
{
	const int type = w->o->activations == 0 ? ONNX_UINT8 : ONNX_INT8;
	float *scale = ARENA_NEW(w->f->arena, float);
	const char *in[3], *bytes = onnx_name(w->f, t->name, "quantized");

	*scale = t->scale;
	in[0] = from;
	in[1] = add_floats(w, t->name, 1, scale);
	in[2] = add_zero_point(w, t->name, type, 1, t->zero);
	put(w, onnx_new_node(w->f, "QuantizeLinear", onnx_name(w->f, t->name, "QuantizeLinear"), 3, in, bytes));
	in[0] = bytes;
	put(w, onnx_new_node(w->f, "DequantizeLinear", onnx_name(w->f, t->name, "DequantizeLinear"), 3, in, to));
}

/* What readers of each tensor read, and under which name its maker makes it. */
struct names {
	const char **made, **read;
};

static void name_tensors(struct writer *w, struct names *x)
{
	x->made = ARENA_ARRAY(w->f->arena, w->s->n, const char *);
	x->read = ARENA_ARRAY(w->f->arena, w->s->n, const char *);
	for (int i = 0; i < w->s->n; i++) {
		const char *name = w->s->tensor[i].name;
		const bool is_own = onnx_is_output(w->f, name) && map_get_name(&w->f->producer, name, -1) >= 0;
		x->made[i] = is_own ? onnx_name(w->f, name, "float") : name;
		x->read[i] = is_own ? name : onnx_name(w->f, name, "dequantized");
	}
}

static bool write_node(struct writer *w, const struct names *x, size_t i)
{
	Onnx__NodeProto *node = w->f->graph->node[i];

	if (w->s->role[i] != QUANT_NONE && !quantise_constants(w, node, w->s->role[i]))
		return false;
	for (size_t k = 0; k < node->n_input; k++) {
		const int64_t t = map_get_name(&w->s->index, node->input[k], -1);
		if (t >= 0)
			node->input[k] = arena_strdup(w->f->arena, x->read[t]);
	}
	put(w, node);
	for (size_t k = 0; k < node->n_output; k++) {
		const int64_t t = map_get_name(&w->s->index, node->output[k], -1);
		if (t < 0)
			continue;
		node->output[k] = arena_strdup(w->f->arena, x->made[t]);
		put_pair(w, &w->s->tensor[t], x->made[t], x->read[t]);
	}
	return true;
}

/* Constants that nobody reads any more, and the inputs that they were the values of. */
static void drop_replaced(struct writer *w)
{
	Onnx__GraphProto *g = w->f->graph;
	size_t n = 0;

#define IS_GONE(name)                                                                                                  \
	(map_get_name(&w->replaced, name, 0) && !map_get_name(&w->f->readers, name, 0) &&                              \
	 !map_get_name(&w->f->captured, name, 0) && !onnx_is_output(w->f, name))
	for (size_t i = 0; i < g->n_initializer; i++)
		if (!IS_GONE(g->initializer[i]->name))
			g->initializer[n++] = g->initializer[i];
	g->n_initializer = n;
	n = 0;
	for (size_t i = 0; i < g->n_input; i++)
		if (!IS_GONE(g->input[i]->name))
			g->input[n++] = g->input[i];
	g->n_input = n;
	n = 0;
	for (size_t i = 0; i < g->n_node; i++)
		if (g->node[i]->n_output != 1 || !IS_GONE(g->node[i]->output[0]))
			g->node[n++] = g->node[i];
	g->n_node = n;
#undef IS_GONE
}

bool qdq_write(struct onnx_file *f, struct selection *s, const struct options *o)
{
	struct writer w = { .f = f, .s = s, .o = o };
	struct names x;

	if (f->model->ir_version < CONSTANTS_APART)
		f->model->ir_version = CONSTANTS_APART;
	map_init(&w.constants, f->arena);
	map_init(&w.replaced, f->arena);
	name_tensors(&w, &x);
	for (int i = 0; i < s->n; i++)
		s->tensor[i].read = x.read[i];
	for (int i = 0; i < s->n; i++)
		if (map_get_name(&f->producer, s->tensor[i].name, -1) < 0)
			put_pair(&w, &s->tensor[i], s->tensor[i].name, x.read[i]);
	for (size_t i = 0; i < f->graph->n_node; i++)
		if (!write_node(&w, &x, i))
			return false;
	f->graph->node = w.node;
	f->graph->n_node = w.n;
	onnx_file_index(f);
	drop_replaced(&w);
	onnx_file_index(f);
	return true;
}
