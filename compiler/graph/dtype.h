/* Element types of tensors, with what every part asks about them. */
#ifndef NNC_DTYPE_H
#define NNC_DTYPE_H

#include <stdbool.h>
#include <stdint.h>

struct diag;
struct place;

enum dtype {
	DT_NONE,
#define DTYPE(id, name, bytes, ctype, onnx, class) DT_##id,
#include "graph/dtypes.def"
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

/** The type of TensorProto.DataType number `onnx`, or DT_NONE. */
enum dtype dtype_from_onnx(int64_t onnx);
/** The type that elements of a packed type take on when a constant of it is imported, and their bits; DT_NONE: not
 *  packed. */
enum dtype dtype_from_packed(int64_t onnx, int *bits);
/** Whether the standard has a type of this number, be it one of ours or not. */
bool dtype_is_standard(int64_t onnx);
/** Reports that the `kind` called `name` has a type for which dtype_from_onnx() knows none: an error of the model where
 *  the standard has no such type either, else not supported. Always false. */
bool dtype_refuse(struct diag *d, const struct place *at, const char *kind, const char *name, int64_t onnx);

#endif
