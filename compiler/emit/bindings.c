#include "emit/bindings.h"

#include <inttypes.h>
#include <string.h>

#include "emit/emit_edges.h"
#include "emit/emit_header.h"
#include "emit/emit_weights.h"
#include "support/arena.h"
#include "support/diag.h"
#include "support/strbuf.h"
#include "targets/target.h"

bool bindings_check(const struct emit_model *m, const char *world, struct diag *d)
{
	for (int i = 0; i < m->n_params; i++)
		if (!param_is_tensor(&m->params[i]))
			return diag_error(d, STATUS_UNSUPPORTED, NULL, "--export=%s: \"%s\" is a size of the run: fix "
					  "sizes with --dim", world, m->params[i].name);
	return true;
}

static int64_t count(const struct emit_param *p)
{
	int64_t n = 1;

	for (int i = 0; i < p->rank; i++)
		n *= p->dims[i];
	return n;
}

/* "int8" of "int8_t": what stores an element. */
static const char *stored_as(const struct emit_param *p, struct arena *a)
{
	const char *ctype = dtypes[p->type].ctype;

	return arena_strndup(a, ctype, strcspn(ctype, "_"));
}

/* --- C++ ---------------------------------------------------------------------------------------------------------- */

/* "entry(before-arena-after, image.data(), …)": the memory first, each block as `before` name `after`. */
static const char *call_text(struct arena *a, const struct emit_model *m, const char *function, const char *before,
			     const char *after, const char *(*argument)(struct arena *a, const struct emit_param *p))
{
	struct strbuf b;

	strbuf_init(&b, a);
	strbuf_printf(&b, "%s(", function);
	for (int i = 0; i < m->n_pools; i++)
		strbuf_printf(&b, "%s%s%s%s", i ? ", " : "", before, m->pool[i].name, after);
	for (int i = 0; i < m->n_params && argument; i++)
		strbuf_printf(&b, "%s%s", m->n_pools + i ? ", " : "", argument(a, &m->params[i]));
	strbuf_puts(&b, ")");
	return strbuf_text(&b);
}

static const char *reset_name(struct arena *a, const struct emit_model *m)
{
	return arena_printf(a, "%s_reset", m->prefix);
}

static const char *cpp_argument(struct arena *a, const struct emit_param *p)
{
	return arena_printf(a, "%s.data()", p->name);
}

static void cpp_run(struct emit *e, const struct emit_model *m)
{
	struct arena *a = e->scratch.arena;
	struct strbuf b;

	strbuf_init(&b, a);
	for (int i = 0; i < m->n_params; i++) {
		const struct emit_param *p = &m->params[i];
		strbuf_printf(&b, "%sstd::span<%s%s, %" PRId64 "> %s", i ? ", " : "",
			      p->kind == PARAM_INPUT ? "const " : "", dtypes[p->type].ctype, count(p), p->name);
	}
	emit_line(e, "\t/** 0, or what %s() says went wrong. */", emit_entry(a, m));
	emit_line(e, "\tint run(%s)", strbuf_text(&b));
	emit_puts(e, "\t{\n");
	emit_line(e, "\t\treturn %s;", call_text(a, m, emit_entry(a, m), "this->", "_.get()", cpp_argument));
	emit_puts(e, "\t}\n\n");
}

static void cpp_begin(struct emit *e, const struct emit_model *m)
{
	if (m->unlocks) {
		emit_line(e, "\t\tstatic const int unlocked = %s_unlock();", m->prefix);
		emit_puts(e, "\t\t(void)unlocked;\n");
	}
	if (m->has_states)
		emit_puts(e, "\t\treset();\n");
}

static void cpp_reset(struct emit *e, const struct emit_model *m)
{
	struct arena *a = e->scratch.arena;

	if (!m->has_states)
		return;
	emit_puts(e, "\t/** Begins a new sequence. */\n");
	emit_line(e, "\tvoid reset() { %s; }", call_text(a, m, reset_name(a, m), "this->", "_.get()", NULL));
	emit_blank(e);
}

static void cpp_members(struct emit *e, const struct emit_model *m)
{
	for (int i = 0; i < m->n_pools; i++)
		emit_line(e, "\tMemory %s_ = allocate(%" PRId64 ");", m->pool[i].name, m->pool[i].bytes);
}

/* --- Rust --------------------------------------------------------------------------------------------------------- */

/* "i8" of "int8_t". */
static const char *rust_type(const struct emit_param *p, struct arena *a)
{
	const struct dtype_info *t = &dtypes[p->type];

	return arena_printf(a, "%c%d", t->ctype[0] == 'd' ? 'f' : t->ctype[0], 8 * t->bytes);
}

/* Words of Rust that C has not. */
static const char *rust_name(struct arena *a, const char *name)
{
	static const char *const words[] = { "Self", "abstract", "as", "async", "await", "become", "box", "crate",
		"dyn", "final", "fn", "gen", "impl", "in", "let", "loop", "macro", "match", "mod", "move", "mut",
		"override",
		"priv", "pub", "ref", "self", "super", "trait", "type", "unsafe", "unsized", "use", "where", "yield" };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (!strcmp(words[i], name))
			return arena_printf(a, "%s_", name);
	return name;
}

static const char *rust_argument(struct arena *a, const struct emit_param *p)
{
	return arena_printf(a, "%s.as_%sptr()", rust_name(a, p->name), p->kind == PARAM_INPUT ? "" : "mut_");
}

static void rust_sources(struct emit *e, const struct emit_model *m)
{
	emit_line(e, "    \"src/%s.c\",", m->file);
	for (int k = 0; k < m->weights->n_files; k++)
		emit_line(e, "    \"src/%s_w%d.c\",", m->file, k);
}

static void rust_extern(struct emit *e, const struct emit_model *m)
{
	struct arena *a = e->scratch.arena;

	emit_puts(e, "extern \"C\" {\n");
	emit_line(e, "    fn %s(", emit_entry(a, m));
	for (int i = 0; i < m->n_pools; i++)
		emit_line(e, "        %s: *mut u8,", m->pool[i].name);
	for (int i = 0; i < m->n_params; i++)
		emit_line(e, "        %s: *%s %s,", rust_name(a, m->params[i].name),
			  m->params[i].kind == PARAM_INPUT ? "const" : "mut", rust_type(&m->params[i], a));
	emit_puts(e, "    ) -> i32;\n");
	if (m->has_states) {
		emit_line(e, "    fn %s(", reset_name(a, m));
		for (int i = 0; i < m->n_pools; i++)
			emit_line(e, "        %s: *mut u8,", m->pool[i].name);
		emit_puts(e, "    );\n");
	}
	if (m->unlocks)
		emit_line(e, "    fn %s_unlock() -> i32;", m->prefix);
	emit_puts(e, "}\n");
}

static void rust_members(struct emit *e, const struct emit_model *m)
{
	for (int i = 0; i < m->n_pools; i++)
		emit_line(e, "    %s: Vec<Line>,", m->pool[i].name);
}

static void rust_new(struct emit *e, const struct emit_model *m)
{
	const int align = m->target->arena_align;

	if (m->unlocks) {
		emit_puts(e, "        static UNLOCK: std::sync::Once = std::sync::Once::new();\n");
		emit_line(e, "        UNLOCK.call_once(|| unsafe { %s_unlock(); });", m->prefix);
	}
	emit_line(e, "        %sSelf {", m->has_states ? "let mut model = " : "");
	for (int i = 0; i < m->n_pools; i++)
		emit_line(e, "            %s: vec![Line([0; %d]); %" PRId64 "],", m->pool[i].name, align,
			  m->pool[i].bytes / align + 1);
	emit_line(e, "        }%s", m->has_states ? ";" : "");
	if (m->has_states)
		emit_puts(e, "        model.reset();\n        model\n");
}

static void rust_run(struct emit *e, const struct emit_model *m)
{
	struct arena *a = e->scratch.arena;

	emit_puts(e, "    pub fn run(\n        &mut self,\n");
	for (int i = 0; i < m->n_params; i++) {
		const struct emit_param *p = &m->params[i];
		emit_line(e, "        %s: &%s[%s; %" PRId64 "],", rust_name(a, p->name),
			  p->kind == PARAM_INPUT ? "" : "mut ", rust_type(p, a), count(p));
	}
	emit_puts(e, "    ) -> Result<(), Status> {\n");
	emit_line(e, "        match unsafe { %s } {", call_text(a, m, emit_entry(a, m), "self.", ".as_mut_ptr().cast()",
								 rust_argument));
	emit_puts(e, "            0 => Ok(()),\n            status => Err(Status(status)),\n        }\n    }\n");
}

static void rust_reset(struct emit *e, const struct emit_model *m)
{
	struct arena *a = e->scratch.arena;

	if (!m->has_states)
		return;
	emit_puts(e, "\n    /// Begins a new sequence.\n    pub fn reset(&mut self) {\n");
	emit_line(e, "        unsafe { %s };",
		  call_text(a, m, reset_name(a, m), "self.", ".as_mut_ptr().cast()", NULL));
	emit_puts(e, "    }\n");
}

/* --- Python ------------------------------------------------------------------------------------------------------- */

static void python_sources(struct emit *e, const struct emit_model *m)
{
	emit_line(e, "        \"src/%s.c\",", m->file);
	for (int k = 0; k < m->weights->n_files; k++)
		emit_line(e, "        \"src/%s_w%d.c\",", m->file, k);
}

/* numpy's word for the type, or for what stores one that it does not know. */
static const char *python_type(const struct emit_param *p, struct arena *a)
{
	return p->type <= DT_F16 ? dtypes[p->type].name : stored_as(p, a);
}

static void python_tensors(struct emit *e, const struct emit_model *m, enum param_kind kind)
{
	for (int i = 0; i < m->n_params; i++) {
		const struct emit_param *p = &m->params[i];
		struct strbuf b;
		if (p->kind != kind)
			continue;
		strbuf_init(&b, e->scratch.arena);
		for (int k = 0; k < p->rank; k++)
			strbuf_printf(&b, "%s%" PRId64, k ? ", " : "", p->dims[k]);
		emit_line(e, "    (\"%s\", \"%s\", (%s%s)),", p->name, python_type(p, e->scratch.arena),
			  strbuf_text(&b), p->rank == 1 ? "," : "");
	}
}

static void python_inputs(struct emit *e, const struct emit_model *m)
{
	python_tensors(e, m, PARAM_INPUT);
}

static void python_outputs(struct emit *e, const struct emit_model *m)
{
	python_tensors(e, m, PARAM_OUTPUT);
}

static const char *python_memory(const struct emit_model *m, struct arena *a)
{
	struct strbuf b;

	strbuf_init(&b, a);
	for (int i = 0; i < m->n_pools; i++)
		strbuf_printf(&b, "%s%" PRId64 ",", i ? " " : "", m->pool[i].bytes);
	return strbuf_text(&b);
}

static void python_reset(struct emit *e, const struct emit_model *m)
{
	if (!m->has_states)
		return;
	emit_puts(e, "    def reset(self):\n        \"\"\"Begins a new sequence.\"\"\"\n"
		     "        _run.reset(*self._memory)\n\n");
}

static void python_begin(struct emit *e, const struct emit_model *m)
{
	if (m->has_states)
		emit_puts(e, "        self.reset()\n");
}

static void python_arguments(struct emit *e, const struct emit_model *m)
{
	for (int i = 0; i < m->n_pools; i++)
		emit_line(e, "\t{ \"%s\", %" PRId64 ", 1 },", m->pool[i].name, m->pool[i].bytes ? m->pool[i].bytes : 1);
	for (int i = 0; i < m->n_params; i++)
		emit_line(e, "\t{ \"%s\", %" PRId64 ", %d },", m->params[i].name,
			  count(&m->params[i]) * dtypes[m->params[i].type].bytes,
			  m->params[i].kind == PARAM_OUTPUT);
}

/* "model_run(view[0].buf, (const float *)view[1].buf, …)" */
static const char *python_call(const struct emit_model *m, struct arena *a, const char *function, bool has_tensors)
{
	struct strbuf b;

	strbuf_init(&b, a);
	strbuf_printf(&b, "%s(", function);
	for (int i = 0; i < m->n_pools; i++)
		strbuf_printf(&b, "%sview[%d].buf", i ? ", " : "", i);
	for (int i = 0; i < m->n_params && has_tensors; i++)
		strbuf_printf(&b, "%s(%s%s *)view[%d].buf", i || m->n_pools ? ", " : "",
			      m->params[i].kind == PARAM_INPUT ? "const " : "", dtypes[m->params[i].type].ctype,
			      i + m->n_pools);
	strbuf_puts(&b, ")");
	return strbuf_text(&b);
}

/* The memory alone: the first n_pools arguments. */
static void python_reset_c(struct emit *e, const struct emit_model *m)
{
	struct arena *a = e->scratch.arena;

	if (!m->has_states)
		return;
	emit_puts(e, "static PyObject *reset(PyObject *self, PyObject *args)\n{\n\tPy_buffer view[N];\n");
	emit_line(e, "\tconst int n = take(args, view, %d);", m->n_pools);
	emit_puts(e, "\n\t(void)self;\n\tif (!PyErr_Occurred())\n");
	emit_line(e, "\t\t%s;", python_call(m, a, reset_name(a, m), false));
	emit_puts(e, "\tfor (int i = 0; i < n; i++)\n\t\tPyBuffer_Release(&view[i]);\n"
		     "\tif (PyErr_Occurred())\n\t\treturn NULL;\n\tPy_RETURN_NONE;\n}\n\n");
}

static void python_reset_method(struct emit *e, const struct emit_model *m)
{
	if (m->has_states)
		emit_puts(e, "\t{ \"reset\", reset, METH_VARARGS, \"Begins a new sequence.\" },\n");
}

static void python_unlock(struct emit *e, const struct emit_model *m)
{
	if (m->unlocks)
		emit_line(e, "\t(void)%s_unlock();", m->prefix);
}

void bindings_holes(struct hole *hole, const struct emit_model *m, struct arena *a)
{
	const struct hole holes[] = {
		{ .name = "align", .text = arena_printf(a, "%d", m->target->arena_align) },
		{ .name = "cpp_run", .print = cpp_run },
		{ .name = "cpp_begin", .print = cpp_begin },
		{ .name = "cpp_reset", .print = cpp_reset },
		{ .name = "cpp_members", .print = cpp_members },
		{ .name = "rust_sources", .print = rust_sources },
		{ .name = "rust_extern", .print = rust_extern },
		{ .name = "rust_members", .print = rust_members },
		{ .name = "rust_new", .print = rust_new },
		{ .name = "rust_run", .print = rust_run },
		{ .name = "rust_reset", .print = rust_reset },
		{ .name = "python_sources", .print = python_sources },
		{ .name = "python_inputs", .print = python_inputs },
		{ .name = "python_outputs", .print = python_outputs },
		{ .name = "python_memory", .text = python_memory(m, a) },
		{ .name = "python_begin", .print = python_begin },
		{ .name = "python_reset", .print = python_reset },
		{ .name = "python_arguments", .print = python_arguments },
		{ .name = "python_call", .text = python_call(m, a, emit_entry(a, m), true) },
		{ .name = "python_reset_c", .print = python_reset_c },
		{ .name = "python_reset_method", .print = python_reset_method },
		{ .name = "python_unlock", .print = python_unlock },
	};

	_Static_assert(sizeof holes / sizeof *holes <= N_BINDING_HOLES, "more holes than callers have room for");
	memcpy(hole, holes, sizeof holes);
}
