#include "commands/bench_saved.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emit/output.h"
#include "import/reader.h"
#include "support/arena.h"
#include "support/diag.h"

/* What stands behind `"name": ` in JSON as nnc writes it; NULL: nothing. */
static const char *find_member(const char *json, const char *name, struct arena *a)
{
	const char *key = arena_printf(a, "\"%s\": ", name), *s = strstr(json, key);

	return s ? s + strlen(key) : NULL;
}

static bool read_number(const char *json, const char *name, double *x, struct arena *a)
{
	const char *s = find_member(json, name, a);
	char *end;

	*x = s ? strtod(s, &end) : 0;
	return s && end != s && *x > 0;
}

static bool read_text(const char *json, const char *name, const char **text, struct arena *a)
{
	const char *s = find_member(json, name, a);

	*text = s && *s == '"' ? arena_strndup(a, s + 1, strcspn(s + 1, "\"\n")) : "";
	return **text != 0;
}

bool saved_read(struct saved *s, const char *path, struct arena *a, struct diag *d)
{
	size_t n;
	const unsigned char *bytes = reader_read(a, d, path, &n);
	const char *json = bytes ? arena_strndup(a, (const char *)bytes, n) : NULL;

	if (!json)
		return false;
	return (read_number(json, "median_s", &s->median, a) && read_number(json, "quartile1_s", &s->quarter, a) &&
		read_number(json, "quartile3_s", &s->three_quarters, a) && read_text(json, "sha256", &s->sha256, a) &&
		read_text(json, "target", &s->target, a)) ||
	       diag_error(d, STATUS_MODEL, NULL, "--against: %s is nothing that nnc bench --save wrote", path);
}

bool saved_write(const char *path, const char *json, struct arena *a, struct diag *d)
{
	struct output *o = output_new(a, d);
	FILE *f = output_open(o, path);

	if (!f)
		return false;
	fputs(json, f);
	return output_commit(o);
}

void saved_print(const struct saved *before, const struct spread *now, const char *sha256, const char *target,
		 const char *path)
{
	const double ratio = now->median / before->median;
	const bool apart = now->quarter > before->three_quarters || now->three_quarters < before->quarter;

	printf("against %s: %.3f times its median of %.2f us", path, ratio, 1e6 * before->median);
	if (strcmp(before->target, target) != 0)
		printf(", which was on %s", before->target);
	if (strcmp(before->sha256, sha256) != 0)
		printf(", of another model");
	printf(": %s\n", !apart ? "no difference that shows" : ratio > 1 ? "SLOWER" : "faster");
}
