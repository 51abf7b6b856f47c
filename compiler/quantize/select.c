#include "quantize/select.h"

#include <string.h>

#include "support/arena.h"
#include "support/diag.h"

static const struct quant_op {
	const char *name;
	enum quant_role role;
	int inputs, channels;
} table[] = {
#define QUANT_OP(op, role, inputs, channels) { #op, QUANT_##role, inputs, channels },
#include "quantize/quant_ops.def"
#undef QUANT_OP
};

static const struct quant_op *find_op(const Onnx__NodeProto *node)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (!strcmp(table[i].name, onnx_op(node)))
			return &table[i];
	return NULL;
}

int select_data_inputs(const Onnx__NodeProto *node)
{
	const struct quant_op *op = find_op(node);

	return !op ? 0 : op->inputs < 0 || op->inputs > (int)node->n_input ? (int)node->n_input : op->inputs;
}

int select_channel_axis(const Onnx__NodeProto *node)
{
	const struct quant_op *op = find_op(node);

	if (op && !strcmp(op->name, "Gemm") && onnx_attribute_int(node, "transB", 0))
		return 0;
	return op ? op->channels : 0;
}

/* --- what stays in float ------------------------------------------------------------------------------------------ */

static bool is_listed(const char *list, const char *name)
{
	for (const char *s = list; s && *name; s = strchr(s, ',') ? strchr(s, ',') + 1 : NULL) {
		const size_t n = strcspn(s, ",");
		if (n == strlen(name) && !memcmp(s, name, n))
			return true;
	}
	return false;
}

static bool is_kept(const char *list, const Onnx__NodeProto *node)
{
	return is_listed(list, node->name) || is_listed(list, node->op_type) || is_listed(list, onnx_output(node, 0));
}

/* Every word of --keep means something. */
static bool check_keep(const struct onnx_file *f, const char *list)
{
	for (const char *s = list; s; s = strchr(s, ',') ? strchr(s, ',') + 1 : NULL) {
		const char *word = arena_strndup(f->arena, s, strcspn(s, ","));
		size_t i = 0;
		while (i < f->graph->n_node && !is_kept(word, f->graph->node[i]))
			i++;
		if (i == f->graph->n_node)
			return diag_error(f->diag, STATUS_USAGE, NULL,
					  "--keep: no node, result or operator of the model is called \"%s\"", word);
	}
	return true;
}

/* A scale times a product is what the integer operator computes: nothing else may be inside. */
static bool is_plain_product(const struct onnx_file *f, const Onnx__NodeProto *node)
{
	const Onnx__AttributeProto *alpha = onnx_attribute(node, "alpha"), *beta = onnx_attribute(node, "beta");
	const bool is_gemm = !strcmp(node->op_type, "Gemm");
	const Onnx__TensorProto *w = onnx_constant(f, onnx_input(node, 1));

	if (strcmp(node->op_type, "MatMul") != 0 && (!w || w->data_type != ONNX_FLOAT))
		return false;
	return !is_gemm ||
	       (!onnx_attribute_int(node, "transA", 0) && (!alpha || alpha->f == 1) && (!beta || beta->f == 1));
}

static bool is_activation(const struct onnx_file *f, const char *name)
{
	return *name && !onnx_constant(f, name);
}

static bool is_good(const struct statistics *known, const char *name)
{
	const struct tensor_stats *t;

	t = known ? statistics_find(known, name) : NULL;
	return !t || (t->n > 0 && t->n_not_finite == 0);
}

/* Its data are finite float32, as far as that is known. */
static bool has_good_data(const struct onnx_file *f, const struct statistics *known, const Onnx__NodeProto *node)
{
	bool any = false;

	for (int k = 0; k < select_data_inputs(node); k++) {
		const char *x = onnx_input(node, (size_t)k);
		const Onnx__TensorProto *c = onnx_constant(f, x);
		if (!*x || (c ? c->data_type != ONNX_FLOAT : !is_good(known, x)))
			return false;
		any |= !c;
	}
	return any;
}

/* --- tensors ------------------------------------------------------------------------------------------------------ */

static bool makes_bytes(const struct selection *s, const struct onnx_file *f, const char *name)
{
	const int64_t p = map_get_name(&f->producer, name, -1);

	return p >= 0 && s->role[p] != QUANT_NONE;
}

/* A region begins at products and goes on as long as operators can compute on bytes. */
static void choose_role(struct selection *s, const struct onnx_file *f, const struct statistics *known,
			const char *keep, size_t i)
{
	const Onnx__NodeProto *node = f->graph->node[i];
	const struct quant_op *op = find_op(node);
	bool follows = false;

	if (!op || is_kept(keep, node) || !has_good_data(f, known, node))
		return;
	for (size_t k = 0; k < node->n_output; k++)
		if (*node->output[k] && !is_good(known, node->output[k]) && (k == 0 || op->role == QUANT_MOVE))
			return;
	if (op->role == QUANT_PRODUCT ? !is_plain_product(f, node) :
					op->role == QUANT_MOVE && !is_activation(f, onnx_input(node, 0)))
		return;
	for (int k = 0; k < select_data_inputs(node); k++)
		follows |= makes_bytes(s, f, onnx_input(node, (size_t)k));
	if (op->role == QUANT_PRODUCT || follows)
		s->role[i] = op->role;
}

/* Relu and Clip become limits of the operator before them when nobody else reads between. */
static bool is_inside(const struct selection *s, const struct onnx_file *f, const int *only_reader, size_t node)
{
	const char *y = onnx_output(f->graph->node[node], 0);
	const char *op;

	if (s->role[node] == QUANT_MOVE || map_get_name(&f->readers, y, 0) != 1 || map_get_name(&f->captured, y, 0) ||
	    onnx_is_output(f, y) || only_reader[node] < 0)
		return false;
	op = onnx_op(f->graph->node[only_reader[node]]);
	return s->role[only_reader[node]] != QUANT_NONE && (!strcmp(op, "Relu") || !strcmp(op, "Clip"));
}

static int add_tensor(struct selection *s, const struct onnx_file *f, const char *name, int same_as)
{
	int t = (int)map_get_name(&s->index, name, -1);
	const int64_t p = map_get_name(&f->producer, name, -1);

	if (t >= 0)
		return t;
	t = s->n;
	s->tensor = ARENA_PUSH(f->arena, s->tensor, s->n, struct quant_tensor);
	s->tensor[s->n++] = (struct quant_tensor){ .name = name,
						   .op = p < 0 ? "input" : f->graph->node[p]->op_type,
						   .same_as = same_as };
	map_set_name(&s->index, name, t);
	return t;
}

/* The node that reads output 0 of each node as its first input, the last of them. */
static int *find_readers(const struct onnx_file *f)
{
	int *reader = ARENA_ARRAY(f->arena, f->graph->n_node, int);

	for (size_t i = 0; i < f->graph->n_node; i++)
		reader[i] = -1;
	for (size_t i = 0; i < f->graph->n_node; i++) {
		const int64_t p = map_get_name(&f->producer, onnx_input(f->graph->node[i], 0), -1);
		if (p >= 0)
			reader[p] = (int)i;
	}
	return reader;
}

static void choose_tensors(struct selection *s, const struct onnx_file *f)
{
	const int *reader = find_readers(f);

	for (size_t i = 0; i < f->graph->n_node; i++) {
		const Onnx__NodeProto *node = f->graph->node[i];
		int first = -1;
		if (s->role[i] == QUANT_NONE)
			continue;
		for (int k = 0; k < select_data_inputs(node); k++) {
			const char *x = node->input[k];
			const int64_t p = map_get_name(&f->producer, x, -1);
			if (!is_activation(f, x) ||
			    (p >= 0 && s->role[p] != QUANT_NONE && is_inside(s, f, reader, (size_t)p)))
				continue;
			first = add_tensor(s, f, x, -1);
		}
		if (is_inside(s, f, reader, i))
			continue;
		for (size_t k = 0; k < (s->role[i] == QUANT_MOVE ? node->n_output : 1); k++) {
			int same = s->role[i] == QUANT_MOVE ? first : -1;
			if (same >= 0 && s->tensor[same].same_as >= 0)
				same = s->tensor[same].same_as;
			if (*node->output[k])
				add_tensor(s, f, node->output[k], same);
		}
	}
}

/* The result of a node whose Relu turned out to stay in float was not looked at: then it stays so too. True: that was
 * so somewhere. */
static bool give_up_unseen(const struct selection *s, const struct onnx_file *f, const struct statistics *known,
			   bool *lost)
{
	bool any = false;

	for (int i = 0; known && i < s->n; i++) {
		const int64_t p = map_get_name(&f->producer, s->tensor[i].name, -1);
		if (p >= 0 && !statistics_find(known, s->tensor[i].name))
			any = lost[p] = true;
	}
	return any;
}

bool select_nodes(struct selection *s, const struct onnx_file *f, const struct statistics *known, const char *keep,
		  const struct map *also)
{
	bool *lost = ARENA_ARRAY(f->arena, f->graph->n_node, bool);

	if (!check_keep(f, keep))
		return false;
	do {
		*s = (struct selection){ .role = ARENA_ARRAY(f->arena, f->graph->n_node, enum quant_role) };
		map_init(&s->index, f->arena);
		for (size_t i = 0; i < f->graph->n_node; i++)
			if (!lost[i] && !(also && map_get_name(also, onnx_output(f->graph->node[i], 0), 0)))
				choose_role(s, f, known, keep, i);
		choose_tensors(s, f);
	} while (give_up_unseen(s, f, known, lost));
	return true;
}
