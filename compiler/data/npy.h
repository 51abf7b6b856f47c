/* The .npy format of NumPy, versions 1 to 3, and .npz, a zip of them. */
#ifndef NNC_NPY_H
#define NNC_NPY_H

#include "data/value.h"
#include <stdio.h>

/** One array, in C or Fortran order and either byte order, from the bytes of a file; v->source is set. Types that no
 *  tensor has (complex, text, records) are refused. False: reported. */
bool npy_read(struct value *v, struct arena *a, struct diag *d, const unsigned char *bytes, size_t size);

/** All arrays of an .npz, named without their ending. False: reported. */
bool npz_read(struct value **values, int *n, struct arena *a, struct diag *d, const char *path,
	      const unsigned char *bytes, size_t size);

/** Writes v as version 1.0; errors stay in ferror(f). bfloat16, which NumPy lacks, is written as uint16. */
void npy_write(FILE *f, const struct value *v);

#endif
