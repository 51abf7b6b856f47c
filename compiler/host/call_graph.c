/* The heaviest path through a graph of calls. */
#include "host/call_graph.h"

#include "support/arena.h"
#include "support/diag.h"

void graph_init(struct call_graph *g, struct arena *a)
{
	*g = (struct call_graph){ .arena = a };
	map_init(&g->by_name, a);
}

int graph_function(struct call_graph *g, const char *name)
{
	const int found = (int)map_get_name(&g->by_name, name, -1);

	if (found >= 0)
		return found;
	map_set_name(&g->by_name, name, g->n);
	g->v = ARENA_PUSH(g->arena, g->v, g->n, struct function);
	g->v[g->n] = (struct function){ .name = name, .is_external = true };
	return g->n++;
}

void graph_add_call(struct call_graph *g, int caller, struct callee callee)
{
	struct callee *c = ARENA_NEW(g->arena, struct callee);

	*c = callee;
	c->next = g->v[caller].calls;
	g->v[caller].calls = c;
}

static bool refuse(const struct function *f, const char *what, struct diag *d)
{
	return diag_error(d, STATUS_ENVIRONMENT, NULL, "by what the C compiler made of it %s %s", f->name, what);
}

static void take_callee(const struct call_graph *g, struct function *f, const struct callee *call)
{
	const int64_t below = call->at + g->v[call->function].below;

	if (below > f->below) {
		f->below = below;
		f->deepest = call;
	}
}

/* The functions that are open, each with the next of its calls. */
struct path {
	const int *open;
	struct callee *const *next;
	int depth;
};

/* Whether the call back to an open function is one that only a pointer could close a circle by. */
static bool is_by_pointer(const struct path *p, int function)
{
	for (int i = p->depth; i >= 0; i--) {
		if (p->next[i]->through_pointer)
			return true;
		if (p->open[i] == function)
			return false;
	}
	return false;
}

/* Depth-first, without recursion: a graph is read from a file. */
bool graph_find_worst(struct call_graph *g, int f, struct diag *d)
{
	int *open = ARENA_ARRAY(g->arena, g->n + 1, int);
	struct callee **next = ARENA_ARRAY(g->arena, g->n + 1, struct callee *);
	struct path p = { open, next, 0 };

	open[0] = f;
	next[0] = g->v[f].calls;
	while (p.depth >= 0) {
		struct function *x = &g->v[open[p.depth]], *y;
		struct callee *call = next[p.depth];
		if (x->state == NOT_SEEN)
			x->below = x->bytes;
		x->state = BEING_SEEN;
		if (x->is_unbounded)
			return refuse(x, "takes an unbounded amount of stack", d);
		if (!call) {
			x->state = SEEN;
			p.depth--;
			continue;
		}
		y = &g->v[call->function];
		if (y->state == BEING_SEEN && !is_by_pointer(&p, call->function))
			return refuse(y, "calls itself", d);
		if (y->state == NOT_SEEN) {
			open[++p.depth] = call->function;
			next[p.depth] = y->calls;
			continue;
		}
		if (y->state == SEEN)
			take_callee(g, x, call);
		next[p.depth] = call->next;
	}
	return true;
}
