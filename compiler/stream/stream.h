/* --optimize=ram: steps next to each other become a loop whose turns compute some rows of every tensor between them, so
 * that these keep a few rows instead of all. Runs between the order of steps and their places. */
#ifndef NNC_STREAM_H
#define NNC_STREAM_H

#include "plan/timeline.h"

/* What the block and its tensors were before. */
struct stream_before {
	struct block block;
	struct tensor *tensor;
	int n_tensors;
};

/** Rewrites the block that l is the timeline of for the lowest peak; l stands for it no longer. False: nothing in it is
 *  better computed turn by turn, and it is as it was. */
bool stream_block(const struct timeline *l, struct block *b, struct stream_before *before);

/** Undoes it. */
void stream_undo(struct module *m, struct block *b, const struct stream_before *before);

#endif
