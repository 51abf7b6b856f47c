/* A quantised model as it is made and judged, and the search for what must stay in float. */
#ifndef NNC_ATTEMPT_H
#define NNC_ATTEMPT_H

#include "quantize/quality.h"

struct attempt {
	struct onnx_file file; /* quantised */
	struct selection chosen;
	int n_nodes; /* that were quantised */
	int n_kept; /* results that the search left in float */
	struct quality *tensor; /* of the selection, and of the graph's outputs, when it was measured */
	struct quality *output;
};

/** The model of c quantised by what s knows. kept: results whose makers stay in float, besides those of --keep.
 *  measures: its quality too, for which c must have been begun. False: reported. */
bool attempt_make(struct attempt *x, struct calibration *c, const struct statistics *s, const struct map *kept,
		  bool measures);

/** As attempt_make(), with so much in float, the operators that lose most first, in steps of 1, 2, 4 …, that every
 *  output has a signal-to-noise ratio of at least --min-snr decibels over the first samples, and --metric over all of
 *  them is at most --max-drop below what the float model gets. False: reported. */
bool attempt_search(struct attempt *x, struct calibration *c, const struct statistics *s);

#endif
