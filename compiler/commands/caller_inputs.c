#include "commands/caller_inputs.h"

#include <string.h>

#include "edge_words.h"
#include "options.h"
#include "support/arena.h"
#include "support/diag.h"

static int64_t given_size(const struct options *o, const struct signature_input *s, int axis)
{
	for (int i = 0; s->symbol[axis] && i < o->dims.n; i++)
		if (!strcmp(o->dims.v[i].name, s->symbol[axis]) && o->dims.v[i].lo == o->dims.v[i].hi)
			return o->dims.v[i].lo;
	return s->dim[axis];
}

/* The input as --input says that it comes. */
static bool take(struct signature_input *s, const struct edge_words *e, const struct options *o, struct diag *d)
{
	const struct signature_input own = *s;
	int64_t extent[MAX_RANK];
	struct edge_axes x;

	for (int k = 0; k < s->rank; k++)
		extent[k] = given_size(o, s, k);
	if (!edge_axes_find(&x, e, s->rank, extent, d))
		return false;
	s->type = e->type ? e->type : s->type;
	s->is_bgr = e->is_reversed;
	for (int k = 0; k < s->rank; k++) {
		const int from = x.from[k];
		const bool is_row = from == x.row, is_sized = e->rows && (is_row || from == x.column);
		s->dim[k] = is_sized ? is_row ? e->rows : e->columns : own.dim[from];
		s->symbol[k] = is_sized ? NULL : own.symbol[from];
	}
	return true;
}

bool caller_inputs(struct signature *s, const struct options *o, struct arena *a, struct diag *d)
{
	if (!signature_read(s, a, d, o->model))
		return false;
	for (int k = 0; k < o->takes.n; k++)
		for (int i = 0; i < s->n_inputs; i++) {
			struct edge_words e;
			if (strcmp(s->input[i].name, o->takes.v[k].name) != 0)
				continue;
			if (!edge_words_read(&e, true, &o->takes.v[k], a, d) || !take(&s->input[i], &e, o, d))
				return false;
		}
	return true;
}
