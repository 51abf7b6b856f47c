/* Words: what --input and --output say of the model's edge becomes nodes of the standard there, which the passes behind
 * this one fuse with what follows, fold into it, or find to do nothing.
 *
 * Legal: the caller asked for it. Requires types, shapes and known constants. Ensures the same of the new nodes. */
#include "passes/words.h"

#include <string.h>

#include "graph/infer.h"
#include "ops/arguments.h"
#include "options.h"
#include "passes/pass.h"

/* Of the operators that are made here, all of whose types are allowed by then. */
enum { WORDS_OPSET = 18 };

/* --- Nodes -------------------------------------------------------------------------------------------------------- */

int edge_append(struct module *m, const struct edge_words *e, const char *op, int n_in, const int *in, int n_out,
	      int *out)
{
	const struct op_def *def = op_find("", op, WORDS_OPSET, &(bool){ false });
	int node;

	if (!def)
		die("operator %s-%d is in no table", op, WORDS_OPSET);
	for (int i = 0; i < n_out; i++)
		if (out[i] < 0)
			out[i] = tensor_add(m, NULL);
	node = node_add(m, 0, def, arena_printf(m->arena, "%s %s", e->option, e->name), n_in, in, n_out, out);
	m->node[node].opset = WORDS_OPSET;
	return node;
}

int edge_node(struct module *m, const struct edge_words *e, const char *op, int n_in, const int *in)
{
	int out = -1;

	return infer_node(m, edge_append(m, e, op, n_in, in, 1, &out)) ? out : -1;
}

int edge_node_int(struct module *m, const struct edge_words *e, const char *op, int n_in, const int *in,
		   const char *name, int64_t value)
{
	int out = -1;
	const int node = edge_append(m, e, op, n_in, in, 1, &out);

	rewrite_attr(m, node, name)->i = value;
	return infer_node(m, node) ? out : -1;
}

int edge_node_ints(struct module *m, const struct edge_words *e, const char *op, int x, const char *name,
		    const int64_t *v, int n)
{
	int out = -1;
	const int node = edge_append(m, e, op, 1, &x, 1, &out);

	rewrite_attr_ints(m, node, name, v, n);
	return infer_node(m, node) ? out : -1;
}

int edge_cast(struct module *m, const struct edge_words *e, int x, enum dtype type)
{
	return x < 0 || m->tensor[x].type == type ? x :
	       edge_node_int(m, e, "Cast", 1, &x, "to", dtypes[type].onnx);
}

int edge_transpose(struct module *m, const struct edge_words *e, int x, const int *perm)
{
	const int rank = x < 0 ? 0 : m->tensor[x].rank;
	int64_t v[MAX_RANK];
	bool stays = true;

	for (int k = 0; k < rank; k++) {
		v[k] = perm[k];
		stays &= perm[k] == k;
	}
	return stays ? x : edge_node_ints(m, e, "Transpose", x, "perm", v, rank);
}

int edge_convert(struct module *m, const struct edge_words *e, const char *op, int x, const struct edge_bytes *bytes)
{
	unsigned char *zero = arena_array(m->arena, 1, 2);
	int in[3] = { x, tensor_const_float(m, bytes->scale), -1 };

	zero[0] = (unsigned char)(bytes->zero & 0xff);
	zero[1] = (unsigned char)(bytes->zero >> 8 & 0xff);
	in[2] = tensor_const(m, NULL, bytes->type, 0, NULL, zero);
	return x < 0 ? -1 : edge_node(m, e, op, 3, in);
}

const int64_t *edge_extents(const struct module *m, int t)
{
	const struct tensor *x = &m->tensor[t];
	int64_t *v = ARENA_ARRAY(m->scratch, x->rank, int64_t);

	for (int k = 0; k < x->rank; k++)
		v[k] = num_is_const(x->dim[k]) ? x->dim[k].n : -1;
	return v;
}

/* --- Options ------------------------------------------------------------------------------------------------------ */

static int find(const struct module *m, const int *list, int n, const char *name)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(m->tensor[list[i]].name, name))
			return i;
	return -1;
}

static bool no_such(const struct module *m, const char *what, const struct fix_option *o, const int *list, int n)
{
	struct strbuf b;

	strbuf_init(&b, m->scratch);
	for (int i = 0; i < n && b.size < 400; i++)
		strbuf_printf(&b, "%s \"%s\"", i ? "," : "", m->tensor[list[i]].name);
	return diag_error(m->diag, STATUS_USAGE, NULL, "--%s %s: the model has no such %s, allowed:%s", what, o->name,
			  what, n ? strbuf_text(&b) : " none");
}

/* One list of options; states are the caller's no more. */
static bool apply(struct module *m, const struct fix_options *options, bool is_input)
{
	const char *what = is_input ? "input" : "output";

	for (int i = 0; i < options->n; i++) {
		const struct graph *g = &m->graph[0];
		const struct fix_option *o = &options->v[i];
		const int at = is_input ? find(m, g->in, g->n_in, o->name) : find(m, g->out, g->n_out, o->name);
		struct edge_words e;
		for (int k = 0; k < i; k++)
			if (!strcmp(options->v[k].name, o->name))
				return diag_error(m->diag, STATUS_USAGE, NULL, "--%s %s is given twice, allowed: all "
						  "words at once", what, o->name);
		if (at < 0)
			return no_such(m, what, o, is_input ? g->in : g->out, is_input ? g->n_in : g->n_out);
		if (!edge_words_read(&e, is_input, o, m->arena, m->diag) ||
		    !(is_input ? edge_take : edge_give)(m, &e, at))
			return false;
	}
	return true;
}

bool pass_words(struct module *m)
{
	const struct options *o = m->options;

	if (!o || (!o->takes.n && !o->gives.n))
		return true;
	return apply(m, &o->takes, true) && apply(m, &o->gives, false) && graph_sort(m, 0);
}
