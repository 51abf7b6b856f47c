/* The training forms of BatchNormalization and Dropout, said by other operators. */
#include "ops/training.h"

#include "ops/expand.h"

static int scalar(struct module *m, enum dtype type, double v)
{
	return tensor_const_doubles(m, type, 0, NULL, &v);
}

/* --- BatchNormalization: by the mean and variance of x itself, over all axes but 1 -------------------------------- */

bool batch_norm_trains(struct module *m, int node)
{
	return node_attr_int(m, node, "training_mode", 0);
}

static int mean_over(struct module *m, int node, int x, bool keep)
{
	const int rank = node_in_tensor(m, node, 0)->rank;
	const int t = expand_node(m, node, "ReduceMean", 13, INPUTS(x), -1);
	int64_t axes[MAX_RANK];

	for (int k = 0; k < rank - 1; k++)
		axes[k] = k + (k > 0);
	rewrite_attr_ints(m, m->tensor[t].producer, "axes", axes, rank - 1);
	expand_attr(m, t, "keepdims")->i = keep;
	return t;
}

/* old * momentum + now * (1 - momentum) as output i, if it is wanted. */
static void running(struct module *m, int node, int i, int old, int now)
{
	const enum dtype type = m->tensor[old].type;
	const double momentum = node_attr_float(m, node, "momentum", 0.9);

	if (node_out(m, node, i) >= 0)
		expand_add(m, node, expand_mul(m, node, old, scalar(m, type, momentum)),
			   expand_mul(m, node, now, scalar(m, type, 1 - momentum)), node_out(m, node, i));
}

bool batch_norm_expand(struct module *m, int node)
{
	const struct node n = m->node[node];
	const enum dtype type = node_in_type(m, node, 3);
	int x, mean, centred, var;

	if (!node_rank(m, node, 0, 2, MAX_RANK))
		return false;
	for (int i = 3; i < 5; i++)
		if (!node_shape(m, node, i, &node_in_tensor(m, node, 0)->dim[1], 1))
			return false;
	if (node_in_type(m, node, 4) != type)
		return node_bad(m, node, "mean and variance are %s and %s, allowed: one type", dtypes[type].name,
				dtypes[node_in_type(m, node, 4)].name);
	x = node_in_type(m, node, 0) == type ? n.in[0] : expand_cast(m, node, n.in[0], type, -1);
	mean = mean_over(m, node, x, false);
	centred = expand_node(m, node, "Sub", 14, INPUTS(x, mean_over(m, node, x, true)), -1);
	var = mean_over(m, node, expand_mul(m, node, centred, centred), false);
	expand_core(m, node, "BatchNormalization", 9, INPUTS(n.in[0], n.in[1], n.in[2], mean, var), n.out[0]);
	running(m, node, 1, n.in[3], mean);
	running(m, node, 2, n.in[4], var);
	return true;
}

/* --- Random numbers --------------------------------------------------------------------------------------------------
 * The Mersenne Twister (Matsumoto and Nishimura, 1998), seeded and read as by the reference of the standard, so that a
 * seed means the same numbers. */

enum { WORDS = 624, AHEAD = 397 };

struct twister {
	uint32_t word[WORDS];
	int next;
};

static void twister_seed(struct twister *t, uint32_t seed)
{
	for (int i = 0; i < WORDS; i++) {
		t->word[i] = seed;
		seed = 1812433253U * (seed ^ seed >> 30) + (uint32_t)i + 1;
	}
	t->next = WORDS;
}

static uint32_t twister_next(struct twister *t)
{
	uint32_t y;

	for (int i = 0; t->next == WORDS && i < WORDS; i++) {
		y = (t->word[i] & 0x80000000U) | (t->word[(i + 1) % WORDS] & 0x7fffffffU);
		t->word[i] = t->word[(i + AHEAD) % WORDS] ^ y >> 1 ^ (y & 1 ? 0x9908b0dfU : 0);
	}
	t->next %= WORDS;
	y = t->word[t->next++];
	y ^= y >> 11;
	y ^= y << 7 & 0x9d2c5680U;
	y ^= y << 15 & 0xefc60000U;
	return y ^ y >> 18;
}

/* Of 53 bits, from 0 up to below 1. */
static double twister_uniform(struct twister *t)
{
	const uint32_t high = twister_next(t) >> 5, low = twister_next(t) >> 6;

	return ((double)high * 67108864 + (double)low) / 9007199254740992.0;
}

/* --- Dropout ------------------------------------------------------------------------------------------------------
 * Which elements stay is drawn by the seed, 0 where there is none, and the same in every run. */

enum { MOST_DRAWN = 1 << 20 };

bool dropout_trains(struct module *m, int node)
{
	const int training = node_in(m, node, 2), x = node_in(m, node, 0);
	int n;
	const struct num *v = training < 0 ? NULL : tensor_value(m, training, &n);

	return training >= 0 && !(v && num_is(v[0], 0)) && tensor_is_static(m, x) &&
	       tensor_elements(m, x).n <= MOST_DRAWN;
}

static int drawn(struct module *m, int node)
{
	const struct tensor x = *node_in_tensor(m, node, 0);
	const int64_t n = tensor_elements(m, node_in(m, node, 0)).n;
	double *v = ARENA_ARRAY(m->arena, n, double);
	struct twister *t = ARENA_NEW(m->scratch, struct twister);
	int64_t dim[MAX_RANK];

	twister_seed(t, (uint32_t)node_attr_int(m, node, "seed", 0));
	for (int64_t i = 0; i < n; i++)
		v[i] = twister_uniform(t);
	for (int k = 0; k < x.rank; k++)
		dim[k] = x.dim[k].n;
	return tensor_const_doubles(m, DT_F64, x.rank, dim, v);
}

bool dropout_expand(struct module *m, int node)
{
	const struct node n = m->node[node];
	const enum dtype type = node_in_type(m, node, 0);
	const int ratio = node_in(m, node, 1) < 0 ? scalar(m, DT_F64, 0.5) :
						    expand_cast(m, node, n.in[1], DT_F64, -1);
	const int stays = expand_node(m, node, "GreaterOrEqual", 12, INPUTS(drawn(m, node), ratio), -1);
	int scale = expand_node(m, node, "Sub", 14, INPUTS(scalar(m, DT_F64, 1), ratio), -1), y;

	scale = expand_cast(m, node, expand_node(m, node, "Reciprocal", 13, INPUTS(scale), -1), type, -1);
	y = expand_node(m, node, "Where", 16,
			INPUTS(stays, expand_mul(m, node, n.in[0], scale), scalar(m, type, 0)), -1);
	expand_node(m, node, "Where", 16, INPUTS(n.in[2], y, n.in[0]), n.out[0]);
	if (node_out(m, node, 1) >= 0)
		expand_node(m, node, "Or", 7, INPUTS(stays, expand_node(m, node, "Not", 1, INPUTS(n.in[2]), -1)),
			    n.out[1]);
	return true;
}
