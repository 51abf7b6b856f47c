/* The memories of what is generated: pools (--pool) and linker sections (--section). */
#ifndef NNC_SECTIONS_H
#define NNC_SECTIONS_H

#include "graph/ir.h"
#include "options.h"
#include "plan/plan.h"

enum { MAX_POOLS = 8 };

/** Whether the pools and sections that the options name can be had: no two pools are called alike, no two things of
 *  different kinds share a section, for variables, constants and code do not go together, and the arena is the
 *  program's own. False: reported. */
bool sections_check(const struct options *o, struct diag *d);

/** The pools from the fastest to the slowest; those of equal speed as they were given. Their number, at least 1:
 *  without --pool the one arena, of any size. */
int pools_by_speed(const struct options *o, struct pool_option pool[MAX_POOLS]);

/** The section that was asked for a pool of that name, or for the arena ("arena"); NULL: none. */
const char *pool_section(const struct options *o, const char *pool);

/** "arena 34160 bytes in .dtcm, constants 88448 bytes in the compiler's choice, …", for -v and reports. From arena
 *  a. */
const char *sections_text(const struct options *o, const struct plan *p, int64_t constant_bytes, struct arena *a);

#endif
