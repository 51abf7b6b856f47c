/* Memory behind which nobody may read or write. */
#ifndef INTEGERS_GUARDED_H
#define INTEGERS_GUARDED_H

#include "../kernels/check.h"

/* n bytes that end at an inaccessible page. */
static inline void *guarded_bytes(size_t n)
{
	return pages_new(n);
}

static inline void release_bytes(void *at, size_t n)
{
	pages_free(at, n);
}

#endif
