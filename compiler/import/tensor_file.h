/* A file that holds one TensorProto, as the data folders of ONNX's own tests do. */
#ifndef NNC_TENSOR_FILE_H
#define NNC_TENSOR_FILE_H

#include <stddef.h>

#include "graph/ir.h"

/** Makes a new constant of m from the bytes of a file at `path`; its index, or -1: reported. */
int tensor_file_read(struct module *m, const char *path, const unsigned char *bytes, size_t size);

#endif
