/* A model as a program that answers with any of its tensors: compiled for this machine by nnc itself. */
#ifndef NNC_PROBE_H
#define NNC_PROBE_H

#include "host/built.h"
#include "quantize/onnx_file.h"

struct probe {
	struct built *built;
	int *output; /* of the program, for each tensor that is asked for */
	int n;
	int64_t bytes; /* of all outputs of one run */
};

/** The model with n tensors of it as outputs, built in the folder for the dimensions of o. f is as it was afterwards.
 *  False: reported. */
bool probe_make(struct probe *p, struct onnx_file *f, const char *const *name, int n, const struct options *o,
		const struct folder *folder, int number, struct arena *a, struct arena *scratch, struct diag *d);

/** What it made of tensor k in one answer. */
const struct value *probe_value(const struct probe *p, const struct answer *r, int k);

#endif
