/* Times one generated model, called by compare.py through a shared object: no Python inside what is measured. */
#include <time.h>

int nnc_call(const int *dims, void *const *in, void *const *out, int *returned);
double nnc_time(const int *dims, void *const *in, void *const *out, int *returned, int repeats);

/** Seconds of `repeats` calls; negative when a call failed. */
double nnc_time(const int *dims, void *const *in, void *const *out, int *returned, int repeats)
{
	struct timespec begin, end;
	int status = 0, i;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (i = 0; i < repeats; i++)
		status |= nnc_call(dims, in, out, returned);
	clock_gettime(CLOCK_MONOTONIC, &end);
	return status ? -1.0 : (double)(end.tv_sec - begin.tv_sec) + 1e-9 * (double)(end.tv_nsec - begin.tv_nsec);
}
