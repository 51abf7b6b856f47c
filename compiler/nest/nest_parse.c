/* Expressions from text, by precedence climbing:
 *
 *     choice  = or [ "?" choice ":" choice ]
 *     or … product: || && == != < <= > >= + - * / %, all left-associative
 *     unary   = ( "-" | "!" ) unary | primary
 *     primary = number | name | name "(" choice { "," choice } ")" | "(" choice ")"
 *
 * A literal has no type until it meets an operand: literals among themselves are reckoned in double, a literal beside
 * an expression takes that one's type, and what is left takes the type of operand 0. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nest/nest_build.h"

struct parser {
	struct nest *n;
	const char *text, *at;
	const int *operands;
	int n_operands;
	const struct nest_param *params;
	int n_params;
};

/* An expression, or a literal when e < 0. */
struct value {
	int e;
	double literal;
};

static _Noreturn void fail(const struct parser *p)
{
	die("cannot read \"%s\" at \"%s\"", p->text, p->at);
}

static bool accept(struct parser *p, const char *token)
{
	const size_t n = strlen(token);

	while (*p->at == ' ')
		p->at++;
	if (strncmp(p->at, token, n))
		return false;
	p->at += n;
	return true;
}

static void expect(struct parser *p, const char *token)
{
	if (!accept(p, token))
		fail(p);
}

/* --- types of literals -------------------------------------------------------------------------------------------- */

static int typed(const struct parser *p, struct value v, enum dtype type)
{
	const enum dtype_class class = dtypes[type].class;

	if (v.e >= 0)
		return v.e;
	if (class == CLASS_F || class == CLASS_X)
		return nest_const_float(p->n, type, v.literal);
	return nest_const_int(p->n, type, (int64_t)v.literal);
}

static enum dtype default_type(const struct parser *p)
{
	if (p->n_operands)
		return p->n->e[p->operands[0]].type;
	return p->n_params ? p->n->e[p->params[0].expr].type : DT_F32;
}

/* The type that two values agree on. */
static enum dtype common_type(const struct parser *p, struct value a, struct value b)
{
	if (a.e >= 0)
		return p->n->e[a.e].type;
	return b.e >= 0 ? p->n->e[b.e].type : default_type(p);
}

static struct value binary(const struct parser *p, enum eop op, struct value a, struct value b)
{
	const enum dtype type = common_type(p, a, b);
	double x = a.literal, y = b.literal;

	if (a.e < 0 && b.e < 0 && (op == E_ADD || op == E_SUB || op == E_MUL || op == E_DIV))
		return (struct value){ -1, op == E_ADD ? x + y : op == E_SUB ? x - y : op == E_MUL ? x * y : x / y };
	return (struct value){ .e = nest_binary(p->n, op, typed(p, a, type), typed(p, b, type)) };
}

static struct value unary(const struct parser *p, enum eop op, struct value a)
{
	if (a.e < 0 && op == E_NEG)
		return (struct value){ -1, -a.literal };
	return (struct value){ .e = nest_unary(p->n, op, typed(p, a, default_type(p))) };
}

/* --- grammar ------------------------------------------------------------------------------------------------------ */

static struct value parse_choice(struct parser *p);

static struct value choose(const struct parser *p, struct value cond, struct value a, struct value b)
{
	const enum dtype type = common_type(p, a, b);

	return (struct value){ .e = nest_select(p->n, typed(p, cond, DT_BOOL), typed(p, a, type), typed(p, b, type)) };
}

static bool is_word(const char *name, size_t n, const char *word)
{
	return strlen(word) == n && !strncmp(name, word, n);
}

static bool parse_function(struct parser *p, const char *name, size_t n, struct value *v)
{
	static const struct { const char *name; enum eop op; } functions[] = {
#define SCALAR(id, arity, text, ...) { text, E_##id },
#include "nest/scalar.def"
#undef SCALAR
	};

	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
		if (!is_word(name, n, functions[i].name))
			continue;
		*v = parse_choice(p);
		if (nest_arity(functions[i].op) == 1) {
			*v = unary(p, functions[i].op, *v);
			return true;
		}
		expect(p, ",");
		*v = binary(p, functions[i].op, *v, parse_choice(p));
		return true;
	}
	return false;
}

static bool parse_cast(struct parser *p, const char *name, size_t n, struct value *v)
{
	static const struct { const char *name; enum dtype type; } casts[] = {
		{ "f32", DT_F32 }, { "f64", DT_F64 }, { "bool", DT_BOOL }, { "i8", DT_I8 }, { "u8", DT_U8 },
		{ "i16", DT_I16 }, { "u16", DT_U16 }, { "i32", DT_I32 }, { "u32", DT_U32 }, { "i64", DT_I64 },
		{ "u64", DT_U64 },
	};

	for (size_t i = 0; i < sizeof casts / sizeof *casts; i++) {
		if (!is_word(name, n, casts[i].name))
			continue;
		*v = parse_choice(p);
		v->e = v->e < 0 ? typed(p, *v, casts[i].type) : nest_cast(p->n, casts[i].type, v->e);
		return true;
	}
	return false;
}

static struct value parse_call(struct parser *p, const char *name, size_t n)
{
	struct value v, a;

	if (is_word(name, n, "select")) {
		v = parse_choice(p);
		expect(p, ",");
		a = parse_choice(p);
		expect(p, ",");
		v = choose(p, v, a, parse_choice(p));
	} else if (!parse_function(p, name, n, &v) && !parse_cast(p, name, n, &v)) {
		fail(p);
	}
	expect(p, ")");
	return v;
}

static struct value parse_name(struct parser *p)
{
	static const char operand_names[] = "xyz";
	const char *name = p->at;
	size_t n = 0;

	while (isalnum((unsigned char)name[n]) || name[n] == '_')
		n++;
	p->at += n;
	if (accept(p, "("))
		return parse_call(p, name, n);
	for (int i = 0; i < p->n_params; i++)
		if (is_word(name, n, p->params[i].name))
			return (struct value){ .e = p->params[i].expr };
	for (int i = 0; i < p->n_operands && i < 3; i++)
		if (n == 1 && *name == operand_names[i])
			return (struct value){ .e = p->operands[i] };
	if (is_word(name, n, "inf"))
		return (struct value){ -1, (double)INFINITY };
	p->at = name;
	fail(p);
}

static struct value parse_primary(struct parser *p)
{
	struct value v = { .e = -1 };
	char *end;

	if (accept(p, "(")) {
		v = parse_choice(p);
		expect(p, ")");
		return v;
	}
	if (isalpha((unsigned char)*p->at) || *p->at == '_')
		return parse_name(p);
	if (!isdigit((unsigned char)*p->at) && *p->at != '.')
		fail(p);
	v.literal = strtod(p->at, &end);
	p->at = end;
	return v;
}

static struct value parse_unary(struct parser *p)
{
	if (accept(p, "-"))
		return unary(p, E_NEG, parse_unary(p));
	if (accept(p, "!"))
		return unary(p, E_NOT, parse_unary(p));
	return parse_primary(p);
}

/* Longer tokens stand before their beginnings. `swap`: operands change places; `negate`: the result is inverted. */
static const struct operator {
	const char *token;
	int precedence;
	enum eop op;
	bool swap, negate;
} operators[] = {
	{ "||", 1, E_OR, false, false }, { "&&", 2, E_AND, false, false },
	{ "==", 3, E_EQ, false, false }, { "!=", 3, E_EQ, false, true },
	{ "<=", 4, E_LE, false, false }, { ">=", 4, E_LE, true, false },
	{ "<", 4, E_LT, false, false }, { ">", 4, E_LT, true, false },
	{ "+", 5, E_ADD, false, false }, { "-", 5, E_SUB, false, false },
	{ "*", 6, E_MUL, false, false }, { "/", 6, E_DIV, false, false }, { "%", 6, E_MOD, false, false },
};

static const struct operator *next_operator(struct parser *p, int precedence)
{
	const char *before = p->at;

	for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
		if (!accept(p, operators[i].token))
			continue;
		if (operators[i].precedence >= precedence)
			return &operators[i];
		p->at = before;
		return NULL;
	}
	return NULL;
}

static struct value parse_binary(struct parser *p, int precedence)
{
	struct value a = parse_unary(p), b;
	const struct operator *o;

	while ((o = next_operator(p, precedence))) {
		b = parse_binary(p, o->precedence + 1);
		a = o->swap ? binary(p, o->op, b, a) : binary(p, o->op, a, b);
		if (o->negate)
			a = unary(p, E_NOT, a);
	}
	return a;
}

static struct value parse_choice(struct parser *p)
{
	struct value v = parse_binary(p, 1), a;

	if (!accept(p, "?"))
		return v;
	a = parse_choice(p);
	expect(p, ":");
	return choose(p, v, a, parse_choice(p));
}

int nest_parse(struct nest *n, const char *text, const int *operands, int n_operands, const struct nest_param *params,
	       int n_params)
{
	struct parser p = { .n = n, .text = text, .at = text, .operands = operands, .n_operands = n_operands,
			    .params = params, .n_params = n_params };
	struct value v = parse_choice(&p);

	accept(&p, " ");
	if (*p.at)
		fail(&p);
	return typed(&p, v, default_type(&p));
}
