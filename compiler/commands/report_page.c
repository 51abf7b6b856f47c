#include "commands/report_page.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "emit/output.h"
#include "emit/template.h"
#include "options.h"
#include "support/diag.h"

static const char hole[] = "/*DATA*/";

static bool ends_with(const char *path, const char *ending)
{
	const size_t n = strlen(path), k = strlen(ending);

	return n > k && !strcmp(path + n - k, ending);
}

bool report_check(const struct options *o, struct diag *d)
{
	if (!o->report || ends_with(o->report, ".html") || ends_with(o->report, ".json"))
		return true;
	return diag_error(d, STATUS_USAGE, NULL, "--report: \"%s\": must end with .html or .json", o->report);
}

/* Inside a page no text may end its script: "<" is spelled by its number, which only strings have. */
static void put_script(FILE *f, const char *json)
{
	for (; *json; json++)
		if (*json == '<')
			fputs("\\u003c", f);
		else
			putc(*json, f);
}

static void put_page(FILE *f, const char *json)
{
	const char *at = strstr(template_report_html, hole);

	fwrite(template_report_html, 1, (size_t)(at - template_report_html), f);
	put_script(f, json);
	fputs(at + strlen(hole), f);
}

static bool is_source(const struct module *m, const char *path)
{
	struct stat x, y;

	if (stat(path, &x) != 0)
		return false;
	for (int i = 0; i < m->n_sources; i++)
		if (stat(m->source[i], &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino)
			return true;
	return false;
}

bool report_write(struct compilation *c, const struct origin *origin, const struct stack *stack,
		  const struct options *o, struct arena *a, struct diag *d)
{
	struct report r = { .c = c, .arena = a, .stack = stack };
	struct output *out;
	struct json j;
	const char *json;
	FILE *f;

	if (is_source(&c->module, o->report))
		return diag_error(d, STATUS_USAGE, NULL, "--report: %s is read by the model", o->report);
	report_gather(&r);
	json_begin(&j, a);
	report_json(&j, &r);
	origin_json(&j, origin, &r);
	json = json_end(&j);
	out = output_new(a, d);
	f = output_open(out, o->report);
	if (!f)
		return false;
	if (ends_with(o->report, ".html"))
		put_page(f, json);
	else
		fputs(json, f);
	return output_commit(out);
}
