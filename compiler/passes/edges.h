/* What the bytes at the model's edge mean. */
#ifndef NNC_EDGES_H
#define NNC_EDGES_H

#include "graph/ir.h"

struct edge_bytes {
	enum dtype type;                /* DT_NONE: there are none of one meaning */
	float scale;
	int32_t zero;
};

/** Makes input or output t of graph 0 the bytes that all its readers quantise it to, or that it is dequantised from,
 *  behind operators that only move elements too, as --io=quantized does: *bytes says what they mean. Of integers it
 *  only says that. False: reported. */
bool edge_as_bytes(struct module *m, int t, bool is_input, struct edge_bytes *bytes);

#endif
