/* As plan/consume.c has it for one step that goes upwards,
 *
 *     offset(to) + end of the rows that a turn writes  <=  offset(from) + start of the rows read from then on. */
#include "stream/over.h"

#include "plan/buffer.h"

/* Rows of a tensor, one after the other: row r lies at first + r * bytes of its storage. */
struct rows_at {
	int64_t first, bytes;
};

/* False: they are not one after the other. */
static bool rows_place(const struct module *m, int tensor, int axis, struct rows_at *at)
{
	const struct tensor *t = &m->tensor[tensor];

	if (axis < 0 || !num_is_const(t->offset) || !num_is_const(t->stride[axis]) || t->ring)
		return false;
	for (int k = 0; k < t->rank && t->order[k] != axis; k++)
		if (!num_is(t->dim[t->order[k]], 1))
			return false;
	*at = (struct rows_at){ t->offset.n * dtypes[t->type].bytes, t->stride[axis].n * dtypes[t->type].bytes };
	return at->bytes > 0;
}

/* The first row that step i still reads when `turn` turns are over; INT64_MAX: none. */
static int64_t first_read(const struct turns *t, int i, const struct row_read *r, int64_t turn)
{
	const int64_t done = turn ? turns_done(t, i, turn - 1) : 0, row = done * r->stride - r->pad;

	if (done == t->step[i].rows)
		return INT64_MAX;
	return row > 0 ? row : 0;
}

/* Greatest distance that one reader leaves to a writer. A step reads while it writes. */
static int64_t distance_left(const struct turns *t, int reader, const struct row_read *r, const struct rows_at *from,
			     int writer, const struct rows_at *to)
{
	int64_t most = OVERLAP_FREE_ABOVE, before = 0;

	for (int64_t turn = 0; turn < t->count; turn++) {
		const int64_t done = turns_done(t, writer, turn);
		const int64_t row = first_read(t, reader, r, reader < writer ? turn + 1 : turn);
		const int64_t room = row == INT64_MAX ? most :
			from->first + row * from->bytes - (to->first + done * to->bytes);

		if (done > before && room < most)
			most = room;
		before = done;
	}
	return most;
}

/* All reads of the storage that `from` lies in, against one writer. False: one of them is not of rows, or of a part. */
static bool distance_to(const struct module *m, const struct turns *t, int from, int writer, int64_t *most)
{
	struct rows_at to, at;

	if (!rows_place(m, t->row[writer].out, t->row[writer].axis, &to))
		return false;
	for (int i = 0; i < t->n; i++)
		for (int k = 0; k < t->row[i].n_reads; k++) {
			const struct row_read *r = &t->row[i].read[k];
			int64_t left;

			if (m->tensor[r->tensor].base != m->tensor[from].base)
				continue;
			if (r->tensor != from || !rows_place(m, r->tensor, r->axis, &at))
				return false;
			left = distance_left(t, i, r, &at, writer, &to);
			*most = left < *most ? left : *most;
		}
	return true;
}

/* The same against all that write a part of the storage that `to` lies in. */
static bool distance(const struct module *m, const struct turns *t, int from, int to, int64_t *most)
{
	*most = OVERLAP_FREE_ABOVE;
	for (int w = 0; w < t->n; w++)
		if (m->tensor[t->row[w].out].base == m->tensor[to].base && !distance_to(m, t, from, w, most))
			return false;
	return true;
}

static bool is_listed(const struct module *m, const struct row_overlap *v, int n, int from, int to)
{
	for (int i = 0; i < n; i++)
		if (m->tensor[v[i].from].base == m->tensor[from].base && m->tensor[v[i].to].base == m->tensor[to].base)
			return true;
	return false;
}

int turns_overlaps(struct module *m, const struct turns *t, struct row_overlap *v, int most)
{
	int n = 0;

	for (int w = 0; w < t->n; w++)
		for (int i = 0; i < t->n && !t->inner[w]; i++)
			for (int k = 0; k < t->row[i].n_reads && n < most; k++) {
				const int from = t->row[i].read[k].tensor, to = t->row[w].out;
				int64_t at_most;

				if (turns_maker(m, t, from) >= 0 || is_listed(m, v, n, from, to) ||
				    !distance(m, t, from, to, &at_most))
					continue;
				v[n++] = (struct row_overlap){ from, to, at_most };
			}
	return n;
}

/* --- Check -------------------------------------------------------------------------------------------------------- */

/* When each row is read for the last time: 1 + turn * n + step; 0: never. */
static void last_reads(const struct turns *t, int from, int64_t rows, int64_t *when)
{
	for (int64_t turn = 0; turn < t->count; turn++)
		for (int i = 0; i < t->n; i++)
			for (int64_t row = turn ? turns_done(t, i, turn - 1) : 0; row < turns_done(t, i, turn); row++)
				for (int k = 0; k < t->row[i].n_reads; k++) {
					const struct row_read *r = &t->row[i].read[k];

					for (int64_t tap = 0; r->tensor == from && tap < r->taps; tap++) {
						const int64_t at = row * r->stride - r->pad + tap;
						if (at >= 0 && at < rows)
							when[at] = 1 + turn * t->n + i;
					}
				}
}

/* No row of n whose bytes are among begin … end-1 is read at this time or later. */
static bool is_free(const struct rows_at *at, const int64_t *when, int64_t n, int64_t begin, int64_t end, int64_t time)
{
	for (int64_t row = 0; row < n; row++)
		if (at->first + row * at->bytes < end && begin < at->first + (row + 1) * at->bytes && when[row] > time)
			return false;
	return true;
}

/* One writer of the storage. */
static bool check_writer(const struct module *m, const struct turns *t, int writer, const struct rows_at *from,
			 const int64_t *when, int64_t rows, int64_t distance)
{
	struct rows_at to;

	if (!rows_place(m, t->row[writer].out, t->row[writer].axis, &to))
		return false;
	for (int64_t turn = 0; turn < t->count; turn++)
		for (int64_t row = turn ? turns_done(t, writer, turn - 1) : 0; row < turns_done(t, writer, turn);
		     row++) {
			const int64_t at = to.first + row * to.bytes + distance;
			if (!is_free(from, when, rows, at, at + to.bytes, turn * t->n + writer))
				return false;
		}
	return true;
}

bool turns_check_overlap(struct module *m, const struct turns *t, const struct row_overlap *v)
{
	struct rows_at from = { 0 };
	int64_t *when, rows = 0;

	for (int i = 0; i < t->n; i++)
		for (int k = 0; k < t->row[i].n_reads; k++)
			if (t->row[i].read[k].tensor == v->from) {
				rows_place(m, v->from, t->row[i].read[k].axis, &from);
				rows = m->tensor[v->from].dim[t->row[i].read[k].axis].n;
			}
	when = ARENA_ARRAY(m->scratch, rows, int64_t);
	last_reads(t, v->from, rows, when);
	for (int w = 0; w < t->n; w++)
		if (m->tensor[t->row[w].out].base == m->tensor[v->to].base &&
		    !check_writer(m, t, w, &from, when, rows, v->at_most))
			return false;
	return rows > 0;
}
