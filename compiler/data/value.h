/* Tensors outside the compiler: what data files hold and what programs answer. Elements are row-major, in the byte
 * order of this machine. */
#ifndef NNC_VALUE_H
#define NNC_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "graph/dtype.h"
#include "support/limits.h"

struct arena;
struct diag;

struct value {
	const char *name;               /* that the file itself gives, or NULL */
	const char *source;             /* the file, for messages */
	enum dtype type;
	int rank;
	int64_t dim[MAX_RANK];
	int64_t n;                      /* elements */
	unsigned char *bytes;
};

enum { SHAPE_BYTES = 24 * MAX_RANK };

/** Sets rank, dim and n; false (reported): the rank or the number of elements is beyond the limits. */
bool value_shape(struct value *v, struct arena *a, struct diag *d, int rank, const int64_t *dim);

/** Element i as double: integers beyond 2^53 are rounded. */
double value_number(const struct value *v, int64_t i);

/** Element i as text: all digits of integers, nine of floats. Returns buf. */
const char *value_text(char buf[SHAPE_BYTES], const struct value *v, int64_t i);

/** The bits of elements i of a and of b, which have the same type, are equal. */
bool value_same(const struct value *a, const struct value *b, int64_t i);

/** "[1, 3, 224, 224]"; index i as "[0, 2, 17, 3]". Return buf. */
const char *shape_text(char buf[SHAPE_BYTES], int rank, const int64_t *dim);
const char *index_text(char buf[SHAPE_BYTES], const struct value *v, int64_t i);

/** v with elements of `type`. Elements that `type` cannot hold are refused (false, reported with `what`), or, when
 *  `rounds` is set, become the nearest that it can. */
bool value_convert(struct value *v, enum dtype type, bool rounds, struct arena *a, struct diag *d, const char *what);

/** Reverses the bytes of each of n elements. */
void bytes_swap(unsigned char *bytes, int64_t n, int element_bytes);

/** Whether this machine keeps the most significant byte first. */
bool host_is_big_endian(void);

#endif
