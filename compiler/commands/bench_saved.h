/* Times of earlier runs of nnc bench, and comparing with them. */
#ifndef NNC_BENCH_SAVED_H
#define NNC_BENCH_SAVED_H

#include <stdbool.h>

struct arena;
struct diag;

/* Seconds. */
struct spread {
	double median, least, quarter, three_quarters, most;
	int n_outliers;         /* beyond the third quartile by three times what is between the quartiles */
};

/* What --save wrote, as far as it is compared. */
struct saved {
	double median, quarter, three_quarters;
	const char *sha256, *target;
};

/** Reads a file that --save wrote. False: reported. */
bool saved_read(struct saved *s, const char *path, struct arena *a, struct diag *d);

/** Writes the JSON of a run. False: reported. */
bool saved_write(const char *path, const char *json, struct arena *a, struct diag *d);

/** Prints how a run compares: slower or faster only where the middle halves of both do not meet. */
void saved_print(const struct saved *before, const struct spread *now, const char *sha256, const char *target,
		 const char *path);

#endif
