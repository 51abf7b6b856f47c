/* How libFuzzer changes inputs: models are taken apart, changed as models, and put together again. Changes that know
 * operators reach deeper than those of single fields; what is no model is changed as bytes. */
#include <stdlib.h>
#include <string.h>

#include "ops/ops.h"
#include "support/arena.h"
#include "tree.h"

enum { MAX_DATA = 16384, MAX_CHANGES = 5 };

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t n, size_t max, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t n_one, const uint8_t *two, size_t n_two, uint8_t *out,
				 size_t max, unsigned seed);

/* --- Operators ---------------------------------------------------------------------------------------------------- */

/* An operator that a model may have. */
static const struct op_def *draw_op(struct tree *t)
{
	const struct op_def *op;
	int n = 0;

	while (op_table[n])
		n++;
	do
		op = op_table[tree_draw(t, (unsigned)n)];
	while (!strcmp(op->domain, "nnc"));
	return op;
}

static void fill_attribute(struct tree *t, Onnx__AttributeProto *a, const struct attr_def *row)
{
	static const Onnx__AttributeProto__AttributeType types[] = {
		[ATTR_INT] = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT,
		[ATTR_FLOAT] = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT,
		[ATTR_STRING] = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING,
		[ATTR_TENSOR] = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR,
		[ATTR_GRAPH] = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH,
		[ATTR_INTS] = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS,
		[ATTR_FLOATS] = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS,
		[ATTR_STRINGS] = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS,
		[ATTR_TYPE] = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TYPE_PROTO,
	};
	const char *s = row->one_of ? row->one_of : "";
	size_t length;

	a->name = arena_strdup(t->arena, row->name);
	a->type = types[row->kind];
	a->i = row->lo < row->hi && row->hi - row->lo < 100 ?
	       row->lo + tree_draw(t, (unsigned)(row->hi - row->lo + 1)) : tree_int(t);
	a->f = (float)tree_draw(t, 5) / 2 - 1;
	while (strchr(s, '|') && tree_once(t, 2))
		s = strchr(s, '|') + 1;
	length = strcspn(s, "|");
	a->s = (ProtobufCBinaryData){ .len = length, .data = (uint8_t *)arena_strndup(t->arena, s, length) };
	if (row->kind == ATTR_INTS && !a->n_ints)
		for (unsigned k = tree_draw(t, 6); k > 0; k--)
			*(int64_t *)tree_push(t, &a->ints, &a->n_ints, sizeof *a->ints) = tree_int(t);
}

static void add_attribute(struct tree *t, Onnx__NodeProto *node, const struct attr_def *row)
{
	Onnx__AttributeProto *a = tree_new(t, &onnx__attribute_proto__descriptor), **at;

	for (size_t i = 0; i < node->n_attribute; i++)
		if (!strcmp(node->attribute[i]->name, row->name)) {
			fill_attribute(t, node->attribute[i], row);
			return;
		}
	fill_attribute(t, a, row);
	at = tree_push(t, &node->attribute, &node->n_attribute, sizeof a);
	*at = a;
}

/* Some of the operator's attributes, and the others as they were. */
static void draw_attributes(struct tree *t, Onnx__NodeProto *node)
{
	const struct op_def *const *row = op_table;

	while (*row && strcmp((*row)->name, node->op_type))
		row++;
	for (const struct attr_def *a = *row ? (*row)->attrs : NULL; a && a->name; a++)
		if (a->required || tree_once(t, 3))
			add_attribute(t, node, a);
}

/* Another operator in a node's place, of the same operands and results, with attributes of its own. */
static void draw_operator(struct tree *t, Onnx__NodeProto *node)
{
	const struct op_def *op = draw_op(t);

	node->op_type = arena_strdup(t->arena, op->name);
	node->domain = arena_strdup(t->arena, op->domain);
	node->n_attribute = 0;
	draw_attributes(t, node);
}

/* --- Graphs ------------------------------------------------------------------------------------------------------- */

static Onnx__NodeProto *draw_node(struct tree *t)
{
	const int from = (int)tree_draw(t, (unsigned)t->n_messages);

	for (int i = 0; i < t->n_messages; i++) {
		ProtobufCMessage *m = t->message[(from + i) % t->n_messages];
		if (m->descriptor == &onnx__node_proto__descriptor)
			return (Onnx__NodeProto *)m;
	}
	return NULL;
}

/* A new node between an operand and its reader, with further operands from anywhere before. */
static void splice_node(struct tree *t, Onnx__GraphProto *g)
{
	Onnx__NodeProto *node = tree_new(t, &onnx__node_proto__descriptor), *reader;
	unsigned at, k;

	if (!g->n_node)
		return;
	at = tree_draw(t, (unsigned)g->n_node);
	reader = g->node[at];
	if (!reader->n_input)
		return;
	k = tree_draw(t, (unsigned)reader->n_input);
	draw_operator(t, node);
	*(char **)tree_push(t, &node->input, &node->n_input, sizeof(char *)) = reader->input[k];
	for (unsigned more = tree_draw(t, 4); more > 0; more--)
		*(char **)tree_push(t, &node->input, &node->n_input, sizeof(char *)) = tree_name(t);
	reader->input[k] = arena_printf(t->arena, "v%u", tree_draw(t, 1000000));
	*(char **)tree_push(t, &node->output, &node->n_output, sizeof(char *)) = reader->input[k];
	tree_push(t, &g->node, &g->n_node, sizeof node);
	memmove(g->node + at + 1, g->node + at, (g->n_node - 1 - at) * sizeof node);
	g->node[at] = node;
}

/* As many bytes of data as a constant's dimensions say, what was there repeated. */
static void fit_data(struct tree *t, Onnx__TensorProto *x)
{
	static const unsigned char width[] = { 0, 4, 1, 1, 2, 2, 4, 8, 0, 1, 2, 8, 4, 8, 8, 16, 2 };
	size_t n = x->data_type > 0 && x->data_type < (int)sizeof width ? width[x->data_type] : 0;
	uint8_t *v;

	for (size_t i = 0; i < x->n_dims; i++) {
		if (x->dims[i] < 0 || x->dims[i] > MAX_DATA || n > MAX_DATA)
			return;
		n *= (size_t)x->dims[i];
	}
	if (n > MAX_DATA)
		return;
	v = arena_alloc(t->arena, n + 1);
	for (size_t i = 0; i < n && x->raw_data.len; i++)
		v[i] = x->raw_data.data[i % x->raw_data.len];
	x->raw_data = (ProtobufCBinaryData){ .data = v, .len = n };
	x->n_float_data = x->n_int32_data = x->n_int64_data = x->n_double_data = x->n_uint64_data = 0;
}

/* One size becomes another wherever it stands. */
static void draw_size(struct tree *t, Onnx__GraphProto *g)
{
	const int64_t to = tree_once(t, 8) ? tree_int(t) : 1 + (int64_t)tree_draw(t, 20);
	int64_t from = -1;

	for (int i = 0; i < t->n_messages; i++) {
		Onnx__TensorShapeProto__Dimension *d = (void *)t->message[i];
		if (t->message[i]->descriptor != &onnx__tensor_shape_proto__dimension__descriptor ||
		    d->value_case != ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE)
			continue;
		if (from < 0 || tree_once(t, (unsigned)t->n_messages))
			from = d->dim_value;
		if (d->dim_value == from)
			d->dim_value = to;
	}
	for (size_t i = 0; i < g->n_initializer; i++) {
		Onnx__TensorProto *x = g->initializer[i];
		for (size_t k = 0; k < x->n_dims; k++)
			if (x->dims[k] == from)
				x->dims[k] = to;
		fit_data(t, x);
	}
}

/* An input becomes a constant: what is known at compile time takes other ways. */
static void fix_input(struct tree *t, Onnx__GraphProto *g)
{
	Onnx__TensorProto *x = tree_new(t, &onnx__tensor_proto__descriptor);
	const Onnx__ValueInfoProto *v = g->n_input ? g->input[g->n_input - 1] : NULL;

	if (!v || !v->type || v->type->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE ||
	    !v->type->tensor_type->shape)
		return;
	x->name = v->name;
	x->data_type = v->type->tensor_type->elem_type;
	for (size_t i = 0; i < v->type->tensor_type->shape->n_dim; i++)
		*(int64_t *)tree_push(t, &x->dims, &x->n_dims, sizeof *x->dims) =
			v->type->tensor_type->shape->dim[i]->dim_value;
	fit_data(t, x);
	for (size_t i = 0; i < x->raw_data.len; i += 1 + tree_draw(t, 8))
		x->raw_data.data[i] = (uint8_t)tree_draw(t, tree_once(t, 2) ? 256 : 3);
	*(Onnx__TensorProto **)tree_push(t, &g->initializer, &g->n_initializer, sizeof x) = x;
	g->n_input--;
}

static void change_node(struct tree *t)
{
	Onnx__NodeProto *node = draw_node(t);

	if (!node)
		return;
	if (tree_once(t, 3))
		draw_operator(t, node);
	else if (tree_once(t, 2) || !node->n_input)
		draw_attributes(t, node);
	else
		node->input[tree_draw(t, (unsigned)node->n_input)] = tree_name(t);
}

static void change(struct tree *t, Onnx__ModelProto *m)
{
	Onnx__GraphProto *g = m->graph;

	t->n_messages = t->n_names = 0;
	tree_walk(t, &m->base);
	switch (g ? tree_draw(t, 12) : 11) {
	case 0: case 1: change_node(t); break;
	case 2: case 3: splice_node(t, g); break;
	case 4: draw_size(t, g); break;
	case 5: fix_input(t, g); break;
	case 6: g->name = arena_printf(t->arena, "%c", 'a' + (int)tree_draw(t, 26)); break;
	case 7:
		for (size_t i = 0; i < g->n_initializer; i++)
			if (tree_once(t, 2))
				fit_data(t, g->initializer[i]);
		break;
	default: tree_change(t);
	}
}

/* --- libFuzzer's hooks -------------------------------------------------------------------------------------------- */

static struct arena arena;

static struct tree begin(unsigned seed)
{
	arena_free(&arena);
	return (struct tree){ .arena = &arena, .random = (uint64_t)seed * 0x9e3779b97f4a7c15 + 1 };
}

/* 0: too large. */
static size_t put(const Onnx__ModelProto *m, uint8_t *bytes, size_t max)
{
	return onnx__model_proto__get_packed_size(m) <= max ? onnx__model_proto__pack(m, bytes) : 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t n, size_t max, unsigned seed)
{
	struct tree t = begin(seed);
	Onnx__ModelProto *m = tree_once(&t, 30) ? NULL : tree_read(&arena, bytes, n);
	size_t made = 0;

	if (m) {
		for (unsigned k = 1 + tree_draw(&t, MAX_CHANGES); k > 0; k--)
			change(&t, m);
		made = put(m, bytes, max);
	}
	return made ? made : LLVMFuzzerMutate(bytes, n, max);
}

/* What the second model calls V becomes V' where the first has nothing of that name to read instead. */
static void rename_values(struct tree *t, Onnx__GraphProto *g)
{
	for (size_t i = 0; i < g->n_node; i++)
		for (size_t k = 0; k < g->node[i]->n_output; k++)
			if (*g->node[i]->output[k])
				g->node[i]->output[k] = arena_printf(t->arena, "%s'", g->node[i]->output[k]);
	for (size_t i = 0; i < g->n_node; i++)
		for (size_t k = 0; k < g->node[i]->n_input; k++)
			if (*g->node[i]->input[k] && !tree_once(t, 4))
				g->node[i]->input[k] = arena_printf(t->arena, "%s'", g->node[i]->input[k]);
	for (size_t i = 0; i < g->n_initializer; i++)
		g->initializer[i]->name = arena_printf(t->arena, "%s'", g->initializer[i]->name);
	for (size_t i = 0; i < g->n_input; i++)
		g->input[i]->name = arena_printf(t->arena, "%s'", g->input[i]->name);
	for (size_t i = 0; i < g->n_output; i++)
		g->output[i]->name = arena_printf(t->arena, "%s'", g->output[i]->name);
}

#define APPEND(t, to, from, field) \
	do { \
		for (size_t i = 0; i < (from)->n_##field; i++) \
			memcpy(tree_push((t), &(to)->field, &(to)->n_##field, sizeof(void *)), &(from)->field[i], \
			       sizeof(void *)); \
	} while (0)

/* Both models in one: some of the second's operands are the first's values. */
size_t LLVMFuzzerCustomCrossOver(const uint8_t *one, size_t n_one, const uint8_t *two, size_t n_two, uint8_t *out,
				 size_t max, unsigned seed)
{
	struct tree t = begin(seed);
	Onnx__ModelProto *a = tree_read(&arena, one, n_one), *b = tree_read(&arena, two, n_two);

	if (!a || !b || !a->graph || !b->graph)
		return 0;
	rename_values(&t, b->graph);
	APPEND(&t, a->graph, b->graph, initializer);
	APPEND(&t, a->graph, b->graph, input);
	APPEND(&t, a->graph, b->graph, output);
	APPEND(&t, a->graph, b->graph, node);
	APPEND(&t, a, b, functions);
	return put(a, out, max);
}
