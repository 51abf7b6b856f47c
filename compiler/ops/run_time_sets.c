/* The sets of numbers that an input of data can hold where the operator is to be made once for each. */
#include "ops/run_time_parts.h"

#include <string.h>

static void add_set(struct run_time_sets *s, const int64_t *v)
{
	if (s->count < MAX_SETS)
		memcpy(s->v[s->count], v, (size_t)s->n * sizeof *v);
	s->count++;
}

/* The next set of n axes of `rank` in the order of numbers; false: there is none. */
static bool next_set(int64_t *axes, int n, int64_t rank)
{
	int k = n;

	while (k > 0 && axes[k - 1] == rank - n + k - 1)
		k--;
	if (k == 0)
		return false;
	axes[k - 1]++;
	for (; k < n; k++)
		axes[k] = axes[k - 1] + 1;
	return true;
}

void run_time_axes_sets(const struct module *m, int node, struct run_time_sets *s)
{
	int64_t axes[MAX_RANK] = { 0 };

	s->rank = node_in_tensor(m, node, 0)->rank + (strcmp(m->node[node].op->name, "Unsqueeze") ? 0 : s->n);
	if (s->n < 1 || s->n > s->rank || s->rank > MAX_RANK)
		return;
	for (int k = 0; k < s->n; k++)
		axes[k] = k;
	do
		add_set(s, axes);
	while (next_set(axes, s->n, s->rank));
}

/* Every way to write `product` as n factors, the first of them from `at` on. */
static void add_factors(struct run_time_sets *s, int64_t *v, int at, int64_t product)
{
	if (at == s->n - 1) {
		v[at] = product;
		add_set(s, v);
		return;
	}
	for (int64_t f = 1; f <= product && s->count <= MAX_SETS; f++)
		if (product % f == 0) {
			v[at] = f;
			add_factors(s, v, at + 1, product / f);
		}
}

void run_time_block_sets(const struct module *m, int node, int64_t channels, struct run_time_sets *s)
{
	enum { MOST_FACTORED = 1 << 16 };
	const struct num x = node_in_tensor(m, node, 0)->rank == 3 ? node_in_tensor(m, node, 0)->dim[1] : num_const(0);
	int64_t v[MAX_RANK];

	if (num_is_const(x) && channels > 0 && x.n % channels == 0 && x.n / channels <= MOST_FACTORED)
		add_factors(s, v, 0, x.n / channels);
}

void run_time_range_sets(int64_t low, int64_t high, struct run_time_sets *s)
{
	for (int64_t v = low; v <= high && s->count <= MAX_SETS; v++)
		add_set(s, &v);
}
