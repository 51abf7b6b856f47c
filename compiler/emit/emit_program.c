#include "emit/emit_program.h"

#include <string.h>
#include <sys/stat.h>

#include "budget.h"
#include "emit/depfile.h"
#include "emit/emit.h"
#include "emit/emit_header.h"
#include "emit/emit_steps.h"
#include "emit/emit_weights.h"
#include "emit/export.h"
#include "emit/extract.h"
#include "emit/protect.h"
#include "support/ident.h"
#include "emit/output.h"
#include "options.h"
#include "sections.h"
#include "stream/input.h"
#include "targets/target.h"

/* --- The interface ------------------------------------------------------------------------------------------------ */

static void add_param(struct program *p, struct emit_param param)
{
	p->params = ARENA_PUSH(p->x.m->arena, p->params, p->n_params, struct emit_param);
	p->params[p->n_params++] = param;
}

static void add_dim(void *ctx, struct num var, const char *name)
{
	struct program *p = ctx;

	const char *ident;

	if (p->x.variable_of[var.expr])
		return;
	ident = ident_make_dim(&p->idents, name);
	emission_declare(&p->x, var, ident);
	add_param(p, (struct emit_param){ .kind = PARAM_DIM, .name = ident, .original = name,
					  .low = num_lo(&p->x.nums, var), .high = num_hi(&p->x.nums, var) });
}

static void check_found(void *ctx, struct num var, const char *name)
{
	const struct program *p = ((void **)ctx)[0];
	bool *is_found = ((void **)ctx)[1];

	(void)name;
	*is_found |= num_var_tensor(&p->x.m->nums, var) >= 0;
}

/* The parameter that returns a size of an output which the program finds; NULL: the parameters say it. */
static const char *returned_name(struct program *p, struct num size, const char *output, int axis)
{
	struct arena *a = p->x.m->arena;
	bool is_found = false;

	num_each_var(&p->x.m->nums, size, check_found, (void *[]){ p, &is_found });
	if (!is_found)
		return NULL;
	for (int i = 0; i < p->n_returned; i++)
		if (num_same(p->returned[i].size, size))
			return p->returned[i].name;
	p->returned = ARENA_PUSH(a, p->returned, p->n_returned, struct emit_param);
	p->returned[p->n_returned] = (struct emit_param){
		.kind = PARAM_DIM_OUT, .name = ident_make(&p->idents, arena_printf(a, "%s_%d", output, axis), "size"),
		.low = num_lo(&p->x.nums, size), .high = num_hi(&p->x.nums, size), .size = size };
	return p->returned[p->n_returned++].name;
}

static void add_tensor(struct program *p, int t, enum param_kind kind)
{
	const struct module *m = p->x.m;
	const struct tensor *x = &m->tensor[t];
	int64_t *dims = ARENA_ARRAY(m->arena, x->rank + 1, int64_t);
	const char **names = ARENA_ARRAY(m->arena, x->rank + 1, const char *);
	const char *name = ident_make(&p->idents, x->name, kind == PARAM_INPUT ? "input" : "output"), *from = NULL;
	const bool by_rows = kind == PARAM_INPUT && input_has_rows(m, t);

	for (int k = 0; k < x->rank; k++) {
		struct strbuf b;
		dims[k] = x->dim[k].n;
		if (num_is_const(x->dim[k]))
			continue;
		names[k] = kind == PARAM_OUTPUT ? returned_name(p, x->dim[k], name, k) : NULL;
		if (names[k])
			continue;
		strbuf_init(&b, m->arena);
		num_print(&p->x.nums, x->dim[k], &b);
		names[k] = strbuf_text(&b);
	}
	if (m->options->io_memory == EDGES_CALLER && !by_rows && (kind == PARAM_INPUT || !p->param_of[t]))
		p->param_of[t] = p->n_params + 1;
	if (by_rows)
		from = ident_make(&p->idents, arena_printf(m->arena, "%s_from", name), "from");
	add_param(p, (struct emit_param){ .kind = kind, .name = name, .original = x->name, .type = x->type,
					  .rank = x->rank, .dims = dims, .dim_names = names, .from = from,
					  .label = x->label, .n_labels = x->n_labels,
					  .is_quantised = x->quant && x->quant->n == 1,
					  .scale = x->quant ? x->quant->scale[0] : 0,
					  .zero_point = x->quant ? x->quant->zero[0] : 0 });
}

static void make_interface(struct program *p)
{
	const struct module *m = p->x.m;
	const struct graph *g = &m->graph[0];

	for (int i = 0; i < module_n_in(m); i++)
		for (int k = 0; k < m->tensor[g->in[i]].rank; k++)
			num_each_var(&p->x.nums, m->tensor[g->in[i]].dim[k], add_dim, p);
	p->n_dims = p->n_params;
	for (int i = 0; i < module_n_in(m); i++)
		add_tensor(p, g->in[i], PARAM_INPUT);
	for (int i = 0; i < module_n_out(m); i++) {
		add_tensor(p, g->out[i], PARAM_OUTPUT);
		p->params[p->n_params - 1].late = m->late ? m->late[i] : 0;
		p->params[p->n_params - 1].is_of_window = m->window_frames > 0;
	}
	for (int i = 0; i < p->n_returned; i++)
		add_param(p, p->returned[i]);
}

/* --- Files -------------------------------------------------------------------------------------------------------- */

/* Path without its ending, and the name alone. */
static void split_path(struct arena *a, const char *path, const char **stem, const char **base)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');
	size_t n = dot && dot != name ? (size_t)(dot - path) : strlen(path);

	*stem = arena_strndup(a, path, n);
	*base = *stem + (name - path);
}

bool emit_path_check(struct arena *a, const char *path, struct diag *d)
{
	const char *stem, *base;

	split_path(a, path, &stem, &base);
	if (strcmp(emit_comment_text(a, base), base) != 0 || strpbrk(base, "\"\\") || strstr(base, "??"))
		return diag_error(d, STATUS_USAGE, NULL, "-o: \"%s\": it cannot stand in an #include line, allowed: no "
				  "quotes, backslashes, \"??\", control characters", path);
	return true;
}

struct writer {
	const struct module *m;
	struct output *out;
	const char *path[OUTPUT_MAX];
	int n_paths;
	bool ok;
};

/* Whether the path leads to none of the files that the model was read from. */
static bool spares_sources(const struct module *m, const char *path)
{
	struct stat x, y;

	if (stat(path, &x) != 0)
		return true;
	for (int i = 0; i < m->n_sources; i++)
		if (stat(m->source[i], &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino)
			return diag_error(m->diag, STATUS_USAGE, NULL, "output %s is read by the model: %s", path,
					  m->source[i]);
	return true;
}

/* Opens one output file for writing; the error is reported once. */
static struct emit writer_open(struct writer *w, const char *path)
{
	struct emit e;
	FILE *f = w->ok && spares_sources(w->m, path) ? output_open(w->out, path) : NULL;

	w->ok &= f != NULL;
	if (w->ok)
		w->path[w->n_paths++] = path;
	emit_to_file(&e, w->m->arena, f);
	return e;
}

static void write_weight_files(struct writer *w, struct program *p, const char *stem)
{
	struct arena *a = p->x.m->arena;
	const char *name;
	struct emit e;

	for (int k = 0; (name = weights_file(&p->weights, k)); k++) {
		e = writer_open(w, arena_printf(a, "%s%s", stem, name));
		if (w->ok)
			weights_print_file(&p->weights, &e, k);
	}
}

static void write_depfile(struct writer *w, const struct module *m, const char *stem)
{
	const char **outputs = ARENA_ARRAY(m->arena, w->n_paths, const char *);
	int n = w->n_paths;
	struct emit e;

	memcpy(outputs, w->path, (size_t)n * sizeof *outputs);
	e = writer_open(w, arena_printf(m->arena, "%s.d", stem));
	if (w->ok)
		depfile_print(&e, outputs, n, m->source, m->n_sources);
}

/* What is in an exported folder beside src/, and src/ itself. */
static void write_world(struct writer *w, const struct emit_model *model)
{
	const struct options *o = w->m->options;
	struct arena *a = w->m->arena;
	const char *path;
	struct emit e;

	w->ok = export_folders(o->output, a, w->m->diag);
	for (int k = 0; w->ok && (path = export_path(o, model->prefix, k, a)); k++) {
		w->ok = export_folders(path, a, w->m->diag);
		e = writer_open(w, path);
		if (w->ok)
			export_print(&e, a, o, model, k);
	}
}

static bool write_files(struct program *p, const struct emit_model *model, const char *stem,
			struct emit_totals *totals)
{
	const struct module *m = p->x.m;
	struct writer *w = ARENA_NEW(m->arena, struct writer);
	struct emit e;

	*w = (struct writer){ .m = m, .out = output_new(m->arena, m->diag), .ok = true };
	if (m->options->export_to.folder)
		write_world(w, model);
	e = writer_open(w, m->options->output);
	if (w->ok)
		emit_model_c(&e, m->arena, model);
	e = writer_open(w, arena_printf(m->arena, "%s.h", stem));
	if (w->ok)
		emit_model_h(&e, m->arena, model);
	write_weight_files(w, p, stem);
	if (m->options->depfile)
		write_depfile(w, m, stem);
	totals->path = w->path;
	totals->n_paths = w->n_paths;
	if (w->ok && output_commit(w->out))
		return true;
	output_abort(w->out);
	return false;
}

/* Buffers by the step that they die in: lists by first[step] and next[buffer], -1 ends them. */
struct deaths {
	int *first, *next;
};

static struct deaths find_deaths(const struct plan *plan, struct arena *a)
{
	struct deaths d = { ARENA_ARRAY(a, plan->n_steps + 1, int), ARENA_ARRAY(a, plan->n_buffers, int) };

	for (int s = 0; s <= plan->n_steps; s++)
		d.first[s] = -1;
	for (int i = 0; i < plan->n_buffers; i++) {
		const int last = plan->buffer[i].last < plan->n_steps ? plan->buffer[i].last : plan->n_steps;

		d.next[i] = d.first[last];
		d.first[last] = i;
	}
	return d;
}

static bool hides_names(const struct program *p)
{
	return p->x.m->options->protect != NULL;
}

/* A buffer's name, and the one that it takes bytes from in the step that makes it. */
static const char *buffer_name(const struct program *p, const struct deaths *d, int i)
{
	const struct plan *plan = p->plan;
	const struct buffer *b = &plan->buffer[i];
	const struct tensor *t = &p->x.m->tensor[plan->tensor_of[i]];
	const char *name = *t->name ? t->name : "(between steps)";

	for (int k = b->first < plan->n_steps ? d->first[b->first] : -1; k >= 0; k = d->next[k]) {
		const struct buffer *x = &plan->buffer[k];
		const char *over = p->x.m->tensor[plan->tensor_of[k]].name;

		if (k != i && x->pool == b->pool && x->offset < b->offset + b->size_bytes &&
		    b->offset < x->offset + x->size_bytes)
			return arena_printf(p->x.m->arena, "%s, over %s", name, *over ? over : "the argument");
	}
	return name;
}

static void arena_table(struct program *p, struct emit_model *model)
{
	const struct plan *plan = p->plan;
	const struct deaths d = find_deaths(plan, p->x.m->scratch);
	struct emit_arena_row *rows = ARENA_ARRAY(p->x.m->arena, plan->n_buffers, struct emit_arena_row);
	int n = 0;

	for (int i = 0; i < plan->n_buffers; i++) {
		const struct buffer *b = &plan->buffer[i];
		if (b->size_bytes)
			rows[n++] = (struct emit_arena_row){ .name = hides_names(p) ? "" : buffer_name(p, &d, i),
						   .pool = b->pool,
						   .bytes = b->size_bytes,
						   .offset = b->offset, .first_step = b->first, .last_step = b->last };
	}
	model->arena_rows = rows;
	model->n_arena_rows = n;
}

/* One arena; or arena_dtcm, arena_sram … */
static void make_pools(struct program *p)
{
	struct arena *a = p->x.m->arena;
	const struct options *o = p->x.m->options;
	const int n = p->plan->n_pools;

	p->pool = ARENA_ARRAY(a, n, struct emit_pool);
	p->memory = ARENA_ARRAY(a, n, const char *);
	p->names_memory = ARENA_ARRAY(a, n, bool);
	for (int i = 0; i < n; i++) {
		const struct pool_plan *x = &p->plan->pool[i];
		const char *name = p->plan->pool_name[i];
		p->pool[i] = (struct emit_pool){ o->pools.n ? arena_printf(a, "arena_%s", name) : "arena",
						 x->arena_bytes, x->bound_bytes, pool_section(o, name) };
		p->memory[i] = i ? arena_printf(a, "memory_%d", i) : "memory";
		idents_reserve(&p->idents, p->pool[i].name);
		idents_reserve(&p->idents, p->memory[i]);
	}
}

static int64_t state_bytes(const struct module *m)
{
	int64_t bytes = 0;

	for (int i = module_n_in(m); i < m->graph[0].n_in; i++)
		bytes += tensor_bytes(m, m->graph[0].in[i]);
	return bytes;
}

static int64_t block_macs(const struct block *b)
{
	int64_t macs = 0;

	for (int i = 0; i < b->n; i++)
		macs += b->step[i].macs + block_macs(&b->step[i].body[0]) + block_macs(&b->step[i].body[1]);
	return macs;
}

/* Whether numbers of convolutions, if there are any, are short. */
static bool is_short(const struct block *b, bool *has_any)
{
	for (int i = 0; i < b->n; i++) {
		const struct step *s = &b->step[i];
		const bool is_conv = s->call && s->call->geometry.kind == GEOMETRY_CONV;

		*has_any |= is_conv;
		if ((is_conv && !geometry_is_short(&s->call->geometry)) || !is_short(&s->body[0], has_any) ||
		    !is_short(&s->body[1], has_any))
			return false;
	}
	return true;
}

/* Where steps share functions sizes are their parameters. */
static bool has_short_numbers(const struct module *m, const struct block *b)
{
	bool has_any = false;

	return !m->target->is_hosted && m->options->optimize != OPTIMIZE_SIZE && is_short(b, &has_any) && has_any;
}

/* Some branch ends the run. Depth is bounded by MAX_NESTING. */
static bool may_refuse(const struct block *b)
{
	for (int i = 0; i < b->n; i++)
		if (b->step[i].body[0].refused || b->step[i].body[1].refused || may_refuse(&b->step[i].body[0]) ||
		    may_refuse(&b->step[i].body[1]))
			return true;
	return false;
}

/* Processors whose mode runtime_min/flush.h knows. */
static bool check_flush(const struct module *m)
{
	static const feature_set flushing = HAS_AVX2 | HAS_NEON | HAS_NEON32 | HAS_FPU;

	if (!m->options->flush_subnormals || (m->target->features & flushing))
		return true;
	return diag_error(m->diag, STATUS_UNSUPPORTED, NULL,
			  "--flush-subnormals: target %s has no such mode; x86-64 and Arm with an FPU have it",
			  m->target->name);
}

/* An output in the arena is a run of bytes at a place that is known now. */
static bool check_edges(const struct module *m)
{
	for (int i = 0; i < module_n_out(m) && m->options->io_memory == EDGES_ARENA; i++) {
		const struct tensor *x = &m->tensor[m->graph[0].out[i]];
		if (!num_is_const(x->offset))
			return diag_error(m->diag, STATUS_UNSUPPORTED, NULL, "--io-memory=arena: where output \"%s\" "
					  "lies depends on a size given at run time", x->name);
	}
	return true;
}

/* Object files are of a machine, C files of the text. */
static bool check_weights(const struct module *m)
{
	if (m->options->files != FILES_AUTO && m->options->weights != WEIGHTS_TEXT)
		return diag_error(m->diag, STATUS_USAGE, NULL, "--files: it says how the constants of --weights=text "
				  "lie in C files");
	if (m->options->weights != WEIGHTS_OBJECT || m->target->elf.machine)
		return true;
	return diag_error(m->diag, STATUS_UNSUPPORTED, NULL, "--weights=object: target %s is no machine with ELF "
			  "objects; allowed: text, incbin, file", m->target->name);
}

static bool check_protect(const struct module *m)
{
	return !m->options->protect || !m->options->taps ||
	       diag_error(m->diag, STATUS_USAGE, NULL, "--taps: it names what --protect hides");
}

bool emit_program(const struct module *m, const struct block *b, const struct plan *plan,
		  const struct emit_stack *stack, struct emit_totals *totals)
{
	const struct options *o = m->options;
	struct program p = { .block = b, .plan = plan };
	struct emit_model model;
	struct strbuf body;
	struct emit e;
	const char *stem, *base;

	if (!check_flush(m) || !check_edges(m) || !check_weights(m) || !check_protect(m))
		return false;
	split_path(m->arena, o->output, &stem, &base);
	p.prefix = o->name ? o->name : ident_sanitise(m->arena, base, "model");
	p.param_of = ARENA_ARRAY(m->arena, m->n_tensors, int);
	idents_init_program(&p.idents, m->arena, p.prefix);
	for (int i = 0; program_reserved[i]; i++)
		idents_reserve(&p.idents, program_reserved[i]);
	emission_init(&p.x, m);
	make_pools(&p);
	make_interface(&p);
	weights_init(&p.weights, m->arena, p.prefix, base, m->target, (enum weights_form_id)o->weights);
	p.weights.section = o->section.name[SECTION_WEIGHTS];
	p.weights.files = o->files;
	if (o->protect)
		weights_protect(&p.weights, protect_key_of(m->arena, o->protect));
	model = (struct emit_model){ .prefix = p.prefix, .file = base,
				     .model_file = o->protect ? "a protected model" : m->name,
				     .sha256 = o->protect ? "not shown" : m->sha256,
				     .version = NNC_VERSION, .options = options_summary(o, m->arena),
				     .section = &o->section, .target = m->target,
				     .is_caller_arena = o->arena == ARENA_CALLER, .is_short = has_short_numbers(m, b),
				     .has_states = m->n_states > 0, .state_bytes = state_bytes(m),
				     .step_frames = m->step_frames, .window_frames = m->window_frames,
				     .has_edges_in_arena = o->io_memory == EDGES_ARENA,
				     .has_taps = o->taps, .may_refuse = may_refuse(b), .n_macs = block_macs(b),
				     .n_steps = plan->n_steps, .pool = p.pool, .n_pools = plan->n_pools,
				     .stack = stack, .params = p.params, .n_params = p.n_params,
				     .runtime = &p.x.runtime, .weights = &p.weights };
	arena_table(&p, &model);
	strbuf_init(&body, m->arena);
	emit_to_text(&e, m->arena, &body);
	emit_steps(&p, &e, emit_signature(m->arena, &model));
	if (m->n_states)
		emit_reset_function(&p, &e, &model);
	if (model.has_edges_in_arena)
		emit_accessors(&p, &e, &model);
	model.body = strbuf_text(&body);
	weights_finish(&p.weights);
	model.sets_weights = program_sets_weights(&p);
	model.unlocks = program_unlocks(&p);
	model.weight_bytes = (int64_t)p.weights.total_bytes;
	*totals = (struct emit_totals){ .macs = model.n_macs, .n_steps = plan->n_steps, .prefix = p.prefix,
					.entry = emit_entry(m->arena, &model),
					.has_states = model.has_states, .params = p.params, .n_params = p.n_params,
					.n_weight_files = p.weights.n_files, .weight_bytes = model.weight_bytes,
					.plain_bytes = model.unlocks ? model.weight_bytes : 0 };
	diag_remark(m->diag, NULL, "memory: %s", sections_text(o, plan, model.weight_bytes, m->scratch));
	return export_check_model(o, &model, m->diag) && budget_flash(m, b, model.weight_bytes) &&
	       budget_ram(m, plan, totals->plain_bytes) && write_files(&p, &model, stem, totals);
}
