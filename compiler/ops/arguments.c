#include "ops/arguments.h"

#include <string.h>

#include "graph/narrow.h"
#include "nest/nest_scalar.h"

const struct attr *node_attr(const struct module *m, int node, const char *name)
{
	const struct node *x = &m->node[node];

	if (!x->op->attrs)
		return NULL;
	for (int k = 0; x->op->attrs[k].name; k++)
		if (!strcmp(x->op->attrs[k].name, name))
			return x->attr[k].kind == ATTR_NONE ? NULL : &x->attr[k];
	return NULL;
}

int64_t node_attr_int(const struct module *m, int node, const char *name, int64_t missing)
{
	const struct attr *a = node_attr(m, node, name);

	return a ? a->i : missing;
}

double node_attr_float(const struct module *m, int node, const char *name, double missing)
{
	const struct attr *a = node_attr(m, node, name);

	return a ? a->f : missing;
}

bool node_attr_is(const struct module *m, int node, const char *name, const char *value)
{
	const struct attr *a = node_attr(m, node, name);

	return a && !strcmp(a->s, value);
}

struct attr *rewrite_attr(struct module *m, int node, const char *name)
{
	const struct node *n = &m->node[node];

	for (int k = 0; n->op->attrs && n->op->attrs[k].name; k++)
		if (!strcmp(n->op->attrs[k].name, name)) {
			n->attr[k].kind = n->op->attrs[k].kind;
			n->attr[k].given = true;
			return &n->attr[k];
		}
	die("%s has no attribute %s", n->op->name, name);
}

void rewrite_attr_ints(struct module *m, int node, const char *name, const int64_t *v, int n)
{
	struct attr *a = rewrite_attr(m, node, name);

	a->ints = arena_grow(m->arena, v, (size_t)n, (size_t)n, sizeof *v);
	a->n = n;
}

bool node_attr_type(struct module *m, int node, const char *name, enum dtype missing, enum dtype *type)
{
	const struct place at = node_place(m, node);
	const int64_t onnx = node_attr_int(m, node, name, 0);

	*type = onnx ? dtype_from_onnx(onnx) : missing;
	return *type != DT_NONE || dtype_refuse(m->diag, &at, "attribute", name, onnx);
}

const struct tensor *node_in_tensor(const struct module *m, int node, int i)
{
	int t = node_in(m, node, i);

	return t < 0 ? NULL : &m->tensor[t];
}

const char *node_in_shape(struct module *m, int node, int i)
{
	const struct tensor *t = node_in_tensor(m, node, i);

	return t ? dims_text(m, t->rank, t->dim) : "none";
}

const struct tensor *node_out_tensor(const struct module *m, int node, int i)
{
	int t = node_out(m, node, i);

	return t < 0 ? NULL : &m->tensor[t];
}

enum dtype node_in_type(const struct module *m, int node, int i)
{
	const struct tensor *t = node_in_tensor(m, node, i);

	return t ? t->type : DT_NONE;
}

static bool is_model_input(const struct module *m, int t)
{
	for (int i = 0; i < m->graph[0].n_in; i++)
		if (m->graph[0].in[i] == t)
			return true;
	return false;
}

static bool unknown(struct module *m, int node, int i, bool bounds_help)
{
	const char *name = node_in_tensor(m, node, i)->name;

	m->unknown_node = node;
	m->unknown_input = i;
	if (is_model_input(m, node_in(m, node, i)))
		return node_unsupported(m, node, "input %d \"%s\" must be known at compile time: give --fix "
					"'%s=VALUES'%s", i, name, name, !bounds_help ? "" : arena_printf(
					m->scratch, " or --dim '%s[]=MIN..MAX'", name));
	return node_unsupported(m, node, "input %d \"%s\" must be known at compile time", i, name);
}

bool node_unknown(struct module *m, int node, int i)
{
	return unknown(m, node, i, false);
}

static bool numbers(struct module *m, int node, const char *attr, int input, bool constants, const struct num **v,
		    int *n)
{
	const struct attr *a = attr ? node_attr(m, node, attr) : NULL;
	int t = input >= 0 ? node_in(m, node, input) : -1;
	struct num *copy;

	*n = -1;
	*v = NULL;
	if (a) {
		copy = ARENA_ARRAY(m->arena, a->n, struct num);
		for (int i = 0; i < a->n; i++)
			copy[i] = num_const(a->ints[i]);
		*v = copy;
		*n = a->n;
		return true;
	}
	if (t < 0)
		return true;
	if (m->tensor[t].rank > 1)
		return node_bad(m, node, "input %d is of rank %d, allowed: 0 or 1", input, m->tensor[t].rank);
	*v = tensor_value(m, t, n);
	return *v || *n == 0 || unknown(m, node, input, !constants);
}

bool node_numbers(struct module *m, int node, const char *attr, int input, const struct num **v, int *n)
{
	return numbers(m, node, attr, input, false, v, n);
}

bool node_constants(struct module *m, int node, const char *attr, int input, const int64_t **v, int *n)
{
	const struct num *from;
	int64_t *to;

	if (!numbers(m, node, attr, input, true, &from, n))
		return false;
	*v = NULL;
	if (*n < 0)
		return true;
	to = ARENA_ARRAY(m->arena, *n, int64_t);
	for (int i = 0; i < *n; i++) {
		if (!num_is_const(from[i]))
			return node_unsupported(m, node, "element %d of input %d must be a constant", i, input);
		to[i] = from[i].n;
	}
	*v = to;
	return true;
}

bool node_axis(struct module *m, int node, int64_t v, int rank, int *axis)
{
	if (v < -rank || v >= rank)
		return node_bad(m, node, "axis is %lld, allowed: %d to %d", (long long)v, -rank, rank - 1);
	*axis = (int)(v < 0 ? v + rank : v);
	return true;
}

bool node_axis_attr(struct module *m, int node, const char *attr, int64_t missing, int rank, int *axis)
{
	return node_axis(m, node, node_attr_int(m, node, attr, missing), rank, axis);
}

bool node_axes(struct module *m, int node, const char *attr, int input, int rank, int axis[MAX_RANK], int *n)
{
	const int64_t *v;
	bool seen[MAX_RANK] = { false };

	if (!node_constants(m, node, attr, input, &v, n))
		return false;
	for (int i = 0; i < *n; i++) {
		int k;

		if (!node_axis(m, node, v[i], rank, &k))
			return false;
		if (seen[k])
			return node_bad(m, node, "axis %d is given twice, allowed: once", k);
		seen[k] = true;
		axis[i] = k;
	}
	return true;
}

bool node_rank(struct module *m, int node, int i, int least, int most)
{
	int rank = node_in_tensor(m, node, i)->rank;

	if (rank < least || rank > most)
		return node_bad(m, node, "input %d is of rank %d, allowed: %d to %d", i, rank, least, most);
	return true;
}

bool node_shape(struct module *m, int node, int i, const struct num *want, int rank)
{
	const struct tensor *t = node_in_tensor(m, node, i);

	if (!t)
		return true;
	if (t->rank != rank)
		return node_bad(m, node, "input %d is of rank %d, allowed: %d", i, t->rank, rank);
	for (int k = 0; k < rank; k++)
		if (num_is_const(t->dim[k]) && num_is_const(want[k]) && t->dim[k].n != want[k].n)
			return node_bad(m, node, "input %d has %lld elements along axis %d, allowed: %lld", i,
					(long long)t->dim[k].n, k, (long long)want[k].n);
		else if (!num_same(t->dim[k], want[k]))
			return node_unsupported(m, node, "axis %d of input %d need not have the expected size", k, i);
	return true;
}

/* One dimension of a broadcast. A run-time dimension beside a constant above 1 is taken to be that constant. */
static bool dim_broadcast(struct module *m, int node, struct num a, struct num b, struct num *r)
{
	struct strbuf text;

	if (num_same(a, b) || num_is(b, 1))
		*r = a;
	else if (num_is(a, 1))
		*r = b;
	else if (num_is_const(a) && num_is_const(b))
		return node_bad(m, node, "dimensions %lld and %lld do not broadcast, allowed: equal ones or 1",
				(long long)a.n, (long long)b.n);
	else if (num_is_const(a) || num_is_const(b))
		*r = num_is_const(a) ? a : b;
	else {
		strbuf_init(&text, m->scratch);
		num_print(&m->nums, a, &text);
		strbuf_puts(&text, " and ");
		num_print(&m->nums, b, &text);
		return node_unsupported(m, node, "dimensions %s need not be equal", strbuf_text(&text));
	}
	return true;
}

bool dims_broadcast(struct module *m, int node, int *rank, struct num dim[MAX_RANK], int rank_b,
		    const struct num *dim_b)
{
	int r = *rank > rank_b ? *rank : rank_b;
	struct num merged[MAX_RANK] = { { 0 } };

	for (int k = 0; k < r; k++) {
		int a = k - (r - *rank), b = k - (r - rank_b);

		if (!dim_broadcast(m, node, a < 0 ? num_const(1) : dim[a], b < 0 ? num_const(1) : dim_b[b], &merged[k]))
			return false;
	}
	memcpy(dim, merged, (size_t)r * sizeof *dim);
	*rank = r;
	return true;
}

struct num dims_product(struct module *m, const struct num *dim, int n)
{
	struct num p = num_const(1);

	for (int i = 0; i < n; i++)
		p = num_mul(&m->nums, p, dim[i]);
	return p;
}

int tensor_const_doubles(struct module *m, enum dtype type, int rank, const int64_t *dim, const double *v)
{
	int64_t n = 1;
	union lanes x;
	char *data;

	for (int k = 0; k < rank; k++)
		n *= dim[k];
	data = arena_alloc(m->arena, (size_t)(n * dtypes[type].bytes));
	for (int64_t i = 0; i < n; i++) {
		x.d[0] = v[i];
		scalar_cast(DT_F64, type, &x, &x, 1);
		scalar_store(type, data, n, &i, &x, 1);
	}
	return tensor_const(m, NULL, type, rank, dim, data);
}

bool infer_same(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0);

	return tensor_set(m, node, node_out(m, node, 0), x.type, x.rank, x.dim);
}

enum dtype compute_type(enum dtype type)
{
	return type == DT_F16 || type == DT_BF16 || dtype_is_code(type) ? DT_F32 : type;
}

int nest_load_wide(struct nest *n, int t, const struct num *at)
{
	return nest_cast(n, compute_type(n->m->tensor[t].type), nest_load(n, t, at));
}

void nest_store_narrow(struct nest *n, int value)
{
	nest_store(n, nest_cast(n, n->m->tensor[n->out].type, value));
}

struct num nest_flat(struct nest *n)
{
	struct num flat = num_const(0);

	for (int k = 0; k < n->n_axes; k++)
		flat = num_add(&n->m->nums, num_mul(&n->m->nums, flat, n->extent[k]), n->axis[k]);
	return flat;
}

bool lower_reshape(struct lowering *l, int node)
{
	struct nest *n = nest_new(l->m, node_out(l->m, node, 0));

	nest_store(n, nest_load_flat(n, node_in(l->m, node, 0), nest_flat(n)));
	lower_nest(l, n);
	return true;
}
