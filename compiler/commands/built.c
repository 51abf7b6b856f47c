#include "commands/built.h"

#include <errno.h>
#include <string.h>

#include "commands/harness.h"
#include "commands/process.h"
#include "commands/progress.h"
#include "emit/emit_header.h"
#include "support/arena.h"
#include "targets/target.h"

/* --- building ----------------------------------------------------------------------------------------------------- */

static const char *file_path(const struct built *b, struct arena *a, const char *name)
{
	return arena_printf(a, "%s/%s", b->folder->path, name);
}

static bool write_harness(struct built *b, const char *path, struct arena *a, struct diag *d)
{
	FILE *f = fopen(path, "w");
	bool ok = f != NULL;

	if (f) {
		harness_write(f, &b->c.totals, b->c.module.target, b->options.taps, a);
		ok = !ferror(f);
		ok = fclose(f) == 0 && ok;
	}
	return ok || diag_error(d, STATUS_ENVIRONMENT, NULL, "cannot write %s: %s", path, strerror(errno));
}

/* cc flags… target's flags… -o program main.c model.c model_w0.c … libraries. */
static bool compile_c(struct built *b, struct arena *a, struct diag *d)
{
	static const char *const stage = "C compiler";
	const struct target *t = b->c.module.target;
	const char *main_c = file_path(b, a, arena_printf(a, "%s_main.c", b->stem));
	struct words w;
	bool ok;

	if (!write_harness(b, main_c, a, d))
		return false;
	words_init(&w, a);
	words_split(&w, b->options.cc ? b->options.cc : t->cc);
	words_split(&w, b->options.cflags);
	words_split(&w, t->cflags);
	words_add(&w, "-o");
	words_add(&w, b->program);
	words_add(&w, main_c);
	words_add(&w, b->options.output);
	for (int k = 0; k < b->c.totals.n_weight_files; k++)
		words_add(&w, file_path(b, a, arena_printf(a, "%s_w%d.c", b->stem, k)));
	words_split(&w, t->link_flags);
	progress_begin(&stage);
	ok = process_run(&w, NULL, true, "C compiler", a, d);
	progress_end();
	return ok;
}

bool built_make(struct built *b, const struct options *o, const struct folder *f, int number, struct arena *a,
		struct arena *scratch, struct diag *d)
{
	bool ok;

	*b = (struct built){ .options = *o, .folder = f, .stem = arena_printf(a, "model_%d", number) };
	b->options.output = file_path(b, a, arena_printf(a, "%s.c", b->stem));
	b->options.name = b->stem;
	b->options.arena = ARENA_STATIC;
	b->options.weights = 0;
	b->options.depfile = false;
	b->program = file_path(b, a, arena_printf(a, "%s_program", b->stem));
	progress_begin((const char *const volatile *)&b->c.stage);
	ok = compile_model(&b->c, &b->options, a, scratch, d) && compile_emit(&b->c, &b->options, NULL);
	progress_end();
	if (!ok)
		return false;
	b->runner = o->runner ? o->runner : b->c.module.target->runner;
	return compile_c(b, a, d);
}

/* --- run-time dimensions ------------------------------------------------------------------------------------------ */

enum { MAX_BINDINGS = 256 };

struct bindings {
	const char *name[MAX_BINDINGS];
	struct num var[MAX_BINDINGS];
	int64_t value[MAX_BINDINGS];
	int n;
	int64_t next;           /* value of what is bound next */
	struct diag *d;
	bool ok;
};

static void bind(void *ctx, struct num var, const char *name)
{
	struct bindings *b = ctx;

	for (int i = 0; i < b->n; i++)
		if (!strcmp(b->name[i], name))
			return;
	if (b->n == MAX_BINDINGS) {
		b->ok = diag_error(b->d, STATUS_UNSUPPORTED, NULL, "more than %d run-time dimensions", MAX_BINDINGS);
		return;
	}
	b->name[b->n] = name;
	b->var[b->n] = var;
	b->value[b->n++] = b->next;
}

static int64_t bound_value(const struct bindings *b, const char *name)
{
	for (int i = 0; i < b->n; i++)
		if (!strcmp(b->name[i], name))
			return b->value[i];
	return -1;
}

static int64_t dim_value(const struct module *m, const struct bindings *b, struct num dim)
{
	return num_is_const(dim) ? dim.n : num_eval(&m->nums, dim, b->var, b->value, b->n);
}

/* A dimension of an input is a number or one variable. */
static bool bind_inputs(struct built *b, const struct value *in, struct bindings *x, struct diag *d)
{
	const struct module *m = &b->c.module;
	char seen[SHAPE_BYTES], wanted[SHAPE_BYTES];

	*x = (struct bindings){ .d = d, .ok = true };
	for (int i = 0; i < m->graph[0].n_in; i++) {
		const struct tensor *t = &m->tensor[m->graph[0].in[i]];
		for (int k = 0; k < t->rank; k++) {
			x->next = in[i].dim[k];
			num_each_var(&m->nums, t->dim[k], bind, x);
		}
	}
	for (int i = 0; i < x->n && x->ok; i++)
		if (x->value[i] < num_lo(&m->nums, x->var[i]) || x->value[i] > num_hi(&m->nums, x->var[i]))
			x->ok = diag_error(d, STATUS_MODEL, NULL, "dimension %s is %lld, bounds are %lld to %lld",
					   x->name[i], (long long)x->value[i], (long long)num_lo(&m->nums, x->var[i]),
					   (long long)num_hi(&m->nums, x->var[i]));
	for (int i = 0; i < m->graph[0].n_in && x->ok; i++) {
		const struct tensor *t = &m->tensor[m->graph[0].in[i]];
		int64_t dim[MAX_RANK];
		bool same = t->rank == in[i].rank;
		for (int k = 0; k < t->rank; k++) {
			dim[k] = dim_value(m, x, t->dim[k]);
			same = same && dim[k] == in[i].dim[k];
		}
		if (!same)
			x->ok = diag_error(d, STATUS_MODEL, NULL, "%s: shape %s, input \"%s\" has %s", in[i].source,
					   shape_text(seen, in[i].rank, in[i].dim), t->name,
					   shape_text(wanted, t->rank, dim));
	}
	return x->ok;
}

/* --- requests ----------------------------------------------------------------------------------------------------- */

enum { REQUEST_END, REQUEST_RUN, REQUEST_TIME };
enum { RESPONSE_TAP = 1, RESPONSE_DONE };

struct channel {
	FILE *f;
	bool swaps;             /* the program's bytes are the other way round */
	bool ok;
};

static void put_word(struct channel *c, uint32_t word)
{
	if (c->swaps)
		bytes_swap((unsigned char *)&word, 1, 4);
	c->ok &= fwrite(&word, 4, 1, c->f) == 1;
}

static uint32_t get_word(struct channel *c)
{
	uint32_t word = 0;

	c->ok &= fread(&word, 4, 1, c->f) == 1;
	if (c->swaps)
		bytes_swap((unsigned char *)&word, 1, 4);
	return word;
}

static void put_value(struct channel *c, const struct value *v, struct arena *a)
{
	const int size = dtypes[v->type].bytes;
	unsigned char *bytes = v->bytes;

	if (c->swaps && size > 1) {
		bytes = arena_array(a, (size_t)v->n, (size_t)size);
		memcpy(bytes, v->bytes, (size_t)(v->n * size));
		bytes_swap(bytes, v->n, size);
	}
	put_word(c, (uint32_t)(v->n * size));
	if (v->n)
		c->ok &= fwrite(bytes, (size_t)size, (size_t)v->n, c->f) == (size_t)v->n;
}

static struct channel channel_open(struct built *b, const char *name, const char *mode, struct arena *a)
{
	struct channel c;

	errno = 0;
	c.f = fopen(file_path(b, a, name), mode);

	c.ok = c.f != NULL;
	c.swaps = b->c.module.target->is_big_endian != host_is_big_endian();
	return c;
}

static bool put_call(struct built *b, struct channel *c, uint32_t what, const struct value *in,
		     const struct bindings *x, struct arena *a, struct diag *d)
{
	struct module *m = &b->c.module;
	const struct graph *g = &m->graph[0];

	put_word(c, what);
	for (int i = 0; i < b->c.totals.n_params; i++)
		if (b->c.totals.params[i].kind == PARAM_DIM)
			put_word(c, (uint32_t)bound_value(x, b->c.totals.params[i].name));
	for (int i = 0; i < g->n_in; i++) {
		if (in[i].n * dtypes[in[i].type].bytes > INT32_MAX)
			return diag_error(d, STATUS_UNSUPPORTED, NULL, "input \"%s\" has more than 2 GB",
					  m->tensor[g->in[i]].name);
		put_value(c, &in[i], a);
	}
	for (int i = 0; i < g->n_out; i++) {
		const int64_t bytes = tensor_bytes(m, g->out[i]);
		if (bytes > INT32_MAX)
			return diag_error(d, STATUS_UNSUPPORTED, NULL, "output \"%s\" has more than 2 GB",
					  m->tensor[g->out[i]].name);
		put_word(c, (uint32_t)bytes);
	}
	return true;
}

static bool run_program(struct built *b, struct arena *a, struct diag *d)
{
	static const char *const stage = "running the model";
	struct words w;
	bool ok;

	words_init(&w, a);
	words_split(&w, b->runner);
	words_make_absolute(&w);
	words_add(&w, b->program);
	progress_begin(&stage);
	ok = process_run(&w, b->folder->path, true, "the compiled model", a, d);
	progress_end();
	return ok;
}

static bool channel_failed(struct diag *d, const char *what)
{
	return diag_error(d, STATUS_ENVIRONMENT, NULL, "cannot %s the compiled model's data: %s", what,
			  errno ? strerror(errno) : "it ends early");
}

static bool channel_close(struct channel *c, struct diag *d, const char *what)
{
	bool ok = c->ok;

	if (c->f)
		ok = fclose(c->f) == 0 && ok;
	return ok || channel_failed(d, what);
}

/* --- responses ---------------------------------------------------------------------------------------------------- */

static bool get_elements(struct channel *c, struct value *v, struct arena *a)
{
	const int size = dtypes[v->type].bytes;

	v->bytes = arena_array(a, (size_t)v->n, (size_t)size);
	if (v->n)
		c->ok &= fread(v->bytes, (size_t)size, (size_t)v->n, c->f) == (size_t)v->n;
	if (c->swaps)
		bytes_swap(v->bytes, v->n, size);
	return c->ok;
}

static const char *get_text(struct channel *c, struct arena *a)
{
	const uint32_t n = get_word(c);
	char *text;

	if (!c->ok || n > MAX_NAME_BYTES) {
		c->ok = false;
		return "";
	}
	text = arena_alloc(a, (size_t)n + 1);
	c->ok &= fread(text, 1, n, c->f) == n;
	return text;
}

static bool get_tap(struct channel *c, struct answer *r, struct arena *a, struct diag *d)
{
	struct tapped t = { .tensor = get_text(c, a), .value = { .source = "tap" } };
	const char *type = get_text(c, a);
	int64_t dim[MAX_RANK];
	uint32_t rank;

	get_word(c);
	rank = get_word(c);
	for (int k = DT_NONE + 1; k < N_DTYPES; k++)
		if (!strcmp(dtypes[k].name, type))
			t.value.type = (enum dtype)k;
	if (!c->ok || rank > MAX_RANK || t.value.type == DT_NONE)
		return false;
	for (uint32_t k = 0; k < rank; k++)
		dim[k] = get_word(c);
	if (!value_shape(&t.value, a, d, (int)rank, dim) || !get_elements(c, &t.value, a))
		return false;
	r->tap = ARENA_PUSH(a, r->tap, r->n_taps, struct tapped);
	r->tap[r->n_taps++] = t;
	return true;
}

/* The whole capacity was written; the shape says how much of it counts. */
static bool get_output(struct built *b, struct channel *c, int t, const struct bindings *x, struct value *v,
		       struct arena *a, struct diag *d)
{
	struct module *m = &b->c.module;
	const struct tensor *s = &m->tensor[t];
	const int64_t capacity = tensor_bytes(m, t);
	int64_t dim[MAX_RANK];

	*v = (struct value){ .name = s->name, .source = s->name, .type = s->type };
	for (int k = 0; k < s->rank; k++)
		dim[k] = dim_value(m, x, s->dim[k]);
	if (!value_shape(v, a, d, s->rank, dim) || v->n * dtypes[v->type].bytes > capacity || !get_elements(c, v, a))
		return false;
	return fseek(c->f, (long)(capacity - v->n * dtypes[v->type].bytes), SEEK_CUR) == 0;
}

static bool get_answer(struct built *b, struct channel *c, struct bindings *x, struct answer *r, struct arena *a,
		       struct diag *d)
{
	const struct graph *g = &b->c.module.graph[0];
	uint32_t what;

	*r = (struct answer){ .n_out = g->n_out, .out = ARENA_ARRAY(a, g->n_out, struct value) };
	while ((what = get_word(c)) == RESPONSE_TAP && c->ok)
		if (!get_tap(c, r, a, d))
			return false;
	if (what != RESPONSE_DONE)
		return false;
	if (get_word(c) != 0)
		return diag_error(d, STATUS_MODEL, NULL, "the compiled model refuses the dimensions");
	for (int i = 0; i < b->c.totals.n_params; i++)
		if (b->c.totals.params[i].kind == PARAM_DIM_OUT) {
			const char *name = b->c.totals.params[i].name;
			x->next = get_word(c);
			for (int k = 0; k < g->n_out; k++)
				for (int j = 0; j < b->c.module.tensor[g->out[k]].rank; j++)
					num_each_var(&b->c.module.nums, b->c.module.tensor[g->out[k]].dim[j], bind, x);
			for (int k = 0; k < x->n; k++)
				if (!strcmp(x->name[k], name))
					x->value[k] = x->next;
		}
	for (int i = 0; i < g->n_out; i++)
		if (!get_output(b, c, g->out[i], x, &r->out[i], a, d))
			return false;
	return c->ok;
}

bool built_run(struct built *b, const struct value *const *inputs, int n, struct answer *answers, struct arena *a,
	       struct diag *d)
{
	struct bindings *x = ARENA_ARRAY(a, n, struct bindings);
	struct channel c = channel_open(b, "request.bin", "wb", a);
	bool ok = c.ok;

	for (int k = 0; ok && k < n; k++)
		ok = bind_inputs(b, inputs[k], &x[k], d) && put_call(b, &c, REQUEST_RUN, inputs[k], &x[k], a, d);
	if (ok)
		put_word(&c, REQUEST_END);
	if (!channel_close(&c, d, "write") || !ok || !run_program(b, a, d))
		return false;
	c = channel_open(b, "response.bin", "rb", a);
	for (int k = 0; c.ok && k < n; k++)
		c.ok = get_answer(b, &c, &x[k], &answers[k], a, d);
	if (c.f)
		fclose(c.f);
	return c.ok || d->status != STATUS_OK || channel_failed(d, "read");
}

static double get_seconds(struct channel *c)
{
	const uint32_t low = get_word(c), high = get_word(c);

	return 1e-9 * ((double)low + 0x1p32 * (double)high);
}

bool built_time(struct built *b, const struct value *inputs, int64_t repeats, struct timing *t, struct arena *a,
		struct diag *d)
{
	struct bindings *x = ARENA_NEW(a, struct bindings);
	struct channel c = channel_open(b, "request.bin", "wb", a);
	bool ok = c.ok && bind_inputs(b, inputs, x, d) && put_call(b, &c, REQUEST_TIME, inputs, x, a, d);

	if (ok) {
		put_word(&c, (uint32_t)(repeats < INT32_MAX ? repeats : INT32_MAX));
		put_word(&c, REQUEST_END);
	}
	if (!channel_close(&c, d, "write") || !ok || !run_program(b, a, d))
		return false;
	*t = (struct timing){ .n_steps = b->options.taps ? b->c.totals.n_steps : 0 };
	c = channel_open(b, "response.bin", "rb", a);
	if (c.ok && get_word(&c) == RESPONSE_DONE && get_word(&c) == 0) {
		t->repeats = (int)get_word(&c);
		t->run = ARENA_ARRAY(a, t->repeats, double);
		t->step = ARENA_ARRAY(a, (int64_t)t->repeats * t->n_steps, double);
		for (int i = 0; c.ok && i < t->repeats; i++)
			t->run[i] = get_seconds(&c);
		for (int64_t i = 0; c.ok && i < (int64_t)t->repeats * t->n_steps; i++)
			t->step[i] = get_seconds(&c);
		ok = c.ok && t->repeats > 0;
	} else {
		ok = false;
	}
	if (c.f)
		fclose(c.f);
	return ok || channel_failed(d, "read");
}
