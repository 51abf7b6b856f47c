/* Rows piece after piece through rings: a convolution with its epilogue writes some rows into a tensor that keeps only
 * a few, a loop nest reads these and the ones before, and the numbers are those of the whole. */
#include "emit/emit_program.h"
#include "lower/conv_shape.h"
#include "nest/nest_build.h"
#include "options.h"
#include "plan/plan.h"
#include "targets/target.h"

#include "compile.h"

enum { CHANNELS = 5, HEIGHT = 9, WIDTH = 7, KERNEL = 3, PIECE = 2, RING = 4 };

static const uint8_t pixels[] = { 0, 2, 3, 1 };
static struct arena scratch;
static struct diag diag;
static struct module m;
static struct block block;
static struct lowering l;
static int x, residual, y, z;

static int image(const char *name)
{
	const struct num dim[] = { num_const(1), num_const(CHANNELS), num_const(HEIGHT), num_const(WIDTH) };
	const int t = tensor_like(&m, name, DT_F32, 4, dim);

	tensor_dense(&m, t);
	return t;
}

static int weights(void)
{
	const int64_t dim[] = { CHANNELS, CHANNELS, KERNEL, KERNEL };
	const int n = CHANNELS * CHANNELS * KERNEL * KERNEL;
	float *v = ARENA_ARRAY(&a, n, float);
	int t;

	for (int i = 0; i < n; i++)
		v[i] = (float)(i * 7 % 11 - 5);
	t = tensor_const(&m, "w", DT_F32, 4, dim, v);
	tensor_dense(&m, t);
	return t;
}

/* y = max(conv(x) + residual, 0), all rows. */
static struct call *append_convolution(void)
{
	const struct num one = num_const(1), h = num_const(HEIGHT), w = num_const(WIDTH);
	const struct expr acc = { .op = E_ACC, .type = DT_F32, .a = -1, .b = -1, .c = -1, .tensor = -1 };
	const struct conv_shape c = { .x = x, .w = weights(), .b = -1, .y = y, .rank = 4, .groups = 1, .batch_hi = 1,
				      .g = { .in_h = h, .in_w = w, .out_h = h, .out_w = w, .ic = CHANNELS,
					     .oc = CHANNELS, .kernel_h = KERNEL, .kernel_w = KERNEL, .stride_h = 1,
					     .stride_w = 1, .dilation_h = 1, .dilation_w = 1, .pad_top = one,
					     .pad_left = one, .y_step_h = 1, .y_step_w = 1 } };
	const struct pack p = conv_pack(&c, false);
	struct nest *tail = nest_new(&m, y);
	const struct kernel *k;
	struct call *call;
	double cycles;
	int from, to, sum;

	conv_images(&l, &c, false, &from, &to);
	cr_assert_eq(to, y);
	k = kernel_choose(&m, KERNEL_CONV, HEIGHT * WIDTH, CHANNELS, CHANNELS * KERNEL * KERNEL, &cycles);
	call = lower_kernel(&l, k, GEOMETRY_CONV);
	conv_fields(&l, call, &c, from, false);
	conv_arguments(&l, call, &c, from, lower_packed(&l, "w", &p, k->columns, m.tensor[c.w].data), 0, y, true);
	sum = nest_binary(tail, E_ADD, nest_add(tail, acc, NULL), nest_load(tail, residual, tail->axis));
	nest_store(tail, nest_parse(tail, "max(x, 0)", &sum, 1, NULL, 0));
	call->epilogue = tail;
	return call;
}

/* z[h] = 2 * y[h] + y[max(h - 1, 0)] */
static struct nest *make_reader(void)
{
	struct nest *n = nest_new(&m, z);
	struct num at[MAX_RANK];
	int v[2];

	memcpy(at, n->axis, sizeof at);
	v[0] = nest_load(n, y, at);
	at[2] = num_max(&m.nums, num_sub(&m.nums, at[2], num_const(1)), num_const(0));
	v[1] = nest_load(n, y, at);
	nest_store(n, nest_parse(n, "2 * x + y", v, 2, NULL, 0));
	return n;
}

/* The first pieces are the steps at hand, narrowed; the others are copies of them. */
static void append_pieces(struct call *whole, const struct nest *reader)
{
	const struct call all = *whole;

	for (int row = 0; row < HEIGHT; row += PIECE) {
		const int rows = row + PIECE < HEIGHT ? PIECE : HEIGHT - row;
		struct call *c = row ? lower_call(&l, all.function, all.geometry.kind) : whole;

		*c = all;
		call_rows(c, num_const(row), num_const(row + rows));
		lower_nest(&l, nest_of_rows(reader, 2, num_const(row), num_const(rows)));
	}
}

static void write_program(const char *name, bool in_pieces)
{
	static const char *const commands[] = { "compile" };
	char program[] = "nnc", model[] = "m.onnx", flag[] = "-o";
	char *words[] = { program, model, flag, arena_printf(&a, "%s/%s.c", folder, name) };
	struct options options;
	struct emit_totals totals;
	struct plan plan;
	struct call *call;
	struct nest *reader;

	diag_init(&diag, &a, NULL);
	module_init(&m, &a, &scratch, &diag);
	cr_assert(options_parse(&options, 4, words, commands, 1, &a, &diag));
	m.options = &options;
	m.target = target_find("generic");
	block = (struct block){ 0 };
	l = (struct lowering){ .m = &m, .block = &block, .node = -1 };
	graph_add(&m, "", -1);
	x = image("x"), residual = image("r"), y = image("y"), z = image("z");
	m.graph[0].in = (int[]){ x, residual };
	m.graph[0].n_in = 2;
	m.graph[0].out = &z;
	m.graph[0].n_out = 1;
	tensor_set_order(&m, y, pixels);
	if (in_pieces)
		tensor_set_ring(&m, y, 2, RING);
	call = append_convolution();
	reader = make_reader();
	if (in_pieces)
		append_pieces(call, reader);
	else
		lower_nest(&l, reader);
	block_check(&m, &block);
	cr_assert(plan_program(&m, &block, &plan));
	cr_assert(emit_program(&m, &block, &plan, NULL, &totals));
}

static const char main_text[] =
	"#include \"pieces.h\"\n#include \"whole.h\"\n#include <string.h>\n"
	"int main(void)\n{\n"
	"	static float x[5 * 9 * 7], r[5 * 9 * 7], z[2][5 * 9 * 7];\n"
	"	int i, positive = 0;\n\n"
	"	for (i = 0; i < 5 * 9 * 7; i++) {\n"
	"		x[i] = (float)(i * 5 % 13 - 6);\n		r[i] = (float)(i * 3 % 17 - 8);\n	}\n"
	"	if (whole_run(x, r, z[0]) || pieces_run(x, r, z[1]))\n		return 1;\n"
	"	for (i = 0; i < 5 * 9 * 7; i++)\n		positive += z[0][i] > 0;\n"
	"	return memcmp(z[0], z[1], sizeof z[0]) || !positive || PIECES_ARENA_BYTES >= WHOLE_ARENA_BYTES;\n}\n";

Test(rows, through_a_ring_as_whole, .init = setup, .fini = teardown, .timeout = 120)
{
	arena_init(&scratch, NULL);
	write_program("whole", false);
	write_program("pieces", true);
	write_file("main.c", main_text, sizeof main_text - 1);
	expect_ok("gcc -std=c99 " WARNINGS " whole.c pieces.c main.c -lm -o m && ./m");
	arena_free(&scratch);
}
