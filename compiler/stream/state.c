#include "stream/state.h"

#include "graph/strides.h"

/* States that are still to be set, and by base how many of their outputs lie there. */
struct setting {
	struct lowering l;
	bool *is_set;           /* by state */
	int *waiting;           /* by base */
	int n_tensors;          /* that `waiting` speaks of */
};

static int past(const struct module *m, int k)
{
	return m->graph[0].in[module_n_in(m) + k];
}

static int *present(const struct module *m, int k)
{
	return &m->graph[0].out[module_n_out(m) + k];
}

static void copy(struct lowering *l, int from, int to)
{
	struct nest *n = nest_new(l->m, to);

	nest_store(n, nest_load(n, from, n->axis));
	lower_nest(l, n);
}

/* A tensor with the same elements that no state lies in. */
static int detach(struct lowering *l, int t)
{
	const struct tensor x = l->m->tensor[t];
	const int fresh = tensor_like(l->m, x.name, x.type, x.rank, x.dim);

	tensor_dense(l->m, fresh);
	copy(l, t, fresh);
	return fresh;
}

/* Rows of a delay line move towards its beginning (passes/views.c saw to it that both are runs of one storage). */
static void shift(struct lowering *l, int from, int to)
{
	struct module *m = l->m;
	struct call *c = lower_call(l, "nnrt_shift", GEOMETRY_NONE);

	c->out = to;
	call_arg(l, c, ARG_READ, from);
	call_arg(l, c, ARG_WRITE, to);
	call_number(l, c, num_const(tensor_bytes(m, to)));
}

static void set(struct setting *s, int k)
{
	const struct module *m = s->l.m;
	const int from = *present(m, k), to = past(m, k);

	s->is_set[k] = true;
	if (m->tensor[from].base == m->tensor[to].base)
		shift(&s->l, from, to);
	else
		copy(&s->l, from, to);
	if (m->tensor[from].base < s->n_tensors)
		s->waiting[m->tensor[from].base]--;
}

/* Whether no other state is to be set from where this one lies. */
static bool is_free(const struct setting *s, int k)
{
	const struct tensor *t = s->l.m->tensor;
	const int base = t[past(s->l.m, k)].base;

	return s->waiting[base] == (t[*present(s->l.m, k)].base == base);
}

/* In an order in which each is read before it is set; where states change places one goes aside first. */
static void set_all(struct setting *s)
{
	struct module *m = s->l.m;
	bool progress;
	int stuck;

	do {
		progress = false;
		stuck = -1;
		for (int k = 0; k < m->n_states; k++) {
			if (s->is_set[k])
				continue;
			if (is_free(s, k)) {
				set(s, k);
				progress = true;
			} else {
				stuck = k;
			}
		}
		if (!progress && stuck >= 0) {
			s->waiting[m->tensor[*present(m, stuck)].base]--;
			*present(m, stuck) = detach(&s->l, *present(m, stuck));
		}
	} while (progress || stuck >= 0);
}

bool state_steps(struct module *m, struct block *b)
{
	const int n = m->n_tensors;
	struct setting s = { .l = { .m = m, .block = b, .node = -1 }, .n_tensors = n,
			     .is_set = ARENA_ARRAY(m->scratch, m->n_states, bool),
			     .waiting = ARENA_ARRAY(m->scratch, n, int) };
	bool *is_state = ARENA_ARRAY(m->scratch, n, bool);

	for (int k = 0; k < m->n_states; k++)
		is_state[m->tensor[past(m, k)].base] = true;
	for (int i = 0; i < module_n_out(m) && m->n_states; i++)       /* it is the state as it was */
		if (is_state[m->tensor[m->graph[0].out[i]].base])
			m->graph[0].out[i] = detach(&s.l, m->graph[0].out[i]);
	for (int k = 0; k < m->n_states; k++) {
		s.is_set[k] = *present(m, k) == past(m, k);
		s.waiting[m->tensor[*present(m, k)].base] += !s.is_set[k];
	}
	set_all(&s);
	return true;
}
