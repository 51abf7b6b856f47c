/* Import of graphs: what is accepted must arrive as written, what is wrong must be refused with the reason. */
#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "import/import.h"
#include "ops/ops.h"
#include "options.h"
#include "support/strbuf.h"

TestSuite(import, .init = setup, .fini = teardown);

/* --- graphs ------------------------------------------------------------------------------------------------------- */

Test(import, reads_nodes_names_and_shapes)
{
	struct wire g = FRAME("x:1,3", "Relu x -> a", "Add a x -> y");

	cr_assert(import_graph_13(&g), "%s", diag_text(&diag));
	cr_assert_eq(m.graph[0].n_nodes, 2);
	cr_assert_str_eq(m.name, "m.onnx");
	cr_assert_eq(strlen(m.sha256), 64);
	cr_assert_eq(m.tensor[m.graph[0].in[0]].rank, 2);
	cr_assert(num_is(m.tensor[m.graph[0].in[0]].dim[1], 3));
	cr_assert_str_eq(m.tensor[m.graph[0].out[0]].name, "y");
	cr_assert_eq(m.tensor[m.graph[0].out[0]].type, DT_F32);
	cr_assert_eq(m.node[m.graph[0].node[0]].op->since, 6);
	cr_assert_eq(m.node[m.graph[0].node[0]].opset, 13);
}

Test(import, sorts_nodes_in_any_order)
{
	struct wire g = FRAME("x:2", "Relu b -> y", "Relu a -> b", "Relu x -> a");

	cr_assert(import_graph_13(&g), "%s", diag_text(&diag));
}

Test(import, refuses_cycles)
{
	struct wire g = FRAME("x:2", "Add x b -> a", "Relu a -> b", "Relu b -> y");

	expect_error(import_graph_13(&g), STATUS_MODEL, "depend on its own outputs");
}

Test(import, refuses_undefined_and_repeated_names)
{
	struct wire a = FRAME("x:2", "Relu nobody -> y"), b = FRAME("x:2", "Relu x -> y", "Relu x -> y"),
		    c = FRAME("x:2", "Relu x -> x"), d = FRAME("x:2", "Relu x -> z");

	expect_error(import_graph_13(&a), STATUS_MODEL, "node \"y\" (Relu-13): \"nobody\" is not defined");
	expect_error(import_graph_13(&b), STATUS_MODEL, "the name \"y\" is defined twice");
	expect_error(import_graph_13(&c), STATUS_MODEL, "the name \"x\" is defined twice");
	expect_error(import_graph_13(&d), STATUS_MODEL, "\"y\" is not defined");
}

Test(import, a_name_that_is_missing_is_one_error)
{
	struct wire g = FRAME("x:2", "Relu nobody -> a", "Add nobody a -> y");

	expect_error(import_graph_13(&g), STATUS_MODEL, "node \"a\" (Relu-13): \"nobody\" is not defined");
	cr_assert_eq(diag.n_errors, 1);
}

Test(import, names_every_missing_operator_once)
{
	struct wire g = FRAME("x:2", "Foo x -> a", "Foo a -> b", "Bar b -> y");

	expect_error(import_graph_13(&g), STATUS_UNSUPPORTED,
		     "(Foo-13): operator not supported; see nnc ops (and 1 more like it)\n");
	cr_assert(strstr(diag_text(&diag), "(Bar-13): operator not supported"));
	cr_assert_eq(diag.n_lines, 2);
}

Test(import, checks_numbers_of_inputs)
{
	struct wire g = FRAME("x:2", "Add x -> y");

	expect_error(import_graph_13(&g), STATUS_MODEL, "1 inputs, must be 2 to 2");
}

Test(import, names_are_any_text)
{
	static const char *const names[] = { "x*/", "x\t\r\\", "x\n", "\x7f", "?\?/", "\xc3\xa9",
					     "\xe2\x80\xae\xe2\x80\xac", "\xf4\x8f\xbf\xbf" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char input[16], relu[32];
		struct wire g;

		snprintf(input, sizeof input, "%s:2", names[i]);
		snprintf(relu, sizeof relu, "Relu %s -> y", names[i]);
		g = FRAME(input, relu);
		cr_assert(import_graph_13(&g), "%s", diag_text(&diag));
		cr_assert_str_eq(m.tensor[m.graph[0].in[0]].name, names[i]);
	}
}

Test(import, names_that_are_no_text_are_refused)
{
	static const char *const names[] = { "\x80", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80",
					     "\xf4\x90\x80\x80", "\xff", "a\xe2\x80" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char relu[32];
		struct wire g;

		snprintf(relu, sizeof relu, "Relu x -> %s", names[i]);
		g = FRAME("x:2", relu);
		expect_error(import_graph_13(&g), STATUS_MODEL, "which is no text, allowed: UTF-8\n");
		cr_assert_eq(strchr(diag_text(&diag), '\n')[1], 0, "an error of one line");
	}
}

/* --- dimensions --------------------------------------------------------------------------------------------------- */

static bool import_dims(const char *input, const struct dim_option *dims, int n)
{
	struct wire g = FRAME(input, "Relu x -> y"), w = wire_model(&g, 13);
	bool ok;

	reset();
	write_file(path, w.bytes, w.n);
	wire_free(&w);
	ok = import_model(&m, path, dims, n);
	return ok;
}

Test(import, dimensions_take_options)
{
	const struct dim_option dims[] = { { .name = "N", .lo = 1, .hi = 16 }, { .name = "x.2", .lo = 7, .hi = 7 } };
	const struct tensor *x;

	cr_assert(import_dims("x:N,3,,N", dims, 2), "%s", diag_text(&diag));
	x = &m.tensor[m.graph[0].in[0]];
	cr_assert(!num_is_const(x->dim[0]) && num_hi(&m.nums, x->dim[0]) == 16 && num_lo(&m.nums, x->dim[0]) == 1);
	cr_assert(num_same(x->dim[0], x->dim[3]));
	cr_assert(num_is(x->dim[2], 7));
}

Test(import, dimensions_without_option_and_options_without_dimension)
{
	const struct dim_option dims[] = { { .name = "M", .lo = 1, .hi = 16 } };

	expect_error(import_dims("x:N,3", NULL, 0), STATUS_USAGE, "symbolic dimension \"N\": give --dim 'N=N'");
	expect_error(import_dims("x:4,-1", NULL, 0), STATUS_USAGE, "symbolic dimension \"x.1\"");
	expect_error(import_dims("x:4,-2", NULL, 0), STATUS_MODEL,
		     "\"x\": axis 1 has size -2, allowed: 0 or more, or -1");
	expect_error(import_dims("x:4,3", dims, 1), STATUS_USAGE, "--dim M: no such dimension");
}

Test(import, absurd_dimensions_are_refused)
{
	expect_error(import_dims("x:4611686018427387904", NULL, 0), STATUS_MODEL, "elements");
	expect_error(import_dims("x:4294967296,4294967296,4294967296", NULL, 0), STATUS_MODEL, "elements");
	expect_error(import_dims("x:1,1,1,1,1,1,1,1,1", NULL, 0), STATUS_UNSUPPORTED, "rank 9");
	expect_error(import_dims("x", NULL, 0), STATUS_UNSUPPORTED, "has no shape");
	cr_assert(import_dims("x:0", NULL, 0));
}

/* --- attributes --------------------------------------------------------------------------------------------------- */

static bool import_pick(struct wire attribute)
{
	struct wire g = { 0 }, node = wire_node("Pick x -> y");

	wire_put(&node, NODE_ATTRIBUTE, &attribute);
	graph_put(&g, GRAPH_NODE, node);
	graph_put(&g, GRAPH_INPUT, wire_value("x:2", ONNX_FLOAT));
	graph_put(&g, GRAPH_OUTPUT, wire_value("y", ONNX_FLOAT));
	return import_graph_13(&g);
}

Test(import, attributes_and_defaults)
{
	static const int64_t sizes[] = { 3, -1 };

	cr_assert(import_pick(wire_attr_ints("sizes", 2, sizes)), "%s", diag_text(&diag));
	cr_assert_eq(m.node[0].attr[0].i, 1);
	cr_assert_eq(m.node[0].attr[1].f, 0.5);
	cr_assert_str_eq(m.node[0].attr[2].s, "near");
	cr_assert(!m.node[0].attr[2].given && m.node[0].attr[3].given);
	cr_assert(m.node[0].attr[3].n == 2 && m.node[0].attr[3].ints[1] == -1);
	cr_assert(import_pick(wire_attr_text("mode", "far")));
	cr_assert_str_eq(m.node[0].attr[2].s, "far");
}

Test(import, wrong_attributes_are_refused)
{
	expect_error(import_pick(wire_attr_int("shape", 1)), STATUS_MODEL, "attribute \"shape\" is unknown");
	expect_error(import_pick(wire_attr_int("axis", 5)), STATUS_MODEL, "attribute \"axis\": 5, must be -4 to 4");
	expect_error(import_pick(wire_attr_float("axis", 1)), STATUS_MODEL,
		     "attribute \"axis\" is a float, must be an integer");
	expect_error(import_pick(wire_attr_text("mode", "fa")), STATUS_MODEL, "\"fa\", must be one of near|far");
	expect_error(import_pick(wire_attr_text("mode", "")), STATUS_MODEL, "\"\", must be one of near|far");
}

/* --- sub-graphs and functions ------------------------------------------------------------------------------------- */

/* depth graphs inside each other, the innermost reading x from outside. */
static struct wire nested(int depth)
{
	struct wire g = { 0 }, node, a;

	graph_put(&g, GRAPH_NODE, wire_node("Relu x -> y"));
	graph_put(&g, GRAPH_OUTPUT, wire_value("y", ONNX_FLOAT));
	for (int i = 0; i < depth; i++) {
		struct wire outer = { 0 };
		node = wire_node("If x -> y");
		a = wire_attr_graph("then_branch", &g);
		wire_put(&node, NODE_ATTRIBUTE, &a);
		wire_put(&outer, GRAPH_NODE, &node);
		graph_put(&outer, GRAPH_OUTPUT, wire_value("y", ONNX_FLOAT));
		g = outer;
	}
	graph_put(&g, GRAPH_INPUT, wire_value("x:2", ONNX_FLOAT));
	return g;
}

Test(import, sub_graphs_read_outer_names)
{
	struct wire g = nested(3);

	cr_assert(import_graph_13(&g), "%s", diag_text(&diag));
	cr_assert_eq(m.n_graphs, 4);
	cr_assert_eq(tensor_uses(&m)[m.graph[0].in[0]], 4);
}

Test(import, nesting_is_bounded)
{
	struct wire g = nested(33);

	expect_error(import_graph_13(&g), STATUS_MODEL, "messages nested 101 deep or more");
	g = nested(10000);
	expect_error(import_graph_13(&g), STATUS_MODEL, "messages nested 101 deep or more");
}

/* FunctionProto "Twice" in domain d: calls `inner` on its input, then adds the input. */
static struct wire function(const char *name, const char *inner)
{
	struct wire f = { 0 }, o = { 0 }, d = { 0 }, node;
	char text[64];

	wire_text(&f, 1, name);
	wire_text(&f, 4, "in");
	wire_text(&f, 5, "out");
	snprintf(text, sizeof text, "%s in -> mid", inner);
	node = wire_node(text);
	if (!strncmp(inner, "Call", 4))
		wire_text(&node, 7, "d");
	wire_put(&f, FUNCTION_NODE, &node);
	node = wire_node("Add mid in -> out");
	wire_put(&f, FUNCTION_NODE, &node);
	wire_int(&o, 2, 13);
	wire_put(&f, 9, &o);
	wire_text(&d, 1, "d");
	wire_int(&d, 2, 1);
	wire_put(&f, 9, &d);
	wire_text(&f, 10, "d");
	return f;
}

static bool import_call(struct wire f, struct wire g2)
{
	struct wire g = { 0 }, node = wire_node("Call x -> y"), w, o = { 0 };

	wire_text(&node, 7, "d");
	wire_put(&g, GRAPH_NODE, &node);
	graph_put(&g, GRAPH_INPUT, wire_value("x:2", ONNX_FLOAT));
	graph_put(&g, GRAPH_OUTPUT, wire_value("y", ONNX_FLOAT));
	w = wire_model(&g, 13);
	wire_text(&o, 1, "d");
	wire_int(&o, 2, 1);
	wire_put(&w, MODEL_OPSET, &o);
	wire_put(&w, MODEL_FUNCTION, &f);
	if (g2.n)
		wire_put(&w, MODEL_FUNCTION, &g2);
	return import_wire(&w);
}

Test(import, functions_are_inlined)
{
	cr_assert(import_call(function("Call", "Relu"), (struct wire){ 0 }), "%s", diag_text(&diag));
	cr_assert_eq(m.graph[0].n_nodes, 2);
	cr_assert(import_call(function("Call", "Call2"), function("Call2", "Relu")), "%s", diag_text(&diag));
	cr_assert_eq(m.graph[0].n_nodes, 3);
	cr_assert_str_eq(m.tensor[m.graph[0].out[0]].name, "y");
}

Test(import, functions_that_call_themselves_are_refused)
{
	expect_error(import_call(function("Call", "Call"), (struct wire){ 0 }), STATUS_MODEL,
		     "functions call themselves");
	expect_error(import_call(function("Call", "Call2"), function("Call2", "Call")), STATUS_MODEL,
		     "functions call themselves");
}

/* --- files -------------------------------------------------------------------------------------------------------- */

Test(import, files_that_are_no_models)
{
	unsigned char noise[512];
	uint32_t seed = 1;

	expect_error(import_bytes("", 0), STATUS_MODEL, "the file is empty");
	reset();
	expect_error(import_model(&m, folder, NULL, 0), STATUS_ENVIRONMENT, "it is a directory");
	reset();
	expect_error(import_model(&m, "no such file", NULL, 0), STATUS_ENVIRONMENT, "No such file");
	reset();
	expect_error(import_model(&m, "/dev/zero", NULL, 0), STATUS_ENVIRONMENT, "no regular file");
	for (int round = 0; round < 300; round++) {
		for (size_t i = 0; i < sizeof noise; i++) {
			seed = seed * 1664525 + 1013904223;
			noise[i] = (unsigned char)(seed >> 24);
		}
		cr_assert_not(import_bytes(noise, sizeof noise));
		cr_assert_neq(diag.status, STATUS_OK);
	}
}

Test(import, truncation_at_every_byte_is_an_error)
{
	const int64_t dims[] = { 1 };
	struct wire g = nested(2), t = wire_tensor("w", ONNX_FLOAT, 1, dims), w;

	wire_float(&t, 4, 1.5f);
	wire_put(&g, GRAPH_INITIALIZER, &t);
	w = wire_model(&g, 13);
	for (size_t n = 0; n < w.n; n++) {
		cr_assert_not(import_bytes(w.bytes, n), "accepted %zu of %zu bytes", n, w.n);
		cr_assert_gt(diag.n_errors, 0, "no reason for %zu of %zu bytes", n, w.n);
	}
	cr_assert(import_wire(&w), "%s", diag_text(&diag));
}

Test(import, versions_are_checked)
{
	struct wire g = FRAME("x:2", "Relu x -> y"), w = wire_model(&g, 0);

	expect_error(import_wire(&w), STATUS_MODEL, "version 0, allowed: 1 or more");
	g = FRAME("x:2", "Relu x -> y");
	w = wire_model(&g, 1000);
	expect_error(import_wire(&w), STATUS_UNSUPPORTED, "opset 1000, supported are 1 to");
	g = FRAME("x:2", "Relu x -> y");
	w = wire_model(&g, 13);
	wire_int(&w, 1, 99);
	expect_error(import_wire(&w), STATUS_UNSUPPORTED, "IR version 99");
	wire_int(&w, 1, 8);
	expect_error(import_wire(&w), STATUS_MODEL, "no graph");
}
