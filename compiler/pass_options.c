#include "pass_options.h"

#include <string.h>

#include "options.h"
#include "passes/pass.h"
#include "steps/fuse.h"

/* Not optional: types and shapes are what all else builds on, and the interface is what its options say. */
static const char *const required[] = { "infer", "words", "edges", NULL };

/* What can be dumped beside the passes. */
static const char *const stages[] = { "import", "lower", "plan", "stream", "all", NULL };

/* Name i of the two lists of passes, then of the stages; NULL after the last. */
static const char *pass_name(int i, bool with_stages)
{
	if (i < n_passes)
		return passes[i].name;
	i -= n_passes;
	if (i < n_step_passes)
		return step_passes[i].name;
	return with_stages ? stages[i - n_step_passes] : NULL;
}

static bool is_name(const char *text, size_t n, bool with_stages)
{
	const char *name;

	for (int i = 0; (name = pass_name(i, with_stages)); i++)
		if (strlen(name) == n && !strncmp(name, text, n))
			return true;
	return false;
}

static bool refuse(const char *option, const char *text, size_t n, bool with_stages, struct arena *a, struct diag *d)
{
	struct strbuf b;
	const char *name;

	strbuf_init(&b, a);
	for (int i = 0; (name = pass_name(i, with_stages)); i++)
		strbuf_printf(&b, "%s%s", i ? ", " : "", name);
	return diag_error(d, STATUS_USAGE, NULL, "%s: \"%.*s\": no such pass, there are %s", option, (int)n, text,
			  strbuf_text(&b));
}

bool pass_options_check(const struct options *o, struct arena *a, struct diag *d)
{
	for (const char *s = o->skip_pass; s && *s; s += strcspn(s, ",")) {
		s += *s == ',';
		const size_t n = strcspn(s, ",");
		if (!is_name(s, n, false))
			return refuse("--skip-pass", s, n, false, a, d);
		for (int i = 0; required[i]; i++)
			if (n == strlen(required[i]) && !strncmp(s, required[i], n))
				return diag_error(d, STATUS_USAGE, NULL, "--skip-pass: \"%s\" cannot be left out",
						  required[i]);
	}
	return !o->dump || is_name(o->dump, strlen(o->dump), true) ||
	       refuse("--dump", o->dump, strlen(o->dump), true, a, d);
}

bool pass_is_skipped(const struct options *o, const char *pass)
{
	const size_t n = strlen(pass);

	for (const char *s = o->skip_pass; s && *s; s += strcspn(s, ",")) {
		s += *s == ',';
		if (strcspn(s, ",") == n && !strncmp(s, pass, n))
			return true;
	}
	return false;
}

bool dump_is_wanted(const struct options *o, const char *stage)
{
	return o->dump && (!strcmp(o->dump, stage) || !strcmp(o->dump, "all"));
}
