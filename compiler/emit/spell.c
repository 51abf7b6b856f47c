#include "spell.h"

#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/diag.h"

/* printf writes the locale's decimal point, which may be several bytes; C wants a dot. */
static void use_dot(char *text)
{
	const char *point = localeconv()->decimal_point;
	char *at = strcmp(point, ".") ? strstr(text, point) : NULL;
	size_t n;

	if (!at)
		return;
	n = strlen(point);
	*at = '.';
	memmove(at + 1, at + n, strlen(at + n) + 1);
}

/* "3" is an integer: it needs a point before a suffix may follow. */
static void finish(char *text, const char *suffix)
{
	use_dot(text);
	if (!strpbrk(text, ".e"))
		strcat(text, ".0");
	strcat(text, suffix);
}

static const char *spell_special(char buf[SPELL_BYTES], double x)
{
	strcpy(buf, isnan(x) ? "NAN" : x < 0 ? "-INFINITY" : "INFINITY");
	return buf;
}

const char *spell_f32(char buf[SPELL_BYTES], float x)
{
	if (!isfinite(x))
		return spell_special(buf, (double)x);
	/* Exact as a double too: where floats are evaluated as doubles (FLT_EVAL_METHOD 1), the text is not rounded. */
	for (int digits = 6; digits <= 17; digits++) {
		snprintf(buf, SPELL_BYTES - 4, "%.*g", digits, (double)x);
		if (strtod(buf, NULL) == (double)x)
			break;
	}
	finish(buf, "f");
	return buf;
}

const char *spell_f64(char buf[SPELL_BYTES], double x)
{
	if (!isfinite(x))
		return spell_special(buf, x);
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(buf, SPELL_BYTES - 4, "%.*g", digits, x);
		if (strtod(buf, NULL) == x)
			break;
	}
	finish(buf, "");
	return buf;
}

const char *spell_i64(char buf[SPELL_BYTES], int64_t x)
{
	/* The minus is an operator: the most negative value has no literal of its own. */
	if (x == INT64_MIN)
		snprintf(buf, SPELL_BYTES, "(-INT64_C(%" PRId64 ") - 1)", INT64_MAX);
	else if (x == INT32_MIN)
		snprintf(buf, SPELL_BYTES, "(-%" PRId32 " - 1)", INT32_MAX);
	else if (x > INT32_MAX)
		snprintf(buf, SPELL_BYTES, "INT64_C(%" PRId64 ")", x);
	else if (x < INT32_MIN)
		snprintf(buf, SPELL_BYTES, "-INT64_C(%" PRId64 ")", -x);
	else
		snprintf(buf, SPELL_BYTES, "%" PRId64, x);
	return buf;
}

const char *spell_u64(char buf[SPELL_BYTES], uint64_t x)
{
	if (x > UINT32_MAX)
		snprintf(buf, SPELL_BYTES, "UINT64_C(%" PRIu64 ")", x);
	else if (x > INT32_MAX)
		snprintf(buf, SPELL_BYTES, "%" PRIu64 "u", x);
	else
		snprintf(buf, SPELL_BYTES, "%" PRIu64, x);
	return buf;
}

/* Elements may lie anywhere in a file: no alignment is assumed. */
#define LOAD(type, values, i) (*(type *)memcpy(&(type){ 0 }, (const char *)(values) + (i) * sizeof(type), sizeof(type)))

const char *spell_element(char buf[SPELL_BYTES], enum dtype type, const void *values, size_t i)
{
	switch (type) {
	case DT_F32:
		return spell_f32(buf, LOAD(float, values, i));
	case DT_F64:
		return spell_f64(buf, LOAD(double, values, i));
	case DT_I8:
	case DT_I4:
	case DT_I2:
		return spell_i64(buf, LOAD(int8_t, values, i));
	case DT_BOOL:
	case DT_U8:
	case DT_U4:
	case DT_U2:
	case DT_F8E4M3FN:
	case DT_F8E4M3FNUZ:
	case DT_F8E5M2:
	case DT_F8E5M2FNUZ:
	case DT_F8E8M0:
	case DT_F4E2M1:
		return spell_i64(buf, LOAD(uint8_t, values, i));
	case DT_I16:
		return spell_i64(buf, LOAD(int16_t, values, i));
	case DT_U16:
	case DT_F16:
	case DT_BF16:
		return spell_i64(buf, LOAD(uint16_t, values, i));
	case DT_I32:
		return spell_i64(buf, LOAD(int32_t, values, i));
	case DT_U32:
		return spell_u64(buf, LOAD(uint32_t, values, i));
	case DT_I64:
		return spell_i64(buf, LOAD(int64_t, values, i));
	case DT_U64:
		return spell_u64(buf, LOAD(uint64_t, values, i));
	case DT_NONE:
	case N_DTYPES:
		break;
	}
	die("element of no type");
}

bool spell_is_exact(enum dtype type, const void *values, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (type == DT_F32 && !isfinite(LOAD(float, values, i)))
			return false;
		if (type == DT_F64 && !isfinite(LOAD(double, values, i)))
			return false;
	}
	return true;
}
