/* Steps of rows, computed together: in each turn every step computes the rows of its result that the rows before it
 * allow, and a tensor between two of them keeps only the rows that a later turn still reads.
 *
 * Step i has computed rows 0 … done(t)-1 after turn t,
 *
 *     done(t) = min(max(block * t + lead, 0) / (scale * grain) * grain, rows)
 *
 * scale being how many of the finest rows among them its own rows are apart, grain how many of its rows are computed
 * at once, and block how many finest rows pass in a turn. A 3x3 convolution with stride 2 and padding 1 behind a step
 * of scale 1 and lead 4 has scale 2 and lead 4 + 1 * (1 + 2 - 3) = 4: with 8 of the rows done it has done 4, for row 3
 * sees rows 5, 6 and 7. No row is computed twice. */
#ifndef NNC_TURNS_H
#define NNC_TURNS_H

#include "stream/row_step.h"

struct turn_step {
	int64_t scale, lead, rows;      /* rows: that somebody reads */
	/* Of the result, when steps among these alone read it: rows that it keeps, and whether a turn leaves some of
	 * them to the next. */
	int64_t kept;
	bool carried;
};

struct turns {
	const struct row_step *row;     /* n steps in the order in which a turn computes them */
	const bool *inner;              /* by step: nobody else reads the result */
	int n;
	int64_t block, count;           /* finest rows a turn, turns */
	struct turn_step *step;
};

/** Finds the turns of n steps. lazy: no row is computed before a step in the same turn reads it, so that a branch that
 *  waits for a longer one waits with its operands; else it waits with its results. False: some of them do not belong
 *  together, because one reads a whole tensor that another makes, or rows that grow at another rate. Memory is
 *  m->scratch's. */
bool turns_find(struct module *m, const struct row_step *row, const bool *inner, int n, int64_t block, bool lazy,
		struct turns *t);

/** Rows of step i that are computed after turn `turn`; after turn -1: 0. */
int64_t turns_done(const struct turns *t, int i, int64_t turn);

/** The step among them that makes a tensor; -1: none. */
int turns_maker(const struct module *m, const struct turns *t, int tensor);

/** Goes through all turns, row after row, as if the tensors were the rings that they shall become. False: a row is read
 *  that is not there, or computed twice or never. Shares nothing with turns_find() but what steps say of themselves. */
bool turns_check(struct module *m, const struct turns *t);

#endif
