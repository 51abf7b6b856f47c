#include "emit/export.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "emit/bindings.h"
#include "emit/emission.h"
#include "emit/emit_edges.h"
#include "emit/emit_weights.h"
#include "emit/template.h"
#include "options.h"
#include "support/arena.h"
#include "support/ident.h"
#include "targets/target.h"

enum world_id {
#define WORLD(id, name, arena, targets, help) WORLD_##id,
#define WORLD_FILE(id, path, template)
#include "emit/worlds.def"
#undef WORLD
#undef WORLD_FILE
};

enum world_arena { WORLD_ARENA_GIVEN, WORLD_ARENA_CALLER };

static const struct world {
	const char *name;
	enum world_arena arena;
	const char *targets, *help;
} worlds[] = {
#define WORLD(id, name, arena, targets, help) { name, WORLD_ARENA_##arena, targets, help },
#define WORLD_FILE(id, path, template)
#include "emit/worlds.def"
#undef WORLD
#undef WORLD_FILE
};

#define WORLD(id, name, arena, targets, help)
#define WORLD_FILE(id, path, template) extern const char template_##template[];
#include "emit/worlds.def"
#undef WORLD_FILE

static const struct world_file {
	enum world_id world;
	const char *path, *text;
} files[] = {
#define WORLD_FILE(id, path, template) { WORLD_##id, path, template_##template },
#include "emit/worlds.def"
#undef WORLD
#undef WORLD_FILE
};

enum { N_FILES = sizeof files / sizeof *files };

/* --- What may be asked for ---------------------------------------------------------------------------------------- */

static bool builds_for(const struct world *w, const struct target *target)
{
	for (const char *s = w->targets; *s; s += strcspn(s + 1, " ") + 1)
		if (!strncmp(s + 1, target->base, strcspn(s + 1, " ")))
			return true;
	return !*w->targets;
}

bool export_check(const struct options *o, const struct target *target, struct diag *d)
{
	const struct world *w = &worlds[o->export_to.world];

	if (!o->export_to.folder)
		return true;
	if (o->output)
		return diag_error(d, STATUS_USAGE, NULL, "-o %s: --export names the files itself", o->output);
	if (o->weights != WEIGHTS_TEXT)
		return diag_error(d, STATUS_USAGE, NULL, "--weights: --export needs the constants in the text");
	if (o->taps)
		return diag_error(d, STATUS_USAGE, NULL, "--taps: no program of --export defines what is called");
	if (o->stream_input)
		return diag_error(d, STATUS_USAGE, NULL, "--stream-input: no program of --export has rows to give");
	if (w->arena == WORLD_ARENA_CALLER && o->io_memory == EDGES_ARENA)
		return diag_error(d, STATUS_USAGE, NULL, "--io-memory=arena: --export=%s passes inputs and outputs",
				  w->name);
	return builds_for(w, target) ||
	       diag_error(d, STATUS_USAGE, NULL, "--export=%s: it does not build for target %s, allowed:%s", w->name,
			  target->name, w->targets);
}

bool export_has_objects(const struct options *o)
{
	return o->export_to.folder && worlds[o->export_to.world].arena == WORLD_ARENA_CALLER;
}

bool export_check_model(const struct options *o, const struct emit_model *m, struct diag *d)
{
	return !export_has_objects(o) || bindings_check(m, worlds[o->export_to.world].name, d);
}

const char *export_output(const struct options *o, struct arena *a)
{
	const char *slash = strrchr(o->model, '/'), *base = slash ? slash + 1 : o->model, *dot = strrchr(base, '.');
	const size_t n = dot && dot != base ? (size_t)(dot - base) : strlen(base);

	return arena_printf(a, "%s/src/%s.c", o->export_to.folder,
			    o->name ? o->name : ident_sanitise(a, arena_strndup(a, base, n), "model"));
}

/* --- Files -------------------------------------------------------------------------------------------------------- */

/* File k of the world. */
static const struct world_file *file_at(const struct options *o, int k)
{
	for (int i = 0; i < N_FILES; i++)
		if (files[i].world == (enum world_id)o->export_to.world && !k--)
			return &files[i];
	return NULL;
}

/* Text with @name@ and @NAME@ filled in. */
static const char *with_names(const char *text, const char *prefix, struct arena *a)
{
	struct strbuf b;

	strbuf_init(&b, a);
	while (*text) {
		const size_t n = strcspn(text, "@");
		strbuf_add(&b, text, n);
		text += n;
		if (!*text)
			break;
		strbuf_puts(&b, text[1] == 'N' ? ident_upper(a, prefix) : prefix);
		text += strlen("@name@");
	}
	return strbuf_text(&b);
}

const char *export_path(const struct options *o, const char *prefix, int k, struct arena *a)
{
	const struct world_file *f = o->export_to.folder ? file_at(o, k) : NULL;

	return f ? arena_printf(a, "%s/%s", o->export_to.folder, with_names(f->path, prefix, a)) : NULL;
}

bool export_folders(const char *path, struct arena *a, struct diag *d)
{
	for (const char *s = path + (*path == '/'); (s = strchr(s, '/')); s++) {
		const char *folder = arena_strndup(a, path, (size_t)(s - path));
		struct stat x;
		if (mkdir(folder, 0777) == 0 || (stat(folder, &x) == 0 && S_ISDIR(x.st_mode)))
			continue;
		return diag_error(d, STATUS_ENVIRONMENT, NULL, "cannot make the folder %s: %s", folder,
				  strerror(errno));
	}
	return true;
}

/* --- Holes -------------------------------------------------------------------------------------------------------- */

/* The C files, each as `before` name `after`. */
static void print_sources(struct emit *e, const struct emit_model *m, const char *before, const char *after)
{
	emit_line(e, "%s%s.c%s", before, m->file, after);
	for (int k = 0; k < m->weights->n_files; k++)
		emit_line(e, "%s%s_w%d.c%s", before, m->file, k, after);
}

static void print_cmake_sources(struct emit *e, const struct emit_model *m)
{
	print_sources(e, m, "    src/", "");
}

static void print_pdsc_sources(struct emit *e, const struct emit_model *m)
{
	print_sources(e, m, "        <file category=\"source\" name=\"src/", "\"/>");
}

static bool is_cortex_m(const struct emit_model *m)
{
	return !strncmp(m->target->base, "cortex-m", strlen("cortex-m"));
}

/* "M4", "M0PLUS" or "M0+" of "cortex-m4", "cortex-m0plus". */
static const char *core_of(const struct emit_model *m, struct arena *a, const char *plus)
{
	const char *core = m->target->base + strlen("cortex-m"), *rest = strstr(core, "plus");

	return arena_printf(a, "M%.*s%s", (int)strcspn(core, "p"), core, rest ? plus : "");
}

static void print_conditions(struct emit *e, const struct emit_model *m)
{
	if (!is_cortex_m(m))
		return;
	emit_puts(e, "  <conditions>\n    <condition id=\"Core\">\n");
	emit_line(e, "      <description>%s</description>", m->target->name);
	emit_line(e, "      <require Dcore=\"Cortex-%s\"/>", core_of(m, e->scratch.arena, "+"));
	emit_puts(e, "    </condition>\n  </conditions>\n");
}

static void print_depends(struct emit *e, const struct emit_model *m)
{
	if (!is_cortex_m(m))
		return;
	emit_line(e, "\tdepends on CPU_CORTEX_%s", core_of(m, e->scratch.arena, "PLUS"));
	if (m->target->features & HAS_FPU)
		emit_line(e, "\tdepends on FPU");
}

/* The chips whose processor has the target's instructions. */
static void print_idf_targets(struct emit *e, const struct emit_model *m)
{
	if (!strcmp(m->target->base, "rv32imc"))
		emit_puts(e, "targets:\n  - esp32c2\n  - esp32c3\n  - esp32c6\n  - esp32h2\n");
	else if (!strcmp(m->target->base, "rv32imafc"))
		emit_puts(e, "targets:\n  - esp32p4\n");
}

/* --- The example -------------------------------------------------------------------------------------------------- */

static const char *local_name(const struct emit_param *p, struct arena *a)
{
	return arena_printf(a, "%s_%s", p->kind == PARAM_INPUT ? "in" : "out", p->name);
}

static int64_t elements_of(const struct emit_param *p)
{
	int64_t n = 1;

	for (int i = 0; i < p->rank; i++)
		n *= p->dims[i];
	return n;
}

/* Arrays at the upper bounds of their sizes; none for what lies in the arena. */
static void print_declarations(struct emit *e, const struct emit_model *m)
{
	const char *upper = ident_upper(e->scratch.arena, m->prefix);

	for (int i = 0; i < m->n_pools && m->is_caller_arena; i++) {
		const char *pool = ident_upper(e->scratch.arena, m->pool[i].name);
		emit_line(e, "static unsigned char memory_%s[%s_%s_BYTES + 1] __attribute__((aligned(%s_%s_ALIGN)));",
			  m->pool[i].name, upper, pool, upper, pool);
	}
	for (int i = 0; i < m->n_params; i++) {
		const struct emit_param *p = &m->params[i];
		const int64_t n = param_is_tensor(p) ? elements_of(p) : 0;
		if (p->kind == PARAM_DIM_OUT)
			emit_line(e, "static int size_%s;", p->name);
		else if (param_is_tensor(p) && !m->has_edges_in_arena)
			emit_line(e, "static %s %s[%" PRId64 "];", dtypes[p->type].ctype,
				  local_name(p, e->scratch.arena), n > 0 ? n : 1);
	}
	emit_blank(e);
}

/* "model_run(4, in_image, out_scores)" */
static const char *call_text(const struct emit_model *m, struct arena *a)
{
	const char *separator = "";
	struct strbuf b;

	strbuf_init(&b, a);
	strbuf_printf(&b, "%s(", emit_entry(a, m));
	for (int i = 0; i < m->n_pools && m->is_caller_arena; i++, separator = ", ")
		strbuf_printf(&b, "%smemory_%s", separator, m->pool[i].name);
	for (int i = 0; i < m->n_params; i++) {
		const struct emit_param *p = &m->params[i];
		if (p->kind == PARAM_DIM)
			strbuf_printf(&b, "%s%" PRId64, separator, p->high);
		else if (p->kind == PARAM_DIM_OUT)
			strbuf_printf(&b, "%s&size_%s", separator, p->name);
		else if (!m->has_edges_in_arena)
			strbuf_printf(&b, "%s%s", separator, local_name(p, a));
		else
			continue;
		separator = ", ";
	}
	strbuf_puts(&b, ")");
	return strbuf_text(&b);
}

/* The first element of output i as C text; NULL: it has none. */
static const char *first_element(const struct emit_model *m, const struct emit_param *p, struct arena *a)
{
	struct strbuf b;

	if (p->kind != PARAM_OUTPUT || elements_of(p) < 1)
		return NULL;
	if (!m->has_edges_in_arena)
		return arena_printf(a, "%s[0]", local_name(p, a));
	strbuf_init(&b, a);
	strbuf_printf(&b, "%s_output_%s(", m->prefix, p->name);
	for (int i = 0; i < m->n_pools && m->is_caller_arena; i++)
		strbuf_printf(&b, "%smemory_%s", i ? ", " : "", m->pool[i].name);
	strbuf_puts(&b, ")[0]");
	return strbuf_text(&b);
}

static void print_outputs(struct emit *e, const struct emit_model *m)
{
	for (int i = 0; i < m->n_params; i++) {
		const char *first = first_element(m, &m->params[i], e->scratch.arena);
		if (first)
			emit_line(e, "\tprintf(\"%s[0] = %%g\\n\", (double)%s);", m->params[i].name, first);
	}
}

static void print_serial(struct emit *e, const struct emit_model *m)
{
	for (int i = 0; i < m->n_params; i++) {
		const char *first = first_element(m, &m->params[i], e->scratch.arena);
		if (!first)
			continue;
		emit_line(e, "\tSerial.print(\"%s[0] = \");", m->params[i].name);
		emit_line(e, "\tSerial.println((double)%s);", first);
	}
}

void export_print(struct emit *e, struct arena *a, const struct options *o, const struct emit_model *m, int k)
{
	const struct world_file *f = file_at(o, k);
	int64_t ram_bytes = 0;

	if (!f)
		return;
	for (int i = 0; i < m->n_pools; i++)
		ram_bytes += m->pool[i].bytes;
	struct hole *holes;
	const struct hole own[] = {
		{ .name = "name", .text = m->prefix },
		{ .name = "NAME", .text = ident_upper(a, m->prefix) },
		{ .name = "version", .text = m->version },
		{ .name = "model", .text = emit_comment_text(a, emission_name(a, m->model_file)) },
		{ .name = "sha256", .text = m->sha256 },
		{ .name = "target", .text = m->target->name },
		{ .name = "options",
		  .text = *m->options ? arena_printf(a, ", %s", emit_comment_text(a, m->options)) : "" },
		{ .name = "cflags", .text = m->target->cflags },
		{ .name = "flash_bytes", .text = arena_printf(a, "%" PRId64, m->weight_bytes) },
		{ .name = "ram_bytes", .text = arena_printf(a, "%" PRId64, ram_bytes) },
		{ .name = "world_help", .text = with_names(worlds[o->export_to.world].help, m->prefix, a) },
		{ .name = "condition", .text = is_cortex_m(m) ? " condition=\"Core\"" : "" },
		{ .name = "call", .text = call_text(m, a) },
		{ .name = "cmake_sources", .print = print_cmake_sources },
		{ .name = "pdsc_sources", .print = print_pdsc_sources },
		{ .name = "conditions", .print = print_conditions },
		{ .name = "depends", .print = print_depends },
		{ .name = "idf_targets", .print = print_idf_targets },
		{ .name = "declare", .print = print_declarations },
		{ .name = "print", .print = print_outputs },
		{ .name = "serial", .print = print_serial },
	};

	holes = ARENA_ARRAY(a, sizeof own / sizeof *own + N_BINDING_HOLES + 1, struct hole);
	memcpy(holes, own, sizeof own);
	(void)bindings_holes(holes + sizeof own / sizeof *own, m, a);

	template_print(e, f->text, holes, m);
}
