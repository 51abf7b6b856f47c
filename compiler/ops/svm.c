/* Support vector machines of ai.onnx.ml: products with the support vectors, a kernel, and products with coefficients,
 * as nodes of ai.onnx; probabilities of pairs of classes are coupled by one of our own, Couple. */
#include <string.h>

#include "ops/classic.h"

/* --- Couple ------------------------------------------------------------------------------------------------------- */

static bool infer_couple(struct module *m, int node)
{
	struct num dim[2] = { node_in_tensor(m, node, 0)->dim[0], num_const(node_attr_int(m, node, "classes", 0)) };

	return tensor_set(m, node, node_out(m, node, 0), DT_F32, 2, dim);
}

/* Input: rows x pairs of probabilities, see nnrt_couple_f32. */
static const struct op_def own_couple = {
	.domain = "nnc", .name = "Couple", .since = 1, .min_in = 1, .max_in = 1, .min_out = 1, .max_out = 1,
	.attrs = ATTRS(INT_REQUIRED("classes")), .types = TYPES("s"), .infer = infer_couple, .by_kernels = true,
};

/* --- What both operators have ------------------------------------------------------------------------------------- */

struct machine {
	struct module *m;
	int node, x;
	const struct attr *coefficients, *vectors, *rho;
	double gamma, coef0, degree;
	const char *kernel;
};

static bool read_machine(struct machine *v)
{
	const struct attr *params = node_attr(v->m, v->node, "kernel_params");
	const struct num features = classic_features(v->m, v->node);

	v->x = classic_rows(v->m, v->node, DT_F32);
	v->coefficients = node_attr(v->m, v->node, "coefficients");
	v->vectors = node_attr(v->m, v->node, "support_vectors");
	v->rho = node_attr(v->m, v->node, "rho");
	v->kernel = node_attr(v->m, v->node, "kernel_type")->s;
	if (v->x < 0)
		return false;
	if (!num_is_const(features) || features.n < 1)
		return node_unsupported(v->m, v->node, "the number of features must be a constant");
	if (params && params->n && params->n != 3)
		return node_bad(v->m, v->node, "kernel_params has %d elements, allowed: 0 3", params->n);
	if (params && params->n) {
		v->gamma = (double)params->floats[0];
		v->coef0 = (double)params->floats[1];
		v->degree = (double)params->floats[2];
	}
	if (!v->coefficients || !v->coefficients->n || !v->rho || !v->rho->n)
		return node_bad(v->m, v->node, "%s has 0 elements, allowed: 1 or more",
				!v->coefficients || !v->coefficients->n ? "coefficients" : "rho");
	return true;
}

/* A list as a constant of rows x columns. */
static int matrix(const struct machine *v, const float *list, int64_t rows, int64_t columns)
{
	double *wide = ARENA_ARRAY(v->m->scratch, rows * columns, double);

	for (int64_t i = 0; i < rows * columns; i++)
		wide[i] = (double)list[i];
	return tensor_const_doubles(v->m, DT_F32, 2, (int64_t[]){ rows, columns }, wide);
}

/* alpha * x * w' + c, c a tensor or -1. */
static int product(const struct machine *v, int x, int w, int c, double alpha)
{
	const int in[3] = { x, w, c }, y = expand_node(v->m, v->node, "Gemm", 13, c < 0 ? 2 : 3, in, -1);

	expand_attr(v->m, y, "transB")->i = 1;
	expand_attr(v->m, y, "alpha")->f = alpha;
	return y;
}

/* exp(-gamma * |x - vector|^2): differences, for a product of both would lose what is close. */
static int radial(const struct machine *v, int vectors)
{
	struct module *m = v->m;
	const int64_t third = 2, second = 1;
	int y = expand_node(m, v->node, "Unsqueeze", 13, INPUTS(v->x, tensor_const_ints(m, &third, 1)), -1);

	/* Vectors side by side, so that lanes are vectors and sums stay in them. */
	vectors = expand_transpose(m, v->node, vectors, 2, (int64_t[]){ 1, 0 }, -1);
	y = expand_node(m, v->node, "Sub", 13, INPUTS(y, vectors), -1);
	y = expand_node(m, v->node, "ReduceSumSquare", 13, INPUTS(y), -1);
	rewrite_attr_ints(m, m->tensor[y].producer, "axes", &second, 1);
	expand_attr(m, y, "keepdims")->i = 0;
	y = expand_mul(m, v->node, y, tensor_const_float(m, (float)-v->gamma));
	return expand_node(m, v->node, "Exp", 13, INPUTS(y), -1);
}

static int power(const struct machine *v, int x)
{
	const int square = expand_mul(v->m, v->node, x, x);

	if (v->degree == 2)
		return square;
	if (v->degree == 3)
		return expand_mul(v->m, v->node, square, x);
	return expand_node(v->m, v->node, "Pow", 13, INPUTS(x, tensor_const_float(v->m, (float)v->degree)), -1);
}

/* The kernel of x and each of n vectors: rows x n. */
static int kernel_values(const struct machine *v, int64_t n, int64_t features)
{
	const int vectors = matrix(v, v->vectors->floats, n, features);
	int y;

	if (!strcmp(v->kernel, "LINEAR"))
		return product(v, v->x, vectors, -1, 1);
	if (!strcmp(v->kernel, "RBF"))
		return radial(v, vectors);
	y = product(v, v->x, vectors, tensor_const_float(v->m, (float)v->coef0), v->gamma);
	return strcmp(v->kernel, "POLY") != 0 ? expand_node(v->m, v->node, "Tanh", 13, INPUTS(y), -1) : power(v, y);
}

#define MACHINE \
	FLOATS_OPTIONAL("coefficients"), FLOATS_OPTIONAL("kernel_params"), \
		STRING("kernel_type", "LINEAR", "LINEAR|POLY|RBF|SIGMOID"), POST_TRANSFORM, FLOATS_OPTIONAL("rho"), \
		FLOATS_OPTIONAL("support_vectors")

/* --- SVMRegressor ------------------------------------------------------------------------------------------------- */

/* coefficients' * kernel + rho; of one class, on which side of 0 that is. */
static bool expand_svm_regressor(struct module *m, int node)
{
	struct machine v = { .m = m, .node = node };
	const int64_t n = node_attr_int(m, node, "n_supports", 0);
	int64_t features;
	int y;

	if (!read_machine(&v))
		return false;
	features = classic_features(m, node).n;
	if (v.coefficients->n != (n ? n : features))
		return node_bad(m, node, "%d coefficients, allowed: %lld", v.coefficients->n,
				(long long)(n ? n : features));
	if (n && (!v.vectors || v.vectors->n != n * features))
		return node_bad(m, node, "support_vectors has %d elements, allowed: %lld of %lld features",
				v.vectors ? v.vectors->n : 0, (long long)n, (long long)features);
	y = product(&v, n ? kernel_values(&v, n, features) : v.x,
		    matrix(&v, v.coefficients->floats, 1, v.coefficients->n), classic_floats(m, v.rho->floats, 1), 1);
	if (node_attr_int(m, node, "one_class", 0))
		y = expand_node(m, node, "Where", 16,
				INPUTS(expand_node(m, node, "Greater", 13, INPUTS(y, tensor_const_float(m, 0)), -1),
				       tensor_const_float(m, 1), tensor_const_float(m, -1)), -1);
	classic_transform(m, node, classic_how(m, node), y, node_out(m, node, 0));
	return true;
}

const struct op_def op_ml_SVMRegressor_1 = {
	CLASSIC("SVMRegressor", 1, 1, 1, 1), .types = TYPES("fi"), .expand = expand_svm_regressor,
	.attrs = ATTRS(MACHINE, INT_IN("n_supports", 0, 0, 1 << 28), INT("one_class", 0)),
};

/* --- SVMClassifier ------------------------------------------------------------------------------------------------ */

/* Classes and what tells each two of them apart. */
struct classes {
	int n, pairs, n_vectors;
	const int64_t *vectors;         /* of each class */
};

static int argmax(const struct machine *v, int x)
{
	const int y = expand_node(v->m, v->node, "ArgMax", 13, INPUTS(x), -1);

	expand_attr(v->m, y, "axis")->i = 1;
	expand_attr(v->m, y, "keepdims")->i = 0;
	return y;
}

/* Scores of pairs: of classes i < j the vectors of i by coefficients of row j - 1, those of j by coefficients of
 * row i, and rho. */
static int pair_scores(const struct machine *v, const struct classes *c, int kernel)
{
	float *w = ARENA_ARRAY(v->m->scratch, (int64_t)c->pairs * c->n_vectors, float);
	int64_t from_i = 0;
	int pair = 0;

	for (int i = 0; i < c->n; i++) {
		int64_t from_j = from_i + c->vectors[i];
		for (int j = i + 1; j < c->n; j++, pair++) {
			float *row = &w[(int64_t)pair * c->n_vectors];
			for (int64_t k = from_i; k < from_i + c->vectors[i]; k++)
				row[k] = v->coefficients->floats[(int64_t)(j - 1) * c->n_vectors + k];
			for (int64_t k = from_j; k < from_j + c->vectors[j]; k++)
				row[k] = v->coefficients->floats[(int64_t)i * c->n_vectors + k];
			from_j += c->vectors[j];
		}
		from_i += c->vectors[i];
	}
	return product(v, kernel, matrix(v, w, c->pairs, c->n_vectors), classic_floats(v->m, v->rho->floats, c->pairs),
		       1);
}

/* The class with most of the pairs: i has one where its score is above 0, else j. */
static int vote(const struct machine *v, const struct classes *c, int scores)
{
	float *w = ARENA_ARRAY(v->m->scratch, (int64_t)c->pairs * c->n, float);
	float *base = ARENA_ARRAY(v->m->scratch, c->n, float);
	int pair = 0, won;

	for (int i = 0; i < c->n; i++) {
		for (int j = i + 1; j < c->n; j++, pair++) {
			w[i * c->pairs + pair] = 1;
			w[j * c->pairs + pair] = -1;
			base[j]++;
		}
	}
	won = expand_node(v->m, v->node, "Greater", 13, INPUTS(scores, tensor_const_float(v->m, 0)), -1);
	won = expand_cast(v->m, v->node, won, DT_F32, -1);
	return argmax(v, product(v, won, matrix(v, w, c->n, c->pairs), classic_floats(v->m, base, c->n), 1));
}

/* Platt's probabilities of pairs, 1 / (1 + exp(a * score + b)), coupled. */
static int probabilities(const struct machine *v, const struct classes *c, int scores)
{
	struct module *m = v->m;
	const int a = classic_floats(m, node_attr(m, v->node, "prob_a")->floats, c->pairs);
	const int b = classic_floats(m, node_attr(m, v->node, "prob_b")->floats, c->pairs);
	int p = expand_add(m, v->node, expand_mul(m, v->node, scores, a), b, -1), out = tensor_add(m, NULL), made;

	p = expand_node(m, v->node, "Sigmoid", 13, INPUTS(expand_node(m, v->node, "Neg", 13, INPUTS(p), -1)), -1);
	p = expand_node(m, v->node, "Clip", 13,
			INPUTS(p, tensor_const_float(m, 1e-7f), tensor_const_float(m, 1 - 1e-7f)), -1);
	made = node_add(m, m->node[v->node].graph, &own_couple, m->node[v->node].name, 1, &p, 1, &out);
	m->node[made].opset = 1;
	rewrite_attr(m, made, "classes")->i = c->n;
	return out;
}

/* Without vectors: a score a class. Of two classes the second is taken as well where the greater score is above 0, or
 * half where no coefficient is below 0, as the operator's maker has it. */
static bool expand_linear(struct machine *v, const struct classes *c)
{
	struct module *m = v->m;
	const int64_t features = classic_features(m, v->node).n, second = 1;
	bool parts = true;
	int scores, number, above;

	if (v->coefficients->n != c->n * features)
		return node_bad(m, v->node, "%d coefficients, allowed: %d for each of %lld features",
				v->coefficients->n, c->n, (long long)features);
	for (int i = 0; i < v->coefficients->n; i++)
		parts &= v->coefficients->floats[i] >= 0;
	scores = product(v, v->x, matrix(v, v->coefficients->floats, c->n, features),
			 classic_floats(m, v->rho->floats, 1), 1);
	number = argmax(v, scores);
	if (c->n == 2) {
		above = expand_node(m, v->node, "ReduceMax", 13, INPUTS(scores), -1);
		rewrite_attr_ints(m, m->tensor[above].producer, "axes", &second, 1);
		expand_attr(m, above, "keepdims")->i = 0;
		above = expand_node(m, v->node, parts ? "GreaterOrEqual" : "Greater", parts ? 16 : 13,
				    INPUTS(above, tensor_const_float(m, parts ? 0.5f : 0)), -1);
		number = expand_node(m, v->node, "Max", 13,
				     INPUTS(number, expand_cast(m, v->node, above, DT_I64, -1)), -1);
	}
	if (!classic_labels(m, v->node, number, "classlabels_ints", "classlabels_strings", c->n))
		return false;
	if (node_out(m, v->node, 1) >= 0)
		classic_transform(m, v->node, classic_how(m, v->node), scores, node_out(m, v->node, 1));
	return true;
}

/* Output 1 where there are no probabilities: scores of pairs; of two classes the one score and its opposite, or its
 * difference to 1 in place of a softmax, as the operator's maker has it. */
static bool expand_scores(const struct machine *v, const struct classes *c, int scores)
{
	struct module *m = v->m;
	const char *how = classic_how(m, v->node);
	const int out = node_out(m, v->node, 1);
	int other;

	if (c->n > 2) {
		classic_transform(m, v->node, how, scores, out);
		return true;
	}
	if (!strcmp(how, "PROBIT"))
		return node_unsupported(m, v->node, "post_transform is PROBIT for two classes and one score, allowed: "
					"NONE SOFTMAX LOGISTIC SOFTMAX_ZERO");
	if (!strcmp(how, "NONE") || !strcmp(how, "LOGISTIC"))
		other = expand_node(m, v->node, "Neg", 13, INPUTS(scores), -1);
	else
		other = expand_node(m, v->node, "Sub", 13, INPUTS(tensor_const_float(m, 1), scores), -1);
	scores = expand_node(m, v->node, "Concat", 13, INPUTS(other, scores), -1);
	expand_attr(m, scores, "axis")->i = 1;
	classic_transform(m, v->node, !strcmp(how, "LOGISTIC") ? how : "NONE", scores, out);
	return true;
}

static bool check_list(const struct machine *v, const char *name, int64_t n)
{
	const struct attr *a = node_attr(v->m, v->node, name);

	return (a && a->n == n) || node_bad(v->m, v->node, "%s has %d elements, allowed: %lld", name, a ? a->n : 0,
					    (long long)n);
}

static bool check_vectors(const struct machine *v, struct classes *c)
{
	const int64_t features = classic_features(v->m, v->node).n;
	int64_t sum = 0;

	if (!check_list(v, "vectors_per_class", c->n))
		return false;
	for (int i = 0; i < c->n; i++)
		sum += c->vectors[i];
	if (!v->vectors || sum > 1 << 28 || v->vectors->n != sum * features)
		return node_bad(v->m, v->node, "support_vectors has %d elements, allowed: %lld of %lld features",
				v->vectors ? v->vectors->n : 0, (long long)sum, (long long)features);
	c->n_vectors = (int)sum;
	return check_list(v, "coefficients", (c->n - 1) * sum) && check_list(v, "rho", c->pairs);
}

static bool expand_svm_classifier(struct module *m, int node)
{
	struct machine v = { .m = m, .node = node };
	const struct attr *vectors = node_attr(m, node, "vectors_per_class"), *a = node_attr(m, node, "prob_a");
	const struct attr *labels = node_attr(m, node, "classlabels_ints");
	struct classes c = { 0 };
	int scores, p;

	labels = labels ? labels : node_attr(m, node, "classlabels_strings");
	c.n = labels ? labels->n : 0;
	if (c.n < 2 || c.n > 1 << 12)
		return node_bad(m, node, "%d classes have labels, allowed: 2 to %d", c.n, 1 << 12);
	c.pairs = c.n * (c.n - 1) / 2;
	if (!read_machine(&v))
		return false;
	if (!vectors || !vectors->n)
		return expand_linear(&v, &c);
	c.vectors = vectors->ints;
	if (!check_vectors(&v, &c))
		return false;
	scores = pair_scores(&v, &c, kernel_values(&v, c.n_vectors, classic_features(m, node).n));
	if (!classic_labels(m, node, vote(&v, &c, scores), "classlabels_ints", "classlabels_strings", c.n))
		return false;
	if (node_out(m, node, 1) < 0)
		return true;
	if (!a || !a->n)
		return expand_scores(&v, &c, scores);
	if (!check_list(&v, "prob_a", c.pairs) || !check_list(&v, "prob_b", c.pairs))
		return false;
	p = probabilities(&v, &c, scores);
	classic_transform(m, node, classic_how(m, node), p, node_out(m, node, 1));
	return true;
}

const struct op_def op_ml_SVMClassifier_1 = {
	CLASSIC("SVMClassifier", 1, 1, 1, 2), .types = TYPES("fi"), .expand = expand_svm_classifier,
	.attrs = ATTRS(MACHINE, INTS_OPTIONAL("classlabels_ints"), STRINGS_OPTIONAL("classlabels_strings"),
		       FLOATS_OPTIONAL("prob_a"), FLOATS_OPTIONAL("prob_b"), INTS_IN("vectors_per_class", 0, 1 << 28)),
};
