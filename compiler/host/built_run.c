/* The program that built_make() made, on data: what is asked of it, and what it answers. */
#include <string.h>

#include "host/built.h"
#include "host/built_request.h"
#include "host/channel.h"
#include "host/process.h"
#include "host/progress.h"
#include "emit/emit_header.h"
#include "support/arena.h"
#include "targets/target.h"

/* --- run-time dimensions ------------------------------------------------------------------------------------------ */

enum { MAX_BINDINGS = 256 };

struct bindings {
	const char *name[MAX_BINDINGS];
	struct num var[MAX_BINDINGS];
	int64_t value[MAX_BINDINGS];
	int n;
	struct num size[MAX_BINDINGS];
	int64_t size_value[MAX_BINDINGS];
	int n_sizes;
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

/* A size that the program returns: an expression that is looked up as a whole. */
static void bind_size(struct bindings *b, struct num size, int64_t value)
{
	for (int i = 0; i < b->n_sizes; i++)
		if (num_same(b->size[i], size)) {
			b->size_value[i] = value;
			return;
		}
	if (b->n_sizes == MAX_BINDINGS) {
		b->ok = diag_error(b->d, STATUS_UNSUPPORTED, NULL, "more than %d run-time dimensions", MAX_BINDINGS);
		return;
	}
	b->size[b->n_sizes] = size;
	b->size_value[b->n_sizes++] = value;
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
	for (int i = 0; i < b->n_sizes; i++)
		if (num_same(b->size[i], dim))
			return b->size_value[i];
	return num_is_const(dim) ? dim.n : num_eval(&m->nums, dim, b->var, b->value, b->n);
}

/* A dimension of an input is a number or one variable. */
static bool bind_inputs(struct built *b, const struct value *in, struct bindings *x, struct diag *d)
{
	const struct module *m = &b->c.module;
	char seen[SHAPE_BYTES], wanted[SHAPE_BYTES];

	*x = (struct bindings){ .d = d, .ok = true };
	for (int i = 0; i < module_n_in(m); i++) {
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
	for (int i = 0; i < module_n_in(m) && x->ok; i++) {
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

/* --- requests and responses --------------------------------------------------------------------------------------- */

enum { REQUEST_END, REQUEST_RUN, REQUEST_TIME, REQUEST_COUNT };
enum { RESPONSE_TAP = 1, RESPONSE_DONE };

static struct channel open_file(const struct built *b, const char *name, const char *mode, struct arena *a)
{
	return channel_open(folder_path(b->folder, name, a), mode,
			    b->c.module.target->is_big_endian != host_is_big_endian());
}

static bool put_call(struct built *b, struct channel *c, uint32_t what, const struct value *in,
		     const struct bindings *x, struct arena *a, struct diag *d)
{
	struct module *m = &b->c.module;
	const struct graph *g = &m->graph[0];

	channel_put_word(c, what);
	for (int i = 0; i < b->c.totals.n_params; i++)
		if (b->c.totals.params[i].kind == PARAM_DIM)
			channel_put_word(c, (uint32_t)bound_value(x, b->c.totals.params[i].original));
	for (int i = 0; i < module_n_in(m); i++) {
		if (in[i].n * dtypes[in[i].type].bytes > INT32_MAX)
			return diag_error(d, STATUS_UNSUPPORTED, NULL, "input \"%s\" has more than 2 GB",
					  m->tensor[g->in[i]].name);
		channel_put_value(c, &in[i], a);
	}
	for (int i = 0; i < module_n_out(m); i++) {
		const int64_t bytes = tensor_bytes(m, g->out[i]);
		if (bytes > INT32_MAX)
			return diag_error(d, STATUS_UNSUPPORTED, NULL, "output \"%s\" has more than 2 GB",
					  m->tensor[g->out[i]].name);
		channel_put_word(c, (uint32_t)bytes);
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

static bool get_tap(struct channel *c, struct answer *r, struct arena *a, struct diag *d)
{
	struct tapped t = { .tensor = channel_get_text(c, a), .value = { .source = "tap" } };
	const char *type = channel_get_text(c, a);
	int64_t dim[MAX_RANK];
	uint32_t rank;

	channel_get_word(c);
	rank = channel_get_word(c);
	for (int k = DT_NONE + 1; k < N_DTYPES; k++)
		if (!strcmp(dtypes[k].name, type))
			t.value.type = (enum dtype)k;
	if (!c->ok || rank > MAX_RANK || t.value.type == DT_NONE)
		return false;
	for (uint32_t k = 0; k < rank; k++)
		dim[k] = channel_get_word(c);
	if (!value_shape(&t.value, a, d, (int)rank, dim) || !channel_get_elements(c, &t.value, a))
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
	if (!value_shape(v, a, d, s->rank, dim) || v->n * dtypes[v->type].bytes > capacity ||
	    !channel_get_elements(c, v, a))
		return false;
	return fseek(c->f, (long)(capacity - v->n * dtypes[v->type].bytes), SEEK_CUR) == 0;
}

static bool get_answer(struct built *b, struct channel *c, struct bindings *x, struct answer *r, struct arena *a,
		       struct diag *d)
{
	const struct graph *g = &b->c.module.graph[0];
	const int n_out = module_n_out(&b->c.module);
	uint32_t what;

	*r = (struct answer){ .n_out = n_out, .out = ARENA_ARRAY(a, n_out, struct value) };
	while ((what = channel_get_word(c)) == RESPONSE_TAP && c->ok)
		if (!get_tap(c, r, a, d))
			return false;
	if (what != RESPONSE_DONE)
		return false;
	if (channel_get_word(c) != 0)
		return diag_error(d, STATUS_MODEL, NULL, "the compiled model refuses the dimensions");
	for (int i = 0; i < b->c.totals.n_params; i++)
		if (b->c.totals.params[i].kind == PARAM_DIM_OUT)
			bind_size(x, b->c.totals.params[i].size, channel_get_word(c));
	for (int i = 0; i < n_out; i++)
		if (!get_output(b, c, g->out[i], x, &r->out[i], a, d))
			return false;
	return c->ok;
}

bool built_run(struct built *b, const struct value *const *inputs, int n, struct answer *answers, struct arena *a,
	       struct diag *d)
{
	struct bindings *x = ARENA_ARRAY(a, n, struct bindings);
	struct channel c = open_file(b, "request.bin", "wb", a);
	bool ok = c.ok;

	for (int k = 0; ok && k < n; k++)
		ok = bind_inputs(b, inputs[k], &x[k], d) && put_call(b, &c, REQUEST_RUN, inputs[k], &x[k], a, d);
	if (ok)
		channel_put_word(&c, REQUEST_END);
	if (!channel_close(&c, d, "write") || !ok || !run_program(b, a, d))
		return false;
	c = open_file(b, "response.bin", "rb", a);
	for (int k = 0; c.ok && k < n; k++)
		c.ok = get_answer(b, &c, &x[k], &answers[k], a, d);
	if (c.f)
		fclose(c.f);
	return c.ok || d->status != STATUS_OK || channel_failed(d, "read");
}

bool built_time(struct built *b, const struct value *inputs, int64_t repeats, struct timing *t, struct arena *a,
		struct diag *d)
{
	struct bindings *x = ARENA_NEW(a, struct bindings);
	struct channel c = open_file(b, "request.bin", "wb", a);
	bool ok = c.ok && bind_inputs(b, inputs, x, d) && put_call(b, &c, REQUEST_TIME, inputs, x, a, d);

	if (ok) {
		channel_put_word(&c, (uint32_t)(repeats < INT32_MAX ? repeats : INT32_MAX));
		channel_put_word(&c, REQUEST_END);
	}
	if (!channel_close(&c, d, "write") || !ok || !run_program(b, a, d))
		return false;
	*t = (struct timing){ .n_steps = b->options.taps ? b->c.totals.n_steps : 0 };
	c = open_file(b, "response.bin", "rb", a);
	if (c.ok && channel_get_word(&c) == RESPONSE_DONE && channel_get_word(&c) == 0) {
		t->repeats = (int)channel_get_word(&c);
		t->run = ARENA_ARRAY(a, t->repeats, double);
		t->step = ARENA_ARRAY(a, (int64_t)t->repeats * t->n_steps, double);
		for (int i = 0; c.ok && i < t->repeats; i++)
			t->run[i] = channel_get_seconds(&c);
		for (int64_t i = 0; c.ok && i < (int64_t)t->repeats * t->n_steps; i++)
			t->step[i] = channel_get_seconds(&c);
		ok = c.ok && t->repeats > 0;
	} else {
		ok = false;
	}
	if (c.f)
		fclose(c.f);
	return ok || channel_failed(d, "read");
}

bool built_run_counted(struct built *b, const struct value *inputs, struct arena *a, struct diag *d)
{
	struct bindings *x = ARENA_NEW(a, struct bindings);
	struct channel c = open_file(b, "request.bin", "wb", a);
	bool ok = c.ok && bind_inputs(b, inputs, x, d) && put_call(b, &c, REQUEST_COUNT, inputs, x, a, d);

	if (ok)
		channel_put_word(&c, REQUEST_END);
	return channel_close(&c, d, "write") && ok && run_program(b, a, d);
}
