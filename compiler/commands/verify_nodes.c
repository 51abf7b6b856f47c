/* nnc verify --nodes: where a difference begins. */
#include <stdio.h>
#include <string.h>

#include "commands/compare.h"
#include "commands/quantised.h"
#include "commands/verify_nodes.h"
#include "emit/emit_tap.h"
#include "steps/fuse.h"
#include "ops/ops.h"
#include "passes/pass.h"
#include "support/arena.h"

/* Rounding differs more from node to node than it may at the outputs: sums of other order feed the next sums. */
static const double looseness = 10;

/* Passes over the graph without which lowering does not work or would mean something else. */
static const char *const needed[] = { "infer", "words", "inline-if", "edges", "integers", "layout", "views" };

static bool is_needed(const char *name)
{
	for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
		if (!strncmp(name, needed[i], strlen(needed[i])))
			return true;
	return false;
}

/* --skip-pass of the plain build: all that rewrites or fuses. */
static const char *plain_passes(struct arena *a)
{
	struct strbuf b;

	strbuf_init(&b, a);
	for (int i = 0; i < n_passes; i++)
		if (!is_needed(passes[i].name))
			strbuf_printf(&b, "%s%s", b.size ? "," : "", passes[i].name);
	for (int i = 0; i < n_step_passes; i++)
		strbuf_printf(&b, "%s%s", b.size ? "," : "", step_passes[i].name);
	return strbuf_text(&b);
}

/* What a tap is compared with: a loop taps the same tensor once a turn. */
struct reference {
	struct map at;          /* name and turn -> index of a tap */
	const struct answer *plain;
};

static const char *turn_key(struct arena *a, struct map *turns, const char *tensor)
{
	const int64_t turn = map_get_name(turns, tensor, 0);

	map_set_name(turns, tensor, turn + 1);
	return arena_printf(a, "%lld %s", (long long)turn, tensor);
}

static void reference_init(struct reference *r, const struct answer *plain, struct arena *a)
{
	struct map turns;

	map_init(&turns, a);
	map_init(&r->at, a);
	r->plain = plain;
	for (int i = 0; i < plain->n_taps; i++)
		if (*plain->tap[i].tensor)
			map_set_name(&r->at, turn_key(a, &turns, plain->tap[i].tensor), i);
}

/* The node that makes the tensor which taps call by this name. */
static int node_of(const struct module *m, const char *tensor, struct arena *a)
{
	for (int t = 0; t < m->n_tensors; t++)
		if (m->tensor[t].producer >= 0 && !strcmp(tap_name(a, m->tensor[t].name), tensor))
			return m->tensor[t].producer;
	return -1;
}

/* The output of that name of which something is expected, or -1. */
static int expected(const struct case_data *c, const struct answer *r, const char *tensor, struct arena *a)
{
	for (int k = 0; k < r->n_out && k < c->n_outputs; k++)
		if (c->output[k] && !strcmp(tap_name(a, r->out[k].name), tensor))
			return k;
	return -1;
}

/* Bytes that pass_byte_signs turned, as the plain build has them. */
static void turn_back(struct value *v, const struct value *wanted, struct arena *a)
{
	unsigned char *bytes;

	if (!(v->type == DT_I8 && wanted->type == DT_U8) && !(v->type == DT_U8 && wanted->type == DT_I8))
		return;
	bytes = arena_array(a, (size_t)v->n, 1);
	for (int64_t i = 0; i < v->n; i++)
		bytes[i] = v->bytes[i] ^ 0x80;
	v->type = wanted->type;
	v->bytes = bytes;
}

static bool report(const struct case_data *c, struct built *b, const struct tapped *t, const struct value *wanted,
		   const struct difference *x, const char *from, struct arena *a, struct diag *d)
{
	const struct module *m = &b->c.module;
	const int node = node_of(m, t->tensor, a);
	const struct place at = node >= 0 ? node_place(m, node) : (struct place){ 0 };
	char shape[2][SHAPE_BYTES], number[2][SHAPE_BYTES];

	if (!x->same_form)
		return diag_error(d, STATUS_DIFFERS, &at, "%s: first difference: \"%s\" is %s %s, %s: %s %s", c->folder,
				  t->tensor, dtypes[t->value.type].name,
				  shape_text(shape[0], t->value.rank, t->value.dim), from, dtypes[wanted->type].name,
				  shape_text(shape[1], wanted->rank, wanted->dim));
	return diag_error(d, STATUS_DIFFERS, &at,
			  "%s: first difference: \"%s\" %s %s: %lld of %lld elements; the worst, %s, is %s, %s: %s",
			  c->folder, t->tensor, dtypes[t->value.type].name,
			  shape_text(shape[0], t->value.rank, t->value.dim), (long long)x->n_beyond,
			  (long long)t->value.n, index_text(shape[1], &t->value, x->worst),
			  value_text(number[0], &t->value, x->worst), from, value_text(number[1], wanted, x->worst));
}

static bool compare_taps(const struct case_data *c, struct built *b, const struct answer *r, const struct answer *plain,
			 struct arena *a, struct diag *d)
{
	const struct tolerance loose = tolerance_of(&c->options, looseness),
			       close = tolerance_of(&c->options, 1);
	struct reference ref;
	struct map turns;
	int n = 0;

	reference_init(&ref, plain, a);
	map_init(&turns, a);
	for (int i = 0; i < r->n_taps; i++) {
		const struct tapped *t = &r->tap[i];
		const int output = expected(c, r, t->tensor, a);
		const int64_t same = *t->tensor ? map_get_name(&ref.at, turn_key(a, &turns, t->tensor), -1) : -1;
		struct difference x;
		if (same >= 0) {
			struct tapped seen = *t;
			turn_back(&seen.value, &plain->tap[same].value, a);
			compare_values(&x, &seen.value, &plain->tap[same].value, &loose);
			if (!x.same_form || x.n_beyond)
				return report(c, b, &seen, &plain->tap[same].value, &x, "in the plain build", a, d);
		}
		if (output >= 0) {
			struct tapped seen = *t;
			value_as(&seen.value, b, output, c->output[output], a);
			compare_values(&x, &seen.value, c->output[output], &close);
			if (!x.same_form || x.n_beyond)
				return report(c, b, &seen, c->output[output], &x, "expected", a, d);
		}
		n += same >= 0 || output >= 0;
	}
	printf("%s: %d results of nodes agree%s\n", c->folder, n,
	       n < r->n_taps ? "; those inside fused steps are not seen" : "");
	return true;
}

bool verify_nodes(struct case_data *const *cases, int n, const struct folder *f, int number, struct arena *a,
		  struct arena *scratch, struct diag *d)
{
	struct built *tested = ARENA_NEW(a, struct built), *plain = ARENA_NEW(a, struct built);
	struct options o = cases[0]->options, p = o;
	const struct value **values = ARENA_ARRAY(a, n, const struct value *);
	struct answer *seen = ARENA_ARRAY(a, n, struct answer), *wanted = ARENA_ARRAY(a, n, struct answer);

	o.taps = p.taps = true;
	p.target = "generic";
	p.fp = FP_STRICT;
	p.skip_pass = plain_passes(a);
	p.cc = NULL;
	p.runner = NULL;
	if (!built_make(tested, &o, f, number, a, scratch, d) || !built_make(plain, &p, f, number + 1, a, scratch, d))
		return false;
	for (int k = 0; k < n; k++)
		if (!(values[k] = inputs_for_graph(&cases[k]->in, &tested->c.module, a, d)))
			return false;
	if (!built_run(tested, values, n, seen, a, d) || !built_run(plain, values, n, wanted, a, d))
		return false;
	for (int k = 0; k < n; k++)
		if (!compare_taps(cases[k], tested, &seen[k], &wanted[k], a, d))
			return false;
	return true;
}
