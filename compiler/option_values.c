/* The arguments of options, by kind. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "option_table.h"
#include "options.h"
#include "support/arena.h"

const char *const section_kinds[N_SECTIONS] = { "arena", "weights", "code" };

enum { MAX_SECTION_NAME = 60 };

/* One of "a|b|c", up to a blank. */
static bool parse_choice(const struct option *p, const char *text, int *choice)
{
	const char *s = p->argument;
	size_t n = strlen(text);

	for (*choice = 0;; ++*choice) {
		size_t length = strcspn(s, "| ");
		if (length == n && !strncmp(s, text, n))
			return true;
		if (s[length] != '|')
			return false;
		s += length + 1;
	}
}

static bool parse_int(const char *text, char **end, int64_t *value)
{
	errno = 0;
	*value = strtoll(text, end, 10);
	return *end != text && !errno && *value >= 0;
}

static bool parse_bytes(const char *text, int64_t *bytes)
{
	static const char suffixes[] = "KMG";
	char *end;
	const char *suffix;

	if (!parse_int(text, &end, bytes))
		return false;
	if (!*end)
		return true;
	suffix = strchr(suffixes, *end);
	if (!suffix || end[1])
		return false;
	return !__builtin_mul_overflow(*bytes, (int64_t)1 << 10 * (suffix - suffixes + 1), bytes);
}

/* A number, a range, or a dimension that has one of its own. */
static bool parse_size(const char *text, const struct dim_options *dims, struct dim_option *d)
{
	char *end;

	for (int i = 0; i < dims->n; i++)
		if (!strcmp(dims->v[i].name, text) && !dims->v[i].as) {
			*d = dims->v[i];
			d->as = d->name;
			return true;
		}
	if (!parse_int(text, &end, &d->lo))
		return false;
	d->hi = d->lo;
	if (*end && (strncmp(end, "..", 2) != 0 || !parse_int(end + 2, &end, &d->hi) || *end))
		return false;
	return d->hi >= d->lo;
}

static bool parse_dim(const char *text, struct dim_options *dims, struct arena *a)
{
	const char *equals = strrchr(text, '=');
	struct dim_option d = { .as = NULL };

	if (!equals || equals == text || !parse_size(equals + 1, dims, &d))
		return false;
	d.name = arena_strndup(a, text, (size_t)(equals - text));
	dims->v = ARENA_PUSH(a, dims->v, dims->n, struct dim_option);
	dims->v[dims->n++] = d;
	return true;
}

static bool parse_fix(const char *text, struct fix_options *fixed, struct arena *a)
{
	const char *equals = strchr(text, '=');

	if (!equals || equals == text || !equals[1])
		return false;
	fixed->v = ARENA_PUSH(a, fixed->v, fixed->n, struct fix_option);
	fixed->v[fixed->n++] = (struct fix_option){ arena_strndup(a, text, (size_t)(equals - text)), equals + 1 };
	return true;
}

static bool parse_state(const char *text, struct state_options *states, struct arena *a)
{
	const char *equals = strchr(text, '=');

	if (!equals || equals == text || !equals[1])
		return false;
	states->v = ARENA_PUSH(a, states->v, states->n, struct state_option);
	states->v[states->n++] =
		(struct state_option){ arena_strndup(a, text, (size_t)(equals - text)), equals + 1 };
	return true;
}

/* What assemblers and linker scripts take as it is, and C strings too. */
static bool is_section_name(const char *name)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._$-";
	const size_t n = strspn(name, allowed);

	return n > 0 && !name[n] && n <= MAX_SECTION_NAME;
}

/* A part of identifiers, of which capitals make macros. */
static bool is_pool_name(const char *name)
{
	const size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return n > 0 && !name[n] && n <= MAX_SECTION_NAME && name[0] >= 'a' && name[n - 1] != '_' &&
	       !strstr(name, "__");
}

static bool parse_section(const char *text, struct section_options *s, struct arena *a)
{
	const char *equals = strchr(text, '='), *kind;

	if (!equals || equals == text || !is_section_name(equals + 1))
		return false;
	kind = arena_strndup(a, text, (size_t)(equals - text));
	for (int k = 0; k < N_SECTIONS; k++)
		if (!strcmp(section_kinds[k], kind)) {
			s->name[k] = equals + 1;
			return true;
		}
	if (!is_pool_name(kind))
		return false;
	s->pool = ARENA_PUSH(a, s->pool, s->n, const char *);
	s->pool_section = ARENA_PUSH(a, s->pool_section, s->n, const char *);
	s->pool[s->n] = kind;
	s->pool_section[s->n++] = equals + 1;
	return true;
}

static bool parse_pool(const char *text, struct pool_options *pools, struct arena *a)
{
	const char *colon = strchr(text, ':'), *speed = colon ? strchr(colon + 1, ':') : NULL;
	struct pool_option p = { .speed = 0 };
	char *end;

	if (!colon)
		return false;
	p.name = arena_strndup(a, text, (size_t)(colon - text));
	if (!is_pool_name(p.name) || !parse_bytes(arena_strndup(a, colon + 1, strcspn(colon + 1, ":")), &p.bytes) ||
	    p.bytes < 1)
		return false;
	p.speed = speed ? strtod(speed + 1, &end) : 0;
	if (speed && (end == speed + 1 || *end || !(p.speed > 0)))
		return false;
	pools->v = ARENA_PUSH(a, pools->v, pools->n, struct pool_option);
	pools->v[pools->n++] = p;
	return true;
}

bool option_set(struct options *o, const struct option *p, const char *text, struct arena *a)
{
	void *field = (char *)o + p->field;
	char *end;

	switch (p->kind) {
	case KIND_FLAG:
		*(bool *)field = true;
		return true;
	case KIND_COUNT:
		++*(int *)field;
		return true;
	case KIND_TEXT:
		*(const char **)field = text;
		return *text != 0;
	case KIND_CHOICE:
		return parse_choice(p, text, field);
	case KIND_BYTES:
		return parse_bytes(text, field);
	case KIND_NUMBER:
		*(double *)field = strtod(text, &end);
		return end != text && !*end && *(double *)field >= 0;
	case KIND_DIM:
		return parse_dim(text, field, a);
	case KIND_FIX:
		return parse_fix(text, field, a);
	case KIND_STATE:
		return parse_state(text, field, a);
	case KIND_SECTION:
		return parse_section(text, field, a);
	case KIND_POOL:
		return parse_pool(text, field, a);
	case KIND_EXPORT:
		return parse_choice(p, text, &((struct export_option *)field)->world);
	}
	return false;
}
