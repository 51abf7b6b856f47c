/* The cases of a data folder: inputs with the outputs that are expected. */
#ifndef NNC_CASES_H
#define NNC_CASES_H

#include "commands/inputs.h"
#include "options.h"

struct case_data {
	const char *folder;
	struct inputs in;
	struct value **output;          /* by number; NULL: nothing is expected of it */
	int n_outputs;
	struct options options;         /* with the dimensions of this case */
};

/** The folder itself when it holds input_0 or output_0, else those of its subfolders that do, by name with numbers in
 *  order. False: reported. */
bool cases_read(struct case_data **cases, int *n, const struct signature *s, const struct options *o, struct arena *a,
		struct diag *d);

/** Whether one build serves both. */
bool cases_same_dims(const struct case_data *a, const struct case_data *b);

/** For qsort() of strings: "case_2" before "case_10", runs of digits compare by their value. */
int compare_names(const void *pa, const void *pb);

#endif
