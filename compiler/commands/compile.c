#include <stdio.h>

#include "commands/commands.h"
#include "commands/progress.h"
#include "driver.h"

enum status command_compile(const struct options *o, struct arena *a, struct arena *scratch, struct diag *d)
{
	struct compilation *c = ARENA_NEW(a, struct compilation);

	if (!o->output && !o->dump) {
		diag_error(d, STATUS_USAGE, NULL, "no output given: -o OUT.c");
		return d->status;
	}
	if (o->n_rest) {
		diag_error(d, STATUS_USAGE, NULL, "more than one model: \"%s\"", o->rest[0]);
		return d->status;
	}
	progress_begin((const char *const volatile *)&c->stage);
	compile_model(c, o, a, scratch, d);
	progress_end();
	fputs(strbuf_text(&c->dump), stdout);
	return d->status;
}
