/* Strings: a tensor of them is a bundle of one tensor of bytes with an axis more, each string padded with NULs to its
 * length. What is done with them is said by operators on bytes. */
#include "ops/text.h"

#include <string.h>

#include "ops/bundle.h"
#include "ops/expand.h"

void text_set(struct module *m, int t, int bytes)
{
	struct bundle *b = ARENA_NEW(m->arena, struct bundle);

	*b = (struct bundle){ .text = true, .given = -1, .n = 1,
			      .t = arena_grow(m->arena, &bytes, 1, 1, sizeof bytes) };
	m->tensor[t].bundle = b;
	m->tensor[t].producer = -1;
}

/* The bytes of input i and how many a string has; false: reported. */
static bool read_text(struct module *m, int node, int i, int *bytes, int64_t *length)
{
	const struct tensor *x = node_in_tensor(m, node, i);

	if (!x || !x->bundle || !x->bundle->text)
		return node_bad(m, node, "input %d must be strings", i);
	*bytes = x->bundle->t[0];
	*length = m->tensor[*bytes].dim[m->tensor[*bytes].rank - 1].n;
	return true;
}

/* --- Equal -------------------------------------------------------------------------------------------------------- */

/* Bytes of strings of `from` bytes as such of `to`. */
static int widened(struct module *m, int node, int bytes, int64_t from, int64_t to)
{
	const int rank = m->tensor[bytes].rank;
	int64_t pads[2 * MAX_RANK] = { 0 };

	if (from == to)
		return bytes;
	pads[2 * rank - 1] = to - from;
	return expand_node(m, node, "Pad", 13, INPUTS(bytes, tensor_const_ints(m, pads, 2 * rank)), -1);
}

/* 1 where all bytes of a string are equal, as int32. */
static int equal_bytes(struct module *m, int node, int a, int b)
{
	const int64_t last = -1;
	int t = expand_node(m, node, "Equal", 13, INPUTS(a, b), -1);

	t = expand_node(m, node, "ReduceMin", 13, INPUTS(expand_cast(m, node, t, DT_I32, -1)), -1);
	rewrite_attr_ints(m, m->tensor[t].producer, "axes", &last, 1);
	expand_attr(m, t, "keepdims")->i = 0;
	return t;
}

bool text_equal(struct module *m, int node)
{
	int64_t length[2], most;
	int bytes[2];

	if (!read_text(m, node, 0, &bytes[0], &length[0]) || !read_text(m, node, 1, &bytes[1], &length[1]))
		return false;
	most = length[0] > length[1] ? length[0] : length[1];
	for (int i = 0; i < 2; i++)
		bytes[i] = widened(m, node, bytes[i], length[i], most);
	expand_cast(m, node, equal_bytes(m, node, bytes[0], bytes[1]), DT_BOOL, node_out(m, node, 0));
	return true;
}

/* --- Words -------------------------------------------------------------------------------------------------------- */

bool text_is_input(const struct module *m, int node)
{
	const struct tensor *x = node_in_tensor(m, node, 0);

	return x && x->bundle && x->bundle->text;
}

/* Words as strings of so many bytes. */
static int words_const(struct module *m, const char *const *word, int n, int64_t length)
{
	const int64_t dim[] = { n, length };
	char *v = arena_array(m->arena, (size_t)(n * length), 1);

	for (int k = 0; k < n; k++)
		memcpy(v + k * length, word[k], strlen(word[k]));
	return tensor_const(m, NULL, DT_U8, 2, dim, v);
}

int text_matches(struct module *m, int node, const char *const *word, int n)
{
	const int64_t axis = -2;
	int64_t length, most;
	int bytes;

	if (!read_text(m, node, 0, &bytes, &length))
		return -1;
	most = length;
	for (int k = 0; k < n; k++)
		most = (int64_t)strlen(word[k]) > most ? (int64_t)strlen(word[k]) : most;
	bytes = widened(m, node, bytes, length, most);
	bytes = expand_node(m, node, "Unsqueeze", 13, INPUTS(bytes, tensor_const_ints(m, &axis, 1)), -1);
	return expand_cast(m, node, equal_bytes(m, node, bytes, words_const(m, word, n, most)), DT_BOOL, -1);
}

/* --- StringConcat ------------------------------------------------------------------------------------------------- */

/* TextJoin: y[…][j] = a[…][j] where j is below the length of string a[…], then the bytes of b[…]; broadcast. */
static bool infer_join(struct module *m, int node)
{
	const struct tensor a = *node_in_tensor(m, node, 0), b = *node_in_tensor(m, node, 1);
	struct num dim[MAX_RANK];
	int rank = a.rank - 1;

	memcpy(dim, a.dim, sizeof dim);
	if (!dims_broadcast(m, node, &rank, dim, b.rank - 1, b.dim))
		return false;
	if (rank == MAX_RANK)
		return node_unsupported(m, node, "strings of rank %d, allowed: up to %d", rank, MAX_RANK - 1);
	dim[rank] = num_add(&m->nums, a.dim[a.rank - 1], b.dim[b.rank - 1]);
	return tensor_set(m, node, node_out(m, node, 0), DT_U8, rank + 1, dim);
}

static int lower_lengths(struct lowering *l, int bytes)
{
	struct module *m = l->m;
	const struct tensor x = m->tensor[bytes];
	struct nest *n = nest_new(m, lower_temp(l, DT_I64, x.rank - 1, x.dim));
	struct num at[MAX_RANK];
	int is_end;

	nest_axes(n, at);
	at[x.rank - 1] = nest_reduce_axis(n, x.dim[x.rank - 1]);
	is_end = nest_binary(n, E_EQ, nest_load(n, bytes, at), nest_const_int(n, DT_U8, 0));
	nest_store(n, nest_reduce(n, REDUCE_SUM, nest_select(n, is_end, nest_const_int(n, DT_I64, 0),
							     nest_const_int(n, DT_I64, 1))));
	lower_nest(l, n);
	return n->out;
}

/* Byte i, which may lie outside, of the string of input k that meets the nest's element. */
static int load_byte(struct nest *n, int t, int i)
{
	const struct tensor *x = &n->m->tensor[t];
	struct index at[MAX_RANK];

	for (int k = 0; k < x->rank - 1; k++)
		at[k] = (struct index){ num_is(x->dim[k], 1) ? num_const(0) : n->axis[n->n_axes - x->rank + k], -1 };
	i = nest_binary(n, E_MIN, i, nest_const_int(n, DT_I64, x->dim[x->rank - 1].n - 1));
	i = nest_binary(n, E_MAX, i, nest_const_int(n, DT_I64, 0));
	at[x->rank - 1] = (struct index){ num_const(0), i };
	return nest_load_at(n, t, at);
}

static bool lower_join(struct lowering *l, int node)
{
	struct module *m = l->m;
	const int a = node_in(m, node, 0), b = node_in(m, node, 1), lengths = lower_lengths(l, a);
	struct nest *n = nest_new(m, node_out(m, node, 0));
	const int j = nest_index(n, n->axis[n->n_axes - 1]), rank = m->tensor[a].rank;
	const int most = nest_const_int(n, DT_I64, m->tensor[b].dim[m->tensor[b].rank - 1].n);
	struct num at[MAX_RANK];
	int length, rest, second;

	for (int k = 0; k < rank - 1; k++)
		at[k] = num_is(m->tensor[a].dim[k], 1) ? num_const(0) : n->axis[n->n_axes - rank + k];
	length = nest_load(n, lengths, at);
	rest = nest_binary(n, E_SUB, j, length);
	second = nest_select(n, nest_binary(n, E_LT, rest, most), load_byte(n, b, rest), nest_const_int(n, DT_U8, 0));
	nest_store(n, nest_select(n, nest_binary(n, E_LT, j, length), load_byte(n, a, j), second));
	lower_nest(l, n);
	return true;
}

static const struct op_def own_join = {
	.domain = "nnc", .name = "TextJoin", .since = 1, .min_in = 2, .max_in = 2, .min_out = 1, .max_out = 1,
	.types = TYPES("u", "T"), .infer = infer_join, .lower = lower_join,
};

static bool expand_concat(struct module *m, int node)
{
	int64_t length;
	int in[2], out, made;

	for (int i = 0; i < 2; i++)
		if (!read_text(m, node, i, &in[i], &length))
			return false;
	out = tensor_add(m, NULL);
	made = node_add(m, m->node[node].graph, &own_join, m->node[node].name, 2, in, 1, &out);
	m->node[made].opset = m->node[node].opset;
	text_set(m, node_out(m, node, 0), out);
	return true;
}

const struct op_def op_StringConcat_20 = {
	ONNX("StringConcat", 20, 2, 2, 1, 1), .bundles = true, .expand = expand_concat,
};

/* --- StringNormalizer --------------------------------------------------------------------------------------------- */

static int byte_const(struct module *m, int value)
{
	uint8_t *v = ARENA_NEW(m->arena, uint8_t);

	*v = (uint8_t)value;
	return tensor_const(m, NULL, DT_U8, 0, NULL, v);
}

/* Bytes first … first + 25 moved by 32. */
static int in_case(struct module *m, int node, int bytes, bool lower)
{
	const int first = lower ? 'A' : 'a';
	const int from = expand_node(m, node, "GreaterOrEqual", 12, INPUTS(bytes, byte_const(m, first)), -1);
	const int to = expand_node(m, node, "LessOrEqual", 12, INPUTS(bytes, byte_const(m, first + 25)), -1);
	const int is_letter = expand_node(m, node, "And", 7, INPUTS(from, to), -1);
	const int moved = expand_node(m, node, lower ? "Add" : "Sub", 14, INPUTS(bytes, byte_const(m, 32)), -1);

	return expand_node(m, node, "Where", 16, INPUTS(is_letter, moved, bytes), -1);
}

/* The bytes, or the run ends where one is beyond ASCII, whose case depends on the locale. */
static int ascii(struct module *m, int node, int bytes)
{
	int32_t *most = ARENA_NEW(m->arena, int32_t);
	int t = expand_node(m, node, "ReduceMax", 13, INPUTS(expand_cast(m, node, bytes, DT_I32, -1)), -1), out;

	*most = 128;
	expand_attr(m, t, "keepdims")->i = 0;
	t = expand_node(m, node, "Less", 13, INPUTS(t, tensor_const(m, NULL, DT_I32, 0, NULL, most)), -1);
	out = tensor_add(m, NULL);
	expand_checked(m, node, t, bytes, out);
	return out;
}

/* The word as strings of `length` bytes; -1: it is longer. */
static int word_const(struct module *m, const char *word, int64_t length, bool lower)
{
	const int64_t dim[] = { 1, length };
	char *v = arena_array(m->arena, (size_t)length, 1);

	if ((int64_t)strlen(word) > length)
		return -1;
	for (size_t i = 0; word[i]; i++)
		v[i] = (char)(lower && word[i] >= 'A' && word[i] <= 'Z' ? word[i] + 32 : word[i]);
	return tensor_const(m, NULL, DT_U8, 2, dim, v);
}

/* 1 where a string is none of the words, as bool; -1: there are no words. */
static int kept(struct module *m, int node, int rows, int64_t length, bool lower)
{
	const struct attr *words = node_attr(m, node, "stopwords");
	int any = -1;

	for (int k = 0; words && k < words->n; k++) {
		const int word = word_const(m, words->strings[k], length, lower);
		int is;
		if (word < 0)
			continue;
		is = equal_bytes(m, node, rows, word);
		any = any < 0 ? is : expand_node(m, node, "Max", 13, INPUTS(any, is), -1);
	}
	return any < 0 ? -1 : expand_node(m, node, "Not", 1, INPUTS(expand_cast(m, node, any, DT_BOOL, -1)), -1);
}

/* Those rows; one empty string where there are none. */
static int keep(struct module *m, int node, int rows, int mask, int64_t length)
{
	const int64_t dim[] = { 1, length };
	const int empty = tensor_const(m, NULL, DT_U8, 2, dim, arena_array(m->arena, (size_t)length, 1));
	int none = expand_node(m, node, "ReduceMax", 13, INPUTS(expand_cast(m, node, mask, DT_I32, -1)), -1);

	none = expand_node(m, node, "Not", 1, INPUTS(expand_cast(m, node, none, DT_BOOL, -1)), -1);
	rows = expand_node(m, node, "Concat", 13, INPUTS(rows, empty), -1);
	expand_attr(m, rows, "axis")->i = 0;
	mask = expand_node(m, node, "Concat", 13, INPUTS(mask, none), -1);
	expand_attr(m, mask, "axis")->i = 0;
	rows = expand_node(m, node, "Compress", 11, INPUTS(rows, mask), -1);
	expand_attr(m, rows, "axis")->i = 0;
	return rows;
}

static bool expand_normalizer(struct module *m, int node)
{
	const bool by_case = node_attr_int(m, node, "is_case_sensitive", 0);
	const char *action = node_attr(m, node, "case_change_action")->s;
	const int64_t first = 0;
	int bytes, rank, rows, mask;
	int64_t length;

	if (!read_text(m, node, 0, &bytes, &length))
		return false;
	rank = m->tensor[bytes].rank - 1;
	if (rank < 1 || rank > 2 || (rank == 2 && !num_is(m->tensor[bytes].dim[0], 1)) ||
	    !tensor_elements(m, bytes).n)
		return node_bad(m, node, "strings of shape %s, allowed: C or 1xC, and one or more",
				dims_text(m, rank, m->tensor[bytes].dim));
	rows = strcmp(action, "NONE") != 0 || (!by_case && node_attr(m, node, "stopwords")) ? ascii(m, node, bytes) :
											      bytes;
	if (rank == 2)
		rows = expand_node(m, node, "Squeeze", 13, INPUTS(rows, tensor_const_ints(m, &first, 1)), -1);
	mask = kept(m, node, by_case ? rows : in_case(m, node, rows, true), length, !by_case);
	if (strcmp(action, "NONE") != 0)
		rows = in_case(m, node, rows, !strcmp(action, "LOWER"));
	if (mask >= 0)
		rows = keep(m, node, rows, mask, length);
	if (rank == 2)
		rows = expand_node(m, node, "Unsqueeze", 13, INPUTS(rows, tensor_const_ints(m, &first, 1)), -1);
	text_set(m, node_out(m, node, 0), rows);
	return true;
}

const struct op_def op_StringNormalizer_10 = {
	ONNX("StringNormalizer", 10, 1, 1, 1, 1), .bundles = true,
	.attrs = ATTRS(STRING("case_change_action", "NONE", "NONE|LOWER|UPPER"), FLAG("is_case_sensitive", 0),
		       STRING("locale", "", NULL), STRINGS_OPTIONAL("stopwords")),
	.expand = expand_normalizer,
};

/* --- Inputs ------------------------------------------------------------------------------------------------------- */

static bool expand_text(struct module *m, int node)
{
	text_set(m, node_out(m, node, 0), node_in(m, node, 0));
	return true;
}

const struct op_def op_nnc_Text = {
	.domain = "nnc", .name = "Text", .since = 1, .min_in = 1, .max_in = 1, .min_out = 1, .max_out = 1,
	.expand = expand_text,
};
