/* --stream: which tensors hold frames, and what of them a node reads. Between frames.c, which rewrites the graph, and
 * frames_read.c and frames_nest.c, which look at nodes. */
#ifndef NNC_FRAMES_H
#define NNC_FRAMES_H

#include "ops/arguments.h"
#include "passes/rewrite.h"

/* How a tensor goes with time. */
enum {
	LANE_NONE = -1,         /* not at all */
	LANE_LAST = -2,         /* it is what the last frame made of it */
};

/* The rows of a tensor along the axis that frames pass along. Those of a step lie behind those of the step before. */
struct lane {
	int axis;               /* or LANE_NONE, LANE_LAST */
	int64_t num, den;       /* num rows for every den frames; no common factor */
	int64_t late;           /* row r of all steps is row r - late of a whole run; below 0: padding came before it */
	int64_t tail;           /* so many of the last rows of a whole run see padding behind its end ... */
	int tail_node;          /* ... from this node on */
};

/* What becomes of a node. */
enum frame_how {
	FRAME_ALONE,            /* it has no part in time */
	FRAME_SAME,             /* it stays, on the rows of a step */
	FRAME_SHAPE,            /* it stays, with input 1, a shape, set anew */
	FRAME_DROP,             /* its result is its input */
	FRAME_WINDOW,           /* reads `history` rows more */
	FRAME_RECURRENT,        /* its last state is its first one in the next step */
	FRAME_PICK,             /* takes the last row */
};

struct frame_node {
	enum frame_how how;
	int64_t history, reach, stride;         /* WINDOW: rows of before; that a row reads; from one row to the next */
	int64_t begin;          /* WINDOW: rows of padding in front */
	int64_t *pads;          /* WINDOW: of the other axes, 0 of this one */
	int n_spatial;
	int64_t late;           /* of all inputs with rows, once those that are earlier are delayed */
};

struct frames {
	struct module *m;
	struct lane *lane;      /* by tensor */
	struct frame_node *node;        /* by node */
	int n_tensors, n_nodes; /* that the arrays speak of */
	bool slides;            /* rows are of windows, whose padding is looked at apart (frames_window.c) */
};

static inline int64_t frames_gcd(int64_t a, int64_t b)
{
	while (b) {
		const int64_t r = a % b;
		a = b;
		b = r;
	}
	return a;
}

/* --- frames_move.c ------------------------------------------------------------------------------------------------ */

/** num / den times `times` / `by`. */
void lane_set_rate(struct lane *l, int64_t times, int64_t by);
/** a / b, rounded up; b > 0. */
int64_t frames_div_up(int64_t a, int64_t b);
/** Rows of a tensor in the whole run. */
int64_t frames_rows(const struct frames *f, int t);
/** Reports that a node reads rows that see padding behind the end. */
bool frames_refuse_tail(const struct frames *f, int node, const struct lane *l);
/** All results of a node have this lane. */
void frames_spread(struct frames *f, int node, struct lane l);
/** A constant all of whose bits are 0. */
bool frames_is_zero(const struct module *m, int t);
/** A node that reshapes, pads, cuts or picks along time; *is_done false: it is none. False: reported. */
bool frames_read_mover(struct frames *f, int node, struct lane l, bool *is_done);

/* ------------------------------------------------------------------------------------------------------------------ */

/** For --window: the lanes of a node that makes rows of rows; false (reported): it reads all of them. */
bool frames_read_rows(struct frames *f, int node);

/** Sets *inside when the node's sub-graphs read what goes with time. */
void frames_find_inside(struct frames *f, int node, bool *inside);

/** Finds the lanes of a node's results and what becomes of it. False (reported): it reads what has not come. */
bool frames_read_node(struct frames *f, int node);

/** The lane of the results of a node each of whose elements at some time is made of elements at that time alone, by
 *  what it lowers to. False (reported): it is none. */
bool frames_read_nests(struct frames *f, int node, const struct lane *in);

/* --- frames.c ----------------------------------------------------------------------------------------------------- */

/** Sets module.step_frames: the least number of frames that give each tensor whole rows. False: reported. */
bool frames_find_step(struct frames *f);
/** Makes of a node of a whole run one of a step. False: reported. */
bool frames_rewrite_node(struct frames *f, int node);
/** Attributes of a copied node that may be changed. */
void frames_own_attributes(struct module *m, int node);

/* --- frames_delay.c ----------------------------------------------------------------------------------------------- */

/** A constant of one element. */
int frames_int(struct module *m, int64_t v);
/** A tensor like t, with so many rows: its past, to become a state. */
int frames_past(struct frames *f, int t, int axis, int64_t rows);
/** What `present` is in a step `past` is in the next. */
void frames_add_state(struct module *m, int past, int present);
/** t behind the last `history` rows that it had before, which become a state, and of these rows the first `length`; -1:
 *  reported. The bytes of a dequantised tensor are kept as bytes. Made nodes are like `node`. */
int frames_delay(struct frames *f, int node, int t, int axis, int64_t history, int64_t length);
/** Rows from … to-1 of t along an axis; -1: reported. */
int frames_slice(struct frames *f, int node, int t, int axis, int64_t from, int64_t to);

/* --- frames_window.c ---------------------------------------------------------------------------------------------- */

/** Rewrites the model, whose input is a window along an axis, for --window. False: reported. */
bool frames_slide(struct frames *f, int input, int axis);

/** "--stream: …", for a node. */
#define frames_refuse(f, node, ...) node_unsupported((f)->m, node, "--stream: " __VA_ARGS__)

#endif
