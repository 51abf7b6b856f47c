/* model.h and the frame of model.c: templates/ with their holes filled.
 *
 * The body (static functions of the steps and model_run itself) is written by
 * others into a string buffer through emit.h; everything round it is here. */
#ifndef NNC_EMIT_HEADER_H
#define NNC_EMIT_HEADER_H

#include <stdbool.h>
#include <stdint.h>

#include "emit.h"
#include "graph/dtype.h"
#include "num/num.h"

struct extract;
struct section_options;
struct target;
struct weights;

enum param_kind {
	PARAM_INPUT,    /* const T name[n] */
	PARAM_OUTPUT,   /* T name[n] */
	PARAM_DIM,      /* int name: a bounded dimension given by the caller */
	PARAM_DIM_OUT,  /* int *name: a size known only at run time */
};

/* A parameter of model_run, in order. */
struct emit_param {
	enum param_kind kind;
	const char *name;               /* an identifier */
	const char *original;           /* the model's own name, for the comment */
	enum dtype type;
	int rank;
	const int64_t *dims;            /* constants or upper bounds */
	const char *const *dim_names;   /* by axis: NULL, or the PARAM_DIM or PARAM_DIM_OUT that gives it; NULL: all are
					 * constants */
	const char *from;               /* PARAM_INPUT that comes by rows: what its function is given; else NULL */
	const char *layout;             /* "NCHW" or "" */
	int64_t low, high;              /* PARAM_DIM: range that model_run accepts; PARAM_DIM_OUT: of what it sets */
	struct num size;                /* PARAM_DIM_OUT: what it is, by numbers of the module */
	const char *const *label;       /* what the numbers stand for, see struct tensor; NULL: themselves */
	int n_labels;
	bool is_quantised;              /* then real = scale * (value - zero_point): in the comment and as macros */
	float scale;
	int64_t zero_point;
	int64_t late;                   /* PARAM_OUTPUT of a stream: so many first rows are of before the beginning */
	bool is_of_window;              /* late counts steps, of which each gives all rows */
};

/* A row of the arena's table. */
struct emit_arena_row {
	const char *name;
	int64_t bytes, offset;
	int first_step, last_step, pool;
};

/* Worst-case stack below the run function, as one compiler makes it. */
struct emit_stack {
	int64_t bytes;
	const char *compiler;           /* "arm-none-eabi-gcc -O2" */
	const char *besides;            /* functions of the C library that it does not count, "" when none */
};

/* A region of memory that tensors are planned in. */
struct emit_pool {
	const char *name;               /* "arena": of the object or parameter, in capitals of the macros */
	int64_t bytes, bound_bytes;
	const char *section;            /* of the linker, or NULL */
};

struct emit_model {
	const char *prefix;             /* identifier: of every symbol */
	const char *file;               /* base name of the outputs without its ending */
	const char *model_file;         /* base name of the model */
	const char *sha256;
	const char *version;            /* of nnc */
	const char *options;            /* options that change the output, one line; "" when none */
	const struct section_options *section;
	const struct target *target;
	bool is_caller_arena, has_taps, may_refuse;
	bool is_short;                  /* geometry_is_short() of all convolutions */
	bool has_states;                /* what a run leaves to the next: model_step() in the place of model_run() */
	bool sets_weights;              /* constants are set by the caller */
	bool unlocks;                   /* constants are masked: a function makes them plain */
	bool has_edges_in_arena;        /* inputs and outputs are no parameters: accessors say where they lie */
	int64_t n_macs, n_steps, weight_bytes, state_bytes;
	int64_t step_frames, window_frames;     /* that a step of a stream takes, and looks at; 0: it is none */
	const struct emit_pool *pool;
	int n_pools;
	const struct emit_stack *stack; /* NULL: not measured */
	const struct emit_arena_row *arena_rows;
	int n_arena_rows;
	const struct emit_param *params;
	int n_params;
	const struct extract *runtime;  /* marked */
	const struct weights *weights;  /* finished */
	const char *body;               /* text of the step functions and model_run */
};

/** "model_run"; "model_step" where it has states. From arena a. */
const char *emit_entry(struct arena *a, const struct emit_model *m);

/** "void model_reset(void)", of a model that has states. From arena a. */
const char *emit_reset(struct arena *a, const struct emit_model *m);

/** "int model_run(const float image[1*3*224*224], float logits[1*1000])" without a semicolon, for the header and for
 *  the definition in the body alike. From arena a. */
const char *emit_signature(struct arena *a, const struct emit_model *m);

/** model.h */
void emit_model_h(struct emit *e, struct arena *a, const struct emit_model *m);

/** model.c */
void emit_model_c(struct emit *e, struct arena *a, const struct emit_model *m);

#endif
