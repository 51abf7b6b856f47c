/* The table of table.h, compiled once for all programs that walk it. Every row gets `epilogue` and `ctx` from its
 * caller, or, where KERNEL_EPILOGUE is defined, that function always, which then disappears into the kernel as in a
 * model. */
#include "table.h"

#if !defined(KERNEL_EPILOGUE)
#define KERNEL_EPILOGUE epilogue
#endif

/* A kind's member of the union, its parameters, and what its function is called with. */
#define MEMBER_CONV conv
#define PARAMETERS_CONV CONV_HEAD, const float *zero, float *y, KERNEL_TAIL
#define ARGUMENTS_CONV(rows, columns) p, x, w, bias, zero, y, KERNEL_EPILOGUE, ctx, rows, columns
#define MEMBER_CONV_FIRST MEMBER_CONV
#define PARAMETERS_CONV_FIRST PARAMETERS_CONV
#define ARGUMENTS_CONV_FIRST ARGUMENTS_CONV
#define MEMBER_WINOGRAD2 winograd
#define PARAMETERS_WINOGRAD2 CONV_HEAD, const float *zero, float *y, float *scratch, ptrdiff_t tiles, KERNEL_TAIL
#define ARGUMENTS_WINOGRAD2(rows, columns) p, x, w, bias, zero, y, scratch, tiles, KERNEL_EPILOGUE, ctx, rows, columns
#define MEMBER_WINOGRAD4 MEMBER_WINOGRAD2
#define PARAMETERS_WINOGRAD4 PARAMETERS_WINOGRAD2
#define ARGUMENTS_WINOGRAD4 ARGUMENTS_WINOGRAD2
#define MEMBER_DEPTHWISE depthwise
#define PARAMETERS_DEPTHWISE CONV_HEAD, float *y, KERNEL_TAIL
#define ARGUMENTS_DEPTHWISE(rows, columns) p, x, w, bias, y, KERNEL_EPILOGUE, ctx, rows
#define MEMBER_DEPTHWISE_NINE MEMBER_DEPTHWISE
#define PARAMETERS_DEPTHWISE_NINE PARAMETERS_DEPTHWISE
#define ARGUMENTS_DEPTHWISE_NINE ARGUMENTS_DEPTHWISE
#define MEMBER_GEMM gemm
#define PARAMETERS_GEMM GEMM_HEAD, KERNEL_TAIL
#define ARGUMENTS_GEMM(rows, columns) p, a, b, bias, y, KERNEL_EPILOGUE, ctx, rows, columns
#define MEMBER_GEMM_UNPACKED MEMBER_GEMM
#define PARAMETERS_GEMM_UNPACKED PARAMETERS_GEMM
#define ARGUMENTS_GEMM_UNPACKED ARGUMENTS_GEMM
#define MEMBER_GEMM_TRANSPOSED transposed
#define PARAMETERS_GEMM_TRANSPOSED GEMM_HEAD, float *scratch, KERNEL_TAIL
#define ARGUMENTS_GEMM_TRANSPOSED(rows, columns) p, a, b, bias, y, scratch, KERNEL_EPILOGUE, ctx, rows, columns
#define MEMBER_GEMV MEMBER_GEMM
#define PARAMETERS_GEMV PARAMETERS_GEMM
#define ARGUMENTS_GEMV(rows, columns) p, a, b, bias, y, KERNEL_EPILOGUE, ctx, columns

#define MEMBER_CONV_INT8 conv_int8
#define PARAMETERS_CONV_INT8 INT8_HEAD, void *scratch, INT8_TAIL
#define ARGUMENTS_CONV_INT8(rows, columns) \
	p, x, w, bias, scale, zero, y, scratch, is_signed, low, high, y_zero, rows, columns
#define MEMBER_POINT_INT8 MEMBER_CONV_INT8
#define PARAMETERS_POINT_INT8 PARAMETERS_CONV_INT8
#define ARGUMENTS_POINT_INT8 ARGUMENTS_CONV_INT8
#define MEMBER_DEPTHWISE_INT8 depthwise_int8
#define PARAMETERS_DEPTHWISE_INT8 INT8_HEAD, INT8_TAIL
#define ARGUMENTS_DEPTHWISE_INT8(rows, columns) p, x, w, bias, scale, zero, y, is_signed, low, high, y_zero
#define MEMBER_DEPTHWISE_3X3 MEMBER_DEPTHWISE_INT8
#define PARAMETERS_DEPTHWISE_3X3 PARAMETERS_DEPTHWISE_INT8
#define ARGUMENTS_DEPTHWISE_3X3 ARGUMENTS_DEPTHWISE_INT8
#define MEMBER_DEPTHWISE_DIRECT MEMBER_DEPTHWISE_INT8
#define PARAMETERS_DEPTHWISE_DIRECT PARAMETERS_DEPTHWISE_INT8
#define ARGUMENTS_DEPTHWISE_DIRECT ARGUMENTS_DEPTHWISE_INT8
#define MEMBER_DEPTHWISE_PLANES depthwise_planes
#define PARAMETERS_DEPTHWISE_PLANES PLANES_HEAD, INT8_TAIL
#define ARGUMENTS_DEPTHWISE_PLANES(rows, columns) p, x, w, bias, scale, y, scratch, zero, is_signed, low, high, y_zero
#define MEMBER_DEPTHWISE_COLUMNS MEMBER_DEPTHWISE_PLANES
#define PARAMETERS_DEPTHWISE_COLUMNS PARAMETERS_DEPTHWISE_PLANES
#define ARGUMENTS_DEPTHWISE_COLUMNS ARGUMENTS_DEPTHWISE_PLANES
#define MEMBER_DEPTHWISE_WIDE MEMBER_DEPTHWISE_PLANES
#define PARAMETERS_DEPTHWISE_WIDE PARAMETERS_DEPTHWISE_PLANES
#define ARGUMENTS_DEPTHWISE_WIDE ARGUMENTS_DEPTHWISE_PLANES
#define MEMBER_CONV_DOT conv_dot
#define PARAMETERS_CONV_DOT const struct nnrt_conv *p, DOT_HEAD, int zero, DOT_TAIL
#define ARGUMENTS_CONV_DOT(rows, columns) p, x, w, bias, scale, y, scratch, zero, low, high, y_zero, band, rows, columns
#define MEMBER_WINOGRAD_DOT MEMBER_CONV_DOT
#define PARAMETERS_WINOGRAD_DOT PARAMETERS_CONV_DOT
#define ARGUMENTS_WINOGRAD_DOT ARGUMENTS_CONV_DOT
#define MEMBER_ADD_INT8 add_int8
#define PARAMETERS_ADD_INT8 const struct nnrt_int8_add *p, const void *a, const void *b, void *y
#define ARGUMENTS_ADD_INT8(rows, columns) p, a, b, y
#define MEMBER_ADD_INTEGER add_integer
#define PARAMETERS_ADD_INTEGER const struct nnrt_int8_sum *p, const void *a, const void *b, void *y
#define ARGUMENTS_ADD_INTEGER(rows, columns) p, a, b, y
#define MEMBER_ADD_HALVES MEMBER_ADD_INTEGER
#define PARAMETERS_ADD_HALVES PARAMETERS_ADD_INTEGER
#define ARGUMENTS_ADD_HALVES ARGUMENTS_ADD_INTEGER
#define MEMBER_SOFTMAX_INT8 softmax_int8
#define PARAMETERS_SOFTMAX_INT8 const struct nnrt_int8_softmax *p, const void *x, const float *e, void *y
#define ARGUMENTS_SOFTMAX_INT8(rows, columns) p, x, e, y
#define MEMBER_TABLE_INT8 table_int8
#define PARAMETERS_TABLE_INT8 const struct nnrt_int8_table *p, const void *x, const void *table, void *y
#define ARGUMENTS_TABLE_INT8(rows, columns) p, x, table, y
#define MEMBER_MEAN_LINE mean_line
#define PARAMETERS_MEAN_LINE const struct nnrt_int8_mean *p, const void *x, void *y
#define ARGUMENTS_MEAN_LINE(rows, columns) p, x, y
#define MEMBER_LINES_INT8 lines_int8
#define PARAMETERS_LINES_INT8 \
	const struct nnrt_int8_lines *p, const void *x, const float *factor, const float *offset, void *y
#define ARGUMENTS_LINES_INT8(rows, columns) p, x, factor, offset, y
#define MEMBER_RESCALE_INT8 rescale_int8
#define PARAMETERS_RESCALE_INT8 const struct nnrt_int8_rescale *p, const void *x, const int32_t *more, \
	const int32_t *bias, const nnrt_i8_scale *scale, void *y
#define ARGUMENTS_RESCALE_INT8(rows, columns) p, x, more, bias, scale, y
#define MEMBER_CONV_SUMS conv_sums
#define PARAMETERS_CONV_SUMS const struct nnrt_conv *p, SUMS_HEAD
#define ARGUMENTS_CONV_SUMS(rows, columns) p, x, w, sums, zero, y, scratch, band, rows, columns
#define MEMBER_GEMM_SUMS gemm_sums
#define PARAMETERS_GEMM_SUMS const struct nnrt_gemm *p, SUMS_HEAD
#define ARGUMENTS_GEMM_SUMS(rows, columns) p, x, w, sums, zero, y, scratch, band, rows, columns
#define MEMBER_RESIZE_INT8 resize_int8
#define PARAMETERS_RESIZE_INT8 const struct nnrt_int8_resize *p, const void *x, const int32_t *row, \
	const float *weight_h, const int32_t *column, const float *weight_w, void *y, void *scratch
#define ARGUMENTS_RESIZE_INT8(rows, columns) p, x, row, weight_h, column, weight_w, y, scratch
#define MEMBER_GEMM_DOT gemm_dot
#define PARAMETERS_GEMM_DOT const struct nnrt_gemm *p, DOT_HEAD, DOT_TAIL
#define ARGUMENTS_GEMM_DOT(rows, columns) p, x, w, bias, scale, y, scratch, low, high, y_zero, band, rows, columns
#define MEMBER_DEPTHWISE_DOT depthwise_dot
#define PARAMETERS_DEPTHWISE_DOT const struct nnrt_conv *p, DOT_HEAD, ROWS_TAIL
#define ARGUMENTS_DEPTHWISE_DOT(rows, columns) \
	p, x, w, bias, scale, y, scratch, zero, is_signed, low, high, y_zero, slice, pixels

/* A fixed epilogue leaves the parameter without a use. */
#define UNUSED_F32 (void)epilogue;
#define UNUSED_BYTE
#define UNUSED_U8
#define UNUSED_S8
#define UNUSED_S32

#define KERNEL(function, body, kind, needs, a, b, y, rows, columns, terms, pack, inner) \
	static void function##_##rows##x##columns(PARAMETERS_##kind) \
	{ \
		UNUSED_##a function(ARGUMENTS_##kind(rows, columns)); \
	}
#include "targets/run_rows.def"
#undef KERNEL

#define KERNEL(function, body, kind, needs, a, b, y, rows, columns, terms, pack, inner) \
	{#function " " #rows "x" #columns, kind, TYPES_##a, TYPES_##b, \
		{columns, terms, FEATURE_BYTES_##needs / 4}, PACK_##pack, rows, columns, INNER_##inner, \
		TAP_BYTES_##inner, SLOPES_##inner, {.MEMBER_##kind = function##_##rows##x##columns}},
const struct kernel kernels[] = {
#include "targets/run_rows.def"
};
#undef KERNEL

const int n_kernels = sizeof kernels / sizeof *kernels;
