/* The data that run, verify and bench give to a model. */
#ifndef NNC_INPUTS_H
#define NNC_INPUTS_H

#include "data/data_file.h"
#include "graph/ir.h"

struct options;

/* One value per input of the signature. */
struct inputs {
	const struct signature *signature;
	struct value *value;
	bool *given;
	bool rounds;            /* --convert */
};

/** What the options give to the model, and in *o the dimensions that follow (inputs_fix_dims): input_0, input_1 … of
 *  --data, or files in the order of the inputs or as NAME=FILE, where an .npz gives its arrays by name, else in order.
 *  False: reported, also for an input that gets nothing. */
bool inputs_read(struct inputs *in, struct options *o, struct arena *a, struct diag *d);

/** input_0, input_1 … of a folder, with any ending that data files have. */
bool inputs_from_folder(struct inputs *in, const struct signature *s, const struct options *o, const char *folder,
			struct arena *a, struct diag *d);

/** n arrays, by name when all of them are inputs, else in order; one file for the only input. False: reported. */
bool inputs_from_values(struct inputs *in, const struct signature *s, const struct options *o, const struct value *v,
			int n, struct arena *a, struct diag *d);
bool inputs_from_file(struct inputs *in, const struct signature *s, const struct options *o, const char *path,
		      struct arena *a, struct diag *d);

/** The files WHAT_0, WHAT_1 … of a folder, path k being NULL where none is; *n: beyond the last. False: reported. */
bool numbered_files(const char ***path, int *n, const char *folder, const char *what, struct arena *a, struct diag *d);

/** Adds to *o a --dim for each symbolic dimension that has none, with the size that the data have. False: reported: two
 *  sizes for one name. */
bool inputs_fix_dims(struct options *o, const struct inputs *in, struct arena *a, struct diag *d);

/** The values in the order of the inputs of the compiled graph, floats quantised where it takes bytes. NULL:
 *  reported. */
const struct value *inputs_for_graph(const struct inputs *in, const struct module *m, struct arena *a, struct diag *d);

#endif
