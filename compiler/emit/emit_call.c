#include "emit/emit_call.h"

#include <string.h>

#include "emit/emit_nest.h"
#include "emit/nest_writer.h"
#include "emit/spell.h"
#include "options.h"
#include "support/map.h"
#include "targets/target.h"

/* Distinct tensors that the epilogue loads, in order: its context. */
static int context_tensors(const struct nest *n, int *tensors)
{
	int count = 0;

	for (int k = 0; k < n->n_e; k++) {
		int i = 0;
		if (n->e[k].op != E_LOAD)
			continue;
		while (i < count && tensors[i] != n->e[k].tensor)
			i++;
		if (i == count)
			tensors[count++] = n->e[k].tensor;
	}
	return count;
}

/* The context holds the epilogue's tensors, and its constants that are parameters in one array. */
static bool has_context(const struct emission *x, const struct call *c)
{
	int tensors[MAX_NEST_LOADS];

	for (int i = 0; i < x->n_epilogue; i++)
		if (emission_is_parameter(x, i))
			return true;
	return context_tensors(c->epilogue, tensors) > 0;
}

/* One operand of the epilogue: lanes that lie side by side, one value for all, or gathered. */
static void write_operand(struct nest_writer *w, int k, const char *pointer)
{
	struct num lane = num_var(w->nums, "at.c", 0, INT32_MAX), stride, rest;
	const char *offset = writer_num(w, w->address[k]), *name = arena_printf(w->m->scratch, "v%d", w->names++);

	if (!num_linear(w->nums, w->address[k], &lane, 1, &stride, &rest))
		die("epilogue operand is not linear in the channel");
	writer_use(w, "nnrt_vf");
	if (num_is(stride, 1)) {
		emit_line(w->e, "const nnrt_vf %s = %s(&%s[%s], at);", name, writer_use(w, "nnrt_load_at"), pointer,
			  offset);
	} else if (num_is(stride, 0)) {
		emit_line(w->e, "const nnrt_vf %s = %s(%s[%s]);", name, writer_use(w, "nnrt_vf_set1"), pointer, offset);
	} else {
		emit_line(w->e, "const nnrt_vf %s = %s(&%s[%s], %s, at.n);", name, writer_use(w, "nnrt_vf_gather"),
			  pointer, offset, writer_num(w, stride));
	}
	w->value[k] = (struct operand){ .text = name, .vector = true };
}

/* Whether the epilogue is a tail: NNRT_TAIL. */
static bool has_tail(const struct call *c)
{
	return (c->geometry.kind == GEOMETRY_CONV && c->geometry.conv.tail) ||
	       (c->geometry.kind == GEOMETRY_GEMM && c->geometry.gemm.tail);
}

static const char *tail_text(const struct emission *x, const struct call *c, const char *epilogue)
{
	return has_tail(c) ? arena_printf(x->m->scratch, "%s_tail", epilogue) : "NULL";
}

void emit_epilogue(struct emit *e, struct emission *x, const struct call *c, const char *function)
{
	const struct module *m = x->m;
	const struct nest *n = c->epilogue;
	struct nest_writer w;
	struct num to[2 * MAX_RANK];
	int tensors[MAX_NEST_LOADS], count;
	const char **pointer;

	if (!n)
		return;
	nest_writer_init(&w, e, x, n);
	call_bind_axes(&x->nums, c, n, to);
	count = context_tensors(n, tensors);
	pointer = ARENA_ARRAY(m->scratch, count + 1, const char *);
	writer_use(&w, "nnrt_vf");
	writer_use(&w, "nnrt_at");
	emit_open(e, "static inline nnrt_vf %s(nnrt_vf acc, struct nnrt_at at, const void *const *ctx)", function);
	for (int i = 0; i < count; i++) {
		pointer[i] = arena_printf(m->scratch, "c%d", i);
		emit_line(e, "const float *const c%d = (const float *)ctx[%d];", i, i);
	}
	for (int i = 0, k = 0; i < x->n_epilogue; i++)
		if (emission_is_parameter(x, i))
			emit_line(e, "const float k%d = ((const float *)ctx[%d])[%d];", i, count, k++);
	if (!has_context(x, c))
		emit_line(e, "(void)ctx;");
	emit_line(e, "(void)at;");
	w.in_vector = true;
	w.vector_axis = c->c_axis >= 0 ? c->c_axis : 0;
	w.acc = "acc";
	for (int k = 0; k < n->n_e; k++) {
		writer_vary_with_operands(&w, k);
		if (n->e[k].op != E_LOAD)
			continue;
		w.varies[k] = true;
		w.address[k] = num_subst(&x->nums, w.address[k], n->axis, to, n->n_axes);
		for (int i = 0; i < count; i++)
			if (tensors[i] == n->e[k].tensor)
				write_operand(&w, k, pointer[i]);
	}
	emit_line(e, "return %s;", write_vector(&w, n->value));
	emit_close(e, "");
	if (has_tail(c))
		emit_line(e, "%s(%s_tail, %s)", writer_use(&w, "NNRT_TAIL"), function, function);
	emit_blank(e);
}

/* A number of a call: its shape, from which the C compiler specialises the kernel, so that it is a constant of the text
 * but where size counts for more. */
static const char *number_text(struct emission *x, const char *ctype, struct num v)
{
	const char *text = emission_num(x, v);

	return num_is_const(v) && x->m->options->optimize == OPTIMIZE_SIZE ? emission_constant(x, ctype, text) : text;
}

/* The number of a loop's turn as an index of a tensor that may keep some rows only. */
static const char *turn_text(struct emission *x, int loop, int64_t ring)
{
	return ring ? arena_printf(x->m->scratch, "(b%d %% %lld)", loop, (long long)ring) :
		      arena_printf(x->m->scratch, "b%d", loop);
}

/* Address of an argument: where it begins, and how far the loops have come. */
static const char *argument_text(struct emission *x, const struct call *c, const struct arg *a, const char *epilogue)
{
	const struct module *m = x->m;
	struct strbuf b;

	if (a->kind == ARG_NUMBER)
		return number_text(x, "ptrdiff_t", a->first);
	if (a->kind == ARG_INPUT)
		return "read, from";
	if (a->kind == ARG_EPILOGUE && !c->epilogue)
		return "nnrt_epilogue_none, NULL";
	if (a->kind == ARG_EPILOGUE)
		return arena_printf(m->scratch, "%s, %s", epilogue, has_context(x, c) ? "ctx" : "NULL");
	if (a->tensor < 0)
		return "NULL";
	strbuf_init(&b, m->scratch);
	strbuf_puts(&b, emission_tensor(x, a->tensor));
	if (!num_is(a->first, 0))
		strbuf_printf(&b, " + (%s)", number_text(x, "ptrdiff_t", a->first));
	for (int k = 0; k < c->n_loops; k++) {
		if (!num_is(a->advance[k], 0))
			strbuf_printf(&b, " + %s * (%s)", turn_text(x, k, tensor_ring(m, a->tensor, c->loop[k].axis)),
				      number_text(x, "ptrdiff_t", a->advance[k]));
	}
	return strbuf_text(&b);
}

/* The context: the epilogue's operands, moved along with the loops round the call. */
static void write_context(struct emit *e, struct emission *x, const struct call *c)
{
	const struct module *m = x->m;
	int tensors[MAX_NEST_LOADS], count = context_tensors(c->epilogue, tensors);
	bool has_constants;
	struct strbuf b;

	if (!has_context(x, c))
		return;
	strbuf_init(&b, m->scratch);
	for (int i = 0; i < x->n_epilogue; i++)
		if (emission_is_parameter(x, i))
			strbuf_printf(&b, "%sk%d", b.size ? ", " : "", i);
	if (b.size)
		emit_line(e, "const float k[] = { %s };", strbuf_text(&b));
	has_constants = b.size;
	b.size = 0;
	for (int i = 0; i < count; i++) {
		const struct tensor *t = &m->tensor[tensors[i]];
		const struct tensor *out = &m->tensor[c->out];
		strbuf_printf(&b, "%s%s", b.size ? ", " : "", emission_tensor(x, tensors[i]));
		for (int k = 0; k < c->n_loops; k++) {
			const struct call_loop *l = &c->loop[k];
			int axis = l->axis - (out->rank - t->rank);     /* broadcasting aligns the last axes */
			if (l->axis >= 0 && axis >= 0 && !num_is(t->dim[axis], 1))
				strbuf_printf(&b, " + %s * (%s)", turn_text(x, k, tensor_ring(m, tensors[i], axis)),
					      emission_num(x, num_mul(&x->nums, l->step, t->stride[axis])));
		}
	}
	if (has_constants)
		strbuf_puts(&b, count ? ", k" : "k");
	emit_line(e, "const void *const ctx[] = { %s };", strbuf_text(&b));
}

/* Whether the parameter struct is a constant of the program, which a loop over pieces copies each turn: no member is
 * known at run time only, or a parameter of the function. Where stack is plenty it gains nothing, for compilers see
 * through a variable as well, and gcc 12 would warn of loops of a constant's kernel that do not run. */
static bool has_constant_params(const struct emission *x, const struct call *c)
{
	const struct geometry_struct *s = geometry_struct(c->geometry.kind);

	if (x->m->target->is_hosted || !s->tag || x->is_template || x->varies ||
	    x->m->options->optimize == OPTIMIZE_SIZE)
		return false;
	for (int i = 0; i < s->n_fields; i++)
		if (strchr(s->field[i].name, '[') || (s->field[i].kind != FIELD_REAL &&
						      !num_is_const(geometry_number(&c->geometry, &s->field[i]))))
			return false;
	return true;
}

/* Before what a member that is an int in most programs takes. */
static const char *narrowing(const struct call *c)
{
	return c->geometry.kind == GEOMETRY_CONV ? "(NNRT_COUNT)" : "";
}

/* Opens a loop over pieces of the result, for it takes the place of the argument that they consume. */
static void open_pieces(struct emit *e, const struct emission *x, const struct call *c)
{
	const struct geometry_field *begin = geometry_role(&c->geometry, ROLE_ROW_BEGIN);
	const struct geometry_field *end = geometry_role(&c->geometry, ROLE_ROW_END);
	const char *type = begin->kind == FIELD_COUNT ? "int" : "ptrdiff_t", *cast = narrowing(c);
	const long long piece = c->piece_rows, rows = geometry_number(&c->geometry, end).n;

	emit_comment(e, "%s: the result takes the place of what it consumes",
		     c->row_order == ROWS_UP ? "from the first row to the last" : "from the last row to the first");
	if (c->row_order == ROWS_UP)
		emit_open(e, "for (%s b0 = 0; b0 < %lld; b0 += %lld)", type, rows, piece);
	else
		emit_open(e, "for (%s b0 = %lld; b0 >= 0; b0 -= %lld)", type, (rows - 1) / piece * piece, piece);
	if (has_constant_params(x, c))
		emit_line(e, "struct %s p = whole;", geometry_struct(c->geometry.kind)->tag);
	emit_line(e, "p.%s = %sb0;", begin->name, cast);
	if (rows % piece)
		emit_line(e, "p.%s = %s(b0 + %lld < %lld ? b0 + %lld : %lld);", end->name, cast, piece, rows, piece,
			  rows);
	else
		emit_line(e, "p.%s = %s(b0 + %lld);", end->name, cast, piece);
}

/* It takes no instructions and no stack. C++ knows members by their place only. */
static void write_constant_params(struct emit *e, struct emission *x, const struct call *c, const char *epilogue)
{
	enum { COLUMNS = 100 };
	const struct geometry_struct *s = geometry_struct(c->geometry.kind);
	char buf[SPELL_BYTES];
	struct strbuf line;

	emit_open(e, "static const struct %s %s =", s->tag, c->row_order == ROWS_AT_ONCE ? "p" : "whole");
	strbuf_init(&line, x->m->scratch);
	for (int i = 0; i < s->n_fields; i++) {
		const struct geometry_field *f = &s->field[i];
		const char *value = buf;

		if (f->kind == FIELD_REAL)
			spell_f32(buf, (float)geometry_real(&c->geometry, f));
		else if (f->kind == FIELD_TAIL)
			value = tail_text(x, c, epilogue);
		else
			value = emission_num(x, geometry_number(&c->geometry, f));
		strbuf_printf(&line, "%s/* %s */ %s,", line.size ? " " : "", f->name, value);
		if (line.size > COLUMNS || i == s->n_fields - 1) {
			emit_line(e, "%s", strbuf_text(&line));
			line.size = 0;
		}
	}
	emit_close(e, ";");
}

/* The parameter struct, without the rows to compute when the loop over pieces sets them. */
static void write_params(struct emit *e, struct emission *x, const struct call *c, const char *epilogue)
{
	const struct geometry_struct *s = geometry_struct(c->geometry.kind);
	char buf[SPELL_BYTES];

	if (has_constant_params(x, c)) {
		write_constant_params(e, x, c, epilogue);
		return;
	}
	if (s->tag)
		emit_line(e, "struct %s p;", s->tag);
	for (int i = 0; i < s->n_fields; i++) {
		const struct geometry_field *f = &s->field[i];

		if (c->row_order != ROWS_AT_ONCE && f->role != ROLE_NONE)
			continue;
		if (f->kind == FIELD_REAL) {
			spell_f32(buf, (float)geometry_real(&c->geometry, f));
			emit_line(e, "p.%s = %s;", f->name, emission_constant(x, "float", buf));
		} else if (f->kind == FIELD_TAIL) {
			emit_line(e, "p.%s = %s;", f->name, tail_text(x, c, epilogue));
		} else {
			const struct num v = geometry_number(&c->geometry, f);
			const bool narrows = f->kind == FIELD_COUNT && !num_is_const(v);

			const char *cast = narrows && !*narrowing(c) ? "(int)" : narrows ? narrowing(c) : "";

			emit_line(e, narrows ? "p.%s = %s(%s);" : "p.%s = %s%s;", f->name, cast,
				  number_text(x, f->kind == FIELD_COUNT ? "int" : "ptrdiff_t", v));
		}
	}
}

void emit_shared(struct emit *e, struct emission *x, const struct call *c, struct map *made, const char *alias)
{
	struct strbuf tile;
	const char *name;

	if (!c->shared)
		return;
	name = call_kernel_name(c, x->m->scratch);
	if (map_get_name(made, name, 0))
		return;
	map_set_name(made, name, 1);
	emission_use(x, c->shared);
	strbuf_init(&tile, x->m->scratch);
	for (int i = 0; i < c->n_tile; i++)
		strbuf_printf(&tile, ", %d", c->tile[i]);
	if (alias)
		emit_directive(e, "#define %s %s", name, alias);
	emit_line(e, "%s(%s, %s%s)", c->shared, name, c->function, strbuf_text(&tile));
	emit_blank(e);
}

void emit_call(struct emit *e, struct emission *x, const struct call *c, const char *epilogue)
{
	const struct module *m = x->m;
	struct strbuf b;
	const char *params = geometry_struct(c->geometry.kind)->tag;

	emission_use(x, c->function);
	if (params)
		emission_use(x, params);
	write_params(e, x, c, epilogue);
	for (int k = 0; k < c->n_loops; k++)
		emit_open(e, "for (ptrdiff_t b%d = %s; b%d < %s; b%d++)", k, emission_num(x, c->loop[k].first), k,
			  number_text(x, "ptrdiff_t", num_add(&x->nums, c->loop[k].first, c->loop[k].times)), k);
	if (c->row_order != ROWS_AT_ONCE)
		open_pieces(e, x, c);
	if (c->epilogue)
		write_context(e, x, c);
	if (c->takes_epilogue && !c->epilogue)
		emission_use(x, "nnrt_epilogue_none");
	strbuf_init(&b, m->scratch);
	if (params)
		strbuf_puts(&b, "&p");
	for (int i = 0; i < c->n_args; i++)
		strbuf_printf(&b, "%s%s", b.size ? ", " : "", argument_text(x, c, &c->arg[i], epilogue));
	for (int i = 0; i < c->n_tile && !c->shared; i++)
		strbuf_printf(&b, ", %d", c->tile[i]);
	emit_line(e, "%s(%s);", c->shared ? call_kernel_name(c, m->scratch) : c->function, strbuf_text(&b));
	for (int k = 0; k < c->n_loops + (c->row_order != ROWS_AT_ONCE); k++)
		emit_close(e, "");
}
