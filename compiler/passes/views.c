/* Views: tensors that are other tensors' storage seen differently, so that nothing is copied.
 *
 * A node whose steps are pure copies (Reshape, Transpose, Slice, Split, Concat, Expand …, whatever lowers so) is looked
 * at nest by nest. Either the result can be the source seen with other strides (its address is linear in the result's
 * axes), or the source can be produced right in its place inside the result (concatenation, and what becomes a graph
 * output). Lowering leaves out copies of a storage onto itself. A state that begins a Concat
 * whose end it becomes lies in it too.
 *
 * Requires layouts. Ensures base, offset and stride of every tensor. Bit-exact. A tensor is written once, so that
 * sharing its storage never lets one value overwrite another; but for the variables of a loop, which each turn writes
 * again: a first value is produced inside one only when nothing but the loop reads it. What is a view of a variable
 * reads it in the same turn, or after the last. */
#include <string.h>

#include "nest/address.h"
#include "lower/lower.h"
#include "nest/nest.h"
#include "ops/ops.h"
#include "passes/pass.h"
#include "steps/step.h"

struct views {
	struct module *m;
	bool *fixed;            /* graph inputs and outputs: own their storage */
	bool *variable;         /* inputs of sub-graphs: every turn of a loop writes them */
	int *uses;              /* how often a tensor is read */
	int *place;             /* of a node in its graph */
	bool *viewed;           /* some other tensor is a view of it */
	int *present;           /* by tensor that is a state's input: its output; by all others: -1 */
	int *past;              /* by tensor that is a state's output alone: its input; by all others: -1 */
	struct making *making;  /* by the node that is looked at */
	int n_tensors;          /* temporaries of trial lowering come after */
};

/* Axes sorted by falling stride; axes of extent 1 stay where they were. */
static void sort_order(struct tensor *t)
{
	for (int k = 0; k < t->rank; k++)
		t->order[k] = (uint8_t)k;
	for (int i = 1; i < t->rank; i++)
		for (int k = i; k > 0; k--) {
			uint8_t a = t->order[k - 1], b = t->order[k];
			if (num_is(t->dim[b], 1) || num_is(t->dim[a], 1) || t->stride[a].n >= t->stride[b].n)
				break;
			t->order[k - 1] = b;
			t->order[k] = a;
		}
}

/* --- sizes that the program finds --------------------------------------------------------------------------------- */

struct search {
	const struct views *v;
	int source;             /* tensor */
	bool early;
};

/* Whether the node that finds a size comes before the one that makes the source. */
static void check_found(void *ctx, struct num var, const char *name)
{
	struct search *s = ctx;
	const struct module *m = s->v->m;
	const int tensor = num_var_tensor(&m->nums, var);
	const int finder = tensor < 0 ? -1 : m->tensor[tensor].producer, maker = m->tensor[s->source].producer;

	(void)name;
	if (finder >= 0 && m->node[finder].graph == m->node[maker].graph && s->v->place[finder] >= s->v->place[maker])
		s->early = false;
}

/* A source is made in its place inside the result only when that place is known by then: it may lie behind as many
 * elements as a later node will find. */
static bool is_known_early(const struct views *v, int source, struct num offset, const struct num *stride)
{
	struct search s = { .v = v, .source = source, .early = true };

	num_each_var(&v->m->nums, offset, check_found, &s);
	for (int k = 0; k < v->m->tensor[source].rank; k++)
		num_each_var(&v->m->nums, stride[k], check_found, &s);
	return s.early;
}

/* --- delay lines -------------------------------------------------------------------------------------------------- */

/* The elements of a tensor are one run of its storage. */
static bool is_run_of_all(const struct module *m, int t)
{
	const struct tensor *x = &m->tensor[t];
	int64_t elements = 1, reach = 1;

	if (!tensor_is_static(m, t) || !num_is_const(x->offset))
		return false;
	for (int k = 0; k < x->rank; k++) {
		if (!num_is_const(x->stride[k]))
			return false;
		elements *= x->dim[k].n;
		reach += (x->dim[k].n - 1) * x->stride[k].n;
	}
	return reach == elements;
}

/* Whether a state's output lies as its input does, further on in one storage: then it is a delay line, whose rows move
 * towards its beginning when a run ends (stream/state.c). */
static bool is_shifted(const struct module *m, int past, const struct tensor *x)
{
	const struct tensor *p = &m->tensor[past];

	if (p->base == past || p->base != x->base || !num_is_const(x->offset) || x->offset.n < p->offset.n)
		return false;
	for (int k = 0; k < p->rank; k++)
		if (p->dim[k].n > 1 && !num_same(p->stride[k], x->stride[k]))
			return false;
	return true;
}

/* Whether a state's output is a part of tensor `whole`, by operators that move elements. */
static bool is_part_of(const struct module *m, int present, int whole)
{
	static const char *const movers[] = { "Identity", "Reshape", "Slice", "Split", "Squeeze", "Transpose",
					      "Unsqueeze" };
	enum { MOST_MOVES = 8, N_MOVERS = sizeof movers / sizeof *movers };

	for (int hops = 0; present != whole; hops++) {
		const int producer = m->tensor[present].producer;
		int k = 0;
		while (producer >= 0 && k < N_MOVERS && strcmp(m->node[producer].op->name, movers[k]) != 0)
			k++;
		if (producer < 0 || k == N_MOVERS || hops == MOST_MOVES)
			return false;
		present = m->node[producer].in[0];
	}
	return true;
}

/* --- one nest ----------------------------------------------------------------------------------------------------- */

/* The result as a view of the source. */
static bool view_forward(struct views *v, struct nest *n)
{
	struct module *m = n->m;
	struct tensor *out = &m->tensor[n->out];
	const struct tensor *in = &m->tensor[n->e[n->value].tensor];
	struct num address, rest, stride[MAX_RANK];
	struct tensor seen;

	if ((v->fixed[n->out] && v->past[n->out] < 0) || v->viewed[n->out] || out->base != n->out ||
	    !nest_stores_whole(n) || out->type != in->type)
		return false;
	if (!address_of_load(n, n->value, &address) ||
	    !num_linear(&m->nums, address, n->axis, n->n_axes, stride, &rest))
		return false;
	for (int k = 0; k < n->n_axes; k++)
		if (!num_is_const(stride[k]) && num_is(n->extent[k], 1))
			stride[k] = num_const(0);
	seen = *out;
	seen.base = in->base;
	seen.offset = rest;
	for (int k = 0; k < out->rank; k++)
		seen.stride[k] = stride[k];
	if (v->past[n->out] >= 0 && !is_shifted(m, v->past[n->out], &seen))
		return false;
	*out = seen;
	sort_order(out);
	v->viewed[in->base] = true;
	return true;
}

/* Stride of each source axis when source element at(i) is to lie where the nest stores it; false: not a permutation. */
static bool inverse_strides(struct nest *n, const struct num *stored, struct num *stride)
{
	struct module *m = n->m;
	const struct expr *load = &n->e[n->value];
	const struct tensor *in = &m->tensor[load->tensor];
	bool used[MAX_RANK] = { false };

	if (load->n_at < 0) {   /* row-major element number: when both are plain the strides are row-major */
		const struct tensor *out = &m->tensor[n->out];
		struct num flat = num_const(0), step = num_const(1);
		if (!nest_stores_whole(n) || !tensor_is_plain(m, n->out))
			return false;
		for (int k = out->rank - 1; k >= 0; k--) {
			flat = num_add(&m->nums, flat, num_mul(&m->nums, n->axis[k], step));
			step = num_mul(&m->nums, step, out->dim[k]);
		}
		if (!num_same(flat, n->at[load->at].affine) || !num_same(step, tensor_elements(m, load->tensor)))
			return false;
		step = num_const(1);
		for (int k = in->rank - 1; k >= 0; k--) {
			stride[k] = step;
			step = num_mul(&m->nums, step, in->dim[k]);
		}
		return true;
	}
	for (int k = 0; k < in->rank; k++) {
		const struct index *at = &n->at[load->at + k];
		int found = -1;
		if (at->expr >= 0)
			return false;
		for (int j = 0; j < n->n_axes; j++)
			if (!used[j] && num_same(at->affine, n->axis[j]) && num_same(n->extent[j], in->dim[k]))
				found = j;
		if (found < 0 && !(num_is(at->affine, 0) && num_is(in->dim[k], 1)))
			return false;
		stride[k] = found < 0 ? num_const(0) : stored[found];
		if (found >= 0)
			used[found] = true;
	}
	for (int j = 0; j < n->n_axes; j++)
		if (!used[j] && !num_is(n->extent[j], 1))
			return false;
	return true;
}

/* The source as a part of the result. */
static bool view_backward(struct views *v, struct nest *n, int graph)
{
	struct module *m = n->m;
	int source = n->e[n->value].tensor;
	struct tensor *in = &m->tensor[source];
	const struct tensor *out = &m->tensor[n->out];
	struct num address, rest, stored[MAX_RANK], stride[MAX_RANK];
	const bool is_delay = v->present[source] >= 0 && graph == 0 && out->base == n->out && !v->fixed[n->out] &&
			      is_part_of(m, v->present[source], n->out);
	const struct tensor before = *in;

	if ((v->fixed[source] && !is_delay) || v->viewed[source] || in->base != source || in->data ||
	    in->type != out->type)
		return false;
	if (!is_delay && (in->producer < 0 || m->node[in->producer].graph != graph))
		return false;
	if (in->rank < 1)
		return false;
	if (v->variable[out->base] && v->uses[source] > 1)
		return false;
	if (!address_of_store(n, &address) || !num_linear(&m->nums, address, n->axis, n->n_axes, stored, &rest))
		return false;
	if (!inverse_strides(n, stored, stride) || !is_known_early(v, source, rest, stride))
		return false;
	in->base = out->base;
	in->offset = rest;
	for (int k = 0; k < in->rank; k++)
		in->stride[k] = stride[k];
	if (is_delay && !is_run_of_all(m, source)) {
		*in = before;
		return false;
	}
	sort_order(in);
	v->viewed[out->base] = true;
	return true;
}

static bool is_pure_copy(const struct views *v, const struct step *s)
{
	return s->kind == STEP_NEST && !s->nest->n_reduce && s->nest->e[s->nest->value].op == E_LOAD &&
	       s->nest->out < v->n_tensors && s->nest->e[s->nest->value].tensor < v->n_tensors;
}

/* How the steps of one node make a tensor. */
struct making {
	int writers, whole;     /* steps that store into it; those that store all of it */
	bool computes;          /* one of them is no pure copy */
};

/* A pass over the steps of one node; those of other nodes left nothing here. */
static void count_making(struct views *v, const struct block *b)
{
	for (int i = 0; i < b->n; i++) {
		const struct step *s = &b->step[i];
		struct making *k;
		if (s->kind != STEP_NEST || s->nest->out >= v->n_tensors)
			continue;
		k = &v->making[s->nest->out];
		k->writers++;
		k->whole += nest_stores_whole(s->nest);
		k->computes |= !is_pure_copy(v, s);
	}
}

static void clear_making(struct views *v, const struct block *b)
{
	for (int i = 0; i < b->n; i++)
		if (b->step[i].kind == STEP_NEST && b->step[i].nest->out < v->n_tensors)
			v->making[b->step[i].nest->out] = (struct making){ 0 };
}

/* Whether copies alone make the tensor, each of its own part: what Scatter copies it then overwrites, so that it is no
 * view of its source. */
static bool only_copied(const struct making *k)
{
	return !k->computes && (!k->whole || k->writers == 1);
}

/* Which of the copies that the node lowers to need not be made. */
static bool try_node(struct views *v, int node, int graph)
{
	struct block block = { 0 };
	struct lowering l = { .m = v->m, .block = &block, .node = node };

	if (!v->m->node[node].op->lower(&l, node))
		return false;
	lower_drop_noops(v->m, &block, 0);       /* a tensor without elements is nobody's view */
	count_making(v, &block);
	for (int i = 0; i < block.n; i++)
		if (is_pure_copy(v, &block.step[i]) && only_copied(&v->making[block.step[i].nest->out]) &&
		    !view_forward(v, block.step[i].nest))
			view_backward(v, block.step[i].nest, graph);
	clear_making(v, &block);
	return true;
}

static bool views_node(struct views *v, int node, int graph)
{
	struct module *m = v->m;
	struct trial trial;
	bool lowered;

	if (m->node[node].op->by_kernels || !m->node[node].op->lower)
		return true;
	/* Folded, or in a branch that is never taken and thus was never inferred. */
	for (int i = 0; i < m->node[node].n_out; i++) {
		const struct tensor *t = m->node[node].out[i] < 0 ? NULL : &m->tensor[m->node[node].out[i]];

		if (t && (t->data || t->rank < 0))
			return true;
	}
	trial = trial_begin(m);
	lowered = try_node(v, node, graph);
	trial_end(m, &trial);
	return lowered;
}

/* An output that the caller sees, or two states share, has a storage of its own. */
static void find_states(struct views *v)
{
	const struct module *m = v->m;
	const struct graph *g = &m->graph[0];

	v->present = ARENA_ARRAY(m->scratch, m->n_tensors, int);
	v->past = ARENA_ARRAY(m->scratch, m->n_tensors, int);
	for (int t = 0; t < m->n_tensors; t++)
		v->present[t] = v->past[t] = -1;
	for (int k = 0; k < m->n_states; k++) {
		const int past = g->in[module_n_in(m) + k], present = g->out[module_n_out(m) + k];
		v->present[past] = present;
		v->past[present] = v->past[present] == -1 ? past : -2;
	}
	for (int i = 0; i < module_n_out(m); i++)
		v->past[g->out[i]] = -1;
}

bool pass_views(struct module *m)
{
	struct views v = { .m = m, .n_tensors = m->n_tensors, .uses = tensor_uses(m) };

	v.place = ARENA_ARRAY(m->scratch, m->n_nodes, int);
	v.variable = ARENA_ARRAY(m->scratch, m->n_tensors, bool);
	v.fixed = ARENA_ARRAY(m->scratch, m->n_tensors, bool);
	v.viewed = ARENA_ARRAY(m->scratch, m->n_tensors, bool);
	find_states(&v);
	v.making = ARENA_ARRAY(m->scratch, m->n_tensors, struct making);
	for (int g = 0; g < m->n_graphs; g++) {
		for (int i = 0; i < m->graph[g].n_in; i++) {
			v.fixed[m->graph[g].in[i]] = true;
			v.variable[m->graph[g].in[i]] = g > 0;
		}
		for (int i = 0; i < m->graph[g].n_out; i++)
			v.fixed[m->graph[g].out[i]] = true;
	}
	for (int i = 0; i < m->nums.n_found; i++)       /* read by all that uses the size */
		v.uses[num_var_tensor(&m->nums, m->nums.found[i])] += 2;
	for (int g = 0; g < m->n_graphs; g++)
		for (int i = 0; i < m->graph[g].n_nodes; i++)
			v.place[m->graph[g].node[i]] = i;
	for (int g = 0; g < m->n_graphs; g++)
		for (int i = 0; i < m->graph[g].n_nodes; i++)
			if (!views_node(&v, m->graph[g].node[i], g))
				return false;
	return true;
}
