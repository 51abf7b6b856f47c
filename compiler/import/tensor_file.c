#include "import/tensor_file.h"

#include "import/names.h"
#include "import/scope.h"

static void *unpack_alloc(void *ctx, size_t n)
{
	return arena_alloc(ctx, n);
}

static void unpack_free(void *ctx, void *p)
{
	(void)ctx, (void)p;
}

int tensor_file_read(struct module *m, const char *path, const unsigned char *bytes, size_t size)
{
	/* A TensorProto holds no message that holds messages: its depth needs no check. Its small fields may point into
	 * what is unpacked, so that goes where the constant stays. */
	ProtobufCAllocator allocator = { .alloc = unpack_alloc, .free = unpack_free, .allocator_data = m->arena };
	struct import im = { .m = m, .path = path };
	const Onnx__TensorProto *p = onnx__tensor_proto__unpack(&allocator, size, bytes);
	int tensor;

	map_init(&im.sources, m->scratch);
	if (!p) {
		diag_error(m->diag, STATUS_MODEL, NULL, "%s: not a tensor in ONNX form", path);
		return -1;
	}
	if (!names_check(m->diag, arena_printf(m->arena, "%s: ", path), &p->base))
		return -1;
	tensor = tensor_add(m, arena_strdup(m->arena, p->name));
	return tensor_import(&im, p, tensor, path) ? tensor : -1;
}
