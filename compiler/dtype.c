#include "dtype.h"

const struct dtype_info dtypes[N_DTYPES] = {
	[DT_NONE] = { .name = "none", .ctype = "void" },
#define DTYPE(id, printed, size, c, number, kind) \
	[DT_##id] = { .name = printed, .ctype = c, .bytes = size, .onnx = number, .class = CLASS_##kind },
#include "dtypes.def"
#undef DTYPE
};

enum dtype dtype_from_onnx(int64_t onnx)
{
	for (int t = DT_NONE + 1; t < N_DTYPES; t++)
		if (dtypes[t].onnx == onnx)
			return (enum dtype)t;
	return DT_NONE;
}
