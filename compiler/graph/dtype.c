#include "graph/dtype.h"

#include "support/diag.h"

const struct dtype_info dtypes[N_DTYPES] = {
	[DT_NONE] = { .name = "none", .ctype = "void" },
#define DTYPE(id, printed, size, c, number, kind) \
	[DT_##id] = { .name = printed, .ctype = c, .bytes = size, .onnx = number, .class = CLASS_##kind },
#include "graph/dtypes.def"
#undef DTYPE
};

/* The standard's names, by TensorProto.DataType. */
static const char *const onnx_names[] = {
	"undefined", "float32", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool", "float16",
	"float64", "uint32", "uint64", "complex64", "complex128", "bfloat16", "float8e4m3fn", "float8e4m3fnuz",
	"float8e5m2", "float8e5m2fnuz", "uint4", "int4", "float4e2m1", "float8e8m0", "uint2", "int2", "float6e2m3",
	"float6e3m2",
};

enum dtype dtype_from_onnx(int64_t onnx)
{
	for (int t = DT_NONE + 1; t < N_DTYPES; t++)
		if (dtypes[t].onnx == onnx)
			return (enum dtype)t;
	return DT_NONE;
}

enum dtype dtype_from_packed(int64_t onnx, int *bits)
{
	static const struct {
		int onnx, bits;
		enum dtype type;
	} packed[] = {
#define DTYPE(id, printed, size, c, number, kind)
#define PACKED(printed, width, number, id) { number, width, DT_##id },
#include "graph/dtypes.def"
#undef DTYPE
	};

	for (size_t i = 0; i < sizeof packed / sizeof *packed; i++)
		if (packed[i].onnx == onnx) {
			*bits = packed[i].bits;
			return packed[i].type;
		}
	return DT_NONE;
}

bool dtype_is_standard(int64_t onnx)
{
	return onnx > 0 && onnx < (int64_t)(sizeof onnx_names / sizeof *onnx_names);
}

bool dtype_refuse(struct diag *d, const struct place *at, const char *kind, const char *name, int64_t onnx)
{
	static const char allowed[] = ""
#define DTYPE(id, printed, size, c, number, kind) " " printed
#include "graph/dtypes.def"
#undef DTYPE
		;

	if (dtype_is_standard(onnx))
		return diag_error(d, STATUS_UNSUPPORTED, at, "%s \"%.200s\": element type %s, allowed:%s", kind, name,
				  onnx_names[onnx], allowed);
	return diag_error(d, STATUS_MODEL, at, "%s \"%.200s\": element type %lld, which is none, allowed:%s", kind,
			  name, (long long)onnx, allowed);
}
