#include "budget.h"

#include "ops/ops.h"
#include "options.h"
#include "support/name.h"

enum { MAX_NAMED = 3 };

static const char *tensor_text(const struct module *m, int t)
{
	const struct tensor *x = &m->tensor[t];

	if (*x->name)
		return arena_printf(m->scratch, "\"%s\"", name_text(m->scratch, x->name));
	if (x->producer < 0)
		return "scratch";
	return arena_printf(m->scratch, "a result of \"%s\"", name_text(m->scratch, m->node[x->producer].name));
}

/* What lives at the peak of its pool and takes more than an eighth of it. */
static bool is_named(const struct plan *p, const struct buffer *x)
{
	return plan_is_at_peak(p, x) && x->size_bytes * 8 > p->pool[x->pool].arena_bytes;
}

/* The first buffer named before i that shares bytes with it; -1: there is none. */
static int shares_with(const struct plan *p, int i)
{
	const struct buffer *x = &p->buffer[i];

	for (int k = 0; k < i; k++) {
		const struct buffer *y = &p->buffer[k];
		if (y->pool == x->pool && is_named(p, y) && x->offset < y->offset + y->size_bytes &&
		    y->offset < x->offset + x->size_bytes)
			return k;
	}
	return -1;
}

/* "; at its peak, step 7, 1024 for "a", 512 for "b" in the place of "a"". */
static void name_peak(const struct module *m, const struct plan *p, int pool, struct strbuf *out)
{
	strbuf_printf(out, "; at its peak, step %d", p->pool[pool].peak_step);
	for (int i = 0; i < p->n_buffers; i++) {
		const struct buffer *x = &p->buffer[i];
		int other;

		if (x->pool != pool || !is_named(p, x))
			continue;
		strbuf_printf(out, ", %lld for %s", (long long)x->size_bytes, tensor_text(m, p->tensor_of[i]));
		other = shares_with(p, i);
		if (other >= 0)
			strbuf_printf(out, " in the place of %s", tensor_text(m, p->tensor_of[other]));
	}
}

bool budget_ram(const struct module *m, const struct plan *p, int64_t plain_bytes)
{
	const int64_t limit = m->options->ram_limit;
	int64_t bytes = plain_bytes;
	struct strbuf b;

	for (int i = 0; i < p->n_pools; i++)
		bytes += p->pool[i].arena_bytes;
	if (!limit || bytes <= limit)
		return true;
	strbuf_init(&b, m->scratch);
	for (int i = 0; i < p->n_pools; i++)
		name_peak(m, p, i, &b);
	return diag_error(m->diag, STATUS_DIFFERS, NULL, "arena%s: %lld bytes, limit %lld%s",
			  plain_bytes ? " and constants that --protect makes plain" : "", (long long)bytes,
			  (long long)limit, strbuf_text(&b));
}

/* --- constants ---------------------------------------------------------------------------------------------------- */

struct need {
	int node;
	int64_t bytes;
};

/* The nodes that read most bytes of constants, falling; a constant counts for its first reader. */
struct needs {
	const struct module *m;
	bool *counted;          /* by tensor */
	struct need now;        /* of the step that is looked at */
	struct need most[MAX_NAMED + 1];
	int n;
};

static void add_constant(void *ctx, int t, enum arg_kind kind)
{
	struct needs *s = ctx;
	const int base = s->m->tensor[t].base;
	const struct tensor *x = &s->m->tensor[base];

	(void)kind;
	if (!x->data || s->counted[base])
		return;
	s->counted[base] = true;
	s->now.bytes += tensor_bytes(s->m, base);
}

static void keep_most(struct needs *s)
{
	int k = s->n;

	if (!s->now.bytes)
		return;
	for (; k > 0 && s->most[k - 1].bytes < s->now.bytes; k--)
		s->most[k] = s->most[k - 1];
	s->most[k] = s->now;
	s->n += s->n < MAX_NAMED;
}

/* Depth is bounded by MAX_NESTING. */
static void visit_block(struct needs *s, const struct block *b)
{
	for (int i = 0; i < b->n; i++) {
		const struct step *x = &b->step[i];
		if (step_is_control(x)) {
			visit_block(s, &x->body[0]);
			visit_block(s, &x->body[1]);
			continue;
		}
		s->now = (struct need){ .node = x->node };
		step_each_tensor(s->m, x, add_constant, s);
		keep_most(s);
	}
}

bool budget_flash(const struct module *m, const struct block *b, int64_t bytes)
{
	const int64_t limit = m->options->flash_limit;
	struct needs s = { .m = m };
	struct strbuf text;

	if (!limit || bytes <= limit)
		return true;
	s.counted = ARENA_ARRAY(m->scratch, m->n_tensors, bool);
	visit_block(&s, b);
	strbuf_init(&text, m->scratch);
	for (int i = 0; i < s.n; i++)
		if (s.most[i].node >= 0)
			strbuf_printf(&text, "%s%lld for %s \"%s\"", text.size ? ", " : "; of them ",
				      (long long)s.most[i].bytes, m->node[s.most[i].node].op->name,
				      name_text(m->scratch, m->node[s.most[i].node].name));
	return diag_error(m->diag, STATUS_DIFFERS, NULL, "constants: %lld bytes, limit %lld%s", (long long)bytes,
			  (long long)limit, strbuf_text(&text));
}
