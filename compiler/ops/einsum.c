/* Einsum: y[labels] = sum over all other labels of the product of the operands. Labels are letters; "..." stands for
 * leading axes that broadcast; a label twice in one operand takes the diagonal; without "->" the result has "..." and
 * then the labels that occur once, in alphabetical order. */
#include <ctype.h>
#include <string.h>

#include "ops/arguments.h"

enum { LABELS = 128, ELLIPSIS = 0 };    /* label ELLIPSIS + 1 … MAX_RANK: axes of "...", aligned at the last */

/* A term as one label an axis. */
struct term {
	int n;
	uint8_t label[MAX_RANK];
};

struct einsum {
	int n_terms;
	struct term *term, result;
	struct num dim[LABELS];         /* extent of each label; n = -1: does not occur */
	int count[LABELS];              /* occurrences in operands */
	int ellipsis;                   /* greatest number of axes that "..." stands for */
};

/* Label of axis k of n axes of "...": numbered from the last. */
static uint8_t ellipsis_label(int k, int n)
{
	return (uint8_t)(ELLIPSIS + n - k);
}

static bool term_add(struct module *m, int node, struct term *t, uint8_t label)
{
	if (t->n == MAX_RANK)
		return node_bad(m, node, "a term of the equation has more than %d axes, allowed: at most %d", MAX_RANK,
				MAX_RANK);
	t->label[t->n++] = label;
	return true;
}

/* Reads one term up to ',', '-' or the end; axes: how many "..." stands for. */
static bool term_read(struct module *m, int node, const char **at, int axes, struct term *t)
{
	bool dots = false;

	t->n = 0;
	for (; **at && **at != ',' && **at != '-'; ++*at) {
		unsigned char c = (unsigned char)**at;

		if (c == ' ')
			continue;
		if (c == '.') {
			if (dots || strncmp(*at, "...", 3))
				return node_bad(m, node, "the equation is malformed at \"%s\"", *at);
			*at += 2;
			dots = true;
			for (int k = 0; k < axes; k++)
				if (!term_add(m, node, t, ellipsis_label(k, axes)))
					return false;
		} else if (!isalpha(c) || c >= LABELS) {
			return node_bad(m, node, "the equation is malformed at \"%s\"", *at);
		} else if (!term_add(m, node, t, c)) {
			return false;
		}
	}
	return true;
}

/* Letters of the term that begins at `at`. */
static int term_letters(const char *at)
{
	int n = 0;

	for (; *at && *at != ',' && *at != '-'; at++)
		n += isalpha((unsigned char)*at) != 0;
	return n;
}

static bool label_extent(struct module *m, int node, struct einsum *e, uint8_t label, struct num dim)
{
	struct num *d = &e->dim[label];

	if (e->count[label]++ == 0 || num_is(*d, 1))
		*d = dim;
	else if (num_is_const(*d) && num_is_const(dim) && d->n != dim.n && dim.n != 1)
		return node_bad(m, node, "a label has %lld and %lld elements, allowed: equal ones or 1",
				(long long)d->n, (long long)dim.n);
	else if (!num_same(*d, dim) && !num_is(dim, 1))
		return node_unsupported(m, node, "the sizes of a label need not be equal");
	return true;
}

static bool result_implicit(struct module *m, int node, struct einsum *e)
{
	e->result.n = 0;
	for (int k = 0; k < e->ellipsis; k++)
		if (!term_add(m, node, &e->result, ellipsis_label(k, e->ellipsis)))
			return false;
	for (int c = 'A'; c < LABELS; c++)
		if (e->count[c] == 1 && !term_add(m, node, &e->result, (uint8_t)c))
			return false;
	return true;
}

static bool einsum_get(struct module *m, int node, struct einsum *e)
{
	const char *at = node_attr(m, node, "equation")->s;

	memset(e, 0, sizeof *e);
	e->n_terms = m->node[node].n_in;
	e->term = ARENA_ARRAY(m->arena, e->n_terms, struct term);
	for (int i = 0; i < e->n_terms; i++, at += *at == ',') {
		const struct tensor *t = node_in_tensor(m, node, i);
		int axes = t ? t->rank - term_letters(at) : -1;

		if (axes < 0 || !term_read(m, node, &at, axes, &e->term[i]) || e->term[i].n != t->rank ||
		    (i + 1 < e->n_terms && *at != ','))
			return node_bad(m, node, "the equation does not match input %d", i);
		for (int k = 0; k < t->rank; k++)
			if (!label_extent(m, node, e, e->term[i].label[k], t->dim[k]))
				return false;
		/* Without "..." in the term, axes is 0. */
		e->ellipsis = axes > e->ellipsis ? axes : e->ellipsis;
	}
	while (*at == ' ')
		at++;
	if (!*at)
		return result_implicit(m, node, e);
	if (strncmp(at, "->", 2))
		return node_bad(m, node, "the equation is malformed at \"%s\"", at);
	at += 2;
	if (!term_read(m, node, &at, e->ellipsis, &e->result))
		return false;
	if (*at)
		return node_bad(m, node, "the equation is malformed at \"%s\"", at);
	for (int k = 0; k < e->result.n; k++) {
		if (!e->count[e->result.label[k]])
			return node_bad(m, node, "axis %d of the result occurs in no operand", k);
		if (memchr(e->result.label, e->result.label[k], (size_t)k))
			return node_bad(m, node, "a label occurs twice in the result");
	}
	return true;
}

static bool infer_einsum(struct module *m, int node)
{
	struct num dim[MAX_RANK];
	struct einsum e;

	if (!einsum_get(m, node, &e))
		return false;
	for (int k = 0; k < e.result.n; k++)
		dim[k] = e.dim[e.result.label[k]];
	return tensor_set(m, node, node_out(m, node, 0), node_in_type(m, node, 0), e.result.n, dim);
}

static bool lower_einsum(struct lowering *l, int node)
{
	struct module *m = l->m;
	struct nest *n = nest_new(m, node_out(m, node, 0));
	struct num run[LABELS], at[MAX_RANK];
	bool bound[LABELS] = { false };
	struct einsum e;
	int v = -1, x;

	if (!einsum_get(m, node, &e))
		return false;
	for (int k = 0; k < e.result.n; k++) {
		run[e.result.label[k]] = n->axis[k];
		bound[e.result.label[k]] = true;
	}
	for (int c = 0; c < LABELS; c++)
		if (e.count[c] && !bound[c]) {
			if (n->n_axes + n->n_reduce == 2 * MAX_RANK)
				return node_unsupported(m, node, "more than %d labels", 2 * MAX_RANK);
			run[c] = nest_reduce_axis(n, e.dim[c]);
		}
	for (int i = 0; i < e.n_terms; i++) {
		const struct tensor *t = node_in_tensor(m, node, i);

		for (int k = 0; k < t->rank; k++)
			at[k] = num_is(t->dim[k], 1) ? num_const(0) : run[e.term[i].label[k]];
		x = nest_load_wide(n, node_in(m, node, i), at);
		v = i == 0 ? x : nest_binary(n, E_MUL, v, x);
	}
	nest_store_narrow(n, nest_reduce(n, REDUCE_SUM, v));
	lower_nest(l, n);
	return true;
}

const struct op_def op_Einsum_12 = {
	ONNX("Einsum", 12, 1, -1, 1, 1), .types = TYPES("fhiu", "T"), .infer = infer_einsum, .lower = lower_einsum,
	.attrs = ATTRS({ .name = "equation", .kind = ATTR_STRING, .required = true }),
};
