#include "emit/emit_steps.h"

#include "emit/emit_edges.h"
#include "emit/step_function.h"
#include "emit/step_group.h"
#include "emit/emit_tap.h"
#include "ops/ops.h"
#include "options.h"
#include "targets/target.h"

static const char *found_name(const struct program *p, int i)
{
	return p->x.variable[p->x.variable_of[p->x.m->nums.found[i].expr] - 1].name;
}

/* --- One step ----------------------------------------------------------------------------------------------------- */

static void add_shape(struct strbuf *b, const struct program *p, int t)
{
	const struct tensor *x = &p->x.m->tensor[t];

	for (int k = 0; k < x->rank; k++) {
		int axis = x->order[k];
		strbuf_puts(b, k ? "x" : "");
		if (num_is_const(x->dim[axis]))
			strbuf_printf(b, "%lld", (long long)x->dim[axis].n);
		else
			num_print(&p->x.nums, x->dim[axis], b);
	}
	if (!x->rank)
		strbuf_puts(b, "scalar");
}

/* `7: Conv "conv1" 1x56x56x64 -> 1x56x56x64, 115.6 MMAC` */
static const char *describe(struct program *p, const struct step *s, int number)
{
	const struct module *m = p->x.m;
	const struct node *n = s->node >= 0 ? &m->node[s->node] : NULL;
	struct strbuf b;

	if (m->options->protect)
		return arena_printf(m->scratch, "%d", number);
	strbuf_init(&b, p->x.m->scratch);
	strbuf_printf(&b, "%d: %s", number, n ? n->op->name : "copy");
	if (n && *n->name)
		strbuf_printf(&b, " \"%s\"", emission_name(m->scratch, n->name));
	if (n && n->n_in && n->in[0] >= 0) {
		strbuf_puts(&b, " ");
		add_shape(&b, p, n->in[0]);
	}
	strbuf_puts(&b, " -> ");
	add_shape(&b, p, s->kind == STEP_NEST ? s->nest->out : s->call->out >= 0 ? s->call->out : n ? n->out[0] : 0);
	if (s->macs)
		strbuf_printf(&b, ", %.4g MMAC", (double)s->macs / 1e6);
	return strbuf_text(&b);
}

/* What the step completes: a tensor that it writes, or one of whose parts it writes the last (the inputs of a
 * Concat). */
static void emit_taps(struct program *p, struct emit *run, const struct step *s, int number)
{
	struct emission *x = &p->x;
	const int n = x->n_touched;

	for (int i = 0; i < n; i++)
		if (x->touched[i].is_written)
			emission_touch(x, x->m->tensor[x->touched[i].tensor].base, true);
	for (int i = 0; i < x->n_touched; i++) {
		const struct touched t = x->touched[i];
		if (t.is_written && p->last_write[t.tensor] == s)
			emit_tap(p, run, s, number, t.tensor, program_address(p, t.tensor));
	}
}

/* Both variables are named as they are in the graph's numbers, where no name of the model begins so. */
static void declare_rows(struct program *p, const struct row_range *r)
{
	emission_declare(&p->x, r->row, arena_strdup(p->x.m->arena, emission_num(&p->x, r->row)));
	emission_declare(&p->x, r->row_end, arena_strdup(p->x.m->arena, emission_num(&p->x, r->row_end)));
}

/* The call for the rows of a turn, if there are any. Where stack is dear the compiler shall compute them for each step
 * anew: what steps have in common would lie there while all of them run. */
static void emit_rows(struct program *p, struct emit *run, const struct row_range *r, const char *call)
{
	const char *row = emission_num(&p->x, r->row), *row_end = emission_num(&p->x, r->row_end);

	if (!p->x.m->target->is_hosted && extract_mark(&p->x.runtime, "NNRT_OPAQUE"))
		emit_line(run, "NNRT_OPAQUE(%s);", emission_num(&p->x, r->turn));
	emit_open(run, "for (ptrdiff_t %s = %s, %s = %s; %s < %s; %s = %s)", row, emission_num(&p->x, r->begin),
		  row_end, emission_num(&p->x, r->end), row, row_end, row, row_end);
	emit_line(run, "%s;", call);
	emit_close(run, "");
}

/* Sizes that the step found go into their variables. */
static void emit_found(struct program *p, struct emit *run)
{
	const struct module *m = p->x.m;

	for (int i = 0; i < m->nums.n_found; i++) {
		const int t = num_var_tensor(&m->nums, m->nums.found[i]);
		for (int k = 0; k < p->x.n_touched; k++) {
			const struct touched *w = &p->x.touched[k];
			if (!w->is_written || m->tensor[w->tensor].base != m->tensor[t].base)
				continue;
			emit_line(run, "%s = (ptrdiff_t)*(%s);", found_name(p, i), program_address(p, t));
			break;
		}
	}
}

/* The step's function into e, where there is none yet, and the call of it into `run`. */
static void emit_step(struct program *p, struct emit *e, struct emit *run, const struct step *s)
{
	const struct module *m = p->x.m;
	const int number = p->n_steps++;
	const char *comment = describe(p, s, number), *call;

	if (s->rows)
		declare_rows(p, s->rows);
	call = step_function(p, e, s, number, comment);
	emit_comment(run, "%s%s", comment, call ? "" : ": no elements");
	if (call && s->rows)
		emit_rows(p, run, s->rows, call);
	else if (call)
		emit_line(run, "%s;", call);
	if (call)
		emit_found(p, run);
	if (m->options->taps)
		emit_taps(p, run, s, number);
	if (m->options->marks)
		emit_line(run, "%s_mark_%d();", p->prefix, number);
	emission_rest(&p->x);
}

/* --- Blocks ------------------------------------------------------------------------------------------------------- */

static void emit_block(struct program *p, struct emit *e, struct emit *run, const struct block *b);

/* The run ends with this status; the processor's mode is again what it was. */
static void emit_return(const struct program *p, struct emit *run, int status)
{
	if (p->x.m->options->flush_subnormals)
		emit_line(run, "nnrt_flush_end(nnrt_mode);");
	emit_line(run, "return %d;", status);
}

static void emit_branch(struct program *p, struct emit *e, struct emit *run, const struct block *b)
{
	if (b->refused)
		emit_return(p, run, 2);
	emit_block(p, e, run, b);
}

static void emit_if(struct program *p, struct emit *e, struct emit *run, const struct step *s)
{
	emit_open(run, "if (*(%s))", program_address(p, s->cond));
	emit_branch(p, e, run, &s->body[0]);
	if (s->body[1].n || s->body[1].refused) {
		emit_reopen(run, "else");
		emit_branch(p, e, run, &s->body[1]);
	}
	emit_close(run, "");
}

/* No variable counts the turns. */
static void emit_while(struct program *p, struct emit *e, struct emit *run, const struct step *s)
{
	emit_open(run, "while (*(%s))", program_address(p, s->cond));
	emit_block(p, e, run, &s->body[0]);
	emit_close(run, "");
}

static void emit_loop(struct program *p, struct emit *e, struct emit *run, const struct step *s)
{
	const char *turn, *condition = "";

	if (num_is(s->trips, TURNS_UNBOUNDED)) {
		emit_while(p, e, run, s);
		return;
	}
	turn = emission_num(&p->x, s->turn);
	emission_declare(&p->x, s->turn, arena_strdup(p->x.m->arena, turn));
	if (s->cond >= 0)
		condition = arena_printf(p->x.m->scratch, " && *(%s)", program_address(p, s->cond));
	emit_open(run, "for (ptrdiff_t %s = 0; %s < %s%s; %s++)", turn, turn, emission_num(&p->x, s->trips), condition,
		  turn);
	emit_block(p, e, run, &s->body[0]);
	emit_close(run, "");
}

/* Depth is bounded by MAX_NESTING. */
static void emit_block(struct program *p, struct emit *e, struct emit *run, const struct block *b)
{
	if (p->x.m->options->taps)
		taps_find(p, b);
	for (int i = 0; i < b->n; i++) {
		const struct step *s = &b->step[i];
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
	const struct module *m = p->x.m;
	const struct graph *g = &m->graph[0];

	for (int i = 0; i < module_n_out(m) && m->options->io_memory == EDGES_CALLER; i++) {
		int t = g->out[i];
		const int k = p->n_dims + module_n_in(m) + i;
		struct num elements;
		const char *name;
		if (p->param_of[t] == k + 1 && !m->tensor[t].data)
			continue;
		elements = tensor_count(&p->x.nums, &m->tensor[t]);
		if (num_is(elements, 0))        /* memcpy must not see the address of nothing */
			continue;
		name = program_param(p, k);
		emit_line(run, "(void)memcpy(%s, %s, (size_t)(%s) * sizeof *%s);", name, program_address(p, t),
			  emission_num(&p->x, elements), name);
	}
}

/* The variable that points to a pool's memory, where anything is addressed by it. */
static void emit_memory(struct program *p, struct emit *e, int pool)
{
	const struct emit_pool *x = &p->pool[pool];
	const char *memory = p->memory[pool];

	if (p->x.m->options->arena != ARENA_STATIC) {
		if (p->names_memory[pool])
			emit_line(e, "unsigned char *const %s = (unsigned char *)%s;", memory, x->name);
		else
			emit_line(e, "(void)%s;", x->name);
		return;
	}
	if (!p->names_memory[pool])
		return;
	extract_mark(&p->x.runtime, "NNRT_OPAQUE");
	if (x->bytes) {
		emit_line(e, "unsigned char *%s = %s_%s;", memory, p->prefix, x->name);
	} else {        /* tensors without elements still have an address */
		emit_line(e, "static unsigned char no_%s[1];", memory);
		emit_line(e, "unsigned char *%s = no_%s;", memory, memory);
	}
	emit_line(e, "NNRT_OPAQUE(%s);", memory);
}

/* Sizes that the program finds are variables of the run function. */
static void declare_found(struct program *p)
{
	for (int i = 0; i < p->x.m->nums.n_found; i++)
		emission_declare(&p->x, p->x.m->nums.found[i], ident_make(&p->idents, "found", "found"));
}

static void emit_found_variables(struct program *p, struct emit *e)
{
	for (int i = 0; i < p->x.m->nums.n_found; i++)
		emit_line(e, "ptrdiff_t %s = 0;", found_name(p, i));
	for (int i = 0; i < p->x.m->nums.n_found; i++)
		if (!p->x.variable[p->x.variable_of[p->x.m->nums.found[i].expr] - 1].is_used)
			emit_line(e, "(void)%s;", found_name(p, i));
}

static void emit_returned(struct program *p, struct emit *run)
{
	for (int i = p->n_params - p->n_returned; i < p->n_params; i++)
		emit_line(run, "*%s = (int)(%s);", program_param(p, i), emission_num(&p->x, p->params[i].size));
}

void emit_steps(struct program *p, struct emit *e, const char *signature)
{
	const struct module *m = p->x.m;
	struct strbuf text;
	struct emit run;

	p->weight_of = ARENA_ARRAY(m->arena, m->n_tensors, int);
	p->names_param = ARENA_ARRAY(m->arena, p->n_params, bool);
	map_init(&p->functions, m->arena);
	map_init(&p->shared, m->arena);
	declare_found(p);
	step_groups_find(p);
	strbuf_init(&text, m->arena);
	emit_to_text(&run, m->arena, &text);
	run.depth = 1;
	emit_block(p, e, &run, p->block);
	emit_output_copies(p, &run);
	emit_returned(p, &run);
	extract_need_header(&p->x.runtime, "<string.h>");
	if (m->options->flush_subnormals) {
		emission_use(&p->x, "nnrt_flush_begin");
		emission_use(&p->x, "nnrt_flush_end");
	}
	for (int i = 0; m->options->marks && i < p->n_steps; i++)
		emit_line(e, "void %s_mark_%d(void);", p->prefix, i);
	if (m->options->marks)
		emit_line(e, "void %s_mark_start(void);", p->prefix);
	emit_open(e, "%s%s", m->options->section.name[SECTION_CODE] ? "NNRT_CODE " : "", signature);
	for (int i = 0; i < p->plan->n_pools; i++)
		emit_memory(p, e, i);
	emit_found_variables(p, e);
	for (int i = 0; i < p->n_params; i++)
		if (p->params[i].kind != PARAM_DIM && !p->names_param[i] && m->options->io_memory == EDGES_CALLER)
			emit_line(e, "(void)%s;", p->params[i].name);
	for (int i = 0; i < p->n_dims; i++)
		emit_line(e, "if (%s < %lld || %s > %lld) return 1;", p->params[i].name, (long long)p->params[i].low,
			  p->params[i].name, (long long)p->params[i].high);
	if (program_sets_weights(p))
		emit_line(e, "if (!%s_weights_at) return 3;", p->prefix);
	if (program_unlocks(p)) {
		emission_use(&p->x, "nnrt_unmask");
		emission_use(&p->x, "NNRT_OPAQUE");
		emit_line(e, "if (!%s_is_plain) (void)%s_unlock();", p->prefix, p->prefix);
	}
	if (m->options->flush_subnormals)
		emit_line(e, "const uint32_t nnrt_mode = nnrt_flush_begin();");
	if (m->options->marks)
		emit_line(e, "%s_mark_start();", p->prefix);
	emit_blank(e);
	emit_puts(e, strbuf_text(&text));
	emit_return(p, e, 0);
	emit_close(e, "");
}

/* What is true before a function of its own names memory. */
static void forget_memory(struct program *p)
{
	for (int i = 0; i < p->plan->n_pools; i++)
		p->names_memory[i] = false;
}

/* The value zero in every element: the zero point of bytes that have one. */
static void emit_zero(struct program *p, struct emit *e, int t, int present)
{
	const struct module *m = p->x.m;
	const struct tensor *x = &m->tensor[t];
	const struct quant *q = x->quant ? x->quant : m->tensor[present].quant;
	const int zero = q && q->n == 1 ? q->zero[0] : 0;
	const long long elements = tensor_count(&p->x.nums, x).n;
	const char *address = program_address(p, t);

	if (!elements)
		return;
	if (!zero || dtypes[x->type].bytes == 1)
		emit_line(e, "(void)memset(%s, %d, %lld);", address, zero, elements * dtypes[x->type].bytes);
	else
		emit_line(e, "for (ptrdiff_t i = 0; i < %lld; i++) (%s)[i] = %d;", elements, address, zero);
}

void emit_reset_function(struct program *p, struct emit *e, const struct emit_model *m)
{
	const struct graph *g = &p->x.m->graph[0];
	struct strbuf text;
	struct emit body;

	strbuf_init(&text, p->x.m->arena);
	emit_to_text(&body, p->x.m->arena, &text);
	body.depth = 1;
	forget_memory(p);
	for (int k = 0; k < p->x.m->n_states; k++)
		emit_zero(p, &body, g->in[module_n_in(p->x.m) + k], g->out[module_n_out(p->x.m) + k]);
	emit_blank(e);
	emit_open(e, "%s", emit_reset(p->x.m->scratch, m));
	for (int i = 0; i < p->plan->n_pools; i++)
		emit_memory(p, e, i);
	emit_puts(e, strbuf_text(&text));
	emit_close(e, "");
}

static void emit_one_accessor(struct program *p, struct emit *e, const struct emit_model *m, int param, int t)
{
	const char *address;

	forget_memory(p);
	address = program_address(p, t);
	emit_blank(e);
	emit_open(e, "%s", emit_accessor(p->x.m->scratch, m, &p->params[param]));
	for (int i = 0; i < p->plan->n_pools; i++)
		emit_memory(p, e, i);
	emit_line(e, "return %s;", address);
	emit_close(e, "");
}

void emit_accessors(struct program *p, struct emit *e, const struct emit_model *m)
{
	const struct graph *g = &p->x.m->graph[0];
	const int n_in = module_n_in(p->x.m);

	for (int i = 0; i < n_in; i++)
		emit_one_accessor(p, e, m, p->n_dims + i, g->in[i]);
	for (int i = 0; i < module_n_out(p->x.m); i++)
		emit_one_accessor(p, e, m, p->n_dims + n_in + i, g->out[i]);
}
