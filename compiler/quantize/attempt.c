#include "quantize/attempt.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "commands/verify_metric.h"
#include "options.h"
#include "quantize/bias.h"
#include "quantize/opset.h"
#include "quantize/qdq.h"
#include "quantize/ranges.h"
#include "support/arena.h"
#include "support/diag.h"

static bool read_again(struct onnx_file *f, const struct calibration *c)
{
	if (!onnx_file_read(f, c->options->model, c->arena, c->diag))
		return false;
	if (f->opset < PER_AXIS_OPSET)
		opset_raise(f); /* whether it can be was said when the first was read */
	return true;
}

/* The model as bytes, with shifted biases where shift is not NULL. node: its nodes then, one for each of the float
 * graph's. */
static bool make(struct attempt *x, const struct calibration *c, const struct statistics *s, const struct map *kept,
		 const struct bias_shift *shift, Onnx__NodeProto ***node)
{
	struct onnx_file *f = &x->file;

	*x = (struct attempt){ 0 };
	if (!read_again(f, c) || (shift && !bias_apply(f, shift)) ||
	    !select_nodes(&x->chosen, f, s, c->options->keep, kept))
		return false;
	for (size_t i = 0; i < f->graph->n_node; i++)
		x->n_nodes += x->chosen.role[i] != QUANT_NONE;
	ranges_find(&x->chosen, s, c->options);
	*node = f->graph->node;
	return qdq_write(f, &x->chosen, c->options);
}

bool attempt_make(struct attempt *x, struct calibration *c, const struct statistics *s, const struct map *kept,
		  bool measures)
{
	Onnx__NodeProto **node;

	if (!make(x, c, s, kept, NULL, &node))
		return false;
	if (c->options->bias_correction) {
		struct bias_shift *shift = ARENA_ARRAY(c->arena, c->file->graph->n_node, struct bias_shift);
		struct onnx_file f;
		if (!read_again(&f, c) || !bias_measure(c, &f, node, &x->file, &x->chosen, shift) ||
		    !make(x, c, s, kept, shift, &node))
			return false;
	}
	x->tensor = ARENA_ARRAY(c->arena, x->chosen.n, struct quality);
	x->output = ARENA_ARRAY(c->arena, x->file.graph->n_output, struct quality);
	return !measures || quality_measure(c, &x->file, s, &x->chosen, x->tensor, x->output);
}

/* --- what loses most ---------------------------------------------------------------------------------------------- */

/* Of a tensor that became bytes: how many decibels are lost between what its maker reads and it. */
struct loss {
	double db;
	int tensor;
};

static int compare_losses(const void *pa, const void *pb)
{
	const struct loss *a = pa, *b = pb;

	return a->db != b->db ? (a->db < b->db) - (a->db > b->db) : a->tensor - b->tensor;
}

/* Decibels that say more than single precision holds are as good as any. */
static double finite_db(const struct quality *q)
{
	return fmin(quality_db(q), 150);
}

/* The operator of the float model before a result, over those whose results never became bytes; each of them is
 * put into kept, when there is such. */
static int64_t find_maker(const struct onnx_file *f, const struct attempt *x, const char *name, struct map *kept)
{
	int64_t p = map_get_name(&f->producer, name, -1);

	while (p >= 0) {
		const char *in = onnx_input(f->graph->node[p], 0);
		if (kept)
			map_set_name(kept, onnx_output(f->graph->node[p], 0), 1);
		if (map_get_name(&x->chosen.index, in, -1) >= 0 || map_get_name(&f->producer, in, -1) < 0 ||
		    x->chosen.role[p] == QUANT_PRODUCT)
			break;
		p = map_get_name(&f->producer, in, -1);
	}
	return p;
}

static double loss_of(const struct onnx_file *f, const struct attempt *x, int t)
{
	const int64_t p = find_maker(f, x, x->chosen.tensor[t].name, NULL);
	double before = 150;

	for (size_t k = 0; p >= 0 && k < f->graph->node[p]->n_input; k++) {
		const int64_t in = map_get_name(&x->chosen.index, f->graph->node[p]->input[k], -1);
		if (in >= 0)
			before = fmin(before, finite_db(&x->tensor[in]));
	}
	return p < 0 ? -INFINITY : before - finite_db(&x->tensor[t]);
}

static struct loss *find_losses(const struct calibration *c, const struct attempt *x)
{
	struct loss *v = ARENA_ARRAY(c->arena, x->chosen.n, struct loss);

	for (int t = 0; t < x->chosen.n; t++)
		v[t] = (struct loss){ loss_of(c->file, x, t), t };
	if (x->chosen.n)
		qsort(v, (size_t)x->chosen.n, sizeof *v, compare_losses);
	return v;
}

static double least_db(const struct attempt *x)
{
	double least = INFINITY;

	for (size_t i = 0; i < x->file.graph->n_output; i++)
		least = fmin(least, quality_db(&x->output[i]));
	return least;
}

/* --- until it is good enough -------------------------------------------------------------------------------------- */

struct judge {
	struct calibration *c;
	struct options options; /* as verify --metric has them */
	struct truth truth;
	double least; /* of the metric */
	double value; /* of the last attempt */
};

static bool measure(struct judge *j, const char *model)
{
	struct calibration *c = j->c;
	const char *const file = c->diag->file;
	struct score s;
	const bool ok = metric_measure(&s, &j->options, model, &j->truth, c->folder, 3, c->arena, c->scratch, c->diag);

	c->diag->file = file;
	j->value = ok ? metric_value(j->options.metric, &s) : 0;
	return ok;
}

static bool judge_begin(struct judge *j, struct calibration *c)
{
	*j = (struct judge){ .c = c, .options = *c->options };
	j->options.data = j->options.calibrate;
	if (!j->options.metric)
		return true;
	if (!metric_read_truth(&j->truth, &j->options, c->arena, c->diag) || !measure(j, c->options->model))
		return false;
	j->least = j->value - c->options->max_drop;
	return true;
}

/* False: reported. */
static bool judge_attempt(struct judge *j, const struct attempt *x, bool *good)
{
	const char *path = folder_path(j->c->folder, "attempt.onnx", j->c->arena);

	*good = least_db(x) >= j->options.min_snr;
	if (!*good || !j->options.metric)
		return true;
	if (!onnx_file_write(&x->file, path) || !measure(j, path))
		return false;
	*good = j->value >= j->least;
	return true;
}

bool attempt_search(struct attempt *x, struct calibration *c, const struct statistics *s)
{
	struct judge j;
	struct attempt first;
	struct loss *losses;
	struct map kept;
	bool good;

	map_init(&kept, c->arena);
	if (!judge_begin(&j, c) || !attempt_make(x, c, s, &kept, true) || !judge_attempt(&j, x, &good))
		return false;
	first = *x;
	losses = find_losses(c, &first);
	for (int n = 1; !good && n < 2 * first.chosen.n; n *= 2) {
		const int most = n < first.chosen.n ? n : first.chosen.n;
		for (int k = 0; k < most; k++)
			find_maker(c->file, &first, first.chosen.tensor[losses[k].tensor].name, &kept);
		if (!attempt_make(x, c, s, &kept, true) || !judge_attempt(&j, x, &good))
			return false;
		x->n_kept = most;
	}
	if (good)
		return true;
	if (least_db(x) < c->options->min_snr)
		return diag_error(c->diag, STATUS_DIFFERS, NULL, "--min-snr: an output has %.1f dB with all in float",
				  least_db(x));
	return diag_error(c->diag, STATUS_DIFFERS, NULL, "--max-drop: %g with all in float, %g is asked for", j.value,
			  j.least);
}
