/* Names of classes, one a line of a text file. */
#ifndef EXAMPLES_COMMON_LABELS_H
#define EXAMPLES_COMMON_LABELS_H

/** Line n without its end; "?" when there is none. The next call overwrites it. */
const char *label_read(const char *path, int n);

/** The greatest of n scores. */
int greatest(const float *scores, int n);

#endif
