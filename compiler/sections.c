#include "sections.h"

#include <string.h>

#include "emit/emit_weights.h"
#include "options.h"

/* A kind's or a pool's section: number i of all, or false. */
static bool section_at(const struct section_options *s, int i, const char **kind, const char **name)
{
	if (i >= N_SECTIONS + s->n)
		return false;
	*kind = i < N_SECTIONS ? section_kinds[i] : s->pool[i - N_SECTIONS];
	*name = i < N_SECTIONS ? s->name[i] : s->pool_section[i - N_SECTIONS];
	return true;
}

static bool is_variable(int i)
{
	return i != SECTION_WEIGHTS && i != SECTION_CODE;
}

static bool check_shared(const struct section_options *s, struct diag *d)
{
	const char *kind, *name, *other_kind, *other;

	for (int i = 0; section_at(s, i, &kind, &name); i++)
		for (int k = 0; k < i && section_at(s, k, &other_kind, &other); k++)
			if (name && other && !strcmp(name, other) && !(is_variable(i) && is_variable(k)))
				return diag_error(d, STATUS_USAGE, NULL, "--section %s=%s: %s has that section, and "
						  "variables, constants and code cannot share one", kind, name,
						  other_kind);
	return true;
}

static bool is_pool(const struct options *o, const char *name)
{
	for (int i = 0; i < o->pools.n; i++)
		if (!strcmp(o->pools.v[i].name, name))
			return true;
	return false;
}

static bool check_pools(const struct options *o, struct diag *d)
{
	if (o->pools.n > MAX_POOLS)
		return diag_error(d, STATUS_USAGE, NULL, "--pool: %d pools, allowed: %d", o->pools.n, MAX_POOLS);
	for (int i = 0; i < o->pools.n; i++) {
		const struct pool_option *x = &o->pools.v[i];
		if ((x->speed > 0) != (o->pools.v[0].speed > 0))
			return diag_error(d, STATUS_USAGE, NULL, "--pool %s: all pools have a SPEED or none", x->name);
		for (int k = 0; k < i; k++)
			if (!strcmp(o->pools.v[k].name, x->name))
				return diag_error(d, STATUS_USAGE, NULL, "--pool %s: two pools are called so", x->name);
	}
	return true;
}

bool sections_check(const struct options *o, struct diag *d)
{
	const struct section_options *s = &o->section;

	if (!check_pools(o, d))
		return false;
	for (int i = 0; i < s->n; i++)
		if (!is_pool(o, s->pool[i]))
			return diag_error(d, STATUS_USAGE, NULL, "--section %s=%s: no pool is called so, allowed: "
					  "arena, weights, code, or a pool's name", s->pool[i], s->pool_section[i]);
	if (s->name[SECTION_ARENA] && o->pools.n)
		return diag_error(d, STATUS_USAGE, NULL, "--section arena=%s: with --pool each pool has a section, "
				  "by name", s->name[SECTION_ARENA]);
	if ((s->name[SECTION_ARENA] || s->n) && o->arena == ARENA_CALLER)
		return diag_error(d, STATUS_USAGE, NULL, "--section %s: with --arena=caller the arena is the caller's",
				  s->n ? s->pool[0] : "arena");
	if (s->name[SECTION_WEIGHTS] && o->weights == WEIGHTS_FILE)
		return diag_error(d, STATUS_USAGE, NULL, "--section weights=%s: with --weights=file the program gives "
				  "the constants' memory", s->name[SECTION_WEIGHTS]);
	return check_shared(s, d);
}

int pools_by_speed(const struct options *o, struct pool_option pool[MAX_POOLS])
{
	int n = 0;

	if (!o || !o->pools.n) {
		pool[0] = (struct pool_option){ .name = "arena" };
		return 1;
	}
	for (int i = 0; i < o->pools.n; i++, n++) {
		int k = n;
		for (; k > 0 && pool[k - 1].speed < o->pools.v[i].speed; k--)
			pool[k] = pool[k - 1];
		pool[k] = o->pools.v[i];
	}
	return n;
}

const char *pool_section(const struct options *o, const char *pool)
{
	if (!o->pools.n)
		return o->section.name[SECTION_ARENA];
	for (int i = 0; i < o->section.n; i++)
		if (!strcmp(o->section.pool[i], pool))
			return o->section.pool_section[i];
	return NULL;
}

const char *sections_text(const struct options *o, const struct plan *p, int64_t constant_bytes, struct arena *a)
{
	static const char *const own = "the compiler's choice";
	const struct section_options *s = &o->section;
	struct strbuf b;

	strbuf_init(&b, a);
	for (int i = 0; i < p->n_pools; i++) {
		const char *section = pool_section(o, p->pool_name[i]);
		if (o->arena == ARENA_CALLER)
			section = "the caller's memory";
		strbuf_printf(&b, "%s %lld bytes in %s, ", p->pool_name[i], (long long)p->pool[i].arena_bytes,
			      section ? section : own);
	}
	strbuf_printf(&b, "constants %lld bytes in %s, code in %s", (long long)constant_bytes,
		      s->name[SECTION_WEIGHTS] ? s->name[SECTION_WEIGHTS] : own,
		      s->name[SECTION_CODE] ? s->name[SECTION_CODE] : own);
	return strbuf_text(&b);
}
