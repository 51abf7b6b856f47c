/* Words: outputs. What the model gives goes to the caller through Softmax, in another layout, or as the places of its
 * greatest elements along the channels: ArgMax, without that axis, or TopK, as NAME_values and NAME_indices.
 *
 * Where the model only dequantises it, places are those of the greatest bytes: (q - zero) * scale rises with q. */
#include <string.h>

#include "graph/infer.h"
#include "ops/arguments.h"
#include "passes/words.h"

struct give {
	struct module *m;
	const struct edge_words *e;
	struct edge_axes axes;
	enum dtype type;                /* of what the model gives */
	struct edge_bytes bytes;        /* that it is by now, where only places are wanted */
};

/* Softmax is of numbers: of bytes it needs to know what they mean. */
static int softmax(const struct give *w, int x)
{
	struct module *m = w->m;

	if (!w->e->softmax)
		return x;
	if (!is_float(m->tensor[x].type) && !w->bytes.type) {
		diag_error(m->diag, STATUS_USAGE, NULL, "--output %s: softmax of %s, of which the model does not say "
			   "what they mean, allowed: floats, or bytes of a known scale", w->e->name,
			   dtypes[m->tensor[x].type].name);
		return -1;
	}
	if (!is_float(m->tensor[x].type))
		x = edge_convert(m, w->e, "DequantizeLinear", x, &w->bytes);
	return x < 0 ? x : edge_node_int(m, w->e, "Softmax", 1, &x, "axis", w->axes.channel);
}

/* Places, as the type that was asked for. -1: reported. */
static int places(const struct give *w, int x, int64_t most)
{
	const enum dtype type = w->e->type ? w->e->type : DT_I64;
	const int bits = 8 * dtypes[type].bytes - (dtypes[type].class == CLASS_I);

	if (x >= 0 && bits < 32 && most > (int64_t)1 << bits) {
		diag_error(w->m->diag, STATUS_USAGE, NULL, "--output %s: %s for places up to %lld", w->e->name,
			   dtypes[type].name, (long long)most - 1);
		return -1;
	}
	return edge_cast(w->m, w->e, x, type);
}

static int argmax(const struct give *w, int x)
{
	const int64_t most = w->m->tensor[x].dim[w->axes.channel].n;
	int out = -1, node;

	node = edge_append(w->m, w->e, "ArgMax", 1, &x, 1, &out);
	rewrite_attr(w->m, node, "axis")->i = w->axes.channel;
	rewrite_attr(w->m, node, "keepdims")->i = 0;
	return places(w, infer_node(w->m, node) ? out : -1, most);
}

/* out[0]: the values, out[1]: their places. */
static bool top(const struct give *w, int x, int out[2])
{
	struct module *m = w->m;
	const int64_t most = m->tensor[x].dim[w->axes.channel].n;
	int node;

	if (w->e->top > most)
		return diag_error(m->diag, STATUS_USAGE, NULL, "--output %s: top%lld of %lld elements", w->e->name,
				  (long long)w->e->top, (long long)most);
	out[0] = out[1] = -1;
	node = edge_append(m, w->e, "TopK", 2, (int[]){ x, tensor_const_ints(m, &w->e->top, 1) }, 2, out);
	rewrite_attr(m, node, "axis")->i = w->axes.channel;
	if (!infer_node(m, node))
		return false;
	if (is_float(w->type) && !is_float(m->tensor[x].type))
		out[0] = edge_convert(m, w->e, "DequantizeLinear", out[0], &w->bytes);
	out[1] = places(w, out[1], most);
	return out[0] >= 0 && out[1] >= 0;
}

/* What the caller gets: one tensor or two. 0: reported. */
static int make_outer(const struct give *w, int t, int out[2])
{
	struct module *m = w->m;
	int x = softmax(w, t);

	if (x < 0)
		return 0;
	if (w->e->top)
		return top(w, x, out) ? 2 : 0;
	out[0] = w->e->argmax ? argmax(w, x) : edge_transpose(m, w->e, x, w->axes.from);
	return out[0] >= 0;
}

/* Puts n outputs in the place of output `at`. */
static void put(struct module *m, int at, const int *out, int n)
{
	struct graph *g = &m->graph[0];
	int *list = ARENA_ARRAY(m->arena, g->n_out + n, int);

	memcpy(list, g->out, (size_t)at * sizeof *list);
	memcpy(list + at, out, (size_t)n * sizeof *list);
	memcpy(list + at + n, g->out + at + 1, (size_t)(g->n_out - at - 1) * sizeof *list);
	g->out = list;
	g->n_out += n - 1;
}

bool edge_give(struct module *m, const struct edge_words *e, int at)
{
	const int t = m->graph[0].out[at];
	struct give w = { .m = m, .e = e, .type = m->tensor[t].type };
	const int64_t *extent = edge_extents(m, t);
	int out[2], n;

	if (!edge_axes_find(&w.axes, e, m->tensor[t].rank, extent, m->diag))
		return false;
	if ((e->argmax || e->top || e->softmax) && (w.axes.channel < 0 || extent[w.axes.channel] < 1))
		return diag_error(m->diag, STATUS_USAGE, NULL, "--output %s: it has no channels of a constant number "
				  "to choose among", e->name);
	if ((w.type != DT_F32 || ((e->argmax || e->top) && !e->softmax)) && !edge_as_bytes(m, t, false, &w.bytes))
		return false;
	n = make_outer(&w, t, out);
	if (!n)
		return false;
	if (out[0] == t)        /* nothing is done */
		return true;
	m->tensor[t].name = arena_printf(m->arena, "%s of the model", e->name);
	for (int i = 0; i < n; i++)
		m->tensor[out[i]].name = n == 1 ? e->name :
			arena_printf(m->arena, "%s_%s", e->name, i ? "indices" : "values");
	put(m, at, out, n);
	return true;
}
