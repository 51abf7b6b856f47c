/* Worst-case stack below model_run().
 *
 * The generated code has no recursion, so the figure is the heaviest path through its calls. For Cortex-M they are
 * those of the linked program, the C library's functions included; for the other targets those of gcc's own report,
 * which does not know what the C library takes: its functions are named. */
#include "host/stack.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/call_graph.h"
#include "host/call_listing.h"
#include "host/call_report.h"
#include "host/folder.h"
#include "host/process.h"
#include "host/progress.h"
#include "emit/emit_program.h"
#include "emit/emit_weights.h"
#include "ops/ops.h"
#include "options.h"
#include "support/arena.h"
#include "support/name.h"
#include "targets/target.h"

/* "model.c:nnrt_conv_int8_2x4.constprop.0" without the file and the compiler's ending. */
static const char *plain_name(struct arena *a, const char *title)
{
	const char *colon = strrchr(title, ':'), *name = colon ? colon + 1 : title;

	return arena_strndup(a, name, strcspn(name, "."));
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* "memcpy, memset": called from where model_run leads, in the order of the alphabet. */
static const char *external_text(const struct call_graph *g, struct arena *a)
{
	const char **name = ARENA_ARRAY(a, g->n + 1, const char *);
	struct strbuf b;
	int n = 0;

	for (int i = 0; i < g->n; i++)
		if (g->v[i].is_external && g->v[i].state == SEEN)
			name[n++] = g->v[i].name;
	if (n)
		qsort(name, (size_t)n, sizeof *name, compare_names);
	strbuf_init(&b, a);
	for (int i = 0; i < n; i++)
		strbuf_printf(&b, "%s%s", i ? ", " : "", name[i]);
	return strbuf_text(&b);
}

static bool add_up(struct stack *s, struct call_graph *g, const char *run, struct arena *a, struct diag *d)
{
	const int root = (int)map_get_name(&g->by_name, run, -1);

	if (root < 0)
		return diag_error(d, STATUS_ENVIRONMENT, NULL, "what the C compiler made does not name %s", run);
	if (!graph_find_worst(g, root, d))
		return false;
	s->figure.bytes = g->v[root].below;
	s->figure.besides = external_text(g, a);
	for (int f = root; f >= 0;) {
		const struct callee *call = g->v[f].deepest;
		s->frame = ARENA_PUSH(a, s->frame, s->n, struct stack_frame);
		s->frame[s->n++] = (struct stack_frame){ plain_name(a, g->v[f].name), call ? call->at : g->v[f].bytes };
		f = call ? call->function : -1;
	}
	return true;
}

/* --- building ----------------------------------------------------------------------------------------------------- */

bool stack_is_wanted(const struct options *o)
{
	return o->cc || o->stack_limit;
}

/* The compiler and its flags as model.h names them: without folders, which differ from machine to machine. */
static const char *compiler_text(const struct words *w, struct arena *a)
{
	const char *slash = w->n ? strrchr(w->v[0], '/') : NULL;
	struct strbuf b;

	strbuf_init(&b, a);
	for (int i = 0; i < w->n; i++)
		strbuf_printf(&b, "%s%s", i ? " " : "", i ? w->v[i] : slash ? slash + 1 : w->v[0]);
	return strbuf_text(&b);
}

/* cc flags… target's flags… */
static void name_compiler(struct words *w, struct stack *s, const struct options *o, const struct target *t,
			  struct arena *a)
{
	words_init(w, a);
	words_split(w, o->cc ? o->cc : t->cc);
	words_make_absolute(w);
	words_split(w, o->cflags);
	s->figure.compiler = compiler_text(w, a);
	words_split(w, t->cflags);
}

/* compiler… -c -o FOLDER/model.o FOLDER/model.c; with a report in FOLDER/model.ci. */
static bool compile_c(const struct words *compiler, bool reports, const struct folder *f, struct arena *a,
		      struct diag *d)
{
	static const char *const stage = "C compiler";
	struct words w;
	bool ok;

	words_init(&w, a);
	for (int i = 0; i < compiler->n; i++)
		words_add(&w, compiler->v[i]);
	if (reports)
		words_add(&w, "-fcallgraph-info=su");
	words_add(&w, "-c");
	words_add(&w, "-o");
	words_add(&w, folder_path(f, "model.o", a));
	words_add(&w, folder_path(f, "model.c", a));
	progress_begin(&stage);
	ok = process_run(&w, NULL, true, "C compiler", a, d);
	progress_end();
	return ok;
}

static bool measure_in(struct stack *s, const struct folder *f, struct compilation *c, const struct options *given,
		       struct arena *a, struct diag *d)
{
	const struct target *t = c->module.target;
	const bool lists = call_listing_reads(t);
	struct options o = *given;
	struct call_graph g;
	struct words compiler;

	graph_init(&g, a);
	name_compiler(&compiler, s, given, t, a);
	o.output = folder_path(f, "model.c", a);
	o.weights = WEIGHTS_TEXT;
	o.depfile = false;
	o.flash_limit = 0;
	return compile_emit(c, &o, NULL) && compile_c(&compiler, !lists, f, a, d) &&
	       (lists ? call_listing_read(&g, &compiler, f, c->totals.entry, given->stream_input != NULL, d) :
			call_report_read(&g, folder_path(f, "model.ci", a), d)) &&
	       add_up(s, &g, c->totals.entry, a, d);
}

bool stack_measure(struct stack *s, struct compilation *c, const struct options *o, struct arena *a, struct diag *d)
{
	struct folder *f = folder_make(a, d);
	bool ok;

	*s = (struct stack){ 0 };
	if (!f)
		return false;
	ok = measure_in(s, f, c, o, a, d);
	folder_remove(f);
	if (ok && o->stack_limit && s->figure.bytes > o->stack_limit)
		return diag_error(d, STATUS_DIFFERS, NULL, "stack: %" PRId64 " bytes, limit %" PRId64 ": %s",
				  s->figure.bytes, o->stack_limit, stack_text(s, c, a));
	return ok;
}

/* --- what it says ------------------------------------------------------------------------------------------------- */

/* The step whose function it is ("model_s14"), or NULL. */
static const struct step *step_of(const struct compilation *c, const char *function)
{
	const size_t n = strlen(c->totals.prefix);
	char *end;
	long number;

	if (strncmp(function, c->totals.prefix, n) != 0 || strncmp(function + n, "_s", 2) != 0)
		return NULL;
	number = strtol(function + n + 2, &end, 10);
	return *end || end == function + n + 2 ? NULL : block_leaf(&c->block, (int)number);
}

const char *stack_text(const struct stack *s, const struct compilation *c, struct arena *a)
{
	const struct module *m = &c->module;
	struct strbuf b;

	strbuf_init(&b, a);
	for (int i = 0; i < s->n; i++) {
		const struct step *step = step_of(c, s->frame[i].function);
		strbuf_printf(&b, "%s%s", i ? ", " : "", s->frame[i].function);
		if (step && step->node >= 0)
			strbuf_printf(&b, " (%s \"%s\")", m->node[step->node].op->name,
				      name_text(a, m->node[step->node].name));
		strbuf_printf(&b, " %" PRId64, s->frame[i].bytes);
	}
	if (*s->figure.besides)
		strbuf_printf(&b, "; besides %s", s->figure.besides);
	return strbuf_text(&b);
}
