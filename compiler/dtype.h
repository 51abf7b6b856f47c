/* Element types of tensors, with what every part asks about them. */
#ifndef NNC_DTYPE_H
#define NNC_DTYPE_H

#include <stdint.h>

enum dtype {
	DT_NONE,
#define DTYPE(id, name, bytes, ctype, onnx, class) DT_##id,
#include "dtypes.def"
#undef DTYPE
	N_DTYPES
};

enum dtype_class { CLASS_NONE, CLASS_F, CLASS_I, CLASS_U, CLASS_B, CLASS_X };

struct dtype_info {
	const char *name, *ctype;       /* in messages; in generated C */
	int bytes, onnx;                /* of an element; TensorProto.DataType */
	enum dtype_class class;
};

extern const struct dtype_info dtypes[N_DTYPES];        /* dtype.c */

/** The type of a TensorProto.DataType number; DT_NONE when we have none. */
enum dtype dtype_from_onnx(int64_t onnx);

#endif
