/* Words: inputs. What comes from the caller becomes
 *
 *     y = (x - mean[c]) * scale[c]
 *
 * of the type, layout, size and order of channels that the model takes, c a channel of the model. All of it is float32
 * arithmetic; a picture of another size is resized before it (bilinear, half-pixel, without antialias: Resize of the
 * standard), as floats.
 *
 * Where the model does nothing with its input but quantise it, or takes bytes, y is quantised at once and then moved:
 * what bytes become of bytes is a table, found later, or nothing at all. Elements are moved last, for a convolution
 * may read them in another order as well. */
#include <math.h>
#include <string.h>

#include "graph/infer.h"
#include "ops/arguments.h"
#include "passes/words.h"

struct take {
	struct module *m;
	const struct edge_words *e;
	struct edge_axes axes;
	int inner, outer;               /* the model's own tensor; the caller's */
	int channel;                    /* the axis of the channels in what comes */
	int rank;
	struct edge_bytes bytes;        /* that the model's own tensor is by now */
};

/* Where axis k of the model's tensor is in what comes. */
static int place(const struct take *w, int k)
{
	for (int i = 0; i < w->rank; i++)
		if (w->axes.from[i] == k)
			return i;
	return -1;
}

/* --- Numbers ------------------------------------------------------------------------------------------------------ */

/* A float32 constant that broadcasts along the channels of what comes. */
static int constant(const struct take *w, const struct edge_numbers *n)
{
	float *v = ARENA_ARRAY(w->m->arena, n->n, float);
	int64_t dim[MAX_RANK];
	const int rank = n->n == 1 ? 0 : w->rank - w->channel;

	for (int i = 0; i < n->n; i++)
		v[w->e->is_reversed ? n->n - 1 - i : i] = (float)n->v[i];
	for (int k = 0; k < rank; k++)
		dim[k] = k ? 1 : n->n;
	return tensor_const(w->m, NULL, DT_F32, rank, dim, v);
}

/* `op` of x and the numbers, where there are some that do anything. */
static int with(const struct take *w, const char *op, int x, const struct edge_numbers *n, double nothing)
{
	bool does = false;

	for (int i = 0; i < n->n; i++)
		does |= (float)n->v[i] != (float)nothing;
	return x < 0 || !does ? x : edge_node(w->m, w->e, op, 2, (int[]){ x, constant(w, n) });
}

static int resize(const struct take *w, int x)
{
	struct module *m = w->m;
	const struct tensor *inner = &m->tensor[w->inner];
	const int64_t sizes[] = { inner->dim[w->axes.row].n, inner->dim[w->axes.column].n },
		      axes[] = { place(w, w->axes.row), place(w, w->axes.column) };
	int out = -1, node;

	if (!w->e->rows || (w->e->rows == sizes[0] && w->e->columns == sizes[1]))
		return x;
	node = edge_append(m, w->e, "Resize", 4, (int[]){ x, -1, -1, tensor_const_ints(m, sizes, 2) }, 1, &out);
	rewrite_attr(m, node, "mode")->s = "linear";
	rewrite_attr_ints(m, node, "axes", axes, 2);
	return infer_node(m, node) ? out : -1;
}

static bool has_numbers(const struct take *w)
{
	const struct edge_words *e = w->e;

	return e->rows || e->mean.n || e->scale.n || w->m->tensor[w->outer].type != w->m->tensor[w->inner].type;
}

/* The model's elements, in the order in which they come. -1: reported. */
static int compute(const struct take *w)
{
	struct module *m = w->m;
	int x = w->outer;

	if (!has_numbers(w))
		return x;
	x = edge_cast(m, w->e, x, DT_F32);
	x = x < 0 ? x : resize(w, x);
	x = with(w, "Sub", x, &w->e->mean, 0);
	x = with(w, "Mul", x, &w->e->scale, 1);
	return w->bytes.type ? edge_convert(m, w->e, "QuantizeLinear", x, &w->bytes) :
			       edge_cast(m, w->e, x, m->tensor[w->inner].type);
}

/* --- Order -------------------------------------------------------------------------------------------------------- */

static int reverse(const struct take *w, int x)
{
	const int64_t order[] = { 2, 1, 0 };

	if (x < 0 || !w->e->is_reversed)
		return x;
	return edge_node_int(w->m, w->e, "Gather", 2, (int[]){ x, tensor_const_ints(w->m, order, 3) }, "axis",
			      w->axes.channel);
}

/* --- The input ---------------------------------------------------------------------------------------------------- */

static int make_outer(struct take *w)
{
	struct module *m = w->m;
	const struct tensor inner = m->tensor[w->inner];
	struct num dim[MAX_RANK];

	for (int k = 0; k < w->rank; k++) {
		const int from = w->axes.from[k];
		dim[k] = inner.dim[from];
		if (w->e->rows && (from == w->axes.row || from == w->axes.column))
			dim[k] = num_const(from == w->axes.row ? w->e->rows : w->e->columns);
	}
	if (!shape_check(m, -1, inner.name, w->rank, dim))
		return -1;
	m->tensor[w->inner].name = arena_printf(m->arena, "%s of the model", inner.name);
	return tensor_like(m, inner.name, w->e->type ? w->e->type : inner.type, w->rank, dim);
}

/* Types whose elements numbers say something of. */
static bool check_type(const struct take *w)
{
	const struct module *m = w->m;
	const enum dtype type = m->tensor[w->inner].type;

	if (dtypes[type].class == CLASS_F || type == DT_F16 || type == DT_BF16 || w->bytes.type || !has_numbers(w))
		return true;
	return diag_error(m->diag, STATUS_USAGE, NULL, "--input %s: the model takes %s and says of no scale what they "
			  "mean, allowed: words that only move elements", w->e->name, dtypes[type].name);
}

/* Integers stand for themselves where nothing is said of them: seldom what is meant by bytes for a model of bytes. */
static void note_range(const struct take *w)
{
	const struct edge_words *e = w->e;
	const struct edge_bytes *b = &w->bytes;
	const int bits = 8 * dtypes[b->type].bytes;
	const double least = dtypes[b->type].class == CLASS_I ? -ldexp(1, bits - 1) : 0;

	if (b->type && has_numbers(w) && !e->mean.n && !e->scale.n)
		diag_note(w->m->diag, "--input %s: without mean= and scale= elements are taken as they are; the model "
			  "quantises %g to %g", e->name, (least - b->zero) * (double)b->scale,
			  (least + ldexp(1, bits) - 1 - b->zero) * (double)b->scale);
}

/* The old tensor is made by an Identity, which the next pass takes away: an output may have it as well. */
static bool make_inner(const struct take *w, int x)
{
	const int node = edge_append(w->m, w->e, "Identity", 1, &x, 1, (int[]){ w->inner });

	w->m->tensor[x].quant = w->m->tensor[w->inner].quant;
	return infer_node(w->m, node);
}

bool edge_take(struct module *m, const struct edge_words *e, int at)
{
	struct take w = { .m = m, .e = e, .inner = m->graph[0].in[at] };
	int perm[MAX_RANK], x;

	w.rank = m->tensor[w.inner].rank;
	if (!edge_axes_find(&w.axes, e, w.rank, edge_extents(m, w.inner), m->diag) || (w.outer = make_outer(&w)) < 0)
		return false;
	if (!edge_as_bytes(m, w.inner, true, &w.bytes) || !check_type(&w))
		return false;
	note_range(&w);
	for (int k = 0; k < w.rank; k++)
		perm[k] = place(&w, k);
	w.channel = w.rank ? place(&w, w.axes.channel) : 0;
	x = compute(&w);
	x = x < 0 ? -1 : reverse(&w, edge_transpose(m, e, x, perm));
	if (x < 0)
		return false;
	m->graph[0].in[at] = w.outer;
	for (int i = 0; i < m->n_streams; i++)
		if (m->stream[i].tensor == w.inner) {
			m->stream[i].tensor = w.outer;
			m->stream[i].axis = place(&w, m->stream[i].axis);
		}
	return make_inner(&w, x);
}
