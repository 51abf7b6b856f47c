/* Forms in which kernels read weights: the rows of pack_forms.def. Pure functions, as pack.h. */
#ifndef NNC_PACK_FORMS_H
#define NNC_PACK_FORMS_H

#include "kernels/pack.h"

enum pack_form {
#define PACK(id, size, pack) PACK_##id,
#include "kernels/pack_forms.def"
#undef PACK
	N_PACK_FORMS
};

/* What a form takes from a kernel's row: its tile, and the lanes of a vector of sums. */
struct pack_tile {
	int columns, terms, lanes;
};

/** Elements of the packed form of w; false when they exceed what can be addressed. */
typedef bool pack_size_fn(const struct pack *p, const struct pack_tile *t, const void *w, int64_t *elements);
/** Packs w into packed, as many elements as its size says; they may not overlap. */
typedef void pack_fn(const struct pack *p, const struct pack_tile *t, const void *w, void *packed);

struct pack_form_row {
	pack_size_fn *size;
	pack_fn *pack;
};

/* By enum pack_form; NULLs: nothing is packed. */
extern const struct pack_form_row pack_forms[N_PACK_FORMS];

#endif
