/* Models of other kinds, and what turns them into ONNX. */
#ifndef NNC_FOREIGN_H
#define NNC_FOREIGN_H

#include <stdbool.h>
#include <stddef.h>

struct diag;

/** Whether the folder at `path` is no model of a known kind. False: reported, with the converter to use. */
bool foreign_check_folder(struct diag *d, const char *path);

/** Whether the bytes of the file at `path` do not begin like a file of a known other kind, nor like a text. False:
 *  reported, with the converter to use. */
bool foreign_check(struct diag *d, const char *path, const unsigned char *bytes, size_t n);

#endif
