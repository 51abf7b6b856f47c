/* Operators that are short for others: their nodes take their place in the graph, between those before and after. */
#include "fixture.h"

#include "ops/arguments.h"

/* A node of com.microsoft in a graph, not inferred yet. */
static int microsoft(int graph, const char *name, int n_in, const int *in, int out)
{
	const struct op_def *op = op_find("com.microsoft", name, 1, &(bool){ false });

	cr_assert(op, "%s", name);
	return node_add(&module, graph, op, "short", n_in, in, 1, &out);
}

static int scale(float v)
{
	return constant(DT_F32, 0, NULL, &v);
}

static int bytes(int n, const uint8_t *v)
{
	return constant(DT_U8, 1, (int64_t[]){ n }, v);
}

Test(expand, takes_the_place_of_the_node, .init = setup, .fini = teardown)
{
	const int graph = graph_add(&module, "g", -1), sum = tensor_add(&module, "sum"), y = tensor_add(&module, "y");
	const int x = bytes(3, (uint8_t[]){ 10, 20, 250 }), s = scale(0.5f), zero = bytes(1, (uint8_t[]){ 10 });
	const struct op_def *flatten = op_find("", "Flatten", 13, &(bool){ false });

	microsoft(graph, "QLinearAdd", 8, (int[]){ x, s, zero, x, s, -1, s, zero }, sum);
	node_add(&module, graph, flatten, "after", 1, &sum, 1, &y);
	cr_assert(infer_graph(&module, graph), "%s", diag_text(&diag));
	for (int i = 0; i < module.graph[graph].n_nodes; i++)
		cr_assert_not(module.node[module.graph[graph].node[i]].op->expand);
	cr_assert_eq(module.graph[graph].n_nodes, 5, "%d nodes", module.graph[graph].n_nodes);
	cr_assert_eq(module.graph[graph].node[4], module.tensor[y].producer);
	expect_ints(sum, (int64_t[]){ 20, 40, 255 }, 3);        /* (q - 10) + q + 10 */
}

Test(expand, is_reported_by_the_name_in_the_model, .init = setup, .fini = teardown)
{
	const int graph = graph_add(&module, "g", -1), y = tensor_add(&module, "y"), s = scale(1);
	const int a = bytes(3, (uint8_t[]){ 1, 2, 3 }), b = bytes(2, (uint8_t[]){ 1, 2 });

	microsoft(graph, "QLinearMul", 7, (int[]){ a, s, -1, b, s, -1, s }, y);
	cr_assert_not(infer_graph(&module, graph));
	cr_assert(strstr(diag_text(&diag), "node \"short\" (QLinearMul-1 as Mul-13)"), "%s", diag_text(&diag));
}

Test(expand, packed_constants_are_read_by_dequantize_alone, .init = setup, .fini = teardown)
{
	const int q = bytes(2, (uint8_t[]){ 1, 15 }), s = scale(2);
	int node = node_of("DequantizeLinear", 21, 2, (int[]){ q, s }, 1);

	module.tensor[q].bits = 4;
	expect_floats(infer(node), (float[]){ 2, 30 }, 2);
	expect_refused(node_of("Identity", 21, 1, &q, 1), STATUS_UNSUPPORTED, "elements of 4 bits");
}
