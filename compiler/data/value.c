#include "data/value.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "support/arena.h"
#include "support/checked.h"
#include "support/diag.h"
#include "support/half.h"

/* One element, by its class: integers exactly. */
struct element {
	enum dtype_class class;         /* CLASS_F, CLASS_I, CLASS_U */
	double f;
	int64_t i;
	uint64_t u;
};

bool value_shape(struct value *v, struct arena *a, struct diag *d, int rank, const int64_t *dim)
{
	(void)a;
	if (rank < 0 || rank > MAX_RANK)
		return diag_error(d, STATUS_UNSUPPORTED, NULL, "%s: rank %d, at most %d is supported", v->source, rank,
				  MAX_RANK);
	v->rank = rank;
	v->n = 1;
	for (int k = 0; k < rank; k++) {
		v->dim[k] = dim[k];
		if (dim[k] < 0 || !checked_mul(v->n, dim[k], &v->n) || v->n > MAX_ELEMENTS)
			return diag_error(d, STATUS_MODEL, NULL, "%s: axis %d has size %" PRId64, v->source, k, dim[k]);
	}
	return true;
}

bool host_is_big_endian(void)
{
	const uint16_t one = 1;
	unsigned char first;

	memcpy(&first, &one, 1);
	return first == 0;
}

void bytes_swap(unsigned char *bytes, int64_t n, int element_bytes)
{
	for (int64_t i = 0; i < n && element_bytes > 1; i++, bytes += element_bytes)
		for (int k = 0; k < element_bytes / 2; k++) {
			const unsigned char kept = bytes[k];
			bytes[k] = bytes[element_bytes - 1 - k];
			bytes[element_bytes - 1 - k] = kept;
		}
}

/* --- elements ----------------------------------------------------------------------------------------------------- */

/* Unsigned integer of `bytes` bytes in this machine's order. */
static uint64_t load_bits(const unsigned char *from, int bytes)
{
	uint64_t v8;
	uint32_t v4;
	uint16_t v2;

	switch (bytes) {
	case 1:
		return *from;
	case 2:
		memcpy(&v2, from, 2);
		return v2;
	case 4:
		memcpy(&v4, from, 4);
		return v4;
	default:
		memcpy(&v8, from, 8);
		return v8;
	}
}

static void store_bits(unsigned char *to, uint64_t v, int bytes)
{
	const uint32_t v4 = (uint32_t)v;
	const uint16_t v2 = (uint16_t)v;

	switch (bytes) {
	case 1:
		*to = (unsigned char)v;
		break;
	case 2:
		memcpy(to, &v2, 2);
		break;
	case 4:
		memcpy(to, &v4, 4);
		break;
	default:
		memcpy(to, &v, 8);
	}
}

static struct element load(enum dtype type, const unsigned char *bytes, int64_t i)
{
	const int size = dtypes[type].bytes, unused = 64 - 8 * size;
	const uint64_t bits = load_bits(bytes + i * size, size);
	struct element e = { .class = CLASS_F };

	switch (type) {
	case DT_F64:
		memcpy(&e.f, &bits, sizeof e.f);
		return e;
	case DT_F32:
		e.f = (double)bits_float((uint32_t)bits);
		return e;
	case DT_F16:
		e.f = (double)half_to_float((uint16_t)bits);
		return e;
	case DT_BF16:
		e.f = (double)bfloat_to_float((uint16_t)bits);
		return e;
	default:
		break;
	}
	if (dtypes[type].class == CLASS_I) {
		const int64_t i64 = (int64_t)(bits << unused) >> unused;
		return (struct element){ .class = CLASS_I, .f = (double)i64, .i = i64, .u = (uint64_t)i64 };
	}
	return (struct element){ .class = CLASS_U, .f = (double)bits, .u = bits, .i = (int64_t)bits };
}

/* Stores e as `type`, rounded and limited to its range; true when nothing was lost. */
static bool store_float(enum dtype type, unsigned char *to, const struct element *e)
{
	const float f = (float)e->f;
	double back = e->f;
	uint64_t bits;
	uint16_t half;

	switch (type) {
	case DT_F64:
		memcpy(to, &e->f, sizeof e->f);
		break;
	case DT_F32:
		back = (double)f;
		store_bits(to, float_bits(f), 4);
		break;
	default:
		half = type == DT_F16 ? float_to_half(f) : float_to_bfloat(f);
		back = (double)(type == DT_F16 ? half_to_float(half) : bfloat_to_float(half));
		bits = half;
		store_bits(to, bits, 2);
	}
	if (e->class == CLASS_F)
		return back == e->f || (isnan(back) && isnan(e->f));
	if (fabs(back) >= 0x1p63)
		return e->class == CLASS_U && back < 0x1p64 && (uint64_t)back == e->u;
	return e->class == CLASS_I ? (int64_t)back == e->i : back >= 0 && (uint64_t)back == e->u;
}

static bool store_int(enum dtype type, unsigned char *to, const struct element *e)
{
	const int size = dtypes[type].bytes;
	const bool is_signed = dtypes[type].class == CLASS_I;
	const uint64_t top = type == DT_BOOL ? 1 : UINT64_MAX >> (64 - 8 * size + is_signed);
	const int64_t bottom = is_signed ? -(int64_t)top - 1 : 0;
	const double rounded = rint(e->f);
	uint64_t bits;
	bool exact = true;

	if (e->class == CLASS_F) {
		exact = rounded == e->f && rounded >= (double)bottom && rounded <= (double)top && rounded < 0x1p64 &&
			!(is_signed && rounded >= 0x1p63);
		if (isnan(e->f))
			bits = 0;
		else if (rounded >= (double)top)
			bits = top;
		else if (rounded < 0)
			bits = rounded <= (double)bottom ? (uint64_t)bottom : (uint64_t)(int64_t)rounded;
		else
			bits = (uint64_t)rounded;
	} else if (e->class == CLASS_I && e->i < 0) {
		exact = e->i >= bottom;
		bits = exact ? e->u : (uint64_t)bottom;
	} else {
		exact = e->u <= top;
		bits = exact ? e->u : top;
	}
	store_bits(to, bits, size);
	return exact;
}

double value_number(const struct value *v, int64_t i)
{
	return load(v->type, v->bytes, i).f;
}

bool value_same(const struct value *a, const struct value *b, int64_t i)
{
	const int size = dtypes[a->type].bytes;

	return !memcmp(a->bytes + i * size, b->bytes + i * size, (size_t)size);
}

const char *value_text(char buf[SHAPE_BYTES], const struct value *v, int64_t i)
{
	const struct element e = load(v->type, v->bytes, i);

	if (e.class == CLASS_F)
		snprintf(buf, SHAPE_BYTES, "%.*g", v->type == DT_F64 ? 17 : 9, e.f);
	else if (e.class == CLASS_I)
		snprintf(buf, SHAPE_BYTES, "%" PRId64, e.i);
	else
		snprintf(buf, SHAPE_BYTES, "%" PRIu64, e.u);
	return buf;
}

/* --- shapes ------------------------------------------------------------------------------------------------------- */

const char *shape_text(char buf[SHAPE_BYTES], int rank, const int64_t *dim)
{
	int n = snprintf(buf, SHAPE_BYTES, "[");

	for (int k = 0; k < rank; k++)
		n += snprintf(buf + n, (size_t)(SHAPE_BYTES - n), dim[k] < 0 ? "%s?" : "%s%" PRId64, k ? ", " : "",
			      dim[k]);
	snprintf(buf + n, (size_t)(SHAPE_BYTES - n), "]");
	return buf;
}

const char *index_text(char buf[SHAPE_BYTES], const struct value *v, int64_t i)
{
	int64_t index[MAX_RANK];

	for (int k = v->rank - 1; k >= 0; k--) {
		index[k] = i % v->dim[k];
		i /= v->dim[k];
	}
	return shape_text(buf, v->rank, index);
}

bool value_convert(struct value *v, enum dtype type, bool rounds, struct arena *a, struct diag *d, const char *what)
{
	const int size = dtypes[type].bytes;
	unsigned char *bytes;

	if (v->type == type)
		return true;
	bytes = arena_array(a, (size_t)v->n, (size_t)size);
	for (int64_t i = 0; i < v->n; i++) {
		const struct element e = load(v->type, v->bytes, i);
		const bool is_float = dtypes[type].class == CLASS_F || dtypes[type].class == CLASS_X;
		const bool exact =
			is_float ? store_float(type, bytes + i * size, &e) : store_int(type, bytes + i * size, &e);
		char number[SHAPE_BYTES], index[SHAPE_BYTES];
		if (!exact && !rounds)
			return diag_error(d, STATUS_MODEL, NULL,
					  "%s: %s: %s has element %s = %s, which is no %s: --convert takes the nearest",
					  v->source, what, dtypes[v->type].name, index_text(index, v, i),
					  value_text(number, v, i), dtypes[type].name);
	}
	v->type = type;
	v->bytes = bytes;
	return true;
}
