/* --optimize=ram: steps next to each other become a loop whose turns compute some rows of every tensor between them, so
 * that these keep a few rows instead of all. */
#ifndef NNC_STREAM_H
#define NNC_STREAM_H

#include "plan/plan.h"

/** Rewrites b, which p is the plan of, for the lowest peak, and plans it again; where that takes no less memory, or
 *  values are tapped, which have to be whole, both stay as they are. False: reported. */
bool stream_program(struct module *m, struct block *b, struct plan *p);

#endif
