#include "emit/step_group.h"

#include <string.h>

#include "emit/step_function.h"
#include "options.h"
#include "support/sha256.h"
#include "targets/target.h"

enum { SPECIALISED = 16 };

struct found {
	struct step_group is;
	int number;
	int n_steps, n_constants;
	int n_distinct;                 /* rows of constants */
	const char **first;             /* the first row */
	bool *varies;                   /* by constant */
};

struct finder {
	struct program *p;
	struct map by_text;             /* template -> 1 + its group's place */
	struct map rows;                /* group and row of constants */
	struct found **group;
	int n_groups;
	int number;                     /* of the next step */
	bool streams;                   /* there is a loop over rows */
};

static struct found *group_new(struct finder *f)
{
	struct arena *a = f->p->x.m->arena;
	const struct emission *x = &f->p->x;
	struct found *g = ARENA_NEW(a, struct found);

	*g = (struct found){ .number = f->n_groups, .n_constants = x->n_constants, .is.n_epilogue = x->n_epilogue };
	g->first = ARENA_ARRAY(a, g->n_constants, const char *);
	g->varies = ARENA_ARRAY(a, g->n_constants, bool);
	for (int i = 0; i < g->n_constants; i++)
		g->first[i] = arena_strdup(a, x->constant[i].text);
	f->group = ARENA_PUSH(a, f->group, f->n_groups, struct found *);
	f->group[f->n_groups++] = g;
	return g;
}

static struct found *group_of(struct finder *f, const struct strbuf *text)
{
	char key[SHA256_TEXT_BYTES];
	int64_t found;

	sha256_text(key, strbuf_text(text), text->size);
	found = map_get(&f->by_text, key, sizeof key, 0);
	if (found)
		return f->group[found - 1];
	map_set(&f->by_text, key, sizeof key, f->n_groups + 1);
	return group_new(f);
}

/* The step's constants are those of the emission. */
static void add_row(struct finder *f, struct found *g)
{
	const struct emission *x = &f->p->x;
	struct strbuf row;

	strbuf_init(&row, x->m->scratch);
	strbuf_printf(&row, "%d", g->number);
	for (int i = 0; i < g->n_constants; i++) {
		strbuf_printf(&row, " %s", x->constant[i].text);
		g->varies[i] |= strcmp(x->constant[i].text, g->first[i]) != 0;
	}
	g->n_distinct += map_set_name(&f->rows, strbuf_text(&row), 1);
}

/* Depth is bounded by MAX_NESTING. */
static void visit(struct finder *f, const struct block *b)
{
	for (int i = 0; i < b->n; i++) {
		const struct step *s = &b->step[i];
		struct found *g;
		struct strbuf text;

		f->streams |= s->streams != NULL;
		if (step_is_control(s)) {
			visit(f, &s->body[0]);
			visit(f, &s->body[1]);
			continue;
		}
		strbuf_init(&text, f->p->x.m->scratch);
		step_template(f->p, s, &text);
		g = group_of(f, &text);
		add_row(f, g);
		g->n_steps++;
		f->p->group[f->number++] = &g->is;
		emission_rest(&f->p->x);
	}
}

void step_groups_find(struct program *p)
{
	struct finder f = { .p = p };
	const int literal_rows = p->x.m->options->optimize == OPTIMIZE_SIZE ? 1 : SPECIALISED;

	map_init(&f.by_text, p->x.m->arena);
	map_init(&f.rows, p->x.m->arena);
	p->group = ARENA_ARRAY(p->x.m->arena, block_count_leaves(p->block), const struct step_group *);
	visit(&f, p->block);
	for (int i = 0; i < f.n_groups; i++) {
		struct found *g = f.group[i];
		g->is.parameters = g->n_distinct > literal_rows ? g->varies : NULL;
		g->is.is_apart = g->n_steps > SPECIALISED || (f.streams && !p->x.m->target->is_hosted);
	}
}
