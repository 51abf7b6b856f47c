/* --stream-input: an input of the model that comes row by row while it runs, from a function that the caller gives. */
#ifndef NNC_STREAM_INPUT_H
#define NNC_STREAM_INPUT_H

#include "stream/row_step.h"

/** Whether an input comes by rows: its outermost axis with more than one index counts them, each a run of elements. */
bool input_has_rows(const struct module *m, int input);

/** Adds the step that reads such an input in front of the others. False (reported): the option names none. */
bool stream_inputs(struct module *m, struct block *b);

/** Such a step's input, its number among the model's; -1: it is another step. */
int input_of_step(const struct step *s);

#endif
