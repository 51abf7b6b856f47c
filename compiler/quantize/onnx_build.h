/* New messages for a model: tensors, nodes, names. */
#ifndef NNC_ONNX_BUILD_H
#define NNC_ONNX_BUILD_H

#include "quantize/onnx_file.h"

/** "BASE_SUFFIX", or with a number behind it where that is taken; it is taken then. */
const char *onnx_name(struct onnx_file *f, const char *base, const char *suffix);

/** A new initializer; n_dims 0: a scalar. data stay where they are and must lie in f->arena. Returns its name. */
const char *onnx_add_constant(struct onnx_file *f, const char *name, int type, int n_dims, const int64_t *dims,
			      void *data, size_t bytes);

/** A node that is in no list yet. */
Onnx__NodeProto *onnx_new_node(struct onnx_file *f, const char *op, const char *name, int n_in, const char *const *in,
			       const char *out);
void onnx_set_int(struct onnx_file *f, Onnx__NodeProto *node, const char *name, int64_t value);

/** Input k of the node, which has at least k inputs. */
void onnx_set_input(struct onnx_file *f, Onnx__NodeProto *node, size_t k, const char *name);

/** An output of the graph, without a type. */
void onnx_add_output(struct onnx_file *f, const char *name);

#endif
