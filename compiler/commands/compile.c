#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands/commands.h"
#include "commands/report_page.h"
#include "emit/emit_program.h"
#include "emit/export.h"
#include "host/progress.h"
#include "host/stack.h"
#include "driver.h"
#include "targets/target.h"

/* What came of it, for whoever looks on. */
static void print_summary(const struct compilation *c, const struct options *o, const struct emit_stack *stack)
{
	const struct emit_totals *t = &c->totals;

	fprintf(stderr, "work   %.6g MMAC in %d steps\n", (double)t->macs / 1e6, t->n_steps);
	fprintf(stderr, "flash  %lld bytes of constants\n", (long long)t->weight_bytes);
	fputs("RAM    ", stderr);
	for (int i = 0; i < c->plan.n_pools; i++)
		fprintf(stderr, "%s%lld bytes of %s", i ? ", " : "", (long long)c->plan.pool[i].arena_bytes,
			c->plan.pool_name[i]);
	if (t->plain_bytes)
		fprintf(stderr, ", %lld bytes of constants made plain", (long long)t->plain_bytes);
	fputs(o->arena == ARENA_CALLER ? ", the caller's\n" : "\n", stderr);
	if (stack)
		fprintf(stderr, "stack  %lld bytes, by %s\n", (long long)stack->bytes, stack->compiler);
	if (o->export_to.folder) {
		fprintf(stderr, "wrote  %d files in %s\n", t->n_paths, o->export_to.folder);
		return;
	}
	for (int i = 0; i < t->n_paths; i++)
		fprintf(stderr, "%s%s", i ? ", " : "wrote  ", t->path[i]);
	fputs("\n", stderr);
}

/* The stack is measured before anything is written, for it stands in the header and may be beyond its limit. */
static bool write_out(struct compilation *c, const struct options *o, struct stack *s, struct arena *a, struct diag *d)
{
	bool ok;

	if (stack_is_wanted(o) && !stack_measure(s, c, o, a, d))
		return false;
	progress_begin((const char *const volatile *)&c->stage);
	ok = compile_emit(c, o, stack_is_wanted(o) ? &s->figure : NULL);
	progress_end();
	if (ok && !o->quiet && isatty(STDERR_FILENO))
		print_summary(c, o, stack_is_wanted(o) ? &s->figure : NULL);
	return ok;
}

/* At once: what is still in a buffer is lost when a later stage aborts. */
static void print(void *to, const char *text)
{
	(void)to;
	fputs(text, stdout);
	fflush(stdout);
}

enum status command_compile(const struct options *given, struct arena *a, struct arena *scratch, struct diag *d)
{
	struct compilation *c = ARENA_NEW(a, struct compilation);
	struct stack stack = { 0 };
	struct origin origin;
	struct options named = *given;
	const struct options *o = &named;
	const struct target *target = target_find(a, given->target, NULL);
	bool ok;

	if (!report_check(given, d) || (target && !export_check(given, target, d)))
		return d->status;
	if (given->export_to.folder)
		named.output = export_output(given, a);
	if (export_has_objects(given))
		named.arena = ARENA_CALLER;
	if (!o->output && !o->dump && !o->report) {
		diag_error(d, STATUS_USAGE, NULL, "no output given: -o OUT.c, or --export");
		return d->status;
	}
	if (o->output && !strcmp(o->output, "-")) {
		diag_error(d, STATUS_USAGE, NULL, "-o: \"-\": a file is needed, for OUT.h appears beside it");
		return d->status;
	}
	if (o->output && !emit_path_check(a, o->output, d))
		return d->status;
	if (o->n_rest) {
		diag_error(d, STATUS_USAGE, NULL, "more than one model: \"%s\"", o->rest[0]);
		return d->status;
	}
	c->dump = (struct sink){ .write = print };
	if (o->report)
		origin_watch(&origin, c, a, d);
	progress_begin((const char *const volatile *)&c->stage);
	ok = compile_model(c, o, a, scratch, d);
	progress_end();
	if (ok && o->output)
		ok = write_out(c, o, &stack, a, d);
	if (ok && o->report)
		report_write(c, &origin, o->output && stack_is_wanted(o) ? &stack : NULL, o, a, d);
	return d->status;
}
