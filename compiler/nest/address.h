/* Where elements lie: the physical side of loads and stores. */
#ifndef NNC_ADDRESS_H
#define NNC_ADDRESS_H

#include "nest/nest.h"

/** Element offset of tensor t at affine indexes, from the start of its base: offset + sum of index * stride, where a
 *  ring counts index % ring. */
struct num address_at(struct nums *s, const struct tensor *t, const struct num *at);

/** Splits a row-major element number of t's shape into its indexes. */
void address_unflatten(struct nums *s, const struct tensor *t, struct num flat, struct num *at);

/** The address of load expression e, or of the store; false when an index depends on data. */
bool address_of_load(struct nest *n, int e, struct num *address);
bool address_of_store(struct nest *n, struct num *address);

#endif
