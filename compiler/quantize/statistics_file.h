/* Statistics as a file, whose bytes follow from what was seen alone. */
#ifndef NNC_STATISTICS_FILE_H
#define NNC_STATISTICS_FILE_H

#include "quantize/statistics.h"

/** Lines of text: a head, then for each tensor `tensor ELEMENTS NOT_FINITE LOW HIGH LEAST NAME` and, with histograms,
 *  `values` and `absolute` with PART:COUNT for each part that is not empty. Floats are hexadecimal; bytes of names that
 *  would break a line are %XX. False: reported. */
bool statistics_write(const struct statistics *s, const char *path, struct arena *a, struct diag *d);

/** Reads what statistics_write() wrote. False: reported, with the line. */
bool statistics_read(struct statistics *s, const char *path, struct arena *a, struct diag *d);

#endif
