/* Delay lines: what later steps read of earlier ones, as states. */
#include <string.h>

#include "graph/infer.h"
#include "ops/expand.h"
#include "passes/frames.h"

static void push(struct arena *a, int **list, int *n, int x)
{
	*list = ARENA_PUSH(a, *list, *n, int);
	(*list)[(*n)++] = x;
}

void frames_add_state(struct module *m, int past, int present)
{
	struct graph *g = &m->graph[0];

	push(m->arena, &g->in, &g->n_in, past);
	push(m->arena, &g->out, &g->n_out, present);
	m->n_states++;
}

int frames_int(struct module *m, int64_t v)
{
	return tensor_const_ints(m, &v, 1);
}

int frames_slice(struct frames *f, int node, int t, int axis, int64_t from, int64_t to)
{
	struct module *m = f->m;
	const int in[] = { t, frames_int(m, from), frames_int(m, to), frames_int(m, axis) };
	const int y = expand_node(m, node, "Slice", 13, 4, in, -1);

	return infer_node(m, m->tensor[y].producer) ? y : -1;
}

int frames_past(struct frames *f, int t, int axis, int64_t rows)
{
	struct module *m = f->m;
	const struct tensor x = m->tensor[t];
	struct num dim[MAX_RANK];

	memcpy(dim, x.dim, sizeof dim);
	dim[axis] = num_const(rows);
	return tensor_like(m, arena_printf(m->arena, "%s, before", x.name), x.type, x.rank, dim);
}

/* t behind its past, which is kept. */
static int behind_past(struct frames *f, int node, int t, int axis, int64_t history)
{
	struct module *m = f->m;
	const int64_t rows = m->tensor[t].dim[axis].n;
	const int past = frames_past(f, t, axis, history);
	const int line = expand_node(m, node, "Concat", 13, INPUTS(past, t), -1);
	int present;

	expand_attr(m, line, "axis")->i = axis;
	if (!infer_node(m, m->tensor[line].producer))
		return -1;
	present = frames_slice(f, node, line, axis, rows, rows + history);
	if (present < 0)
		return -1;
	frames_add_state(m, past, present);
	return line;
}

int frames_delay(struct frames *f, int node, int t, int axis, int64_t history, int64_t length)
{
	struct module *m = f->m;
	const int maker = m->tensor[t].producer;
	const bool is_bytes = maker >= 0 && node_is(m, maker, "DequantizeLinear") &&
			      num_is(tensor_elements(m, node_in(m, maker, 1)), 1) && m->node[maker].graph == 0;
	int line = is_bytes ? node_in(m, maker, 0) : t, y, in[3];

	if (history)
		line = behind_past(f, node, line, axis, history);
	if (line >= 0 && m->tensor[line].dim[axis].n > length)
		line = frames_slice(f, node, line, axis, 0, length);
	if (line < 0 || !is_bytes)
		return line;
	for (int i = 0; i < 3; i++)
		in[i] = i && i < m->node[maker].n_in ? node_in(m, maker, i) : i ? -1 : line;
	y = tensor_add(m, m->tensor[t].name);
	node_copy(m, 0, maker, in, y);
	return infer_node(m, m->tensor[y].producer) ? y : -1;
}
