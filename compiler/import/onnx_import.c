/* The import as a whole: file, messages, opsets, graph. */
#include "import/import.h"

#include <string.h>

#include "options.h"
#include "support/sha256.h"
#include "import/foreign.h"
#include "import/names.h"
#include "import/nesting.h"
#include "import/reader.h"
#include "import/scope.h"

enum { NEWEST_IR = 14 };

/* Where protobuf-c puts what it unpacks: large fields where they stay, the messages themselves in scratch memory. */
static void *unpack_alloc(void *ctx, size_t n)
{
	struct module *m = ctx;

	return arena_alloc(n >= LARGE_FIELD_BYTES ? m->arena : m->scratch, n);
}

static void unpack_free(void *ctx, void *p)
{
	(void)ctx;
	(void)p;
}

static const Onnx__ModelProto *unpack(struct module *m, const char *path, struct arena *file)
{
	ProtobufCAllocator allocator = { .alloc = unpack_alloc, .free = unpack_free, .allocator_data = m };
	const Onnx__ModelProto *p;
	size_t size;
	const unsigned char *bytes;

	if (!foreign_check_folder(m->diag, path))
		return NULL;
	bytes = reader_read(file, m->diag, path, &size);
	if (!bytes || !foreign_check(m->diag, path, bytes, size) || !nesting_check(m->diag, bytes, size))
		return NULL;
	sha256_text(m->sha256, bytes, size);
	p = onnx__model_proto__unpack(&allocator, size, bytes);
	if (!p)
		diag_error(m->diag, STATUS_MODEL, NULL, "not an ONNX model");
	return p && names_check(m->diag, "", &p->base) ? p : NULL;
}

/* The bytes of the file live in an arena of their own that is gone as soon as they are unpacked, also when memory runs
 * out on the way: control comes here first, and then goes where the module's arenas send it. */
const Onnx__ModelProto *read_model(struct module *m, const char *path)
{
	jmp_buf failed, *arena_failure = m->arena->failure, *scratch_failure = m->scratch->failure;
	const Onnx__ModelProto *volatile p = NULL;
	struct arena file;
	volatile bool no_memory = true;

	arena_init(&file, &failed);
	m->arena->failure = m->scratch->failure = &failed;
	if (!setjmp(failed)) {
		p = unpack(m, path, &file);
		no_memory = false;
	}
	arena_free(&file);
	m->arena->failure = arena_failure;
	m->scratch->failure = scratch_failure;
	if (no_memory && !arena_failure)
		die("out of memory");
	if (no_memory)
		longjmp(*arena_failure, 1);
	return p;
}

static bool check_header(struct import *im)
{
	const Onnx__ModelProto *p = im->model;
	struct module *m = im->m;

	if (!p->graph)
		return diag_error(m->diag, STATUS_MODEL, NULL, "not an ONNX model: it has no graph");
	if (p->ir_version < 1)
		return diag_error(m->diag, STATUS_MODEL, NULL, "IR version %lld, must be 1 to %d",
				  (long long)p->ir_version, NEWEST_IR);
	if (p->ir_version > NEWEST_IR)
		return diag_error(m->diag, STATUS_UNSUPPORTED, NULL, "IR version %lld, supported are 1 to %d",
				  (long long)p->ir_version, NEWEST_IR);
	if (!p->n_opset_import)
		return diag_error(m->diag, STATUS_MODEL, NULL,
				  "the model imports no opset, allowed: %d to %d of ai.onnx", OLDEST_OPSET, MAX_OPSET);
	if (!opsets_check(im, p->opset_import, p->n_opset_import))
		return false;
	m->opset = ARENA_ARRAY(m->arena, p->n_opset_import, struct opset);
	for (size_t i = 0; i < p->n_opset_import; i++)
		m->opset[m->n_opsets++] = (struct opset){
			.domain = arena_strdup(m->arena, domain_name(p->opset_import[i]->domain)),
			.version = (int)p->opset_import[i]->version };
	return true;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool import_model(struct module *m, const char *path, const struct dim_option *dims, int n_dims)
{
	struct import im = { .m = m, .path = path, .dims = dims, .n_dims = n_dims };
	bool ok;

	m->name = arena_strdup(m->arena, base_name(path));
	m->source = ARENA_PUSH(m->arena, m->source, 0, const char *);
	m->source[m->n_sources++] = arena_strdup(m->arena, path);
	im.model = read_model(m, path);
	if (!im.model)
		return false;
	im.fix_used = ARENA_ARRAY(m->scratch, m->options ? m->options->fixed.n : 0, bool);
	im.parts_used = ARENA_ARRAY(m->scratch, m->options ? m->options->parts.n : 0, bool);
	im.dim_used = ARENA_ARRAY(m->scratch, n_dims, bool);
	idents_init(&im.idents, m->scratch);
	map_init(&im.dimension_names, m->scratch);
	map_init(&im.missed, m->scratch);
	map_init(&im.functions, m->scratch);
	map_init(&im.operators, m->scratch);
	map_init(&im.sources, m->scratch);
	ok = check_header(&im) && functions_index(&im) && graph_import(&im, NULL, im.model->graph, false) == 0 &&
	     fixes_check(&im) && parts_check(&im);
	arena_free(m->scratch);
	return ok && m->diag->status == STATUS_OK;
}
