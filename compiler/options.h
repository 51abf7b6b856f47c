/* The command line as a struct. */
#ifndef NNC_OPTIONS_H
#define NNC_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct diag;

/* --dim NAME=N (lo == hi), NAME=LO..HI or NAME=OTHER */
struct dim_option {
	const char *name;
	int64_t lo, hi;
	const char *as;         /* the dimension that it equals, given before; NULL: a size of its own */
};

struct dim_options {
	struct dim_option *v;
	int n;
};

/* --fix INPUT=VALUES|FILE */
struct fix_option {
	const char *name, *text;
};

struct fix_options {
	struct fix_option *v;
	int n;
};

/* --state IN=OUT */
struct state_option {
	const char *in, *out;
};

struct state_options {
	struct state_option *v;
	int n;
};

/* --section KIND=NAME: by kind; NULL: the compiler's own choice. */
enum section_kind { SECTION_ARENA, SECTION_WEIGHTS, SECTION_CODE, N_SECTIONS };

extern const char *const section_kinds[N_SECTIONS];    /* as --section calls them */

struct section_options {
	const char *name[N_SECTIONS];
	const char **pool, **pool_section;      /* n: of pools (--pool), by name */
	int n;
};

/* --pool NAME:BYTES[:SPEED], in the order given. */
struct pool_option {
	const char *name;
	int64_t bytes;
	double speed;           /* 0: not given */
};

struct pool_options {
	struct pool_option *v;
	int n;
};

/* --export=WORLD FOLDER: number of the world in emit/worlds.def; folder NULL: none. */
struct export_option {
	int world;
	const char *folder;
};

enum { FILES_AUTO, FILES_ONE, FILES_SPLIT };
enum { ARENA_STATIC, ARENA_CALLER };
enum { FP_STRICT, FP_DEFAULT };
enum { IO_MODEL, IO_QUANTIZED };
enum { EDGES_CALLER, EDGES_ARENA };
enum { OPTIMIZE_SPEED, OPTIMIZE_SIZE, OPTIMIZE_RAM };

/* Types of the fields by kind. */
#define OPTION_TYPE_FLAG bool
#define OPTION_TYPE_TEXT const char *
#define OPTION_TYPE_CHOICE int
#define OPTION_TYPE_BYTES int64_t
#define OPTION_TYPE_COUNT int
#define OPTION_TYPE_NUMBER double
#define OPTION_TYPE_DIM struct dim_options
#define OPTION_TYPE_FIX struct fix_options
#define OPTION_TYPE_STATE struct state_options
#define OPTION_TYPE_SECTION struct section_options
#define OPTION_TYPE_POOL struct pool_options
#define OPTION_TYPE_EXPORT struct export_option

struct options {
	const char *command, *model;
	const char **rest;      /* arguments after the model */
	int n_rest;
	bool marks;             /* no flag: OUT_mark_3() is called behind step 3, for bench to count */
#define OPTION(flag, field, kind, argument, value, help) OPTION_TYPE_##kind field;
#define OPTION_SAME(same, flag, field, kind, argument, value, help) OPTION(flag, field, kind, argument, value, help)
#define OPTION_GROUP(commands)
#include "options.def"
#undef OPTION
#undef OPTION_SAME
#undef OPTION_GROUP
};

/** Fills *o from the command line; `command` is the first argument when it names one of `commands` (n names), else
 *  commands[0]. False and STATUS_USAGE when a flag is unknown, is another command's, lacks its argument, or has a wrong
 *  one; what may have been meant is said. */
bool options_parse(struct options *o, int argc, char **argv, const char *const *commands, int n, struct arena *a,
		   struct diag *d);

/** The options that change the output, as they were given, in one line for the head of the generated file. */
const char *options_summary(const struct options *o, struct arena *a);

#endif
