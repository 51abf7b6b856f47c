/* The C function of a step. Steps whose functions would have the same text share one: what a step computes stands in
 * the text (shapes, strides and constants are literals there, from which the C compiler specialises it), what it
 * computes with comes in as parameters (its tensors, sizes known at run time). */
#ifndef NNC_STEP_FUNCTION_H
#define NNC_STEP_FUNCTION_H

#include "emit/emit.h"
#include "emit/program.h"

/** Writes the function of step s, which is the program's number `number`, unless an earlier step has the same. Returns
 *  the call of it, "model_s7(a, b)", or NULL where the step has no elements to compute and needs none. The tensors of s
 *  are touched afterwards. */
const char *step_function(struct program *p, struct emit *e, const struct step *s, int number, const char *comment);

/** The text of the function with a placeholder for each constant, which x.constant holds afterwards. */
void step_template(struct program *p, const struct step *s, struct strbuf *text);

#endif
