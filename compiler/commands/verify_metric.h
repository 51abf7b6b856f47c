/* nnc verify --metric: how good models are, side by side. */
#ifndef NNC_VERIFY_METRIC_H
#define NNC_VERIFY_METRIC_H

#include <stdbool.h>

struct options;


struct arena;
struct diag;

/** Prints for the model and each further one of the command line what o->metric says of their first outputs over the
 *  samples of o->data. The truth is DATA/output_0 (.npy …), an element or a row for each sample; without it what the
 *  first model answers.
 *
 *  top1: the part of samples whose greatest element, or, of one element, whose sign, is the truth's; a truth of one
 *  integer is the index. psnr: 10 log10(peak^2 / mean squared difference), peak the greatest |truth|. cosine: mean over
 *  samples of x y / (|x| |y|). False: reported. */
bool verify_metric(const struct options *o, struct arena *a, struct arena *scratch, struct diag *d);

#endif
