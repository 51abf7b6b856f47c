/* Files that a model consists of: the model itself and its external data. */
#ifndef NNC_READER_H
#define NNC_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct diag;

/** The whole of a regular file of 1 … MAX_FILE_BYTES bytes, in memory of arena `a`; aligned for any type. NULL:
 *  reported with STATUS_ENVIRONMENT (missing, unreadable, a directory) or STATUS_MODEL (empty, too large). */
const unsigned char *reader_read(struct arena *a, struct diag *d, const char *path, size_t *size);

/** n bytes from `offset` of the external data file `location`, which must lie inside the folder of the
 *  model at `model_path`: no absolute path, no "..", no link that leads out. In memory of arena `a`, aligned
 *  for any type. NULL: reported; `tensor` names the tensor in the message. */
const void *reader_external(struct arena *a, struct diag *d, const char *model_path, const char *location,
			    const char *tensor, int64_t offset, int64_t n);

#endif
