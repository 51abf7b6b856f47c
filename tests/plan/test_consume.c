/* Results over what they consume: distances worked out by hand, every distance against the replay of the pieces, and
 * what must not be allowed. */
#include "tests/nests/fixture.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plan/consume.h"
#include "plan/in_place.h"
#include "plan/replay.h"

/* make -> x, x -> y by a convolution (or matrix product), y -> use. */
struct program {
	struct block block;
	struct lowering l;
	struct timeline timeline;
	struct call *call;
	int x, y;
};

struct shape {
	int64_t in_h, in_w, ic, out_h, out_w, oc, kernel, stride, pad, piece;
	bool pixel_by_pixel;
};

static int image(int64_t h, int64_t w, int64_t c)
{
	const int t = variable(DT_I8, 3, (const int64_t[]){ h, w, c });

	tensor_dense(&module, t);
	return t;
}

static void program_new(struct program *p, const struct shape *s)
{
	*p = (struct program){ .x = image(s->in_h, s->in_w, s->ic), .y = image(s->out_h, s->out_w, s->oc) };
	graph_add(&module, "", -1);
	p->l = (struct lowering){ .m = &module, .block = &p->block, .node = -1 };
	call_arg(&p->l, lower_call(&p->l, "make", GEOMETRY_NONE), ARG_WRITE, p->x);
	p->call = lower_call(&p->l, "conv", GEOMETRY_CONV);
	p->call->geometry.conv = (struct conv_geometry){
		.in_h = num_const(s->in_h), .in_w = num_const(s->in_w), .ic = s->ic, .out_h = num_const(s->out_h),
		.out_w = num_const(s->out_w), .oc = s->oc, .kernel_h = s->kernel, .kernel_w = s->kernel,
		.stride_h = s->stride, .stride_w = s->stride, .dilation_h = 1, .dilation_w = 1,
		.pad_top = num_const(s->pad), .pad_left = num_const(s->pad), .row_end = num_const(s->out_h),
		.x_row = num_const(s->in_w * s->ic), .x_pixel = num_const(s->ic), .x_channel = num_const(1),
		.y_row = num_const(s->out_w * s->oc), .y_pixel = num_const(s->oc),
	};
	call_arg(&p->l, p->call, ARG_READ, p->x);
	call_arg(&p->l, p->call, ARG_WRITE, p->y);
	p->call->out = p->y;
	p->call->consumed_arg = 0;
	p->call->piece_rows = s->piece;
	p->call->pixel_by_pixel = s->pixel_by_pixel;
	call_arg(&p->l, lower_call(&p->l, "use", GEOMETRY_NONE), ARG_READ, p->y);
}

static int program_overlaps(struct program *p, struct overlap v[MAX_CONSUME])
{
	timeline_build(&p->timeline, &module, &p->block);
	return consume_overlaps(&p->timeline, p->timeline.step[1], v);
}

Test(consume, distances, .init = setup, .fini = teardown)
{
	static const struct {
		struct shape shape;
		int64_t at_most, at_least;
	} cases[] = {
		/* Row r of 20 bytes is written while rows r - 1 .. r + 1 are read. */
		{ { 6, 5, 4, 6, 5, 4, 3, 1, 1, 1, false }, -40, 40 },
		{ { 6, 5, 4, 6, 5, 4, 3, 1, 1, 2, false }, -60, 60 },
		/* From pixel to pixel: the next one sees a row and a pixel behind. */
		{ { 6, 5, 4, 6, 5, 4, 3, 1, 1, 1, true }, -24, 40 },
		{ { 6, 5, 4, 6, 5, 4, 1, 1, 0, 1, true }, 0, 20 },
		/* Half the rows and columns: rows read fall behind those written. */
		{ { 6, 6, 4, 3, 3, 4, 1, 2, 0, 1, false }, -12, 96 },
		/* Twice the channels: the input at the end of the result, or at its start. */
		{ { 6, 5, 4, 6, 5, 8, 1, 1, 0, 1, false }, -140, 20 },
		/* All rows in one piece lie beside what they read. */
		{ { 6, 5, 4, 6, 5, 4, 3, 1, 1, 6, false }, -120, 120 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct program p;
		struct overlap v[MAX_CONSUME];

		program_new(&p, &cases[i].shape);
		cr_assert_eq(program_overlaps(&p, v), 2, "case %d", (int)i);
		cr_expect_eq(v[0].at_most, cases[i].at_most, "case %d: at most %d", (int)i, (int)v[0].at_most);
		cr_expect_eq(v[1].at_least, cases[i].at_least, "case %d: at least %d", (int)i, (int)v[1].at_least);
		cr_expect_eq(v[0].at_least, OVERLAP_FREE_BELOW);
		cr_expect_eq(v[1].at_most, OVERLAP_FREE_ABOVE);
	}
}

/* What the replay could not go through in a moment has no permissions: many pixels, or many taps of fewer. */
Test(consume, not_where_the_proof_takes_long, .init = setup, .fini = teardown)
{
	static const struct shape cases[] = {
		{ 100000, 100000, 4, 100000, 100000, 4, 1, 1, 0, 1, true },
		{ 1, 200000000, 4, 1, 200000000, 4, 1, 1, 0, 1, true },
		{ 2000, 2000, 1, 2000, 2000, 1, 999, 1, 499, 1, false },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct program p;
		struct overlap v[MAX_CONSUME];

		program_new(&p, &cases[i]);
		cr_expect_eq(program_overlaps(&p, v), 0, "case %d", (int)i);
	}
}

/* Whether the replay accepts x and y at these places: a child process that dies says no. */
static bool replays(const struct program *p, const struct buffer *buffers)
{
	int status;
	const pid_t child = fork();

	if (!child) {
		fclose(stderr);
		replay_check(&p->timeline, buffers);
		_exit(0);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* At the nearest distances that are allowed the pieces replay; a piece nearer they hardly ever do (the rule is for
 * whole rows, the replay for pixels). */
Test(consume, the_replay_agrees, .init = setup, .fini = teardown)
{
	int tried = 0, refused = 0;

	for (int round = 0; round < 40; round++) {
		const int64_t kernel = 1 + pick(3), stride = 1 + pick(2), out = 2 + pick(5), channels = 1 + pick(3);
		const struct shape s = { (out - 1) * stride + 1,
					 (out - 1) * stride + 1,
					 channels,
					 out,
					 out,
					 channels + pick(2),
					 kernel,
					 stride,
					 kernel / 2,
					 1 + pick(2),
					 pick(2) };
		struct program p;
		struct overlap v[MAX_CONSUME];
		struct buffer *buffers;

		program_new(&p, &s);
		cr_assert_eq(program_overlaps(&p, v), 2);
		buffers = ARENA_ARRAY(&arena, p.timeline.n_storages, struct buffer);
		buffers[v->a] = (struct buffer){ .size_bytes = tensor_bytes(&module, p.x), .offset = 1000 };
		buffers[v->b] = (struct buffer){ .size_bytes = tensor_bytes(&module, p.y) };
		for (int down = 0; down < 2; down++) {
			const int64_t distance = down ? v[1].at_least : v[0].at_most;

			buffers[v->b].offset = 1000 + distance;
			consume_order(&p.timeline, buffers);
			cr_expect(replays(&p, buffers), "round %d", round);
			if (p.call->row_order == ROWS_AT_ONCE && !p.call->pixel_by_pixel)
				continue; /* side by side */
			buffers[v->b].offset += (down ? -1 : 1) * s.oc * s.out_w * s.piece;
			refused += !replays(&p, buffers);
			tried++;
			p.call->row_order = ROWS_AT_ONCE;
		}
		module.n_graphs = 0;
	}
	cr_assert_geq(refused, tried * 9 / 10, "%d of %d", refused, tried);
}

Test(consume, what_else_is_read_stays, .init = setup, .fini = teardown)
{
	const struct shape s = { 6, 5, 4, 6, 5, 4, 3, 1, 1, 1, false };
	struct overlap v[MAX_CONSUME];
	struct program p;

	program_new(&p, &s);
	call_arg(&p.l, p.call, ARG_READ, p.x);
	cr_expect_eq(program_overlaps(&p, v), 0, "an argument twice");
	program_new(&p, &s);
	p.call->n_loops = 1;
	cr_expect_eq(program_overlaps(&p, v), 0, "a call in a loop");
	program_new(&p, &s);
	p.call->consumed_arg = -1;
	cr_expect_eq(program_overlaps(&p, v), 0, "a call without pieces");
	program_new(&p, &s);
	p.call->geometry.conv.in_h = num_var(&module.nums, "n", 1, 4);
	cr_expect_eq(program_overlaps(&p, v), 0, "a size known at run time only");
}
