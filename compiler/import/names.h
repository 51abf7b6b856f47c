/* Names of graphs, nodes, tensors, dimensions, operators, domains, functions, attributes: any text. Whoever prints one
 * spells it harmlessly. */
#ifndef NNC_NAMES_H
#define NNC_NAMES_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>

struct diag;

/** Checks every string of a message and of those inside it, which nesting_check() has bounded: at most MAX_NAME_BYTES
 *  bytes of UTF-8. All strings of onnx.proto are names, but for the keys and values that say where external data lies:
 *  those are paths, and reader.c's to check. prefix: of the error, "" or "FILE: ". */
bool names_check(struct diag *d, const char *prefix, const ProtobufCMessage *message);

#endif
