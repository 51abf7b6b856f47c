#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "support/arena.h"
#include "support/diag.h"

enum option_kind { KIND_FLAG, KIND_TEXT, KIND_CHOICE, KIND_BYTES, KIND_COUNT, KIND_NUMBER, KIND_DIM, KIND_SECTION,
		   KIND_POOL, KIND_EXPORT };

/* "|cmake|arduino… DIR" */
static const char world_names[] =
#define WORLD(id, name, targets, help) "|" name
#define WORLD_FILE(id, path, template)
#include "emit/worlds.def"
#undef WORLD
#undef WORLD_FILE
	" DIR";

/* A row; without a flag, the beginning of a group: argument names its commands, a blank round each. */
struct option {
	const char *flag, *argument, *value, *help;
	enum option_kind kind;
	size_t field;
};

static const struct option table[] = {
#define OPTION(flag, field, kind, argument, value, help) \
	{ flag, argument, value, help, KIND_##kind, offsetof(struct options, field) },
#define OPTION_GROUP(commands) { .argument = commands },
#include "options.def"
#undef OPTION
#undef OPTION_GROUP
};

const char *const section_kinds[N_SECTIONS] = { "arena", "weights", "code" };

enum { N_OPTIONS = sizeof table / sizeof *table, MAX_SECTION_NAME = 60 };

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

static bool set_option(struct options *o, const struct option *p, const char *text, struct arena *a)
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
	case KIND_SECTION:
		return parse_section(text, field, a);
	case KIND_POOL:
		return parse_pool(text, field, a);
	case KIND_EXPORT:
		return parse_choice(p, text, &((struct export_option *)field)->world);
	}
	return false;
}

static bool takes_argument(const struct option *p)
{
	return p->kind != KIND_FLAG && p->kind != KIND_COUNT;
}

/* The commands that take row k; "": all. */
static const char *commands_of(int k)
{
	while (table[k].flag)
		k--;
	return table[k].argument;
}

static bool is_option_of(int k, const char *command)
{
	const char *list = commands_of(k);
	const size_t n = strlen(command);

	for (const char *s = list; (s = strstr(s, command)); s += n)
		if (s > list && s[-1] == ' ' && s[n] == ' ')
			return true;
	return !*list;
}

/* One flag, its argument after "=" or in the next word; *i moves past what was used. */
static bool parse_flag(struct options *o, int argc, char **argv, int *i, struct arena *a, struct diag *d)
{
	const char *word = argv[*i], *equals = word[1] == '-' ? strchr(word, '=') : NULL, *text = "";
	size_t n = equals ? (size_t)(equals - word) : strlen(word);

	for (int k = 0; k < N_OPTIONS; k++) {
		const struct option *p = &table[k];
		if (!p->flag || strlen(p->flag) != n || strncmp(p->flag, word, n) != 0)
			continue;
		if (!is_option_of(k, o->command))
			return diag_error(d, STATUS_USAGE, NULL, "%s is no option of %s; it belongs to:%.*s", p->flag,
					  o->command, (int)strlen(commands_of(k)) - 1, commands_of(k));
		if (!takes_argument(p)) {
			if (equals)
				return diag_error(d, STATUS_USAGE, NULL, "%s takes no argument", p->flag);
		} else if (equals) {
			text = equals + 1;
		} else if (*i + 1 < argc) {
			text = argv[++*i];
		} else {
			return diag_error(d, STATUS_USAGE, NULL, "%s needs an argument: %s", p->flag, p->argument);
		}
		if (!set_option(o, p, text, a))
			return diag_error(d, STATUS_USAGE, NULL, "%s: \"%s\": must be %s", p->flag, text, p->argument);
		if (p->kind == KIND_EXPORT && *i + 1 == argc)
			return diag_error(d, STATUS_USAGE, NULL, "%s=%s needs a folder behind it", p->flag, text);
		if (p->kind == KIND_EXPORT)
			((struct export_option *)(void *)((char *)o + p->field))->folder = argv[++*i];
		return true;
	}
	return diag_error(d, STATUS_USAGE, NULL, "unknown option %s; see nnc --help", word);
}

bool options_parse(struct options *o, int argc, char **argv, const char *const *commands, int n, struct arena *a,
		   struct diag *d)
{
	int i = 1;

	*o = (struct options){ .command = commands[0] };
	for (int k = 0; k < N_OPTIONS; k++)
		if (table[k].flag && table[k].value)
			set_option(o, &table[k], table[k].value, a);
	for (int k = 0; k < n && argc > 1; k++)
		if (!strcmp(argv[1], commands[k])) {
			o->command = commands[k];
			i = 2;
			break;
		}
	o->rest = ARENA_ARRAY(a, argc + 1, const char *);
	for (; i < argc; i++) {
		if (argv[i][0] == '-' && argv[i][1]) {
			if (!parse_flag(o, argc, argv, &i, a, d))
				return false;
		} else if (!o->model) {
			o->model = argv[i];
		} else {
			o->rest[o->n_rest++] = argv[i];
		}
	}
	return true;
}

void options_help(struct strbuf *out, const char *command)
{
	for (int k = 0; k < N_OPTIONS; k++) {
		char flag[64];
		if (!table[k].flag || !is_option_of(k, command))
			continue;
		snprintf(flag, sizeof flag, "%s%s%s", table[k].flag,
			 !takes_argument(&table[k]) ? "" : table[k].flag[1] == '-' ? "=" : " ", table[k].argument);
		strbuf_printf(out, "  %-34s %s\n", flag, table[k].help);
	}
}

const char *options_summary(const struct options *o, struct arena *a)
{
	static const char *const fp[] = { "strict", "default" }, *const optimize[] = { "speed", "size", "ram" };
	struct strbuf b;

	strbuf_init(&b, a);
	strbuf_printf(&b, "--fp=%s", fp[o->fp]);
	if (o->optimize != OPTIMIZE_SPEED)
		strbuf_printf(&b, " --optimize=%s", optimize[o->optimize]);
	if (o->io == IO_QUANTIZED)
		strbuf_puts(&b, " --io=quantized");
	if (o->stream_input)
		strbuf_printf(&b, " --stream-input %s", o->stream_input);
	if (o->arena == ARENA_CALLER)
		strbuf_puts(&b, " --arena=caller");
	if (o->io_memory == EDGES_ARENA)
		strbuf_puts(&b, " --io-memory=arena");
	for (int k = 0; k < o->pools.n; k++) {
		const struct pool_option *v = &o->pools.v[k];
		strbuf_printf(&b, " --pool %s:%lld", v->name, (long long)v->bytes);
		if (v->speed > 0)
			strbuf_printf(&b, ":%g", v->speed);
	}
	for (int k = 0; k < o->section.n; k++)
		strbuf_printf(&b, " --section %s=%s", o->section.pool[k], o->section.pool_section[k]);
	for (int k = 0; k < N_SECTIONS; k++)
		if (o->section.name[k])
			strbuf_printf(&b, " --section %s=%s", section_kinds[k], o->section.name[k]);
	if (o->flush_subnormals)
		strbuf_puts(&b, " --flush-subnormals");
	if (o->taps)
		strbuf_puts(&b, " --taps");
	for (int i = 0; i < o->dims.n; i++) {
		const struct dim_option *v = &o->dims.v[i];
		strbuf_printf(&b, " --dim %s=", v->name);
		if (v->as) {
			strbuf_puts(&b, v->as);
			continue;
		}
		strbuf_printf(&b, "%lld", (long long)v->lo);
		if (v->hi != v->lo)
			strbuf_printf(&b, "..%lld", (long long)v->hi);
	}
	return strbuf_text(&b);
}
