#include "commands/report_origin.h"

#include <math.h>
#include <string.h>

#include "data/value.h"
#include "ops/ops.h"
#include "support/diag.h"
#include "support/name.h"

enum { MAX_REMARK_BYTES = 8000, MAX_WAY = 64 };

/* --- while the model is compiled ---------------------------------------------------------------------------------- */

static struct origin_constant look_at(const struct module *m, int t, struct arena *a)
{
	const struct tensor *x = &m->tensor[t];
	struct origin_constant c = { .is = x->data != NULL };
	struct value v = { .type = x->type, .n = x->data ? tensor_bytes(m, t) / dtypes[x->type].bytes : 0 };
	double sum = 0, squares = 0;
	struct arena_mark before;
	int64_t zeros = 0;

	if (!c.is)
		return c;
	c.bytes = v.n * dtypes[x->type].bytes;
	before = arena_mark(a);
	v.bytes = arena_grow(a, x->data, (size_t)c.bytes, (size_t)c.bytes, 1);
	if (host_is_big_endian())
		bytes_swap(v.bytes, v.n, dtypes[x->type].bytes);
	c.has_numbers = v.n > 0;
	c.least = INFINITY;
	c.greatest = -INFINITY;
	for (int64_t i = 0; i < v.n && c.has_numbers; i++) {
		const double e = value_number(&v, i);
		c.has_numbers = isfinite(e);
		c.least = e < c.least ? e : c.least;
		c.greatest = e > c.greatest ? e : c.greatest;
		sum += e;
		squares += e * e;
		zeros += e == 0;
	}
	c.mean = sum / (double)v.n;
	c.deviation = sqrt(fmax(0, squares / (double)v.n - c.mean * c.mean));
	c.zeros = (double)zeros / (double)v.n;
	arena_release(a, before);
	return c;
}

static int *copy_ints(struct arena *a, const int *v, int n)
{
	return arena_grow(a, v, (size_t)n, (size_t)n + 1, sizeof *v);
}

/* A pass may change a node, or a list, in place. */
static void keep_graph(void *to, const struct module *m)
{
	struct origin *o = to;
	struct arena *a = o->arena;

	o->n = m->n_nodes;
	o->node = arena_grow(a, m->node, (size_t)o->n, (size_t)o->n + 1, sizeof *o->node);
	for (int i = 0; i < o->n; i++) {
		struct node *n = &o->node[i];
		int attrs = 0;
		while (n->op->attrs && n->op->attrs[attrs].name)
			attrs++;
		n->name = arena_strdup(a, node_place(m, i).node);
		n->in = copy_ints(a, n->in, n->n_in);
		n->out = copy_ints(a, n->out, n->n_out);
		n->attr = arena_grow(a, n->attr, (size_t)attrs, (size_t)attrs + 1, sizeof *n->attr);
	}
	o->n_in = m->graph[0].n_in;
	o->n_out = m->graph[0].n_out;
	o->graph_in = copy_ints(a, m->graph[0].in, o->n_in);
	o->graph_out = copy_ints(a, m->graph[0].out, o->n_out);
	o->n_tensors = m->n_tensors;
	o->constant = ARENA_ARRAY(a, o->n_tensors + 1, struct origin_constant);
	for (int t = 0; t < o->n_tensors; t++)
		o->constant[t] = look_at(m, t, a);
}

/* `file: node "name" (Op-11): text`: the text is kept under the name, once. */
static void keep_remark(void *to, const char *text)
{
	struct origin *o = to;
	const char *name = strstr(text, "node \""), *end = name ? strstr(name, "\" (") : NULL;
	const char *said = end ? strstr(end, "): ") : NULL;
	struct strbuf *b;
	int64_t k;

	sink_puts(&o->onward, text);
	if (!said)
		return;
	name += strlen("node \"");
	said += strlen("): ");
	k = map_get(&o->said, name, (size_t)(end - name), 0);
	if (!k) {
		o->remarks = ARENA_PUSH(o->arena, o->remarks, o->n_remarks, struct strbuf);
		strbuf_init(&o->remarks[o->n_remarks], o->arena);
		k = ++o->n_remarks;
		map_set(&o->said, name, (size_t)(end - name), k);
	}
	b = &o->remarks[k - 1];
	if (b->size + strlen(said) < MAX_REMARK_BYTES && !strstr(strbuf_text(b), said))
		strbuf_puts(b, said);
}

void origin_watch(struct origin *o, struct compilation *c, struct arena *a, struct diag *d)
{
	*o = (struct origin){ .arena = a };
	map_init(&o->said, a);
	if (d->verbose)
		o->onward = d->remarks;
	d->verbose = 1;
	d->remarks = (struct sink){ keep_remark, o };
	c->watch = (struct watcher){ keep_graph, o };
}

/* --- what became of the nodes ------------------------------------------------------------------------------------- */

struct fate {
	const char *word;
	int into;               /* node of the origin, or -1 */
};

/* What the compiled graph is asked, by number. */
struct outcome {
	const struct origin *o;
	const struct report *r;
	bool *is_left;          /* by node: the compiled graph has it */
	int *line;              /* by node of the origin: its first step, or -1 */
	int *node_of_line;      /* by step: the node of the origin that it computes, or -1 */
	int *written_by;        /* by tensor: the step that writes it, or -1 */
	int *reader;            /* by tensor: a node left that reads it, or -1 */
	int *first_reader;      /* by tensor: a node of the origin that reads it, or -1 */
	struct map by_name;     /* nodes of the origin */
};

/* The node of the origin that a node is, or is made of under its name; -1: none. */
static int origin_of(const struct outcome *x, int node)
{
	const char *name = node >= x->o->n ? x->r->c->module.node[node].name : "";

	return node < x->o->n ? node : *name ? (int)map_get_name(&x->by_name, name, -1) : -1;
}

static struct outcome find_outcome(const struct origin *o, const struct report *r, struct arena *a)
{
	const struct module *m = &r->c->module;
	const int n = m->n_tensors + 1;
	struct outcome x = { .o = o, .r = r, .is_left = ARENA_ARRAY(a, m->n_nodes + 1, bool),
			     .line = ARENA_ARRAY(a, o->n + 1, int),
			     .node_of_line = ARENA_ARRAY(a, r->n_lines + 1, int),
			     .written_by = ARENA_ARRAY(a, n, int), .reader = ARENA_ARRAY(a, n, int),
			     .first_reader = ARENA_ARRAY(a, n, int) };

	map_init(&x.by_name, a);
	for (int t = 0; t < m->n_tensors; t++)
		x.written_by[t] = x.reader[t] = x.first_reader[t] = -1;
	for (int i = 0; i < o->n; i++) {
		x.line[i] = -1;
		if (*o->node[i].name)
			map_set_name(&x.by_name, o->node[i].name, i);
		for (int k = 0; k < o->node[i].n_in; k++)
			if (o->node[i].in[k] >= 0)
				x.first_reader[o->node[i].in[k]] = i;
	}
	for (int g = 0; g < m->n_graphs; g++)
		for (int i = 0; i < m->graph[g].n_nodes; i++) {
			const int node = m->graph[g].node[i];
			x.is_left[node] = true;
			for (int k = 0; k < m->node[node].n_in; k++)
				if (m->node[node].in[k] >= 0)
					x.reader[m->node[node].in[k]] = node;
		}
	for (int i = r->n_lines - 1; i >= 0; i--) {
		const int node = origin_of(&x, r->line[i].step->node), out = report_written(r->line[i].step);
		x.node_of_line[i] = node;
		if (node >= 0)
			x.line[node] = i;
		if (out >= 0)
			x.written_by[out] = i;
	}
	return x;
}

/* The node whose step computes tensor t on its way to something that is written. */
static int find_host(const struct outcome *x, int t)
{
	const struct module *m = &x->r->c->module;

	for (int way = 0; way < MAX_WAY; way++) {
		const int node = x->reader[t];
		if (node < 0)
			return -1;
		if (origin_of(x, node) >= 0 && x->line[origin_of(x, node)] >= 0)
			return origin_of(x, node);
		t = m->node[node].out[0];
		if (x->written_by[t] >= 0)
			return x->node_of_line[x->written_by[t]];
	}
	return -1;
}

/* The next node on the way to an output that is computed: what a pass made of both. */
static int find_heir(const struct outcome *x, int i)
{
	for (int way = 0; way < MAX_WAY && i >= 0; way++) {
		const struct node *n = &x->o->node[i];
		const int line = n->n_out && n->out[0] >= 0 ? x->written_by[n->out[0]] : -1;
		if (x->line[i] >= 0)
			return i;
		if (line >= 0)
			return x->node_of_line[line];
		i = n->n_out && n->out[0] >= 0 ? x->first_reader[n->out[0]] : -1;
	}
	return -1;
}

static struct fate fate_of(const struct outcome *x, int i)
{
	const struct module *m = &x->r->c->module;
	const struct node *n = &x->o->node[i];
	const int out = n->n_out ? n->out[0] : -1;
	const struct tensor *t = out >= 0 ? &m->tensor[out] : NULL;

	if (x->line[i] >= 0)
		return (struct fate){ "computed", i };
	if (t && (t->data || (t->value && !x->is_left[i])))
		return (struct fate){ "folded", -1 };
	if (t && x->written_by[out] >= 0) {
		const int host = x->node_of_line[x->written_by[out]];
		return (struct fate){ host >= 0 ? "fused" : "computed", host };
	}
	if (t && x->is_left[i] && t->base != out)
		return (struct fate){ "view", -1 };
	if (t && x->is_left[i])
		return (struct fate){ "fused", find_host(x, out) };
	if (t && t->producer >= 0 && t->producer < x->o->n && t->producer != i)
		return (struct fate){ "replaced", t->producer };
	return (struct fate){ "replaced", find_heir(x, i) };
}

/* --- as JSON ------------------------------------------------------------------------------------------------------ */

static void json_ids(struct json *j, const char *name, const int *v, int n, const int *number)
{
	json_open(j, name, '[');
	for (int k = 0; k < n; k++)
		json_int(j, NULL, v[k] >= 0 ? number[v[k]] : -1);
	json_close(j, ']');
}

static void json_attrs(struct json *j, const struct node *n, struct arena *a)
{
	json_open(j, "attrs", '{');
	for (int k = 0; n->op->attrs && n->op->attrs[k].name; k++) {
		struct strbuf b;
		if (n->attr[k].kind == ATTR_NONE)
			continue;
		strbuf_init(&b, a);
		attr_print(&n->attr[k], &b);
		json_text(j, n->op->attrs[k].name, strbuf_text(&b));
	}
	json_close(j, '}');
}

/* The lines of what was said of the node. */
static void json_remarks(struct json *j, const struct origin *o, const char *name)
{
	const char *shown = name_text(o->arena, name);
	const int64_t k = map_get(&o->said, shown, strlen(shown), 0);
	const char *s = k ? strbuf_text(&o->remarks[k - 1]) : "";

	json_open(j, "said", '[');
	for (; *s; s += strcspn(s, "\n") + 1)
		json_text(j, NULL, arena_strndup(o->arena, s, strcspn(s, "\n")));
	json_close(j, ']');
}

static void json_node(struct json *j, const struct outcome *x, int i, const int *number)
{
	const struct node *n = &x->o->node[i];
	const struct fate f = fate_of(x, i);
	const int out = n->n_out ? n->out[0] : -1;

	json_open(j, NULL, '{');
	json_text(j, "op", n->op->name);
	json_text(j, "name", n->name);
	json_text(j, "domain", n->op->domain);
	json_int(j, "since", n->op->since);
	json_int(j, "graph", n->graph);
	json_ids(j, "in", n->in, n->n_in, number);
	json_ids(j, "out", n->out, n->n_out, number);
	json_attrs(j, n, x->o->arena);
	json_text(j, "fate", f.word);
	json_int(j, "into", f.into);
	json_open(j, "steps", '[');
	for (int k = 0; k < x->r->n_lines; k++)
		if (x->node_of_line[k] == i || (out >= 0 && x->written_by[out] == k))
			json_int(j, NULL, k);
	json_close(j, ']');
	json_remarks(j, x->o, n->name);
	json_close(j, '}');
}

static void json_tensor(struct json *j, const struct module *m, int t, const struct origin_constant *c)
{
	const struct tensor *x = &m->tensor[t];

	json_open(j, NULL, '{');
	json_text(j, "name", x->name ? x->name : "");
	json_text(j, "type", x->type == DT_NONE ? "" : dtypes[x->type].name);
	json_open(j, "shape", '[');
	for (int k = 0; k < x->rank; k++)
		json_int(j, NULL, x->dim[k].n);
	json_close(j, ']');
	json_bool(j, "constant", c->is);
	json_int(j, "bytes", c->bytes);
	if (c->has_numbers) {
		json_number(j, "min", c->least);
		json_number(j, "max", c->greatest);
		json_number(j, "mean", c->mean);
		json_number(j, "sd", c->deviation);
		json_number(j, "zeros", c->zeros);
	}
	json_close(j, '}');
}

/* Numbers of the tensors that the model's nodes and edges name, by tensor; -1: none does. */
static int *number_tensors(const struct origin *o, int *n)
{
	int *number = ARENA_ARRAY(o->arena, o->n_tensors + 1, int);

	*n = 0;
	for (int i = 0; i < o->n; i++) {
		for (int k = 0; k < o->node[i].n_in; k++)
			if (o->node[i].in[k] >= 0)
				number[o->node[i].in[k]] = 1;
		for (int k = 0; k < o->node[i].n_out; k++)
			if (o->node[i].out[k] >= 0)
				number[o->node[i].out[k]] = 1;
	}
	for (int k = 0; k < o->n_in; k++)
		number[o->graph_in[k]] = 1;
	for (int k = 0; k < o->n_out; k++)
		number[o->graph_out[k]] = 1;
	for (int t = 0; t < o->n_tensors; t++)
		number[t] = number[t] ? (*n)++ : -1;
	return number;
}

void origin_json(struct json *j, const struct origin *o, const struct report *r)
{
	const struct outcome x = find_outcome(o, r, o->arena);
	int n;
	const int *number = number_tensors(o, &n);

	json_open(j, "graph", '{');
	json_int(j, "timeline", r->time);
	json_ids(j, "inputs", o->graph_in, o->n_in, number);
	json_ids(j, "outputs", o->graph_out, o->n_out, number);
	json_open(j, "nodes", '[');
	for (int i = 0; i < o->n; i++)
		json_node(j, &x, i, number);
	json_close(j, ']');
	json_open(j, "tensors", '[');
	for (int t = 0; t < o->n_tensors; t++)
		if (number[t] >= 0)
			json_tensor(j, &r->c->module, t, &o->constant[t]);
	json_close(j, ']');
	json_close(j, '}');
}
