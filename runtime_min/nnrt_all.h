/* Every header of the runtime, for the index that nnc extracts from: one line
 * a header. A header that is not reachable from here cannot end up in model.c. */
#ifndef NNRT_ALL_H
#define NNRT_ALL_H

#endif
