/* The main program round a compiled model. */
#ifndef NNC_HARNESS_H
#define NNC_HARNESS_H

#include <stdbool.h>
#include <stdio.h>

#include "emit/emit_program.h"

struct options;
struct target;

/** Writes templates/harness.c.in for the program whose interface is in *t. */
void harness_write(FILE *f, const struct emit_totals *t, const struct target *target, const struct options *o,
		   struct arena *a);

/** Parameters of a kind. */
int harness_count(const struct emit_totals *t, int kind);

#endif
