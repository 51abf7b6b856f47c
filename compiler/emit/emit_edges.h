/* What the generated header says of the edge of the model: its inputs and outputs. */
#ifndef NNC_EMIT_EDGES_H
#define NNC_EMIT_EDGES_H

#include "emit/emit_header.h"

/** The parameter is an input or an output. */
bool param_is_tensor(const struct emit_param *p);

/** Bytes of all inputs or all outputs. */
int64_t edges_bytes(const struct emit_model *m, enum param_kind kind);

/** "int8_t *model_input_image(void)", for a parameter that lies in the arena. From arena a. */
const char *emit_accessor(struct arena *a, const struct emit_model *m, const struct emit_param *p);

/** MODEL_INPUT_IMAGE_BYTES of what lies in the arena, _SCALE and _ZERO_POINT of what is quantised; `upper` is the
 *  prefix in capitals. */
void edges_print_macros(struct emit *e, const struct emit_model *m, const char *upper);

#endif
