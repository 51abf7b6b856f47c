/* What counting asks of a built program beside built.h. */
#ifndef NNC_BUILT_REQUEST_H
#define NNC_BUILT_REQUEST_H

#include "host/built.h"

/** Runs a program with marks three times on the inputs, the last run between its marks. False: reported. */
bool built_run_counted(struct built *b, const struct value *inputs, struct arena *a, struct diag *d);

#endif
