#include "import/foreign.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "support/diag.h"

enum { LOOKED_AT = 512, SHOWN = 60 };   /* bytes of what may be a text */

static const struct foreign {
	size_t at, n;
	const char *magic, *ending, *what, *advice;
} rows[] = {
#define FOREIGN(at, magic, name, what, advice) { at, sizeof magic - 1, magic, name, what, advice },
#include "import/foreign.def"
#undef FOREIGN
};

static bool ends_with(const char *path, const char *ending)
{
	const size_t n = strlen(path), k = strlen(ending);

	return n >= k && !strcmp(path + n - k, ending);
}

/* No protobuf message of that length is without control characters: its first tags are. */
static bool is_text(const unsigned char *bytes, size_t n)
{
	n = n < LOOKED_AT ? n : LOOKED_AT;
	for (size_t i = 0; i < n; i++)
		if ((bytes[i] < ' ' && !strchr("\t\n\r", bytes[i])) || bytes[i] == 127 || !bytes[i])
			return false;
	return n > 0;
}

static bool refuse(struct diag *d, const struct foreign *f, const char *path)
{
	const char *s = strstr(f->advice, "FILE");

	if (!s)
		return diag_error(d, STATUS_MODEL, NULL, "it is %s: %s", f->what, f->advice);
	return diag_error(d, STATUS_MODEL, NULL, "it is %s: %.*s%s%s", f->what, (int)(s - f->advice), f->advice, path,
			  s + strlen("FILE"));
}

bool foreign_check_folder(struct diag *d, const char *path)
{
	static const struct foreign saved = { .what = "a SavedModel of TensorFlow",
		.advice = "python -m tf2onnx.convert --saved-model FILE --output model.onnx" };
	char name[PATH_MAX];
	struct stat s;

	if (stat(path, &s) || !S_ISDIR(s.st_mode) ||
	    snprintf(name, sizeof name, "%s/saved_model.pb", path) >= (int)sizeof name || stat(name, &s))
		return true;
	return refuse(d, &saved, path);
}

bool foreign_check(struct diag *d, const char *path, const unsigned char *bytes, size_t n)
{
	size_t line = 0;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct foreign *f = &rows[i];
		if (n >= f->at + f->n && !memcmp(bytes + f->at, f->magic, f->n) && ends_with(path, f->ending))
			return refuse(d, f, path);
	}
	if (!is_text(bytes, n))
		return true;
	while (line < n && line < SHOWN && !strchr("\r\n", bytes[line]))
		line++;
	return diag_error(d, STATUS_MODEL, NULL, "it is a text, not an ONNX model, which is a protobuf message: "
			  "its first line is \"%.*s\"", (int)line, (const char *)bytes);
}
