/* Constants that the compiler makes for kernels. */
#ifndef NNC_PACKED_H
#define NNC_PACKED_H

#include "kernels/choose.h"
#include "steps/step.h"

/** Float32 constant of n elements with the given values (borrowed). */
int lower_const_f32(struct lowering *l, const char *name, const float *v, int64_t n);

/** A constant of n elements that the recipe makes of `from`. */
int lower_const_made(struct lowering *l, const char *name, enum dtype type, int64_t n, const void *from,
		     const struct recipe *r);

/** A constant holding w, elements of the kernel's second type, packed as p says in the form that the kernel reads; `w`
 *  points at p's first element and lives as long as the module. */
int lower_packed(struct lowering *l, const char *name, const struct pack *p, const struct kernel *k, const void *w);
/** The same of several groups, whose weights follow each other; *size: packed elements of one. */
int lower_packed_groups(struct lowering *l, const char *name, const struct pack *p, const struct kernel *k,
			const void *w, int groups, int64_t *size);

#endif
