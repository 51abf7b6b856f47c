#include "ops/window.h"

#include <string.h>

enum { MAX_WINDOW = 1 << 20 };    /* elements of a kernel, of padding */

bool window_ints(struct module *m, int node, const char *attr, int n, int64_t missing, int64_t *v)
{
	const struct attr *a = node_attr(m, node, attr);

	if (a && a->n != n)
		return node_bad(m, node, "%s has %d elements, allowed: %d", attr, a->n, n);
	for (int k = 0; k < n; k++)
		v[k] = a ? a->ints[k] : missing;
	return true;
}

static bool check_size(struct module *m, int node, int k, int64_t size)
{
	if (size < 1 || size > MAX_WINDOW)
		return node_bad(m, node, "the kernel has %lld elements along spatial axis %d, allowed: 1 to %d",
				(long long)size, k, MAX_WINDOW);
	return true;
}

bool window_kernel_shape(struct module *m, int node, int n, int64_t *kernel)
{
	if (!window_ints(m, node, "kernel_shape", n, 1, kernel))
		return false;
	for (int k = 0; k < n; k++)
		if (!check_size(m, node, k, kernel[k]))
			return false;
	return true;
}

bool window_pads(struct module *m, int node, int n, int64_t *pads)
{
	if (!window_ints(m, node, "pads", 2 * n, 0, pads))
		return false;
	for (int k = 0; k < 2 * n; k++)
		if (pads[k] < -MAX_WINDOW || pads[k] > MAX_WINDOW)
			return node_bad(m, node, "pads of spatial axis %d are %lld and %lld, allowed: -%d to %d", k % n,
					(long long)pads[k % n], (long long)pads[n + k % n], MAX_WINDOW, MAX_WINDOW);
	return true;
}

bool window_check_kernel(struct module *m, int node, int n, const struct num *kernel)
{
	const bool given = node_attr(m, node, "kernel_shape");
	int64_t shape[MAX_RANK];

	if (!window_ints(m, node, "kernel_shape", n, 1, shape))
		return false;
	for (int k = 0; k < n; k++) {
		if (!num_is_const(kernel[k]))
			continue;
		if (given && shape[k] != kernel[k].n)
			return node_bad(m, node, "kernel_shape[%d] is %lld, allowed: %lld as the weights", k,
					(long long)shape[k], (long long)kernel[k].n);
		if (!check_size(m, node, k, kernel[k].n))
			return false;
	}
	return true;
}

bool window_check_out(struct module *m, int node, int k, struct num out, const char *what)
{
	struct strbuf when;
	int64_t least;

	if (num_lo(&m->nums, out) > 0)
		return true;
	strbuf_init(&when, m->scratch);
	least = num_at_least(&m->nums, out, &when);
	if (least > 0)
		return true;
	return node_bad(m, node, "%s: %lld elements along spatial axis %d of the output%s%s, allowed: 1 or more", what,
			(long long)least, k, when.size ? " for " : "", strbuf_text(&when));
}

/* Extent of the dilated kernel. */
static struct num window_reach(struct module *m, const struct window *w, int k)
{
	struct num steps = num_sub(&m->nums, w->kernel[k], num_const(1));

	return num_add(&m->nums, num_mul(&m->nums, steps, num_const(w->dilation[k])), num_const(1));
}

/* Pads do not take away more than there is, and a window fits in what they leave. */
static bool check_fit(struct module *m, int node, const struct window *w, int k)
{
	struct nums *s = &m->nums;
	const int64_t in = num_at_least(s, w->in[k], NULL), reach = num_at_least(s, window_reach(m, w, k), NULL);
	const int64_t begin = w->begin[k].n, end = w->end[k].n;

	if (in + begin < 0 || in + end < 0)
		return node_bad(m, node,
				"pads of spatial axis %d are %lld and %lld, allowed: -%lld, its size, or more", k,
				(long long)begin, (long long)end, (long long)(in < 0 ? 0 : in));
	return window_check_out(m, node, k, w->out[k],
				arena_printf(m->scratch, "a kernel over %lld of %lld elements padded by %lld and %lld",
					     (long long)reach, (long long)in, (long long)begin, (long long)end));
}

/* SAME: out = ceil(in / stride), the odd element of padding at the end (UPPER) or the beginning (LOWER). */
static void window_same(struct module *m, struct window *w, int k, bool upper)
{
	struct nums *s = &m->nums;
	struct num stride = num_const(w->stride[k]), total, half;

	w->out[k] = num_ceildiv(s, w->in[k], stride);
	total = num_mul(s, num_sub(s, w->out[k], num_const(1)), stride);
	total = num_max(s, num_sub(s, num_add(s, total, window_reach(m, w, k)), w->in[k]), num_const(0));
	half = num_div(s, total, num_const(2));
	w->begin[k] = upper ? half : num_sub(s, total, half);
	w->end[k] = num_sub(s, total, w->begin[k]);
}

static void window_out(struct module *m, struct window *w, int k, bool ceil)
{
	struct nums *s = &m->nums;
	struct num stride = num_const(w->stride[k]), one = num_const(1), room, last;

	room = num_add(s, w->in[k], num_add(s, w->begin[k], w->end[k]));
	room = num_sub(s, room, window_reach(m, w, k));
	w->out[k] = num_add(s, ceil ? num_ceildiv(s, room, stride) : num_div(s, room, stride), one);
	if (!ceil)
		return;
	/* (out - 1) * stride < in + begin, else the last window lies in the padding at the end. */
	last = num_ceildiv(s, num_add(s, w->in[k], w->begin[k]), stride);
	w->out[k] = num_min(s, w->out[k], last);
}

bool window_get(struct module *m, int node, int n, const struct num *in, const struct num *kernel, struct window *w)
{
	int64_t pads[2 * MAX_RANK], shape[MAX_RANK];
	bool same = node_attr_is(m, node, "auto_pad", "SAME_UPPER") || node_attr_is(m, node, "auto_pad", "SAME_LOWER");
	bool valid = node_attr_is(m, node, "auto_pad", "VALID");

	w->n = n;
	if (!window_ints(m, node, "strides", n, 1, w->stride) ||
	    !window_ints(m, node, "dilations", n, 1, w->dilation) || !window_pads(m, node, n, pads) ||
	    (kernel ? !window_check_kernel(m, node, n, kernel) : !window_kernel_shape(m, node, n, shape)))
		return false;
	for (int k = 0; k < n; k++) {
		w->in[k] = in[k];
		w->kernel[k] = kernel ? kernel[k] : num_const(shape[k]);
		w->begin[k] = num_const(valid ? 0 : pads[k]);
		w->end[k] = num_const(valid ? 0 : pads[n + k]);
		if (same)
			window_same(m, w, k, node_attr_is(m, node, "auto_pad", "SAME_UPPER"));
		else
			window_out(m, w, k, node_attr_int(m, node, "ceil_mode", 0));
		if (!same && !check_fit(m, node, w, k))
			return false;
	}
	return true;
}

int window_at(struct nest *n, const struct window *w, const struct num *o, const struct num *r, struct num *at)
{
	struct nums *s = &n->m->nums;
	int inside = -1;

	for (int k = 0; k < w->n; k++) {
		struct num i = num_mul(s, o[k], num_const(w->stride[k]));
		int c;

		i = num_sub(s, num_add(s, i, num_mul(s, r[k], num_const(w->dilation[k]))), w->begin[k]);
		at[k] = i;
		if (num_lo(s, i) >= 0 && num_hi(s, num_sub(s, i, w->in[k])) < 0)
			continue;
		c = nest_in_range(n, i, num_const(0), w->in[k]);
		inside = inside < 0 ? c : nest_binary(n, E_AND, inside, c);
	}
	return inside;
}
