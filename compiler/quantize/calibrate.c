#include "quantize/calibrate.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "commands/caller_inputs.h"
#include "host/progress.h"
#include "quantize/parallel.h"
#include "quantize/statistics_file.h"
#include "support/arena.h"

/* Samples go through the program in batches, whose outputs take about so many bytes at a time. */
enum { BATCH_BYTES = 32 << 20, MAX_BATCH = 64 };

/* --- progress ----------------------------------------------------------------------------------------------------- */

/* Shared by the processes: two that write the line at the same time write almost the same. */
struct calibration_progress {
	const char *volatile what;
	atomic_int samples;
	char line[48];
};

static struct calibration_progress *new_progress(struct arena *a)
{
	void *p = mmap(NULL, sizeof(struct calibration_progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);

	return p == MAP_FAILED ? ARENA_NEW(a, struct calibration_progress) : p;
}

static void show_progress(struct calibration_progress *p, int more)
{
	const int n = atomic_fetch_add(&p->samples, more) + more;

	snprintf(p->line, sizeof p->line, "calibrating, %d samples", n);
}

static void progress_reset(struct calibration_progress *p)
{
	atomic_store(&p->samples, 0);
	show_progress(p, 0);
	p->what = p->line;
}

/* ------------------------------------------------------------------------------------------------------------------ */

bool calibrate_begin(struct calibration *c, const struct statistics *s)
{
	struct signature *signature = ARENA_NEW(c->arena, struct signature);
	struct options *fixed = ARENA_NEW(c->arena, struct options);
	const char **name = ARENA_ARRAY(c->arena, s->n, const char *);
	const char *const model = c->diag->file;
	struct inputs in;
	bool end, ok;

	*fixed = *c->options;
	c->progress = new_progress(c->arena);
	c->jobs = fixed->threads ? (int)fixed->threads : parallel_default();
	c->options = fixed;
	if (!caller_inputs(signature, fixed, c->arena, c->diag))
		return false;
	c->diag->file = NULL; /* messages about data name the data */
	ok = samples_open(&c->samples, fixed->calibrate, signature, fixed, c->arena, c->diag) &&
	     samples_next(&c->samples, &in, &end, c->arena, c->diag) && inputs_fix_dims(fixed, &in, c->arena, c->diag);
	c->diag->file = model;
	for (int i = 0; i < s->n; i++)
		name[i] = s->v[i].name;
	return ok && probe_make(&c->probe, c->file, name, s->n, fixed, c->folder, 0, c->arena, c->scratch, c->diag);
}

static void see(const struct calibration *c, struct statistics *s, const struct answer *r)
{
	for (int k = 0; k < s->n; k++) {
		const struct value *v = probe_value(&c->probe, r, k);
		if (v->type != DT_F32)
			continue;
		if (s->bins)
			statistics_see_bins(s, &s->v[k], v);
		else
			statistics_see_range(&s->v[k], v);
	}
	s->samples++;
}

/* --- batches ------------------------------------------------------------------------------------------------------ */

/* Reads up to `most` samples of those whose number is k modulo n, as the program wants them; *size of them. */
static bool read_batch(struct calibration *c, const struct value **values, int most, int *size, int k, int n,
		       struct arena *a)
{
	bool end = false;

	for (*size = 0; *size < most;) {
		struct inputs *in = ARENA_NEW(a, struct inputs);
		struct options same = *c->options;
		if (c->samples.seen % n != k) {
			if (!samples_skip(&c->samples, &end, c->diag))
				return false;
		} else {
			if (!samples_next(&c->samples, in, &end, a, c->diag))
				return false;
			if (!end &&
			    (!inputs_fix_dims(&same, in, a, c->diag) ||
			     !(values[(*size)++] = inputs_for_graph(in, &c->probe.built->c.module, a, c->diag))))
				return false;
		}
		if (end)
			break;
	}
	return true;
}

/* How many samples fit into a batch. */
static int batch_size(int64_t bytes)
{
	const int64_t fit = BATCH_BYTES / (bytes + 1);

	return fit < 1 ? 1 : fit > MAX_BATCH ? MAX_BATCH : (int)fit;
}

bool calibrate_first(struct calibration *c, int samples, int64_t bytes,
		     bool (*visit)(void *ctx, const struct value *const *values, int n, struct arena *a), void *ctx)
{
	struct arena *a = arena_child(c->arena);
	const struct sink remarks = c->diag->remarks;
	const char *const model = c->diag->file;
	int most = batch_size(bytes), n = 1;
	bool ok = true;

	c->diag->file = NULL;
	if (!c->diag->verbose)
		c->diag->remarks = (struct sink){ 0 }; /* that every picture was scaled */
	samples_rewind(&c->samples);
	for (int done = 0; ok && n && done < samples; done += n) {
		const struct value **values = ARENA_ARRAY(a, most, const struct value *);
		most = most < samples - done ? most : samples - done;
		ok = read_batch(c, values, most, &n, 0, 1, a) && (!n || visit(ctx, values, n, a));
		arena_free(a);
	}
	c->diag->remarks = remarks;
	c->diag->file = model;
	return ok;
}

/* All samples whose number is k modulo n. */
static bool run_part(struct calibration *c, struct statistics *s, int k, int n)
{
	struct arena *a = arena_child(c->arena);
	const int most = batch_size(c->probe.bytes);
	bool ok = true;
	int size = most;

	samples_rewind(&c->samples);
	while (ok && size == most) {
		const struct value **values = ARENA_ARRAY(a, most, const struct value *);
		struct answer *answers = ARENA_ARRAY(a, most, struct answer);
		ok = read_batch(c, values, most, &size, k, n, a) &&
		     (!size || built_run(c->probe.built, values, size, answers, a, c->diag));
		for (int i = 0; ok && i < size; i++)
			see(c, s, &answers[i]);
		show_progress(c->progress, size);
		arena_free(a);
	}
	return ok;
}

/* --- processes ---------------------------------------------------------------------------------------------------- */

struct job {
	struct calibration *c;
	struct statistics *s;
};

static const char *part_path(const struct calibration *c, int k)
{
	return folder_path(c->folder, arena_printf(c->arena, "part_%d", k), c->arena);
}

/* A process of its own has a folder of its own for what goes to and from the program. */
static bool run_job(void *ctx, int k, int n)
{
	const struct job *job = ctx;
	struct calibration *c = job->c;
	struct folder *own = ARENA_NEW(c->arena, struct folder);

	if (n == 1)
		return run_part(c, job->s, 0, 1);
	*own = (struct folder){ .path = folder_path(c->folder, arena_printf(c->arena, "job_%d", k), c->arena) };
	if (mkdir(own->path, 0700) && errno != EEXIST)
		return diag_error(c->diag, STATUS_ENVIRONMENT, NULL, "cannot make the folder %s: %s", own->path,
				  strerror(errno));
	c->probe.built->folder = own;
	return run_part(c, job->s, k, n) && statistics_write(job->s, part_path(c, k), c->arena, c->diag);
}

/* What *s has of samples is empty here, so that each part is of its own samples alone. */
static bool merge_parts(struct calibration *c, struct statistics *s)
{
	for (int k = 0; k < c->jobs; k++) {
		struct statistics part;
		if (!statistics_read(&part, part_path(c, k), c->arena, c->diag) ||
		    !statistics_merge(s, &part, c->folder->path, c->diag))
			return false;
	}
	return true;
}

bool calibrate_run(struct calibration *c, struct statistics *s)
{
	struct job job = { c, s };
	const char *const model = c->diag->file;
	const struct sink remarks = c->diag->remarks;
	bool ok;

	c->diag->file = NULL; /* messages about data name the data */
	if (!c->diag->verbose)
		c->diag->remarks = (struct sink){ 0 }; /* that every picture was scaled */
	progress_reset(c->progress);
	progress_begin(&c->progress->what);
	ok = parallel_run(run_job, &job, c->jobs, c->folder->path, c->arena, c->diag) &&
	     (c->jobs == 1 || merge_parts(c, s));
	progress_end();
	c->diag->remarks = remarks;
	c->diag->file = model;
	return ok;
}
