#include "host/counts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "emit/template.h"
#include "host/built_request.h"
#include "host/process.h"
#include "support/arena.h"
#include "targets/target.h"

static const char plugin[] = "nnc_count.so", plugin_c[] = "nnc_count.c", counts_file[] = "counts.txt";

bool runner_counts(const char *runner, struct arena *a)
{
	const char *slash, *name;
	struct words w;

	words_init(&w, a);
	words_split(&w, runner);
	if (!w.n)
		return false;
	slash = strrchr(w.v[0], '/');
	name = slash ? slash + 1 : w.v[0];
	return !strncmp(name, "qemu-", strlen("qemu-"));
}

/* The plugin is a shared object of this machine: its own compiler makes it. */
static bool make_plugin(const struct built *b, struct arena *a, struct diag *d)
{
	const char *source = folder_path(b->folder, plugin_c, a);
	FILE *f = fopen(source, "w");
	struct words w;
	bool ok = f != NULL;

	if (f) {
		ok = fputs(template_count_plugin, f) >= 0;
		ok = fclose(f) == 0 && ok;
	}
	if (!ok)
		return diag_error(d, STATUS_ENVIRONMENT, NULL, "cannot write %s: %s", source, strerror(errno));
	words_init(&w, a);
	words_split(&w, "cc -std=gnu11 -O2 -fPIC -shared -o");
	words_add(&w, folder_path(b->folder, plugin, a));
	words_add(&w, source);
	return process_run(&w, NULL, true, "C compiler of this machine, for the counting plugin", a, d);
}

static bool is_thumb(const struct built *b)
{
	return !strncmp(b->c.module.target->base, "cortex-m", strlen("cortex-m"));
}

/* The runner with the plugin behind its first word. */
static const char *counting_runner(const struct built *b, struct arena *a)
{
	const size_t n = strcspn(b->runner, " ");

	return arena_printf(a, "%.*s -plugin ./%s,prefix=%s_mark,out=%s%s%s", (int)n, b->runner, plugin,
			    b->c.totals.prefix, counts_file, is_thumb(b) ? ",thumb=on" : "", b->runner + n);
}

static bool read_line(const char *line, int *number, struct step_count *s)
{
	char *end;

	*number = (int)strtol(line, &end, 10);
	s->passages = strtoll(end, &end, 10);
	s->insns = strtoll(end, &end, 10);
	for (int k = 0; k < N_INSN_CLASSES; k++)
		s->of[k] = strtoll(end, &end, 10);
	return end != line && s->insns >= s->passages;
}

/* The call of each mark, one branch, is taken off. */
static void add_line(struct counts *c, int number, struct step_count s, bool has_classes)
{
	struct step_count *to = number < 0 ? &c->outside : &c->step[number];

	s.insns -= s.passages;
	if (has_classes)
		s.of[CLASS_BRANCH] -= s.passages;
	*to = s;
	c->whole.insns += s.insns;
	for (int k = 0; k < N_INSN_CLASSES; k++)
		c->whole.of[k] += s.of[k];
}

static bool read_counts(const struct built *b, struct counts *c, struct arena *a, struct diag *d)
{
	const char *path = folder_path(b->folder, counts_file, a);
	FILE *f = fopen(path, "r");
	bool ok = f != NULL;
	char line[1024];

	c->n_steps = b->c.totals.n_steps;
	c->step = ARENA_ARRAY(a, c->n_steps, struct step_count);
	/* Memory that runs out leaves the file open: nnc ends then. */
	while (ok && fgets(line, sizeof line, f)) {
		struct step_count s = { 0 };
		int number;
		ok = read_line(line, &number, &s) && number < c->n_steps;
		if (ok)
			add_line(c, number, s, is_thumb(b));
	}
	if (f)
		fclose(f);
	return (ok && c->whole.insns > 0) ||
	       diag_error(d, STATUS_ENVIRONMENT, NULL, "the emulator wrote no counts: \"%s\" must take plugins, as "
			  "QEMU 7.2 does, and know the program's symbols", b->runner);
}

bool built_count(struct built *b, const struct value *inputs, struct counts *c, struct arena *a, struct diag *d)
{
	*c = (struct counts){ 0 };
	if (!make_plugin(b, a, d))
		return false;
	b->runner = counting_runner(b, a);
	return built_run_counted(b, inputs, a, d) && read_counts(b, c, a, d);
}
