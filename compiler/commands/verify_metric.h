/* nnc verify --metric: how good models are, side by side. */
#ifndef NNC_VERIFY_METRIC_H
#define NNC_VERIFY_METRIC_H

#include <stdbool.h>
#include <stdint.h>

struct options;
struct folder;
struct value;

struct arena;
struct diag;

enum { METRIC_NONE, METRIC_TOP1, METRIC_PSNR, METRIC_COSINE }; /* by the positions of --metric */

/* What is known of the truth: rows of one value, or the first model's answers. */
struct truth {
	const struct value *all; /* NULL: there is no such file */
	int64_t rows;
	struct value *row; /* the first model's, by sample */
	int64_t n;
};

struct score {
	int64_t n;
	double right, cosines, squares, peak, elements;
};

/** Prints for the model and each further one of the command line what o->metric says of their first outputs over the
 *  samples of o->data. The truth is DATA/output_0 (.npy …), an element or a row for each sample; without it what the
 *  first model answers.
 *
 *  top1: the part of samples whose greatest element, or, of one element, whose sign, is the truth's; a truth of one
 *  integer is the index. psnr: 10 log10(peak^2 / mean squared difference), peak the greatest |truth|. cosine: mean over
 *  samples of x y / (|x| |y|). False: reported. */
bool verify_metric(const struct options *o, struct arena *a, struct arena *scratch, struct diag *d);

/** The truth of o->data. False: reported. */
bool metric_read_truth(struct truth *t, const struct options *o, struct arena *a, struct diag *d);

/** The same of one model; number keeps builds in the folder apart. False: reported. */
bool metric_measure(struct score *score, const struct options *o, const char *model, struct truth *t,
		    const struct folder *f, int number, struct arena *a, struct arena *scratch, struct diag *d);

/** What --metric says of a score: more is better. */
double metric_value(int metric, const struct score *s);

#endif
