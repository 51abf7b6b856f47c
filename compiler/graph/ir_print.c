/* The graph as text, one node a line, the same for the same graph on every machine:
 *
 *     graph 0 "main" (%0 "x" float32[1,3,n])
 *       7: %9 "y" float32[1,8,n] = Conv-11 "conv1" (%0, %3) {pads=[1,1,1,1], group=1}
 *     return %9
 */
#include "graph/ir.h"

#include <string.h>

#include "ops/ops.h"
#include "support/name.h"
#include "support/strbuf.h"

enum { MAX_PRINTED_LIST = 16 };

/* Between quotes, which it has none of. */
static void print_name(struct strbuf *b, const char *name)
{
	const char *text = name_text(b->arena, name);

	strbuf_puts(b, "\"");
	for (size_t n; *text; text += n) {
		n = *text == '"' ? 1 : strcspn(text, "\"");
		if (*text == '"')
			strbuf_puts(b, "\\x22");
		else
			strbuf_add(b, text, n);
	}
	strbuf_puts(b, "\"");
}

static void print_tensor(const struct module *m, int t, struct strbuf *b)
{
	const struct tensor *x;

	if (t < 0) {
		strbuf_puts(b, "-");
		return;
	}
	x = &m->tensor[t];
	strbuf_printf(b, "%%%d ", t);
	print_name(b, x->name);
	strbuf_printf(b, " %s[", dtypes[x->type].name);
	for (int k = 0; k < x->rank; k++) {
		if (k)
			strbuf_puts(b, ",");
		if (num_is_const(x->dim[k]) && x->dim[k].n < 0)
			strbuf_puts(b, "?");
		else
			num_print(&m->nums, x->dim[k], b);
	}
	strbuf_puts(b, x->rank < 0 ? "?]" : "]");
	if (x->data)
		strbuf_puts(b, " const");
	if (x->quant)
		strbuf_printf(b, " quant(%d)", x->quant->n);
}

static void print_list(const struct module *m, const int *v, int n, struct strbuf *b)
{
	for (int i = 0; i < n; i++) {
		if (i)
			strbuf_puts(b, ", ");
		if (v[i] < 0)
			strbuf_puts(b, "-");
		else if (m->tensor[v[i]].data)
			print_tensor(m, v[i], b);
		else
			strbuf_printf(b, "%%%d", v[i]);
	}
}

void attr_print(const struct attr *a, struct strbuf *b)
{
	switch (a->kind) {
	case ATTR_NONE:
	case ATTR_TYPE:
		return;
	case ATTR_INT:
		strbuf_printf(b, "%lld", (long long)a->i);
		return;
	case ATTR_FLOAT:
		strbuf_printf(b, "%.9g", a->f);
		return;
	case ATTR_STRING:
		print_name(b, a->s);
		return;
	case ATTR_TENSOR:
		strbuf_printf(b, "%%%lld", (long long)a->i);
		return;
	case ATTR_GRAPH:
		strbuf_printf(b, "graph %lld", (long long)a->i);
		return;
	case ATTR_INTS:
	case ATTR_FLOATS:
	case ATTR_STRINGS:
		break;
	}
	strbuf_puts(b, "[");
	for (int i = 0; i < a->n && i < MAX_PRINTED_LIST; i++) {
		if (i)
			strbuf_puts(b, ",");
		if (a->kind == ATTR_INTS)
			strbuf_printf(b, "%lld", (long long)a->ints[i]);
		else if (a->kind == ATTR_FLOATS)
			strbuf_printf(b, "%.9g", (double)a->floats[i]);
		else
			print_name(b, a->strings[i]);
	}
	strbuf_puts(b, a->n > MAX_PRINTED_LIST ? ",...]" : "]");
}

static void print_node(const struct module *m, int node, struct strbuf *b)
{
	const struct node *n = &m->node[node];
	const struct attr_def *def = n->op->attrs;
	bool any = false;

	strbuf_printf(b, "  %d: ", node);
	for (int i = 0; i < n->n_out; i++) {
		if (i)
			strbuf_puts(b, ", ");
		print_tensor(m, n->out[i], b);
	}
	strbuf_printf(b, " = %s%s%s-%d ", n->op->domain, *n->op->domain ? "." : "", n->op->name, n->op->since);
	print_name(b, n->name);
	strbuf_puts(b, " (");
	print_list(m, n->in, n->n_in, b);
	strbuf_puts(b, ")");
	for (int k = 0; def && def[k].name; k++) {
		if (n->attr[k].kind == ATTR_NONE)
			continue;
		strbuf_printf(b, "%s%s=", any ? ", " : " {", def[k].name);
		attr_print(&n->attr[k], b);
		any = true;
	}
	strbuf_puts(b, any ? "}\n" : "\n");
}

/* Marks the graphs that the nodes of a graph own. */
static void mark_inner(const struct module *m, int graph, bool *linked)
{
	int inner[MAX_NODE_GRAPHS];

	for (int i = 0; i < m->graph[graph].n_nodes; i++) {
		const int n = node_each_graph(m, m->graph[graph].node[i], inner, MAX_NODE_GRAPHS);
		for (int k = 0; k < n; k++)
			linked[inner[k]] = true;
	}
}

void module_print(const struct module *m, struct strbuf *out)
{
	bool *linked = ARENA_ARRAY(m->scratch, m->n_graphs + 1, bool);

	linked[0] = true;
	for (int g = 0; g < m->n_graphs; g++) {
		const struct graph *x = &m->graph[g];

		if (!linked[g])
			continue;
		mark_inner(m, g, linked);
		strbuf_printf(out, "graph %d ", g);
		print_name(out, x->name);
		strbuf_puts(out, " (");
		for (int i = 0; i < x->n_in; i++) {
			if (i)
				strbuf_puts(out, ", ");
			print_tensor(m, x->in[i], out);
		}
		strbuf_puts(out, ")\n");
		for (int i = 0; i < x->n_nodes; i++)
			print_node(m, x->node[i], out);
		strbuf_puts(out, "return ");
		print_list(m, x->out, x->n_out, out);
		strbuf_puts(out, "\n");
	}
}
