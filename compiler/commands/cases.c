#include "commands/cases.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "support/arena.h"
#include "support/diag.h"

int compare_names(const void *pa, const void *pb)
{
	const char *a = *(const char *const *)pa, *b = *(const char *const *)pb;

	while (*a && *b) {
		if (*a >= '0' && *a <= '9' && *b >= '0' && *b <= '9') {
			char *end_a, *end_b;
			const unsigned long long x = strtoull(a, &end_a, 10), y = strtoull(b, &end_b, 10);
			if (x != y)
				return x < y ? -1 : 1;
			a = end_a;
			b = end_b;
			continue;
		}
		if (*a != *b)
			break;
		a++;
		b++;
	}
	return (unsigned char)*a - (unsigned char)*b;
}

static bool is_case(const char *folder, bool *yes, struct arena *a, struct diag *d)
{
	const char **path;
	int n_in, n_out;

	if (!numbered_files(&path, &n_in, folder, "input", a, d) ||
	    !numbered_files(&path, &n_out, folder, "output", a, d))
		return false;
	*yes = n_in > 0 || n_out > 0;
	return true;
}

static const char **subfolders(const char *folder, int *n, struct arena *a)
{
	const char **v = NULL;
	struct dirent *e;
	DIR *dir = opendir(folder);

	*n = 0;
	while (dir && (e = readdir(dir))) {
		const char *path = arena_printf(a, "%s/%s", folder, e->d_name);
		DIR *inner = *e->d_name == '.' ? NULL : opendir(path);
		if (!inner)
			continue;
		closedir(inner);
		v = ARENA_PUSH(a, v, *n, const char *);
		v[(*n)++] = path;
	}
	if (dir)
		closedir(dir);
	if (*n)
		qsort(v, (size_t)*n, sizeof *v, compare_names);
	return v;
}

static bool read_outputs(struct case_data *c, struct arena *a, struct diag *d)
{
	const char **path;
	bool any = false;

	if (!numbered_files(&path, &c->n_outputs, c->folder, "output", a, d))
		return false;
	c->output = ARENA_ARRAY(a, c->n_outputs, struct value *);
	for (int k = 0; k < c->n_outputs; k++) {
		int n;
		if (!path[k])
			continue;
		if (!data_file_read(&c->output[k], &n, a, d, path[k]))
			return false;
		any = true;
		if (n != 1)
			return diag_error(d, STATUS_MODEL, NULL, "%s holds %d arrays, must be one", path[k], n);
	}
	return any || diag_error(d, STATUS_MODEL, NULL, "%s: no output_0 to compare with", c->folder);
}

static bool read_case(struct case_data *c, const struct signature *s, const struct options *o, struct arena *a,
		      struct diag *d)
{
	c->options = *o;
	return inputs_from_folder(&c->in, s, o, c->folder, a, d) && read_outputs(c, a, d) &&
	       inputs_fix_dims(&c->options, &c->in, a, d);
}

bool cases_read(struct case_data **cases, int *n, const struct signature *s, const struct options *o, struct arena *a,
		struct diag *d)
{
	const char *const self = o->data, *const *folder = &self;
	int n_folders = 1;
	bool yes;

	*cases = NULL;
	*n = 0;
	if (!is_case(o->data, &yes, a, d))
		return false;
	if (!yes)
		folder = subfolders(o->data, &n_folders, a);
	for (int i = 0; i < n_folders; i++) {
		if (!yes) {
			bool is;
			if (!is_case(folder[i], &is, a, d))
				return false;
			if (!is)
				continue;
		}
		*cases = ARENA_PUSH(a, *cases, *n, struct case_data);
		(*cases)[*n] = (struct case_data){ .folder = folder[i] };
		if (!read_case(&(*cases)[(*n)++], s, o, a, d))
			return false;
	}
	return *n > 0 || diag_error(d, STATUS_MODEL, NULL,
				    "%s: no input_0 or output_0 (.npy, .pb …) there or in a folder below", o->data);
}

bool cases_same_dims(const struct case_data *a, const struct case_data *b)
{
	const struct dim_options *x = &a->options.dims, *y = &b->options.dims;
	bool same = x->n == y->n;

	for (int i = 0; same && i < x->n; i++)
		same = !strcmp(x->v[i].name, y->v[i].name) && x->v[i].lo == y->v[i].lo && x->v[i].hi == y->v[i].hi;
	return same;
}
