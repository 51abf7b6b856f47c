#include "emit/emit_steps.h"

#include <ctype.h>
#include <string.h>

#include "emit/emit_call.h"
#include "emit/emit_nest.h"
#include "emit/emit_tap.h"
#include "ops/ops.h"
#include "options.h"
#include "targets/target.h"

const char *const program_reserved[] = { "memory", "none", "p", "n", "acc", "at", "ctx", "arena", NULL };

static const char *text_of(struct module *m, struct num v)
{
	struct strbuf b;

	strbuf_init(&b, m->scratch);
	num_print(&m->nums, v, &b);
	return strbuf_text(&b);
}

/* --- Where tensors are -------------------------------------------------------------------------------------------- */

/* C expression of the address of tensor t's first element inside model_run. */
static const char *pointer_text(struct program *p, int t)
{
	struct module *m = p->m;
	const struct tensor *x = &m->tensor[t], *base = &m->tensor[x->base];
	struct strbuf b;

	strbuf_init(&b, m->scratch);
	if (base->data) {
		struct num elements = tensor_elements(m, x->base);
		int id = weights_add(&p->weights, base->data, (size_t)elements.n, base->type, m->target->arena_align,
				     base->name);
		strbuf_puts(&b, weights_ref(&p->weights, id, base->type));
	} else if (p->param[x->base]) {
		strbuf_puts(&b, p->param[x->base]);
	} else {
		int buffer = p->plan->buffer_of[x->base];
		if (buffer < 0)
			die("tensor %d (\"%s\") has no place", x->base, base->name);
		strbuf_printf(&b, "(%s *)(void *)(memory + %lld)", dtypes[x->type].ctype,
			      (long long)p->plan->buffer[buffer].offset);
	}
	if (!num_is(x->offset, 0))
		strbuf_printf(&b, " + (%s)", text_of(m, x->offset));
	strbuf_printf(&p->used, "%s ", strbuf_text(&b));
	return strbuf_text(&b);
}

/* --- One step ----------------------------------------------------------------------------------------------------- */

struct touched {
	struct program *p;
	int *tensor;
	enum arg_kind *kind;
	int n;
};

static void touch(void *ctx, int tensor, enum arg_kind kind)
{
	struct touched *u = ctx;
	struct arena *s = u->p->m->scratch;

	for (int i = 0; i < u->n; i++)
		if (u->tensor[i] == tensor) {
			if (kind != ARG_READ)
				u->kind[i] = kind;
			return;
		}
	u->tensor = ARENA_PUSH(s, u->tensor, u->n, int);
	u->kind = ARENA_PUSH(s, u->kind, u->n, enum arg_kind);
	u->tensor[u->n] = tensor;
	u->kind[u->n++] = kind;
}

/* Whether `name` stands as a word in text. */
static bool has_word(const char *text, const char *name)
{
	size_t n = strlen(name);

	for (const char *s = strstr(text, name); s; s = strstr(s + 1, name)) {
		bool starts = s == text || !(isalnum((unsigned char)s[-1]) || s[-1] == '_');
		bool ends = !(isalnum((unsigned char)s[n]) || s[n] == '_');
		if (starts && ends)
			return true;
	}
	return false;
}

static void add_shape(struct strbuf *b, const struct module *m, int t)
{
	const struct tensor *x = &m->tensor[t];

	for (int k = 0; k < x->rank; k++) {
		int axis = x->order[k];
		strbuf_puts(b, k ? "x" : "");
		if (num_is_const(x->dim[axis]))
			strbuf_printf(b, "%lld", (long long)x->dim[axis].n);
		else
			num_print(&m->nums, x->dim[axis], b);
	}
	if (!x->rank)
		strbuf_puts(b, "scalar");
}

/* `7: Conv "conv1" 1x56x56x64 -> 1x56x56x64, 115.6 MMAC` */
static const char *describe(struct program *p, const struct step *s, int number)
{
	const struct module *m = p->m;
	const struct node *n = s->node >= 0 ? &m->node[s->node] : NULL;
	struct strbuf b;

	strbuf_init(&b, p->m->scratch);
	strbuf_printf(&b, "%d: %s", number, n ? n->op->name : "copy");
	if (n && *n->name)
		strbuf_printf(&b, " \"%s\"", n->name);
	if (n && n->n_in && n->in[0] >= 0) {
		strbuf_puts(&b, " ");
		add_shape(&b, m, n->in[0]);
	}
	strbuf_puts(&b, " -> ");
	add_shape(&b, m, s->kind == STEP_NEST ? s->nest->out : s->call->out >= 0 ? s->call->out : n ? n->out[0] : 0);
	if (s->macs)
		strbuf_printf(&b, ", %.4g MMAC", (double)s->macs / 1e6);
	return strbuf_text(&b);
}

/* Whether every float operation must be rounded by itself: everywhere under --fp=strict, and where bytes come in or go
 * out, for quantised results are promised to the bit. */
static bool is_literal(const struct program *p, const struct step *s, const struct touched *u)
{
	if (s->kind != STEP_NEST)
		return false;
	for (int i = 0; i < u->n; i++)
		if (dtypes[p->m->tensor[u->tensor[i]].type].bytes == 1 && p->m->tensor[u->tensor[i]].type != DT_BOOL)
			return true;
	return p->m->options->fp == FP_STRICT;
}

/* What the step completes: a tensor that it writes, or one of whose parts it writes the last (the inputs of a
 * Concat). */
static void emit_taps(struct program *p, struct emit *run, const struct step *s, int number, struct touched *u)
{
	const int n = u->n;

	for (int i = 0; i < n; i++)
		if (u->kind[i] == ARG_WRITE)
			touch(u, p->m->tensor[u->tensor[i]].base, ARG_WRITE);
	for (int i = 0; i < u->n; i++)
		if (u->kind[i] == ARG_WRITE && p->last_write[u->tensor[i]] == s)
			emit_tap(p, run, s, number, u->tensor[i], pointer_text(p, u->tensor[i]));
}

/* Writes the step's function, with the parameters that its body names, and the call of it into `run`. */
static void emit_step(struct program *p, struct emit *e, struct emit *run, struct step *s)
{
	struct module *m = p->m;
	struct touched u = { .p = p };
	struct strbuf body, params, args;
	struct emit inner;
	int number = p->n_steps++;
	const char *function = arena_printf(m->scratch, "%s_s%d", p->prefix, number);
	const char *epilogue = arena_printf(m->scratch, "%s_e%d", p->prefix, number);
	const char **name = p->tensor_name;

	step_each_tensor(m, s, touch, &u);
	for (int i = 0, reads = 0, writes = 0; i < u.n; i++)
		name[u.tensor[i]] = u.kind[i] == ARG_READ ? arena_printf(m->scratch, "x%d", reads++) :
							    arena_printf(m->scratch, "y%d", writes++);
	strbuf_init(&body, m->scratch);
	emit_to_text(&inner, m->scratch, &body);
	inner.depth = 1;
	if (s->kind == STEP_NEST) {
		emit_nest(&inner, &p->runtime, s->nest, name);
	} else {
		emit_shared(e, &p->runtime, m, s->call, &p->shared);
		emit_epilogue(e, &p->runtime, m, s->call, epilogue);
		emit_call(&inner, &p->runtime, m, s->call, name, epilogue);
	}
	strbuf_init(&params, m->scratch);
	strbuf_init(&args, m->scratch);
	for (int i = 0; i < u.n; i++) {
		const struct tensor *t = &m->tensor[u.tensor[i]];
		if (!has_word(strbuf_text(&body), name[u.tensor[i]]))
			continue;
		strbuf_printf(&params, "%s%s%s *%s", params.size ? ", " : "", u.kind[i] == ARG_READ ? "const " : "",
			      dtypes[t->type].ctype, name[u.tensor[i]]);
		strbuf_printf(&args, "%s%s", args.size ? ", " : "", pointer_text(p, u.tensor[i]));
	}
	for (int i = 0; i < p->n_dims + p->n_turns; i++) {
		const char *dim = i < p->n_dims ? p->params[i].name : p->turn[i - p->n_dims];
		if (!has_word(strbuf_text(&body), dim))
			continue;
		strbuf_printf(&params, "%sptrdiff_t %s", params.size ? ", " : "", dim);
		strbuf_printf(&args, "%s%s", args.size ? ", " : "", dim);
	}
	emit_comment(e, "%s", describe(p, s, number));
	if (is_literal(p, s, &u) && extract_mark(&p->runtime, "NNRT_LITERAL"))
		emit_open(e, "static NNRT_LITERAL void %s(%s)", function, params.size ? strbuf_text(&params) : "void");
	else
		emit_open(e, "static void %s(%s)", function, params.size ? strbuf_text(&params) : "void");
	emit_puts(e, strbuf_text(&body));
	emit_close(e, "");
	emit_blank(e);
	emit_comment(run, "%s", describe(p, s, number));
	emit_line(run, "%s(%s);", function, strbuf_text(&args));
	if (m->options->taps)
		emit_taps(p, run, s, number, &u);
	for (int i = 0; i < u.n; i++)
		name[u.tensor[i]] = NULL;
}

/* --- Blocks ------------------------------------------------------------------------------------------------------- */

static void emit_block(struct program *p, struct emit *e, struct emit *run, struct block *b);

static void emit_branch(struct program *p, struct emit *e, struct emit *run, struct block *b)
{
	if (b->refused)
		emit_line(run, "return 2;");
	emit_block(p, e, run, b);
}

static void emit_if(struct program *p, struct emit *e, struct emit *run, struct step *s)
{
	emit_open(run, "if (*(%s))", pointer_text(p, s->cond));
	emit_branch(p, e, run, &s->body[0]);
	if (s->body[1].n || s->body[1].refused) {
		emit_reopen(run, "else");
		emit_branch(p, e, run, &s->body[1]);
	}
	emit_close(run, "");
}

/* No variable counts the turns. */
static void emit_while(struct program *p, struct emit *e, struct emit *run, struct step *s)
{
	emit_open(run, "while (*(%s))", pointer_text(p, s->cond));
	emit_block(p, e, run, &s->body[0]);
	emit_close(run, "");
}

static void emit_loop(struct program *p, struct emit *e, struct emit *run, struct step *s)
{
	const char *turn, *condition = "";

	if (num_is(s->trips, TURNS_UNBOUNDED)) {
		emit_while(p, e, run, s);
		return;
	}
	turn = text_of(p->m, s->turn);
	if (s->cond >= 0)
		condition = arena_printf(p->m->scratch, " && *(%s)", pointer_text(p, s->cond));
	emit_open(run, "for (ptrdiff_t %s = 0; %s < %s%s; %s++)", turn, turn, text_of(p->m, s->trips), condition, turn);
	p->turn = ARENA_PUSH(p->m->arena, p->turn, p->n_turns, const char *);
	p->turn[p->n_turns++] = turn;
	emit_block(p, e, run, &s->body[0]);
	p->n_turns--;
	emit_close(run, "");
}

/* Depth is bounded by MAX_NESTING. */
static void emit_block(struct program *p, struct emit *e, struct emit *run, struct block *b)
{
	if (p->m->options->taps)
		taps_find(p, b);
	for (int i = 0; i < b->n; i++) {
		struct step *s = &b->step[i];
		if (s->kind == STEP_IF)
			emit_if(p, e, run, s);
		else if (s->kind == STEP_LOOP)
			emit_loop(p, e, run, s);
		else
			emit_step(p, e, run, s);
	}
}

/* Outputs that no step writes: constants, inputs, and a tensor that is an output twice. */
static void emit_output_copies(struct program *p, struct emit *run)
{
	struct module *m = p->m;
	const struct graph *g = &m->graph[0];

	for (int i = 0; i < g->n_out; i++) {
		int t = g->out[i];
		const struct emit_param *param = &p->params[p->n_params - g->n_out + i];
		if (!strcmp(p->param[t], param->name) && !m->tensor[t].data)
			continue;
		if (num_is(tensor_elements(m, t), 0))   /* memcpy must not see the address of nothing */
			continue;
		strbuf_printf(&p->used, "%s ", param->name);
		emit_line(run, "memcpy(%s, %s, (size_t)(%s) * sizeof *%s);", param->name, pointer_text(p, t),
			  text_of(m, tensor_elements(m, t)), param->name);
	}
}

static void emit_static_arena(struct program *p, struct emit *e)
{
	extract_mark(&p->runtime, "NNRT_OPAQUE");
	if (!p->plan->arena_bytes)      /* tensors without elements still have an address */
		emit_line(e, "static unsigned char none[1];");
	emit_line(e, "unsigned char *memory = %s%s;", p->plan->arena_bytes ? p->prefix : "none",
		  p->plan->arena_bytes ? "_arena" : "");
	emit_line(e, "NNRT_OPAQUE(memory);");
}

void emit_steps(struct program *p, struct emit *e, const char *signature)
{
	struct module *m = p->m;
	struct strbuf text;
	struct emit run;
	bool static_arena = m->options->arena == ARENA_STATIC;

	p->tensor_name = ARENA_ARRAY(m->arena, m->n_tensors, const char *);
	map_init(&p->shared, m->arena);
	strbuf_init(&p->used, m->arena);
	strbuf_init(&text, m->arena);
	emit_to_text(&run, m->arena, &text);
	run.depth = 1;
	emit_block(p, e, &run, p->block);
	emit_output_copies(p, &run);
	extract_need_header(&p->runtime, "<string.h>");
	emit_open(e, "%s", signature);
	if (!has_word(strbuf_text(&p->used), "memory"))
		emit_puts(e, static_arena ? "" : "\t(void)arena;\n");
	else if (static_arena)
		emit_static_arena(p, e);
	else
		emit_line(e, "unsigned char *const memory = (unsigned char *)arena;");
	for (int i = 0; i < p->n_params; i++)
		if (p->params[i].kind != PARAM_DIM && !has_word(strbuf_text(&p->used), p->params[i].name))
			emit_line(e, "(void)%s;", p->params[i].name);
	for (int i = 0; i < p->n_dims; i++)
		emit_line(e, "if (%s < %lld || %s > %lld) return 1;", p->params[i].name, (long long)p->params[i].low,
			  p->params[i].name, (long long)p->params[i].high);
	emit_blank(e);
	emit_puts(e, strbuf_text(&text));
	emit_line(e, "return 0;");
	emit_close(e, "");
}
