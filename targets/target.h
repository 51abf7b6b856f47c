/* What the compiler knows of a target: one const struct each, in targets/NAME.c,
 * listed in targets.def. Nothing here is computed; a field is a fact of the
 * target or the flag that a user passes to compile for it. */
#ifndef NNC_TARGET_H
#define NNC_TARGET_H

#include <stdbool.h>
#include <stddef.h>

enum { TARGET_MAX_FLAGS = 16 };

struct target {
	const char *name;
	const char *description;
	const char *triple;             /* compiler triple, "" for the host's own compiler */
	const char *cc;                 /* compiler that run, verify and bench use unless --cc is given */
	const char *cflags;             /* what the user's compiler (gcc or clang) needs; "" when nothing */
	const char *link_flags;         /* what a hosted test program needs on top; "" when nothing */
	const char *runner;             /* runs a program for this target here; "" runs it directly */

	/* libclang's flags for the runtime index, NULL-terminated; the resource directory is added by the tool. */
	const char *index_flags[TARGET_MAX_FLAGS];

	/* Preprocessor expression that holds when the instructions are enabled; model.c checks it. */
	const char *check;
	const char *check_message;      /* what #error says when it does not */

	const char *isa;                /* whose kernels it runs: a name of kernels.def */
	int vector_bytes;               /* of one SIMD register; 4 when there is none */
	int l2_bytes;                   /* second-level cache of a typical core; 0: none */
	int arena_align;                /* bytes, a power of two */
	bool is_big_endian;
	bool is_hosted;                 /* has a C library with files, so that run and verify can use it as it is */
};

extern const struct target *const targets[];
extern const size_t n_targets;

/** The target of that name, or NULL. "host" is the best row that this machine can run. */
const struct target *target_find(const char *name);

/** The best row that this machine can run; generic when no other can. */
const struct target *target_host(void);

#endif
