/* Steps as they are best computed a row at a time: the kernel that is fastest for whole images may not be. */
#ifndef NNC_ROW_FORM_H
#define NNC_ROW_FORM_H

#include "steps/step.h"

/** The step, or in its place one that its node becomes when it is lowered for single rows (struct module.by_rows): a
 *  kernel call of the same operands. Its memory is m->steps. */
const struct step *row_form(struct module *m, const struct step *s);

#endif
