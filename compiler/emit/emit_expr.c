/* Scalar expressions of loop nests as C: each distinct expression becomes a constant variable in the innermost scope
 * where it is needed; what stands behind a condition is computed inside it. */
#include <stdio.h>
#include <math.h>
#include <string.h>

#include "emit/nest_writer.h"
#include "emit/spell.h"
#include "nest/nest_scalar.h"

/* The last columns of scalar.def. */
static const struct {
	int arity;
	const char *f32, *f64, *integer, *vector, *soft;
} table[N_EOPS] = {
#define SCALAR(id, arity, name, result, cost, floats, integers, ...) [E_##id] = { arity, __VA_ARGS__ },
#include "nest/scalar.def"
#undef SCALAR
};

static void use_all(struct nest_writer *w, const char *text)
{
	char symbol[64];

	for (const char *p = strstr(text, "nnrt_"); p; p = strstr(p + 1, "nnrt_")) {
		size_t n = strspn(p, "abcdefghijklmnopqrstuvwxyz_0123456789");
		snprintf(symbol, sizeof symbol, "%.*s", (int)n, p);
		writer_use(w, symbol);
	}
}

bool scalar_has_vector(enum eop op, enum dtype operand)
{
	if (operand == DT_BOOL)
		return op == E_AND || op == E_OR || op == E_XOR || op == E_NOT;
	return operand == DT_F32 && table[op].vector && op != E_AND && op != E_OR && op != E_XOR && op != E_NOT;
}

bool scalar_has_soft(enum eop op)
{
	return table[op].soft != NULL;
}

static const char *pattern_of(enum eop op, enum dtype operand, bool vector, bool soft)
{
	if (vector)
		return table[op].vector;
	if (operand == DT_F32)
		return soft ? table[op].soft : table[op].f32;
	return operand == DT_F64 ? table[op].f64 : table[op].integer;
}

const char *scalar_text(struct nest_writer *w, enum eop op, enum dtype operand, bool vector, const char *a,
			const char *b)
{
	const char *pattern = pattern_of(op, operand, vector, w->is_soft);
	bool wide = dtypes[operand].bytes == 8, is_signed = dtypes[operand].class == CLASS_I;
	struct strbuf out;

	if (!pattern)
		return NULL;
	if (operand == DT_BOOL && op == E_NOT && !vector)
		pattern = "!$a";
	strbuf_init(&out, w->m->scratch);
	for (const char *p = pattern; *p; p++) {
		if (*p != '$') {
			strbuf_add(&out, p, 1);
			continue;
		}
		switch (*++p) {
		case 'a': strbuf_puts(&out, a); break;
		case 'b': strbuf_puts(&out, b); break;
		case 't': strbuf_puts(&out, dtypes[operand].ctype); break;
		case 'w': strbuf_puts(&out, wide ? "uint64_t" : "uint32_t"); break;
		case 'n': strbuf_puts(&out, wide ? "64" : "32"); break;
		case 's': strbuf_puts(&out, is_signed ? "i" : "u"); break;
		default: die("scalar.def: $%c", *p);
		}
	}
	use_all(w, strbuf_text(&out));
	if (dtypes[operand].class == CLASS_F && strncmp(pattern, "nnrt_", 5) != 0 && strchr(pattern, '('))
		extract_need_header(&w->x->runtime, "<math.h>");
	return strbuf_text(&out);
}

void writer_close_scope(struct nest_writer *w, int mark)
{
	while (w->n_open > mark)
		w->value[w->open[--w->n_open]].text = NULL;
}

static struct operand remember(struct nest_writer *w, int k, const char *text, bool vector)
{
	w->value[k] = (struct operand){ .text = text, .vector = vector };
	w->open[w->n_open++] = k;
	return w->value[k];
}

/* Declares a variable with the value `text`. */
static struct operand declare(struct nest_writer *w, int k, const char *text, bool vector)
{
	enum dtype type = w->n->e[k].type;
	const char *ctype = !vector ? dtypes[type].ctype : type == DT_BOOL ? "nnrt_vm" : "nnrt_vf";
	const char *name = arena_printf(w->m->scratch, "v%d", w->names++);

	if (vector)
		writer_use(w, ctype);
	emit_line(w->e, "const %s %s = %s;", ctype, name, text);
	return remember(w, k, name, vector);
}

const char *write_vector(struct nest_writer *w, int k)
{
	struct operand o = write_expr(w, k);

	if (o.vector)
		return o.text;
	if (w->n->e[k].type == DT_BOOL) {       /* 0.5 < flag */
		use_all(w, "nnrt_vf_lt nnrt_vf_set1");
		return arena_printf(w->m->scratch, "nnrt_vf_lt(nnrt_vf_set1(0.5f), nnrt_vf_set1((float)%s))", o.text);
	}
	writer_use(w, "nnrt_vf_set1");
	return arena_printf(w->m->scratch, "nnrt_vf_set1(%s)", o.text);
}

const char *const_text(struct nest_writer *w, const struct expr *x)
{
	char buf[SPELL_BYTES];
	const char *text;
	float f = (float)x->k.f;

	switch (dtypes[x->type].class) {
	case CLASS_X:
		text = spell_u64(buf, scalar_bits(x->type, &(union lanes){ .f = { f } }, 0));
		break;
	case CLASS_F:
		text = x->type == DT_F32 ? spell_f32(buf, f) : spell_f64(buf, x->k.f);
		if (!isfinite(x->type == DT_F32 ? f : x->k.f))
			extract_need_header(&w->x->runtime, "<math.h>");
		break;
	case CLASS_U:
		text = spell_u64(buf, (uint64_t)x->k.i);
		break;
	default:
		text = spell_i64(buf, x->k.i);
		break;
	}
	if (text[0] == '-')
		text = arena_printf(w->m->scratch, "(%s)", text);
	return emission_constant(w->x, dtypes[x->type].ctype, text);
}

/* Element offset of a load: the affine part plus stride times every data-dependent index. */
static const char *offset_text(struct nest_writer *w, int k)
{
	const struct expr x = w->n->e[k];
	const struct tensor *t = &w->m->tensor[x.tensor];
	const char *text = writer_num(w, w->address[k]);
	bool is_zero = num_is(w->address[k], 0);

	for (int i = 0; i < (x.n_at < 0 ? 1 : x.n_at); i++) {
		int e = w->n->at[x.at + i].expr;
		struct num stride = x.n_at < 0 ? num_const(1) : t->stride[i];
		if (e < 0)
			continue;
		/* Nothing is added and nothing multiplied where that would do nothing: MISRA.md, rule 2.2. */
		text = arena_printf(w->m->scratch, "%s%s(ptrdiff_t)%s", is_zero ? "" : text, is_zero ? "" : " + ",
				    write_expr(w, e).text);
		if (!num_is(stride, 1))
			text = arena_printf(w->m->scratch, "%s * (%s)", text, writer_num(w, stride));
		is_zero = false;
	}
	return text;
}

static struct operand write_load(struct nest_writer *w, int k)
{
	const struct expr x = w->n->e[k];
	const bool vector = w->in_vector && w->varies[k];
	const char *offset = offset_text(w, k), *from = writer_tensor(w, x.tensor), *load;
	struct num step;

	if (!vector)
		return declare(w, k, arena_printf(w->m->scratch, "%s[%s]", from, offset), false);
	load = x.type == DT_F16 ? "nnrt_vf_load_f16" : "nnrt_vf_load";
	if (writer_coefficient(w, w->address[k], w->vector_axis, &step) && num_is(step, 2))
		load = "nnrt_vf_load_even";
	if (w->lanes)
		load = arena_printf(w->m->scratch, "%s_n", load);
	return declare(w, k, arena_printf(w->m->scratch, "%s(&%s[%s]%s%s)", writer_use(w, load), from, offset,
					  w->lanes ? ", " : "", w->lanes ? w->lanes : ""), true);
}

/* Float to integer goes through functions that saturate; small types wrap round from there. */
static const char *float_to_integer(struct nest_writer *w, enum dtype to, enum dtype from, const char *a)
{
	const bool wide = dtypes[to].bytes == 8, is_unsigned = dtypes[to].class == CLASS_U && dtypes[to].bytes >= 4;
	const char *function = arena_printf(w->m->scratch, "nnrt_trunc_%s%d_%s", is_unsigned ? "u" : "i",
					    wide ? 64 : 32, dtypes[from].bytes == 4 ? "f32" : "f64");

	return arena_printf(w->m->scratch, "(%s)%s(%s)", dtypes[to].ctype, writer_use(w, function), a);
}

static const char *cast_text(struct nest_writer *w, enum dtype to, enum dtype from, const char *a)
{
	struct arena *s = w->m->scratch;

	if (from == DT_F16 || from == DT_BF16) {
		const char *f = writer_use(w, from == DT_F16 ? "nnrt_f32_f16" : "nnrt_f32_bf16");
		const char *wide = arena_printf(s, "%s(%s)", f, a);
		return to == DT_F32 ? wide : cast_text(w, to, DT_F32, wide);
	}
	if (to == DT_F16 || to == DT_BF16)
		return arena_printf(s, "%s((float)%s)", writer_use(w, to == DT_F16 ? "nnrt_f16_f32" : "nnrt_bf16_f32"),
				    a);
	if (to == DT_BOOL)
		return arena_printf(s, "(%s) != 0", a);
	if (dtypes[from].class == CLASS_F && dtypes[to].class != CLASS_F)
		return float_to_integer(w, to, from, a);
	if (to == DT_F32 && w->is_soft)
		return arena_printf(s, "%s(%s)", writer_use(w, "nnrt_soft_whole"), a);
	return arena_printf(s, "(%s)%s", dtypes[to].ctype, a);
}

/* The 16-bit floats are integers in C already. */
static const char *bits_text(struct nest_writer *w, enum dtype to, enum dtype from, const char *a)
{
	const bool wide = dtypes[to].bytes == 8;

	if (dtypes[from].class == CLASS_F)
		a = arena_printf(w->m->scratch, "%s(%s)", writer_use(w, wide ? "nnrt_bits_f64" : "nnrt_bits_f32"), a);
	if (dtypes[to].class == CLASS_F)
		return arena_printf(w->m->scratch, "%s((uint%d_t)%s)",
				    writer_use(w, wide ? "nnrt_f64_bits" : "nnrt_f32_bits"), wide ? 64 : 32, a);
	return arena_printf(w->m->scratch, "(%s)%s", dtypes[to].ctype, a);
}

static const char *saturate_name(enum dtype type)
{
	switch (type) {
	case DT_I8: return "nnrt_saturate_i8";
	case DT_U8: return "nnrt_saturate_u8";
	case DT_I16: return "nnrt_saturate_i16";
	case DT_U16: return "nnrt_saturate_u16";
	case DT_I32: return "nnrt_saturate_i32";
	default: die("no saturation to %s", dtypes[type].name);
	}
}

static const char *saturate_text(struct nest_writer *w, enum dtype to, const char *a)
{
	if (w->is_soft)
		return arena_printf(w->m->scratch, "(%s)%s(%s, %lld, %lld)", dtypes[to].ctype,
				    writer_use(w, "nnrt_soft_nearest"), a, (long long)type_lowest(to),
				    (long long)type_highest(to));
	return arena_printf(w->m->scratch, "%s(%s)", writer_use(w, saturate_name(to)), a);
}

/* if (c) { … v = a; } else { … v = b; }: each side is computed only when taken. */
static struct operand write_branches(struct nest_writer *w, int k, const char *cond)
{
	const struct expr x = w->n->e[k];
	bool vector = w->in_vector && (w->varies[x.b] || w->varies[x.c]);
	const char *ctype = !vector ? dtypes[x.type].ctype : x.type == DT_BOOL ? "nnrt_vm" : "nnrt_vf";
	const char *name = arena_printf(w->m->scratch, "v%d", w->names++);

	emit_line(w->e, "%s %s;", vector ? writer_use(w, ctype) : ctype, name);
	for (int side = 0; side < 2; side++) {
		int mark = w->n_open, e = side ? x.c : x.b;
		if (side)
			emit_reopen(w->e, "else");
		else
			emit_open(w->e, "if (%s)", cond);
		emit_line(w->e, "%s = %s;", name, vector ? write_vector(w, e) : write_expr(w, e).text);
		writer_close_scope(w, mark);
	}
	emit_close(w->e, "");
	return remember(w, k, name, vector);
}

static bool is_leaf(const struct nest_writer *w, int k)
{
	return w->value[k].text || w->n->e[k].op == E_CONST;
}

static struct operand write_select(struct nest_writer *w, int k)
{
	const struct expr x = w->n->e[k];
	struct operand cond = write_expr(w, x.a);

	if (cond.vector) {
		const char *b = write_vector(w, x.b), *c = write_vector(w, x.c);
		return declare(
			w, k,
			arena_printf(w->m->scratch, "%s(%s, %s, %s)", writer_use(w, "nnrt_vf_select"), cond.text, b, c),
			true);
	}
	if (!w->in_vector && is_leaf(w, x.b) && is_leaf(w, x.c))
		return declare(w, k, arena_printf(w->m->scratch, "%s ? %s : %s", cond.text, write_expr(w, x.b).text,
						  write_expr(w, x.c).text), false);
	return write_branches(w, k, cond.text);
}

/* Vector minimum and maximum give NaN for a NaN in their second operand only (see simd/): put the operand that may
 * vary there, and test the first when both do. */
static const char *vector_extreme(struct nest_writer *w, const struct expr *x, enum dtype type)
{
	bool a_varies = w->varies[x->a], b_varies = w->varies[x->b];
	const char *a = write_vector(w, x->a), *b = write_vector(w, x->b);
	const char *text = scalar_text(w, x->op, type, true, b_varies ? a : b, b_varies ? b : a);

	if (!a_varies || !b_varies)
		return text;
	use_all(w, "nnrt_vf_select nnrt_vf_eq");
	return arena_printf(w->m->scratch, "nnrt_vf_select(nnrt_vf_eq(%s, %s), %s, %s)", a, a, text, a);
}

/* A sum of as many terms as the model likes is a chain of first operands. What a chain is made of is written here, from
 * its end: recursion would take the stack. */
static void write_chain(struct nest_writer *w, int k)
{
	int *chain = NULL, n = 0;

	for (; !w->value[k].text && w->n->e[k].op > E_SCALAR; k = w->n->e[k].a) {
		chain = ARENA_PUSH(w->m->scratch, chain, n, int);
		chain[n++] = k;
	}
	while (n--)
		write_expr(w, chain[n]);
}

static struct operand write_scalar(struct nest_writer *w, int k)
{
	const struct expr x = w->n->e[k];
	enum dtype type = w->n->e[x.a].type;
	const char *a, *b = "", *text;

	write_chain(w, x.a);
	if (w->in_vector && w->varies[k]) {
		if (x.op == E_MIN || x.op == E_MAX)
			return declare(w, k, vector_extreme(w, &x, type), true);
		a = write_vector(w, x.a);
		if (table[x.op].arity == 2)
			b = write_vector(w, x.b);
		return declare(w, k, scalar_text(w, x.op, type, true, a, b), true);
	}
	a = write_expr(w, x.a).text;
	if (table[x.op].arity == 2)
		b = write_expr(w, x.b).text;
	text = scalar_text(w, x.op, type, false, a, b);
	if (!text)
		die("scalar operation %d has no form for %s", x.op, dtypes[type].name);
	return declare(w, k, text, false);
}

struct operand write_expr(struct nest_writer *w, int k)
{
	const struct expr x = w->n->e[k];

	if (w->value[k].text)
		return w->value[k];
	switch (x.op) {
	case E_CONST:
		if (!w->literal[k])
			w->literal[k] = const_text(w, &x);
		return (struct operand){ .text = w->literal[k] };
	case E_INDEX:
		return declare(w, k, arena_printf(w->m->scratch, "(%s)(%s)", dtypes[x.type].ctype,
						  writer_num(w, w->index[k])), false);
	case E_LOAD:
		return write_load(w, k);
	case E_ACC:
		return remember(w, k, w->acc, true);
	case E_REDUCE:
		return remember(w, k, w->reduced, w->in_vector && w->vector_axis < w->n->n_axes);
	case E_CAST:
		if (w->in_vector && w->varies[k])       /* float16: loads and stores convert */
			return remember(w, k, write_vector(w, x.a), true);
		return declare(w, k, cast_text(w, x.type, w->n->e[x.a].type, write_expr(w, x.a).text), false);
	case E_BITS:
		return declare(w, k, bits_text(w, x.type, w->n->e[x.a].type, write_expr(w, x.a).text), false);
	case E_SATURATE:
		return declare(w, k, saturate_text(w, x.type, write_expr(w, x.a).text), false);
	case E_SELECT:
		return write_select(w, k);
	default:
		return write_scalar(w, k);
	}
}
