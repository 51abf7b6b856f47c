/* Nests over constants as flat programs. Instruction k computes register k, a run of up to LANES values, one for each
 * of so many consecutive output elements. Index arithmetic is part of the program.
 *
 * Instructions have a level, the innermost loop that they depend on: 0 once, 1 each run of output elements, 2 each
 * point of the reduction, 3 each run after the reduction. */
#ifndef NNC_NEST_PROGRAM_H
#define NNC_NEST_PROGRAM_H

#include "nest/nest_scalar.h"

enum { LEVEL_ONCE, LEVEL_RUN, LEVEL_POINT, LEVEL_AFTER, N_LEVELS };

enum instr_kind { I_CONST, I_AXIS, I_SCALAR, I_CAST, I_SATURATE, I_SELECT, I_LOAD, I_REDUCE, I_LINEAR, I_FLOORDIV };

struct linear_term {
	int64_t c;
	int a;                  /* register */
};

struct instr {
	enum instr_kind kind;
	int op;                 /* SCALAR: enum eop; REDUCE: enum reduce_op; AXIS: axis of the nest */
	enum dtype type;        /* of the operands; of the element loaded */
	enum dtype to;          /* of the result */
	int a, b, c;            /* registers, or -1 */
	int level;
	int64_t k;              /* LINEAR: constant; LOAD: elements of the tensor */
	double f;               /* CONST of a float */
	const struct linear_term *term;
	int n_terms;
	const void *data;
	int num;                /* number that it computes, or 0 */
};

struct program {
	struct nest *n;
	struct arena *arena;
	struct instr *instr;
	int n_instrs;
	int *of_expr;           /* register of each expression */
	int reduce;             /* the reduction, or -1 */
	int value, store;       /* registers of what is stored and where */
	int *by_level[N_LEVELS], n_at_level[N_LEVELS];
	union lanes **reg;
};

/** Compiles p->n with memory of p->arena; false when a load is not of a constant or a number not of the axes alone. */
bool program_compile(struct program *p);

#endif
