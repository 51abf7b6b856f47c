/* The turns once more, as a machine would run them. */
#include "stream/turns.h"

#include "graph/ir.h"

/* Where a tensor's rows lie: held[place] is the row there, -1 at first. */
struct slots {
	int64_t *held, n;
	int64_t computed;       /* rows so far */
};

static int64_t place_of(const struct slots *s, int64_t row)
{
	return row % s->n;
}

static bool read_row(const struct slots *s, int64_t row)
{
	return row < s->computed && s->held[place_of(s, row)] == row;
}

static bool read_rows(struct module *m, const struct turns *t, const struct slots *slots, int i, int64_t row)
{
	for (int k = 0; k < t->row[i].n_reads; k++) {
		const struct row_read *r = &t->row[i].read[k];
		const int maker = turns_maker(m, t, r->tensor);

		for (int64_t tap = 0; maker >= 0 && tap < r->taps; tap++) {
			const int64_t seen = row * r->stride - r->pad + tap;
			if (seen >= 0 && seen < t->row[maker].rows && !read_row(&slots[maker], seen))
				return false;
		}
	}
	return true;
}

bool turns_check(struct module *m, const struct turns *t)
{
	struct slots *slots = ARENA_ARRAY(m->scratch, t->n, struct slots);

	for (int i = 0; i < t->n; i++) {
		slots[i].n = t->inner[i] ? t->step[i].kept : t->row[i].rows;
		slots[i].held = ARENA_ARRAY(m->scratch, slots[i].n, int64_t);
		for (int64_t k = 0; k < slots[i].n; k++)
			slots[i].held[k] = -1;
	}
	for (int64_t turn = 0; turn < t->count; turn++)
		for (int i = 0; i < t->n; i++) {
			const int64_t begin = turn ? turns_done(t, i, turn - 1) : 0;

			if (begin != slots[i].computed)
				return false;
			for (int64_t row = begin; row < turns_done(t, i, turn); row++) {
				if (!read_rows(m, t, slots, i, row))
					return false;
				slots[i].held[place_of(&slots[i], row)] = row;
				slots[i].computed++;
			}
		}
	for (int i = 0; i < t->n; i++)
		if (slots[i].computed < (t->inner[i] ? t->step[i].rows : t->row[i].rows))
			return false;
	return true;
}
