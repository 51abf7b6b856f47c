/* The rows of kernels_int8.def for the instruction set being compiled for, as data that tests walk. */
#ifndef INTEGERS_TABLE_H
#define INTEGERS_TABLE_H

#include "runtime_min/kernels/int8.h"

#include "../kernels/isa.h"

typedef void conv_fn(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias, const float *scale,
	const void *zero, void *y, void *scratch, int is_signed, int low, int high, int y_zero);
typedef void depthwise_fn(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const float *scale, const void *zero, void *y, int is_signed, int low, int high, int y_zero);

struct int8_kernel {
	const char *name;
	conv_fn *conv;
	depthwise_fn *depthwise;
	int rows, columns, lanes, beside;
};

/* Instruction sets without rows of their own run these. */
#if defined(NNRT_INT8_PLAIN_H)
#undef KERNEL_GENERIC
#define KERNEL_GENERIC(...) __VA_ARGS__
#endif

static const struct int8_kernel int8_kernels[] = {
#define FUNCTIONS_CONV(function) function, NULL
#define FUNCTIONS_DEPTHWISE(function) NULL, function
#define ROW_INT8(function, kind, rows, columns, lanes, beside) \
	{#function, FUNCTIONS_##kind(function), rows, columns, lanes, beside},
#define KERNEL_INT8(function, kind, isa, rows, columns, lanes, beside) \
	KERNEL_##isa(ROW_INT8(function, kind, rows, columns, lanes, beside))
#include "runtime_min/kernels/kernels_int8.def"
#undef KERNEL_INT8
};

enum { N_INT8_KERNELS = sizeof int8_kernels / sizeof *int8_kernels };

#endif
