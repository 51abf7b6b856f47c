/* Widened halves: products become float32, and every value stays where sums are exact. */
#include "targets/target.h"

#include "tests/passes/fixture.h"

static void setup_vectors(void)
{
	setup();
	m.target = target_find(&arena, "x86-64-v3", NULL);
	cr_assert(m.target);
}

TestSuite(widen_halves, .init = setup_vectors, .fini = teardown);

/* The numbers -1, 0, 1, 2 in turn, as float16 or bfloat16. */
static const uint16_t *halves(enum dtype type, int64_t n)
{
	static const uint16_t f16[] = { 0xbc00, 0, 0x3c00, 0x4000 }, bf16[] = { 0xbf80, 0, 0x3f80, 0x4000 };
	uint16_t *v = ARENA_ARRAY(&arena, n, uint16_t);

	for (int64_t i = 0; i < n; i++)
		v[i] = (type == DT_F16 ? f16 : bf16)[i * 7 / 3 % 4];
	return v;
}

static int constant(enum dtype type, int rank, const int64_t *dim)
{
	return tensor_const(&m, "w", type, rank, dim, halves(type, count(rank, dim)));
}

static void expect_widened(enum dtype type, int casts)
{
	const uint16_t *x = halves(type, tensor_elements(&m, m.graph[0].in[0]).n);
	float before[MAX_VALUES], after[MAX_VALUES];
	const int64_t n = evaluate(x, before);

	run(pass_widen_halves);
	cr_expect_eq(count_nodes("Cast"), casts, "%d casts", count_nodes("Cast"));
	cr_expect_eq(m.tensor[m.graph[0].out[0]].type, type);
	cr_assert_eq(evaluate(x, after), n);
	for (int64_t i = 0; i < n; i++)
		cr_assert_eq(after[i], before[i], "value %lld is %.9g, before %.9g", (long long)i, (double)after[i],
			     (double)before[i]);
}

Test(widen_halves, convolutions_with_their_attributes)
{
	const int in[] = { input(DT_F16, DIMS(1, 4, 6, 6)), constant(DT_F16, DIMS(6, 2, 3, 3)),
			   constant(DT_F16, DIMS(6)) };
	const int node = node_of(0, "Conv", 3, in);

	rewrite_attr(&m, node, "group")->i = 2;
	rewrite_attr_ints(&m, node, "pads", (int64_t[]){ 1, 0, 1, 2 }, 4);
	infer(node);
	output(m.node[node].out[0]);
	expect_widened(DT_F16, 2);
}

Test(widen_halves, products_of_two_tensors)
{
	const int x = input(DT_BF16, DIMS(5, 5));

	output(OP("MatMul", x, OP("MatMul", x, constant(DT_BF16, DIMS(5, 5)))));
	expect_widened(DT_BF16, 5);
}

Test(widen_halves, not_where_there_are_no_vectors)
{
	m.target = target_find(&arena, "cortex-m4", NULL);
	output(OP("MatMul", input(DT_F16, DIMS(5, 5)), constant(DT_F16, DIMS(5, 5))));
	run(pass_widen_halves);
	cr_expect_eq(count_nodes(NULL), 1);
}
