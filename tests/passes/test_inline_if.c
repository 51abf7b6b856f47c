/* Branches that are known to be taken become part of the graph. */
#include "tests/passes/fixture.h"

TestSuite(inline_if, .init = setup, .fini = teardown);

/* A branch that applies op to the outer tensor x, or returns x itself when op is NULL. */
static int branch(const char *op, int x)
{
	const int g = graph_add(&m, "branch", 0);
	const int node = op ? node_of(g, op, 1, &x) : -1, out = op ? m.node[node].out[0] : x;

	m.graph[g].out = append_index(NULL, 0, out);
	m.graph[g].n_out = 1;
	return g;
}

static int choice(int cond, int then_graph, int else_graph)
{
	const int n = node_of(0, "If", 1, &cond);

	rewrite_attr(&m, n, "then_branch")->i = then_graph;
	rewrite_attr(&m, n, "else_branch")->i = else_graph;
	infer(n);
	return m.node[n].out[0];
}

static int known(bool v)
{
	static const bool values[] = { false, true };

	return tensor_const(&m, "known", DT_BOOL, 0, NULL, &values[v]);
}

Test(inline_if, the_branch_taken_replaces_the_node)
{
	const int x = input(DT_F32, DIMS(3));

	output(OP("Exp", choice(known(false), branch("Neg", x), branch("Abs", x))));
	run_and_compare(pass_inline_if, 0);
	cr_expect_eq(count_nodes("If"), 0);
	cr_expect_eq(count_nodes("Abs"), 1);
	cr_expect_eq(count_nodes("Neg"), 0);
	run(pass_simplify);
	cr_expect_eq(count_nodes("Identity"), 0);
}

Test(inline_if, a_branch_may_return_an_outer_tensor)
{
	const int x = input(DT_F32, DIMS(3)), y = choice(known(true), branch(NULL, x), branch("Abs", x));

	output(y);
	run_and_compare(pass_inline_if, 0);
	cr_expect_eq(m.graph[0].out[0], y);
	cr_expect_eq(count_nodes("Identity"), 1);
}

Test(inline_if, what_is_not_known_stays)
{
	const int cond = input(DT_BOOL, 0, NULL), x = input(DT_F32, DIMS(3));

	output(choice(cond, branch("Neg", x), branch("Abs", x)));
	run(pass_inline_if);
	cr_expect_eq(count_nodes("If"), 1);
}

Test(inline_if, the_branch_that_is_not_taken_is_dropped_unseen)
{
	const int x = input(DT_F32, DIMS(3)), dead = branch("Neg", x), inner = branch("Abs", x);
	const int cond = input(DT_BOOL, 0, NULL);
	const int n = node_of(dead, "If", 1, &cond);

	rewrite_attr(&m, n, "then_branch")->i = inner;
	rewrite_attr(&m, n, "else_branch")->i = inner;
	output(OP("Exp", choice(known(false), dead, branch("Abs", x))));
	cr_expect_eq(m.graph[dead].n_nodes, 0);
	cr_expect_eq(m.graph[inner].n_nodes, 0);
}
