/* Nodes without a model, for tests of operators: their inputs are constants or variables, their shapes inferred, and
 * what depends on constants only is folded. */
#ifndef NNC_TESTS_OPS_FIXTURE_H
#define NNC_TESTS_OPS_FIXTURE_H

#include "../nests/fixture.h"

#include "graph/infer.h"
#include "ops/ops.h"

/* A node of the operator in force at `opset`, with one output a name; not inferred yet. */
static inline int node_of(const char *name, int opset, int n_in, const int *in, int n_out)
{
	bool known;
	const struct op_def *op = op_find("", name, opset, &known);
	int graph = graph_add(&module, "g", -1), out[4];

	cr_assert(op, "%s-%d", name, opset);
	for (int i = 0; i < n_out; i++)
		out[i] = tensor_add(&module, "y");
	return node_add(&module, graph, op, name, n_in, in, n_out, out);
}

static inline struct attr *attr_of(int node, const char *name)
{
	const struct op_def *op = module.node[node].op;
	int k = 0;

	while (strcmp(op->attrs[k].name, name) != 0)
		k++;
	return &module.node[node].attr[k];
}

static inline void set_int(int node, const char *name, int64_t v)
{
	*attr_of(node, name) = (struct attr){ .kind = ATTR_INT, .given = true, .i = v };
}

static inline void set_ints(int node, const char *name, const int64_t *v, int n)
{
	*attr_of(node, name) = (struct attr){ .kind = ATTR_INTS, .given = true, .n = n, .ints = v };
}

static inline void set_string(int node, const char *name, const char *s)
{
	*attr_of(node, name) = (struct attr){ .kind = ATTR_STRING, .given = true, .s = s };
}

static inline int infer(int node)
{
	cr_assert(infer_node(&module, node), "%s", diag_text(&diag));
	return module.node[node].out[0];
}

static inline void expect_dims(int t, int rank, const struct num *want)
{
	cr_assert_eq(module.tensor[t].rank, rank, "rank %d, expected %d", module.tensor[t].rank, rank);
	for (int k = 0; k < rank; k++)
		cr_assert(num_same(module.tensor[t].dim[k], want[k]), "axis %d has %lld elements, expected %lld", k,
			  (long long)module.tensor[t].dim[k].n, (long long)want[k].n);
}

static inline void expect_floats(int t, const float *want, int n)
{
	cr_assert(module.tensor[t].data, "the node was not folded");
	for (int i = 0; i < n; i++)
		cr_assert_float_eq(float_at(t, i), want[i], 1e-6, "element %d is %g, expected %g", i,
				   (double)float_at(t, i), (double)want[i]);
}

static inline void expect_ints(int t, const int64_t *want, int n)
{
	cr_assert(module.tensor[t].data, "the node was not folded");
	for (int i = 0; i < n; i++)
		cr_assert_eq(const_int(&module, t, i), want[i], "element %d is %lld, expected %lld", i,
			     (long long)const_int(&module, t, i), (long long)want[i]);
}

/* The node is refused for what the model says (STATUS_MODEL) or for what nnc lacks (STATUS_UNSUPPORTED). */
static inline void expect_refused(int node, enum status status, const char *why)
{
	cr_assert_not(infer_node(&module, node));
	cr_assert_eq(diag.status, status, "status %d", (int)diag.status);
	cr_assert(strstr(diag_text(&diag), why), "%s", diag_text(&diag));
}

#endif
