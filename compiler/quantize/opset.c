#include "quantize/opset.h"

#include <string.h>

#include "import/scope.h"
#include "quantize/onnx_build.h"
#include "support/arena.h"

enum { OLDEST = 7, RAISED = 13, RAISED_IR = 7, MAX_NAMES = 3 };
enum how { UNCHANGED, MOVED, DROPPED, ABSENT, LAST };

/* A row of opset_changes.def. */
struct change {
	const char *op;
	int since, until;
	enum how how;
	const char *name[MAX_NAMES]; /* of attributes */
};

#define SAME                                                                                                           \
	UNCHANGED,                                                                                                     \
	{                                                                                                              \
		NULL                                                                                                   \
	}
#define INPUTS(...)                                                                                                    \
	MOVED,                                                                                                         \
	{                                                                                                              \
		__VA_ARGS__                                                                                            \
	}
#define DROP(name)                                                                                                     \
	DROPPED,                                                                                                       \
	{                                                                                                              \
		name                                                                                                   \
	}
#define WITHOUT(name)                                                                                                  \
	ABSENT,                                                                                                        \
	{                                                                                                              \
		name                                                                                                   \
	}
#define LAST_AXIS                                                                                                      \
	LAST,                                                                                                          \
	{                                                                                                              \
		NULL                                                                                                   \
	}
#define OPSET_CHANGE(op, since, until, ...) { #op, since, until, __VA_ARGS__ },
static const struct change changes[] = {
#include "quantize/opset_changes.def"
};
#undef OPSET_CHANGE

static const struct change *find_change(const struct onnx_file *f, const Onnx__NodeProto *node)
{
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
		if (!strcmp(changes[i].op, onnx_op(node)) && f->opset >= changes[i].since &&
		    f->opset <= changes[i].until)
			return &changes[i];
	return NULL;
}

/* Softmax took all axes from one on together before; what a Gemm or Flatten makes has two axes, and 1 was the
 * default. */
static bool is_along_last(const struct onnx_file *f, const Onnx__NodeProto *node)
{
	const int64_t axis = onnx_attribute_int(node, "axis", 1),
		      p = map_get_name(&f->producer, onnx_input(node, 0), -1);
	const char *op = p < 0 ? "" : onnx_op(f->graph->node[p]);

	return axis == -1 || (axis == 1 && (!strcmp(op, "Gemm") || !strcmp(op, "Flatten")));
}

static bool can_raise(const struct onnx_file *f, const Onnx__NodeProto *node)
{
	const struct change *c = find_change(f, node);

	if (*domain_name(node->domain))
		return true; /* of another opset */
	return c && (c->how != ABSENT || !onnx_attribute(node, c->name[0])) &&
	       (c->how != LAST || is_along_last(f, node));
}

static void remove_attribute(Onnx__NodeProto *node, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < node->n_attribute; i++)
		if (strcmp(node->attribute[i]->name, name) != 0)
			node->attribute[n++] = node->attribute[i];
	node->n_attribute = n;
}

/* The attribute as a constant; "" where the node has none. */
static const char *as_constant(struct onnx_file *f, const Onnx__NodeProto *node, const char *name)
{
	const Onnx__AttributeProto *a = onnx_attribute(node, name);
	const char *full = a ? onnx_name(f, onnx_output(node, 0), name) : "";
	int64_t dim;

	if (!a)
		return full;
	if (a->type == ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT) {
		float *x = ARENA_NEW(f->arena, float);
		*x = a->f;
		return onnx_add_constant(f, full, ONNX_FLOAT, 0, NULL, x, sizeof *x);
	}
	dim = (int64_t)a->n_ints;
	return onnx_add_constant(f, full, ONNX_INT64, 1, &dim, a->ints, a->n_ints * sizeof *a->ints);
}

static void move_attributes(struct onnx_file *f, Onnx__NodeProto *node, const struct change *c)
{
	char **in = ARENA_ARRAY(f->arena, 1 + MAX_NAMES, char *);
	size_t n = 1;

	in[0] = arena_strdup(f->arena, onnx_input(node, 0));
	for (size_t k = 0; k < MAX_NAMES && c->name[k]; k++) {
		in[k + 1] = arena_strdup(f->arena, as_constant(f, node, c->name[k]));
		n = *in[k + 1] ? k + 2 : n;
		remove_attribute(node, c->name[k]);
	}
	node->input = in;
	node->n_input = n;
}

const char *opset_raise(struct onnx_file *f)
{
	if (f->opset < OLDEST)
		return "an opset before 7";
	if (f->model->n_functions)
		return "local functions";
	for (size_t i = 0; i < f->graph->n_node; i++)
		if (!can_raise(f, f->graph->node[i]))
			return f->graph->node[i]->op_type;
	for (size_t i = 0; i < f->graph->n_node; i++) {
		Onnx__NodeProto *node = f->graph->node[i];
		const struct change *c = *domain_name(node->domain) ? NULL : find_change(f, node);
		if (c && c->how == MOVED)
			move_attributes(f, node, c);
		else if (c && c->how == DROPPED)
			remove_attribute(node, c->name[0]);
	}
	for (size_t i = 0; i < f->model->n_opset_import; i++)
		if (!*domain_name(f->model->opset_import[i]->domain))
			f->model->opset_import[i]->version = RAISED;
	if (f->model->ir_version < RAISED_IR)
		f->model->ir_version = RAISED_IR;
	f->opset = RAISED;
	onnx_file_index(f);
	return NULL;
}
