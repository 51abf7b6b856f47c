/* Rows piece after piece through a ring: a convolution with its epilogue writes some rows into a tensor that keeps only
 * a few; a loop nest reads these and the ones before, and a second convolution those that it sees, a row behind. The
 * numbers are those of the whole. */
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
static int image_in, residual, rows, z, u, output;

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

/* max(conv(x) + residual, 0), all rows. */
static struct call *append_convolution(int x, int y)
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
	cr_assert_eq(to, y, "the result is not written where it is");
	k = kernel_choose(&m, KERNEL_CONV, HEIGHT * WIDTH, CHANNELS, CHANNELS * KERNEL * KERNEL, &cycles);
	call = lower_kernel(&l, k, GEOMETRY_CONV);
	conv_fields(&l, call, &c, from, false);
	conv_arguments(&l, call, &c, from, lower_packed(&l, "w", &p, k, m.tensor[c.w].data), 0, y, true);
	sum = nest_binary(tail, E_ADD, nest_add(tail, acc, NULL), nest_load(tail, residual, tail->axis));
	nest_store(tail, nest_parse(tail, "max(x, 0)", &sum, 1, NULL, 0));
	call->epilogue = tail;
	return call;
}

/* z[h] = 2 * rows[h] + rows[max(h - 1, 0)] */
static struct nest *make_reader(void)
{
	struct nest *n = nest_new(&m, z);
	struct num at[MAX_RANK];
	int v[2];

	memcpy(at, n->axis, sizeof at);
	v[0] = nest_load(n, rows, at);
	at[2] = num_max(&m.nums, num_sub(&m.nums, at[2], num_const(1)), num_const(0));
	v[1] = nest_load(n, rows, at);
	nest_store(n, nest_parse(n, "2 * x + y", v, 2, NULL, 0));
	return n;
}

/* The call over some rows. */
static void append_rows(const struct call *all, int begin, int end)
{
	struct call *c = lower_call(&l, all->function, all->geometry.kind);

	*c = *all;
	call_rows(c, num_const(begin), num_const(end));
}

/* Row r of the second convolution sees rows up to r + 1 of the first one's. */
static void append_pieces(const struct call *first, const struct nest *reader, const struct call *second)
{
	for (int row = 0, done = 0; row < HEIGHT; row += PIECE) {
		const int end = row + PIECE < HEIGHT ? row + PIECE : HEIGHT, seen = end < HEIGHT ? end - 1 : HEIGHT;

		append_rows(first, row, end);
		lower_nest(&l, nest_of_rows(reader, 2, num_const(row), num_const(end - row)));
		append_rows(second, done, seen);
		done = seen;
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
	const struct call *first, *second;
	struct nest *reader;

	diag_init(&diag, &a, NULL);
	module_init(&m, &a, &scratch, &diag);
	cr_assert(options_parse(&options, 4, words, commands, 1, &a, &diag));
	m.options = &options;
	m.target = target_find(&a, "generic", NULL);
	block = (struct block){ 0 };
	l = (struct lowering){ .m = &m, .block = &block, .node = -1 };
	graph_add(&m, "", -1);
	image_in = image("x"), residual = image("r"), rows = image("rows"), z = image("z"), u = image("u");
	output = image("out");
	m.graph[0].in = (int[]){ image_in, residual };
	m.graph[0].n_in = 2;
	m.graph[0].out = (int[]){ z, output };
	m.graph[0].n_out = 2;
	tensor_set_order(&m, rows, pixels);
	tensor_set_order(&m, u, pixels);
	if (in_pieces)
		tensor_set_ring(&m, rows, 2, RING);
	cr_assert_eq(tensor_bytes(&m, rows), 4 * CHANNELS * WIDTH * (in_pieces ? RING : HEIGHT));
	first = append_convolution(image_in, rows);
	reader = make_reader();
	second = append_convolution(rows, u);
	if (in_pieces) {
		block.n -= 2;   /* the pieces take the place of the two calls */
		append_pieces(first, reader, second);
	} else {
		lower_nest(&l, reader);
	}
	lower_finish(&l, u, output);
	block_check(&m, &block);
	cr_assert(plan_program(&m, &block, &plan));
	cr_assert(emit_program(&m, &block, &plan, NULL, &totals));
}

static const char main_text[] =
	"#include \"pieces.h\"\n#include \"whole.h\"\n#include <string.h>\n"
	"enum { N = 5 * 9 * 7 };\n"
	"int main(void)\n{\n"
	"	static float x[N], r[N], z[2][N], out[2][N];\n"
	"	int i, positive = 0;\n\n"
	"	for (i = 0; i < N; i++) {\n"
	"		x[i] = (float)(i * 5 % 13 - 6);\n		r[i] = (float)(i * 3 % 17 - 8);\n	}\n"
	"	if (whole_run(x, r, z[0], out[0]) || pieces_run(x, r, z[1], out[1]))\n		return 1;\n"
	"	for (i = 0; i < N; i++)\n		positive += (z[0][i] > 0) + (out[0][i] > 0);\n"
	"	return memcmp(z[0], z[1], sizeof z[0]) || memcmp(out[0], out[1], sizeof out[0]) || positive < N;\n}\n";

Test(rows, through_a_ring_as_whole, .init = setup, .fini = teardown, .timeout = 120)
{
	arena_init(&scratch, NULL);
	write_program("whole", false);
	write_program("pieces", true);
	write_file("main.c", main_text, sizeof main_text - 1);
	expect_ok("gcc -std=c99 " WARNINGS " whole.c pieces.c main.c -lm -o m && ./m");
	arena_free(&scratch);
}
