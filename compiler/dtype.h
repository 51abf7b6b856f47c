/* Element types of tensors, with what every part asks about them. */
#ifndef NNC_DTYPE_H
#define NNC_DTYPE_H

/* DTYPE(id, printed name, bytes, C type in generated code) */
#define DTYPES(DTYPE) \
	DTYPE(BOOL, "bool", 1, "uint8_t") \
	DTYPE(I8, "int8", 1, "int8_t") \
	DTYPE(U8, "uint8", 1, "uint8_t") \
	DTYPE(I16, "int16", 2, "int16_t") \
	DTYPE(U16, "uint16", 2, "uint16_t") \
	DTYPE(I32, "int32", 4, "int32_t") \
	DTYPE(U32, "uint32", 4, "uint32_t") \
	DTYPE(I64, "int64", 8, "int64_t") \
	DTYPE(U64, "uint64", 8, "uint64_t") \
	DTYPE(F16, "float16", 2, "uint16_t") \
	DTYPE(BF16, "bfloat16", 2, "uint16_t") \
	DTYPE(F32, "float32", 4, "float") \
	DTYPE(F64, "float64", 8, "double")

enum dtype {
#define DTYPE(id, name, bytes, ctype) DTYPE_##id,
	DTYPES(DTYPE)
#undef DTYPE
	N_DTYPES
};

#endif
