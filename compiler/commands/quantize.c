/* nnc quantize: a float model and samples become a model of bytes. */
#include <stdio.h>
#include <string.h>

#include "commands/commands.h"
#include "commands/quantize_table.h"
#include "quantize/attempt.h"
#include "quantize/calibrate.h"
#include "quantize/opset.h"
#include "quantize/qdq.h"
#include "quantize/ranges.h"
#include "quantize/statistics_file.h"

/* The option that needs a run over the samples, or NULL. */
static const char *measured_option(const struct options *o)
{
	return o->table		  ? "--table" :
	       o->min_snr > 0	  ? "--min-snr" :
	       o->metric	  ? "--metric" :
	       o->bias_correction ? "--bias-correction" :
				    NULL;
}

static bool check_measured(const struct options *o, struct diag *d)
{
	if (measured_option(o) && (!o->calibrate || !o->output))
		return diag_error(d, STATUS_USAGE, NULL, "%s: needs samples and a model: --calibrate DIR -o OUT.onnx",
				  measured_option(o));
	return !o->metric == (o->max_drop < 0) ||
	       diag_error(d, STATUS_USAGE, NULL,
			  "--metric and --max-drop belong together: --metric=top1 --max-drop=0.005");
}

static bool check_options(const struct options *o, struct diag *d)
{
	if (o->merge && o->calibrate)
		return diag_error(d, STATUS_USAGE, NULL, "either --calibrate or --merge, not both");
	if (o->merge && !o->n_rest)
		return diag_error(d, STATUS_USAGE, NULL,
				  "--merge: no statistics given: nnc quantize MODEL --merge FILE ...");
	if (!o->merge && o->n_rest)
		return diag_error(d, STATUS_USAGE, NULL, "more than one model: \"%s\"", o->rest[0]);
	if (!o->merge && !o->calibrate)
		return diag_error(d, STATUS_USAGE, NULL, "no samples given: --calibrate DIR");
	if (!o->output && !o->statistics)
		return diag_error(d, STATUS_USAGE, NULL, "no output given: -o OUT.onnx");
	if (!check_measured(o, d))
		return false;
	if (o->threads > 64)
		return diag_error(d, STATUS_USAGE, NULL, "--threads=%lld: must be 0 to 64", (long long)o->threads);
	if (o->bins < MIN_BINS || o->bins > MAX_BINS || o->bins % 2)
		return diag_error(d, STATUS_USAGE, NULL, "--bins=%lld: must be even, %d to %d", (long long)o->bins,
				  MIN_BINS, MAX_BINS);
	if (!(o->percentile > 50 && o->percentile <= 100))
		return diag_error(d, STATUS_USAGE, NULL, "--percentile=%g: must be above 50, at most 100",
				  o->percentile);
	return true;
}

/* Nothing seen of all tensors that may become bytes. */
static bool begin_statistics(const struct calibration *c, struct statistics *s)
{
	struct selection all;
	const char **name;

	if (!select_nodes(&all, c->file, NULL, c->options->keep, NULL))
		return false;
	if (!all.n)
		return diag_error(c->diag, STATUS_UNSUPPORTED, NULL, "the model has no operator that can be quantised");
	name = ARENA_ARRAY(c->arena, all.n, const char *);
	for (int i = 0; i < all.n; i++)
		name[i] = all.tensor[i].name;
	statistics_init(s, name, all.n, c->arena);
	return true;
}

/* Every tensor of the model is known to the file. */
static bool read_statistics(const struct calibration *c, struct statistics *s, const char *path)
{
	struct statistics all;

	if (!begin_statistics(c, &all) || !statistics_read(s, path, c->arena, c->diag))
		return false;
	for (int i = 0; i < all.n; i++)
		if (!statistics_find(s, all.v[i].name))
			return diag_error(c->diag, STATUS_MODEL, NULL, "%s: it knows nothing of tensor \"%s\"", path,
					  all.v[i].name);
	return true;
}

/* Samples are looked at once for ranges and once more for histograms within them. */
static bool collect(struct calibration *c, struct statistics *s)
{
	const struct options *o = c->options;
	struct statistics part;

	if (o->merge) {
		if (!read_statistics(c, s, o->rest[0]))
			return false;
		for (int k = 1; k < o->n_rest; k++)
			if (!read_statistics(c, &part, o->rest[k]) || !statistics_merge(s, &part, o->rest[k], c->diag))
				return false;
		return true;
	}
	if (!(o->ranges ? read_statistics(c, s, o->ranges) : begin_statistics(c, s)) || !calibrate_begin(c, s) ||
	    (!o->ranges && !calibrate_run(c, s)))
		return false;
	if (!o->ranges && !(o->output && range_needs_bins(o)))
		return true;
	statistics_begin_bins(s, (int)o->bins);
	return calibrate_run(c, s);
}

static bool quantise(struct calibration *c, const struct statistics *s)
{
	const struct options *o = c->options;
	struct attempt *x = ARENA_NEW(c->arena, struct attempt);

	if (range_needs_bins(o) && !s->bins)
		return diag_error(
			c->diag, STATUS_USAGE, NULL,
			"the statistics are ranges alone, --method needs histograms: collect them with --ranges");
	if (!(o->min_snr > 0 || o->metric ? attempt_search(x, c, s) : attempt_make(x, c, s, NULL, o->table)) ||
	    !onnx_file_write(&x->file, o->output))
		return false;
	printf("%lld samples, %d tensors and %d nodes quantised", (long long)s->samples, x->chosen.n, x->n_nodes);
	if (x->n_kept)
		printf(", %d results left in float", x->n_kept);
	printf("\n");
	if (o->table)
		quantize_table_print(&x->chosen, x->tensor, c->arena);
	return true;
}

/* To where weights may have a scale for each channel; false (reported): there is not even one for each weight. */
static bool raise_opset(struct onnx_file *f)
{
	const int before = f->opset;
	const char *why = before < PER_AXIS_OPSET ? opset_raise(f) : NULL;

	if (why && before < OLDEST_QDQ)
		return diag_error(f->diag, STATUS_UNSUPPORTED, NULL,
				  "opset %d: quantised models begin at %d, and it cannot be raised for %s", before,
				  OLDEST_QDQ, why);
	if (why)
		diag_note(f->diag,
			  "opset %d: a scale for each channel of a weight begins at %d, and it cannot be raised "
			  "for %s: each weight has one",
			  before, PER_AXIS_OPSET, why);
	else if (before < PER_AXIS_OPSET)
		diag_note(f->diag, "opset %d is raised to %d, where a scale for each channel of a weight begins",
			  before, PER_AXIS_OPSET);
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
	if (raise_opset(&f) && collect(&c, &s) && (!o->statistics || statistics_write(&s, o->statistics, a, d)) &&
	    o->output)
		quantise(&c, &s);
	folder_remove(folder);
	return d->status;
}
