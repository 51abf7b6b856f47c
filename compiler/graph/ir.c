/* Building, reading and rewiring the graph. The arrays of a module grow by doubling; indexes are never reused. */
#include "graph/ir.h"

#include <string.h>

#include "graph/narrow.h"
#include "ops/ops.h"
#include "support/half.h"
#include "support/little.h"

void module_init(struct module *m, struct arena *a, struct arena *scratch, struct diag *d)
{
	*m = (struct module){ .arena = a, .scratch = scratch, .steps = a, .elements = a, .n_lasting = MAX_TENSORS,
			      .unknown_node = -1,
			      .diag = d, .name = "" };
	nums_init(&m->nums, a);
}

/* --- tensors ------------------------------------------------------------------------------------------------------ */

int tensor_add(struct module *m, const char *name)
{
	struct tensor *t;

	m->tensor = ARENA_PUSH(m->arena, m->tensor, m->n_tensors, struct tensor);
	t = &m->tensor[m->n_tensors];
	*t = (struct tensor){ .name = name ? name : "", .rank = -1, .producer = -1, .base = m->n_tensors };
	for (int k = 0; k < MAX_RANK; k++)
		t->order[k] = (uint8_t)k;
	return m->n_tensors++;
}

int tensor_like(struct module *m, const char *name, enum dtype type, int rank, const struct num *dim)
{
	struct num d[MAX_RANK];         /* dim may be another tensor's, which moves */
	int t;

	for (int k = 0; k < rank; k++)
		d[k] = dim[k];
	t = tensor_add(m, name);
	m->tensor[t].type = type;
	m->tensor[t].rank = rank;
	for (int k = 0; k < rank; k++)
		m->tensor[t].dim[k] = d[k];
	tensor_dense(m, t);
	return t;
}

int tensor_const(struct module *m, const char *name, enum dtype type, int rank, const int64_t *dim, const void *data)
{
	struct num d[MAX_RANK];
	int t;

	for (int k = 0; k < rank; k++)
		d[k] = num_const(dim[k]);
	t = tensor_like(m, name, type, rank, d);
	m->tensor[t].data = data;
	return t;
}

int tensor_const_ints(struct module *m, const int64_t *v, int n)
{
	unsigned char *data = arena_array(m->arena, (size_t)n, sizeof *v);
	int64_t dim = n;

	for (int i = 0; i < n; i++)
		store_little(data + 8 * i, (uint64_t)v[i], 8);
	return tensor_const(m, NULL, DT_I64, 1, &dim, data);
}

int tensor_const_float(struct module *m, float v)
{
	unsigned char *data = arena_alloc(m->arena, sizeof v);

	store_little(data, float_bits(v), 4);
	return tensor_const(m, NULL, DT_F32, 0, NULL, data);
}

struct num tensor_count(struct nums *s, const struct tensor *t)
{
	struct num n = num_const(1);

	for (int k = 0; k < t->rank; k++)
		n = num_mul(s, n, t->dim[k]);
	return n;
}

struct num tensor_elements(struct module *m, int t)
{
	return tensor_count(&m->nums, &m->tensor[t]);
}

/* Rows along an axis that storage holds. */
static struct num kept(const struct tensor *t, int axis)
{
	return t->ring && axis == t->ring_axis ? num_const(t->ring) : t->dim[axis];
}

/* Elements at the upper bounds, or -1 beyond MAX_ELEMENTS. An empty axis makes the others' sizes irrelevant. */
static int64_t elements_most(const struct module *m, int rank, const struct num *dim)
{
	int64_t n = 1;

	for (int k = 0; k < rank; k++)
		if (num_is(dim[k], 0))
			return 0;
	for (int k = 0; k < rank; k++)
		if (__builtin_mul_overflow(n, num_hi(&m->nums, dim[k]), &n) || n > MAX_ELEMENTS)
			return -1;
	return n;
}

int64_t tensor_bytes(const struct module *m, int t)
{
	struct num dim[MAX_RANK];
	int64_t n;

	for (int k = 0; k < m->tensor[t].rank; k++)
		dim[k] = kept(&m->tensor[t], k);
	n = elements_most(m, m->tensor[t].rank, dim);
	if (n < 0)
		die("tensor %d \"%s\" is larger than any tensor may be", t, m->tensor[t].name);
	return n * dtypes[m->tensor[t].type].bytes;
}

bool tensor_is_static(const struct module *m, int t)
{
	for (int k = 0; k < m->tensor[t].rank; k++)
		if (!num_is_const(m->tensor[t].dim[k]))
			return false;
	return m->tensor[t].rank >= 0;
}

bool tensor_is_const(const struct module *m, int t)
{
	return t >= 0 && m->tensor[t].data != NULL;
}

bool tensor_same_shape(const struct module *m, int a, int b)
{
	const struct tensor *x = &m->tensor[a], *y = &m->tensor[b];

	if (x->rank < 0 || x->rank != y->rank)
		return false;
	for (int k = 0; k < x->rank; k++)
		if (!num_same(x->dim[k], y->dim[k]))
			return false;
	return true;
}

struct arena *tensor_arena(const struct module *m, int t)
{
	return t < m->n_lasting ? m->elements : m->scratch;
}

/* Whether elements of t may be known numbers at all; *n: how many it has. */
static bool may_have_value(const struct module *m, int t, int *n)
{
	const enum dtype_class class = t < 0 ? CLASS_NONE : dtypes[m->tensor[t].type].class;
	int64_t elements;

	*n = 0;
	if ((class != CLASS_I && class != CLASS_U && class != CLASS_B) || !tensor_is_static(m, t))
		return false;
	elements = elements_most(m, m->tensor[t].rank, m->tensor[t].dim);
	if (elements < 0 || elements > MAX_VALUE_ELEMENTS)
		return false;
	*n = (int)elements;
	return true;
}

bool tensor_value_at(const struct module *m, int t, int64_t i, struct num *value)
{
	int n;

	if (!may_have_value(m, t, &n) || i >= n || !(m->tensor[t].value || m->tensor[t].data))
		return false;
	*value = m->tensor[t].value ? m->tensor[t].value[i] : num_const(const_int(m, t, i));
	return true;
}

const struct num *tensor_value(struct module *m, int t, int *n)
{
	struct num *value;

	if (!may_have_value(m, t, n))
		return NULL;
	if (m->tensor[t].value || !m->tensor[t].data)
		return m->tensor[t].value;
	value = ARENA_ARRAY(tensor_arena(m, t), *n, struct num);
	for (int i = 0; i < *n; i++)
		value[i] = num_const(const_int(m, t, i));
	m->tensor[t].value = value;
	return value;
}

int64_t const_int(const struct module *m, int t, int64_t i)
{
	const struct dtype_info *d = &dtypes[m->tensor[t].type];
	const int bits = 8 * d->bytes;
	uint64_t v;

	if (!m->tensor[t].data || (d->class != CLASS_I && d->class != CLASS_U && d->class != CLASS_B))
		die("tensor %d \"%s\" is no integer constant", t, m->tensor[t].name);
	v = load_little((const unsigned char *)m->tensor[t].data + i * d->bytes, d->bytes);
	if (d->class == CLASS_I && bits < 64 && v >> (bits - 1))
		v |= ~(uint64_t)0 << bits;
	return (int64_t)v;
}

double const_double(const struct module *m, int t, int64_t i)
{
	const enum dtype type = m->tensor[t].type;
	uint64_t v;
	double d;

	if (!m->tensor[t].data)
		die("tensor %d \"%s\" is no constant", t, m->tensor[t].name);
	v = load_little((const unsigned char *)m->tensor[t].data + i * dtypes[type].bytes, dtypes[type].bytes);
	switch (type) {
	case DT_F32:
		return (double)bits_float((uint32_t)v);
	case DT_F64:
		memcpy(&d, &v, sizeof d);
		return d;
	case DT_F16:
		return (double)half_to_float((uint16_t)v);
	case DT_BF16:
		return (double)bfloat_to_float((uint16_t)v);
	case DT_U64:
		return (double)v;
	default:
		if (dtype_is_code(type))
			return narrow_value(type, (unsigned)v);
		return (double)const_int(m, t, i);
	}
}

/* Both may hold: neither a rank nor a dimension rules the other out. A dimension of -1 says nothing. */
static bool dim_agrees(const struct module *m, struct num said, struct num found)
{
	if (num_is_const(said) && said.n < 0)
		return true;
	return num_lo(&m->nums, said) <= num_hi(&m->nums, found) && num_lo(&m->nums, found) <= num_hi(&m->nums, said);
}

const char *dims_text(struct module *m, int rank, const struct num *dim)
{
	struct strbuf b;

	strbuf_init(&b, m->scratch);
	for (int k = 0; k < rank; k++)
		strbuf_printf(&b, "%s%lld", k ? "x" : "", (long long)num_hi(&m->nums, dim[k]));
	return strbuf_text(&b);
}

/* Interval arithmetic may find numbers below zero that are none; sizes that grow with the model's own are least where
 * all of these are. */
static bool check_least(struct module *m, const struct place *at, const char *name, int axis, struct num dim)
{
	struct strbuf when;
	int64_t size;

	strbuf_init(&when, m->scratch);
	size = num_at_least(&m->nums, dim, &when);
	return size >= 0 || diag_error(m->diag, STATUS_MODEL, at, "\"%s\": axis %d has size %lld for %s, allowed: 0 or "
				       "more", name, axis, (long long)size, strbuf_text(&when));
}

bool shape_check(struct module *m, int node, const char *name, int rank, const struct num *dim)
{
	const struct place at = node_place(m, node);

	if (m->nums.overflow) {
		m->nums.overflow = false;
		return diag_error(m->diag, STATUS_MODEL, &at, "sizes of \"%s\" overflow 64 bits", name);
	}
	if (rank < 0 || rank > MAX_RANK)
		return diag_error(m->diag, STATUS_UNSUPPORTED, &at, "rank of \"%s\" is %d, allowed: 0 to %d", name,
				  rank, MAX_RANK);
	for (int k = 0; k < rank; k++)
		if (num_hi(&m->nums, dim[k]) < 0)
			return diag_error(m->diag, STATUS_MODEL, &at,
					  "\"%s\": axis %d has size %lld, allowed: 0 or more", name, k,
					  (long long)num_hi(&m->nums, dim[k]));
	for (int k = 0; k < rank; k++)
		if (num_lo(&m->nums, dim[k]) < 0 && !check_least(m, &at, name, k, dim[k]))
			return false;
	if (elements_most(m, rank, dim) < 0)
		return diag_error(m->diag, STATUS_MODEL, &at, "\"%s\" has shape %s, allowed: at most %lld elements",
				  name, dims_text(m, rank, dim), (long long)MAX_ELEMENTS);
	return true;
}

bool tensor_set(struct module *m, int node, int t, enum dtype type, int rank, const struct num *dim)
{
	const struct place at = node_place(m, node);
	struct tensor *x = &m->tensor[t];

	if (!shape_check(m, node, x->name, rank, dim))
		return false;
	if (x->type != DT_NONE && x->type != type)
		return diag_error(m->diag, STATUS_MODEL, &at, "type of \"%s\": %s by its inputs, %s by the model",
				  x->name, dtypes[type].name, dtypes[x->type].name);
	/* Exporters leave stale shapes behind; the node's own inputs decide. */
	if (x->rank >= 0 && x->rank != rank)
		diag_remark(m->diag, &at, "rank of \"%s\": %d by its inputs, %d by the model", x->name, rank, x->rank);
	for (int k = 0; k < x->rank && x->rank == rank; k++)
		if (!dim_agrees(m, x->dim[k], dim[k]))
			diag_remark(m->diag, &at, "axis %d of \"%s\": %lld by its inputs, %lld by the model", k,
				    x->name, (long long)dim[k].n, (long long)x->dim[k].n);
	x->type = type;
	x->rank = rank;
	for (int k = 0; k < rank; k++)
		x->dim[k] = dim[k];
	if (x->base == t)
		tensor_dense(m, t);
	return true;
}

void tensor_dense(struct module *m, int t)
{
	struct num stride = num_const(1);
	const int rank = m->tensor[t].rank;

	m->tensor[t].base = t;
	m->tensor[t].offset = num_const(0);
	for (int k = rank - 1; k >= 0; k--) {
		struct tensor *x = &m->tensor[t];
		x->stride[x->order[k]] = stride;
		stride = num_mul(&m->nums, stride, kept(x, x->order[k]));
	}
}

void tensor_set_ring(struct module *m, int t, int axis, int64_t rows)
{
	m->tensor[t].ring_axis = axis;
	m->tensor[t].ring = rows;
	tensor_dense(m, t);
}

int64_t tensor_ring(const struct module *m, int t, int axis)
{
	return axis == m->tensor[t].ring_axis ? m->tensor[t].ring : 0;
}

void tensor_set_order(struct module *m, int t, const uint8_t *order)
{
	for (int k = 0; k < m->tensor[t].rank; k++)
		m->tensor[t].order[k] = order[k];
	tensor_dense(m, t);
}

bool tensor_lies_plain(struct nums *s, const struct tensor *t)
{
	struct num stride = num_const(1);

	if (t->ring)
		return false;
	for (int k = t->rank - 1; k >= 0; k--) {
		if (num_is(t->dim[k], 1))
			continue;
		if (!num_same(t->stride[k], stride))
			return false;
		stride = num_mul(s, stride, t->dim[k]);
	}
	return true;
}

bool tensor_is_plain(struct module *m, int t)
{
	return tensor_lies_plain(&m->nums, &m->tensor[t]);
}

/* --- nodes and graphs --------------------------------------------------------------------------------------------- */

static struct attr *default_attrs(struct arena *a, const struct attr_def *def)
{
	struct attr *v;
	int n = 0;

	while (def && def[n].name)
		n++;
	v = ARENA_ARRAY(a, n, struct attr);
	for (int i = 0; i < n; i++)
		if (def[i].has_default)
			v[i] = (struct attr){ .kind = def[i].kind, .i = def[i].i, .f = def[i].f, .s = def[i].s };
	return v;
}

/* Appends a node, all of which is there but its inputs and outputs. */
static int node_append(struct module *m, struct node n, const int *in, const int *out)
{
	struct graph *g = &m->graph[n.graph];
	const int id = m->n_nodes;

	n.in = arena_grow(m->arena, in, (size_t)n.n_in, (size_t)n.n_in, sizeof *in);
	n.out = arena_grow(m->arena, out, (size_t)n.n_out, (size_t)n.n_out, sizeof *out);
	m->node = ARENA_PUSH(m->arena, m->node, id, struct node);
	m->node[id] = n;
	for (int i = 0; i < n.n_out; i++)
		if (n.out[i] >= 0)
			m->tensor[n.out[i]].producer = id;
	g->node = ARENA_PUSH(m->arena, g->node, g->n_nodes, int);
	g->node[g->n_nodes++] = id;
	return m->n_nodes++;
}

int node_add(struct module *m, int graph, const struct op_def *op, const char *name, int n_in, const int *in, int n_out,
	     const int *out)
{
	const struct node n = { .op = op, .name = name ? name : "", .opset = op->since, .graph = graph, .n_in = n_in,
				.n_out = n_out, .attr = default_attrs(m->arena, op->attrs) };

	return node_append(m, n, in, out);
}

int node_copy(struct module *m, int graph, int node, const int *in, int out)
{
	struct node n = m->node[node];

	n.graph = graph;
	n.n_out = 1;
	return node_append(m, n, in, &out);
}

struct place node_place(const struct module *m, int node)
{
	const struct node *n;
	const char *name;

	if (node < 0)
		return (struct place){ 0 };
	n = &m->node[node];
	name = n->name;
	for (int i = 0; !*name && i < n->n_out; i++)
		if (n->out[i] >= 0)
			name = m->tensor[n->out[i]].name;
	return (struct place){ .node = name, .op = n->called ? n->called : n->op->name, .opset = n->opset };
}

int node_in(const struct module *m, int node, int i)
{
	return i < m->node[node].n_in ? m->node[node].in[i] : -1;
}

int node_out(const struct module *m, int node, int i)
{
	return i < m->node[node].n_out ? m->node[node].out[i] : -1;
}

int graph_add(struct module *m, const char *name, int parent)
{
	m->graph = ARENA_PUSH(m->arena, m->graph, m->n_graphs, struct graph);
	m->graph[m->n_graphs] = (struct graph){
		.name = name ? name : "", .parent = parent, .node = ARENA_ARRAY(m->arena, 0, int),
		.in = ARENA_ARRAY(m->arena, 0, int), .out = ARENA_ARRAY(m->arena, 0, int)
	};
	return m->n_graphs++;
}

static void replace_in(int *v, int n, const int *to)
{
	for (int i = 0; i < n; i++)
		while (v[i] >= 0 && to[v[i]] != v[i])
			v[i] = to[v[i]];
}

/* Labels go with what is said of the same elements. */
static void replace_labels(struct module *m, const int *to)
{
	for (int t = 0; t < m->n_tensors; t++) {
		struct tensor *by = &m->tensor[to[t]];
		if (!m->tensor[t].label || by->label)
			continue;
		by->label = m->tensor[t].label;
		by->n_labels = m->tensor[t].n_labels;
	}
}

void tensor_replace_all(struct module *m, const int *to)
{
	replace_labels(m, to);
	for (int i = 0; i < m->n_nodes; i++)
		replace_in(m->node[i].in, m->node[i].n_in, to);
	for (int g = 0; g < m->n_graphs; g++)
		replace_in(m->graph[g].out, m->graph[g].n_out, to);
}
