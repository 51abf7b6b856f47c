/* What a model takes, before anything is known of its symbolic dimensions: so that data can be read first. */
#ifndef NNC_SIGNATURE_H
#define NNC_SIGNATURE_H

#include <stdbool.h>
#include <stdint.h>

#include "graph/dtype.h"
#include "support/limits.h"

struct arena;
struct diag;

struct signature_input {
	const char *name;
	enum dtype type;
	int rank;
	int64_t dim[MAX_RANK];          /* -1: symbolic */
	const char *symbol[MAX_RANK];   /* its name as --dim takes it; NULL: a number */
	bool is_bgr;                    /* of pictures: blue comes first */
};

struct signature {
	struct signature_input *input;  /* in the model's order, those that are constants left out */
	int n_inputs;
};

/** Reads the inputs of the model at `path`; all that stays is in arena a. False: reported, as import_model() would. */
bool signature_read(struct signature *s, struct arena *a, struct diag *d, const char *path);

#endif
