#include "depfile.h"

#include <string.h>

/* Make reads "\ " as a space, and backslashes before it in pairs; elsewhere a backslash is itself. */
static void put_name(struct emit *e, const char *name)
{
	size_t slashes = 0;

	for (; *name; name++) {
		if (*name == ' ' || *name == '\t' || *name == '#') {
			while (slashes--)
				emit_puts(e, "\\");
			emit_puts(e, "\\");
		} else if (*name == '$') {
			emit_puts(e, "$");
		}
		slashes = *name == '\\' ? slashes + 1 : 0;
		emit_text(e, name, 1);
	}
}

void depfile_print(struct emit *e, const char *const *outputs, int n_outputs, const char *const *sources, int n_sources)
{
	bool is_first = true;

	for (int i = 0; i < n_outputs; i++) {
		if (strchr(outputs[i], '\n'))
			continue;
		emit_puts(e, is_first ? "" : " ");
		put_name(e, outputs[i]);
		is_first = false;
	}
	emit_puts(e, ":");
	for (int i = 0; i < n_sources; i++) {
		if (strchr(sources[i], '\n'))
			continue;
		emit_puts(e, " \\\n  ");
		put_name(e, sources[i]);
	}
	emit_puts(e, "\n");
}
