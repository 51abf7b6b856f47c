/* What nnc quantize --table prints. */
#ifndef NNC_QUANTIZE_TABLE_H
#define NNC_QUANTIZE_TABLE_H

#include "quantize/quality.h"

/** A line for each tensor that became bytes: signal-to-noise ratio, range, scale, zero point, what makes it; then the
 *  ten worst by their ratio. */
void quantize_table_print(const struct selection *s, const struct quality *q, struct arena *a);

#endif
