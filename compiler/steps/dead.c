/* Drops steps none of whose results is read: what fusion left over, and outputs of operators that nobody uses. A tensor
 * is read when a step reads it or any tensor of the same storage, or when it is the model's.
 *
 * Requires steps; ensures that every step's result is read. Bit-exact. One walk from the end: readers come after their
 * writers, except round a loop, where everything that the body reads counts as read before the walk enters it. */
#include "steps/fuse.h"

struct dead {
	struct module *m;
	bool *read;             /* by base */
};

static void mark_read(void *ctx, int t, enum arg_kind kind)
{
	struct dead *d = ctx;

	if (kind == ARG_READ)
		d->read[d->m->tensor[t].base] = true;
}

struct wanted {
	const struct dead *d;
	bool is;
};

static void check_wanted(void *ctx, int t, enum arg_kind kind)
{
	struct wanted *w = ctx;

	if (kind == ARG_WRITE && w->d->read[w->d->m->tensor[t].base])
		w->is = true;
}

static bool is_wanted(const struct dead *d, const struct step *s)
{
	struct wanted w = { .d = d };

	if (s->kind == STEP_IF && (s->body[0].refused || s->body[1].refused))
		return true;    /* it may end the run */
	step_each_tensor(d->m, s, check_wanted, &w);
	return w.is;
}

static void drop(struct dead *d, struct block *b)
{
	bool *wanted = ARENA_ARRAY(d->m->scratch, b->n, bool);
	int kept = 0;

	for (int i = b->n - 1; i >= 0; i--) {
		struct step *s = &b->step[i];
		wanted[i] = is_wanted(d, s);
		if (!wanted[i])
			continue;
		if (s->kind == STEP_IF) {
			mark_read(d, s->cond, ARG_READ);
			drop(d, &s->body[0]);
			drop(d, &s->body[1]);
		} else {
			step_each_tensor(d->m, s, mark_read, d);
		}
		if (s->kind == STEP_LOOP)
			drop(d, &s->body[0]);
	}
	for (int i = 0; i < b->n; i++)
		if (wanted[i])
			b->step[kept++] = b->step[i];
	b->n = kept;
}

bool drop_dead_steps(struct module *m, struct block *b)
{
	struct dead d = { .m = m, .read = ARENA_ARRAY(m->scratch, m->n_tensors, bool) };

	for (int i = 0; i < m->graph[0].n_out; i++)
		d.read[m->tensor[m->graph[0].out[i]].base] = true;
	drop(&d, b);
	return true;
}
