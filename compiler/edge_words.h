/* What --input and --output say of one input or output: how it comes from the caller, and how it goes to him. */
#ifndef NNC_EDGE_WORDS_H
#define NNC_EDGE_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "graph/dtype.h"
#include "support/limits.h"

struct arena;
struct diag;
struct fix_option;

/* Numbers by channel of the model, in its order, or one for all; n 0: not given. */
struct edge_numbers {
	double *v;
	int n;
};

enum edge_layout { LAYOUT_OF_MODEL, LAYOUT_CHANNELS_LAST, LAYOUT_CHANNELS_FIRST };

/* An input is what comes, resized, as (x - mean[c]) * scale[c], its channels in the other order. An output is what the
 * model gives, through softmax, in another layout or as the places of the greatest elements. */
struct edge_words {
	const char *option, *name;      /* "--input", and of what */
	bool is_input;
	enum dtype type;                /* DT_NONE: the model's own */
	enum edge_layout layout;
	int layout_rank;                /* that the layout's name speaks of */
	int axis;                       /* of the model's channels; -1: not given */
	bool is_reversed;               /* bgr: the model's last channel comes first */
	struct edge_numbers mean, scale;
	int64_t rows, columns;          /* of the picture that comes; 0: the model's */
	bool softmax, argmax;
	int64_t top;                    /* so many of the greatest; 0: all, as they are */
};

/** Reads what --input (is_input) or --output says: `o` is NAME and the words behind it. False: reported, STATUS_USAGE,
 *  with the word and those allowed. */
bool edge_words_read(struct edge_words *e, bool is_input, const struct fix_option *o, struct arena *a, struct diag *d);

/* Which axis of the model's tensor is what; -1: there is none. */
struct edge_axes {
	int channel, row, column;
	int from[MAX_RANK];             /* axis k at the caller is axis from[k] of the model */
};

/** The axes of a tensor of the model with these extents (-1: no constant). Where e does not say, the channels of an
 *  input are the axis with as many of them as e has numbers, or three where it has colours; else axis 1 (of rank 3: 0),
 *  or the last where that alone has no more than four. Of an output: axis 1 of rank 4 and more, else the last. False:
 *  reported, STATUS_USAGE: e does not fit the shape. */
bool edge_axes_find(struct edge_axes *x, const struct edge_words *e, int rank, const int64_t *extent, struct diag *d);

#endif
