/* RNN, GRU, LSTM: what their kernels and their inference both need to know. */
#ifndef NNC_RECURRENT_H
#define NNC_RECURRENT_H

#include "ops/arguments.h"

struct recurrent {
	struct num steps, batch, input, hidden; /* extents */
	int directions;                         /* 1 or 2 */
	int gates;                              /* 1, 3, 4 */
	bool reverse;                           /* of a single direction */
	bool batch_first;                       /* layout 1 */
};

/** Reads and checks attributes and input shapes; false: reported. */
bool recurrent_get(struct module *m, int node, struct recurrent *r);

#endif
