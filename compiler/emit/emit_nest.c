#include "emit/emit_nest.h"

#include <string.h>

#include "emit/nest_writer.h"
#include "options.h"
#include "targets/target.h"

/* Computes early what does not change in the loops still to be opened. */
static void hoist(struct nest_writer *w, int level)
{
	const struct nest *n = w->n;
	int reduce = writer_reduction(n);

	for (int k = 0; k < n->n_e; k++) {
		const struct expr x = n->e[k];
		bool after = reduce >= 0 && k >= reduce;
		if (!w->certain[k] || w->level[k] != level || x.op == E_CONST || x.op == E_REDUCE || x.op == E_ACC ||
		    after)
			continue;
		if (x.op == E_INDEX || x.op == E_SELECT)
			continue;
		if (w->vector_axis >= 0 && w->level[k] >= w->n_loops)
			continue;
		if (!w->varies[k] || w->in_vector)
			write_expr(w, k);
	}
}

static const char *axis_name(struct nest_writer *w, int axis)
{
	return writer_num(w, w->axis[axis]);
}

/* A loop over one axis; one whose index is the constant 0, of a reduction, has at most one turn and no counter. */
static void open_loop(struct nest_writer *w, int axis, const char *extent)
{
	const char *i = axis_name(w, axis);

	if (!num_is_const(w->axis[axis]))
		emit_open(w->e, "for (ptrdiff_t %s = 0; %s < %s; %s++)", i, i, extent, i);
	else
		emit_open(w->e, "if (0 < %s)", extent);
}

static void write_store(struct nest_writer *w)
{
	const struct nest *n = w->n;
	const char *offset = writer_num(w, w->store), *y = writer_tensor(w, n->out);
	const struct tensor *t = &w->m->tensor[n->out];
	const bool is_half = t->type == DT_F16;

	for (int i = 0; i < t->rank; i++)
		if (n->store[i].expr >= 0)
			offset = arena_printf(w->m->scratch, "%s + (ptrdiff_t)%s * (%s)", offset,
					      write_expr(w, n->store[i].expr).text, writer_num(w, t->stride[i]));
	if (!w->in_vector)
		emit_line(w->e, "%s[%s] = %s;", y, offset, write_expr(w, n->value).text);
	else if (w->lanes)
		emit_line(w->e, "%s(&%s[%s], %s, %s);",
			  writer_use(w, is_half ? "nnrt_vf_store_f16_n" : "nnrt_vf_store_n"), y, offset,
			  write_vector(w, n->value), w->lanes);
	else
		emit_line(w->e, "%s(&%s[%s], %s);", writer_use(w, is_half ? "nnrt_vf_store_f16" : "nnrt_vf_store"), y,
			  offset, write_vector(w, n->value));
}

static const char *identity_text(struct nest_writer *w, const struct expr *r)
{
	int how = r->how;
	enum dtype type = w->n->e[r->a].type;
	enum type_value v = writer_is_arg(how) ?
				    (how == REDUCE_ARGMAX || how == REDUCE_ARGMAX_LAST ? TYPE_LOWEST : TYPE_HIGHEST) :
				    writer_reduces[how].identity;
	const struct expr identity = expr_const_value(type, v);

	return const_text(w, &identity);
}

/* Where a reduction collects: `name` takes in values, or vectors when each lane is a result of its own; `vector`, when
 * not NULL, those turns that come as vectors along the reduction. A long sum is made of parts
 * (runtime_min/maths/sum.h): NAME is then the part, NAME_sum holds those before, NAME_turns counts what the part has
 * taken in. */
struct accumulator {
	const char *name, *vector, *identity;
	enum dtype type;
	bool lanes, is_long;
};

/* A sum of more floats than this is made of parts. Where bytes come in or go out the order of a sum is promised. */
enum { LONG_SUM = 4096 };

static struct num count_terms(const struct nest_writer *w)
{
	struct num terms = num_const(1);

	for (int i = w->n->n_axes; i < w->n->n_axes + w->n->n_reduce; i++)
		terms = num_mul(w->nums, terms, w->n->extent[i]);
	return terms;
}

static bool is_long_sum(const struct nest_writer *w, const struct expr *r)
{
	return r->how == REDUCE_SUM && w->n->e[r->a].type == DT_F32 && count_terms(w).n > LONG_SUM &&
	       !emission_touches_bytes(w->x);
}

static void declare_accumulator(struct nest_writer *w, const struct accumulator *a, const char *name, bool vector,
				bool counts)
{
	if (vector)
		emit_line(w->e, "nnrt_vf %s = %s(%s);", name, writer_use(w, "nnrt_vf_set1"), a->identity);
	else
		emit_line(w->e, "%s %s = %s;", dtypes[a->type].ctype, name, a->identity);
	if (!a->is_long)
		return;
	if (vector)
		emit_line(w->e, "struct %s %s_sum = %s();", writer_use(w, "nnrt_sum_vf"), name,
			  writer_use(w, "nnrt_sum_none"));
	else
		emit_line(w->e, "struct %s %s_sum = { 0.0f, 0.0f };", writer_use(w, "nnrt_sum_f32"), name);
	if (counts)
		emit_line(w->e, "int %s_turns = 0;", name);
}

static void end_part(struct nest_writer *w, const char *name, bool vector)
{
	emit_line(w->e, "%s(&%s_sum, %s);", writer_use(w, vector ? "nnrt_sum_add" : "nnrt_sum_add_f32"), name, name);
}

/* One turn of a reduction: accumulator `acc` takes in the value. */
static void write_turn(struct nest_writer *w, const struct expr *r, const struct accumulator *a, const char *acc,
		       const char *position)
{
	bool vector = w->in_vector;
	const char *v = vector ? write_vector(w, r->a) : write_expr(w, r->a).text;

	if (vector && w->lanes && w->vector_axis >= w->n->n_axes)       /* the last turns: other lanes change nothing */
		v = arena_printf(w->m->scratch, "%s(%s(%s), %s, %s(%s))", writer_use(w, "nnrt_vf_select"),
				 writer_use(w, "nnrt_vm_first"), w->lanes, v, writer_use(w, "nnrt_vf_set1"),
				 a->identity);
	if (writer_is_arg(r->how)) {
		bool max = r->how == REDUCE_ARGMAX || r->how == REDUCE_ARGMAX_LAST;
		bool last = r->how == REDUCE_ARGMAX_LAST || r->how == REDUCE_ARGMIN_LAST;
		emit_open(w->e, "if (%s %s%s %s || %s == 0)", v, max ? ">" : "<", last ? "=" : "", acc, position);
		emit_line(w->e, "%s = %s;", acc, v);
		emit_line(w->e, "%s_at = (int64_t)%s;", acc, position);
		emit_close(w->e, "");
		return;
	}
	emit_line(w->e, "%s = %s;", acc, scalar_text(w, writer_reduces[r->how].op, a->type, vector, acc, v));
	if (!a->is_long)
		return;
	emit_open(w->e, "if (++%s_turns == %s)", acc, writer_use(w, "NNRT_SUM_PART"));
	end_part(w, acc, vector);
	emit_line(w->e, vector ? "%s = nnrt_vf_set1(0.0f);" : "%s = 0.0f;", acc);
	emit_line(w->e, "%s_turns = 0;", acc);
	emit_close(w->e, "");
}

/* A loop over vectors leaves nothing over. */
static bool fills_vectors(const struct nest_writer *w, int axis)
{
	return num_is_const(w->extent[axis]) && w->extent[axis].n % (w->m->target->vector_bytes / 4) == 0;
}

/* Turns of a loop, and of all loops over what is summed up, that are written out. */
enum { MOST_UNROLLED = 4, MOST_TAPS = 32 };

/* A loop of a few turns, as many each time, on a target whose compiler has vectors to use. */
static bool is_short(const struct nest_writer *w, int level)
{
	const struct num extent = w->extent[w->loop[level]];

	return num_is_const(extent) && extent.n > 1 && extent.n <= MOST_UNROLLED && w->m->target->vector_bytes > 4;
}

/* The last loops over what is taken together are of a few turns, such as the samples of an element of a Resize or the
 * taps of a window, from this one on: the same. */
static bool is_unrolled_to_end(const struct nest_writer *w, int level)
{
	int64_t taps = 1;

	if (w->vector_axis >= w->n->n_axes || w->n_loops - w->n_outer < 2)
		return false;
	for (int k = level; k < w->n_loops; k++) {
		if (!is_short(w, k))
			return false;
		taps *= w->extent[w->loop[k]].n;
	}
	return taps <= MOST_TAPS;
}

/* The turns that fill no vector are taken together as well, but where parts are counted or the order is promised. */
static bool ends_in_vector(const struct nest_writer *w, const struct accumulator *a)
{
	return !a->is_long && !emission_touches_bytes(w->x);
}

static void write_reduce_loops(struct nest_writer *w, int level, const struct expr *r, const struct accumulator *a)
{
	int mark = w->n_open, axis;
	const char *i, *extent;

	if (level == w->n_loops) {
		write_turn(w, r, a, a->name, axis_name(w, w->loop[w->n_loops - 1]));
		return;
	}
	axis = w->loop[level];
	i = axis_name(w, axis);
	extent = writer_num(w, w->extent[axis]);
	if (axis == w->vector_axis) {           /* vectors along the reduction, then the rest one by one */
		emit_line(w->e, "ptrdiff_t %s = 0;", i);
		writer_use(w, "NNRT_LANES");
		emit_open(w->e, "for (; %s + NNRT_LANES <= %s; %s += NNRT_LANES)", i, extent, i);
		w->in_vector = true;
		write_turn(w, r, a, a->vector, i);
		w->in_vector = false;
		writer_close_scope(w, mark);
		emit_close(w->e, "");
		if (fills_vectors(w, axis))
			return;
		if (ends_in_vector(w, a)) {
			emit_open(w->e, "if (%s < %s)", i, extent);
			emit_line(w->e, "const int n = (int)(%s - %s);", extent, i);
			w->in_vector = true;
			w->lanes = "n";
			write_turn(w, r, a, a->vector, i);
			w->in_vector = false;
			w->lanes = NULL;
		} else {
			emit_open(w->e, "for (; %s < %s; %s++)", i, extent, i);
			write_turn(w, r, a, a->name, i);
		}
	} else {
		if (is_unrolled_to_end(w, level))
			emit_line(w->e, "%s(%lld)", writer_use(w, "NNRT_UNROLL"), (long long)w->extent[axis].n);
		open_loop(w, axis, extent);
		hoist(w, level + 1);
		write_reduce_loops(w, level + 1, r, a);
	}
	writer_close_scope(w, mark);
	emit_close(w->e, "");
}

/* All that was collected into a->name. */
static void write_result(struct nest_writer *w, const struct expr *r, const struct accumulator *a)
{
	const char *vector = a->vector;

	if (vector && a->is_long) {
		end_part(w, vector, true);
		vector = arena_printf(w->m->scratch, "%s(&%s_sum)", writer_use(w, "nnrt_sum_total"), vector);
	}
	if (vector)
		vector = arena_printf(w->m->scratch, "%s(%s)", writer_use(w, writer_reduces[r->how].across), vector);
	if (a->is_long) {
		end_part(w, a->name, a->lanes);
		if (vector)
			emit_line(w->e, "nnrt_sum_add_f32(&%s_sum, %s);", a->name, vector);
		emit_line(w->e, "%s = %s(&%s_sum);", a->name,
			  writer_use(w, a->lanes ? "nnrt_sum_total" : "nnrt_sum_total_f32"), a->name);
	} else if (vector) {
		emit_line(w->e, "%s = %s;", a->name,
			  scalar_text(w, writer_reduces[r->how].op, a->type, false, a->name, vector));
	}
}

/* A place along floats that lie side by side, on a target with vectors. */
static bool is_place_in_row(struct nest_writer *w, const struct expr *r)
{
	const struct expr *x = &w->n->e[r->a];
	struct num step, extent;

	if ((r->how != REDUCE_ARGMAX && r->how != REDUCE_ARGMIN) || x->op != E_LOAD || x->type != DT_F32 ||
	    w->n_loops != w->n_outer + 1 || w->m->target->vector_bytes <= 4)
		return false;
	for (int i = 0; i < (x->n_at < 0 ? 1 : x->n_at); i++)
		if (w->n->at[x->at + i].expr >= 0)
			return false;
	extent = w->extent[w->loop[w->n_outer]];
	return writer_coefficient(w, w->address[r->a], w->loop[w->n_outer], &step) && num_is(step, 1) &&
	       num_lo(w->nums, extent) >= 1 && num_hi(w->nums, extent) <= 1 << 24;
}

static void write_place_in_row(struct nest_writer *w, const struct expr *r)
{
	const int axis = w->loop[w->n_outer];
	const struct num zero = num_const(0);
	const struct num from = num_subst(w->nums, w->address[r->a], &w->axis[axis], &zero, 1);

	w->reduced = arena_printf(w->m->scratch, "r%d", w->names++);
	emit_line(w->e, "const int64_t %s = %s(&%s[%s], %s, %d);", w->reduced, writer_use(w, "nnrt_arg_extreme_f32"),
		  writer_tensor(w, w->n->e[r->a].tensor), writer_num(w, from), writer_num(w, w->extent[axis]),
		  r->how == REDUCE_ARGMIN);
}

static void write_reduction(struct nest_writer *w, int k)
{
	const struct expr r = w->n->e[k];
	const bool across = w->vector_axis >= w->n->n_axes;
	struct accumulator a = { .identity = identity_text(w, &r), .type = w->n->e[r.a].type, .lanes = w->in_vector,
				 .is_long = is_long_sum(w, &r) };

	a.name = arena_printf(w->m->scratch, "r%d", w->names++);
	declare_accumulator(w, &a, a.name, a.lanes, !across || !fills_vectors(w, w->vector_axis));
	if (writer_is_arg(r.how))
		emit_line(w->e, "int64_t %s_at = 0;", a.name);
	if (across) {
		a.vector = arena_printf(w->m->scratch, "%sv", a.name);
		declare_accumulator(w, &a, a.vector, true, true);
	}
	write_reduce_loops(w, w->n_outer, &r, &a);
	write_result(w, &r, &a);
	w->reduced = writer_is_arg(r.how) ? arena_printf(w->m->scratch, "%s_at", a.name) : a.name;
	if (r.b >= 0 && num_lo(w->nums, count_terms(w)) == 0)
		emit_line(w->e, "if (%s == 0) %s = %s;", writer_num(w, count_terms(w)), w->reduced,
			  write_expr(w, r.b).text);
}

static void write_body(struct nest_writer *w)
{
	int reduce = writer_reduction(w->n);

	if (reduce >= 0 && is_place_in_row(w, &w->n->e[reduce]))
		write_place_in_row(w, &w->n->e[reduce]);
	else if (reduce >= 0)
		write_reduction(w, reduce);
	write_store(w);
}

/* A last loop of a few turns, such as three channels: unrolled, the C compiler's vectors go along the loop round it. */
static bool is_unrolled(const struct nest_writer *w, int level)
{
	return level > 0 && level + 1 == w->n_outer && !w->n->n_reduce && is_short(w, level);
}

/* The last loop of the output, where the C compiler has vectors to use and may spend code on them. Two turns store to
 * two places, and what they load is no other turn's result: a nest does not read its output but where it stores. */
static bool is_independent(const struct nest_writer *w, int level)
{
	if (level + 1 != w->n_outer || num_is_const(w->axis[w->loop[level]]) || w->m->target->vector_bytes <= 4 ||
	    w->m->options->optimize == OPTIMIZE_SIZE)
		return false;
	for (int i = 0; i < w->m->tensor[w->n->out].rank; i++)
		if (w->n->store[i].expr >= 0)
			return false;
	return true;
}

/* The pragma before a loop, and what the loop's index is compared with: gcc refuses the pragma where that branches. */
static const char *mark_independent(struct nest_writer *w, int axis, const char *extent)
{
	if (!num_is_const(w->extent[axis])) {
		const char *name = arena_printf(w->m->scratch, "v%d", w->names++);
		emit_line(w->e, "const ptrdiff_t %s = %s;", name, extent);
		extent = name;
	}
	emit_line(w->e, "%s", writer_use(w, "NNRT_INDEPENDENT"));
	w->x->has_independent = true;
	return extent;
}

static void write_loops(struct nest_writer *w, int level)
{
	int mark = w->n_open, axis;
	const char *i, *extent;

	hoist(w, level);
	if (level == w->n_outer) {
		write_body(w);
		return;
	}
	axis = w->loop[level];
	i = axis_name(w, axis);
	extent = writer_num(w, w->extent[axis]);
	if (axis != w->vector_axis) {
		if (is_unrolled(w, level)) {
			emit_line(w->e, "%s(%lld)", writer_use(w, "NNRT_UNROLL"), (long long)w->extent[axis].n);
		} else if (is_independent(w, level)) {
			extent = mark_independent(w, axis, extent);
		}
		open_loop(w, axis, extent);
		write_loops(w, level + 1);
		writer_close_scope(w, mark);
		emit_close(w->e, "");
		return;
	}
	writer_use(w, "NNRT_LANES");
	emit_line(w->e, "ptrdiff_t %s = 0;", i);
	w->in_vector = true;
	emit_open(w->e, "for (; %s + NNRT_LANES <= %s; %s += NNRT_LANES)", i, extent, i);
	write_body(w);
	writer_close_scope(w, mark);
	emit_close(w->e, "");
	if (!fills_vectors(w, axis)) {
		emit_open(w->e, "if (%s < %s)", i, extent);
		emit_line(w->e, "const int n = (int)(%s - %s);", extent, i);
		w->lanes = "n";
		write_body(w);
		w->lanes = NULL;
		writer_close_scope(w, mark);
		emit_close(w->e, "");
	}
	w->in_vector = false;
	writer_close_scope(w, mark);
}

/* A nest that copies runs of memory is one memcpy a run. */
static bool write_copy(struct nest_writer *w)
{
	const struct nest *n = w->n;
	const struct expr x = n->e[n->value];
	struct num from, to;
	int axis;

	if (x.op != E_LOAD || n->n_reduce || !w->n_outer)
		return false;
	axis = w->loop[w->n_outer - 1];
	for (int i = 0; i < (x.n_at < 0 ? 1 : x.n_at); i++)
		if (n->at[x.at + i].expr >= 0)
			return false;
	for (int i = 0; i < w->m->tensor[n->out].rank; i++)
		if (n->store[i].expr >= 0)
			return false;
	if (!writer_coefficient(w, w->store, axis, &to) || !writer_coefficient(w, w->address[n->value], axis, &from) ||
	    !num_is(to, 1) || !num_is(from, 1))
		return false;
	for (int k = 0; k < w->n_outer - 1; k++)
		open_loop(w, w->loop[k], writer_num(w, w->extent[w->loop[k]]));
	{
		struct num zero = num_const(0);
		struct num s = num_subst(w->nums, w->store, &w->axis[axis], &zero, 1);
		struct num l = num_subst(w->nums, w->address[n->value], &w->axis[axis], &zero, 1);
		const char *y = writer_tensor(w, n->out);
		extract_need_header(&w->x->runtime, "<string.h>");
		emit_line(w->e, "memcpy(&%s[%s], &%s[%s], (size_t)(%s) * sizeof *%s);", y, writer_num(w, s),
			  writer_tensor(w, x.tensor), writer_num(w, l), writer_num(w, w->extent[axis]), y);
	}
	for (int k = 0; k < w->n_outer - 1; k++)
		emit_close(w->e, "");
	return true;
}

/* "0 < n && 0 < m" for the extents that may be 0 at run time, "" where none may: what is computed before a loop must
 * not be when the loop has no turns, for it reads elements that are not there. NULL: there are surely no turns. */
static const char *condition_of_turns(struct emission *x, const struct nest *n)
{
	struct strbuf b;

	strbuf_init(&b, x->m->scratch);
	for (int k = 0; k < n->n_axes; k++) {
		if (num_hi(&x->nums, n->extent[k]) <= 0)
			return NULL;
		if (num_lo(&x->nums, n->extent[k]) <= 0)
			strbuf_printf(&b, "%s0 < %s", b.size ? " && " : "", emission_num(x, n->extent[k]));
	}
	return strbuf_text(&b);
}

void emit_nest(struct emit *e, struct emission *x, const struct nest *n)
{
	const char *condition = condition_of_turns(x, n);
	struct nest_writer w;

	if (!condition)
		return;
	if (*condition)
		emit_open(e, "if (%s)", condition);
	nest_writer_init(&w, e, x, n);
	w.is_soft = nest_is_soft(x, n);
	nest_writer_plan_loops(&w);
	if (!write_copy(&w)) {
		writer_choose_vector_axis(&w);
		write_loops(&w, 0);
	}
	if (*condition)
		emit_close(e, "");
}
