/* The options that name passes and stages: --skip-pass and --dump. */
#ifndef NNC_PASS_OPTIONS_H
#define NNC_PASS_OPTIONS_H

#include <stdbool.h>

struct arena;
struct diag;
struct options;

/** Whether what --skip-pass and --dump name is there, and may be left out. False: STATUS_USAGE, with the names. */
bool pass_options_check(const struct options *o, struct arena *a, struct diag *d);

/** Whether --skip-pass leaves the pass out. */
bool pass_is_skipped(const struct options *o, const char *pass);

/** Whether --dump wants what is there after a pass or a stage. */
bool dump_is_wanted(const struct options *o, const char *stage);

#endif
