/* States: an input and an output of the model that --state ties. What a run leaves in the output the next one finds in
 * the input, which is zero at first: neither is the caller's any more.
 *
 * Legal: bit-exact, for a state is read as it was put out.
 *
 * Requires types and shapes of inputs and outputs. Ensures the order of graph 0's lists that struct module states. */
#include <string.h>

#include "options.h"
#include "passes/pass.h"
#include "passes/rewrite.h"

enum { MAX_STATES = 1 << 12 };

/* The place of a name in a list of tensors; -1: it is not there. */
static int find(const struct module *m, const int *list, int n, const char *name)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(m->tensor[list[i]].name, name))
			return i;
	return -1;
}

static bool no_such(const struct module *m, const struct state_option *o, const char *what, const char *name,
		    const int *list, int n)
{
	struct strbuf b;

	strbuf_init(&b, m->scratch);
	for (int i = 0; i < n && b.size < 400; i++)
		strbuf_printf(&b, "%s \"%s\"", i ? "," : "", m->tensor[list[i]].name);
	return diag_error(m->diag, STATUS_USAGE, NULL, "--state %s=%s: the model has no %s \"%s\", allowed:%s", o->in,
			  o->out, what, name, n ? strbuf_text(&b) : " none");
}

/* Type and shape, of which nothing may change from run to run. */
static bool check_alike(struct module *m, const struct state_option *o, int in, int out)
{
	const struct tensor *x = &m->tensor[in], *y = &m->tensor[out];

	if (x->type != y->type)
		return diag_error(m->diag, STATUS_USAGE, NULL, "--state %s=%s: the input is of %s, the output of %s, "
				  "allowed: one type", o->in, o->out, dtypes[x->type].name, dtypes[y->type].name);
	if (!tensor_is_static(m, in) || !tensor_is_static(m, out))
		return diag_error(m->diag, STATUS_USAGE, NULL, "--state %s=%s: the size of the %s depends on a size "
				  "given at run time, allowed: constants (--dim NAME=N)", o->in, o->out,
				  tensor_is_static(m, in) ? "output" : "input");
	if (!tensor_same_shape(m, in, out))
		return diag_error(m->diag, STATUS_USAGE, NULL, "--state %s=%s: the input has shape %s, the output %s, "
				  "allowed: one shape", o->in, o->out, dims_text(m, x->rank, x->dim),
				  dims_text(m, y->rank, y->dim));
	return true;
}

/* Moves entry `at` of a list to its end. */
static void move_last(int *list, int n, int at)
{
	const int t = list[at];

	memmove(list + at, list + at + 1, (size_t)(n - at - 1) * sizeof *list);
	list[n - 1] = t;
}

/* Names that are tied already stand behind those that are looked at. */
static bool tie(struct module *m, const struct state_option *o)
{
	struct graph *g = &m->graph[0];
	const int n_in = module_n_in(m), n_out = module_n_out(m);
	const int in = find(m, g->in, n_in, o->in), out = find(m, g->out, n_out, o->out);

	if (find(m, g->in + n_in, m->n_states, o->in) >= 0 || find(m, g->out + n_out, m->n_states, o->out) >= 0)
		return diag_error(m->diag, STATUS_USAGE, NULL, "--state %s=%s: one of them is a state already, "
				  "allowed: each input and output once", o->in, o->out);
	if (in < 0)
		return no_such(m, o, "input", o->in, g->in, n_in);
	if (out < 0)
		return no_such(m, o, "output", o->out, g->out, n_out);
	if (!check_alike(m, o, g->in[in], g->out[out]))
		return false;
	move_last(g->in, g->n_in, in);
	move_last(g->out, g->n_out, out);
	m->n_states++;
	return true;
}

/* --- Moving inward ------------------------------------------------------------------------------------------------ */

/* Operators that move all elements and keep their order. */
static bool keeps_order(const struct module *m, int node)
{
	static const char *const names[] = { "Flatten", "Identity", "Reshape", "Squeeze", "Unsqueeze" };

	for (size_t k = 0; k < sizeof names / sizeof *names; k++)
		if (node_is(m, node, names[k]))
			return true;
	return false;
}

/* Two transposes undo each other. */
static bool are_inverse(const struct module *m, int a, int b)
{
	const int rank = m->tensor[node_in(m, a, 0)].rank;
	const struct attr *p = node_attr(m, a, "perm"), *q = node_attr(m, b, "perm");

	for (int k = 0; k < rank; k++) {
		const int64_t at = q ? q->ints[k] : rank - 1 - k;
		if ((p ? p->ints[at] : rank - 1 - at) != k)
			return false;
	}
	return true;
}

/* Whether what `last` does to a state's new value undoes what `first` does to its old one. */
static bool undoes(struct module *m, int first, int last)
{
	if (keeps_order(m, first) && keeps_order(m, last))
		return tensor_same_shape(m, node_out(m, first, 0), node_in(m, last, 0));
	return node_is(m, first, "Transpose") && node_is(m, last, "Transpose") && are_inverse(m, first, last);
}

static void drop_node(struct module *m, int node)
{
	struct graph *g = &m->graph[0];
	int kept = 0;

	for (int i = 0; i < g->n_nodes; i++)
		if (g->node[i] != node)
			g->node[kept++] = g->node[i];
	g->n_nodes = kept;
	node_unlink(m, node);
}

/* The one node that reads a tensor, in graph 0 and as input 0; -1: there is none or more than one. */
static int only_reader(const struct module *m, const int *uses, int t)
{
	const struct graph *g = &m->graph[0];

	for (int i = 0; i < g->n_nodes && uses[t] == 1; i++)
		if (node_in(m, g->node[i], 0) == t)
			return g->node[i];
	return -1;
}

/* A state that is transposed or reshaped when it is read and back again when it is put out is kept as what is between:
 * its elements in their order are nobody's concern, and all of them begin as zero. */
static void move_inward(struct module *m, int k)
{
	struct graph *g = &m->graph[0];
	int *past = &g->in[module_n_in(m) + k], *present = &g->out[module_n_out(m) + k];
	const int *uses = tensor_uses(m);

	for (;;) {
		const int last = m->tensor[*present].producer, first = only_reader(m, uses, *past);
		const bool is_free = last >= 0 && m->node[last].graph == 0 && uses[*present] == 1;
		const char *name = m->tensor[*past].name;

		if (is_free && node_is(m, last, "Identity")) {
			*present = node_in(m, last, 0);
			continue;
		}
		if (first >= 0 && node_is(m, first, "Identity")) {
			*past = node_out(m, first, 0);
		} else if (is_free && first >= 0 && first != last && undoes(m, first, last)) {
			*past = node_out(m, first, 0);
			*present = node_in(m, last, 0);
		} else {
			return;
		}
		m->tensor[*past].name = name;
		drop_node(m, first);
	}
}

bool pass_states(struct module *m)
{
	const struct options *o = m->options;

	if (!o || !o->states.n)
		return true;
	if (o->states.n > MAX_STATES)
		return diag_error(m->diag, STATUS_USAGE, NULL, "--state: %d states, allowed: at most %d", o->states.n,
				  MAX_STATES);
	for (int i = 0; i < o->states.n; i++)
		if (!tie(m, &o->states.v[i]))
			return false;
	for (int k = 0; k < m->n_states; k++)
		move_inward(m, k);
	return true;
}
