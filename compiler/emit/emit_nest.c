#include "emit/emit_nest.h"

#include <string.h>

#include "emit/nest_writer.h"
#include "lower/address.h"
#include "options.h"
#include "targets/target.h"

static struct num without_offset(struct module *m, int t, struct num address)
{
	return num_sub(&m->nums, address, m->tensor[t].offset);
}

/* Affine part of the address of every load and of the store, from the tensor's own first element. */
static void find_addresses(struct nest_writer *w)
{
	struct nest *n = w->n;
	struct module *m = w->m;

	for (int k = 0; k < n->n_e; k++) {
		struct num at[MAX_RANK];
		const struct expr x = n->e[k];
		if (x.op != E_LOAD)
			continue;
		for (int i = 0; i < (x.n_at < 0 ? 1 : x.n_at); i++)
			at[i] = n->at[x.at + i].affine;
		if (x.n_at < 0 && tensor_is_plain(m, x.tensor)) {
			w->address[k] = at[0];
			continue;
		}
		if (x.n_at < 0)
			address_unflatten(m, x.tensor, at[0], at);
		w->address[k] = without_offset(m, x.tensor, address_at(m, x.tensor, at));
	}
	for (int i = 0; i < m->tensor[n->out].rank; i++) {
		w->store = i ? w->store : num_const(0);
		w->store = num_add(&m->nums, w->store, num_mul(&m->nums, n->store[i].affine, m->tensor[n->out].stride[i]));
	}
	if (!m->tensor[n->out].rank)
		w->store = num_const(0);
}

/* Coefficient of one axis in an address; false when the address is not linear in it. */
static bool coefficient(struct nest_writer *w, struct num address, int axis, struct num *c)
{
	struct num rest;

	return num_linear(&w->m->nums, address, &w->n->axis[axis], 1, c, &rest);
}

/* Output loops by falling stride of the store, so that the innermost walks along memory. */
static void order_loops(struct nest_writer *w)
{
	struct nest *n = w->n;
	struct num stride[MAX_RANK];

	w->n_outer = n->n_axes;
	w->n_loops = n->n_axes + n->n_reduce;
	for (int k = 0; k < w->n_loops; k++) {
		w->loop[k] = k;
		w->extent[k] = n->extent[k];
	}
	for (int k = 0; k < n->n_axes; k++)
		if (!coefficient(w, w->store, k, &stride[k]))
			stride[k] = num_const(0);
	for (int i = 1; i < n->n_axes; i++)
		for (int k = i; k > 0; k--) {
			int a = w->loop[k - 1], b = w->loop[k];
			if (num_is(n->extent[a], 1) || stride[a].n >= stride[b].n)
				break;
			w->loop[k - 1] = b;
			w->loop[k] = a;
		}
}

static bool merges(struct nest_writer *w, struct num address, int outer, int inner)
{
	struct num a, b;

	return coefficient(w, address, outer, &a) && coefficient(w, address, inner, &b) &&
	       num_same(a, num_mul(&w->m->nums, b, w->extent[inner]));
}

static bool may_merge(struct nest_writer *w, int outer, int inner)
{
	const struct nest *n = w->n;

	if (!merges(w, w->store, outer, inner))
		return false;
	for (int k = 0; k < n->n_e; k++) {
		if (n->e[k].op == E_LOAD && !merges(w, w->address[k], outer, inner))
			return false;
		if (n->e[k].op == E_INDEX && (num_uses(&w->m->nums, n->e[k].index, n->axis[outer]) ||
					      num_uses(&w->m->nums, n->e[k].index, n->axis[inner])))
			return false;
	}
	return true;
}

/* Two neighbouring output loops that every access walks like one become one: the inner gets both extents, the outer's
 * variable becomes 0. Loops of one turn vanish. */
static void merge_loops(struct nest_writer *w)
{
	struct nest *n = w->n;
	struct module *m = w->m;
	struct num zero = num_const(0);

	for (int k = 0; k < w->n_outer; k++) {
		int axis = w->loop[k], inner = k + 1 < w->n_outer ? w->loop[k + 1] : -1;
		bool single = num_is(w->extent[axis], 1);
		if (!single && (inner < 0 || !may_merge(w, axis, inner)))
			continue;
		if (!single) {
			struct num both = num_mul(&m->nums, w->extent[axis], w->extent[inner]);
			struct num old = n->axis[inner];
			w->extent[inner] = both;
			n->axis[inner] = num_axis(&m->nums, inner, both);
			for (int e = 0; e < n->n_e; e++)
				if (n->e[e].op == E_LOAD)
					w->address[e] = num_subst(&m->nums, w->address[e], &old, &n->axis[inner], 1);
			w->store = num_subst(&m->nums, w->store, &old, &n->axis[inner], 1);
		}
		for (int e = 0; e < n->n_e; e++) {
			if (n->e[e].op == E_LOAD)
				w->address[e] = num_subst(&m->nums, w->address[e], &n->axis[axis], &zero, 1);
			if (n->e[e].op == E_INDEX)
				n->e[e].index = num_subst(&m->nums, n->e[e].index, &n->axis[axis], &zero, 1);
		}
		w->store = num_subst(&m->nums, w->store, &n->axis[axis], &zero, 1);
		memmove(&w->loop[k], &w->loop[k + 1], (size_t)(w->n_loops - k - 1) * sizeof w->loop[0]);
		w->n_outer--;
		w->n_loops--;
		k = -1;
	}
}

static int level_of_num(const struct nest_writer *w, struct num v)
{
	for (int k = w->n_loops; k > 0; k--)
		if (num_uses(&w->m->nums, v, w->n->axis[w->loop[k - 1]]))
			return k;
	return 0;
}

static int max_level(int a, int b)
{
	return a > b ? a : b;
}

static void find_levels(struct nest_writer *w)
{
	const struct nest *n = w->n;

	for (int k = 0; k < n->n_e; k++) {
		const struct expr x = n->e[k];
		int level = 0;
		if (x.op == E_LOAD) {
			level = level_of_num(w, w->address[k]);
			for (int i = 0; i < (x.n_at < 0 ? 1 : x.n_at); i++)
				if (n->at[x.at + i].expr >= 0)
					level = max_level(level, w->level[n->at[x.at + i].expr]);
		} else if (x.op == E_INDEX) {
			level = level_of_num(w, x.index);
		} else if (x.op == E_REDUCE) {
			level = w->n_outer;
		} else if (x.op != E_CONST) {
			level = x.a >= 0 ? w->level[x.a] : 0;
			level = x.b >= 0 ? max_level(level, w->level[x.b]) : level;
			level = x.c >= 0 ? max_level(level, w->level[x.c]) : level;
		}
		w->level[k] = level;
	}
}

/* What is evaluated in every turn of the loops: not behind a condition, and not inside a reduction that may be empty. */
static void mark_certain(struct nest_writer *w)
{
	const struct nest *n = w->n;
	bool reduction_runs = true;

	for (int k = n->n_axes; k < n->n_axes + n->n_reduce; k++)
		reduction_runs &= num_lo(&w->m->nums, n->extent[k]) > 0;
	memset(w->certain, 0, (size_t)n->n_e * sizeof *w->certain);
	w->certain[n->value] = true;
	for (int k = n->n_e - 1; k >= 0; k--) {
		const struct expr x = n->e[k];
		if (!w->certain[k])
			continue;
		if (x.op == E_LOAD)
			for (int i = 0; i < (x.n_at < 0 ? 1 : x.n_at); i++)
				if (n->at[x.at + i].expr >= 0)
					w->certain[n->at[x.at + i].expr] = true;
		if (x.a >= 0 && (x.op != E_REDUCE || reduction_runs))
			w->certain[x.a] = true;
		if (x.b >= 0 && x.op != E_SELECT && x.op != E_REDUCE)
			w->certain[x.b] = true;
		if (x.c >= 0 && x.op != E_SELECT)
			w->certain[x.c] = true;
	}
}

static const struct {
	enum eop op;
	enum type_value identity;
	const char *across;     /* lanes of a vector to one float */
} reduces[] = {
	[REDUCE_SUM] = { E_ADD, TYPE_ZERO, "nnrt_vf_reduce_add" },
	[REDUCE_PROD] = { E_MUL, TYPE_ONE, NULL },
	[REDUCE_MAX] = { E_MAX, TYPE_LOWEST, "nnrt_vf_reduce_max" },
	[REDUCE_MIN] = { E_MIN, TYPE_HIGHEST, "nnrt_vf_reduce_min" },
	[REDUCE_AND] = { E_AND, TYPE_ONE, NULL },
	[REDUCE_OR] = { E_OR, TYPE_ZERO, NULL },
};

static bool is_arg(int how)
{
	return how >= REDUCE_ARGMAX;
}

/* --- Vectors ------------------------------------------------------------------------------------------------------ */

static bool is_needed(const struct nest_writer *w, int root, bool *needed)
{
	const struct nest *n = w->n;

	memset(needed, 0, (size_t)n->n_e * sizeof *needed);
	needed[root] = true;
	for (int k = root; k >= 0; k--) {
		const struct expr x = n->e[k];
		if (!needed[k])
			continue;
		if (x.op == E_LOAD)
			for (int i = 0; i < (x.n_at < 0 ? 1 : x.n_at); i++)
				if (n->at[x.at + i].expr >= 0)
					needed[n->at[x.at + i].expr] = true;
		if (x.a >= 0)
			needed[x.a] = true;
		if (x.b >= 0)
			needed[x.b] = true;
		if (x.c >= 0)
			needed[x.c] = true;
	}
	return true;
}

static bool guards_load(const struct nest_writer *w, int k)
{
	const struct expr x = w->n->e[k];

	if (x.op == E_LOAD)
		return true;
	return (x.a >= 0 && guards_load(w, x.a)) || (x.b >= 0 && guards_load(w, x.b)) || (x.c >= 0 && guards_load(w, x.c));
}

/* Whether one varying expression has a vector form. */
static bool expr_vectorises(struct nest_writer *w, int k)
{
	const struct expr x = w->n->e[k];
	struct num c;

	switch (x.op) {
	case E_CONST:
		return true;
	case E_LOAD:
		for (int i = 0; i < (x.n_at < 0 ? 1 : x.n_at); i++)
			if (w->n->at[x.at + i].expr >= 0 && expr_varies(w, w->n->at[x.at + i].expr))
				return false;
		return x.type == DT_F32 && coefficient(w, w->address[k], w->vector_axis, &c) && num_is(c, 1);
	case E_REDUCE:
		return x.type == DT_F32 && x.how <= REDUCE_MIN;
	case E_ACC:
		return true;
	case E_SELECT:
		/* With lanes that decide for themselves both sides are computed: fine unless a load was guarded. */
		if (expr_varies(w, x.a) && (guards_load(w, x.b) || guards_load(w, x.c)))
			return w->certain[x.b] && w->certain[x.c] && x.type == DT_F32;
		return x.type == DT_F32;
	case E_INDEX:
	case E_CAST:
	case E_SATURATE:
		return false;
	default:
		return scalar_has_vector(x.op, w->n->e[x.a].type);
	}
}

static bool vectorises_along(struct nest_writer *w, int axis)
{
	bool *needed = ARENA_ARRAY(w->m->scratch, w->n->n_e, bool);
	bool ok = true;

	w->vector_axis = axis;
	w->in_vector = true;
	is_needed(w, w->n->value, needed);
	for (int k = 0; k < w->n->n_e && ok; k++)
		if (needed[k] && expr_varies(w, k))
			ok = expr_vectorises(w, k);
	w->in_vector = false;
	w->vector_axis = ok ? axis : -1;
	return ok;
}

static int reduce_expr(const struct nest *n)
{
	for (int k = 0; k < n->n_e; k++)
		if (n->e[k].op == E_REDUCE)
			return k;
	return -1;
}

/* Vectors run along the innermost output loop when the store is contiguous there, else along the innermost reduction
 * loop (which changes the order of a sum: not under --fp=strict). */
static void choose_vector_axis(struct nest_writer *w)
{
	const struct nest *n = w->n;
	int reduce = reduce_expr(n), axis;
	struct num c;

	w->vector_axis = -1;
	if (w->m->target->vector_bytes <= 4)
		return;
	if (w->n_outer) {
		axis = w->loop[w->n_outer - 1];
		if (n->e[n->value].type == DT_F32 && coefficient(w, w->store, axis, &c) && num_is(c, 1) &&
		    w->extent[axis].n > 1 && vectorises_along(w, axis))
			return;
	}
	if (reduce < 0 || w->n_loops == w->n_outer || w->m->options->fp == FP_STRICT)
		return;
	axis = w->loop[w->n_loops - 1];
	if (n->e[reduce].type != DT_F32 || is_arg(n->e[reduce].how) || !reduces[n->e[reduce].how].across || w->extent[axis].n < 2)
		return;
	w->vector_axis = axis;
	w->in_vector = true;
	if (expr_varies(w, n->e[reduce].a)) {
		bool *needed = ARENA_ARRAY(w->m->scratch, n->n_e, bool);
		bool ok = is_needed(w, n->e[reduce].a, needed);
		for (int k = 0; k < n->n_e && ok; k++)
			if (needed[k] && expr_varies(w, k))
				ok = expr_vectorises(w, k);
		w->in_vector = false;
		if (ok)
			return;
	}
	w->in_vector = false;
	w->vector_axis = -1;
}

/* --- Writing ------------------------------------------------------------------------------------------------------ */

static const char *print_num(struct nest_writer *w, struct num v)
{
	struct strbuf b;

	strbuf_init(&b, w->m->scratch);
	num_print(&w->m->nums, v, &b);
	if (strstr(strbuf_text(&b), "nnrt_floordiv"))
		writer_use(w, "nnrt_floordiv");
	if (strstr(strbuf_text(&b), "nnrt_floormod"))
		writer_use(w, "nnrt_floormod");
	return strbuf_text(&b);
}

/* Computes early what does not change in the loops still to be opened. */
static void hoist(struct nest_writer *w, int level)
{
	const struct nest *n = w->n;
	int reduce = reduce_expr(n);

	for (int k = 0; k < n->n_e; k++) {
		const struct expr x = n->e[k];
		bool after = reduce >= 0 && k >= reduce;
		if (!w->certain[k] || w->level[k] != level || x.op == E_CONST || x.op == E_REDUCE || x.op == E_ACC || after)
			continue;
		if (x.op == E_INDEX || x.op == E_SELECT)
			continue;
		if (w->vector_axis >= 0 && w->level[k] >= w->n_loops)
			continue;
		if (!expr_varies(w, k) || w->in_vector)
			write_expr(w, k);
	}
}

static const char *axis_name(struct nest_writer *w, int axis)
{
	return print_num(w, w->n->axis[axis]);
}

/** A loop over one axis; an axis whose index is the constant 0 has at most one turn and no counter. */
static void open_loop(struct nest_writer *w, int axis)
{
	const char *i = axis_name(w, axis), *extent = print_num(w, w->extent[axis]);

	if (!num_is_const(w->n->axis[axis]))
		emit_open(w->e, "for (ptrdiff_t %s = 0; %s < %s; %s++)", i, i, extent, i);
	else
		emit_open(w->e, "if (0 < %s)", extent);
}

static void write_store(struct nest_writer *w)
{
	const struct nest *n = w->n;
	const char *offset = print_num(w, w->store), *y = w->name[n->out];
	const struct tensor *t = &w->m->tensor[n->out];

	for (int i = 0; i < t->rank; i++)
		if (n->store[i].expr >= 0)
			offset = arena_printf(w->m->scratch, "%s + (ptrdiff_t)%s * (%s)", offset,
					      write_expr(w, n->store[i].expr).text, print_num(w, t->stride[i]));
	if (!w->in_vector)
		emit_line(w->e, "%s[%s] = %s;", y, offset, write_expr(w, n->value).text);
	else if (w->lanes)
		emit_line(w->e, "%s(&%s[%s], %s, %s);", writer_use(w, "nnrt_vf_store_n"), y, offset, write_vector(w, n->value),
			  w->lanes);
	else
		emit_line(w->e, "%s(&%s[%s], %s);", writer_use(w, "nnrt_vf_store"), y, offset, write_vector(w, n->value));
}

static const char *identity_text(struct nest_writer *w, const struct expr *r)
{
	int how = r->how;
	enum dtype type = w->n->e[r->a].type;
	enum type_value v = is_arg(how) ? (how == REDUCE_ARGMAX || how == REDUCE_ARGMAX_LAST ? TYPE_LOWEST : TYPE_HIGHEST) :
					  reduces[how].identity;
	int e = nest_const_value(w->n, type, v);

	return write_expr(w, e).text;
}

/* One turn of a reduction: accumulator `acc` takes in the value. */
static void write_turn(struct nest_writer *w, const struct expr *r, const char *acc, const char *position)
{
	enum dtype type = w->n->e[r->a].type;
	bool vector = w->in_vector;
	const char *v = vector ? write_vector(w, r->a) : write_expr(w, r->a).text;

	if (is_arg(r->how)) {
		bool max = r->how == REDUCE_ARGMAX || r->how == REDUCE_ARGMAX_LAST;
		bool last = r->how == REDUCE_ARGMAX_LAST || r->how == REDUCE_ARGMIN_LAST;
		emit_open(w->e, "if (%s %s%s %s || %s == 0)", v, max ? ">" : "<", last ? "=" : "", acc, position);
		emit_line(w->e, "%s = %s;", acc, v);
		emit_line(w->e, "%s_at = (int64_t)%s;", acc, position);
		emit_close(w->e, "");
		return;
	}
	emit_line(w->e, "%s = %s;", acc, scalar_text(w, reduces[r->how].op, type, vector, acc, v));
}

/* A loop over vectors leaves nothing over. */
static bool fills_vectors(const struct nest_writer *w, int axis)
{
	return num_is_const(w->extent[axis]) && w->extent[axis].n % (w->m->target->vector_bytes / 4) == 0;
}

static void write_reduce_loops(struct nest_writer *w, int level, const struct expr *r, const char *acc, const char *acc_vector)
{
	int mark = w->n_open, axis;
	const char *i, *extent;

	if (level == w->n_loops) {
		write_turn(w, r, w->in_vector && acc_vector ? acc_vector : acc, axis_name(w, w->loop[w->n_loops - 1]));
		return;
	}
	axis = w->loop[level];
	i = axis_name(w, axis);
	extent = print_num(w, w->extent[axis]);
	if (axis == w->vector_axis) {           /* vectors along the reduction, then the rest one by one */
		emit_line(w->e, "ptrdiff_t %s = 0;", i);
		writer_use(w, "NNRT_LANES");
		emit_open(w->e, "for (; %s + NNRT_LANES <= %s; %s += NNRT_LANES)", i, extent, i);
		w->in_vector = true;
		write_turn(w, r, acc_vector, i);
		w->in_vector = false;
		writer_close_scope(w, mark);
		emit_close(w->e, "");
		if (fills_vectors(w, axis))
			return;
		emit_open(w->e, "for (; %s < %s; %s++)", i, extent, i);
		write_turn(w, r, acc, i);
	} else {
		open_loop(w, axis);
		hoist(w, level + 1);
		write_reduce_loops(w, level + 1, r, acc, acc_vector);
	}
	writer_close_scope(w, mark);
	emit_close(w->e, "");
}

static void write_reduction(struct nest_writer *w, int k)
{
	const struct expr r = w->n->e[k];
	enum dtype type = w->n->e[r.a].type;
	bool across = w->vector_axis >= w->n->n_axes, along = w->in_vector;
	const char *acc = arena_printf(w->m->scratch, "r%d", w->names++), *identity = identity_text(w, &r);
	const char *acc_vector = across ? arena_printf(w->m->scratch, "%sv", acc) : NULL;

	if (along)
		emit_line(w->e, "nnrt_vf %s = %s(%s);", acc, writer_use(w, "nnrt_vf_set1"), identity);
	else
		emit_line(w->e, "%s %s = %s;", dtypes[type].ctype, acc, identity);
	if (is_arg(r.how))
		emit_line(w->e, "int64_t %s_at = 0;", acc);
	if (across)
		emit_line(w->e, "nnrt_vf %s = %s(%s);", acc_vector, writer_use(w, "nnrt_vf_set1"), identity);
	write_reduce_loops(w, w->n_outer, &r, acc, acc_vector);
	if (across) {
		const char *lanes = arena_printf(w->m->scratch, "%s(%s)", writer_use(w, reduces[r.how].across), acc_vector);
		emit_line(w->e, "%s = %s;", acc, scalar_text(w, reduces[r.how].op, type, false, acc, lanes));
	}
	w->reduced = is_arg(r.how) ? arena_printf(w->m->scratch, "%s_at", acc) : acc;
	if (r.b >= 0) {
		struct num count = num_const(1);
		for (int i = w->n->n_axes; i < w->n->n_axes + w->n->n_reduce; i++)
			count = num_mul(&w->m->nums, count, w->n->extent[i]);
		if (num_lo(&w->m->nums, count) == 0)
			emit_line(w->e, "if (%s == 0) %s = %s;", print_num(w, count), w->reduced, write_expr(w, r.b).text);
	}
}

static void write_body(struct nest_writer *w)
{
	int reduce = reduce_expr(w->n);

	if (reduce >= 0)
		write_reduction(w, reduce);
	write_store(w);
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
	extent = print_num(w, w->extent[axis]);
	if (axis != w->vector_axis) {
		open_loop(w, axis);
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
	if (!coefficient(w, w->store, axis, &to) || !coefficient(w, w->address[n->value], axis, &from) || !num_is(to, 1) ||
	    !num_is(from, 1))
		return false;
	for (int k = 0; k < w->n_outer - 1; k++)
		open_loop(w, w->loop[k]);
	{
		struct num zero = num_const(0);
		struct num s = num_subst(&w->m->nums, w->store, &n->axis[axis], &zero, 1);
		struct num l = num_subst(&w->m->nums, w->address[n->value], &n->axis[axis], &zero, 1);
		extract_need_header(w->runtime, "<string.h>");
		emit_line(w->e, "memcpy(&%s[%s], &%s[%s], (size_t)(%s) * sizeof *%s);", w->name[n->out], print_num(w, s),
			  w->name[x.tensor], print_num(w, l), print_num(w, w->extent[axis]), w->name[n->out]);
	}
	for (int k = 0; k < w->n_outer - 1; k++)
		emit_close(w->e, "");
	return true;
}

void nest_writer_init(struct nest_writer *w, struct emit *e, struct extract *runtime, struct nest *n,
		      const char *const *name)
{
	struct arena *s = n->m->scratch;
	int room = n->n_e + 4;

	*w = (struct nest_writer){ .m = n->m, .e = e, .runtime = runtime, .name = name, .n = n, .vector_axis = -1 };
	w->address = ARENA_ARRAY(s, room, struct num);
	w->level = ARENA_ARRAY(s, room, int);
	w->certain = ARENA_ARRAY(s, room, bool);
	w->value = ARENA_ARRAY(s, room, struct operand);
	w->open = ARENA_ARRAY(s, 2 * room, int);
	find_addresses(w);
}

void emit_nest(struct emit *e, struct extract *runtime, struct nest *n, const char *const *name)
{
	struct nest_writer w;

	nest_writer_init(&w, e, runtime, n, name);
	order_loops(&w);
	merge_loops(&w);
	find_levels(&w);
	mark_certain(&w);
	if (write_copy(&w))
		return;
	choose_vector_axis(&w);
	write_loops(&w, 0);
}
