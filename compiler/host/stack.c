/* Worst-case stack below model_run(), from gcc's own report.
 *
 * -fcallgraph-info=su writes a graph (VCG) with a line for each function, its frame in bytes, and a line for each call.
 * The generated code has no recursion and calls nothing through a pointer, so the figure is the heaviest path; what
 * assembly takes and calls says runtime_min/kernels/assembly.def. What functions of the C library take themselves is
 * not in the report: they are named. */
#include "host/stack.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/folder.h"
#include "host/process.h"
#include "host/progress.h"
#include "emit/emit_program.h"
#include "emit/emit_weights.h"
#include "ops/ops.h"
#include "options.h"
#include "support/arena.h"
#include "support/map.h"
#include "support/name.h"
#include "targets/target.h"

struct callee {
	int function;
	struct callee *next;
};

enum { NOT_SEEN, BEING_SEEN, SEEN };

struct function {
	const char *name;
	int64_t bytes, below;           /* its frame; the worst of itself and all that it calls */
	bool is_external, is_unbounded;
	int deepest;                    /* which call that is, or -1 */
	int state;
	struct callee *calls;
};

struct call_graph {
	struct arena *arena;
	struct map by_name;
	struct function *v;
	int n;
};

/* --- the compiler's report ---------------------------------------------------------------------------------------- */

static int function_named(struct call_graph *g, const char *name)
{
	const int found = (int)map_get_name(&g->by_name, name, -1);

	if (found >= 0)
		return found;
	map_set_name(&g->by_name, name, g->n);
	g->v = ARENA_PUSH(g->arena, g->v, g->n, struct function);
	g->v[g->n] = (struct function){ .name = name, .is_external = true, .deepest = -1 };
	return g->n++;
}

/* The text between quotes after `key` in a line, or NULL. */
static const char *quoted(struct arena *a, const char *line, const char *key)
{
	const char *at = strstr(line, key), *from, *to;

	from = at ? strchr(at, '"') : NULL;
	to = from ? strchr(from + 1, '"') : NULL;
	return to ? arena_strndup(a, from + 1, (size_t)(to - from - 1)) : NULL;
}

/* label: "model_s2\nmodel.c:725:13\n208 bytes (static)\n0 dynamic objects", with \n as two characters. "dynamic" alone
 * is a size that the compiler cannot bound; "dynamic,bounded" is an aligned frame. */
static void read_node(struct call_graph *g, const char *line)
{
	const char *title = quoted(g->arena, line, "title:"), *label = quoted(g->arena, line, "label:");
	const char *bytes = label ? strstr(label, " bytes (") : NULL;
	struct function *f;
	int number;

	if (!title)
		return;
	number = function_named(g, title);
	if (!bytes)
		return;
	f = &g->v[number];
	f->is_external = false;
	f->is_unbounded = strncmp(bytes, " bytes (dynamic)", 16) == 0;
	while (bytes > label && bytes[-1] >= '0' && bytes[-1] <= '9')
		bytes--;
	f->bytes = strtoll(bytes, NULL, 10);
}

static void add_call(struct call_graph *g, int caller, int callee)
{
	struct callee *c = ARENA_NEW(g->arena, struct callee);

	*c = (struct callee){ .function = callee, .next = g->v[caller].calls };
	g->v[caller].calls = c;
}

static void read_edge(struct call_graph *g, const char *line)
{
	const char *from = quoted(g->arena, line, "sourcename:"), *to = quoted(g->arena, line, "targetname:");
	int caller;

	if (!from || !to)
		return;
	caller = function_named(g, from);
	add_call(g, caller, function_named(g, to));
}

/* "model.c:nnrt_conv_int8_2x4.constprop.0" without the file and the compiler's ending. */
static const char *plain_name(struct arena *a, const char *title)
{
	const char *colon = strrchr(title, ':'), *name = colon ? colon + 1 : title;

	return arena_strndup(a, name, strcspn(name, "."));
}

/* A function of that plain name, or -1. */
static int function_called(const struct call_graph *g, const char *name)
{
	for (int i = 0; i < g->n; i++)
		if (!strcmp(plain_name(g->arena, g->v[i].name), name))
			return i;
	return -1;
}

/* What the report does not know of functions in assembly. */
static void add_assembly(struct call_graph *g)
{
	static const struct {
		const char *function, *calls;
		int bytes, more;
	} rows[] = {
#define ASSEMBLY(function, bytes, more, calls) { #function, #calls, bytes, more },
#include "runtime_min/kernels/assembly.def"
#undef ASSEMBLY
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const int caller = function_called(g, rows[i].function);
		const int callee = caller < 0 ? -1 : function_called(g, rows[i].calls);
		if (caller >= 0)
			g->v[caller].bytes += rows[i].bytes;
		if (callee >= 0) {
			g->v[caller].bytes += rows[i].more;
			add_call(g, caller, callee);
		}
	}
}

static bool read_report(struct call_graph *g, const char *path, struct diag *d)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t room = 0;
	bool ok = f != NULL;

	/* Memory that runs out leaves the file open: nnc ends then. */
	while (f && getline(&line, &room, f) >= 0) {
		if (!strncmp(line, "node:", 5))
			read_node(g, line);
		else if (!strncmp(line, "edge:", 5))
			read_edge(g, line);
	}
	free(line);
	if (f)
		fclose(f);
	add_assembly(g);
	return ok || diag_error(d, STATUS_ENVIRONMENT, NULL, "the C compiler wrote no report of its calls (%s): "
				"gcc 10 or later does with -fcallgraph-info=su", strerror(errno));
}

/* --- the worst path ----------------------------------------------------------------------------------------------- */

static bool refuse(const struct function *f, const char *what, struct diag *d)
{
	return diag_error(d, STATUS_ENVIRONMENT, NULL, "by the C compiler's report %s %s", f->name, what);
}

/* Depth-first from function f, with the functions that are open and the next call of each: the report is a file. */
static bool find_worst(struct call_graph *g, int f, struct diag *d)
{
	int *open = ARENA_ARRAY(g->arena, g->n + 1, int), depth = 0;
	struct callee **next = ARENA_ARRAY(g->arena, g->n + 1, struct callee *);

	open[0] = f;
	next[0] = g->v[f].calls;
	while (depth >= 0) {
		struct function *x = &g->v[open[depth]], *y;
		struct callee *call = next[depth];
		x->state = BEING_SEEN;
		if (x->is_unbounded)
			return refuse(x, "takes an unbounded amount of stack", d);
		if (!call) {
			x->state = SEEN;
			x->below = x->bytes + (x->deepest < 0 ? 0 : g->v[x->deepest].below);
			depth--;
			continue;
		}
		y = &g->v[call->function];
		if (y->state == BEING_SEEN)
			return refuse(y, "calls itself", d);
		if (y->state == NOT_SEEN) {
			open[++depth] = call->function;
			next[depth] = y->calls;
			continue;
		}
		if (x->deepest < 0 || y->below > g->v[x->deepest].below)
			x->deepest = call->function;
		next[depth] = call->next;
	}
	return true;
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
		return diag_error(d, STATUS_ENVIRONMENT, NULL, "the C compiler's report does not name %s", run);
	if (!find_worst(g, root, d))
		return false;
	s->figure.bytes = g->v[root].below;
	s->figure.besides = external_text(g, a);
	for (int f = root; f >= 0; f = g->v[f].deepest) {
		if (g->v[f].is_external)
			continue;
		s->frame = ARENA_PUSH(a, s->frame, s->n, struct stack_frame);
		s->frame[s->n++] = (struct stack_frame){ plain_name(a, g->v[f].name), g->v[f].bytes };
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

/* cc flags… target's flags… -c -o FOLDER/model.o FOLDER/model.c, which writes FOLDER/model.ci. */
static bool compile_c(struct stack *s, const struct options *o, const struct target *t, const char *c_file,
		      const char *object, struct arena *a, struct diag *d)
{
	static const char *const stage = "C compiler";
	static const char *const report[] = { "-fcallgraph-info=su", "-c", "-o" };
	struct words w;
	bool ok;

	words_init(&w, a);
	words_split(&w, o->cc ? o->cc : t->cc);
	words_make_absolute(&w);
	words_split(&w, o->cflags);
	s->figure.compiler = compiler_text(&w, a);
	words_split(&w, t->cflags);
	for (size_t i = 0; i < sizeof report / sizeof *report; i++)
		words_add(&w, report[i]);
	words_add(&w, object);
	words_add(&w, c_file);
	progress_begin(&stage);
	ok = process_run(&w, NULL, true, "C compiler", a, d);
	progress_end();
	return ok;
}

static bool measure_in(struct stack *s, const struct folder *f, struct compilation *c, const struct options *given,
		       struct arena *a, struct diag *d)
{
	struct call_graph g = { .arena = a };
	struct options o = *given;

	map_init(&g.by_name, a);
	o.output = arena_printf(a, "%s/model.c", f->path);
	o.weights = WEIGHTS_TEXT;
	o.depfile = false;
	o.flash_limit = 0;
	return compile_emit(c, &o, NULL) &&
	       compile_c(s, given, c->module.target, o.output, arena_printf(a, "%s/model.o", f->path), a, d) &&
	       read_report(&g, arena_printf(a, "%s/model.ci", f->path), d) &&
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
