#include "template.h"

#include <string.h>

#include "emit.h"
#include "support/diag.h"

static const struct hole *find_hole(const struct hole *holes, const char *name, size_t n)
{
	for (; holes->name; holes++)
		if (strlen(holes->name) == n && !memcmp(holes->name, name, n))
			return holes;
	die("template without a value for @%.*s@", (int)n, name);
}

void template_print(struct emit *e, const char *text, const struct hole *holes, const struct emit_model *m)
{
	while (*text) {
		size_t n = strcspn(text, "@");
		const struct hole *h;
		emit_text(e, text, n);
		text += n;
		if (!*text)
			break;
		n = strcspn(text + 1, "@");
		h = find_hole(holes, text + 1, n);
		text += n + 2;
		if (h->print) {
			h->print(e, m);
			text += *text == '\n';
		} else {
			emit_puts(e, h->text);
		}
	}
}
