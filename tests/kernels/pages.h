/* Memory that ends, and begins, where nobody may read or write: at pages, or, on machines without, at canaries that are
 * looked at when it is given back. */
#ifndef KERNELS_PAGES_H
#define KERNELS_PAGES_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__unix__)
#include <sys/mman.h>
#include <unistd.h>

/* Bytes of whole pages for n. */
static inline size_t pages_whole(size_t n)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (n + page - 1) / page * page;
}

/* n bytes that end at an inaccessible page, the last of whole ones behind another such. */
static inline void *pages_new(size_t n)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE), whole = pages_whole(n);
	unsigned char *base = mmap(NULL, whole + 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (base == MAP_FAILED || mprotect(base, page, PROT_NONE) || mprotect(base + page + whole, page, PROT_NONE)) {
		perror("mmap");
		exit(2);
	}
	return base + page + whole - n;
}

static inline void pages_free(void *at, size_t n)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE), whole = pages_whole(n);

	munmap((unsigned char *)at + n - whole - page, whole + 2 * page);
}
#else
enum { PAGE_CANARIES = 64, PAGE_CANARY = 0xc5 };

static inline void *pages_new(size_t n)
{
	unsigned char *base = malloc(n + 2 * PAGE_CANARIES);

	if (!base) {
		printf("no memory\n");
		exit(2);
	}
	memset(base, PAGE_CANARY, n + 2 * PAGE_CANARIES);
	memset(base + PAGE_CANARIES, 0, n);
	return base + PAGE_CANARIES;
}

static inline void pages_free(void *at, size_t n)
{
	unsigned char *base = (unsigned char *)at - PAGE_CANARIES;

	for (size_t i = 0; i < n + 2 * PAGE_CANARIES; i++)
		if ((i < PAGE_CANARIES || i >= n + PAGE_CANARIES) && base[i] != PAGE_CANARY) {
			printf("written %d bytes from the beginning of %zu\n", (int)i - PAGE_CANARIES, n);
			exit(1);
		}
	free(base);
}
#endif

#endif
