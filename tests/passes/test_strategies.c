/* Every row of strategies.def that has something to say of a node here: planning it, whether it is taken or declined,
 * changes nothing of the module, and a node that is lowered leaves no scratch memory behind. */
#include "lower/lower.h"
#include "options.h"
#include "passes/rewrite.h"
#include "support/strbuf.h"
#include "targets/target.h"

#include "tests/passes/fixture.h"

static const struct strategy *const strategies[] = {
#define STRATEGY(symbol, file) &symbol,
#include "lower/strategies.def"
#undef STRATEGY
};

enum { N_STRATEGIES = sizeof strategies / sizeof *strategies };

static const struct options options;

static int conv(int x, int64_t group, int rank, const int64_t *w, int64_t stride)
{
	const int n = node_of(0, "Conv", 2, (const int[]){ x, weights(rank, w) });

	rewrite_attr(&m, n, "group")->i = group;
	rewrite_attr_ints(&m, n, "strides", (const int64_t[]){ stride, stride }, 2);
	infer(n);
	return m.node[n].out[0];
}

static int pool(const char *op, int x)
{
	const int n = node_of(0, op, 1, &x);

	rewrite_attr_ints(&m, n, "kernel_shape", (const int64_t[]){ 2, 2 }, 2);
	infer(n);
	return m.node[n].out[0];
}

static int byte_conv(int x)
{
	static const int8_t w[8 * 16 * 3 * 3] = { 1, 2, 3 };
	const int zero = tensor_const(&m, "zero", DT_U8, 0, NULL, "\3"), scale = filled(0.5f, 0, NULL);
	const int q = OP("QuantizeLinear", x, scale, zero);
	const int c = OP("Conv", OP("DequantizeLinear", q, scale, zero),
			 OP("DequantizeLinear", tensor_const(&m, "w", DT_I8, DIMS(8, 16, 3, 3), w), scale));

	return OP("DequantizeLinear", OP("QuantizeLinear", c, scale, zero), scale, zero);
}

/* Images through all kinds of layers, some of which a strategy of their operator declines. */
static void setup_layers(void)
{
	int x, y;

	setup();
	m.options = &options;
	m.target = target_find(&arena, "x86-64-v4", NULL);
	x = input(DT_F32, DIMS(1, 3, 32, 32));
	x = conv(x, 1, DIMS(16, 3, 3, 3), 2);
	x = conv(x, 16, DIMS(16, 1, 3, 3), 1);
	x = conv(x, 1, DIMS(16, 16, 1, 1), 1);
	y = conv(x, 1, DIMS(8, 16, 3, 3), 1);
	x = OP("Add", OP("Softmax", y), byte_conv(x));
	x = OP("Concat", pool("MaxPool", x), pool("AveragePool", x));
	x = OP("MatMul", OP("Flatten", x), weights(DIMS(800, 10)));
	output(OP("Gemm", x, weights(DIMS(10, 10)), weights(DIMS(10))));
}

TestSuite(strategies, .init = setup_layers, .fini = teardown);

static void run_passes(void)
{
	run(pass_integers);
	run(pass_layout);
	run(pass_views);
}

Test(strategies, planning_changes_nothing)
{
	int asked = 0, taken = 0;

	run_passes();
	for (int i = 0; i < m.graph[0].n_nodes; i++)
		for (int k = 0; k < N_STRATEGIES; k++) {
			const struct strategy *s = strategies[k];
			const int node = m.graph[0].node[i], n_tensors = m.n_tensors, n_nodes = m.n_nodes;
			const size_t tensor_bytes = (size_t)n_tensors * sizeof *m.tensor;
			const size_t node_bytes = (size_t)n_nodes * sizeof *m.node;
			void *tensors, *nodes;
			const struct node_plan *p;
			const char *why = "";
			if (strcmp(s->op, m.node[node].op->name) != 0)
				continue;
			tensors = memcpy(arena_alloc(&arena, tensor_bytes), m.tensor, tensor_bytes);
			nodes = memcpy(arena_alloc(&arena, node_bytes), m.node, node_bytes);
			p = s->plan(&m, node, &why);
			asked++;
			taken += p != NULL;
			cr_expect(p ? p->cycles > 0 && isfinite(p->cycles) : *why != '\0', "%s of node %d", s->name, i);
			cr_expect(m.n_tensors == n_tensors && m.n_nodes == n_nodes && m.n_graphs == 1, "%s", s->name);
			cr_expect(!memcmp(tensors, m.tensor, tensor_bytes) && !memcmp(nodes, m.node, node_bytes),
				  "%s changed node %d or a tensor", s->name, i);
			cr_expect_eq(diag.n_errors, 0, "%s: %s", s->name, diag_text(&diag));
		}
	cr_expect(asked > 20 && taken > 8 && taken < asked, "%d asked, %d taken", asked, taken);
}

/* What the strategies that were not taken made is gone, whichever it was: the steps are in the module's own memory. */
Test(strategies, a_lowered_node_leaves_nothing_in_scratch_memory)
{
	struct block block = { 0 };
	struct lowering l = { .m = &m, .block = &block };

	run_passes();
	for (int i = 0; i < m.graph[0].n_nodes; i++) {
		const struct arena_mark before = arena_mark(&scratch);
		const int first = block.n;
		struct arena_mark after;
		l.node = m.graph[0].node[i];
		if (m.tensor[m.node[l.node].out[0]].data)
			continue;
		cr_assert(lower_node(&l), "%s", diag_text(&diag));
		after = arena_mark(&scratch);
		cr_expect(after.top == before.top && after.used == before.used && after.large == before.large, "%s",
			  m.node[l.node].op->name);
		/* The views pass may have made all parts of a Concat where they belong. */
		cr_expect(block.n > first || node_is(&m, l.node, "Concat"), "%s", m.node[l.node].op->name);
	}
}

/* Lowered only to be looked at: no tensor, no scratch memory and no step is left, so that it may happen any number of
 * times. */
Test(strategies, a_trial_takes_back_what_was_lowered)
{
	run_passes();
	for (int i = 0; i < m.graph[0].n_nodes; i++) {
		const struct arena_mark before = arena_mark(&scratch);
		const size_t bytes = arena.total_bytes;
		const int n_tensors = m.n_tensors;
		struct arena_mark after;

		for (int turn = 0; turn < 100; turn++) {
			const struct trial trial = trial_begin(&m);
			struct block block = { 0 };
			struct lowering l = { .m = &m, .block = &block, .node = m.graph[0].node[i] };

			if (m.node[l.node].op->lower)
				cr_assert(m.node[l.node].op->lower(&l, l.node), "%s", diag_text(&diag));
			trial_end(&m, &trial);
		}
		after = arena_mark(&scratch);
		cr_expect(after.top == before.top && after.used == before.used && after.large == before.large);
		cr_expect_eq(m.n_tensors, n_tensors);
		cr_expect(m.steps == m.arena);
		cr_expect(arena.total_bytes - bytes < 1 << 17, "%s: %zu bytes more",
			  m.node[m.graph[0].node[i]].op->name, arena.total_bytes - bytes);
	}
}
