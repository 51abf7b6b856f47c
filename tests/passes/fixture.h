/* Small graphs for the tests of passes, built node by node, and their values before and after. */
#ifndef NNC_TESTS_PASSES_FIXTURE_H
#define NNC_TESTS_PASSES_FIXTURE_H

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "graph/infer.h"
#include "graph/ir.h"
#include "ops/ops.h"
#include "passes/pass.h"
#include "passes/rewrite.h"

enum { OPSET = 17, MAX_VALUES = 4096 };

static struct arena arena, scratch;
static struct diag diag;
static struct module m;
static uint32_t random_state;

static inline void setup(void)
{
	arena_init(&arena, NULL);
	arena_init(&scratch, NULL);
	diag_init(&diag, &arena, NULL);
	module_init(&m, &arena, &scratch, &diag);
	graph_add(&m, "main", -1);
	random_state = 1;
}

static inline void teardown(void)
{
	arena_free(&scratch);
	arena_free(&arena);
}

#define DIMS(...) (int)(sizeof((int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t)), (const int64_t[]){ __VA_ARGS__ }

/* Multiples of 1/8 from -2 to 2: products and sums of a few of them are exact. */
static inline float *random_floats(int64_t n)
{
	float *v = ARENA_ARRAY(&arena, n, float);

	for (int64_t i = 0; i < n; i++) {
		random_state = random_state * 1664525 + 1013904223;
		v[i] = (float)((int)(random_state >> 8) % 17 - 8) / 8;
	}
	return v;
}

static inline int64_t count(int rank, const int64_t *dim)
{
	int64_t n = 1;

	for (int k = 0; k < rank; k++)
		n *= dim[k];
	return n;
}

static inline int weights(int rank, const int64_t *dim)
{
	return tensor_const(&m, "w", DT_F32, rank, dim, random_floats(count(rank, dim)));
}

/* All elements v. */
static inline int filled(float v, int rank, const int64_t *dim)
{
	float *f = random_floats(count(rank, dim));

	for (int64_t i = 0; i < count(rank, dim); i++)
		f[i] = v;
	return tensor_const(&m, "c", DT_F32, rank, dim, f);
}

static inline int ints(int n, const int64_t *v)
{
	return tensor_const_ints(&m, v, n);
}

static inline int *append_index(int *list, int n, int t)
{
	list = arena_grow(&arena, list, (size_t)n, (size_t)n + 1, sizeof *list);
	list[n] = t;
	return list;
}

static inline int input(enum dtype type, int rank, const int64_t *dim)
{
	struct num d[MAX_RANK] = { 0 };
	int t;

	for (int k = 0; k < rank; k++)
		d[k] = num_const(dim[k]);
	t = tensor_like(&m, "x", type, rank, d);
	m.graph[0].in = append_index(m.graph[0].in, m.graph[0].n_in++, t);
	return t;
}

static inline void output(int t)
{
	m.graph[0].out = append_index(m.graph[0].out, m.graph[0].n_out++, t);
}

/* A node of graph g with one output, not yet inferred: its number. */
static inline int node_of(int g, const char *name, int n_in, const int *in)
{
	bool known;
	const struct op_def *op = op_find("", name, OPSET, &known);
	const int out = tensor_add(&m, name);
	int n;

	cr_assert(op, "%s", name);
	n = node_add(&m, g, op, name, n_in, in, 1, &out);
	m.node[n].opset = OPSET;
	return n;
}

static inline void infer(int node)
{
	cr_assert(infer_node(&m, node), "%s", diag_text(&diag));
}

/* An inferred node of the main graph: its output. */
#define OP(name, ...) \
	op_of(name, (int)(sizeof((int[]){ __VA_ARGS__ }) / sizeof(int)), (const int[]){ __VA_ARGS__ })
static inline int op_of(const char *name, int n_in, const int *in)
{
	const int n = node_of(0, name, n_in, in);

	infer(n);
	return m.node[n].out[0];
}

static inline int transposed(int t, int n, const int64_t *perm)
{
	const int node = node_of(0, "Transpose", 1, &t);

	rewrite_attr_ints(&m, node, "perm", perm, n);
	infer(node);
	return m.node[node].out[0];
}

static inline void run(bool (*pass)(struct module *m))
{
	cr_assert(pass(&m), "%s", diag_text(&diag));
	module_check(&m);
}

/* How many nodes of that operator graph 0 lists; NULL: of any. */
static inline int count_nodes(const char *op)
{
	int n = 0;

	for (int i = 0; i < m.graph[0].n_nodes; i++)
		n += !op || !strcmp(m.node[m.graph[0].node[i]].op->name, op);
	return n;
}

static inline void forget(int t)
{
	m.tensor[t].data = NULL;
	m.tensor[t].value = NULL;
}

/* The values of output 0 for the given input, elements of its type: the graph is folded with it as a constant, and
 * forgets it again. */
static inline int64_t evaluate(const void *x, float *y)
{
	const int in = m.graph[0].in[0];
	int64_t n;

	m.tensor[in].data = x;
	cr_assert(infer_graph(&m, 0), "%s", diag_text(&diag));
	n = tensor_elements(&m, m.graph[0].out[0]).n;
	cr_assert(n <= MAX_VALUES);
	cr_assert(m.tensor[m.graph[0].out[0]].data, "the output is not known");
	for (int64_t i = 0; i < n; i++)
		y[i] = (float)const_double(&m, m.graph[0].out[0], i);
	forget(in);
	for (int i = 0; i < m.graph[0].n_nodes; i++) {
		const struct node *node = &m.node[m.graph[0].node[i]];
		for (int k = 0; k < node->n_out; k++)
			forget(node->out[k]);
	}
	return n;
}

/* Runs the pass and compares: differences up to `tolerance` of a value's size (and of 1). */
static inline void run_and_compare(bool (*pass)(struct module *m), float tolerance)
{
	const float *x = random_floats(tensor_elements(&m, m.graph[0].in[0]).n);
	float before[MAX_VALUES], after[MAX_VALUES];
	const int64_t n = evaluate(x, before);

	run(pass);
	cr_assert_eq(evaluate(x, after), n);
	for (int64_t i = 0; i < n; i++)
		cr_assert(fabsf(after[i] - before[i]) <= tolerance * (1 + fabsf(before[i])) ||
			  after[i] == before[i] || (isnan(after[i]) && isnan(before[i])),
			  "element %lld: %.9g, before the pass %.9g", (long long)i, (double)after[i],
			  (double)before[i]);
}

#endif
