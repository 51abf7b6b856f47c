/* The rows of kernels.def that what is being compiled for runs, as data that tests and benches walk: each a
 * function of its own, with its tile as constants. */
#ifndef KERNELS_TABLE_H
#define KERNELS_TABLE_H

#include "runtime_min/kernels/int8_add.h"
#include "runtime_min/kernels/int8_add_plain.h"
#include "runtime_min/kernels/int8_lines.h"
#include "runtime_min/kernels/int8_rescale.h"
#include "runtime_min/kernels/int8_resize.h"
#include "runtime_min/kernels/int8_softmax.h"
#include "runtime_min/kernels/int8_table.h"

#include "kernels/pack_forms.h"
#include "targets/feature.h"
#include "targets/runtime_headers.h"

enum kernel_kind {
#define KIND(id, has_rows, has_columns, shared) id,
#include "runtime_min/kernels/kinds.def"
#undef KIND
};

enum inner_loop {
#define INNER(id, sum, weights, latency, tap_bytes, slopes) INNER_##id,
#include "kernels/inner_loops.def"
#undef INNER
};

/* TAP_BYTES_<id> of inner_loops.def. */
enum {
#define INNER(id, sum, weights, latency, tap_bytes, slopes) TAP_BYTES_##id = tap_bytes,
#include "kernels/inner_loops.def"
#undef INNER
};

/* SLOPES_<id>. */
enum {
#define INNER(id, sum, weights, latency, tap_bytes, slopes) SLOPES_##id = slopes,
#include "kernels/inner_loops.def"
#undef INNER
};

/* Sets of element types. */
enum { TYPES_F32 = 1, TYPES_S8 = 2, TYPES_U8 = 4, TYPES_S32 = 8, TYPES_S16 = 16, TYPES_BYTE = TYPES_S8 | TYPES_U8,
       TYPES_WIDE = TYPES_S8 | TYPES_S16 };

#define CONV_HEAD const struct nnrt_conv *p, const float *x, const float *w, const float *bias
#define GEMM_HEAD const struct nnrt_gemm *p, const float *a, const float *b, const float *bias, float *y
#define KERNEL_TAIL nnrt_epilogue epilogue, const void *const *ctx
#define INT8_HEAD const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias, const void *scale, \
	const void *zero, void *y
#define INT8_TAIL int is_signed, int low, int high, int y_zero
#define PLANES_HEAD const struct nnrt_conv *p, DOT_HEAD, int zero
#define DOT_HEAD const void *x, const int8_t *w, const int32_t *bias, const void *scale, void *y, void *scratch
#define SUMS_HEAD const void *x, const int8_t *w, const int32_t *sums, const void *zero, void *y, void *scratch, \
	int band
#define DOT_TAIL int low, int high, int y_zero, int band
#define ROWS_TAIL int zero, int is_signed, int low, int high, int y_zero, int slice, int pixels

struct kernel {
	const char *name;
	enum kernel_kind kind;
	int a, b;                       /* types of the image or left matrix, of the weights */
	struct pack_tile tile;
	enum pack_form pack;
	int rows, columns;
	enum inner_loop inner;
	int tap_bytes, slopes;                  /* of an element that the kernel gathers */
	union {
		void (*conv)(CONV_HEAD, const float *zero, float *y, KERNEL_TAIL);
		void (*winograd)(CONV_HEAD, const float *zero, float *y, float *scratch, ptrdiff_t tiles, KERNEL_TAIL);
		void (*depthwise)(CONV_HEAD, float *y, KERNEL_TAIL);
		void (*gemm)(GEMM_HEAD, KERNEL_TAIL);
		void (*transposed)(GEMM_HEAD, float *scratch, KERNEL_TAIL);
		void (*conv_int8)(INT8_HEAD, void *scratch, INT8_TAIL);
		void (*depthwise_int8)(INT8_HEAD, INT8_TAIL);
		void (*depthwise_planes)(PLANES_HEAD, INT8_TAIL);
		void (*conv_dot)(const struct nnrt_conv *p, DOT_HEAD, int zero, DOT_TAIL);
		void (*add_int8)(const struct nnrt_int8_add *p, const void *a, const void *b, void *y);
		void (*add_integer)(const struct nnrt_int8_sum *p, const void *a, const void *b, void *y);
		void (*softmax_int8)(const struct nnrt_int8_softmax *p, const void *x, const float *e, void *y);
		void (*table_int8)(const struct nnrt_int8_table *p, const void *x, const void *table, void *y);
		void (*lines_int8)(const struct nnrt_int8_lines *p, const void *x, const float *factor,
			const float *offset, void *y);
		void (*rescale_int8)(const struct nnrt_int8_rescale *p, const void *x, const int32_t *more,
			const int32_t *bias, const nnrt_i8_scale *scale, void *y);
		void (*conv_sums)(const struct nnrt_conv *p, SUMS_HEAD);
		void (*gemm_sums)(const struct nnrt_gemm *p, SUMS_HEAD);
		void (*resize_int8)(const struct nnrt_int8_resize *p, const void *x, const int32_t *row,
			const float *weight_h, const int32_t *column, const float *weight_w, void *y, void *scratch);
		void (*mean_line)(const struct nnrt_int8_mean *p, const void *x, void *y);
		void (*gemm_dot)(const struct nnrt_gemm *p, DOT_HEAD, DOT_TAIL);
		void (*depthwise_dot)(const struct nnrt_conv *p, DOT_HEAD, ROWS_TAIL);
	} run;
};

/* Goes from element to element, along rows that know no others, or may not write over what it reads. */
static inline bool kernel_is_elementwise(enum kernel_kind kind)
{
	return kind == ADD_INT8 || kind == ADD_INTEGER || kind == ADD_HALVES || kind == SOFTMAX_INT8 ||
	       kind == TABLE_INT8 || kind == LINES_INT8 || kind == RESIZE_INT8 || kind == RESCALE_INT8 ||
	       kind == MEAN_LINE;
}

/* Of floats, with one filter a channel. */
static inline bool kernel_is_depthwise(enum kernel_kind kind)
{
	return kind == DEPTHWISE || kind == DEPTHWISE_NINE;
}

extern const struct kernel kernels[];
extern const int n_kernels;

#endif
