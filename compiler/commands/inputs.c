#include "commands/inputs.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands/caller_inputs.h"
#include "commands/quantised.h"
#include "support/arena.h"
#include "support/diag.h"

static struct data_rules rules_of(const struct options *o)
{
	return (struct data_rules){ .pixels = (enum pixels)o->pixels, .rounds = o->convert };
}

static int find_input(const struct signature *s, const char *name, size_t n)
{
	for (int i = 0; i < s->n_inputs; i++)
		if (strlen(s->input[i].name) == n && !memcmp(s->input[i].name, name, n))
			return i;
	return -1;
}

/* --- one value for one input -------------------------------------------------------------------------------------- */

static bool fits(const struct signature_input *s, const struct value *v)
{
	if (!s->rank)           /* a scalar, which many programs write as an array of one element */
		return v->n == 1;
	if (s->rank != v->rank)
		return false;
	for (int k = 0; k < s->rank; k++)
		if (s->dim[k] >= 0 && s->dim[k] != v->dim[k])
			return false;
	return true;
}

static bool give(struct inputs *in, int i, const struct value *v, const struct options *o, struct arena *a,
		 struct diag *d)
{
	const struct signature_input *s = &in->signature->input[i];
	char seen[SHAPE_BYTES], wanted[SHAPE_BYTES];

	if (in->given[i])
		return diag_error(d, STATUS_USAGE, NULL, "%s: input \"%s\" has data already, from %s", v->source,
				  s->name, in->value[i].source);
	if (!fits(s, v))
		return diag_error(d, STATUS_MODEL, NULL, "%s: shape %s, input \"%s\" has %s", v->source,
				  shape_text(seen, v->rank, v->dim), s->name, shape_text(wanted, s->rank, s->dim));
	in->value[i] = *v;
	in->value[i].rank = s->rank;
	in->given[i] = true;
	/* Integers may be what a compiled model takes in the place of floats: inputs_for_graph() sees to them. */
	if (o->io == IO_QUANTIZED && s->type == DT_F32 && dtypes[v->type].class != CLASS_F)
		return true;
	return value_convert(&in->value[i], s->type, o->convert, a, d, s->name);
}

static bool give_file(struct inputs *in, int i, const char *path, const struct options *o, struct arena *a,
		      struct diag *d)
{
	const struct data_rules rules = rules_of(o);
	struct value *v, one;
	int n, chosen = 0;

	if (data_file_needs_input(path))
		return data_file_read_for(&one, &in->signature->input[i], &rules, a, d, path) &&
		       give(in, i, &one, o, a, d);
	if (!data_file_read(&v, &n, a, d, path))
		return false;
	for (int k = 0; k < n; k++)
		if (n > 1 && v[k].name && !strcmp(v[k].name, in->signature->input[i].name))
			chosen = k + 1;
	if (n > 1 && !chosen)
		return diag_error(d, STATUS_MODEL, NULL, "%s holds %d arrays, none called \"%s\"", path, n,
				  in->signature->input[i].name);
	return give(in, i, &v[chosen ? chosen - 1 : 0], o, a, d);
}

static int next_open(const struct inputs *in)
{
	int i = 0;

	while (i < in->signature->n_inputs && in->given[i])
		i++;
	return i;
}

/* "name=file" where no input is called so and no file either. */
static bool no_such_input(const struct inputs *in, const char *argument, struct arena *a, struct diag *d)
{
	struct strbuf b;

	strbuf_init(&b, a);
	for (int i = 0; i < in->signature->n_inputs; i++)
		strbuf_printf(&b, "%s \"%s\"", i ? "," : "", in->signature->input[i].name);
	return diag_error(d, STATUS_USAGE, NULL, "%s: no input is called \"%.*s\"; the model has%s", argument,
			  (int)strcspn(argument, "="), argument, *strbuf_text(&b) ? strbuf_text(&b) : " none");
}

static bool no_more(const struct inputs *in, const char *path, struct diag *d)
{
	return diag_error(d, STATUS_USAGE, NULL, "%s: all inputs of the model (%d) have data already", path,
			  in->signature->n_inputs);
}

/* Arrays by name when all of them are inputs, else in order. */
static bool give_values(struct inputs *in, const struct value *v, int n, const struct options *o, struct arena *a,
			struct diag *d)
{
	bool by_name = true;

	for (int k = 0; k < n; k++)
		by_name &= v[k].name && find_input(in->signature, v[k].name, strlen(v[k].name)) >= 0;
	for (int k = 0; k < n; k++) {
		const int i = by_name ? find_input(in->signature, v[k].name, strlen(v[k].name)) : next_open(in);
		if (i == in->signature->n_inputs)
			return no_more(in, v[k].source, d);
		if (!give(in, i, &v[k], o, a, d))
			return false;
	}
	return true;
}

static bool give_archive(struct inputs *in, const char *path, const struct options *o, struct arena *a, struct diag *d)
{
	struct value *v;
	int n;

	return data_file_read(&v, &n, a, d, path) && give_values(in, v, n, o, a, d);
}

static void begin(struct inputs *in, const struct signature *s, const struct options *o, struct arena *a)
{
	*in = (struct inputs){ .signature = s, .rounds = o->convert, .value = ARENA_ARRAY(a, s->n_inputs, struct value),
			       .given = ARENA_ARRAY(a, s->n_inputs, bool) };
}

static bool check_complete(const struct inputs *in, struct diag *d)
{
	const int i = next_open(in);
	char shape[SHAPE_BYTES];

	if (i == in->signature->n_inputs)
		return true;
	return diag_error(d, STATUS_USAGE, NULL, "no data for input \"%s\", %s %s", in->signature->input[i].name,
			  dtypes[in->signature->input[i].type].name,
			  shape_text(shape, in->signature->input[i].rank, in->signature->input[i].dim));
}

static bool inputs_from_arguments(struct inputs *in, const struct signature *s, const struct options *o,
				  struct arena *a, struct diag *d)
{
	begin(in, s, o, a);
	for (int k = 0; k < o->n_rest; k++) {
		const char *path = o->rest[k], *equals = strchr(path, '=');
		const size_t n = strlen(path);
		int i = equals ? find_input(s, path, (size_t)(equals - path)) : -1;
		bool ok;
		if (equals && i < 0 && access(path, F_OK) != 0) {
			ok = no_such_input(in, path, a, d);
		} else if (i >= 0) {
			ok = give_file(in, i, equals + 1, o, a, d);
		} else if (n > 4 && !strcmp(path + n - 4, ".npz")) {
			ok = give_archive(in, path, o, a, d);
		} else {
			i = next_open(in);
			ok = i < s->n_inputs ? give_file(in, i, path, o, a, d) : no_more(in, path, d);
		}
		if (!ok)
			return false;
	}
	return check_complete(in, d);
}

bool inputs_from_values(struct inputs *in, const struct signature *s, const struct options *o, const struct value *v,
			int n, struct arena *a, struct diag *d)
{
	begin(in, s, o, a);
	return give_values(in, v, n, o, a, d) && check_complete(in, d);
}

bool inputs_from_file(struct inputs *in, const struct signature *s, const struct options *o, const char *path,
		      struct arena *a, struct diag *d)
{
	begin(in, s, o, a);
	return (s->n_inputs ? give_file(in, 0, path, o, a, d) : no_more(in, path, d)) && check_complete(in, d);
}

/* --- folders ------------------------------------------------------------------------------------------------------ */

/* The number in "input_12.npy"; -1: the name is no such. */
static int file_number(const char *name, const char *what)
{
	const size_t n = strlen(what);
	char *end;
	long k;

	if (strncmp(name, what, n) != 0 || name[n] != '_' || name[n + 1] < '0' || name[n + 1] > '9')
		return -1;
	k = strtol(name + n + 1, &end, 10);
	return *end == '.' && k >= 0 && k < MAX_NODE_ARITY ? (int)k : -1;
}

bool numbered_files(const char ***path, int *n, const char *folder, const char *what, struct arena *a, struct diag *d)
{
	const char **v = NULL;
	struct dirent *e;
	DIR *dir = opendir(folder);
	bool ok = true;

	*path = NULL;
	*n = 0;
	if (!dir)
		return diag_error(d, STATUS_ENVIRONMENT, NULL, "cannot read the folder %s: %s", folder,
				  strerror(errno));
	while (ok && (e = readdir(dir))) {
		const int k = file_number(e->d_name, what);
		if (k < 0)
			continue;
		if (k >= *n) {
			v = arena_grow(a, v, (size_t)*n, (size_t)k + 1, sizeof *v);
			*n = k + 1;
		}
		if (v[k])
			ok = diag_error(d, STATUS_MODEL, NULL, "%s: two files are called %s_%d", folder, what, k);
		v[k] = arena_printf(a, "%s/%s", folder, e->d_name);
	}
	closedir(dir);
	*path = v;
	return ok;
}

bool inputs_from_folder(struct inputs *in, const struct signature *s, const struct options *o, const char *folder,
			struct arena *a, struct diag *d)
{
	const char **path;
	int n;

	begin(in, s, o, a);
	if (!numbered_files(&path, &n, folder, "input", a, d))
		return false;
	for (int k = 0; k < n; k++) {
		if (!path[k])
			continue;
		if (k >= s->n_inputs)
			return no_more(in, path[k], d);
		if (!give_file(in, k, path[k], o, a, d))
			return false;
	}
	return check_complete(in, d);
}

/* --- what compilation needs --------------------------------------------------------------------------------------- */

static const struct dim_option *find_dim(const struct options *o, const char *name)
{
	for (int i = 0; i < o->dims.n; i++)
		if (!strcmp(o->dims.v[i].name, name))
			return &o->dims.v[i];
	return NULL;
}

bool inputs_fix_dims(struct options *o, const struct inputs *in, struct arena *a, struct diag *d)
{
	const struct dim_options given = o->dims;
	struct dim_option *v = ARENA_ARRAY(a, given.n, struct dim_option);

	/* The caller's list stays as it is: another case may have other sizes. */
	if (given.n)
		memcpy(v, given.v, (size_t)given.n * sizeof *v);
	o->dims.v = v;
	for (int i = 0; i < in->signature->n_inputs; i++) {
		const struct signature_input *s = &in->signature->input[i];
		for (int k = 0; k < s->rank; k++) {
			const struct dim_option *known = s->symbol[k] ? find_dim(o, s->symbol[k]) : NULL;
			const int64_t size = in->value[i].dim[k];
			if (!s->symbol[k] || (known && size >= known->lo && size <= known->hi))
				continue;
			if (known)
				return diag_error(d, STATUS_MODEL, NULL, "%s: dimension %s is %lld, elsewhere %lld%s",
						  in->value[i].source, s->symbol[k], (long long)size,
						  (long long)known->hi, known->lo < known->hi ? " at most" : "");
			o->dims.v = arena_grow(a, o->dims.v, (size_t)o->dims.n, (size_t)o->dims.n + 1, sizeof *v);
			o->dims.v[o->dims.n++] = (struct dim_option){ s->symbol[k], size, size, NULL };
		}
	}
	return true;
}

bool inputs_read(struct inputs *in, struct options *o, struct arena *a, struct diag *d)
{
	const char *const model = d->file;
	struct signature *s = ARENA_NEW(a, struct signature);

	if (o->data && o->n_rest)
		return diag_error(d, STATUS_USAGE, NULL, "either --data or files, not both");
	if (!caller_inputs(s, o, a, d))
		return false;
	d->file = NULL;                 /* messages about data name the data */
	if (!(o->data ? inputs_from_folder(in, s, o, o->data, a, d) : inputs_from_arguments(in, s, o, a, d)) ||
	    !inputs_fix_dims(o, in, a, d))
		return false;
	d->file = model;
	return true;
}

const struct value *inputs_for_graph(const struct inputs *in, const struct module *m, struct arena *a, struct diag *d)
{
	struct value *v = ARENA_ARRAY(a, module_n_in(m), struct value);

	for (int i = 0; i < module_n_in(m); i++) {
		const struct tensor *t = &m->tensor[m->graph[0].in[i]];
		const char *name = t->name;
		const int k = find_input(in->signature, name, strlen(name));
		if (k < 0)
			die("input \"%s\" is not in the signature", name);
		v[i] = in->value[k];
		if (t->quant && in->signature->input[k].type == DT_F32 && dtypes[v[i].type].class == CLASS_F)
			value_quantise(&v[i], t->type, t->quant, a);
		else if (!value_convert(&v[i], t->type, in->rounds, a, d, name))
			return NULL;
	}
	return v;
}
