#include "quantize/samples.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "commands/cases.h"
#include "options.h"
#include "support/arena.h"
#include "support/diag.h"

static bool is_data(const char *name)
{
	static const char *const endings[] = { ".npy", ".npz", ".pb", ".png", ".jpg", ".jpeg", ".bin", ".raw" };
	const char *dot = strrchr(name, '.');

	if (!strncmp(name, "output_", 7)) /* what is expected of a model */
		return false;
	for (size_t i = 0; dot && i < sizeof endings / sizeof *endings; i++)
		if (!strcasecmp(dot, endings[i]))
			return true;
	return false;
}

static bool is_folder(const char *path)
{
	struct stat s;

	return stat(path, &s) == 0 && S_ISDIR(s.st_mode);
}

/* *what: the folder when it holds inputs, or its file when that is the only one; NULL: neither. */
static bool find_input(const char *folder, const char **what, struct arena *a, struct diag *d)
{
	const char **path;
	int n;

	if (!numbered_files(&path, &n, folder, "input", a, d))
		return false;
	*what = n == 0 ? NULL : n == 1 ? path[0] : arena_strdup(a, folder);
	return true;
}

/* Paths below dir that may be samples, sorted. */
static bool list(struct samples *x, const char *dir, struct arena *a, struct diag *d)
{
	struct dirent *e;
	DIR *handle = opendir(dir);
	bool ok = true;

	if (!handle)
		return diag_error(d, STATUS_ENVIRONMENT, NULL, "cannot read the folder %s: %s", dir, strerror(errno));
	while (ok && (e = readdir(handle))) {
		const char *path = arena_printf(a, "%s/%s", dir, e->d_name);
		const char *inner;
		if (*e->d_name == '.')
			continue;
		if (!is_folder(path))
			path = is_data(e->d_name) ? path : NULL;
		else if ((ok = find_input(path, &inner, a, d)))
			path = inner ? path : NULL;
		if (!ok || !path)
			continue;
		x->path = ARENA_PUSH(a, x->path, x->n, const char *);
		x->path[x->n++] = path;
	}
	closedir(handle);
	if (x->n)
		qsort(x->path, (size_t)x->n, sizeof *x->path, compare_names);
	return ok;
}

bool samples_open(struct samples *x, const char *dir, const struct signature *s, const struct options *o,
		  struct arena *a, struct diag *d)
{
	const char *only;

	*x = (struct samples){ .options = o, .signature = s, .hold = arena_child(a) };
	if (!find_input(dir, &only, a, d))
		return false;
	if (only) {
		x->path = ARENA_PUSH(a, x->path, 0, const char *);
		x->path[x->n++] = only;
		return true;
	}
	if (!list(x, dir, a, d))
		return false;
	return x->n > 0 || diag_error(d, STATUS_MODEL, NULL,
				      "%s: no samples there (.npy, .npz, .pb, .png, .jpg, .bin, .raw, or folders of "
				      "input_0 ...)",
				      dir);
}

void samples_rewind(struct samples *x)
{
	x->next = 0;
	x->row = x->rows = 0;
	x->seen = 0;
}

const char *samples_source(const struct samples *x)
{
	return x->path[x->next - 1];
}

/* --- rows of arrays ----------------------------------------------------------------------------------------------- */

/* How many elements of the first axis a run takes. */
static int64_t batch_of(const struct samples *x, const struct signature_input *s)
{
	if (!s->rank || s->dim[0] >= 0)
		return s->rank ? s->dim[0] : 1;
	for (int i = 0; i < x->options->dims.n; i++)
		if (!strcmp(x->options->dims.v[i].name, s->symbol[0]))
			return x->options->dims.v[i].hi;
	return 1;
}

/* The file's rows: 0 when it is one sample as it stands. */
static void find_rows(struct samples *x)
{
	const struct signature_input *s = &x->signature->input[0];
	const struct value *v = x->held;

	x->rows = 0;
	x->row_size = batch_of(x, s);
	if (x->row_size < 1 || !s->rank || v->rank != s->rank || v->dim[0] <= x->row_size || v->dim[0] % x->row_size)
		return;
	for (int k = 0; k < x->n_held; k++)
		if (!x->held[k].rank || x->held[k].dim[0] != v->dim[0])
			return;
	x->rows = v->dim[0] / x->row_size;
}

/* A sample without its first axis of one. */
static void add_axis(struct samples *x)
{
	const struct signature_input *s = &x->signature->input[0];
	struct value *v = x->held;

	if (x->signature->n_inputs != 1 || x->n_held != 1 || v->rank != s->rank - 1 || batch_of(x, s) != 1)
		return;
	memmove(v->dim + 1, v->dim, (size_t)v->rank * sizeof *v->dim);
	v->dim[0] = 1;
	v->rank++;
}

static struct value take_row(const struct value *v, int64_t row, int64_t size, int64_t rows, struct arena *a)
{
	struct value r = *v;
	const int64_t n = v->n / rows, bytes = n * dtypes[v->type].bytes;

	if (rows > 1)
		r.dim[0] = size;
	r.n = n;
	r.bytes = arena_alloc(a, (size_t)bytes);
	if (bytes)
		memcpy(r.bytes, v->bytes + row * bytes, (size_t)bytes);
	return r;
}

static bool next_row(struct samples *x, struct inputs *in, struct arena *a, struct diag *d)
{
	struct value *v = ARENA_ARRAY(a, x->n_held, struct value);

	for (int k = 0; k < x->n_held; k++)
		v[k] = take_row(&x->held[k], x->row, x->row_size, x->rows, a);
	x->row++;
	return inputs_from_values(in, x->signature, x->options, v, x->n_held, a, d);
}

static bool check_finite(const struct inputs *in, struct arena *a, struct diag *d)
{
	char at[SHAPE_BYTES];

	(void)a;
	for (int i = 0; i < in->signature->n_inputs; i++) {
		const struct value *v = &in->value[i];
		if (v->type != DT_F32)
			continue;
		for (int64_t k = 0; k < v->n; k++)
			if (!isfinite(((const float *)(const void *)v->bytes)[k]))
				return diag_error(d, STATUS_MODEL, NULL,
						  "%s: element %s is %f: no sample to calibrate with", v->source,
						  index_text(at, v, k),
						  (double)((const float *)(const void *)v->bytes)[k]);
	}
	return true;
}

/* Whether a path gives one sample, whatever is in it. */
static bool is_single(const char *path)
{
	return is_folder(path) || data_file_needs_input(path);
}

/* Opens the next file of arrays. */
static bool open_rows(struct samples *x, struct diag *d)
{
	arena_free(x->hold);
	if (!data_file_read(&x->held, &x->n_held, x->hold, d, x->path[x->next++]))
		return false;
	x->row = 0;
	x->rows = 0;
	if (x->n_held && x->signature->n_inputs) {
		add_axis(x);
		find_rows(x);
	}
	if (!x->rows) {
		x->rows = 1;
		x->row_size = x->n_held && x->held->rank ? x->held->dim[0] : 1;
	}
	return true;
}

static bool read_single(struct samples *x, struct inputs *in, struct arena *a, struct diag *d)
{
	const char *path = x->path[x->next++];

	return is_folder(path) ? inputs_from_folder(in, x->signature, x->options, path, a, d) :
				 inputs_from_file(in, x->signature, x->options, path, a, d);
}

static bool is_at_end(const struct samples *x)
{
	return x->row >= x->rows && x->next == x->n;
}

bool samples_next(struct samples *x, struct inputs *in, bool *end, struct arena *a, struct diag *d)
{
	*end = is_at_end(x);
	if (*end)
		return true;
	x->seen++;
	if (x->row >= x->rows && is_single(x->path[x->next]))
		return read_single(x, in, a, d) && check_finite(in, a, d);
	if (x->row >= x->rows && !open_rows(x, d))
		return false;
	return next_row(x, in, a, d) && check_finite(in, a, d);
}

bool samples_skip(struct samples *x, bool *end, struct diag *d)
{
	*end = is_at_end(x);
	if (*end)
		return true;
	x->seen++;
	if (x->row >= x->rows && is_single(x->path[x->next])) {
		x->next++;
		return true;
	}
	if (x->row >= x->rows && !open_rows(x, d))
		return false;
	x->row++;
	return true;
}
