/* --fix: inputs that are constants, of numbers from the command line or a file of data. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "data/data_file.h"
#include "import/scope.h"
#include "options.h"

/* The numbers of a list such as 1,2,-3; false: the text is none. */
static bool parse_list(const char *text, bool is_float, struct value *v, struct arena *a)
{
	const int64_t most = (int64_t)strlen(text) / 2 + 1;
	double *f = ARENA_ARRAY(a, most, double);
	int64_t *i = ARENA_ARRAY(a, most, int64_t);
	int64_t n = 0;
	char *end;

	for (const char *s = text;; s = end + 1) {
		errno = 0;
		if (is_float)
			f[n] = strtod(s, &end);
		else
			i[n] = strtoll(s, &end, 10);
		if (end == s || (*end && *end != ',') || (!is_float && errno))
			return false;
		n++;
		if (!*end)
			break;
	}
	*v = (struct value){ .type = is_float ? DT_F64 : DT_I64, .rank = 1, .dim = { n }, .n = n,
			     .bytes = is_float ? (void *)f : (void *)i };
	return true;
}

static bool read_values(struct import *im, const struct fix_option *o, enum dtype type, struct value *v)
{
	const bool is_float = dtypes[type].class == CLASS_F || dtypes[type].class == CLASS_X;
	struct arena *a = im->m->arena;
	struct value *values;
	int n;

	if (!parse_list(o->text, is_float, v, a)) {
		if (!o->text[strspn(o->text, "0123456789+-.eE,")])
			return diag_error(im->m->diag, STATUS_USAGE, NULL,
					  "--fix %s: \"%.100s\" is no list of numbers of type %s", o->name, o->text,
					  dtypes[type].name);
		if (!data_file_read(&values, &n, a, im->m->diag, o->text))
			return false;
		if (n != 1)
			return diag_error(im->m->diag, STATUS_USAGE, NULL, "--fix %s: %s has %d tensors, allowed: 1",
					  o->name, o->text, n);
		*v = values[0];
	}
	return value_convert(v, type, is_float, a, im->m->diag, arena_printf(a, "--fix %s", o->name));
}

/* Shapes agree; of a list of numbers only how many they are. */
static bool check_shape(struct import *im, const struct fix_option *o, int tensor, const struct value *v, bool is_list)
{
	const struct tensor *x = &im->m->tensor[tensor];
	bool same = v->n == tensor_elements(im->m, tensor).n && tensor_is_static(im->m, tensor);
	char seen[SHAPE_BYTES];

	for (int k = 0; same && !is_list && k < x->rank; k++)
		same = v->rank == x->rank && v->dim[k] == x->dim[k].n;
	return same || diag_error(im->m->diag, STATUS_USAGE, NULL,
				  "--fix %s: values of shape %s for an input of shape %s", o->name,
				  shape_text(seen, v->rank, v->dim), tensor_is_static(im->m, tensor) ?
				  dims_text(im->m, x->rank, x->dim) : "known at run time only");
}

static const struct fix_options *fixes(const struct import *im)
{
	static const struct fix_options none;

	return im->m->options ? &im->m->options->fixed : &none;
}

bool input_fix(struct import *im, int tensor, bool *fixed)
{
	const struct fix_options *options = fixes(im);
	struct tensor *x = &im->m->tensor[tensor];
	const struct fix_option *o = NULL;
	struct value v;

	*fixed = false;
	for (int i = 0; i < options->n; i++)
		if (!strcmp(options->v[i].name, x->name)) {
			o = &options->v[i];
			im->fix_used[i] = true;
		}
	if (!o || x->type == DT_NONE)   /* sizes that are missing are reported together */
		return true;
	if (!read_values(im, o, x->type, &v) || !check_shape(im, o, tensor, &v, !v.source))
		return false;
	if (host_is_big_endian())
		bytes_swap(v.bytes, v.n, dtypes[x->type].bytes);
	x->data = v.bytes;
	*fixed = true;
	return true;
}

bool fixes_check(struct import *im)
{
	const struct fix_options *options = fixes(im);

	for (int i = 0; i < options->n; i++)
		if (!im->fix_used[i])
			return diag_error(im->m->diag, STATUS_USAGE, NULL, "--fix %s: the model has no such input",
					  options->v[i].name);
	return true;
}
