#include "host/built.h"

#include <errno.h>
#include <string.h>

#include "host/harness.h"
#include "host/process.h"
#include "host/progress.h"
#include "support/arena.h"
#include "targets/target.h"

static bool write_harness(struct built *b, const char *path, struct arena *a, struct diag *d)
{
	FILE *f = fopen(path, "w");
	bool ok = f != NULL;

	if (f) {
		harness_write(f, &b->c.totals, b->c.module.target, &b->options, a);
		ok = !ferror(f);
		ok = fclose(f) == 0 && ok;
	}
	return ok || diag_error(d, STATUS_ENVIRONMENT, NULL, "cannot write %s: %s", path, strerror(errno));
}

/* cc flags… target's flags… -o program main.c model.c model_w0.c … libraries. */
static bool compile_c(struct built *b, struct arena *a, struct diag *d)
{
	static const char *const stage = "C compiler";
	const struct target *t = b->c.module.target;
	const char *main_c = folder_path(b->folder, arena_printf(a, "%s_main.c", b->stem), a);
	struct words w;
	bool ok;

	if (!write_harness(b, main_c, a, d))
		return false;
	words_init(&w, a);
	words_split(&w, b->options.cc ? b->options.cc : t->cc);
	words_split(&w, b->options.cflags);
	words_split(&w, t->cflags);
	words_add(&w, "-o");
	words_add(&w, b->program);
	words_add(&w, main_c);
	words_add(&w, b->options.output);
	for (int k = 0; k < b->c.totals.n_weight_files; k++)
		words_add(&w, folder_path(b->folder, arena_printf(a, "%s_w%d.c", b->stem, k), a));
	words_split(&w, t->link_flags);
	progress_begin(&stage);
	ok = process_run(&w, NULL, true, "C compiler", a, d);
	progress_end();
	return ok;
}

bool built_make(struct built *b, const struct options *o, const struct folder *f, int number, struct arena *a,
		struct arena *scratch, struct diag *d)
{
	bool ok;

	*b = (struct built){ .options = *o, .folder = f, .stem = arena_printf(a, "model_%d", number) };
	b->options.output = folder_path(b->folder, arena_printf(a, "%s.c", b->stem), a);
	b->options.name = b->stem;
	b->options.arena = ARENA_STATIC;
	b->options.io_memory = EDGES_CALLER;
	b->options.weights = 0;
	b->options.depfile = false;
	b->program = folder_path(b->folder, arena_printf(a, "%s_program", b->stem), a);
	progress_begin((const char *const volatile *)&b->c.stage);
	ok = compile_model(&b->c, &b->options, a, scratch, d) && compile_emit(&b->c, &b->options, NULL);
	progress_end();
	if (!ok)
		return false;
	b->runner = o->runner ? o->runner : b->c.module.target->runner;
	return compile_c(b, a, d);
}
