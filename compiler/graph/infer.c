#include "graph/infer.h"

#include <string.h>

#include "nest/nest.h"
#include "ops/bundle.h"
#include "ops/ops.h"
#include "ops/positions.h"
#include "ops/run_time.h"
#include "steps/step.h"

#define ONE(id) (1U << DT_##id)

/* Inputs of one node whose values are made known. */
enum { MAX_UNKNOWN = 4 };

/* The letters of op_def.types that stand for element types. */
static const struct type_set {
	char letter;
	unsigned types;
	const char *words;
} type_sets[] = {
	{ 'f', ONE(F32) | ONE(F64), "float32 float64 " },
	{ 's', ONE(F32), "float32 " },
	{ 'h', ONE(F16) | ONE(BF16), "float16 bfloat16 " },
	{ 'i', ONE(I8) | ONE(I16) | ONE(I32) | ONE(I64), "signed integers " },
	{ 'w', ONE(I32), "int32 " },
	{ 'u', ONE(U8) | ONE(U16) | ONE(U32) | ONE(U64), "unsigned integers " },
	{ 'q', ONE(I8) | ONE(U8) | ONE(I16) | ONE(U16), "integers of 8 and 16 bits " },
	{ 'b', ONE(BOOL), "bool " },
	{ 'n', ONE(I4) | ONE(U4) | ONE(I2) | ONE(U2), "integers of 2 and 4 bits " },
	{ 'e', ONE(F8E4M3FN) | ONE(F8E4M3FNUZ) | ONE(F8E5M2) | ONE(F8E5M2FNUZ) | ONE(F8E8M0) | ONE(F4E2M1),
	  "floats of 4 and 8 bits " },
};

enum { N_TYPE_SETS = sizeof type_sets / sizeof *type_sets };

/* Whether `letters` ("f", "iub", "hf T") allow a type. */
static bool type_allowed(const char *letters, enum dtype type)
{
	unsigned types = 0;

	for (size_t i = 0; i < N_TYPE_SETS; i++)
		if (strchr(letters, type_sets[i].letter))
			types |= type_sets[i].types;
	return !types || types >> type & 1;     /* none, "T" alone: whatever input 0 is */
}

const char *types_in_words(struct arena *a, const char *letters)
{
	struct strbuf b;

	strbuf_init(&b, a);
	for (size_t i = 0; i < N_TYPE_SETS; i++)
		if (strchr(letters, type_sets[i].letter))
			strbuf_puts(&b, type_sets[i].words);
	return strbuf_text(&b);
}

static bool check_inputs(struct module *m, int node)
{
	const struct node *n = &m->node[node];
	const struct op_def *op = n->op;
	const struct place at = node_place(m, node);
	int first = node_in(m, node, 0), row = 0;

	for (int i = 0; i < n->n_in; i++) {
		const struct tensor *t = n->in[i] < 0 ? NULL : &m->tensor[n->in[i]];
		const char *letters = op->types ? op->types[row] : NULL;

		if (op->types && op->types[row + 1])
			row++;
		if (t && t->bundle) {
			if (op->bundles)
				continue;
			return diag_error(m->diag, STATUS_UNSUPPORTED, &at,
					  "input %d \"%s\" is %s, allowed: a tensor%s", i, t->name,
					  t->bundle->text ? "of strings" : "a sequence or optional",
					  t->bundle->text ? " of numbers" : "");
		}
		if (!t) {
			if (i < op->min_in && !(letters && strchr(letters, '?')))
				return diag_error(m->diag, STATUS_MODEL, &at, "input %d is required and absent", i);
			continue;
		}
		if (t->type == DT_NONE || t->rank < 0)
			return diag_error(m->diag, STATUS_MODEL, &at, "input %d (\"%s\") has no type yet", i, t->name);
		if (t->bits && !(letters && strchr(letters, 'p')))
			return diag_error(m->diag, STATUS_UNSUPPORTED, &at,
					  "input %d has elements of %d bits: this operator takes 8 and more", i,
					  t->bits);
		if (!letters)
			continue;
		if (letters[0] != 'T' && !type_allowed(letters, t->type))
			return diag_error(m->diag, STATUS_UNSUPPORTED, &at,
					  "input %d is %s: this operator takes %shere", i, dtypes[t->type].name,
					  types_in_words(m->scratch, letters));
		if (strchr(letters, 'T') && first >= 0 && m->tensor[first].type != t->type)
			return diag_error(m->diag, STATUS_MODEL, &at, "input %d is %s: must be %s as input 0", i,
					  dtypes[t->type].name, dtypes[m->tensor[first].type].name);
	}
	return true;
}

static bool is_known(const struct module *m, int t)
{
	return t < 0 || m->tensor[t].data || m->tensor[t].value;
}

/* Whether lowering and evaluating the node may make its outputs known: all inputs are, or the outputs are small
 * integers (Shape and its kin read no elements). */
static bool may_fold(struct module *m, int node)
{
	const struct node *n = &m->node[node];
	bool inputs_known = true, outputs_small = true;

	if (n->op->impure || !n->op->lower)
		return false;
	for (int i = 0; i < n->n_in; i++)
		inputs_known &= is_known(m, n->in[i]);
	for (int i = 0; i < n->n_out; i++) {
		const struct tensor *t = n->out[i] < 0 ? NULL : &m->tensor[n->out[i]];
		enum dtype_class class = t ? dtypes[t->type].class : CLASS_NONE;
		struct num elements;
		if (!t)
			continue;
		elements = tensor_elements(m, n->out[i]);
		if (!num_is_const(elements) || elements.n > MAX_FOLD_ELEMENTS)
			return false;
		outputs_small &= elements.n <= MAX_VALUE_ELEMENTS &&
				 (class == CLASS_I || class == CLASS_U || class == CLASS_B);
	}
	return inputs_known || outputs_small;
}

/* Runs the node's own lowering on known inputs; its outputs stay unknown when anything on the way is. */
static void fold_node(struct module *m, int node)
{
	const struct trial trial = trial_begin(m);
	struct block block = { 0 };
	struct lowering l = { .m = m, .block = &block, .node = node };
	const struct diag before = diag_try(m->diag);
	bool known;
	int done = 0;

	known = m->node[node].op->lower(&l, node);
	for (; done < block.n && known; done += known)
		known = block.step[done].kind == STEP_NEST && nest_eval(block.step[done].nest);
	for (int i = 0; i < done && !known; i++) {      /* what was set may be a part */
		struct tensor *t = &m->tensor[block.step[i].nest->out];
		t->data = NULL;
		t->value = NULL;
	}
	diag_drop(m->diag, &before);
	trial_end(m, &trial);
}

static bool waits(struct module *m, int node)
{
	return m->node[node].op->fold_late && tensor_elements(m, node_out(m, node, 0)).n > MAX_VALUE_ELEMENTS;
}

static bool infer(struct module *m, int node, bool late)
{
	if (!check_inputs(m, node))
		return false;
	if (!m->node[node].op->infer(m, node) || !positions_check(m, node))
		return false;
	if (may_fold(m, node) && (late || !waits(m, node)))
		fold_node(m, node);
	return true;
}

bool infer_node(struct module *m, int node)
{
	return infer(m, node, false);
}

bool infer_late(struct module *m, int node)
{
	return infer(m, node, true);
}

static void append(struct module *m, int graph, int node)
{
	struct graph *g = &m->graph[graph];

	g->node = ARENA_PUSH(m->arena, g->node, g->n_nodes, int);
	g->node[g->n_nodes++] = node;
}

/* Infers a node that is not in the graph's list and appends it there, behind what finds values that it wants to know
 * and that are data, or in its place the nodes that do as it does for any such values. */
static bool infer_alone(struct module *m, int graph, int node)
{
	for (int turn = 0; turn <= MAX_UNKNOWN; turn++) {
		const struct diag before = diag_try(m->diag);
		enum run_time found = RUN_TIME_NOT;

		m->unknown_node = -1;
		if (infer_node(m, node)) {
			diag_keep(m->diag, &before);
			append(m, graph, node);
			return true;
		}
		if (m->unknown_node == node && m->diag->status == STATUS_UNSUPPORTED && turn < MAX_UNKNOWN)
			found = run_time_resolve(m, node, m->unknown_input);
		if (found == RUN_TIME_NOT) {
			diag_keep(m->diag, &before);
			return false;
		}
		diag_drop(m->diag, &before);
		if (found == RUN_TIME_REPLACED)
			return true;
	}
	return false;
}

/* Infers a node that is not in the graph's list and appends it there, or what it is short for, which may be short for
 * more: as deep as the operators' rows are. */
static bool infer_next(struct module *m, int graph, int node)
{
	const struct graph before = m->graph[graph];
	struct graph made;
	const struct op_def *op = m->node[node].op;
	const bool expands = op->expand && (!op->expands || op->expands(m, node));

	if (!expands && !bundle_is_moved(m, node))
		return infer_alone(m, graph, node);
	m->graph[graph].node = NULL;
	m->graph[graph].n_nodes = 0;
	if (expands ? !check_inputs(m, node) || !op->expand(m, node) : !bundle_move(m, node))
		return false;
	made = m->graph[graph];
	m->graph[graph].node = before.node;
	m->graph[graph].n_nodes = before.n_nodes;
	for (int i = 0; i < made.n_nodes; i++)
		if (!infer_next(m, graph, made.node[i]))
			return false;
	return true;
}

bool infer_graph(struct module *m, int graph)
{
	const struct graph old = m->graph[graph];

	run_time_spread(m, graph);
	m->graph[graph].node = NULL;
	m->graph[graph].n_nodes = 0;
	for (int i = 0; i < old.n_nodes; i++) {
		if (infer_next(m, graph, old.node[i]))
			continue;
		for (; i < old.n_nodes; i++)    /* whoever drops the graph finds all of it */
			append(m, graph, old.node[i]);
		return false;
	}
	return true;
}
