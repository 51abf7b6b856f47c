/* AffineGrid: the places that an affine map sends the pixels of an image to.
 * grid[n][i…][c] = theta[n][c][k] + sum over axes a of theta[n][c][a] * place(i of axis a), axes counted from the
 * innermost, where k pixels of an axis lie at even steps between -1 and 1: with align_corners the outermost centres are
 * there, else the outermost edges. A single pixel lies at -1 with align_corners, as the standard's function has it. */
#include "ops/arguments.h"

#include <string.h>

static bool infer_affine_grid(struct module *m, int node)
{
	const struct num *size;
	struct num dim[5], theta[3];
	int n;

	if (!node_numbers(m, node, NULL, 1, &size, &n))
		return false;
	if (n != 4 && n != 5)
		return node_bad(m, node, "size has %d elements, allowed: 4 or 5", n);
	theta[0] = dim[0] = size[0];
	theta[1] = num_const(n - 2);
	theta[2] = num_const(n - 1);
	memcpy(dim + 1, size + 2, (size_t)(n - 2) * sizeof *dim);
	dim[n - 1] = theta[1];
	return node_shape(m, node, 0, theta, 3) &&
	       tensor_set(m, node, node_out(m, node, 0), node_in_type(m, node, 0), n, dim);
}

/* Where the pixels of one axis are. */
static int place_of(struct nest *n, int axis, enum dtype type, bool corners)
{
	const int operand[] = { nest_cast(n, type, nest_index(n, n->axis[axis])),
				nest_cast(n, type, nest_index(n, n->extent[axis])) };

	return nest_parse(n, corners ? "x * (2 / max(y - 1, 1)) - 1" : "(2 * x + 1) / y - 1", operand, 2, NULL, 0);
}

static bool lower_affine_grid(struct lowering *l, int node)
{
	struct module *m = l->m;
	struct nest *n = nest_new(m, node_out(m, node, 0));
	bool corners = node_attr_int(m, node, "align_corners", 0);
	enum dtype type = compute_type(node_in_type(m, node, 0));
	int axes = n->n_axes - 2, theta = node_in(m, node, 0), v;
	struct num at[3] = { n->axis[0], n->axis[n->n_axes - 1], num_const(axes) };

	v = nest_load_wide(n, theta, at);
	for (int a = 0; a < axes; a++) {
		at[2] = num_const(a);
		v = nest_binary(n, E_ADD, v, nest_binary(n, E_MUL, nest_load_wide(n, theta, at),
							 place_of(n, axes - a, type, corners)));
	}
	nest_store_narrow(n, v);
	lower_nest(l, n);
	return true;
}

const struct op_def op_AffineGrid_20 = {
	ONNX("AffineGrid", 20, 2, 2, 1, 1), .attrs = ATTRS(FLAG("align_corners", 0)), .types = TYPES("fh", "i"),
	.infer = infer_affine_grid, .lower = lower_affine_grid,
};
