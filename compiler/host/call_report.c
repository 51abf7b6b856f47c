/* gcc's -fcallgraph-info=su writes a graph (VCG) with a line for each function, its frame in bytes, and a line for each
 * call. */
#include "host/call_report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/call_graph.h"
#include "support/arena.h"
#include "support/diag.h"

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
	number = graph_function(g, title);
	if (!bytes)
		return;
	f = &g->v[number];
	f->is_external = false;
	f->is_unbounded = strncmp(bytes, " bytes (dynamic)", 16) == 0;
	while (bytes > label && bytes[-1] >= '0' && bytes[-1] <= '9')
		bytes--;
	f->bytes = strtoll(bytes, NULL, 10);
}

static void read_edge(struct call_graph *g, const char *line)
{
	const char *from = quoted(g->arena, line, "sourcename:"), *to = quoted(g->arena, line, "targetname:");
	int caller;

	if (!from || !to)
		return;
	caller = graph_function(g, from);
	graph_add_call(g, caller, (struct callee){ .function = graph_function(g, to) });
}

/* A call may stand before its caller's frame: the frame is taken whole at each. */
static void take_frames(struct call_graph *g)
{
	for (int i = 0; i < g->n; i++)
		for (struct callee *c = g->v[i].calls; c; c = c->next)
			c->at = g->v[i].bytes;
}

bool call_report_read(struct call_graph *g, const char *path, struct diag *d)
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
	take_frames(g);
	return ok || diag_error(d, STATUS_ENVIRONMENT, NULL, "the C compiler wrote no report of its calls (%s): "
				"gcc 10 or later does with -fcallgraph-info=su", strerror(errno));
}
