/* Operators of ai.onnx.ml: what their files share. */
#ifndef NNC_CLASSIC_H
#define NNC_CLASSIC_H

#include "ops/expand.h"

/* .domain and what follows: inputs and outputs as least, most (-1: any number). */
#define CLASSIC(n, version, least_in, most_in, most_out) \
	.domain = "ai.onnx.ml", .name = n, .since = version, .min_in = least_in, .max_in = most_in, .min_out = 1, \
	.max_out = most_out

#define POST_TRANSFORM STRING("post_transform", "NONE", "NONE|SOFTMAX|LOGISTIC|SOFTMAX_ZERO|PROBIT")

/** A float constant of n elements. */
int classic_floats(struct module *m, const float *v, int n);
/** Input 0 as rows of features of the given type, of rank 2, which a single row becomes; -1: reported. */
int classic_rows(struct module *m, int node, enum dtype type);
/** How many features it has. */
struct num classic_features(struct module *m, int node);
/** What post_transform `how` makes of scores (rows x classes): tensor `out`. */
void classic_transform(struct module *m, int node, const char *how, int scores, int out);
/** The attribute post_transform. */
const char *classic_how(struct module *m, int node);
/** Output 0, the label of each row, from the number of its class: those of the attribute `ints`, or, where the model
 *  has strings in the attribute `strings`, the number itself, with these for labels. `classes` is how many there must
 *  be. False: reported. */
bool classic_labels(struct module *m, int node, int number, const char *ints, const char *strings, int classes);

#endif
