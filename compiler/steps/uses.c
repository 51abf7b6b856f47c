/* Linear in the loads of the program: every question afterwards looks at one tensor's readers. */
#include "steps/uses.h"

#include "steps/sizes.h"

struct visit {
	struct uses *u;
	struct site *site;
	bool reads_only;
};

static void add_reader(struct uses *u, int t, struct site *s)
{
	struct site_list *entry;

	if (u->m->tensor[t].data || (u->reader[t] && u->reader[t]->site == s))
		return;
	entry = ARENA_NEW(u->m->scratch, struct site_list);
	*entry = (struct site_list){ .site = s, .next = u->reader[t] };
	u->reader[t] = entry;
}

static void visit_tensor(void *ctx, int t, enum arg_kind kind)
{
	struct visit *v = ctx;
	struct uses *u = v->u;
	const int base = u->m->tensor[t].base;

	if (base != t)
		u->viewed[base] = true;
	if (kind == ARG_READ || kind == ARG_SCRATCH)
		add_reader(u, t, v->site);
	if ((kind != ARG_WRITE && kind != ARG_SCRATCH) || v->reads_only)
		return;
	if (u->writes[base] && u->writer[base]->block != v->site->block)
		u->many_blocks[base] = true;
	if (!u->writes[base] || u->writer[base] != v->site)
		u->writes[base]++;
	u->writer[base] = v->site;
}

static int count_sites(const struct block *b)
{
	int n = 0;

	for (int i = 0; i < b->n; i++)
		n += 1 + count_sites(&b->step[i].body[0]) + count_sites(&b->step[i].body[1]);
	return n;
}

/* Blocks nest no deeper than sub-graphs do (MAX_NESTING). The site of an If or a Loop comes after those inside it. */
static void visit_block(struct uses *u, struct block *b)
{
	for (int i = 0; i < b->n; i++) {
		struct step *s = &b->step[i];
		struct visit v = { .u = u };
		visit_block(u, &s->body[0]);
		visit_block(u, &s->body[1]);
		v.site = &u->site[u->n_sites++];
		*v.site = (struct site){ .block = b, .index = i };
		if (s->kind == STEP_NEST || s->kind == STEP_CALL)
			step_each_tensor(u->m, s, visit_tensor, &v);
		else if (s->cond >= 0)
			visit_tensor(&v, s->cond, ARG_READ);
		if (step_is_control(s))
			step_each_size(u->m, s, visit_tensor, &v);
	}
}

static void keep(struct uses *u, const int *t, int n)
{
	for (int i = 0; i < n; i++) {
		const int base = u->m->tensor[t[i]].base;
		u->kept[base] = true;
		if (base != t[i])
			u->viewed[base] = true;
	}
}

void uses_init(struct uses *u, struct module *m, struct block *b)
{
	struct arena *a = m->scratch;
	const int n = m->n_tensors;

	*u = (struct uses){ .m = m, .site = ARENA_ARRAY(a, count_sites(b) + 1, struct site) };
	u->reader = ARENA_ARRAY(a, n, struct site_list *);
	u->writes = ARENA_ARRAY(a, n, int);
	u->writer = ARENA_ARRAY(a, n, struct site *);
	u->many_blocks = ARENA_ARRAY(a, n, bool);
	u->viewed = ARENA_ARRAY(a, n, bool);
	u->kept = ARENA_ARRAY(a, n, bool);
	keep(u, m->graph[0].in, m->graph[0].n_in);
	keep(u, m->graph[0].out, m->graph[0].n_out);
	visit_block(u, b);
}

int uses_readers(const struct uses *u, int t, struct site **readers, int max)
{
	int n = 0;

	for (const struct site_list *l = u->reader[t]; l && n <= max; l = l->next) {
		int i = 0;
		if (l->site->removed)
			continue;
		while (i < n && readers[i] != l->site)
			i++;
		if (i < n)
			continue;
		if (n < max)
			readers[n] = l->site;
		n++;
	}
	return n;
}

bool uses_is_private(const struct uses *u, int t)
{
	return u->m->tensor[t].base == t && !u->viewed[t] && !u->kept[t] && u->writes[t] == 1;
}

struct later {
	const struct uses *u;
	const struct site *s;
	bool may;
};

static void check_later(void *ctx, int t, enum arg_kind kind)
{
	struct later *l = ctx;
	const int base = l->u->m->tensor[t].base;
	const struct site *writer = l->u->writer[base];

	if (kind != ARG_READ || !l->u->writes[base])
		return;
	if (l->u->many_blocks[base] || (writer->block == l->s->block && writer->index >= l->s->index))
		l->may = false;
}

bool uses_may_run_later(const struct uses *u, const struct site *s)
{
	struct later l = { .u = u, .s = s, .may = true };

	step_each_tensor(u->m, site_step(s), check_later, &l);
	return l.may;
}

void uses_reads_changed(struct uses *u, struct site *s)
{
	struct visit v = { .u = u, .site = s, .reads_only = true };

	step_each_tensor(u->m, site_step(s), visit_tensor, &v);
}

void uses_remove(struct uses *u)
{
	/* Sites of a block come in the order of its steps, so each step moves down at most once; with its blocks
	 * already shortened, for their sites come first. */
	for (int i = 0; i < u->n_sites; i++)
		u->site[i].block->n = 0;
	for (int i = 0; i < u->n_sites; i++) {
		struct site *s = &u->site[i];
		if (s->removed)
			continue;
		s->block->step[s->block->n] = *site_step(s);
		s->index = s->block->n++;
	}
}
