/* RoiAlign and MaxRoiPool: bins of regions whose corners are data. x: N x C x H x W; RoiAlign: rois R x 4 and the image
 * of each, R; MaxRoiPool: rois R x 5, the image first; y: R x C x bins. Their arithmetic is a kernel's: how many
 * elements a bin has is known at run time only. */
#include "ops/positions.h"

static bool set_output(struct module *m, int node, int columns, struct num high, struct num wide)
{
	const struct tensor x = *node_in_tensor(m, node, 0), rois = *node_in_tensor(m, node, 1);

	if (!node_rank(m, node, 0, 4, 4) || !node_rank(m, node, 1, 2, 2))
		return false;
	if (!num_is(rois.dim[1], columns))
		return node_bad(m, node, "regions of %lld numbers, allowed: %d", (long long)rois.dim[1].n, columns);
	for (int k = 0; k < 4; k++)
		if (num_is(x.dim[k], 0))
			return node_bad(m, node, "axis %d of the images has 0 elements, allowed: 1 or more", k);
	return tensor_set(m, node, node_out(m, node, 0), x.type, 4,
			  (struct num[]){ rois.dim[0], x.dim[1], high, wide });
}

static bool infer_roi_align(struct module *m, int node)
{
	const struct tensor *rois = node_in_tensor(m, node, 1), *batch = node_in_tensor(m, node, 2);

	if (!node_rank(m, node, 1, 2, 2) || !node_rank(m, node, 2, 1, 1))
		return false;
	if (!num_same(rois->dim[0], batch->dim[0]))
		return node_bad(m, node, "%lld regions in %lld images, allowed: one for each",
				(long long)rois->dim[0].n, (long long)batch->dim[0].n);
	return set_output(m, node, 4, num_const(node_attr_int(m, node, "output_height", 1)),
			  num_const(node_attr_int(m, node, "output_width", 1)));
}

static bool infer_max_roi_pool(struct module *m, int node)
{
	const struct attr *shape = node_attr(m, node, "pooled_shape");

	if (shape->n != 2 || shape->ints[0] < 1 || shape->ints[1] < 1)
		return node_bad(m, node, "pooled_shape has %d elements, allowed: 2 of 1 or more", shape->n);
	return set_output(m, node, 5, num_const(shape->ints[0]), num_const(shape->ints[1]));
}

/* The image of each region: for MaxRoiPool the first of a region's numbers. */
static void range_images(struct module *m, int node, int64_t c, struct num *lo, struct num *hi)
{
	*lo = num_const(c ? INT64_MIN : 0);
	*hi = c ? num_const(INT64_MAX) : num_sub(&m->nums, node_in_tensor(m, node, 0)->dim[0], num_const(1));
}

static void range_batch(struct module *m, int node, int64_t c, struct num *lo, struct num *hi)
{
	(void)c;
	range_images(m, node, 0, lo, hi);
}

#define ALIGN STRING("mode", "avg", "avg|max"), INT_IN("output_height", 1, 1, 1 << 20), \
	INT_IN("output_width", 1, 1, 1 << 20), INT_IN("sampling_ratio", 0, 0, 1 << 12), FLOAT("spatial_scale", 1.0)

const struct op_def op_RoiAlign_10 = {
	ONNX("RoiAlign", 10, 3, 3, 1, 1), .types = TYPES("fh", "T", "i"), .attrs = ATTRS(ALIGN),
	.positions = POSITIONS(POSITION(2, range_batch)), .infer = infer_roi_align, .by_kernels = true,
};
const struct op_def op_RoiAlign_16 = {
	ONNX("RoiAlign", 16, 3, 3, 1, 1), .types = TYPES("fh", "T", "i"),
	.attrs = ATTRS(ALIGN, STRING("coordinate_transformation_mode", "half_pixel", "half_pixel|output_half_pixel")),
	.positions = POSITIONS(POSITION(2, range_batch)), .infer = infer_roi_align, .by_kernels = true,
};
const struct op_def op_MaxRoiPool_1 = {
	ONNX("MaxRoiPool", 1, 2, 2, 1, 1), .types = TYPES("fh", "T"),
	.attrs = ATTRS(INTS_REQUIRED("pooled_shape"), FLOAT("spatial_scale", 1.0)),
	.positions = POSITIONS(POSITION(1, range_images)), .infer = infer_max_roi_pool, .by_kernels = true,
};
