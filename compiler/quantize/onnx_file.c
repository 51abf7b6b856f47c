#include "quantize/onnx_file.h"

#include <string.h>

#include "emit/output.h"
#include "import/scope.h"
#include "support/arena.h"
#include "support/diag.h"

const char *onnx_input(const Onnx__NodeProto *node, size_t k)
{
	return k < node->n_input ? node->input[k] : "";
}

const char *onnx_output(const Onnx__NodeProto *node, size_t k)
{
	return k < node->n_output ? node->output[k] : "";
}

const char *onnx_op(const Onnx__NodeProto *node)
{
	return *domain_name(node->domain) ? "" : node->op_type;
}

const Onnx__AttributeProto *onnx_attribute(const Onnx__NodeProto *node, const char *name)
{
	for (size_t i = 0; i < node->n_attribute; i++)
		if (!strcmp(node->attribute[i]->name, name))
			return node->attribute[i];
	return NULL;
}

int64_t onnx_attribute_int(const Onnx__NodeProto *node, const char *name, int64_t missing)
{
	const Onnx__AttributeProto *a = onnx_attribute(node, name);

	return a ? a->i : missing;
}

bool onnx_is_output(const struct onnx_file *f, const char *name)
{
	for (size_t i = 0; i < f->graph->n_output; i++)
		if (!strcmp(f->graph->output[i]->name, name))
			return true;
	return false;
}

/* What lies in our own arena though it comes back as const. */
static void *writable(const void *p)
{
	const union {
		const void *from;
		void *to;
	} same = { .from = p };

	return same.to;
}

/* --- names -------------------------------------------------------------------------------------------------------- */

static void count(struct map *m, const char *name)
{
	if (*name)
		map_set_name(m, name, map_get_name(m, name, 0) + 1);
}

/* The nesting is bounded: nesting_check() saw the bytes. */
static void index_subgraph(struct onnx_file *f, const Onnx__GraphProto *g)
{
	for (size_t i = 0; i < g->n_initializer; i++)
		count(&f->taken, g->initializer[i]->name);
	for (size_t i = 0; i < g->n_output; i++)
		count(&f->captured, g->output[i]->name);
	for (size_t i = 0; i < g->n_node; i++) {
		const Onnx__NodeProto *node = g->node[i];
		for (size_t k = 0; k < node->n_input; k++)
			count(&f->captured, node->input[k]);
		for (size_t k = 0; k < node->n_output; k++)
			count(&f->taken, node->output[k]);
		for (size_t k = 0; k < node->n_attribute; k++)
			if (node->attribute[k]->g)
				index_subgraph(f, node->attribute[k]->g);
	}
}

void onnx_file_index(struct onnx_file *f)
{
	const Onnx__GraphProto *g = f->graph;

	map_init(&f->taken, f->arena);
	map_init(&f->captured, f->arena);
	map_init(&f->initializer, f->arena);
	map_init(&f->producer, f->arena);
	map_init(&f->readers, f->arena);
	for (size_t i = 0; i < g->n_input; i++)
		count(&f->taken, g->input[i]->name);
	for (size_t i = 0; i < g->n_initializer; i++) {
		count(&f->taken, g->initializer[i]->name);
		map_set_name(&f->initializer, g->initializer[i]->name, (int64_t)i);
	}
	for (size_t i = 0; i < g->n_node; i++) {
		const Onnx__NodeProto *node = g->node[i];
		count(&f->taken, node->name);
		for (size_t k = 0; k < node->n_input; k++)
			count(&f->readers, node->input[k]);
		for (size_t k = 0; k < node->n_output; k++) {
			count(&f->taken, node->output[k]);
			map_set_name(&f->producer, node->output[k], (int64_t)i);
		}
		for (size_t k = 0; k < node->n_attribute; k++)
			if (node->attribute[k]->g)
				index_subgraph(f, node->attribute[k]->g);
	}
}

/* --- constants ---------------------------------------------------------------------------------------------------- */

const Onnx__TensorProto *onnx_constant(const struct onnx_file *f, const char *name)
{
	const int64_t i = map_get_name(&f->initializer, name, -1), p = map_get_name(&f->producer, name, -1);
	const Onnx__AttributeProto *value;

	if (i >= 0)
		return f->graph->initializer[i];
	if (p < 0 || strcmp(onnx_op(f->graph->node[p]), "Constant") != 0)
		return NULL;
	value = onnx_attribute(f->graph->node[p], "value");
	return value ? value->t : NULL;
}

/* Decodes it into f->consts; NULL: reported. */
static const struct tensor *decode(struct onnx_file *f, const Onnx__TensorProto *p, const char *what, int64_t *bytes)
{
	struct import im = { .m = &f->consts, .path = f->path, .model = f->model };
	const int tensor = tensor_add(&f->consts, arena_strdup(f->arena, what));
	struct tensor *copy;

	map_init(&im.sources, f->arena);
	if (!tensor_import(&im, p, tensor, what))
		return NULL;
	*bytes = tensor_bytes(&f->consts, tensor);
	copy = ARENA_NEW(f->arena, struct tensor); /* the module's array moves as it grows */
	*copy = f->consts.tensor[tensor];
	return copy;
}

const struct tensor *onnx_floats(struct onnx_file *f, const char *name)
{
	const Onnx__TensorProto *p = onnx_constant(f, name);

	int64_t bytes;

	return p && p->data_type == ONNX_FLOAT ? decode(f, p, name, &bytes) : NULL;
}

/* External data would be looked for beside the new file. */
static bool take_in(struct onnx_file *f, Onnx__TensorProto *p)
{
	const struct tensor *t;
	int64_t bytes;

	if (p->data_location != ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL)
		return true;
	t = decode(f, p, p->name, &bytes);
	if (!t)
		return false;
	if (t->bits)
		return diag_error(f->diag, STATUS_UNSUPPORTED, NULL, "tensor \"%s\": external data of %d bits", p->name,
				  t->bits);
	p->raw_data.len = (size_t)bytes;
	p->raw_data.data = writable(t->data);
	p->data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__DEFAULT;
	p->n_external_data = 0;
	return true;
}

static bool take_in_graph(struct onnx_file *f, Onnx__GraphProto *g)
{
	for (size_t i = 0; i < g->n_initializer; i++)
		if (!take_in(f, g->initializer[i]))
			return false;
	for (size_t i = 0; i < g->n_node; i++)
		for (size_t k = 0; k < g->node[i]->n_attribute; k++) {
			Onnx__AttributeProto *a = g->node[i]->attribute[k];
			if ((a->t && !take_in(f, a->t)) || (a->g && !take_in_graph(f, a->g)))
				return false;
		}
	return true;
}

/* Arrays as ARENA_PUSH has them. */
static void make_growing(struct onnx_file *f)
{
	Onnx__GraphProto *g = f->graph;
	Onnx__TensorProto **initializer = NULL;
	Onnx__ValueInfoProto **output = NULL;

	for (size_t i = 0; i < g->n_initializer; i++) {
		initializer = ARENA_PUSH(f->arena, initializer, i, Onnx__TensorProto *);
		initializer[i] = g->initializer[i];
	}
	for (size_t i = 0; i < g->n_output; i++) {
		output = ARENA_PUSH(f->arena, output, i, Onnx__ValueInfoProto *);
		output[i] = g->output[i];
	}
	g->initializer = initializer;
	g->output = output;
}

/* --- files -------------------------------------------------------------------------------------------------------- */

bool onnx_file_read(struct onnx_file *f, const char *path, struct arena *a, struct diag *d)
{
	*f = (struct onnx_file){ .path = path, .arena = a, .diag = d };
	module_init(&f->consts, a, a, d);
	f->model = writable(read_model(&f->consts, path));
	if (!f->model)
		return false;
	f->graph = f->model->graph;
	if (!f->graph)
		return diag_error(d, STATUS_MODEL, NULL, "not an ONNX model: it has no graph");
	for (size_t i = 0; i < f->model->n_opset_import; i++)
		if (!*domain_name(f->model->opset_import[i]->domain))
			f->opset = (int)f->model->opset_import[i]->version;
	if (!take_in_graph(f, f->graph))
		return false;
	make_growing(f);
	onnx_file_index(f);
	return true;
}

bool onnx_file_write(const struct onnx_file *f, const char *path)
{
	const size_t n = onnx__model_proto__get_packed_size(f->model);
	struct arena *a = arena_child(f->arena);
	struct output *o = output_new(a, f->diag);
	unsigned char *bytes;
	FILE *file;

	if (n > MAX_FILE_BYTES - 1)
		return diag_error(f->diag, STATUS_UNSUPPORTED, NULL,
				  "the new model has %zu bytes, ONNX files hold %lld", n,
				  (long long)MAX_FILE_BYTES - 1);
	bytes = arena_alloc(a, n);
	onnx__model_proto__pack(f->model, bytes);
	file = output_open(o, path);
	if (!file)
		return false;
	fwrite(bytes, 1, n, file);
	return output_commit(o);
}
