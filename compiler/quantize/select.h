/* Which nodes are quantised, and which tensors need a range for it. */
#ifndef NNC_SELECT_H
#define NNC_SELECT_H

#include "quantize/onnx_file.h"
#include "quantize/statistics.h"

enum quant_role { QUANT_NONE, QUANT_PRODUCT, QUANT_ELEMENTS, QUANT_MOVE };

/* A tensor that becomes bytes: activations alone. */
struct quant_tensor {
	const char *name;
	const char *op; /* that makes it, or "input" */
	const char *read; /* the name under which its readers get it, once qdq_write() has written it */
	int same_as; /* the tensor whose range it has, or -1 */
	float low, high; /* the range: its own or the other's */
	float scale;
	int zero;
};

struct selection {
	enum quant_role *role; /* of each node of the graph; QUANT_NONE: it stays in float */
	struct quant_tensor *tensor;
	int n;
	struct map index; /* name -> tensor */
};

/** known: what calibration saw, or NULL before it; then nodes whose tensors are not all finite float32 stay in float.
 *  keep: names and types of nodes that stay so too, by commas, or NULL. False (reported): it names none.
 *  also: first results of nodes that stay so too, or NULL. */
bool select_nodes(struct selection *s, const struct onnx_file *f, const struct statistics *known, const char *keep,
		  const struct map *also);

/** How many of a node's first inputs are data; the axis of its weight's channels, -1: the last. */
int select_data_inputs(const Onnx__NodeProto *node);
int select_channel_axis(const Onnx__NodeProto *node);

#endif
