/* https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
#include "data/npy.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "support/arena.h"
#include "support/diag.h"

enum { NPY_ALIGN = 64, MAX_HEADER = 1 << 16 };

static const struct {
	const char *name;       /* kind and bytes */
	enum dtype type;
} types[] = {
	{ "f4", DT_F32 }, { "f8", DT_F64 }, { "f2", DT_F16 }, { "b1", DT_BOOL }, { "i1", DT_I8 }, { "u1", DT_U8 },
	{ "i2", DT_I16 }, { "u2", DT_U16 }, { "i4", DT_I32 }, { "u4", DT_U32 }, { "i8", DT_I64 }, { "u8", DT_U64 },
};

struct header {
	char descr[16];
	bool is_fortran, has_descr, has_order, has_shape;
	int rank;
	int64_t dim[MAX_RANK];
};

/* --- the header: a Python dictionary of three entries ------------------------------------------------------------- */

static void skip_blanks(const char **s)
{
	while (**s == ' ' || **s == '\n' || **s == '\t')
		++*s;
}

static bool take(const char **s, char c)
{
	skip_blanks(s);
	if (**s != c)
		return false;
	++*s;
	return true;
}

static bool read_string(const char **s, char *to, size_t room)
{
	char quote;
	size_t n;

	skip_blanks(s);
	quote = **s;
	if (quote != '\'' && quote != '"')
		return false;
	++*s;
	for (n = 0; **s && **s != quote; ++*s) {
		if (n + 1 >= room)
			return false;
		to[n++] = **s;
	}
	to[n] = 0;
	return take(s, quote);
}

static bool read_bool(const char **s, bool *b)
{
	skip_blanks(s);
	*b = !strncmp(*s, "True", 4);
	if (!*b && strncmp(*s, "False", 5) != 0)
		return false;
	*s += *b ? 4 : 5;
	return true;
}

static bool read_shape(const char **s, struct header *h)
{
	if (!take(s, '('))
		return false;
	while (!take(s, ')')) {
		char *end;
		long long n;
		if (!isdigit((unsigned char)**s) || h->rank == MAX_RANK)
			return false;
		errno = 0;
		n = strtoll(*s, &end, 10);
		if (errno)
			return false;
		*s = *end == 'L' ? end + 1 : end;       /* as Python 2 wrote it */
		h->dim[h->rank++] = n;
		if (!take(s, ',')) {
			if (!take(s, ')'))
				return false;
			break;
		}
	}
	return true;
}

static bool read_header(const char *s, struct header *h)
{
	char key[32];

	*h = (struct header){ 0 };
	if (!take(&s, '{'))
		return false;
	while (!take(&s, '}')) {
		bool ok = read_string(&s, key, sizeof key) && take(&s, ':');
		if (ok && !strcmp(key, "descr"))
			ok = !h->has_descr && (h->has_descr = read_string(&s, h->descr, sizeof h->descr));
		else if (ok && !strcmp(key, "fortran_order"))
			ok = !h->has_order && (h->has_order = read_bool(&s, &h->is_fortran));
		else if (ok && !strcmp(key, "shape"))
			ok = !h->has_shape && (h->has_shape = read_shape(&s, h));
		else
			ok = false;
		if (!ok)
			return false;
		if (!take(&s, ',')) {
			if (!take(&s, '}'))
				return false;
			break;
		}
	}
	return h->has_descr && h->has_order && h->has_shape;
}

static enum dtype type_of(const char *descr)
{
	const char *name = strchr("<>|=", *descr) ? descr + 1 : descr;

	for (size_t i = 0; *descr && i < sizeof types / sizeof *types; i++)
		if (!strcmp(types[i].name, name))
			return types[i].type;
	return DT_NONE;
}

/* --- elements ----------------------------------------------------------------------------------------------------- */

/* First axis fastest -> last axis fastest. */
static void from_fortran(const struct value *v, const unsigned char *from)
{
	const size_t size = (size_t)dtypes[v->type].bytes;
	int64_t index[MAX_RANK] = { 0 };

	for (int64_t i = 0; i < v->n; i++) {
		int64_t to = 0;
		for (int k = 0; k < v->rank; k++)
			to = to * v->dim[k] + index[k];
		memcpy(v->bytes + (size_t)to * size, from + (size_t)i * size, size);
		for (int k = 0; k < v->rank && ++index[k] == v->dim[k]; k++)
			index[k] = 0;
	}
}

bool npy_read(struct value *v, struct arena *a, struct diag *d, const unsigned char *bytes, size_t size)
{
	struct header h;
	size_t start, length;
	int element;

	if (size < 10 || memcmp(bytes, "\x93NUMPY", 6) != 0)
		return diag_error(d, STATUS_MODEL, NULL, "%s: not a .npy file", v->source);
	if (bytes[6] < 1 || bytes[6] > 3 || (bytes[6] > 1 && size < 12))
		return diag_error(d, STATUS_MODEL, NULL, "%s: .npy version %d, must be 1 to 3", v->source, bytes[6]);
	start = bytes[6] == 1 ? 10 : 12;
	length = (size_t)bytes[8] | (size_t)bytes[9] << 8;
	if (bytes[6] > 1)
		length |= (size_t)bytes[10] << 16 | (size_t)bytes[11] << 24;
	if (length > size - start || length > MAX_HEADER)
		return diag_error(d, STATUS_MODEL, NULL, "%s: its header ends after the file", v->source);
	if (!read_header(arena_strndup(a, (const char *)bytes + start, length), &h))
		return diag_error(d, STATUS_MODEL, NULL, "%s: its header is no description of an array of rank 0 to %d",
				  v->source, MAX_RANK);
	v->type = type_of(h.descr);
	if (v->type == DT_NONE)
		return diag_error(d, STATUS_UNSUPPORTED, NULL, "%s: element type \"%s\"", v->source, h.descr);
	if (!value_shape(v, a, d, h.rank, h.dim))
		return false;
	start += length;
	element = dtypes[v->type].bytes;
	if ((int64_t)(size - start) != v->n * element)
		return diag_error(d, STATUS_MODEL, NULL, "%s: %zu bytes of elements, its shape wants %lld", v->source,
				  size - start, (long long)v->n * element);
	v->bytes = arena_array(a, (size_t)v->n, (size_t)element);
	if (h.is_fortran && v->rank > 1)
		from_fortran(v, bytes + start);
	else if (v->n)
		memcpy(v->bytes, bytes + start, size - start);
	if (*h.descr == (host_is_big_endian() ? '<' : '>'))
		bytes_swap(v->bytes, v->n, element);
	if (v->type == DT_BOOL)
		for (int64_t i = 0; i < v->n; i++)
			v->bytes[i] = v->bytes[i] != 0;
	return true;
}

void npy_write(FILE *f, const struct value *v)
{
	const enum dtype type = v->type == DT_BF16 ? DT_U16 : v->type;
	const char *name = "", order = dtypes[type].bytes == 1 ? '|' : host_is_big_endian() ? '>' : '<';
	char header[512];
	int n, padded;

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (types[i].type == type)
			name = types[i].name;
	n = snprintf(header, sizeof header, "{'descr': '%c%s', 'fortran_order': False, 'shape': (", order, name);
	for (int k = 0; k < v->rank; k++)
		n += snprintf(header + n, sizeof header - (size_t)n, "%s%lld", k ? ", " : "", (long long)v->dim[k]);
	n += snprintf(header + n, sizeof header - (size_t)n, "%s), }", v->rank == 1 ? "," : "");
	padded = (10 + n + 1 + NPY_ALIGN - 1) / NPY_ALIGN * NPY_ALIGN - 10;
	fwrite("\x93NUMPY\1", 1, 8, f);
	fputc(padded & 255, f);
	fputc(padded >> 8, f);
	fprintf(f, "%-*s\n", padded - 1, header);
	if (v->n)
		fwrite(v->bytes, (size_t)dtypes[type].bytes, (size_t)v->n, f);
}
