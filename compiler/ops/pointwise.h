/* Operators that map elements one to one, with numpy broadcasting. */
#ifndef NNC_POINTWISE_H
#define NNC_POINTWISE_H

#include "ops/arguments.h"

/** Sets output 0 to `type` and the broadcast shape of all inputs. */
bool infer_broadcast(struct module *m, int node, enum dtype type);
/** Output 0 is input 0's type, shapes broadcast. */
bool infer_broadcast_same(struct module *m, int node);
/** out = text over the inputs (x, y, z), computed in `type` (DT_NONE: each operand in its own, half floats as float32),
 *  with the FLOAT attributes as parameters; variadic operators fold from the left when fold is set. */
bool lower_text(struct lowering *l, int node, const char *text, enum dtype type, bool fold);

/** A row of pointwise.def; one with one input. */
bool pointwise_is(const struct op_def *op);
bool pointwise_is_unary(const struct op_def *op);

#endif
