/* The samples of a folder, one after another: files, each of one sample or of many rows, or folders of input_0 … */
#ifndef NNC_SAMPLES_H
#define NNC_SAMPLES_H

#include "commands/inputs.h"

struct samples {
	const struct options *options;
	const struct signature *signature;
	const char **path;
	int n;
	int next; /* path to be read next */
	struct value *held; /* of a file of rows that is not used up */
	int n_held;
	int64_t row, rows, row_size;
	struct arena *hold; /* where it lies */
	int64_t seen; /* samples given out */
};

/** Lists DIR: in order of names, numbers by value. False (reported): it cannot be read or there are none. */
bool samples_open(struct samples *x, const char *dir, const struct signature *s, const struct options *o,
		  struct arena *a, struct diag *d);

/** From the first again. */
void samples_rewind(struct samples *x);

/** The next sample in *in, memory from a; *end: there is none. An array with more rows than the model's first axis
 *  takes, or with any where that is symbolic without --dim, is so many samples; one axis too few is a row. False:
 *  reported; floats that are no finite numbers are, too. */
bool samples_next(struct samples *x, struct inputs *in, bool *end, struct arena *a, struct diag *d);

/** Passes over the next sample without looking at it. */
bool samples_skip(struct samples *x, bool *end, struct diag *d);

/** The file that the last one came from. */
const char *samples_source(const struct samples *x);

#endif
