/* What functions take and call, by their instructions.
 *
 * Each function is walked from its first instruction with the bytes of stack that are taken so far. A jump to another
 * function is a call with what is still taken. So a call counts the part of a frame that it finds, and what functions
 * of a library or of assembly take needs no table. */
#include "host/call_listing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/call_graph.h"
#include "host/linked.h"
#include "host/thumb.h"
#include "support/arena.h"
#include "support/diag.h"
#include "targets/target.h"

enum { MOST_BYTES = 1 << 24 };  /* of stack: what takes more takes it in a loop */

/* A label of the disassembly and what follows until the next. */
struct part {
	int function;           /* of the graph */
	int first, end;         /* its instructions */
};

struct listing {
	struct call_graph *graph;
	struct instruction *v;
	struct part *part;
	int n, n_parts;
	bool calls_pointers;
};

/* --- its text ----------------------------------------------------------------------------------------------------- */

/* 00001000 <model_run>: */
static bool read_label(struct listing *l, const char *line)
{
	const char *name = strstr(line, " <"), *end = name ? strstr(name, ">:") : NULL;
	struct call_graph *g = l->graph;

	if (!end || *line == ' ')
		return false;
	l->part = ARENA_PUSH(g->arena, l->part, l->n_parts, struct part);
	l->part[l->n_parts] = (struct part){
		graph_function(g, arena_strndup(g->arena, name + 2, (size_t)(end - name - 2))), l->n, l->n
	};
	g->v[l->part[l->n_parts++].function].is_external = false;
	return true;
}

/* "    1000:	b5f0      	push	{r4, lr}", and behind a call "			1000: R_ARM_THM_CALL	expf" */
static void read_line(struct listing *l, char *line, uint64_t literal[16])
{
	char *colon = strchr(line, ':'), *code, *mnemonic, *operands;
	const char *call = strstr(line, "_CALL\t"), *jump = strstr(line, "_JUMP24\t"), *tab = call ? call : jump;

	if (tab && l->n)
		l->v[l->n - 1].symbol = arena_strdup(l->graph->arena, strchr(tab, '\t') + 1);
	code = colon && colon[1] == '\t' && l->n_parts ? colon + 2 : NULL;
	mnemonic = code ? strchr(code, '\t') : NULL;
	if (!mnemonic)
		return;
	operands = strchr(++mnemonic, '\t');
	if (operands)
		*operands++ = 0;
	l->v = ARENA_PUSH(l->graph->arena, l->v, l->n, struct instruction);
	thumb_read(&l->v[l->n], literal, mnemonic, operands ? operands : "");
	l->v[l->n].address = strtoull(line, NULL, 16);
	l->part[l->n_parts - 1].end = ++l->n;
}

static bool read_disassembly(struct listing *l, const char *path)
{
	FILE *f = fopen(path, "r");
	uint64_t literal[16] = { 0 };
	char *line = NULL;
	size_t room = 0;

	/* Memory that runs out leaves the file open: nnc ends then. */
	while (f && getline(&line, &room, f) >= 0) {
		line[strcspn(line, "\n")] = 0;
		if (read_label(l, line))
			memset(literal, 0, sizeof literal);
		else
			read_line(l, line, literal);
	}
	free(line);
	if (f)
		fclose(f);
	return l->n_parts > 0;
}

/* --- walking a function ------------------------------------------------------------------------------------------- */

struct walk {
	struct listing *l;
	const struct part *part;
	int64_t *taken;         /* before each instruction of the listing, -1: it was not met */
	int *open, n_open;      /* instructions to go on from */
	int64_t at_table;       /* taken where a table or data was met, -1: none was */
};

/* The last instruction at or before an address, -1 without one. */
static int instruction_at(const struct listing *l, uint64_t address)
{
	int low = 0, high = l->n;

	while (low < high) {
		const int middle = low + (high - low) / 2;
		if (l->v[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low - 1;
}

static int part_of(const struct listing *l, int instruction)
{
	int low = 0, high = l->n_parts;

	while (low < high) {
		const int middle = low + (high - low) / 2;
		if (l->part[middle].first <= instruction)
			low = middle + 1;
		else
			high = middle;
	}
	return low - 1;
}

static void meet(struct walk *w, int instruction, int64_t taken)
{
	struct call_graph *g = w->l->graph;
	struct function *f = &g->v[w->part->function];

	if (taken > MOST_BYTES)
		f->is_unbounded = true;
	if (taken > f->bytes)
		f->bytes = taken;
	if (instruction >= w->part->end) {
		if (instruction < w->l->n)      /* it runs into the next */
			graph_add_call(g, w->part->function,
				       (struct callee){ .function = w->part[1].function, .at = taken });
		return;
	}
	if (taken <= w->taken[instruction] || f->is_unbounded)
		return;
	w->taken[instruction] = taken;
	w->open = ARENA_PUSH(g->arena, w->open, w->n_open, int);
	w->open[w->n_open++] = instruction;
}

/* A branch, jump or call: within the function on, else a call. A "call" into its own midst is a subroutine of assembly,
 * or gcc's jump over more than 2 KB on cores that have no other. */
static void go_to(struct walk *w, const struct instruction *i, int64_t taken)
{
	struct listing *l = w->l;
	const int to = instruction_at(l, i->target);
	const bool is_listed = to >= 0 && l->v[to].address == i->target;
	struct callee call = { .at = taken };

	if (is_listed && to >= w->part->first + (i->flow == FLOW_CALL) && to < w->part->end) {
		meet(w, to, taken);
		return;
	}
	if (is_listed)
		call.function = l->part[part_of(l, to)].function;
	else
		call.function = graph_function(l->graph, i->symbol ? i->symbol : "code at an unknown place");
	graph_add_call(l->graph, w->part->function, call);
}

/* To all whose address is taken, which is known at the end. */
static void call_pointer(struct walk *w, int64_t taken)
{
	const struct callee call = { .function = -1, .at = taken, .through_pointer = true };

	graph_add_call(w->l->graph, w->part->function, call);
	w->l->calls_pointers = true;
}

static int64_t taken_after(const struct listing *l, const struct instruction *i, int64_t taken)
{
	const int at = i->by_literal ? instruction_at(l, i->target) : -1;
	const int64_t more = at >= 0 ? -l->v[at].takes : i->takes;

	return taken + more < 0 ? 0 : taken + more;
}

static void step(struct walk *w, int n)
{
	const struct instruction *i = &w->l->v[n];
	const int64_t before = w->taken[n], after = taken_after(w->l, i, before);

	if (i->is_unbounded)
		w->l->graph->v[w->part->function].is_unbounded = true;
	if (i->flow == FLOW_BRANCH || i->flow == FLOW_JUMP || i->flow == FLOW_CALL)
		go_to(w, i, after);
	if (i->flow == FLOW_POINTER_CALL || i->flow == FLOW_POINTER_JUMP)
		call_pointer(w, after);
	if ((i->flow == FLOW_TABLE || i->flow == FLOW_DATA) && before > w->at_table)
		w->at_table = before;
	if (i->flow == FLOW_ON || i->flow == FLOW_BRANCH || i->flow == FLOW_CALL || i->flow == FLOW_POINTER_CALL)
		meet(w, n + 1, after);
}

/* What only a table leads to is walked as from the table. */
static void walk_part(struct walk *w)
{
	w->at_table = -1;
	meet(w, w->part->first, 0);
	for (int i = w->part->first; i < w->part->end; i++) {
		while (w->n_open)
			step(w, w->open[--w->n_open]);
		if (w->at_table >= 0 && w->taken[i] < 0 && w->l->v[i].flow != FLOW_DATA)
			meet(w, i, w->at_table);
	}
	while (w->n_open)
		step(w, w->open[--w->n_open]);
}

static void walk_all(struct listing *l)
{
	struct walk w = { .l = l, .taken = ARENA_ARRAY(l->graph->arena, l->n + 1, int64_t) };

	memset(w.taken, -1, ((size_t)l->n + 1) * sizeof *w.taken);
	for (int p = 0; p < l->n_parts; p++) {
		w.part = &l->part[p];
		walk_part(&w);
	}
}

/* --- pointers ----------------------------------------------------------------------------------------------------- */

/* A record "00001038 R_ARM_ABS32       nnrt_add_rows" that is no call: the function's address is stored, or loaded. */
static void read_record(struct call_graph *g, const char *line, bool *is_taken)
{
	const char *type = strstr(line, " R_"), *name = type ? strchr(type + 1, ' ') : NULL;
	int f;

	if (!name || strstr(type, "_CALL ") || strstr(type, "_JUMP"))
		return;
	name += strspn(name, " ");
	f = (int)map_get_name(&g->by_name, arena_strndup(g->arena, name, strcspn(name, "+\n")), -1);
	if (f >= 0 && !g->v[f].is_external)
		is_taken[f] = true;
}

/* Records for debuggers and unwinders name every function. */
static bool is_program_section(const char *line)
{
	return !strstr(line, "[.debug") && !strstr(line, "[.ARM.ex") && !strstr(line, "[.eh_frame");
}

static void read_taken(struct call_graph *g, const char *path, bool *is_taken)
{
	FILE *f = fopen(path, "r");
	bool is_program = false;
	char *line = NULL;
	size_t room = 0;

	while (f && getline(&line, &room, f) >= 0) {
		if (!strncmp(line, "RELOCATION RECORDS", 18))
			is_program = is_program_section(line);
		else if (is_program)
			read_record(g, line, is_taken);
	}
	free(line);
	if (f)
		fclose(f);
}

/* In the place of each call through a pointer one of each function that it may lead to. */
static void resolve(struct call_graph *g, const char *path, bool calls_back)
{
	const int unknown = graph_function(g, calls_back ? "the caller's function" : "code at an unknown place");
	bool *is_taken = ARENA_ARRAY(g->arena, g->n, bool), any = false;

	read_taken(g, path, is_taken);
	for (int f = 0; f < g->n; f++)
		any |= is_taken[f];
	is_taken[unknown] = calls_back || !any;
	for (int caller = 0; caller < g->n; caller++) {
		struct callee *old = g->v[caller].calls;
		g->v[caller].calls = NULL;
		for (struct callee *next; old; old = next) {
			next = old->next;
			for (int f = 0; old->function < 0 && f < g->n; f++)
				if (is_taken[f])
					graph_add_call(g, caller, (struct callee){ f, old->at, true, NULL });
			if (old->function >= 0)
				graph_add_call(g, caller, *old);
		}
	}
}

/* --- all of it ---------------------------------------------------------------------------------------------------- */

bool call_listing_reads(const struct target *t)
{
	return !t->is_hosted && !strncmp(t->triple, "arm", 3);
}

bool call_listing_read(struct call_graph *g, const struct words *compiler, const struct folder *f, const char *entry,
		       bool calls_back, struct diag *d)
{
	struct listing l = { .graph = g };
	const struct linked *program = linked_make(compiler, f, entry, g->arena, d);
	const char *text = program ? linked_dump(program, "-dr", d) : NULL;

	if (!text)
		return false;
	if (!read_disassembly(&l, text))
		return diag_error(d, STATUS_ENVIRONMENT, NULL, "objdump shows no function of the linked model");
	walk_all(&l);
	if (l.calls_pointers) {
		text = linked_dump(program, "-r", d);
		if (!text)
			return false;
		resolve(g, text, calls_back);
	}
	return true;
}
