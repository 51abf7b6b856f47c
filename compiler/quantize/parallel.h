/* The same work in several processes. */
#ifndef NNC_PARALLEL_H
#define NNC_PARALLEL_H

#include <stdbool.h>

struct arena;
struct diag;

/** Calls job(ctx, k, n) for k below n in a process each, copies of this one, and waits; what they make they leave in
 *  files. With n = 1 this process does it. `folder` is for what is between them. False: one of them returned false; its
 *  first error is reported here. n is 1 to 64. */
bool parallel_run(bool (*job)(void *ctx, int k, int n), void *ctx, int n, const char *folder, struct arena *a,
		  struct diag *d);

/** As many as there are processors, at most 64. */
int parallel_default(void);

#endif
