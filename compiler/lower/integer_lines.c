/* IntegerGroup of a BatchNormalization, or of arithmetic with a constant for each channel, by a kernel over bytes: what
 * the literal formula makes of a channel's 256 bytes is mostly a line. */
#include <math.h>
#include <string.h>

#include "lower/byte_line.h"
#include "lower/byte_rows.h"
#include "lower/kernel_call.h"
#include "lower/lower.h"
#include "lower/packed.h"
#include "ops/arguments.h"
#include "ops/integer.h"

enum { BYTES = 256 };

struct lines_plan {
	struct node_plan plan;
	const struct kernel *kernel;
	struct byte_rows r;
	struct dequantised d;
	int axis;               /* of the channels */
	int64_t channels, padded;       /* up to a multiple of the kernel's lanes */
	float *factor, *offset;         /* padded */
};

/* --- The formula -------------------------------------------------------------------------------------------------- */

/* One channel's: (x - less) * factor + more, x + more, x - less, less - x, x * factor or x / factor. */
struct channel_map {
	enum { NORM, ADD, SUB, SUB_FROM, MUL, DIV } kind;
	float less, factor, more;
};

/* volatile: each operation rounds to float32, whatever this file is compiled for. */
static float mapped(const struct channel_map *f, float x)
{
	volatile float v = x;

	if (f->kind == NORM) {
		v = v - f->less;
		v = v * f->factor;
		v = v + f->more;
	} else {
		v = f->kind == ADD ? v + f->more : f->kind == SUB ? v - f->less : f->kind == SUB_FROM ? f->less - v :
		    f->kind == MUL ? v * f->factor : v / f->factor;
	}
	return v;
}

/* scale / sqrt(var + epsilon) */
static float norm_factor(float scale, float var, float epsilon)
{
	const volatile float sum = var + epsilon, root = sqrtf(sum), factor = scale / root;

	return factor;
}

static double slope_of(const struct channel_map *f)
{
	return f->kind == ADD || f->kind == SUB ? 1.0 : f->kind == SUB_FROM ? -1.0 :
	       f->kind == DIV ? 1.0 / (double)f->factor : (double)f->factor;
}

/* Input i of the operator for channel c. */
static float constant_at(struct module *m, int op, int i, int64_t c)
{
	const int t = node_in(m, op, i);

	return (float)const_double(m, t, num_is(tensor_elements(m, t), 1) ? 0 : c);
}

static struct channel_map map_of(struct module *m, int op, int64_t c)
{
	const char kind = m->node[op].op->name[0];      /* Add, BatchNormalization, Div, Mul, Sub */
	const int constant = kind == 'B' ? -1 : !m->tensor[node_in(m, op, 0)].data;
	struct channel_map f = { .kind = NORM };
	float v;

	if (kind == 'B') {
		f.less = constant_at(m, op, 3, c);
		f.more = constant_at(m, op, 2, c);
		f.factor = norm_factor(constant_at(m, op, 1, c), constant_at(m, op, 4, c),
				       (float)node_attr_float(m, op, "epsilon", 1e-5));
		return f;
	}
	v = constant_at(m, op, constant, c);
	f.kind = kind == 'A' ? ADD : kind == 'M' ? MUL : kind == 'D' ? DIV : constant ? SUB : SUB_FROM;
	f.less = f.factor = f.more = v;
	return f;
}

/* What the literal formula gives for every byte; false: not finite. */
static bool literal(const struct lines_plan *p, const struct integer_group *g, const struct channel_map *f,
		    const struct module *m, int first, short want[BYTES])
{
	const float zero = (float)g->zero, low = (float)g->low, high = (float)g->high;

	for (int i = 0; i < BYTES; i++) {
		const volatile float real = (float)(first + i - dequantised_zero(m, &p->d, 0)) *
					    dequantised_scale(m, &p->d, 0);
		const volatile float steps = mapped(f, real) / g->scale;
		const float v = rintf(steps) + zero;
		if (!isfinite(v))
			return false;
		want[i] = (short)(v > low ? v < high ? v : high : low);
	}
	return true;
}

/* --- Plan --------------------------------------------------------------------------------------------------------- */

/* The operator's input that is quantised; -1: it is none of these maps. *axis: of the channels. */
static int read_map(struct module *m, int op, int *axis)
{
	static const char *const names[] = { "Add", "Div", "Mul", "Sub" };
	const char *name = m->node[op].op->name;
	const int y = node_out(m, op, 0);
	bool ours = false;
	int constant;

	*axis = 1;
	if (!strcmp(name, "BatchNormalization")) {
		for (int i = 1; i < 5; i++)
			if (!tensor_is_const(m, node_in(m, op, i)))
				return -1;
		return 0;
	}
	for (int i = 0; i < 4; i++)
		ours |= !strcmp(name, names[i]);
	if (!ours)
		return -1;
	constant = tensor_is_const(m, node_in(m, op, 1));
	if (!tensor_is_const(m, node_in(m, op, constant)) || (!strcmp(name, "Div") && !constant) ||
	    !tensor_same_shape(m, node_in(m, op, !constant), y))
		return -1;
	for (int k = 0, n = m->tensor[node_in(m, op, constant)].rank; k < n; k++)
		if (!num_is(m->tensor[node_in(m, op, constant)].dim[k], 1)) {
			if (!num_same(m->tensor[node_in(m, op, constant)].dim[k],
				      tensor_elements(m, node_in(m, op, constant))))
				return -1;
			*axis = m->tensor[y].rank - n + k;
		}
	return !constant;
}

static bool find_lines(struct module *m, const struct integer_group *g, struct lines_plan *p)
{
	const int first = m->tensor[p->d.q].type == DT_I8 ? -128 : 0;
	const int64_t lanes = p->kernel->columns;
	short want[BYTES];

	p->padded = (p->channels + lanes - 1) / lanes * lanes;
	p->factor = ARENA_ARRAY(m->scratch, p->padded, float);
	p->offset = ARENA_ARRAY(m->scratch, p->padded, float);
	for (int64_t c = 0; c < p->channels; c++) {
		const struct channel_map f = map_of(m, g->op, c);
		const double slope = slope_of(&f) * (double)dequantised_scale(m, &p->d, 0) / (double)g->scale;
		struct byte_line line;

		if (!literal(p, g, &f, m, first, want) ||
		    !byte_line_find(want, first, slope, (int)g->low, (int)g->high, &line))
			return false;
		p->factor[c] = line.factor;
		p->offset[c] = line.offset;
	}
	return true;
}

static struct node_plan *plan_lines(struct module *m, int node, const char **why)
{
	struct lines_plan *p = ARENA_NEW(m->scratch, struct lines_plan);
	const struct integer_group g = integer_group_get(m, node);
	const int y = node_out(m, node, 0), input = read_map(m, g.op, &p->axis);
	struct byte_steps of[3];
	double cycles;

	*why = "no map of one quantised tensor by constants of the channels";
	if (input < 0 || !integer_group_input(m, node, node_in(m, g.op, input), &p->d) || p->d.n != 1)
		return NULL;
	*why = "the target has no such kernel";
	p->kernel = kernel_choose_types(m, KERNEL_LINES_INT8, m->tensor[p->d.q].type, DT_F32, m->tensor[y].type,
					1, 1, 1, &cycles);
	if (!p->kernel)
		return NULL;
	*why = "a size is no constant, or the channels are not adjacent";
	if (!tensor_is_static(m, p->d.q) || !tensor_is_static(m, y) || !tensor_elements(m, y).n)
		return NULL;
	of[0] = byte_steps_of(m, p->d.q, y);
	of[1] = byte_steps_along(p->axis);
	of[2] = byte_steps_of(m, y, y);
	p->channels = m->tensor[y].dim[p->axis].n;
	if (!byte_rows_read(m, y, of, 3, &p->r) || p->r.n != p->channels)
		return NULL;
	*why = "a channel's bytes are on no line";
	if (!find_lines(m, &g, p))
		return NULL;
	p->plan.cycles = (double)tensor_elements(m, y).n;
	return &p->plan;
}

static int constants(struct lowering *l, const char *name, const struct lines_plan *p, const float *v)
{
	float *kept = ARENA_ARRAY(l->m->arena, p->padded, float);

	memcpy(kept, v, (size_t)p->padded * sizeof *v);
	return lower_const_f32(l, name, kept, p->padded);
}

static void lower(struct lowering *l, const struct node_plan *plan)
{
	const struct lines_plan *p = (const struct lines_plan *)plan;
	struct module *m = l->m;
	const struct integer_group g = integer_group_get(m, l->node);
	const int y = node_out(m, l->node, 0);
	struct call *call = lower_kernel(l, p->kernel, GEOMETRY_LINES);

	call->geometry.lines = (struct lines_geometry){
		.rows = p->r.rows, .n = p->r.n, .x_row = p->r.row[0], .y_row = p->r.row[2],
		.x_signed = m->tensor[p->d.q].type == DT_I8, .low = g.low, .high = g.high,
	};
	call->out = y;
	call->in_place = p->r.row[0] == p->r.row[2];
	call_arg(l, call, ARG_READ, p->d.q);
	call_arg(l, call, ARG_READ, constants(l, "factors", p, p->factor));
	call_arg(l, call, ARG_READ, constants(l, "offsets", p, p->offset));
	call_arg(l, call, ARG_WRITE, y);
}

const struct strategy integer_lines = {
	.name = "integer_lines", .op = "IntegerGroup", .plan = plan_lines, .lower = lower
};
