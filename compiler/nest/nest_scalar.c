/* Scalar operations on runs of values. Results of float32 operations are rounded to float32; transcendental functions
 * are computed in double first, so that the bits do not depend on the host's single-precision library. */
#include "nest/nest_scalar.h"

#include <math.h>
#include <string.h>

#include "nest/nest_build.h"
#include "support/half.h"
#include "support/little.h"

/* Of scalar.def, where an operation is not on such operands. */
#define NONE (die("operation %d on %s", (int)op, __func__), 0)

enum lane_kind lane_kind(enum dtype type)
{
	if (type == DT_F64)
		return LANE_D;
	return dtypes[type].class == CLASS_F || dtypes[type].class == CLASS_X ? LANE_F : LANE_I;
}

/* --- integers ----------------------------------------------------------------------------------------------------- */

int64_t scalar_wrap(enum dtype type, int64_t v)
{
	const int bits = 8 * dtypes[type].bytes;

	if (type == DT_BOOL)
		return v != 0;
	if (bits == 64)
		return v;
	if (dtypes[type].class == CLASS_U)
		return v & (((int64_t)1 << bits) - 1);
	return (int64_t)((uint64_t)v << (64 - bits)) >> (64 - bits);
}

int64_t type_lowest(enum dtype type)
{
	if (dtypes[type].class != CLASS_I)
		return 0;
	return INT64_MIN >> (64 - 8 * dtypes[type].bytes);
}

int64_t type_highest(enum dtype type)
{
	if (type == DT_BOOL)
		return 1;
	if (type == DT_U64)
		return -1;
	return (int64_t)(UINT64_MAX >> (64 - 8 * dtypes[type].bytes + (dtypes[type].class == CLASS_I)));
}

static bool int_less(bool is_u64, int64_t x, int64_t y)
{
	return is_u64 ? (uint64_t)x < (uint64_t)y : x < y;
}

static int64_t int_div(bool is_u64, int64_t x, int64_t y)
{
	if (!y)
		return 0;
	if (is_u64)
		return (int64_t)((uint64_t)x / (uint64_t)y);
	return y == -1 ? (int64_t)-(uint64_t)x : x / y;
}

/* The remainder with the sign of the dividend, or of the divisor. */
static int64_t int_rem(bool is_u64, bool floored, int64_t x, int64_t y)
{
	int64_t r = (int64_t)((uint64_t)x - (uint64_t)int_div(is_u64, x, y) * (uint64_t)y);

	if (!y)
		return 0;
	return floored && !is_u64 && r && (r < 0) != (y < 0) ? r + y : r;
}

/* Negative exponents: 1 / x^-y, which only 1 and -1 do not bring to 0. */
static int64_t int_pow(bool is_u64, int64_t x, int64_t y)
{
	uint64_t r = 1, base = (uint64_t)x, n = (uint64_t)y;

	if (!is_u64 && y < 0 && x != 1 && x != -1)
		return 0;
	if (!is_u64 && y < 0)
		n = -n;
	for (; n; n >>= 1, base *= base)
		if (n & 1)
			r *= base;
	return (int64_t)r;
}

static int64_t int_op(enum eop op, enum dtype type, int64_t x, int64_t y)
{
	const bool is_u64 = type == DT_U64;
	const uint64_t bits = 8 * (uint64_t)dtypes[type].bytes, shift = (uint64_t)y;

	switch (op) {
#define SCALAR(id, arity, name, result, cost, floats, integers, ...) case E_##id: return integers;
#include "nest/scalar.def"
#undef SCALAR
	default: die("operation %d on integers", (int)op);
	}
}

static void int_apply(enum eop op, enum dtype type, const int64_t *a, const int64_t *b, int64_t *out, int n)
{
	const enum dtype result = nest_result(op, type);

	for (int i = 0; i < n; i++)
		out[i] = scalar_wrap(result, int_op(op, type, a[i], b[i]));
}

/* --- floats ------------------------------------------------------------------------------------------------------- */

static double mod_floor(double x, double y)
{
	const double r = fmod(x, y);

	if (r == 0)
		return copysign(r, y);
	return (r < 0) != (y < 0) ? r + y : r;
}

/* A case of a switch over operations: out = expr(x, y) for all elements. Those that give a bool are apart, for another
 * type of `out`. */
#define EACH(id, expr) \
	case E_##id: \
		for (int i = 0; i < n; i++) { \
			const T x = a[i], y = b[i]; \
			(void)x; \
			(void)y; \
			out[i] = expr; \
		} \
		break;
#define VALUES_T(id, expr) EACH(id, expr)
#define VALUES_B(id, expr)
#define FLAGS_T(id, expr)
#define FLAGS_B(id, expr) EACH(id, expr)

static void float_apply(enum eop op, const float *a, const float *b, float *out, int n)
{
	typedef float T;

	switch (op) {
#define SCALAR(id, arity, name, result, cost, floats, ...) VALUES_##result(id, floats)
#include "nest/scalar.def"
#undef SCALAR
	default: die("operation %d on floats", (int)op);
	}
}

static void double_apply(enum eop op, const double *a, const double *b, double *out, int n)
{
	typedef double T;

	switch (op) {
#define SCALAR(id, arity, name, result, cost, floats, ...) VALUES_##result(id, floats)
#include "nest/scalar.def"
#undef SCALAR
	default: die("operation %d on floats", (int)op);
	}
}

static void float_compare(enum eop op, const float *a, const float *b, int64_t *out, int n)
{
	typedef float T;

	switch (op) {
#define SCALAR(id, arity, name, result, cost, floats, ...) FLAGS_##result(id, floats)
#include "nest/scalar.def"
#undef SCALAR
	default: die("operation %d on floats", (int)op);
	}
}

static void double_compare(enum eop op, const double *a, const double *b, int64_t *out, int n)
{
	typedef double T;

	switch (op) {
#define SCALAR(id, arity, name, result, cost, floats, ...) FLAGS_##result(id, floats)
#include "nest/scalar.def"
#undef SCALAR
	default: die("operation %d on floats", (int)op);
	}
}

/* Results of 16-bit float types keep only what those can hold. */
static void round_half(enum dtype type, float *v, int n)
{
	for (int i = 0; i < n && type == DT_F16; i++)
		v[i] = half_to_float(float_to_half(v[i]));
	for (int i = 0; i < n && type == DT_BF16; i++)
		v[i] = bfloat_to_float(float_to_bfloat(v[i]));
}

void scalar_apply(enum eop op, enum dtype type, const union lanes *a, const union lanes *b, union lanes *out, int n)
{
	const enum lane_kind kind = lane_kind(type);
	union lanes r;

	b = b ? b : a;
	if (kind == LANE_I) {
		int_apply(op, type, a->i, b->i, out->i, n);
	} else if (nest_result(op, type) == DT_BOOL) {    /* wider than float operands: not in place */
		if (kind == LANE_F)
			float_compare(op, a->f, b->f, r.i, n);
		else
			double_compare(op, a->d, b->d, r.i, n);
		memcpy(out->i, r.i, (size_t)n * sizeof *r.i);
	} else if (kind == LANE_F) {
		float_apply(op, a->f, b->f, out->f, n);
		round_half(type, out->f, n);
	} else {
		double_apply(op, a->d, b->d, out->d, n);
	}
}

/* --- conversions -------------------------------------------------------------------------------------------------- */

static int64_t float_to_int(enum dtype to, double v)
{
	if (to == DT_BOOL)
		return v != 0;
	if (isnan(v))
		return 0;
	if (to == DT_U64)
		return v <= 0 ? 0 : v >= 0x1p64 ? -1 : (int64_t)(uint64_t)v;
	if (v <= (double)type_lowest(to))
		return type_lowest(to);
	return v >= (double)type_highest(to) ? type_highest(to) : (int64_t)v;
}

/* Element i of lanes that hold floats, as double. */
static double lane_double(enum lane_kind kind, const union lanes *a, int i)
{
	return kind == LANE_F ? (double)a->f[i] : a->d[i];
}

static void cast_to_int(enum dtype from, enum dtype to, const union lanes *a, union lanes *out, int n)
{
	const enum lane_kind kind = lane_kind(from);
	union lanes r;

	for (int i = 0; i < n; i++)
		r.i[i] = kind == LANE_I ? scalar_wrap(to, a->i[i]) : float_to_int(to, lane_double(kind, a, i));
	memcpy(out->i, r.i, (size_t)n * sizeof *r.i);
}

static void cast_to_float(enum dtype from, const union lanes *a, union lanes *out, int n)
{
	const enum lane_kind kind = lane_kind(from);

	for (int i = 0; i < n; i++) {
		if (kind == LANE_I)
			out->f[i] = from == DT_U64 ? (float)(uint64_t)a->i[i] : (float)a->i[i];
		else
			out->f[i] = kind == LANE_F ? a->f[i] : (float)a->d[i];
	}
}

static void cast_to_double(enum dtype from, const union lanes *a, union lanes *out, int n)
{
	const enum lane_kind kind = lane_kind(from);

	for (int i = n - 1; i >= 0; i--) {
		if (kind == LANE_I)
			out->d[i] = from == DT_U64 ? (double)(uint64_t)a->i[i] : (double)a->i[i];
		else
			out->d[i] = lane_double(kind, a, i);
	}
}

void scalar_cast(enum dtype from, enum dtype to, const union lanes *a, union lanes *out, int n)
{
	switch (lane_kind(to)) {
	case LANE_I:
		cast_to_int(from, to, a, out, n);
		break;
	case LANE_F:
		cast_to_float(from, a, out, n);
		round_half(to, out->f, n);
		break;
	case LANE_D:
		cast_to_double(from, a, out, n);
		break;
	}
}

void scalar_saturate(enum dtype from, enum dtype to, const union lanes *a, union lanes *out, int n)
{
	const enum lane_kind kind = lane_kind(from);
	union lanes r;

	for (int i = 0; i < n; i++)
		r.i[i] = kind == LANE_I ? a->i[i] : float_to_int(to, rint(lane_double(kind, a, i)));
	memcpy(out->i, r.i, (size_t)n * sizeof *r.i);
}

/* --- memory ------------------------------------------------------------------------------------------------------- */

static double bits_double(uint64_t v)
{
	double d;

	memcpy(&d, &v, sizeof d);
	return d;
}

static uint64_t double_bits(double d)
{
	uint64_t v;

	memcpy(&v, &d, sizeof v);
	return v;
}

/* The bytes of an element; zeros beyond the array. */
static inline const unsigned char *element(const void *data, int64_t size, int64_t at, int bytes)
{
	static const unsigned char zeros[8];

	return at < 0 || at >= size ? zeros : (const unsigned char *)data + at * bytes;
}

void scalar_load(enum dtype type, const void *data, int64_t size, const int64_t *at, union lanes *out, int n)
{
	const int bytes = dtypes[type].bytes;

	if (type == DT_F32) {
		for (int i = 0; i < n; i++)
			out->f[i] = bits_float((uint32_t)load_little(element(data, size, at[i], 4), 4));
		return;
	}
	for (int i = 0; i < n; i++) {
		uint64_t v = load_little(element(data, size, at[i], bytes), bytes);
		if (type == DT_F64)
			out->d[i] = bits_double(v);
		else if (type == DT_F16)
			out->f[i] = half_to_float((uint16_t)v);
		else if (type == DT_BF16)
			out->f[i] = bfloat_to_float((uint16_t)v);
		else
			out->i[i] = scalar_wrap(type, (int64_t)v);
	}
}

uint64_t scalar_bits(enum dtype type, const union lanes *a, int i)
{
	switch ((int)type) {
	case DT_F32: return float_bits(a->f[i]);
	case DT_F64: return double_bits(a->d[i]);
	case DT_F16: return float_to_half(a->f[i]);
	case DT_BF16: return float_to_bfloat(a->f[i]);
	default: return (uint64_t)a->i[i];
	}
}

void scalar_store(enum dtype type, void *data, int64_t size, const int64_t *at, const union lanes *a, int n)
{
	const int bytes = dtypes[type].bytes;

	for (int i = 0; i < n; i++) {
		unsigned char *p = (unsigned char *)data + at[i] * bytes;
		if (at[i] >= 0 && at[i] < size)
			store_little(p, scalar_bits(type, a, i), bytes);
	}
}
