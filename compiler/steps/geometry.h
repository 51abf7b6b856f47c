/* Where the operands of a kernel lie and which part of its result it is to compute: what the parameter structs of
 * runtime_min say, as structure. geometry.def lists the members that are printed, which have the same names there.
 *
 * Strides are in elements. A row of the result, for a convolution, is a row of pixels; for a matrix product, a row of
 * the matrix. */
#ifndef NNC_GEOMETRY_H
#define NNC_GEOMETRY_H

#include <stddef.h>

#include "num/num.h"

enum geometry_kind {
	GEOMETRY_NONE,          /* the kernel takes no parameter struct */
#define GEOMETRY(NAME, member, tag) GEOMETRY_##NAME,
#define FIELD(member, name, kind, role)
#include "steps/geometry.def"
#undef GEOMETRY
#undef FIELD
};

/* Convolution, depthwise convolution, pooling: struct nnrt_conv. Result pixel (r, q) sees the image's rows
 * r * stride_h - pad_top + i * dilation_h for i = 0 … kernel_h-1, and its columns likewise: with kernel 3, stride 2 and
 * padding 1, row 4 of the result sees rows 7, 8 and 9. */
struct conv_geometry {
	struct num in_h, in_w, out_h, out_w;
	int64_t ic, oc;         /* channels read from and written to a pixel (of one group) */
	int64_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
	struct num pad_top, pad_left, pad_bottom, pad_right;
	struct num row_begin, row_end;  /* rows of the result to compute: row_begin … row_end-1 */
	struct num x_row, x_pixel, x_channel, y_row, y_pixel;
	/* Rows that a tensor keeps, 0: all. With ring 4, row 9 lies where row 1 and row 5 did. */
	int64_t x_ring, y_ring;
	int64_t one_line;       /* of bytes: 1: all channels have one line */
	bool tail;              /* the epilogue is long: a function of its own */
	/* The result is every so many rows and pixels of its tensor: a phase of a transposed convolution; else 1. */
	int64_t y_step_h, y_step_w;
};

/* Matrix product: struct nnrt_gemm. */
struct gemm_geometry {
	struct num m_begin, m;  /* rows to compute: m_begin … m-1 */
	struct num n, k;
	struct num a_row, b_row, y_row;
	bool tail;              /* the epilogue is long: a function of its own */
};

/* Softmax and norms along rows of adjacent elements: struct nnrt_rows. */
struct rows_geometry {
	struct num rows, n, x_row, y_row;
	double epsilon;
};

enum { GEOMETRY_ACTIVATIONS = 3 };

/* Recurrent layers: struct nnrt_rnn. */
struct rnn_geometry {
	struct num steps, batch, hidden;
	int64_t reverse;
	struct num gates_step, gates_batch, y_step, y_batch, state_batch;
	int64_t activation[GEOMETRY_ACTIVATIONS];
	double alpha[GEOMETRY_ACTIVATIONS], beta[GEOMETRY_ACTIVATIONS];
	double clip;
	int64_t input_forget;
};

/* Pooling of regions: struct nnrt_roi. */
struct roi_geometry {
	struct num images, channels, in_h, in_w, regions, out_h, out_w;
	struct num x_image, x_channel, x_row, x_pixel, y_region, y_channel, y_row, y_pixel;
	double scale;
	int64_t half_pixel, samples, greatest, wide;
};

/* The k greatest of each row: struct nnrt_select. */
struct select_geometry {
	struct num rows, n, k;
};

/* Places of what is found: struct nnrt_find. */
struct find_geometry {
	struct num n, width;
	int64_t sorted;
};

/* Boxes that stay: struct nnrt_nms. */
struct nms_geometry {
	struct num images, classes, boxes;
	int64_t centered;
	struct num most;
};

/* Ensembles of trees: struct nnrt_trees. */
struct trees_geometry {
	struct num rows, columns, trees, targets;
	int64_t aggregate, bits, lanes, wide, exact, dense;
};

/* Probabilities of classes: struct nnrt_couple. */
struct couple_geometry {
	struct num rows, classes;
};

/* Sum of two quantised tensors by two multiply-adds: struct nnrt_int8_add. */
struct add_geometry {
	int64_t n, a_signed, b_signed;
	double a_factor, b_factor, offset;
	int64_t low, high;
};

/* The same by integers: struct nnrt_int8_sum. */
struct sum_geometry {
	int64_t n, a_signed, b_signed, a_factor, b_factor, offset, low, high;
};

/* A table of quantised bytes: struct nnrt_int8_table. */
struct table_geometry {
	int64_t rows, n, x_row, y_row, x_signed;
};

/* Quantised channels, each along a line: struct nnrt_int8_lines. */
struct lines_geometry {
	int64_t rows, n, x_row, y_row, x_signed, low, high;
};

/* Interpolation of a quantised image: struct nnrt_int8_resize. */
struct resize_geometry {
	int64_t in_w, out_h, out_w, channels, taps_h, taps_w, x_row, x_pixel, y_row, y_pixel, x_signed, x_zero, y_zero;
	double x_scale, y_scale;
	int64_t low, high;
};

/* Sums of 32 bits as bytes: struct nnrt_int8_rescale. */
struct rescale_geometry {
	int64_t rows, n, x_row, y_row, low, high, zero;
};

/* Softmax along rows of quantised bytes: struct nnrt_int8_softmax. */
struct softmax_geometry {
	int64_t rows, n, x_signed, y_zero, low, high;
	double y_scale;
};

/* Mean over the pixels of a quantised image: struct nnrt_int8_mean. */
struct mean_geometry {
	int64_t pixels, channels;
	struct num x_pixel;
	int64_t x_signed, x_zero, y_zero;
	double x_scale, y_scale;
	int64_t low, high, factor, margin;
};

/* Sum or product of two quantised tensors: struct nnrt_int8_pair. */
struct pair_geometry {
	int64_t rows, n, a_row, b_row, y_row, a_signed, b_signed, a_zero, b_zero, y_zero;
	double a_scale, b_scale, y_scale;
	int64_t low, high, product;
};

struct geometry {
	enum geometry_kind kind;
	union {
		struct conv_geometry conv;
		struct gemm_geometry gemm;
		struct rows_geometry rows;
		struct rnn_geometry rnn;
		struct roi_geometry roi;
		struct select_geometry select;
		struct find_geometry find;
		struct nms_geometry nms;
		struct trees_geometry trees;
		struct couple_geometry couple;
		struct add_geometry add;
		struct sum_geometry sum;
		struct table_geometry table;
		struct lines_geometry lines;
		struct resize_geometry resize;
		struct rescale_geometry rescale;
		struct softmax_geometry softmax;
		struct mean_geometry mean;
		struct pair_geometry pair;
	};
};

/** Whether a convolution's numbers, and how many pixels it gives, fit int16, and those of kernel and edges int8. */
bool geometry_is_short(const struct geometry *g);

/* How a member of the parameter struct is printed. COUNT: a struct num, an int in C; STEP: a struct num, a ptrdiff_t;
 * NUMBER: an int64_t that fits whatever the member is; REAL: a float. */
enum field_kind { FIELD_COUNT, FIELD_STEP, FIELD_NUMBER, FIELD_REAL, FIELD_TAIL };

/* Which members say where the rows to compute begin and end. */
enum field_role { ROLE_NONE, ROLE_ROW_BEGIN, ROLE_ROW_END };

struct geometry_field {
	const char *name;       /* of the member, there and here */
	enum field_kind kind;
	enum field_role role;
	size_t offset;          /* in struct geometry */
};

struct geometry_struct {
	const char *tag;        /* of the parameter struct, NULL: none */
	const struct geometry_field *field;
	int n_fields;
};

/** The parameter struct that belongs to a kind. */
const struct geometry_struct *geometry_struct(enum geometry_kind kind);

/** The value of a field that is no REAL; of one that is. */
struct num geometry_number(const struct geometry *g, const struct geometry_field *f);
double geometry_real(const struct geometry *g, const struct geometry_field *f);

/** The field with a role; NULL: the kernel computes all rows at once. */
const struct geometry_field *geometry_role(const struct geometry *g, enum field_role role);

#endif
