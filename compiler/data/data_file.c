#include "data/data_file.h"

#include <string.h>
#include <strings.h>

#include "data/image.h"
#include "data/npy.h"
#include "import/reader.h"
#include "import/tensor_file.h"
#include "support/arena.h"
#include "support/diag.h"

static bool ends_with(const char *path, const char *ending)
{
	const size_t n = strlen(path), k = strlen(ending);

	return n > k && !strcasecmp(path + n - k, ending);
}

bool data_file_needs_input(const char *path)
{
	static const char *const endings[] = { ".png", ".jpg", ".jpeg", ".bin", ".raw" };

	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
		if (ends_with(path, endings[i]))
			return true;
	return false;
}

/* Messages name the data file, not the model. */
static const unsigned char *read_bytes(struct arena *a, struct diag *d, const char *path, size_t *size)
{
	const char *const model = d->file;
	const unsigned char *bytes;

	d->file = path;
	bytes = reader_read(a, d, path, size);
	d->file = model;
	return bytes;
}

static bool read_pb(struct value *v, struct arena *a, struct diag *d, const char *path, const unsigned char *bytes,
		    size_t size)
{
	struct module *m = ARENA_NEW(a, struct module);
	int64_t dim[MAX_RANK];
	int t;

	*m = (struct module){ .arena = a, .scratch = a, .diag = d };
	nums_init(&m->nums, a);
	t = tensor_file_read(m, path, bytes, size);
	if (t < 0)
		return false;
	for (int k = 0; k < m->tensor[t].rank; k++)
		dim[k] = m->tensor[t].dim[k].n;
	v->name = m->tensor[t].name;
	v->type = m->tensor[t].type;
	if (!value_shape(v, a, d, m->tensor[t].rank, dim))
		return false;
	v->bytes = arena_array(a, (size_t)v->n, (size_t)dtypes[v->type].bytes);
	if (v->n)
		memcpy(v->bytes, m->tensor[t].data, (size_t)v->n * (size_t)dtypes[v->type].bytes);
	if (host_is_big_endian())
		bytes_swap(v->bytes, v->n, dtypes[v->type].bytes);
	return true;
}

bool data_file_read(struct value **values, int *n, struct arena *a, struct diag *d, const char *path)
{
	size_t size;
	const unsigned char *bytes;

	*n = 0;
	if (data_file_needs_input(path))
		return diag_error(d, STATUS_USAGE, NULL, "%s: expected values must be .npy, .npz or .pb", path);
	bytes = read_bytes(a, d, path, &size);
	if (!bytes)
		return false;
	if (size >= 4 && !memcmp(bytes, "PK\3\4", 4))
		return npz_read(values, n, a, d, path, bytes, size);
	*values = ARENA_NEW(a, struct value);
	**values = (struct value){ .source = path };
	*n = 1;
	if (ends_with(path, ".pb"))
		return read_pb(*values, a, d, path, bytes, size);
	if (size >= 6 && !memcmp(bytes, "\x93NUMPY", 6))
		return npy_read(*values, a, d, bytes, size);
	return diag_error(d, STATUS_MODEL, NULL, "%s: neither .npy, .npz, .pb, PNG, JPEG nor raw bytes (.bin, .raw)",
			  path);
}

/* Raw bytes: little-endian elements in row-major order; one symbolic dimension may follow from their number. */
static bool read_raw(struct value *v, const struct signature_input *in, struct arena *a, struct diag *d,
		     const unsigned char *bytes, size_t size)
{
	const int element = dtypes[in->type].bytes;
	int64_t dim[MAX_RANK], known = element;
	int open = -1, n_open = 0;
	char shape[SHAPE_BYTES];

	for (int k = 0; k < in->rank; k++) {
		dim[k] = in->dim[k];
		if (dim[k] < 0) {
			open = k;
			n_open++;
		} else if (__builtin_mul_overflow(known, dim[k], &known)) {
			known = 0;
		}
	}
	if (n_open == 1 && known > 0 && (int64_t)size % known == 0) {
		dim[open] = (int64_t)size / known;
		known = (int64_t)size;
	}
	if (n_open > 1 || known != (int64_t)size)
		return diag_error(d, STATUS_MODEL, NULL, "%s: %zu bytes for input \"%s\" %s %s", v->source, size,
				  in->name, dtypes[in->type].name, shape_text(shape, in->rank, in->dim));
	if (!value_shape(v, a, d, in->rank, dim))
		return false;
	v->type = in->type;
	v->bytes = memcpy(arena_alloc(a, size), bytes, size);
	if (host_is_big_endian())
		bytes_swap(v->bytes, v->n, element);
	return true;
}

bool data_file_read_for(struct value *v, const struct signature_input *in, const struct data_rules *rules,
			struct arena *a, struct diag *d, const char *path)
{
	size_t size;
	const unsigned char *bytes = read_bytes(a, d, path, &size);

	*v = (struct value){ .source = path };
	if (!bytes)
		return false;
	if (ends_with(path, ".bin") || ends_with(path, ".raw"))
		return read_raw(v, in, a, d, bytes, size);
	if (!image_is_known(bytes, size))
		return diag_error(d, STATUS_MODEL, NULL, "%s: neither PNG nor JPEG", path);
	return picture_read(v, in, rules->pixels, a, d, path, bytes, size);
}
