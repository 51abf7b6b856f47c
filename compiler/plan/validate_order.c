#include "plan/validate_order.h"

#include "steps/sizes.h"
#include "support/map.h"

struct access {
	int base;               /* tensor that owns the storage */
	bool write;
};

struct moved {
	const void *identity;   /* of the nest, the call or the body, which stay where they are */
	int node;
	struct access *access;
	int n;
};

struct steps_before {
	struct module *m;
	struct moved *step;     /* in program order; an If or Loop before its bodies */
	int n;
	int *wrote;             /* tensor -> number of the block that wrote it; 0: none */
	int *wrote_base;        /* the same for storages */
	bool *rewritten;        /* by base */
	int n_blocks, block;    /* counted so far; that is looked at */
};

static const void *identity_of(const struct step *s)
{
	switch (s->kind) {
	case STEP_NEST:
		return s->nest;
	case STEP_CALL:
		return s->call;
	default:
		return s->body[s->body[0].n ? 0 : 1].step;
	}
}

static void take_access(void *ctx, int tensor, enum arg_kind kind)
{
	struct steps_before *t = ctx;
	struct moved *s = &t->step[t->n - 1];
	const int base = t->m->tensor[tensor].base;

	if (t->m->tensor[base].data)
		return;
	s->access = ARENA_PUSH(t->m->scratch, s->access, s->n, struct access);
	s->access[s->n++] = (struct access){ .base = base, .write = kind == ARG_WRITE };
	if (kind != ARG_WRITE)
		return;
	t->rewritten[base] |= t->wrote[tensor] || (t->wrote_base[base] && t->wrote_base[base] != t->block);
	t->wrote[tensor] = t->wrote_base[base] = t->block;
}

/* Depth is bounded by MAX_NESTING. */
static void take_block(struct steps_before *t, const struct block *b)
{
	const int block = ++t->n_blocks;

	for (int i = 0; i < b->n; i++) {
		const struct step *s = &b->step[i];
		t->block = block;
		t->step = ARENA_PUSH(t->m->scratch, t->step, t->n, struct moved);
		t->step[t->n++] = (struct moved){ .identity = identity_of(s), .node = s->node };
		if (!step_is_control(s))
			step_each_tensor(t->m, s, take_access, t);
		else if (s->cond >= 0)
			take_access(t, s->cond, ARG_READ);
		if (step_is_control(s))
			step_each_size(t->m, s, take_access, t);
		take_block(t, &s->body[0]);
		take_block(t, &s->body[1]);
	}
}

struct steps_before *steps_before_take(struct module *m, const struct block *b)
{
	struct steps_before *t = ARENA_NEW(m->scratch, struct steps_before);

	*t = (struct steps_before){ .m = m, .wrote = ARENA_ARRAY(m->scratch, m->n_tensors, int),
				    .wrote_base = ARENA_ARRAY(m->scratch, m->n_tensors, int),
				    .rewritten = ARENA_ARRAY(m->scratch, m->n_tensors, bool) };
	take_block(t, b);
	return t;
}

/* Where steps stand now. Depth is bounded by MAX_NESTING. */
static int find_places(struct map *place, const struct block *b, int n)
{
	for (int i = 0; i < b->n; i++) {
		const struct step *s = &b->step[i];
		const void *identity = identity_of(s);
		map_set(place, &identity, sizeof identity, n++);
		n = find_places(place, &s->body[0], n);
		n = find_places(place, &s->body[1], n);
	}
	return n;
}

bool order_validate(const struct steps_before *before, const struct block *b, const char **why)
{
	struct arena *a = before->m->scratch;
	int *write = ARENA_ARRAY(a, before->m->n_tensors, int), *any = ARENA_ARRAY(a, before->m->n_tensors, int);
	struct map places;
	int n;

	map_init(&places, a);
	n = find_places(&places, b, 1);
	if (n - 1 != before->n) {
		*why = arena_printf(a, "%d steps became %d", before->n, n - 1);
		return false;
	}
	/* In the old order; write and any: the latest new place so far of a write and of any access, by base. */
	for (int i = 0; i < before->n; i++) {
		const struct moved *s = &before->step[i];
		const int at = s->identity ? (int)map_get(&places, &s->identity, sizeof s->identity, 0) : 0;
		for (int k = 0; k < s->n && s->identity; k++) {
			const int base = s->access[k].base;
			const bool early = s->access[k].write ? before->rewritten[base] && at < any[base] :
								at < write[base];
			if (!at || early) {
				*why = arena_printf(a, "step %d of node %d, now %d, %s tensor %d too early", i, s->node,
						    at - 1, s->access[k].write ? "writes" : "reads", base);
				return false;
			}
		}
		for (int k = 0; k < s->n; k++) {
			int *w = &write[s->access[k].base], *x = &any[s->access[k].base];
			*x = at > *x ? at : *x;
			*w = s->access[k].write && at > *w ? at : *w;
		}
	}
	return true;
}
