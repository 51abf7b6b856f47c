/* Taps: calls of a function that the user defines, with what every step has written (--taps). */
#ifndef NNC_EMIT_TAP_H
#define NNC_EMIT_TAP_H

#include "emit/program.h"

/** The parameters of PREFIX_tap(), for its declaration in the header and for callers that define it. */
extern const char tap_parameters[];

/** Before the steps of a block: finds for each tensor the last step that writes to it, which alone is followed by a
 *  tap: a tensor may be written part by part. */
void taps_find(struct program *p, const struct block *b);

/** After the call of step `number`: hands tensor t, whose element 0 lies at the C expression `pointer`, to the tap. */
void emit_tap(struct program *p, struct emit *run, const struct step *s, int number, int t, const char *pointer);

/** The name that the tap gets for a tensor or node: the model's own, cut where C99's literals end. From arena a. */
const char *tap_name(struct arena *a, const char *name);

#endif
