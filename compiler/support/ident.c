#include "support/ident.h"

#include <stdlib.h>
#include <string.h>

#include "support/arena.h"
#include "support/strbuf.h"

/* Stringified in place: bool, true and the like may be macros here too. */
static const char *const reserved[] = {
#define RESERVED(name) #name,
#include "support/reserved.def"
#undef RESERVED
};

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_reserved(const char *name)
{
	/* nnrt_ is the runtime's own. */
	return !strncmp(name, "nnrt_", 5) || !strncmp(name, "NNRT_", 5) ||
	       bsearch(&name, reserved, sizeof reserved / sizeof *reserved, sizeof *reserved, compare_names);
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The letters and digits of raw, one underscore for whatever is between them, none at the ends. */
static const char *clean(struct arena *a, const char *raw, const char *fallback)
{
	char *name = arena_alloc(a, IDENT_MAX + 2);
	size_t n = 0;

	for (; *raw && n < IDENT_MAX; raw++) {
		if (is_letter(*raw) || is_digit(*raw)) {
			if (!n && is_digit(*raw))
				name[n++] = 'x';
			name[n++] = *raw;
		} else if (n && name[n - 1] != '_') {
			name[n++] = '_';
		}
	}
	while (n && name[n - 1] == '_')
		n--;
	name[n] = 0;
	if (!n)
		return fallback;
	return is_reserved(name) ? arena_printf(a, "%s_", name) : name;
}

/* `name` cut short so that a number fits behind it. */
static const char *numbered(struct arena *a, const char *name, int k)
{
	int n = (int)strnlen(name, IDENT_MAX - 12);

	while (n > 1 && name[n - 1] == '_')
		n--;
	return arena_printf(a, "%.*s_%d", n, name, k);
}

void idents_init(struct idents *s, struct arena *a)
{
	*s = (struct idents){ .arena = a };
	map_init(&s->taken, a);
}

void idents_init_program(struct idents *s, struct arena *a, const char *prefix)
{
	static const char *const functions[] = { "run", "tap", "arena", "weights", "weights_at", "set_weights",
						 "plain", "is_plain", "unlock" };
	static const char *const macros[] = { "ARENA_BYTES", "ARENA_ALIGN", "STACK_BYTES", "WEIGHTS_BYTES",
					      "WEIGHTS_ALIGN", "NUL", "WEIGHTS_H", "H", "API", "HIDDEN",
					      "PLAIN_BYTES" };

	idents_init(s, a);
	s->prefix = prefix;
	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
		idents_reserve(s, arena_printf(a, "%s_%s", prefix, functions[i]));
	for (size_t i = 0; i < sizeof macros / sizeof *macros; i++)
		idents_reserve(s, arena_printf(a, "%s_%s", ident_upper(a, prefix), macros[i]));
}

/* A letter and a number: a local variable of a step, or behind the prefix a step, an epilogue, a constant. */
static bool is_numbered(const char *name)
{
	return is_letter(*name) && is_digit(name[1]) && name[1 + strspn(name + 1, "0123456789")] == 0;
}

static bool is_own(const struct idents *s, const char *name)
{
	const size_t n = s->prefix ? strlen(s->prefix) : 0;

	return s->prefix && !strncmp(name, s->prefix, n) && name[n] == '_' && is_numbered(name + n + 1);
}

void idents_reserve(struct idents *s, const char *name)
{
	map_set_name(&s->taken, name, 2);
}

/* A taken name's value is the next number to try behind it, so that many equal names stay linear. */
const char *ident_make(struct idents *s, const char *raw, const char *fallback)
{
	const char *base = clean(s->arena, raw, fallback);
	const char *name = base;
	int64_t k = map_get_name(&s->taken, base, is_own(s, base) ? 2 : 0);

	if (k) {
		do
			name = numbered(s->arena, base, (int)k++);
		while (map_get_name(&s->taken, name, 0));
		map_set_name(&s->taken, base, k);
	}
	map_set_name(&s->taken, name, 2);
	return name;
}

const char *ident_make_dim(struct idents *s, const char *raw)
{
	const char *name = clean(s->arena, raw, "dim");
	const size_t digits = strspn(name + 1, "0123456789");

	if (*name >= 'a' && (!name[1 + digits] || (digits && name[1 + digits] == '_')))
		return ident_make(s, arena_printf(s->arena, "%s_dim", name), "dim");
	return ident_make(s, raw, "dim");
}

const char *ident_sanitise(struct arena *a, const char *raw, const char *fallback)
{
	return clean(a, raw, fallback);
}

const char *ident_upper(struct arena *a, const char *name)
{
	char *upper = arena_strdup(a, name);

	for (char *c = upper; *c; c++)
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 'a' + 'A');
	return upper;
}

bool ident_is_valid(const char *name)
{
	size_t n = strlen(name);

	if (!n || n > IDENT_MAX || !is_letter(name[0]) || is_reserved(name))
		return false;
	for (size_t i = 1; i < n; i++)
		if (!is_letter(name[i]) && !is_digit(name[i]) && name[i] != '_')
			return false;
	return !strstr(name, "__");
}
