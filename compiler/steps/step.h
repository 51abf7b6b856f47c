/* Steps: what lowering makes of the nodes. A step is a loop nest, a kernel call, or C control flow around blocks of
 * further steps. Steps name tensors; where those lie is decided later by compiler/plan. */
#ifndef NNC_STEP_H
#define NNC_STEP_H

#include "graph/ir.h"
#include "nest/nest.h"

enum step_kind { STEP_NEST, STEP_CALL, STEP_IF, STEP_LOOP };

/* One member of a kernel's parameter struct. Strides of the result are looked up when the call is written, for fusion
 * may put another tensor in its place. */
enum field_kind { FIELD_NUMBER, FIELD_INT, FIELD_FLOAT, FIELD_OUT_STRIDE, FIELD_OUT_COL_STRIDE };

struct field {
	const char *name;
	enum field_kind kind;
	struct num n;           /* NUMBER (of type ptrdiff_t), INT */
	double f;               /* FLOAT */
	int axis;               /* OUT_STRIDE: of this ONNX axis; OUT_COL_STRIDE: from col to col + 1 */
};

/* NUMBER: a plain integer argument; EPILOGUE: stands for two, the epilogue function and its context. */
enum arg_kind { ARG_READ, ARG_WRITE, ARG_SCRATCH, ARG_NUMBER, ARG_EPILOGUE };

struct arg {
	int tensor;             /* -1 prints NULL */
	enum arg_kind kind;
	struct num first;       /* elements from the tensor's first to where the argument points; NUMBER: its value */
	struct num advance[MAX_RANK];   /* elements further for each turn of loop k of the call; for the result where
					 * loop_axis is known, its stride counts instead */
};

/* How the rows of a result are computed: by one call, or piece after piece from the first or the last row. */
enum row_order { ROWS_AT_ONCE, ROWS_UP, ROWS_DOWN };

/* for every turn of the loops: function(&params, arg0, arg1, …, tile0, …) */
struct call {
	const char *function;   /* a function of runtime_min */
	int tile[2], n_tile;    /* constants that shape its code: kernels.def */
	const char *params;     /* tag of its parameter struct, or NULL: no first argument */
	struct field *field;
	int n_fields;
	struct arg *arg;
	int n_args;
	int n_loops;            /* batch and the like: times[k] turns each, outermost first */
	struct num times[MAX_RANK], loop_step[MAX_RANK];        /* ... each moving on by so many indexes of loop_axis */
	bool takes_epilogue;    /* one of the arguments is ARG_EPILOGUE ... */
	int out;                /* ... applied to this tensor: the one whose elements E_ACC stands for */
	struct nest *epilogue;  /* NULL: none. out[i] = value(i) with E_ACC for the kernel's result */
	/* How the kernel names an element of out (struct nnrt_at): ONNX axis that a loop walks, that `row` and `c`
	 * count, and the axes that `col` counts together, outermost first; -1: none. */
	int loop_axis[MAX_RANK], row_axis, c_axis, col_axis[MAX_RANK], n_col_axes;
	/* The result may take the place of an argument whose elements lie as its own do. */
	bool in_place;
	/* A call without loops may be made in pieces, each computing some rows of the result (row_begin to row_end of
	 * struct nnrt_conv, m_begin to m of struct nnrt_gemm) and reading only the rows of argument `rows_of` that the
	 * struct's definition says these see; -1: it may not. The planner orders pieces where the result takes the
	 * place of that argument (plan/consume.h). */
	int rows_of;
	int64_t piece_rows;     /* in a piece, so that pieces cost little more than one call */
	bool in_order;          /* one call does as well, upwards: before it writes a pixel (a row of a matrix) of the
				 * result it has read all that this one and those before it see */
	enum row_order row_order;
};

struct block {
	struct step *step;
	int n;
	bool refused;           /* a branch that cannot run with the sizes at hand: taking it ends the run */
};

#define TURNS_UNBOUNDED INT64_MAX

struct step {
	enum step_kind kind;
	int node;               /* that it came from, for comments, errors and taps; -1: made by the compiler */
	int64_t macs;           /* multiply-accumulates, at the upper bound of run-time sizes */
	struct nest *nest;      /* STEP_NEST */
	struct call *call;      /* STEP_CALL */
	int cond;               /* STEP_IF: bool scalar; STEP_LOOP: bool scalar read before every turn, or -1 */
	struct num trips;       /* STEP_LOOP: greatest number of turns, or TURNS_UNBOUNDED: cond alone ends it ... */
	struct num turn;        /* ... and no variable counts the turns */
	struct block body[2];   /* STEP_IF: then, else; STEP_LOOP: body */
};

static inline bool step_is_control(const struct step *s)
{
	return s->kind == STEP_IF || s->kind == STEP_LOOP;
}

/* What operators' and strategies' lower functions write to. */
struct lowering {
	struct module *m;
	struct block *block;    /* steps are appended here */
	int node;               /* being lowered */
};

/** Appends a nest; its node is l->node. */
void lower_nest(struct lowering *l, struct nest *n);
/** Appends a call with its arguments filled in by the caller. Names are borrowed (string literals). */
struct call *lower_call(struct lowering *l, const char *function, const char *params);
void call_field(struct lowering *l, struct call *c, const char *name, struct num n);
/** A field of type int, where the value may be known at run time only. */
void call_field_int(struct lowering *l, struct call *c, const char *name, struct num n);
void call_field_float(struct lowering *l, struct call *c, const char *name, double f);
/** The stride of the result along an axis, and from column to column. */
void call_field_stride(struct lowering *l, struct call *c, const char *name, int axis);
void call_field_col_stride(struct lowering *l, struct call *c, const char *name);
/** The field of that name; dies when there is none. */
const struct field *call_field_named(const struct call *c, const char *name);
/** The value of a field that is no float; of the advance of an argument in loop k. */
struct num call_field_value(struct module *m, const struct call *c, const struct field *f);
struct num call_arg_advance(struct module *m, const struct call *c, const struct arg *a, int k);
struct arg *call_arg(struct lowering *l, struct call *c, enum arg_kind kind, int tensor);
void call_number(struct lowering *l, struct call *c, struct num n);
/** The place of the epilogue among the arguments, and the tensor that it is applied to. */
void call_epilogue(struct lowering *l, struct call *c, int out);
/** Appends a loop round the call that walks `axis` of out by `step` indexes a turn; the caller sets `advance` of the
 *  arguments. Returns its number. */
int call_loop(struct call *c, struct num times, int axis, struct num step);
/** Appends an If or a Loop; the caller fills in its bodies. Valid until the next append to the same block. */
struct step *lower_control(struct lowering *l, enum step_kind kind);
/** A scratch tensor of n bytes. */
int lower_scratch(struct lowering *l, struct num bytes);
/** A scratch tensor of n floats. */
int lower_scratch_f32(struct lowering *l, struct num n);
/** A fresh tensor for an intermediate value. */
int lower_temp(struct lowering *l, enum dtype type, int rank, const struct num *dim);

/** Lowers all nodes of graph g into b. */
bool lower_graph(struct module *m, int g, struct block *b);

/** Calls f for every tensor that a step reads or writes (scratch: both), bodies included. */
void step_each_tensor(const struct step *s, void (*f)(void *ctx, int tensor, enum arg_kind kind), void *ctx);

/** Leaf step number n of b in the order in which emission and taps count, or NULL. */
const struct step *block_leaf(const struct block *b, int n);

/** The name of a call's kernel with its tile, nnrt_conv_f32_6x16; in a. */
const char *call_kernel_name(const struct call *c, struct arena *a);
void block_print(struct module *m, const struct block *b, struct strbuf *out);
/** What must hold of steps: everything read is written before or is a constant or input, types and ranks match.
 *  Dies. */
void block_check(struct module *m, const struct block *b);

#endif
