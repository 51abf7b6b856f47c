/* --report FILE.html|FILE.json */
#ifndef NNC_REPORT_PAGE_H
#define NNC_REPORT_PAGE_H

#include "commands/report_origin.h"

/** Whether a report can have that name. False: reported. */
bool report_check(const struct options *o, struct diag *d);

/** Writes the report of a compilation that origin_watch() has followed to o->report: everything that `inspect --json`
 *  says and the model's own graph, as JSON, or in a page that shows it. False: reported. */
bool report_write(struct compilation *c, const struct origin *origin, const struct stack *stack,
		  const struct options *o, struct arena *a, struct diag *d);

#endif
