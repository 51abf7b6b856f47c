/* If, Loop and Scan become C control flow. Values cross the border of a body by copies: into the node's outputs at the
 * end of a branch, into the variables before a loop and at the end of each turn. */
#include "lower/lower.h"

#include "ops/control.h"
#include "ops/arguments.h"

/* to[…] = from[…]; the shapes are equal, or both have one element. */
static void copy(struct lowering *l, int to, int from)
{
	struct nest *n = nest_new(l->m, to);

	if (l->m->tensor[to].rank == l->m->tensor[from].rank)
		nest_store(n, nest_load(n, from, n->axis));
	else
		nest_store(n, nest_load_flat(n, from, num_const(0)));
	lower_nest(l, n);
}

/* --- If ----------------------------------------------------------------------------------------------------------- */

static bool lower_branch(struct lowering *l, int node, int branch)
{
	const struct module *m = l->m;
	const int graph = (int)node_attr(m, node, branch ? "else_branch" : "then_branch")->i;

	l->block->refused = m->graph[graph].refused;
	if (l->block->refused)
		return true;
	if (!lower_graph(l->m, graph, l->block))
		return false;
	for (int i = 0; i < m->node[node].n_out; i++)
		if (node_out(m, node, i) >= 0)
			copy(l, node_out(m, node, i), m->graph[graph].out[i]);
	return true;
}

bool lower_if(struct lowering *l, int node)
{
	const int taken = if_taken(l->m, node);
	struct block body[2] = { 0 };
	struct step *s;

	if (taken >= 0)
		return lower_branch(l, node, taken);
	for (int k = 0; k < 2; k++) {
		struct lowering inside = lower_inside(l, &body[k]);
		if (!lower_branch(&inside, node, k))
			return false;
	}
	s = lower_control(l, STEP_IF);
	s->cond = node_in(l->m, node, 0);
	s->body[0] = body[0];
	s->body[1] = body[1];
	return true;
}

/* --- Loop and Scan ------------------------------------------------------------------------------------------------ */

struct search {
	int tensor;
	bool found;
};

static void compare(void *ctx, int tensor)
{
	struct search *s = ctx;

	s->found |= tensor == s->tensor;
}

static bool graph_reads(const struct module *m, int graph, int tensor)
{
	const struct graph *g = &m->graph[graph];
	struct search s = { .tensor = tensor };

	for (int i = 0; i < g->n_nodes && !s.found; i++)
		node_each_read(m, g->node[i], compare, &s);
	for (int i = 0; i < g->n_out; i++)
		compare(&s, g->out[i]);
	return s.found;
}

/* The turn's number, the condition (which held), and the slices, as the body's inputs. */
static void enter_turn(struct lowering *l, int node, const struct loop *x, struct num turn)
{
	struct module *m = l->m;
	struct nest *n;

	if (x->counted && x->counter >= 0 && graph_reads(m, x->body, x->counter)) {
		n = nest_new(m, x->counter);
		nest_store(n, nest_index(n, turn));
		lower_nest(l, n);
	}
	if (x->go_in >= 0 && graph_reads(m, x->body, x->go_in)) {
		n = nest_new(m, x->go_in);
		nest_store(n, nest_const_int(n, DT_BOOL, 1));
		lower_nest(l, n);
	}
	for (int i = 0; i < x->n_slices; i++) {
		const int rank = m->tensor[x->source[i]].rank, axis = scan_axis(m, node, true, i, rank);
		struct num at[MAX_RANK];
		n = nest_new(m, x->slice[i]);
		for (int k = 0; k < rank; k++)
			at[k] = k == axis ? scan_index(m, node, true, i, turn, x->trips) : n->axis[k - (k > axis)];
		nest_store(n, nest_load(n, x->source[i], at));
		lower_nest(l, n);
	}
}

static void store_parts(struct lowering *l, int node, const struct loop *x, struct num turn)
{
	struct module *m = l->m;

	for (int i = 0; i < x->n_parts; i++) {
		const int out = node_out(m, node, x->n_carried + i), rank = m->tensor[x->part[i]].rank;
		const int axis = x->n_slices ? scan_axis(m, node, false, i, rank + 1) : 0;
		struct nest *n;
		if (out < 0)
			continue;
		n = nest_over(m, out, rank, m->tensor[x->part[i]].dim);
		for (int k = 0; k <= rank; k++)
			n->store[k] = (struct index){ .expr = -1, .affine = k == axis ?
				(x->n_slices ? scan_index(m, node, false, i, turn, x->trips) : turn) :
				n->axis[k - (k > axis)] };
		nest_store(n, nest_load(n, x->part[i], n->axis));
		lower_nest(l, n);
	}
}

/* All variables get their next values at once: one that another's next value is stored in must not change first. */
static void next_values(struct lowering *l, const struct loop *x)
{
	const struct module *m = l->m;
	int *from = ARENA_ARRAY(m->arena, x->n_carried, int);

	for (int i = 0; i < x->n_carried; i++) {
		from[i] = x->next[i];
		for (int k = 0; k < x->n_carried; k++) {
			const struct tensor t = m->tensor[x->next[i]];
			if (m->tensor[x->var[k]].base != t.base || x->next[i] == x->var[i])
				continue;
			from[i] = lower_temp(l, t.type, t.rank, t.dim);
			copy(l, from[i], x->next[i]);
			break;
		}
	}
	for (int i = 0; i < x->n_carried; i++)
		if (from[i] != x->var[i])
			copy(l, x->var[i], from[i]);
}

/* Whether the turns are counted in the body's input, for their variable would be too small or they have no bound. */
static bool counts_in_tensor(const struct module *m, const struct loop *x)
{
	return !x->counted && (x->limit >= 0 || graph_reads(m, x->body, x->counter));
}

static void count_from(struct lowering *l, int counter, bool next)
{
	struct nest *n = nest_new(l->m, counter);
	const int one = nest_const_int(n, DT_I64, 1);

	nest_store(n, next ? nest_binary(n, E_ADD, nest_load_flat(n, counter, num_const(0)), one) :
			     nest_const_int(n, DT_I64, 0));
	lower_nest(l, n);
}

/* go = condition and the next turn's number < limit, as far as each of the two is there and not known. */
static void decide(struct lowering *l, const struct loop *x, int go, int condition, bool first)
{
	struct nest *n = nest_new(l->m, go);
	int value = condition >= 0 ? nest_load_flat(n, condition, num_const(0)) : nest_const_int(n, DT_BOOL, 1), turn;

	if (!x->counted && x->limit >= 0) {
		turn = nest_load_flat(n, x->counter, num_const(0));
		if (!first)
			turn = nest_binary(n, E_ADD, turn, nest_const_int(n, DT_I64, 1));
		value = nest_binary(n, E_AND, value,
				    nest_binary(n, E_LT, turn, nest_load_flat(n, x->limit, num_const(0))));
	}
	nest_store(n, value);
	lower_nest(l, n);
}

void lower_turns(struct lowering *l, struct num trips, struct num turn, int go, struct block body)
{
	struct step *s = lower_control(l, STEP_LOOP);

	s->cond = go;
	s->trips = trips;
	s->turn = turn;
	s->body[0] = body;
}

bool lower_loop(struct lowering *l, int node)
{
	struct module *m = l->m;
	struct block body = { 0 };
	struct lowering inside = lower_inside(l, &body);
	struct loop x;
	struct num turn;
	bool always, counts;
	int go = -1;

	if (!loop_read(m, node, &x))
		return false;
	turn = x.counted ? loop_turn(m, node, x.trips) : num_const(0);
	always = x.counted && loop_runs_through(m, &x);
	counts = counts_in_tensor(m, &x);
	for (int i = 0; i < x.n_carried; i++)
		copy(l, x.var[i], x.init[i]);
	if (counts)
		count_from(l, x.counter, false);
	if (!always) {
		go = lower_temp(l, DT_BOOL, 0, NULL);
		decide(l, &x, go, x.condition, true);
	}
	enter_turn(&inside, node, &x, turn);
	if (!lower_graph(m, x.body, &body))
		return false;
	store_parts(&inside, node, &x, turn);
	if (!always)
		decide(&inside, &x, go, x.go_out, false);
	next_values(&inside, &x);
	if (counts)
		count_from(&inside, x.counter, true);
	lower_turns(l, x.trips, turn, go, body);
	for (int i = 0; i < x.n_carried; i++)
		if (node_out(m, node, i) >= 0)
			copy(l, node_out(m, node, i), x.var[i]);
	return true;
}
