/* nnc inspect: what a model is made of and what it will need. */
#include "budget.h"
#include "commands/commands.h"
#include "host/progress.h"
#include "commands/report_page.h"
#include "host/stack.h"
#include "driver.h"

enum status command_inspect(const struct options *given, struct arena *a, struct arena *scratch, struct diag *d)
{
	struct options o = *given;
	struct report r = { .c = ARENA_NEW(a, struct compilation), .arena = a };
	struct origin origin;
	struct stack stack;
	bool ok;

	if (o.n_rest) {
		diag_error(d, STATUS_USAGE, NULL, "more than one model: \"%s\"", o.rest[0]);
		return d->status;
	}
	o.output = NULL;
	o.name = "model";
	if (!report_check(&o, d))
		return d->status;
	if (o.report)
		origin_watch(&origin, r.c, a, d);
	progress_begin((const char *const volatile *)&r.c->stage);
	ok = compile_model(r.c, &o, a, scratch, d);
	progress_end();
	if (!ok)
		return d->status;
	report_gather(&r);
	if (!budget_flash(&r.c->module, &r.c->block, r.constant_bytes))
		return d->status;
	if (stack_is_wanted(&o)) {
		if (!stack_measure(&stack, r.c, &o, a, d))
			return d->status;
		r.stack = &stack;
	}
	if (o.report && !report_write(r.c, &origin, r.stack, &o, a, d))
		return d->status;
	if (o.json)
		report_print_json(&r);
	else
		report_print_text(&r);
	return d->status;
}
