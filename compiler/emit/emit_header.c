#include "emit_header.h"

#include <inttypes.h>
#include <string.h>

#include "emission.h"
#include "emit_edges.h"
#include "emit_sections.h"
#include "emit_tap.h"
#include "emit_weights.h"
#include "extract.h"
#include "support/ident.h"
#include "spell.h"
#include "support/arena.h"
#include "targets/target.h"
#include "template.h"

enum { SIGNATURE_COLUMNS = 100, DIGITS_BYTES = 32 };

/* 115600000 as 115,600,000: totals are read by people. */
static const char *with_commas(char buf[DIGITS_BYTES], int64_t n)
{
	char digits[DIGITS_BYTES];
	int length = snprintf(digits, sizeof digits, "%" PRId64, n), k = 0;

	for (int i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0 && digits[i - 1] != '-')
			buf[k++] = ',';
		buf[k++] = digits[i];
	}
	buf[k] = 0;
	return buf;
}

static bool has_variable(const struct emit_param *p)
{
	for (int i = 0; p->dim_names && i < p->rank; i++)
		if (p->dim_names[i])
			return true;
	return false;
}

static bool is_empty(const struct emit_param *p)
{
	for (int i = 0; i < p->rank; i++)
		if (p->dims[i] == 0)
			return true;
	return false;
}

/* The product of the dimensions, as ints, overflows. */
static bool is_beyond_int(const struct emit_param *p)
{
	int64_t n = 1;

	for (int i = 0; i < p->rank; i++)
		if (__builtin_mul_overflow(n, p->dims[i], &n) || n > INT32_MAX)
			return true;
	return false;
}

/* "const float image[1*3*224*224]". Sizes known only at run time, and the empty array that C does not have, are
 * pointers. */
static void add_tensor(struct strbuf *b, const struct emit_param *p)
{
	strbuf_printf(b, "%s%s ", p->kind == PARAM_INPUT ? "const " : "", dtypes[p->type].ctype);
	if (has_variable(p) || is_empty(p)) {
		strbuf_printf(b, "*%s", p->name);
		return;
	}
	strbuf_printf(b, "%s[", p->name);
	for (int i = 0; i < p->rank; i++)
		strbuf_printf(b, "%s%" PRId64 "%s", i ? "*" : "", p->dims[i], !i && is_beyond_int(p) ? "LL" : "");
	strbuf_puts(b, p->rank ? "]" : "1]");
}

static void print_param(struct strbuf *b, const struct emit_param *p)
{
	if (p->kind == PARAM_DIM)
		strbuf_printf(b, "int %s", p->name);
	else if (p->kind == PARAM_DIM_OUT)
		strbuf_printf(b, "int *%s", p->name);
	else if (p->from)
		strbuf_printf(b, "void (*%s)(void *from, int row, void *to), void *%s", p->name, p->from);
	else
		add_tensor(b, p);
}

/* Appends one parameter, on a new line where the current one is full. */
static void add_param(struct strbuf *b, const char *text, bool is_first, size_t *column)
{
	size_t n = strlen(text);

	if (!is_first)
		strbuf_puts(b, ",");
	if (*column + n + 2 > SIGNATURE_COLUMNS) {
		strbuf_puts(b, "\n\t");
		*column = 8;
	} else if (!is_first) {
		strbuf_puts(b, " ");
	}
	strbuf_puts(b, text);
	*column += n + 2;
}

const char *emit_entry(struct arena *a, const struct emit_model *m)
{
	return arena_printf(a, "%s_%s", m->prefix, m->has_states ? "step" : "run");
}

/* "void *arena)", what the caller gives of memory, or "void)". */
static const char *memory_parameters(struct arena *a, const struct emit_model *m)
{
	struct strbuf b;

	strbuf_init(&b, a);
	for (int i = 0; i < m->n_pools && m->is_caller_arena; i++)
		strbuf_printf(&b, "%svoid *%s", i ? ", " : "", m->pool[i].name);
	strbuf_puts(&b, m->is_caller_arena ? ")" : "void)");
	return strbuf_text(&b);
}

const char *emit_reset(struct arena *a, const struct emit_model *m)
{
	return arena_printf(a, "void %s_reset(%s", m->prefix, memory_parameters(a, m));
}

const char *emit_signature(struct arena *a, const struct emit_model *m)
{
	struct strbuf b, param;
	bool is_first = true;
	size_t column;

	strbuf_init(&b, a);
	strbuf_printf(&b, "int %s(", emit_entry(a, m));
	column = b.size;
	for (int i = 0; i < m->n_pools && m->is_caller_arena; i++) {
		add_param(&b, arena_printf(a, "void *%s", m->pool[i].name), is_first, &column);
		is_first = false;
	}
	strbuf_init(&param, a);
	for (int i = 0; i < m->n_params; i++) {
		if (m->has_edges_in_arena && param_is_tensor(&m->params[i]) && !m->params[i].from)
			continue;
		param.size = 0;
		print_param(&param, &m->params[i]);
		add_param(&b, strbuf_text(&param), is_first, &column);
		is_first = false;
	}
	strbuf_puts(&b, is_first ? "void)" : ")");
	return strbuf_text(&b);
}

/* --- holes of both files ---------------------------------------------------------------------------------------- */

static bool needs_stdint(const struct emit_model *m)
{
	for (int i = 0; i < m->n_params; i++)
		if (param_is_tensor(&m->params[i]) && dtypes[m->params[i].type].class != CLASS_F)
			return true;
	return false;
}

static void print_header_includes(struct emit *e, const struct emit_model *m)
{
	if (!needs_stdint(m) && !m->has_taps && !m->sets_weights)
		return;
	if (m->has_taps || m->sets_weights)
		emit_directive(e, "#include <stddef.h>");
	if (needs_stdint(m))
		emit_directive(e, "#include <stdint.h>");
	emit_blank(e);
}

static void print_macros(struct emit *e, const struct emit_model *m)
{
	const char *upper = ident_upper(e->scratch.arena, m->prefix);

	for (int i = 0; i < m->n_pools; i++) {
		const char *name = ident_upper(e->scratch.arena, m->pool[i].name);
		emit_directive(e, "#define %s_%s_BYTES %" PRId64 "%s", upper, name, m->pool[i].bytes,
			       m->is_caller_arena ? " /* of the memory that the caller gives */" :
						    " /* static, in the C file */");
		if (m->is_caller_arena)
			emit_directive(e, "#define %s_%s_ALIGN %d", upper, name, m->target->arena_align);
	}
	if (m->has_states)
		emit_directive(e, "#define %s_STATE_BYTES %" PRId64 " /* in it, kept from step to step */", upper,
			       m->state_bytes);
	if (m->step_frames)
		emit_directive(e, "#define %s_STEP_FRAMES %" PRId64 " /* that a step takes */", upper, m->step_frames);
	if (m->stack) {
		emit_comment(e, "Worst case below %s(), as %s compiles it%s%s.", emit_entry(e->scratch.arena, m),
			m->stack->compiler,
			*m->stack->besides ? ", besides what these take: " : "", m->stack->besides);
		emit_directive(e, "#define %s_STACK_BYTES %" PRId64, upper, m->stack->bytes);
	}
	if (m->sets_weights) {
		const struct weights *stored = weights_stored(m->weights);
		const size_t align = (size_t)stored->align;
		emit_directive(e, "#define %s_WEIGHTS_BYTES %zu", upper,
			       (stored->total_bytes + align - 1) / align * align);
		emit_directive(e, "#define %s_WEIGHTS_ALIGN %zu", upper, align);
	}
	if (m->unlocks)
		emit_directive(e, "#define %s_PLAIN_BYTES %zu /* static, in the C file, for constants made plain */",
			       upper, m->weights->total_bytes);
	edges_print_macros(e, m, upper);
	emit_blank(e);
	emit_comment(e, "What exports a function from a library, where one is wanted: an attribute.");
	emit_directive(e, "#ifndef %s_API", upper);
	emit_directive(e, "#define %s_API", upper);
	emit_directive(e, "#endif");
	emit_blank(e);
}

static void add_original(struct strbuf *b, const char *name)
{
	strbuf_puts(b, ", in the model \"");
	emission_add_name(b, name);
	strbuf_puts(b, "\"");
}

static void describe_tensor(struct strbuf *b, const struct emit_param *p)
{
	char scale[SPELL_BYTES];

	strbuf_printf(b, "%s %s [", p->name, dtypes[p->type].name);
	for (int i = 0; i < p->rank; i++) {
		strbuf_puts(b, i ? ", " : "");
		if (p->dim_names && p->dim_names[i])
			strbuf_printf(b, "%s <= ", p->dim_names[i]);
		strbuf_printf(b, "%" PRId64, p->dims[i]);
	}
	strbuf_puts(b, "]");
	if (p->layout && *p->layout)
		strbuf_printf(b, " %s", p->layout);
	if (p->original && strcmp(p->original, p->name))
		add_original(b, p->original);
	if (p->is_quantised)
		strbuf_printf(b, ", value = %s * (stored %c %" PRId64 ")", spell_f64(scale, (double)p->scale),
			p->zero_point < 0 ? '+' : '-', p->zero_point < 0 ? -p->zero_point : p->zero_point);
	if (p->late)
		strbuf_printf(b, "; its first %" PRId64 " %s", p->late, p->is_of_window ?
			      "after a reset are of no whole window" :
			      "rows after a reset come before those of a whole run");
}

/* How the function for an input that comes by rows is called. */
static void describe_rows(struct strbuf *b, const struct emit_param *p)
{
	int64_t elements = 1;
	int axis = 0;

	while (p->dims[axis] == 1)
		axis++;
	for (int i = axis + 1; i < p->rank; i++)
		elements *= p->dims[i];
	strbuf_printf(b, ": %s(%s, row, to) is called once for each row 0 to %" PRId64 " in their order and writes "
		      "its %" PRId64 " elements to `to`", p->name, p->from, p->dims[axis] - 1, elements);
}

static void print_interface(struct emit *e, const struct emit_model *m)
{
	const char *upper = ident_upper(e->scratch.arena, m->prefix);
	struct strbuf b;

	strbuf_init(&b, e->scratch.arena);
	strbuf_puts(&b, m->has_states ?
		"Runs the model one step further, from the states that the step before left in the arena. " :
		"Runs the model once. ");
	if (m->step_frames)
		strbuf_printf(&b, "Takes the next %" PRId64 " of a sequence of frames without end. ", m->step_frames);
	if (m->window_frames)
		strbuf_printf(&b, "Gives what the model gives of the last %" PRId64 ". ", m->window_frames);
	strbuf_puts(&b, m->is_caller_arena ?
		"Reentrant: all that it writes is in the arena and the outputs.\n" :
		"Uses one static arena: one call at a time.\n");
	if (m->has_edges_in_arena)
		strbuf_puts(&b, "Inputs and outputs lie in the arena, where the functions below say. A run uses up its "
				"inputs: write all of them before each one. Outputs stay until the next.\n");
	for (int i = 0; i < m->n_params; i++) {
		const struct emit_param *p = &m->params[i];
		strbuf_puts(&b, "  ");
		if (p->kind == PARAM_DIM)
			strbuf_printf(&b, "%s from %" PRId64 " to %" PRId64, p->name, p->low, p->high);
		else if (p->kind == PARAM_DIM_OUT)
			strbuf_printf(&b, "%s is set, at most %" PRId64, p->name, p->high);
		else
			describe_tensor(&b, p);
		if (p->from)
			describe_rows(&b, p);
		strbuf_puts(&b, "\n");
	}
	strbuf_puts(&b, "Returns 0, or 1 when a size given is out of its range: nothing is written then.");
	if (m->may_refuse)
		strbuf_puts(&b,
			    "\nReturns 2 when the inputs ask for a branch of the model that these sizes do not fit, or "
			    "hold an axis, a size or a count that the model does not allow.");
	if (m->sets_weights)
		strbuf_puts(&b, "\nReturns 3 without constants.");
	emit_comment(e, "%s", strbuf_text(&b));
	emit_line(e, "%s_API %s;", upper, emit_signature(e->scratch.arena, m));
	if (m->has_states) {
		emit_blank(e);
		emit_comment(e, "Sets the states to zero: to be called before the first step, and again where a new "
				"sequence begins.");
		emit_line(e, "%s_API %s;", upper, emit_reset(e->scratch.arena, m));
	}
	for (int i = 0; i < m->n_params && m->has_edges_in_arena; i++)
		if (param_is_tensor(&m->params[i]) && !m->params[i].from)
			emit_line(e, "%s_API %s;", upper, emit_accessor(e->scratch.arena, m, &m->params[i]));
	if (m->sets_weights) {
		emit_blank(e);
		emit_comment(e, "Says where the bytes of %s.bin, or others in their form, lie: they stay there.\n"
				"Returns 0, or 1 when they are not as many or not so aligned.", m->file);
		emit_line(e, "%s_API int %s_set_weights(const void *weights, size_t bytes);", upper, m->prefix);
	}
	if (m->unlocks) {
		emit_blank(e);
		emit_comment(e, "Makes the constants plain, as the first run does: to be called before where several\n"
				"threads may begin it at once. Returns 0%s.",
			     m->sets_weights ? ", or 3 without constants" : "");
		emit_line(e, "%s_API int %s_unlock(void);", upper, m->prefix);
	}
	if (!m->has_taps)
		return;
	emit_blank(e);
	emit_comment(e, "To be defined by the caller, who is told of every tensor that a step has written: element\n"
		"i0, i1 ... of it lies sum of i_k * stride[k] elements of element_bytes bytes from data.");
	emit_puts(e, "void ");
	emit_puts(e, m->prefix);
	emit_puts(e, "_tap(");
	emit_puts(e, tap_parameters);
	emit_puts(e, ");\n");
}

/* --- holes of model.c -------------------------------------------------------------------------------------------- */

static void print_total(struct emit *e, const char *what, int64_t n, const char *unit)
{
	char digits[DIGITS_BYTES];

	emit_line(e, " *   %-22s %15s%s", what, with_commas(digits, n), unit);
}

static void print_totals(struct emit *e, const struct emit_model *m)
{
	struct arena *a = e->scratch.arena;
	char digits[DIGITS_BYTES];

	print_total(e, "multiply-accumulates", m->n_macs, arena_printf(a, " in %" PRId64 " steps", m->n_steps));
	print_total(e, "constants", m->weight_bytes, " bytes");
	if (m->unlocks)
		print_total(e, "constants made plain", (int64_t)m->weights->total_bytes, " bytes of RAM");
	for (int i = 0; i < m->n_pools; i++)
		print_total(e, m->pool[i].name, m->pool[i].bytes,
			    arena_printf(a, " bytes, lower bound %s", with_commas(digits, m->pool[i].bound_bytes)));
	if (m->has_states)
		print_total(e, "states", m->state_bytes, " bytes of these");
	for (int k = 0; k < 2 && m->has_edges_in_arena; k++)
		print_total(e, k ? "outputs" : "inputs", edges_bytes(m, k ? PARAM_OUTPUT : PARAM_INPUT),
			    " bytes of these");
	if (m->stack)
		print_total(e, "stack", m->stack->bytes,
			arena_printf(a, " bytes below %s(), by %s", emit_entry(a, m),
				     emit_comment_text(a, m->stack->compiler)));
	if (!m->n_arena_rows)
		return;
	emit_line(e, " *");
	emit_line(e, " * The arena:");
	emit_line(e, " *       offset        bytes   from     to  tensor");
	for (int i = 0; i < m->n_arena_rows; i++) {
		const struct emit_arena_row *r = &m->arena_rows[i];
		strbuf_clear(&e->words);
		if (m->n_pools > 1)
			strbuf_printf(&e->words, "%s: ", m->pool[r->pool].name);
		emission_add_name(&e->words, r->name);
		emit_line(e, " *   %10" PRId64 "   %10" PRId64 " %6d %6d  %s", r->offset, r->bytes, r->first_step,
			r->last_step, emit_comment_words(e, strbuf_text(&e->words)));
	}
}

static void print_includes(struct emit *e, const struct emit_model *m)
{
	struct extract x = *m->runtime;

	extract_need_header(&x, "<stddef.h>");
	extract_need_header(&x, "<stdint.h>");
	extract_print_headers(&x, e);
}

static void print_check(struct emit *e, const struct emit_model *m)
{
	sections_print(e, m);
	if (m->is_short) {
		emit_comment(e, "All numbers of this model's convolutions fit these.");
		emit_directive(e, "#define NNRT_COUNT int16_t");
		emit_directive(e, "#define NNRT_STRIDE int16_t");
		emit_directive(e, "#define NNRT_SMALL int8_t");
	}
	emit_directive(e, "#if !(%s)", m->target->check);
	emit_directive(e, "#error \"%s\"", m->target->check_message);
	emit_directive(e, "#endif");
	/* Rounding by adding and subtracting, NaN and infinity are lost to it, and no warning says so. */
	emit_directive(e, "#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)");
	emit_directive(e, "#error \"no -ffast-math here: results depend on the order of operations and NaN\"");
	emit_directive(e, "#endif");
}

static void print_runtime(struct emit *e, const struct emit_model *m)
{
	if (m->unlocks)
		extract_rename(m->runtime, e, m->prefix);
	extract_print(m->runtime, e);
}

static void print_banner(struct emit *e, const char *what)
{
	emit_blank(e);
	emit_line(e, "/* ---- %s ---- */", what);
	emit_blank(e);
}

static void print_weights(struct emit *e, const struct emit_model *m)
{
	if (!m->weights->total_bytes)
		return;
	print_banner(e, "constants");
	weights_print(m->weights, e);
}

static void print_arena(struct emit *e, const struct emit_model *m)
{
	const char *prefix = ident_upper(e->scratch.arena, m->prefix);

	for (int i = 0; i < m->n_pools && !m->is_caller_arena; i++) {
		const char *name = m->pool[i].name, *upper = ident_upper(e->scratch.arena, name), *section = "";
		if (!m->pool[i].bytes)
			continue;
		if (m->pool[i].section)
			section = arena_printf(e->scratch.arena, " %s_SECTION_%s", prefix, upper);
		emit_blank(e);
		emit_line(e, "static unsigned char %s_%s[%s_%s_BYTES]%s __attribute__((aligned(%d)));", m->prefix, name,
			  prefix, upper, section, m->target->arena_align);
	}
}

static void print_body(struct emit *e, const struct emit_model *m)
{
	print_banner(e, "steps");
	emit_puts(e, m->body);
}

static void print_file(struct emit *e, struct arena *a, const struct emit_model *m, const char *text)
{
	const struct hole holes[] = {
		{ .name = "file", .text = emit_comment_text(a, m->file) },
		{ .name = "PREFIX", .text = ident_upper(a, m->prefix) },
		{ .name = "version", .text = m->version },
		{ .name = "model", .text = emit_comment_text(a, emission_name(a, m->model_file)) },
		{ .name = "sha256", .text = m->sha256 },
		{ .name = "target", .text = m->target->name },
		{ .name = "options",
		  .text = *m->options ? arena_printf(a, ", %s", emit_comment_text(a, m->options)) : "" },
		{ .name = "totals", .print = print_totals },
		{ .name = "includes", .print = text == template_model_h ? print_header_includes : print_includes },
		{ .name = "macros", .print = print_macros },
		{ .name = "interface", .print = print_interface },
		{ .name = "check", .print = print_check },
		{ .name = "runtime", .print = print_runtime },
		{ .name = "weights", .print = print_weights },
		{ .name = "arena", .print = print_arena },
		{ .name = "body", .print = print_body },
		{ 0 },
	};

	template_print(e, text, holes, m);
}

void emit_model_h(struct emit *e, struct arena *a, const struct emit_model *m)
{
	print_file(e, a, m, template_model_h);
}

void emit_model_c(struct emit *e, struct arena *a, const struct emit_model *m)
{
	print_file(e, a, m, template_model_c);
}
