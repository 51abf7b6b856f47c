/* Protocol buffers written field by field, and the messages of ONNX built from them: what the import tests are fed
 * with. Field numbers are those of onnx.proto, written out again here so that a wrong one there does not go
 * unnoticed. */
#ifndef TEST_WIRE_H
#define TEST_WIRE_H

#include <stddef.h>
#include <stdint.h>

struct wire {
	unsigned char *bytes;
	size_t n, capacity;
};

void wire_free(struct wire *w);
void wire_int(struct wire *w, int field, uint64_t v);
void wire_float(struct wire *w, int field, float v);
void wire_bytes(struct wire *w, int field, const void *bytes, size_t n);
void wire_text(struct wire *w, int field, const char *text);
/** Appends `inner` as a field and empties it. */
void wire_put(struct wire *w, int field, struct wire *inner);

enum { MODEL_GRAPH = 7, MODEL_OPSET = 8, MODEL_FUNCTION = 25, GRAPH_NODE = 1, GRAPH_INITIALIZER = 5, GRAPH_SPARSE = 15,
       GRAPH_INPUT = 11, GRAPH_OUTPUT = 12, GRAPH_INFO = 13, NODE_ATTRIBUTE = 5, FUNCTION_NODE = 7 };
enum { ONNX_FLOAT = 1, ONNX_UINT8 = 2, ONNX_INT8 = 3, ONNX_INT64 = 7, ONNX_STRING = 8, ONNX_BOOL = 9, ONNX_FLOAT16 = 10,
       ONNX_DOUBLE = 11, ONNX_UINT32 = 12, ONNX_UINT64 = 13, ONNX_COMPLEX64 = 14,
       ONNX_FLOAT8E4M3FN = 17 };

/** ValueInfoProto; a dimension is a number, or a name in quotes: "x:1,3,N" is name x, dims 1, 3 and N; "x" has no
 *  shape. */
struct wire wire_value(const char *text, int type);
/** TensorProto without data. */
struct wire wire_tensor(const char *name, int type, int rank, const int64_t *dims);
/** NodeProto: "Add a b -> c" with names separated by blanks, "_" for an absent one. */
struct wire wire_node(const char *text);
/** AttributeProto of an integer, float, text or graph (emptied). */
struct wire wire_attr_int(const char *name, int64_t v);
struct wire wire_attr_ints(const char *name, int n, const int64_t *v);
struct wire wire_attr_float(const char *name, float v);
struct wire wire_attr_text(const char *name, const char *v);
struct wire wire_attr_graph(const char *name, struct wire *graph);
/** ModelProto with IR version 8 and one opset of ai.onnx round a graph (emptied). */
struct wire wire_model(struct wire *graph, int opset);

#endif
