/* Geometry of one convolution as the kernels count it: 1-D is one row of pixels. */
#ifndef NNC_CONV_SHAPE_H
#define NNC_CONV_SHAPE_H

#include "lower/kernel_call.h"
#include "lower/layouts.h"
#include "lower/lower.h"
#include "lower/packed.h"
#include "ops/arguments.h"

struct conv_shape {
	int x, w, b, y; /* tensors; b -1: no bias */
	int rank; /* 3 or 4 */
	int groups;
	int64_t batch_hi;
	struct conv_geometry g; /* of one group; strides come with the tensors (conv_fields) */
	struct num y_first; /* element of y that a phase of a transposed convolution begins with */
	/* A kernel that works in blocks of tiles: tiles of a block, floats of scratch for it; 0: it does not. */
	int64_t block_tiles, block_floats;
};

/** Reads a Conv node; false with the reason when kernels cannot do it: not float32, not 1-D or 2-D, weights or bias not
 *  constant, channel counts unknown. */
bool conv_shape_read(struct module *m, int node, struct conv_shape *c, const char **why);

/** Multiply-accumulates at the upper bound of all sizes. */
int64_t conv_macs(const struct conv_shape *c);

/** Whether the pixels of t follow each other at one distance: all of an image, or of the whole batch. What is in
 * another order will be copied and then has no gaps. */
bool conv_is_flat(struct module *m, int t, bool batch);
/** Elements from pixel to pixel of such a tensor. */
struct num conv_pixel_step(const struct module *m, int t);
/** Whether it is a matrix product, pixels by input channels times input by output channels; else the reason. */
bool conv_is_product(struct module *m, const struct conv_shape *c, const char **why);
/** How the call of such a product counts the pixels of y: by image, or all of a batch at once. */
void conv_count_pixels(const struct module *m, struct call *call, const struct conv_shape *c, bool batch);

/** A convolution of one channel a group as the depthwise kernels count it: all channels, one group. */
void conv_join_groups(struct conv_shape *c);

/** Weights of one group as pack_f32() sees them: depth (kh, kw, ic), for an image in planes (ic, kh, kw). */
struct pack conv_pack(const struct conv_shape *c, bool planar);

/** The same of a depthwise convolution: all channels, one filter each. */
struct pack conv_pack_depthwise(const struct conv_shape *c);

/** Input and output as the kernels take them, channels last (or x as it lies, in planes): *x stands for c->x, *y is for
 *  lower_finish() with c->y. */
void conv_images(struct lowering *l, const struct conv_shape *c, bool planar, int *x, int *y);

/** Fields of struct nnrt_conv for one group, from the storage of x; the result is the call's. */
void conv_fields(struct lowering *l, struct call *call, const struct conv_shape *c, int x, bool planar);

/** Loops over the batch and the groups; `packed` is the size of one group's weights. Arguments are x, w, bias, zero
 *  (when with_zero), y, scratch and tiles (of a block, if any), epilogue. */
void conv_arguments(struct lowering *l, struct call *call, const struct conv_shape *c, int x, int w, int64_t packed,
		    int y, bool with_zero);

#endif
