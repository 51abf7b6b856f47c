/* Casts from and to types of 8 bits and less, as expressions over bytes. */
#include "nest/nest_narrow.h"

#include <math.h>
#include <string.h>

#include "graph/narrow.h"

bool dtype_is_narrow(enum dtype type)
{
	return narrow_bits(type) || dtype_is_code(type);
}

/* The number that a code stands for, from a table. */
static int widened(struct nest *n, int a)
{
	const enum dtype type = (enum dtype)n->e[a].type;
	const int64_t codes = 256;
	float *v = ARENA_ARRAY(n->m->arena, codes, float);
	unsigned char *data = ARENA_ARRAY(n->m->arena, 4 * codes, unsigned char);
	struct index at = { num_const(0), nest_cast(n, DT_I64, nest_bits(n, DT_U8, a)) };

	for (int64_t i = 0; i < codes; i++) {
		uint32_t bits;
		v[i] = (float)narrow_value(type, (unsigned)(type == DT_F4E2M1 ? i & 15 : i));
		memcpy(&bits, &v[i], 4);
		for (int k = 0; k < 4; k++)
			data[4 * i + k] = (unsigned char)(bits >> 8 * k);
	}
	return nest_load_at(n, tensor_const(n->m, NULL, DT_F32, 1, &codes, data), &at);
}

static int u32(struct nest *n, unsigned v)
{
	return nest_const_int(n, DT_U32, v);
}

/* The code of float v whose bits are `bits`, before sign and NaN: rounded half to even in the bits of a float as long
 * as it stays a normal number, else as a multiple of the least one. */
static int magnitude_code(struct nest *n, const struct narrow_float *f, int v, int bits, bool saturate)
{
	const int drop = 23 - f->mantissa;
	const struct nest_param p[] = {
		{ "drop", u32(n, (unsigned)drop) }, { "one", u32(n, 1) }, { "half", u32(n, (1U << (drop - 1)) - 1) },
		{ "rebias", u32(n, (unsigned)(127 - f->bias) << f->mantissa) }, { "most", u32(n, f->most) },
		{ "over", u32(n, saturate ? f->most : f->over) },
	};
	const int magnitude = nest_binary(n, E_AND, bits, u32(n, 0x7fffffff)), size = nest_unary(n, E_ABS, v);
	int normal = nest_parse(n, "shr(x + and(shr(x, drop), one) + half, drop) - rebias", &magnitude, 1, p, 4);
	int steps = nest_binary(n, E_MUL, size, nest_const_float(n, DT_F32, ldexp(1, f->bias - 1 + f->mantissa)));
	int code;

	steps = nest_cast(n, DT_U32, nest_unary(n, E_ROUND, steps));
	code = nest_select(n, nest_binary(n, E_LT, size, nest_const_float(n, DT_F32, ldexp(1, 1 - f->bias))), steps,
			   normal);
	return nest_parse(n, "most < x ? over : x", &code, 1, p + 4, 2);
}

static int float_code(struct nest *n, const struct narrow_float *f, int v, bool saturate)
{
	const int bits = nest_bits(n, DT_U32, v);
	const struct nest_param p[] = {
		{ "sign", nest_binary(n, E_SHL, nest_binary(n, E_SHR, bits, u32(n, 31)),
				      u32(n, (unsigned)f->bits - 1)) },
		{ "nan", u32(n, f->nan) },
	};
	int code = magnitude_code(n, f, v, bits, saturate);

	code = nest_parse(n, f->one_zero ? "x == 0 ? 0 : or(x, sign)" : "or(x, sign)", &code, 1, p, 1);
	return nest_select(n, nest_unary(n, E_ISNAN, v), p[1].expr, code);
}

/* The exponent of float v: rounded up, down, or to the nearest number, of two as near the greater. What is below 0 has
 * none. */
static int exponent_code(struct nest *n, int v, enum narrow_round round)
{
	static const unsigned from[][2] = { [NARROW_UP] = { 1, 0x400001 }, [NARROW_DOWN] = { 1 << 23, 1 << 23 },
					    [NARROW_NEAREST] = { 0x400000, 0x600000 } };
	const int bits = nest_bits(n, DT_U32, v);
	const struct nest_param p[] = {
		{ "width", u32(n, 23) }, { "mask", u32(n, 0x7fffff) }, { "next", u32(n, from[round][0]) },
		{ "next_to_least", u32(n, from[round][1]) }, { "most", u32(n, 254) },
	};
	int code = nest_parse(n, "shr(x, width) == 0 ? (and(x, mask) < next_to_least ? 0 : 1) : "
				 "shr(x, width) + (and(x, mask) < next ? 0 : 1)", &bits, 1, p, 4);

	code = nest_parse(n, "most < x ? most : x", &code, 1, p + 4, 1);
	return nest_select(n, nest_binary(n, E_LE, nest_const_float(n, DT_F32, 0), v), code, u32(n, 255));
}

int nest_cast_float(struct nest *n, enum dtype type, int a, bool saturate, enum narrow_round round)
{
	const int v = nest_cast(n, DT_F32, a);
	const int code = type == DT_F8E8M0 ? exponent_code(n, v, round) :
					     float_code(n, narrow_float(type), v, saturate);

	return nest_bits(n, type, nest_cast(n, DT_U8, code));
}

/* The lowest bits of a number, as those of its type. */
static int wrapped(struct nest *n, enum dtype type, int a)
{
	const bool is_signed = dtypes[type].class == CLASS_I;
	const int64_t size = 1LL << narrow_bits(type);
	const struct nest_param p[] = { { "mask", nest_const_int(n, DT_I32, size - 1) },
					{ "half", nest_const_int(n, DT_I32, is_signed ? size / 2 : 0) } };
	int v = nest_cast(n, DT_I32, a);

	v = nest_parse(n, "and(x + half, mask) - half", &v, 1, p, 2);
	return nest_bits(n, type, nest_cast(n, is_signed ? DT_I8 : DT_U8, v));
}

int nest_cast_narrow(struct nest *n, enum dtype type, int a)
{
	const enum dtype from = (enum dtype)n->e[a].type;

	if (from == type)
		return a;
	if (dtype_is_code(from))
		return nest_cast(n, type, widened(n, a));
	if (narrow_bits(from))
		return nest_cast(n, type, nest_bits(n, dtypes[from].class == CLASS_I ? DT_I8 : DT_U8, a));
	return narrow_bits(type) ? wrapped(n, type, a) : nest_cast_float(n, type, a, true, NARROW_UP);
}
