/* What the compiler knows of a target: a base, one const struct each in targets/NAME.c, listed in targets.def, and the
 * features that are added to it: "x86-64-v4+vnni", "cortex-m4+nofp". A field of a base is a fact of the machine or a
 * flag that a user passes to compile for it; target_find() adds the features' parts. */
#ifndef NNC_TARGET_H
#define NNC_TARGET_H

#include <stdbool.h>
#include <stddef.h>

#include "targets/feature.h"

struct arena;

struct target {
	const char *name;               /* with the features that were added */
	const char *base;               /* without */
	const char *description;
	const char *triple;             /* compiler triple, "" for the host's own compiler */
	struct {
		int machine, bits, flags;       /* e_machine, 32 or 64, e_flags of its object files */
	} elf;                          /* machine 0: they are no ELF, or of any machine */
	const char *cc;                 /* compiler that run, verify and bench use unless --cc is given */
	const char *cflags;             /* what the user's compiler (gcc or clang) needs; "" when nothing */
	const char *link_flags;         /* what a hosted test program needs on top; "" when nothing */
	const char *runner;             /* runs a program for this target here; "" runs it directly */

	/* libclang's flags for the runtime index, which is made once a base, with all features that it may be given: a
	 * feature adds functions to the runtime and never changes one. */
	const char *index_flags;

	/* Preprocessor expression that holds when the instructions are enabled, as far as no feature states it; model.c
	 * checks it. */
	const char *check;
	const char *check_for;          /* what it asks for, as #error names it */
	const char *check_message;      /* of target_find(): what #error says */

	feature_set features;           /* that it has; after target_find() with what they imply */
	feature_set may_add;            /* that may be added to it, or taken away */

	/* The machine as the choice of kernels sees it, one core: vector FMAs, vector instructions on integers and
	 * vector loads that begin in a cycle, whether arithmetic and loads begin in the same one, and cycles from one
	 * FMA of a sum to the next. */
	double fmas, int_ops, loads;
	bool overlaps;
	int fma_latency;
	int registers;                  /* vector registers, or those of floats where there are none */
	bool has_lane_fma;              /* an FMA's factor may be a lane of a vector: terms are loaded by vectors */
	int vector_bytes;               /* of one SIMD register; 4 when there is none */
	int l1_bytes, l2_bytes;         /* data caches of a typical core; 0: none */
	int arena_align;                /* bytes, a power of two */
	bool has_soft_floats;           /* floats are subroutines */
	bool is_big_endian;
	bool is_hosted;                 /* has a C library with files, so that run and verify can use it as it is */
};

/* The bases, without the flags and checks of their features: to be used through target_find(). */
extern const struct target *const target_bases[];
extern const size_t n_target_bases;

/** The target of that name, base or base+feature...; "host" is the best that this machine can run. NULL for an unknown
 *  one; *why (may be NULL) then says what is wrong and what is allowed. All of it in arena a. */
const struct target *target_find(struct arena *a, const char *name, const char **why);

/** The best base that this machine can run, with those features of it that kernels use: its name, in arena a. */
const char *target_host_name(struct arena *a);

/** The features of t that this machine, as one of t's architecture, does not have. */
feature_set target_lacks(const struct target *t);

/** libclang's flags for the index of a base: of the base with all features that may be added. */
const char *target_index_flags(struct arena *a, const struct target *base);

#endif
