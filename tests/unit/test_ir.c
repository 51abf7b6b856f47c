/* The graph: constants, shapes, order, rewiring, printing, and the checker that must notice broken graphs. */
#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

#include "graph/ir.h"
#include "ops/ops.h"
#include "support/half.h"
#include "support/strbuf.h"

static const struct attr_def body_attrs[] = { { .name = "body", .kind = ATTR_GRAPH },
					      { .name = "k", .kind = ATTR_INT, .has_default = true, .i = 3 }, { 0 } };
static const struct op_def two = { .domain = "", .name = "Two", .since = 5, .min_in = 1, .max_in = 2, .min_out = 1,
				   .max_out = 1 };
static const struct op_def owner = { .domain = "", .name = "Owner", .since = 5, .max_in = 2, .min_out = 1, .max_out = 1,
				     .attrs = body_attrs };

static struct arena arena, scratch;
static struct diag diag;
static struct module m;

static void setup(void)
{
	arena_init(&arena, NULL);
	arena_init(&scratch, NULL);
	diag_init(&diag, &arena, NULL);
	module_init(&m, &arena, &scratch, &diag);
	graph_add(&m, "main", -1);
}

static void teardown(void)
{
	arena_free(&arena);
	arena_free(&scratch);
}

/* A node of `graph` that reads a and b (-1: absent) and gives a new tensor. */
static int add(const struct op_def *op, int graph, int a, int b)
{
	const int in[] = { a, b }, out = tensor_add(&m, "t");

	node_add(&m, graph, op, "n", b < 0 ? 1 : 2, in, 1, &out);
	return out;
}

static int input(int graph, const char *name)
{
	struct graph *g = &m.graph[graph];
	const int t = tensor_add(&m, name);

	g->in = arena_grow(&arena, g->in, (size_t)g->n_in, (size_t)g->n_in + 1, sizeof(int));
	g->in[g->n_in++] = t;
	return t;
}

static void output(int graph, int t)
{
	struct graph *g = &m.graph[graph];

	g->out = arena_grow(&arena, g->out, (size_t)g->n_out, (size_t)g->n_out + 1, sizeof(int));
	g->out[g->n_out++] = t;
}

TestSuite(ir, .init = setup, .fini = teardown);

Test(ir, constants_of_every_type_read_back)
{
	static const unsigned char bytes[] = { 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	static const struct { enum dtype type; double want; } rows[] = {
		{ DT_I8, -2 }, { DT_U8, 254 }, { DT_I16, -2 }, { DT_U16, 65534 }, { DT_I32, -2 },
		{ DT_U32, 4294967294.0 }, { DT_I64, -2 }, { DT_U64, 18446744073709551614.0 },
	};
	const int64_t dim[] = { 1 };

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		cr_assert_eq(const_double(&m, tensor_const(&m, "c", rows[i].type, 1, dim, bytes), 0), rows[i].want);
	cr_assert_eq(const_double(&m, tensor_const_float(&m, -2.5f), 0), -2.5);
}

Test(ir, half_floats_round_to_even_and_keep_every_value)
{
	for (uint32_t h = 0; h < 0x10000; h++) {
		const float f = half_to_float((uint16_t)h);
		if (f == f)
			cr_assert_eq(float_to_half(f), h, "%04x -> %g -> %04x", h, (double)f, float_to_half(f));
		else
			cr_assert_eq(float_to_half(f) & 0x7e00, 0x7e00);
	}
	cr_assert_eq(float_to_half(2049.0f), 0x6800);           /* halfway between 2048 and 2050 */
	cr_assert_eq(float_to_half(65520.0f), 0x7c00);
	cr_assert_eq(float_to_bfloat(1.00390625f), 0x3f80);     /* halfway, to even */
}

Test(ir, small_integer_constants_have_values)
{
	const int64_t v[] = { 3, -1 };
	int n;
	const struct num *value = tensor_value(&m, tensor_const_ints(&m, v, 2), &n);

	cr_assert(value && n == 2 && num_is(value[0], 3) && num_is(value[1], -1));
	cr_assert_null(tensor_value(&m, tensor_const_float(&m, 1), &n));
	cr_assert_null(tensor_value(&m, -1, &n));
}

static void keep(void *to, const char *text)
{
	strbuf_puts(to, text);
}

Test(ir, impossible_shapes_are_refused)
{
	struct strbuf remarks;
	const int t = add(&two, 0, input(0, "x"), -1);
	const struct num huge[] = { num_const(INT64_MAX), num_const(4) }, negative[] = { num_const(-1) },
			 fine[] = { num_const(2), num_const(0) }, other[] = { num_const(3), num_const(0) };

	cr_assert_not(tensor_set(&m, 0, t, DT_F32, 2, huge));
	cr_assert_not(tensor_set(&m, 0, t, DT_F32, 1, negative));
	cr_assert_not(tensor_set(&m, 0, t, DT_F32, MAX_RANK + 1, huge));
	cr_assert(tensor_set(&m, 0, t, DT_F32, 2, fine));
	cr_assert_not(tensor_set(&m, 0, t, DT_I32, 2, fine));
	/* A stale shape of the model gives way, and -v says so. */
	strbuf_init(&remarks, &arena);
	diag.verbose = 1;
	diag.remarks = (struct sink){ keep, &remarks };
	cr_assert(tensor_set(&m, 0, t, DT_F32, 2, other));
	cr_assert(num_is(m.tensor[t].dim[0], 3));
	cr_assert(strstr(strbuf_text(&remarks), "axis 0 of \"t\": 3 by its inputs, 2 by the model"), "%s",
		  strbuf_text(&remarks));
}

Test(ir, strides_follow_the_order)
{
	static const uint8_t nhwc[] = { 0, 2, 3, 1 };
	const struct num dim[] = { num_const(1), num_const(8), num_const(4), num_const(5) };
	const int t = tensor_like(&m, "t", DT_F32, 4, dim);

	cr_assert(tensor_is_plain(&m, t) && num_is(m.tensor[t].stride[1], 20));
	tensor_set_order(&m, t, nhwc);
	cr_assert(num_is(m.tensor[t].stride[1], 1) && num_is(m.tensor[t].stride[2], 40) &&
		  num_is(m.tensor[t].stride[3], 8));
	cr_assert_not(tensor_is_plain(&m, t));
	cr_assert_eq(tensor_bytes(&m, t), 640);
}

Test(ir, sort_is_stable_and_sees_captured_values)
{
	const int x = input(0, "x"), a = add(&two, 0, x, -1), b = add(&two, 0, a, -1);
	const int body = graph_add(&m, "body", 0);
	int captured, o;

	o = add(&owner, 0, b, -1);
	m.node[2].attr[0] = (struct attr){ .kind = ATTR_GRAPH, .i = body };
	captured = add(&two, 0, x, -1);         /* made after its reader */
	output(body, add(&two, body, captured, -1));
	output(0, o);
	cr_assert(graph_sort(&m, 0));
	cr_assert(m.graph[0].node[0] == 0 && m.graph[0].node[1] == 1 && m.graph[0].node[2] == 3 &&
		  m.graph[0].node[3] == 2);
	module_check(&m);
	cr_assert_eq(tensor_uses(&m)[captured], 1);
	cr_assert_eq(tensor_uses(&m)[x], 2);
}

Test(ir, sort_handles_a_hundred_thousand_nodes_in_a_row)
{
	const int x = input(0, "x");
	int t = x;

	for (int i = 0; i < 100000; i++)
		t = add(&two, 0, t, -1);
	for (int i = 0; i < 50000; i++) {
		const int node = m.graph[0].node[i];
		m.graph[0].node[i] = m.graph[0].node[99999 - i];
		m.graph[0].node[99999 - i] = node;
	}
	cr_assert(graph_sort(&m, 0));
	for (int i = 0; i < 100000; i++)
		cr_assert_eq(m.graph[0].node[i], i);
}

Test(ir, cycles_are_reported)
{
	const int a = add(&two, 0, input(0, "x"), -1), b = add(&two, 0, a, -1);

	m.node[0].in[0] = b;
	cr_assert_not(graph_sort(&m, 0));
	cr_assert_eq(diag.status, STATUS_MODEL);
}

Test(ir, replacing_many_follows_chains)
{
	const int x = input(0, "x"), a = add(&two, 0, x, -1), b = add(&two, 0, a, -1);
	int to[] = { x, x, a };

	output(0, b);
	tensor_replace_all(&m, to);
	cr_assert(m.node[1].in[0] == x && m.graph[0].out[0] == x);
}

/* Takes the first node out of the main graph's list, as a pass does. */
static int take_first(void)
{
	const int node = m.graph[0].node[0];

	m.graph[0].n_nodes--;
	memmove(m.graph[0].node, m.graph[0].node + 1, (size_t)m.graph[0].n_nodes * sizeof(int));
	node_unlink(&m, node);
	return node;
}

Test(ir, an_unlinked_node_makes_nothing)
{
	const int x = input(0, "x"), a = add(&two, 0, x, -1);

	output(0, x);
	take_first();
	cr_expect_eq(m.tensor[a].producer, -1);
	module_check(&m);
}

Test(ir, what_another_node_makes_by_now_stays_that_ones)
{
	const int x = input(0, "x"), a = add(&two, 0, x, -1), b = add(&two, 0, x, -1);

	m.node[1].out[0] = a;
	m.tensor[a].producer = 1;
	m.tensor[b].producer = -1;
	output(0, a);
	take_first();
	cr_expect_eq(m.tensor[a].producer, 1);
	module_check(&m);
}

Test(ir, an_unlinked_node_takes_its_sub_graphs_along)
{
	const int x = input(0, "x"), body = graph_add(&m, "body", 0), inner = graph_add(&m, "inner", body);
	const int o = add(&owner, 0, x, -1), p = add(&owner, body, x, -1), q = add(&two, inner, x, -1);

	m.node[m.tensor[o].producer].attr[0] = (struct attr){ .kind = ATTR_GRAPH, .i = body };
	m.node[m.tensor[p].producer].attr[0] = (struct attr){ .kind = ATTR_GRAPH, .i = inner };
	output(inner, q);
	output(body, p);
	output(0, x);
	cr_assert_eq(tensor_uses(&m)[x], 4);
	take_first();
	cr_expect_eq(m.tensor[q].producer, -1);
	cr_expect(!m.graph[body].n_nodes && !m.graph[inner].n_nodes && !m.graph[inner].n_out);
	cr_expect_eq(tensor_uses(&m)[x], 1, "nothing in there is read any more");
	module_check(&m);
}

Test(ir, prints_names_as_data)
{
	struct strbuf b;
	const int x = input(0, "a\"\n");

	output(0, add(&owner, 0, x, -1));
	strbuf_init(&b, &arena);
	module_print(&m, &b);
	cr_assert(strstr(strbuf_text(&b), "(%0 \"a\\x22\\x0a\" none[?])"), "%s", strbuf_text(&b));
	cr_assert(strstr(strbuf_text(&b), "= Owner-5 \"n\" (%0) {k=3}"), "%s", strbuf_text(&b));
}

Test(ir, checker_dies_when_a_value_is_read_before_it_is_made, .signal = SIGABRT)
{
	const int a = add(&two, 0, input(0, "x"), -1);

	add(&two, 0, a, -1);
	m.graph[0].node[0] = 1;
	m.graph[0].node[1] = 0;
	module_check(&m);
}

Test(ir, checker_dies_when_a_graph_returns_what_is_out_of_sight, .signal = SIGABRT)
{
	const int x = input(0, "x"), body = graph_add(&m, "body", 0), inner = add(&two, body, x, -1);

	output(body, inner);
	add(&owner, 0, x, -1);
	m.node[1].attr[0] = (struct attr){ .kind = ATTR_GRAPH, .i = body };
	output(0, inner);
	module_check(&m);
}
