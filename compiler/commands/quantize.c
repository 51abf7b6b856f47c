/* nnc quantize: a float model and samples become a model of bytes. */
#include <stdio.h>
#include <string.h>

#include "commands/commands.h"
#include "quantize/calibrate.h"
#include "quantize/qdq.h"
#include "quantize/ranges.h"

static bool check_options(const struct options *o, struct diag *d)
{
	if (o->n_rest)
		return diag_error(d, STATUS_USAGE, NULL, "more than one model: \"%s\"", o->rest[0]);
	if (!o->calibrate)
		return diag_error(d, STATUS_USAGE, NULL, "no samples given: --calibrate DIR");
	if (!o->output)
		return diag_error(d, STATUS_USAGE, NULL, "no output given: -o OUT.onnx");
	if (o->threads > 64)
		return diag_error(d, STATUS_USAGE, NULL, "--threads=%lld: must be 0 to 64", (long long)o->threads);
	return true;
}

/* The ranges of all tensors that may become bytes. */
static bool collect(struct calibration *c, struct statistics *s)
{
	struct selection all;
	const char **name;

	if (!select_nodes(&all, c->file, NULL, c->options->keep))
		return false;
	name = ARENA_ARRAY(c->arena, all.n, const char *);
	for (int i = 0; i < all.n; i++)
		name[i] = all.tensor[i].name;
	statistics_init(s, name, all.n, c->arena);
	if (!all.n)
		return diag_error(c->diag, STATUS_UNSUPPORTED, NULL, "the model has no operator that can be quantised");
	if (!calibrate_begin(c, s) || !calibrate_run(c, s))
		return false;
	if (range_needs_bins(c->options)) {
		statistics_begin_bins(s, 2048);
		return calibrate_run(c, s);
	}
	return true;
}

static bool quantise(struct onnx_file *f, const struct statistics *s, const struct options *o)
{
	struct selection chosen;
	int n = 0;

	if (!select_nodes(&chosen, f, s, o->keep))
		return false;
	for (size_t i = 0; i < f->graph->n_node; i++)
		n += chosen.role[i] != QUANT_NONE;
	ranges_find(&chosen, s, o);
	if (!qdq_write(f, &chosen, o) || !onnx_file_write(f, o->output))
		return false;
	printf("%lld samples, %d tensors and %d nodes quantised\n", (long long)s->samples, chosen.n, n);
	return true;
}

enum status command_quantize(const struct options *o, struct arena *a, struct arena *scratch, struct diag *d)
{
	struct onnx_file f;
	struct calibration c = { .options = o, .file = &f, .arena = a, .scratch = scratch, .diag = d };
	struct statistics s;
	struct folder *folder;

	if (!check_options(o, d) || !onnx_file_read(&f, o->model, a, d) || !(folder = folder_make(a, d)))
		return d->status;
	c.folder = folder;
	if (collect(&c, &s))
		quantise(&f, &s, o);
	folder_remove(folder);
	return d->status;
}
