#include "options.h"

#include <string.h>

#include "option_table.h"
#include "support/arena.h"
#include "support/diag.h"
#include "support/nearest.h"

/* The row of a word's first n letters, with dashes; NULL: none. */
static const struct option *find_flag(const char *word, size_t n)
{
	for (const struct option *p = option_table; p < option_table + n_options; p++)
		if ((p->flag && strlen(p->flag) == n && !strncmp(p->flag, word, n)) ||
		    (p->same && strlen(p->same) == n && !strncmp(p->same, word, n)))
			return p;
	return NULL;
}

static bool is_option_of(const struct option *p, const char *command)
{
	return option_is_of((int)(p - option_table), command);
}

static bool refuse_flag(const char *command, const char *word, size_t n, struct arena *a, struct diag *d)
{
	struct nearest x;

	nearest_init(&x, word, n);
	for (const struct option *p = option_table; n > 2 && p < option_table + n_options; p++)
		if (p->flag && is_option_of(p, command))
			nearest_try(&x, p->flag, strlen(p->flag));
	return diag_error(d, STATUS_USAGE, NULL, "unknown option %s%s", word,
			  x.best ? nearest_text(&x, a) : "; see nnc --help");
}

/* What stands behind a flag: "--flag=text", "-otext", or the next word, to which *i moves. NULL: reported. */
static const char *read_argument(const struct option *p, int argc, char **argv, int *i, size_t n, struct diag *d)
{
	const char *behind = argv[*i] + n;

	if (!option_takes_argument(p)) {
		if (*behind)
			diag_error(d, STATUS_USAGE, NULL, "%s takes no argument", p->flag);
		return *behind ? NULL : behind;
	}
	if (*behind)
		return behind + (*behind == '=' && n > 2);
	if (*i + 1 < argc)
		return argv[++*i];
	diag_error(d, STATUS_USAGE, NULL, "%s needs an argument: %s", p->flag, p->argument);
	return NULL;
}

/* One flag and its argument; *i moves past what was used. */
static bool parse_flag(struct options *o, int argc, char **argv, int *i, struct arena *a, struct diag *d)
{
	const char *word = argv[*i], *text;
	size_t n = word[1] == '-' ? strcspn(word, "=") : strlen(word);
	const struct option *p = find_flag(word, n);

	if (!p && word[1] != '-' && (p = find_flag(word, 2))) {
		p = option_takes_argument(p) ? p : NULL;
		n = p ? 2 : n;
	}
	if (!p)
		return refuse_flag(o->command, word, n, a, d);
	if (!is_option_of(p, o->command)) {
		const char *list = option_commands((int)(p - option_table));
		return diag_error(d, STATUS_USAGE, NULL, "%s is no option of %s; it belongs to:%.*s", p->flag,
				  o->command, (int)strlen(list) - 1, list);
	}
	if (!(text = read_argument(p, argc, argv, i, n, d)))
		return false;
	if (!option_set(o, p, text, a))
		return diag_error(d, STATUS_USAGE, NULL, "%s: \"%s\": must be %s", p->flag, text, p->argument);
	if (p->kind == KIND_EXPORT && *i + 1 == argc)
		return diag_error(d, STATUS_USAGE, NULL, "%s=%s needs a folder behind it", p->flag, text);
	if (p->kind == KIND_EXPORT)
		((struct export_option *)(void *)((char *)o + p->field))->folder = argv[++*i];
	return true;
}

bool options_parse(struct options *o, int argc, char **argv, const char *const *commands, int n, struct arena *a,
		   struct diag *d)
{
	int i = 1;

	*o = (struct options){ .command = commands[0] };
	for (int k = 0; k < n_options; k++)
		if (option_table[k].flag && option_table[k].value)
			option_set(o, &option_table[k], option_table[k].value, a);
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
	if (o->window)
		strbuf_printf(&b, " --window=%s", o->window);
	if (o->stream)
		strbuf_printf(&b, " --stream=%s", o->stream);
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
	if (o->protect)                         /* without its seed */
		strbuf_puts(&b, " --protect");
	if (o->taps)
		strbuf_puts(&b, " --taps");
	for (int i = 0; i < o->fixed.n; i++)    /* without its values: they are among the constants */
		strbuf_printf(&b, " --fix %s", o->fixed.v[i].name);
	for (int i = 0; i < o->takes.n; i++)
		strbuf_printf(&b, " --input %s=%s", o->takes.v[i].name, o->takes.v[i].text);
	for (int i = 0; i < o->gives.n; i++)
		strbuf_printf(&b, " --output %s=%s", o->gives.v[i].name, o->gives.v[i].text);
	for (int i = 0; i < o->states.n; i++)
		strbuf_printf(&b, " --state %s=%s", o->states.v[i].in, o->states.v[i].out);
	for (int i = 0; i < o->parts.n; i++)
		strbuf_printf(&b, " --parts %s=%s", o->parts.v[i].name, o->parts.v[i].text);
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
