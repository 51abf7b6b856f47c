/* An ONNX model as its messages, to be changed and written again. What onnx.proto leaves out (documentation, metadata,
 * devices) is kept as unknown fields and written back. */
#ifndef NNC_ONNX_FILE_H
#define NNC_ONNX_FILE_H

#include "graph/ir.h"
#include "import/onnx.pb-c.h"
#include "support/map.h"

enum { ONNX_FLOAT = 1, ONNX_UINT8 = 2, ONNX_INT8 = 3, ONNX_INT32 = 6, ONNX_INT64 = 7 }; /* TensorProto.data_type */

struct onnx_file {
	const char *path;
	Onnx__ModelProto *model;
	Onnx__GraphProto *graph;
	int opset; /* of ai.onnx */
	struct arena *arena; /* where the messages lie and what is added to them */
	struct diag *diag;
	struct module consts; /* constants that were decoded */
	struct map taken; /* every name of a tensor or node, those of sub-graphs too */
	struct map captured; /* names that sub-graphs read */
	struct map initializer; /* name -> index in the graph */
	struct map producer; /* name -> index of the node that makes it */
	struct map readers; /* name -> nodes of the main graph that read it, counted once an input */
};

/** Reads the model; external data are taken in. False: reported. */
bool onnx_file_read(struct onnx_file *f, const char *path, struct arena *a, struct diag *d);

/** Finds names, producers and readers anew, after the graph was changed. */
void onnx_file_index(struct onnx_file *f);

/** Writes it to `path`, which appears when it is whole. False: reported. */
bool onnx_file_write(const struct onnx_file *f, const char *path);

/** Input or output k of a node, "" where there is none. */
const char *onnx_input(const Onnx__NodeProto *node, size_t k);
const char *onnx_output(const Onnx__NodeProto *node, size_t k);

/** The node's operator when it is one of the standard's, else "". */
const char *onnx_op(const Onnx__NodeProto *node);

/** An attribute, or NULL. */
const Onnx__AttributeProto *onnx_attribute(const Onnx__NodeProto *node, const char *name);
int64_t onnx_attribute_int(const Onnx__NodeProto *node, const char *name, int64_t missing);

/** The name is an output of the graph. */
bool onnx_is_output(const struct onnx_file *f, const char *name);

/** The constant of that name: an initializer or what a Constant node says; NULL: none. */
const Onnx__TensorProto *onnx_constant(const struct onnx_file *f, const char *name);

/** Its elements as a constant of f->consts; NULL: reported, or (nothing reported) it is not float32. */
const struct tensor *onnx_floats(struct onnx_file *f, const char *name);

#endif
