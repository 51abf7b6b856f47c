/* Steps: what lowering makes of the nodes. A step is a loop nest, a kernel call, or C control flow around blocks of
 * further steps. Steps name tensors; where those lie is decided later by compiler/plan. */
#ifndef NNC_STEP_H
#define NNC_STEP_H

#include "graph/ir.h"
#include "nest/nest.h"
#include "steps/geometry.h"

enum step_kind { STEP_NEST, STEP_CALL, STEP_IF, STEP_LOOP };

/* NUMBER: a plain integer argument; EPILOGUE: stands for two, the epilogue function and its context; INPUT: for two,
 * the caller's function that reads rows of an input, and what it wants to be given. */
enum arg_kind { ARG_READ, ARG_WRITE, ARG_SCRATCH, ARG_NUMBER, ARG_EPILOGUE, ARG_INPUT };

struct arg {
	int tensor;             /* -1 prints NULL */
	enum arg_kind kind;
	/* Elements from the tensor's first to where the argument points; NUMBER: its value; INPUT: the input's. */
	struct num first;
	struct num *advance;    /* elements further for each turn of loop k of the call */
};

/* How the rows of a result are computed: by one call, or piece after piece from the first or the last row. */
enum row_order { ROWS_AT_ONCE, ROWS_UP, ROWS_DOWN };

/* A loop round a call, over the batch and the like: each turn moves on by `step` indexes of an ONNX axis of the call's
 * result; -1: of none. Turns are first … first+times-1; first is 0 but for rows that are streamed. */
struct call_loop {
	struct num first, times, step;
	int axis;
};

/* for every turn of the loops: function(&geometry, arg0, arg1, …, tile0, …) */
struct call {
	const char *function;   /* a function of runtime_min */
	int tile[2], n_tile;    /* constants that shape its code: kernels.def */
	const char *shared;     /* macro that makes one function of it and its tile, for all calls; NULL: inlined */
	struct geometry geometry;       /* its parameter struct; GEOMETRY_NONE: no first argument */
	struct arg *arg;
	int n_args;
	struct call_loop *loop; /* outermost first */
	int n_loops;
	bool takes_epilogue;    /* one of the arguments is ARG_EPILOGUE ... */
	int out;                /* ... applied to this tensor: the one whose elements E_ACC stands for */
	struct nest *epilogue;  /* NULL: none. out[i] = value(i) with E_ACC for the kernel's result */
	/* How the kernel names an element of out (struct nnrt_at): ONNX axis that `row` and `c` count, and the axes
	 * that `col` counts together, outermost first; -1: none. */
	int row_axis, c_axis, col_axis[MAX_RANK], n_col_axes;
	/* The result may take the place of an argument whose elements lie as its own do. */
	bool in_place;
	/* A call without loops may be made in pieces, each computing some rows of the result (the geometry's row range)
	 * and reading only the rows of this argument that its geometry says these see; -1: it may not. A piece of a 3x3
	 * convolution that computes rows 2 and 3 reads rows 1 … 4. Where the result takes the place of that argument
	 * the planner orders the pieces (plan/consume.h). */
	int consumed_arg;
	int64_t piece_rows;     /* in a piece, so that pieces cost little more than one call */
	int64_t row_grain;      /* a range of rows begins at a multiple of it: the rows of a Winograd tile; else 1 */
	/* One call does as well, upwards: it goes from pixel to pixel (from row to row of a matrix), and when it writes
	 * one it has read all that this and those before it see. A 1x1 convolution whose channels all fit one tile may
	 * so write pixel 5 over pixel 5 of its image. */
	bool pixel_by_pixel;
	enum row_order row_order;
};

struct block {
	struct step *step;
	int n;
	bool refused;           /* a branch that cannot run with the sizes at hand: taking it ends the run */
};

#define TURNS_UNBOUNDED INT64_MAX

/* A loop whose turns compute some rows of every tensor in it (compiler/stream). For the planner it is one step, for its
 * tensors are there from the first turn to the last. */
struct row_loop {
	int inside;             /* the tensor that holds its scratch and what nothing else reads */
	/* The result `to` may take the place of what is read of `from`: offset(to) - offset(from) <= at_most, in bytes
	 * from the start of their storages. */
	struct row_overlap {
		int from, to;
		int64_t at_most;
	} *overlap;
	int n_overlaps;
};

/* Rows of its result that a leaf step computes in a turn of a loop that streams them: begin … end-1, none where these
 * are equal. The step itself is for rows row … row_end-1, two variables. */
struct row_range {
	struct num begin, end, row, row_end;
	struct num turn;        /* the loop's, which begin and end are computed from */
};

struct step {
	enum step_kind kind;
	int node;               /* that it came from, for comments, errors and taps; -1: made by the compiler */
	int64_t macs;           /* multiply-accumulates, at the upper bound of run-time sizes */
	struct nest *nest;      /* STEP_NEST */
	struct call *call;      /* STEP_CALL */
	int cond;               /* STEP_IF: bool scalar; STEP_LOOP: bool scalar read before every turn, or -1 */
	struct num trips;       /* STEP_LOOP: greatest number of turns, or TURNS_UNBOUNDED: cond alone ends it ... */
	struct num turn;        /* ... and no variable counts the turns */
	const struct row_loop *streams; /* STEP_LOOP; NULL: it streams no rows */
	const struct row_range *rows;   /* STEP_NEST, STEP_CALL in such a loop; else NULL: all rows */
	struct block body[2];   /* STEP_IF: then, else; STEP_LOOP: body */
};

static inline bool step_is_control(const struct step *s)
{
	return s->kind == STEP_IF || s->kind == STEP_LOOP;
}

/* Control flow whose bodies are planned step by step. */
static inline bool step_is_planned_inside(const struct step *s)
{
	return s->kind == STEP_IF || (s->kind == STEP_LOOP && !s->streams);
}

/* What operators' and strategies' lower functions write to. */
struct lowering {
	struct module *m;
	struct block *block;    /* steps are appended here */
	int node;               /* being lowered */
};

/* Steps that are only looked at: what is lowered from trial_begin() to trial_end() is gone afterwards, temporary
 * tensors and their elements included; only what the caller set in tensors that were there before stays. */
struct trial {
	struct arena_mark mark;
	struct arena *steps;
	int n_tensors, n_lasting;
};

static inline struct trial trial_begin(struct module *m)
{
	const struct trial t = { .mark = arena_mark(m->scratch), .steps = m->steps, .n_tensors = m->n_tensors,
				 .n_lasting = m->n_lasting };

	m->steps = m->scratch;
	m->n_lasting = m->n_tensors;
	return t;
}

static inline void trial_end(struct module *m, const struct trial *t)
{
	m->steps = t->steps;
	m->n_tensors = t->n_tensors;
	m->n_lasting = t->n_lasting;
	arena_release(m->scratch, t->mark);
}

/** Lowering into an empty block, that of a sub-graph or of turns, for the same module and node. */
struct lowering lower_inside(struct lowering *l, struct block *b);
/** Appends a nest; its node is l->node. */
void lower_nest(struct lowering *l, struct nest *n);
/** Appends a call; the caller fills in its geometry and arguments. The name is borrowed (a string literal). */
struct call *lower_call(struct lowering *l, const char *function, enum geometry_kind kind);
struct arg *call_arg(struct lowering *l, struct call *c, enum arg_kind kind, int tensor);
void call_number(struct lowering *l, struct call *c, struct num n);
/** Appends the place of the epilogue. */
void call_epilogue(struct lowering *l, struct call *c);
/** What the axes of a nest over the call's result are inside the kernel, to[0 … n_axes-1]: variables named as the
 *  fields of struct nnrt_at, and 0 for the loops round the call, which come through the context's addresses. */
void call_bind_axes(struct nums *nums, const struct call *c, const struct nest *n, struct num *to);
/** Makes t the result, in place of the one before in the arguments too: the geometry's strides of the result, and how
 *  far the loops move its argument, become those of t. Comes after arguments, axes and loops. */
void call_result(struct module *m, struct call *c, int t);
/** Lets the call compute rows begin … end-1 of its result alone: a convolution or a matrix product. */
void call_rows(struct call *c, struct num begin, struct num end);
/** Appends a loop round the call that walks `axis` of out by `step` indexes a turn; the caller sets `advance` of the
 *  arguments. Returns its number. */
int call_loop(struct lowering *l, struct call *c, struct num times, int axis, struct num step);
/** Appends an If or a Loop; the caller fills in its bodies. Valid until the next append to the same block. */
struct step *lower_control(struct lowering *l, enum step_kind kind);
/** Appends the steps of body for runs in which tensor cond, a bool, is true; others end with status 2. */
void lower_where(struct lowering *l, int cond, const struct block *body);
/** A scratch tensor of n bytes. */
int lower_scratch(struct lowering *l, struct num bytes);
/** A scratch tensor of n floats. */
int lower_scratch_f32(struct lowering *l, struct num n);
/** A fresh tensor for an intermediate value. */
int lower_temp(struct lowering *l, enum dtype type, int rank, const struct num *dim);

/** Lowers all nodes of graph g into b. */
bool lower_graph(struct module *m, int g, struct block *b);

/** Calls f for every tensor that a step reads or writes (scratch: both), bodies included; tensors that hold sizes which
 *  it uses are read (steps/sizes.h). */
void step_each_tensor(const struct module *m, const struct step *s,
		      void (*f)(void *ctx, int tensor, enum arg_kind kind), void *ctx);

/** Leaf steps of b, and of what is inside. */
int block_count_leaves(const struct block *b);
/** Leaf step number n of b in the order in which emission and taps count, or NULL. */
const struct step *block_leaf(const struct block *b, int n);

/** The name of a call's kernel with its tile, nnrt_conv_f32_6x16; in a. */
const char *call_kernel_name(const struct call *c, struct arena *a);
void block_print(struct module *m, const struct block *b, struct strbuf *out);
/** What must hold of steps: everything read is written before or is a constant or input, types and ranks match.
 *  Dies. */
void block_check(struct module *m, const struct block *b);

#endif
