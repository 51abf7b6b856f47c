/* Edges: what the bytes of quantised inputs and outputs mean, which model.h says, and --io=quantized.
 *
 * An input's bytes have a scale and zero point when all that reads them, directly or behind operators that only move
 * elements, takes them with the same ones. With --io=quantized a float32 input that is only quantised, once or several
 * times alike, is taken as those bytes, and an output that is only dequantised is given as its bytes: QuantizeLinear
 * and DequantizeLinear at the edge become Identity, and what moves elements between them and the edge moves bytes.
 * Legal: quantising element by element commutes with moving elements, so every byte inside is the same.
 *
 * Requires types, shapes and known constants; runs before anything takes the edge's operators apart. Ensures a quant of
 * one scale at each input and output that has bytes of one meaning. */
#include <float.h>
#include <string.h>

#include "options.h"
#include "passes/edges.h"
#include "passes/pass.h"
#include "passes/rewrite.h"

/* Where operators keep scale and zero point of what they take (role 'x') or make ('y'): input numbers. Other quantised
 * operators are short for these and have been written out. */
static const struct {
	const char *op;
	char role;
	int tensor, scale, zero;
} places[] = {
	{ "DequantizeLinear", 'x', 0, 1, 2 }, { "QuantizeLinear", 'y', 0, 1, 2 },
	{ "QLinearConv", 'x', 0, 1, 2 },      { "QLinearConv", 'y', 0, 6, 7 },
	{ "QLinearMatMul", 'x', 0, 1, 2 },    { "QLinearMatMul", 'x', 3, 4, 5 },
	{ "QLinearMatMul", 'y', 0, 6, 7 },
};

/* Operators that move elements of any type, all of them of input 0. */
static const char *const movers[] = { "Flatten", "Identity", "Reshape", "Slice", "Squeeze", "Transpose", "Unsqueeze" };

enum {
	N_PLACES = sizeof places / sizeof *places,
	N_MOVERS = sizeof movers / sizeof *movers,
	MOST_MOVED = 64,        /* operators between an output and what makes it: outputs may share them */
};

/* What is known of the bytes at one edge. */
struct edge {
	struct module *m;
	bool is_input, to_bytes;        /* a float32 input or output that shall be bytes */
	bool is_found;
	enum dtype type;                /* of the bytes */
	float scale;
	int32_t zero;
	int *moved, n_moved;            /* tensors of the same elements, the edge first */
	int *converter, n_converters;   /* to_bytes: QuantizeLinear or DequantizeLinear nodes to take off */
	const char *why;                /* nothing is known: the reason */
};

struct edges {
	struct module *m;
	int *first, *next, *reader;     /* by tensor: its readers, as a list; -1 ends it */
	int n;
	bool *is_output, *is_seen;      /* by tensor; its readers were looked at for what bytes mean */
	int n_tensors;                  /* that the arrays speak of */
};

static const char *describe(const struct module *m, int node)
{
	return arena_printf(m->scratch, "%s \"%s\"", m->node[node].op->name, m->node[node].name);
}

/* --- Readers ------------------------------------------------------------------------------------------------------ */

static void add_reader(struct edges *s, int t, int node)
{
	struct arena *a = s->m->scratch;

	s->next = ARENA_PUSH(a, s->next, s->n, int);
	s->reader = ARENA_PUSH(a, s->reader, s->n, int);
	s->next[s->n] = s->first[t];
	s->reader[s->n] = node;
	s->first[t] = s->n++;
}

static void find_readers(struct edges *s)
{
	struct module *m = s->m;

	s->n_tensors = m->n_tensors;
	s->first = ARENA_ARRAY(m->scratch, m->n_tensors, int);
	s->is_output = ARENA_ARRAY(m->scratch, m->n_tensors, bool);
	s->is_seen = ARENA_ARRAY(m->scratch, m->n_tensors, bool);
	for (int t = 0; t < m->n_tensors; t++)
		s->first[t] = -1;
	for (int g = 0; g < m->n_graphs; g++) {
		for (int i = 0; i < m->graph[g].n_nodes; i++) {
			const struct node *n = &m->node[m->graph[g].node[i]];
			for (int k = 0; k < n->n_in; k++)
				if (n->in[k] >= 0)
					add_reader(s, n->in[k], m->graph[g].node[i]);
		}
		for (int i = 0; i < m->graph[g].n_out; i++)
			s->is_output[m->graph[g].out[i]] = true;
	}
}

/* --- What an operator says of bytes ------------------------------------------------------------------------------- */

/* Scale and zero point, one each, constant, of row k of `places` at a node of that row. */
static bool read_place(struct edge *e, int node, int k, enum dtype type)
{
	const struct module *m = e->m;
	const int scale = node_in(m, node, places[k].scale), zero = node_in(m, node, places[k].zero);
	double s;

	e->why = arena_printf(m->scratch, "%s has no constant scale and zero point for all elements alike",
			      describe(m, node));
	if (scale < 0 || !m->tensor[scale].data || m->tensor[scale].type != DT_F32 ||
	    !num_is(tensor_elements(e->m, scale), 1))
		return false;
	if (zero >= 0 && (!m->tensor[zero].data || !num_is(tensor_elements(e->m, zero), 1)))
		return false;
	if (type != DT_I8 && type != DT_U8 && type != DT_I16 && type != DT_U16) {
		e->why = arena_printf(m->scratch, "%s is of %s, allowed: integers of 8 or 16 bits", describe(m, node),
				      dtypes[type].name);
		return false;
	}
	s = const_double(m, scale, 0);
	if (!(s > 0 && s <= (double)FLT_MAX))
		return false;
	if (e->is_found) {
		e->why = "its readers take it with different scales or zero points";
		return e->type == type && e->scale == (float)s &&
		       e->zero == (zero < 0 ? 0 : (int32_t)const_int(m, zero, 0));
	}
	e->is_found = true;
	e->type = type;
	e->scale = (float)s;
	e->zero = zero < 0 ? 0 : (int32_t)const_int(m, zero, 0);
	return true;
}

static bool is_mover(const struct module *m, int node)
{
	for (int k = 0; k < N_MOVERS; k++)
		if (node_is(m, node, movers[k]))
			return true;
	return false;
}

/* Whether a mover's version takes what it shall move from now on. */
static bool takes_bytes(const struct module *m, int node)
{
	const char *types = m->node[node].op->types ? m->node[node].op->types[0] : "iu";

	return strchr(types, 'i') && strchr(types, 'u');
}

static void push(struct arena *a, int **list, int *n, int x)
{
	*list = ARENA_PUSH(a, *list, *n, int);
	(*list)[(*n)++] = x;
}

/* --- Inputs ------------------------------------------------------------------------------------------------------- */

/* A reader that moves elements, all of them of t. What bytes mean can be read behind a Concat or a Split
 * as well. */
static bool moves(const struct edge *e, int node, int t)
{
	const struct module *m = e->m;

	if (!e->to_bytes && node_is(m, node, "Concat"))
		return true;
	if (!is_mover(m, node) || !takes_bytes(m, node))
		return false;
	for (int i = 1; i < m->node[node].n_in; i++)
		if (node_in(m, node, i) == t)
			return false;
	return true;
}

/* One reader of a tensor that holds the input's elements. */
static bool look_at_reader(struct edge *e, int t, int node)
{
	const struct module *m = e->m;
	const char *want = e->to_bytes ? "QuantizeLinear" : NULL;

	e->why = arena_printf(m->scratch, "%s reads its floats", describe(m, node));
	if (m->node[node].graph != 0)
		return false;
	if (!e->to_bytes && node_is(m, node, "Split")) {
		for (int k = 0; k < m->node[node].n_out; k++)
			if (node_out(m, node, k) >= 0)
				push(m->scratch, &e->moved, &e->n_moved, node_out(m, node, k));
		return true;
	}
	if (moves(e, node, t)) {
		push(m->scratch, &e->moved, &e->n_moved, node_out(m, node, 0));
		return true;
	}
	if (want && (!node_is(m, node, want) || node_attr_int(m, node, "block_size", 0) || node_in(m, node, 0) != t))
		return false;
	if (want) {
		push(m->scratch, &e->converter, &e->n_converters, node);
		return read_place(e, node, 1, node_out_tensor(m, node, 0)->type);
	}
	for (int k = 0; k < N_PLACES; k++)
		if (places[k].role == 'x' && node_is(m, node, places[k].op) &&
		    node_in(m, node, places[k].tensor) == t && !read_place(e, node, k, m->tensor[t].type))
			return false;
	return true;
}

/* Takes what is known of t already. */
static bool adopt(struct edge *e, int t)
{
	const struct quant *q = e->m->tensor[t].quant;

	if (!q)
		return true;
	if (e->is_found && (e->scale != *q->scale || e->zero != *q->zero))
		return false;
	e->is_found = true;
	e->scale = *q->scale;
	e->zero = *q->zero;
	return true;
}

static bool look_at_input(const struct edges *s, struct edge *e, int input)
{
	push(e->m->scratch, &e->moved, &e->n_moved, input);
	for (int i = 0; i < e->n_moved; i++) {
		const int t = e->moved[i];
		if (e->to_bytes && s->is_output[t]) {
			e->why = "its floats are an output";
			return false;
		}
		if (!e->to_bytes && s->is_seen[t]) {
			if (!adopt(e, t))
				return false;
			continue;
		}
		s->is_seen[t] |= !e->to_bytes;
		for (int k = s->first[t]; k >= 0; k = s->next[k])
			if (!look_at_reader(e, t, s->reader[k]))
				return false;
	}
	for (int i = 0; i < e->n_converters; i++)
		if (s->is_output[node_out(e->m, e->converter[i], 0)]) {
			e->why = "what it is quantised to is an output";
			return false;
		}
	if (!e->is_found)
		e->why = "nothing reads it";
	return e->is_found;
}

/* --- Outputs ------------------------------------------------------------------------------------------------------ */

/* The one reader of t is `node`, or there is none. */
static bool is_read_by(const struct edges *s, int t, int node)
{
	const int k = s->first[t];

	return k < 0 || !s->reader || !s->next ? node < 0 : s->reader[k] == node && s->next[k] < 0;
}

static bool look_at_output(const struct edges *s, struct edge *e, int output)
{
	const struct module *m = e->m;
	int t = output, reader = -1;

	for (;;) {
		const int node = m->tensor[t].producer;
		push(m->scratch, &e->moved, &e->n_moved, t);
		e->why = "an input or a constant is given out";
		if (node < 0 || e->n_moved > MOST_MOVED || m->tensor[t].data || m->node[node].graph != 0)
			return false;
		e->why = "its floats are read inside the model too";
		if (e->to_bytes && (!is_read_by(s, t, reader) || (reader >= 0 && s->is_output[t])))
			return false;
		if (is_mover(m, node) && takes_bytes(m, node)) {
			reader = node;
			t = node_in(m, node, 0);
			continue;
		}
		e->why = arena_printf(m->scratch, "%s makes it", describe(m, node));
		if (e->to_bytes) {
			if (!node_is(m, node, "DequantizeLinear") || node_attr_int(m, node, "block_size", 0) ||
			    m->tensor[node_in(m, node, 0)].data)
				return false;
			push(m->scratch, &e->converter, &e->n_converters, node);
			return read_place(e, node, 0, node_in_type(m, node, 0));
		}
		for (int k = 0; k < N_PLACES; k++)
			if (places[k].role == 'y' && node_is(m, node, places[k].op))
				return !node_attr_int(m, node, "block_size", 0) &&
				       read_place(e, node, k, m->tensor[t].type);
		return false;
	}
}

/* --- Both --------------------------------------------------------------------------------------------------------- */

static const struct quant *make_quant(const struct edge *e)
{
	struct arena *a = e->m->arena;
	struct quant *q = ARENA_NEW(a, struct quant);
	float *scale = ARENA_NEW(a, float);
	int32_t *zero = ARENA_NEW(a, int32_t);

	*scale = e->scale;
	*zero = e->zero;
	*q = (struct quant){ .scale = scale, .zero = zero, .n = 1 };
	return q;
}

/* Tensors round a node that was taken off are one tensor: the type says the same of both. */
static void set_types(const struct edge *e)
{
	struct module *m = e->m;
	const struct quant *q = make_quant(e);

	for (int i = 0; i < e->n_moved; i++) {
		m->tensor[e->moved[i]].quant = q;
		if (e->to_bytes)
			m->tensor[e->moved[i]].type = e->type;
	}
	for (int i = 0; i < e->n_converters; i++) {
		const int node = e->converter[i];
		m->tensor[e->is_input ? node_out(m, node, 0) : node_in(m, node, 0)].quant = q;
	}
}

struct takeoff {
	bool *is_off;           /* by node */
	int n;
};

static bool take_off(struct rewriter *r, int node)
{
	const struct takeoff *x = r->ctx;
	const int in = node_in(r->m, node, 0);

	if (node < x->n && x->is_off[node])
		rewrite_add(r, node, "Identity", 1, &in, -1);
	return true;
}

/* What is known of t, a state or not; e is made. */
static bool look_alone(struct module *m, struct edge *e, int t, bool is_input)
{
	const enum dtype type = m->tensor[t].type;
	struct edges s = { .m = m };

	*e = (struct edge){ .m = m, .is_input = is_input, .to_bytes = type == DT_F32, .type = type };
	if (type != DT_F32 && dtypes[type].class != CLASS_I && dtypes[type].class != CLASS_U)
		return false;
	find_readers(&s);
	return is_input ? look_at_input(&s, e, t) : look_at_output(&s, e, t);
}

bool edge_as_bytes(struct module *m, int t, bool is_input, struct edge_bytes *bytes)
{
	struct takeoff x = { .is_off = ARENA_ARRAY(m->scratch, m->n_nodes, bool), .n = m->n_nodes };
	struct edge e;

	*bytes = (struct edge_bytes){ .type = DT_NONE };
	if (!look_alone(m, &e, t, is_input))
		return true;
	*bytes = (struct edge_bytes){ e.type, e.scale, e.zero };
	set_types(&e);
	for (int i = 0; i < e.n_converters; i++)
		x.is_off[e.converter[i]] = true;
	return !e.n_converters || rewrite_module(m, take_off, &x);
}

static bool wants_bytes(const struct module *m)
{
	return m->options && m->options->io == IO_QUANTIZED;
}

/* False: the edge stays floats although bytes are wanted; *why says the reason. */
static bool look_at(const struct edges *s, int t, bool is_input, bool is_state, struct takeoff *x, bool *has_bytes,
		    const char **why)
{
	struct module *m = s->m;
	const enum dtype type = m->tensor[t].type;
	struct edge e = { .m = m, .is_input = is_input,
			  .to_bytes = wants_bytes(m) && type == DT_F32 && !is_state };

	if (m->tensor[t].quant || (!e.to_bytes && dtypes[type].class != CLASS_I && dtypes[type].class != CLASS_U))
		return true;
	if (!(is_input ? look_at_input(s, &e, t) : look_at_output(s, &e, t))) {
		*why = e.why;
		return !e.to_bytes;
	}
	*has_bytes = true;
	set_types(&e);
	for (int i = 0; i < e.n_converters; i++)
		x->is_off[e.converter[i]] = true;
	return true;
}

/* Says which inputs and outputs stay floats: a note each, or an error when none became bytes. */
static bool say_what_stays(const struct module *m, bool has_bytes, const int *stays, const char *const *why, int n,
			   int n_in)
{
	for (int i = 0; i < n; i++) {
		const char *what = stays[i] < n_in ? "input" : "output";
		const struct graph *g = &m->graph[0];
		const char *name = m->tensor[stays[i] < n_in ? g->in[stays[i]] : g->out[stays[i] - n_in]].name;
		if (!has_bytes)
			return diag_error(m->diag, STATUS_MODEL, NULL, "--io=quantized: no input and no output of the "
					  "model is quantised; %s \"%s\": %s", what, name, why[i]);
		diag_note(m->diag, "--io=quantized: %s \"%s\" stays float32: %s", what, name, why[i]);
	}
	return true;
}

bool pass_edges(struct module *m)
{
	const struct graph *g = &m->graph[0];
	const int n = g->n_in + g->n_out;
	int *stays = ARENA_ARRAY(m->scratch, n, int), n_stay = 0;
	const char **why = ARENA_ARRAY(m->scratch, n, const char *);
	struct takeoff x = { .is_off = ARENA_ARRAY(m->scratch, m->n_nodes, bool), .n = m->n_nodes };
	struct edges s = { .m = m };
	bool has_bytes = false;

	find_readers(&s);
	for (int i = 0; i < n; i++) {
		const bool is_input = i < g->n_in;
		const bool is_state = is_input ? i >= module_n_in(m) : i - g->n_in >= module_n_out(m);
		if (look_at(&s, is_input ? g->in[i] : g->out[i - g->n_in], is_input, is_state, &x, &has_bytes,
			    &why[n_stay]))
			continue;
		stays[n_stay++] = i;
	}
	return say_what_stays(m, has_bytes, stays, why, n_stay, g->n_in) &&
	       (!wants_bytes(m) || rewrite_module(m, take_off, &x));
}
