/* Memory behind which nobody may read or write. */
#ifndef INTEGERS_GUARDED_H
#define INTEGERS_GUARDED_H

#include "../kernels/check.h"

/* n bytes that end at an inaccessible page. */
static inline void *guarded_bytes(size_t n)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE), whole = (n + page - 1) / page * page;
	unsigned char *base = mmap(NULL, whole + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (base == MAP_FAILED || mprotect(base + whole, page, PROT_NONE))
		abort();
	return base + whole - n;
}

static inline void release_bytes(void *at, size_t n)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE), whole = (n + page - 1) / page * page;

	munmap((unsigned char *)at + n - whole, whole + page);
}

#endif
