/* Linear models, scalers, encoders and the like of ai.onnx.ml as nodes of ai.onnx. */
#include "ops/classic.h"
#include "ops/lookup.h"
#include "ops/text.h"

#include <math.h>
#include <string.h>

int classic_floats(struct module *m, const float *v, int n)
{
	double *wide = ARENA_ARRAY(m->scratch, n, double);
	const int64_t size = n;

	for (int i = 0; i < n; i++)
		wide[i] = (double)v[i];
	return tensor_const_doubles(m, DT_F32, 1, &size, wide);
}

static int floats_attr(struct module *m, int node, const char *name)
{
	const struct attr *a = node_attr(m, node, name);

	return a ? classic_floats(m, a->floats, a->n) : -1;
}

int classic_rows(struct module *m, int node, enum dtype type)
{
	const int64_t first = 0;
	int x = node_in(m, node, 0);

	if (!node_rank(m, node, 0, 1, 2))
		return -1;
	if (node_in_tensor(m, node, 0)->rank == 1)
		x = expand_node(m, node, "Unsqueeze", 13, INPUTS(x, tensor_const_ints(m, &first, 1)), -1);
	return node_in_type(m, node, 0) == type ? x : expand_cast(m, node, x, type, -1);
}

struct num classic_features(struct module *m, int node)
{
	const struct tensor *x = node_in_tensor(m, node, 0);

	return x->dim[x->rank - 1];
}

/* exp(x) over the sum of exp(x) along the last axis, where x that are 0 have no part in the sum and stay 0. */
static void expand_softmax_zero(struct module *m, int node, int x, int out)
{
	const int64_t last = -1;
	const int zero = tensor_const_float(m, 0);
	int greatest = expand_node(m, node, "ReduceMax", 13, INPUTS(x), -1), is_zero, e, sum;

	rewrite_attr_ints(m, m->tensor[greatest].producer, "axes", &last, 1);
	is_zero = expand_node(m, node, "LessOrEqual", 16, INPUTS(expand_node(m, node, "Abs", 13, INPUTS(x), -1),
								 tensor_const_float(m, 1e-7f)), -1);
	e = expand_node(m, node, "Sub", 13, INPUTS(x, greatest), -1);
	e = expand_node(m, node, "Exp", 13, INPUTS(e), -1);
	sum = expand_node(m, node, "Where", 16, INPUTS(is_zero, zero, e), -1);
	sum = expand_node(m, node, "ReduceSum", 13, INPUTS(sum, tensor_const_ints(m, &last, 1)), -1);
	greatest = expand_node(m, node, "Exp", 13, INPUTS(expand_node(m, node, "Neg", 13, INPUTS(greatest), -1)), -1);
	e = expand_node(m, node, "Where", 16, INPUTS(is_zero, expand_mul(m, node, x, greatest), e), -1);
	expand_node(m, node, "Div", 13, INPUTS(e, sum), out);
}

/* sqrt(2) * erfinv(2 * x - 1), erfinv as the standard's reference has it: Winitzki's approximation, "A handy
 * approximation for the error function and its inverse" (2008), with a = 0.147, within 2e-3. */
static void expand_probit(struct module *m, int node, int x, int out)
{
	const int one = tensor_const_float(m, 1), two = tensor_const_float(m, 2);
	int log, v, sign;

	x = expand_node(m, node, "Sub", 13, INPUTS(expand_mul(m, node, x, two), one), -1);
	sign = expand_node(m, node, "Where", 16,
			   INPUTS(expand_node(m, node, "Less", 13, INPUTS(x, tensor_const_float(m, 0)), -1),
				  tensor_const_float(m, -1.41421356f), tensor_const_float(m, 1.41421356f)), -1);
	log = expand_mul(m, node, expand_node(m, node, "Sub", 13, INPUTS(one, x), -1),
			 expand_add(m, node, one, x, -1));
	log = expand_node(m, node, "Log", 13, INPUTS(log), -1);
	v = expand_add(m, node, expand_mul(m, node, log, tensor_const_float(m, 0.5f)),
		       tensor_const_float(m, 2.0f / (3.14159f * 0.147f)), -1);
	log = expand_mul(m, node, log, tensor_const_float(m, 1.0f / 0.147f));
	log = expand_node(m, node, "Sub", 13, INPUTS(expand_mul(m, node, v, v), log), -1);
	v = expand_node(m, node, "Sub", 13, INPUTS(expand_node(m, node, "Sqrt", 13, INPUTS(log), -1), v), -1);
	expand_node(m, node, "Mul", 13, INPUTS(sign, expand_node(m, node, "Sqrt", 13, INPUTS(v), -1)), out);
}

void classic_transform(struct module *m, int node, const char *how, int scores, int out)
{
	int t;

	if (!strcmp(how, "NONE")) {
		expand_node(m, node, "Identity", 13, INPUTS(scores), out);
	} else if (!strcmp(how, "LOGISTIC")) {
		expand_node(m, node, "Sigmoid", 13, INPUTS(scores), out);
	} else if (!strcmp(how, "SOFTMAX")) {
		t = expand_node(m, node, "Softmax", 13, INPUTS(scores), out);
		expand_attr(m, t, "axis")->i = -1;
	} else if (!strcmp(how, "SOFTMAX_ZERO")) {
		expand_softmax_zero(m, node, scores, out);
	} else {
		expand_probit(m, node, scores, out);
	}
}

const char *classic_how(struct module *m, int node)
{
	return node_attr(m, node, "post_transform")->s;
}

bool classic_labels(struct module *m, int node, int number, const char *ints, const char *strings, int classes)
{
	const struct attr *a = node_attr(m, node, ints), *s = node_attr(m, node, strings);
	const int out = node_out(m, node, 0);

	if (!a == !s)
		return node_bad(m, node, "%s and %s: one of them must be given", ints, strings);
	if ((a ? a->n : s->n) != classes)
		return node_bad(m, node, "%d labels for %d classes, allowed: as many", a ? a->n : s->n, classes);
	if (s) {
		m->tensor[out].label = s->strings;
		m->tensor[out].n_labels = s->n;
		expand_node(m, node, "Identity", 13, INPUTS(number), out);
		return true;
	}
	expand_node(m, node, "Gather", 13, INPUTS(tensor_const_ints(m, a->ints, a->n), number), out);
	return true;
}

/* --- Linear models: x * coefficients' + intercepts ---------------------------------------------------------------- */

/* Scores of `classes` rows of coefficients, 0: as many as there are; -1: reported. */
static int linear_scores(struct module *m, int node, int64_t *classes)
{
	const struct attr *w = node_attr(m, node, "coefficients"), *b = node_attr(m, node, "intercepts");
	const int x = classic_rows(m, node, DT_F32);
	const struct num features = x < 0 ? num_const(0) : classic_features(m, node);
	int64_t dim[2];
	double *v;
	int in[3], t;

	if (x < 0)
		return -1;
	if (!w || !num_is_const(features) || features.n < 1 || w->n < 1 || w->n % features.n ||
	    (*classes && w->n / features.n != *classes)) {
		node_bad(m, node, "%d coefficients for %lld features, allowed: as many for each class", w ? w->n : 0,
			 (long long)features.n);
		return -1;
	}
	*classes = dim[0] = w->n / features.n;
	dim[1] = features.n;
	if (b && b->n && b->n != *classes) {
		node_bad(m, node, "%d intercepts for %lld classes, allowed: as many", b->n, (long long)*classes);
		return -1;
	}
	v = ARENA_ARRAY(m->scratch, w->n, double);
	for (int i = 0; i < w->n; i++)
		v[i] = (double)w->floats[i];
	in[0] = x;
	in[1] = tensor_const_doubles(m, DT_F32, 2, dim, v);
	in[2] = b && b->n ? classic_floats(m, b->floats, b->n) : -1;
	t = expand_node(m, node, "Gemm", 13, in[2] < 0 ? 2 : 3, in, -1);
	expand_attr(m, t, "transB")->i = 1;
	return t;
}

static bool expand_linear_regressor(struct module *m, int node)
{
	int64_t targets = node_attr_int(m, node, "targets", 1);
	const int scores = linear_scores(m, node, &targets);

	if (scores < 0)
		return false;
	classic_transform(m, node, classic_how(m, node), scores, node_out(m, node, 0));
	return true;
}

const struct op_def op_ml_LinearRegressor_1 = {
	CLASSIC("LinearRegressor", 1, 1, 1, 1), .types = TYPES("fi"), .expand = expand_linear_regressor,
	.attrs = ATTRS(FLOATS_OPTIONAL("coefficients"), FLOATS_OPTIONAL("intercepts"), POST_TRANSFORM,
		       INT_IN("targets", 1, 1, 1 << 20)),
};

static bool expand_linear_classifier(struct module *m, int node)
{
	int64_t classes = 0;
	const int scores = linear_scores(m, node, &classes);
	int number;

	if (scores < 0)
		return false;
	number = expand_node(m, node, "ArgMax", 13, INPUTS(scores), -1);
	expand_attr(m, number, "axis")->i = 1;
	expand_attr(m, number, "keepdims")->i = 0;
	if (!classic_labels(m, node, number, "classlabels_ints", "classlabels_strings", (int)classes))
		return false;
	if (node_out(m, node, 1) >= 0)
		classic_transform(m, node, classic_how(m, node), scores, node_out(m, node, 1));
	return true;
}

const struct op_def op_ml_LinearClassifier_1 = {
	CLASSIC("LinearClassifier", 1, 1, 1, 2), .types = TYPES("fi"), .expand = expand_linear_classifier,
	.attrs = ATTRS(INTS_OPTIONAL("classlabels_ints"), STRINGS_OPTIONAL("classlabels_strings"),
		       FLOATS_REQUIRED("coefficients"), FLOATS_OPTIONAL("intercepts"), INT("multi_class", 0),
		       POST_TRANSFORM),
};

/* --- Element by element ------------------------------------------------------------------------------------------- */

static int as_float(struct module *m, int node)
{
	return node_in_type(m, node, 0) == DT_F32 ? node_in(m, node, 0) :
						    expand_cast(m, node, node_in(m, node, 0), DT_F32, -1);
}

/* The list has one number, or one for each index of the last axis. */
static bool check_list(struct module *m, int node, const char *name)
{
	const struct attr *a = node_attr(m, node, name);
	const struct tensor *x = node_in_tensor(m, node, 0);

	return !a || a->n == 1 || (x->rank && num_is(x->dim[x->rank - 1], a->n)) ||
	       node_bad(m, node, "%s has %d elements, allowed: 1, or one a column of %s", name, a->n,
			node_in_shape(m, node, 0));
}

static bool expand_scaler(struct module *m, int node)
{
	const int offset = floats_attr(m, node, "offset"), scale = floats_attr(m, node, "scale");
	int v = as_float(m, node);

	if (!check_list(m, node, "offset") || !check_list(m, node, "scale"))
		return false;
	if (offset >= 0)
		v = expand_node(m, node, "Sub", 13, INPUTS(v, offset), -1);
	if (scale >= 0)
		v = expand_mul(m, node, v, scale);
	expand_node(m, node, "Identity", 13, INPUTS(v), node_out(m, node, 0));
	return true;
}

const struct op_def op_ml_Scaler_1 = {
	CLASSIC("Scaler", 1, 1, 1, 1), .types = TYPES("fi"), .expand = expand_scaler,
	.attrs = ATTRS(FLOATS_OPTIONAL("offset"), FLOATS_OPTIONAL("scale")),
};

/* x over the norm of its row; a row whose norm is 0 stays. */
static bool expand_normalizer(struct module *m, int node)
{
	const char *norm = node_attr(m, node, "norm")->s;
	const char *reduce = !strcmp(norm, "MAX") ? "ReduceMax" : !strcmp(norm, "L1") ? "ReduceL1" : "ReduceL2";
	const int x = as_float(m, node), zero = tensor_const_float(m, 0), one = tensor_const_float(m, 1);
	const int64_t last = -1;
	int v, is_zero;

	if (!node_rank(m, node, 0, 1, 2))
		return false;
	v = expand_node(m, node, reduce, 13, INPUTS(x), -1);
	rewrite_attr_ints(m, m->tensor[v].producer, "axes", &last, 1);
	is_zero = expand_node(m, node, "Equal", 13, INPUTS(v, zero), -1);
	v = expand_node(m, node, "Where", 13, INPUTS(is_zero, one, v), -1);
	expand_node(m, node, "Div", 13, INPUTS(x, v), node_out(m, node, 0));
	return true;
}

const struct op_def op_ml_Normalizer_1 = {
	CLASSIC("Normalizer", 1, 1, 1, 1), .types = TYPES("fi"), .expand = expand_normalizer,
	.attrs = ATTRS(STRING("norm", "MAX", "MAX|L1|L2")),
};

static bool expand_binarizer(struct module *m, int node)
{
	const enum dtype type = node_in_type(m, node, 0);
	const int limit = tensor_const_float(m, (float)node_attr_float(m, node, "threshold", 0));

	expand_cast(m, node, expand_node(m, node, "Greater", 13, INPUTS(as_float(m, node), limit), -1), type,
		    node_out(m, node, 0));
	return true;
}

const struct op_def op_ml_Binarizer_1 = {
	CLASSIC("Binarizer", 1, 1, 1, 1), .types = TYPES("fi"), .expand = expand_binarizer,
	.attrs = ATTRS(FLOAT("threshold", 0.0)),
};

static bool expand_imputer(struct module *m, int node)
{
	const bool is_whole = node_in_type(m, node, 0) == DT_I64;
	const struct attr *a = node_attr(m, node, is_whole ? "imputed_value_int64s" : "imputed_value_floats");
	const double replaced = node_attr_float(m, node, "replaced_value_float", 0);
	const int64_t whole = node_attr_int(m, node, "replaced_value_int64", 0);
	const int x = node_in(m, node, 0);
	int missing, by;

	if (!a || !check_list(m, node, is_whole ? "imputed_value_int64s" : "imputed_value_floats"))
		return a ? false : node_bad(m, node, "there is no value of the input's type to impute");
	by = is_whole ? tensor_const_ints(m, a->ints, a->n) : classic_floats(m, a->floats, a->n);
	if (!is_whole && isnan(replaced))
		missing = expand_node(m, node, "IsNaN", 13, INPUTS(x), -1);
	else
		missing = expand_node(m, node, "Equal", 13, INPUTS(x, is_whole ? tensor_const_ints(m, &whole, 1) :
							      tensor_const_float(m, (float)replaced)), -1);
	expand_node(m, node, "Where", 16, INPUTS(missing, by, x), node_out(m, node, 0));
	return true;
}

const struct op_def op_ml_Imputer_1 = {
	CLASSIC("Imputer", 1, 1, 1, 1), .types = TYPES("si"), .expand = expand_imputer,
	.attrs = ATTRS(FLOATS_OPTIONAL("imputed_value_floats"), INTS_OPTIONAL("imputed_value_int64s"),
		       FLOAT("replaced_value_float", 0.0), INT("replaced_value_int64", 0)),
};

/* --- Columns ------------------------------------------------------------------------------------------------------ */

/* Columns of x, which as a row gets an axis before. */
static bool expand_feature_extractor(struct module *m, int node)
{
	const int64_t all = -1, first = 0;
	const bool is_row = node_in_tensor(m, node, 0)->rank == 1;
	int at, t;

	if (!node_rank(m, node, 0, 1, MAX_RANK))
		return false;
	at = expand_node(m, node, "Reshape", 13, INPUTS(node_in(m, node, 1), tensor_const_ints(m, &all, 1)), -1);
	t = expand_node(m, node, "Gather", 13, INPUTS(node_in(m, node, 0), at), is_row ? -1 : node_out(m, node, 0));
	expand_attr(m, t, "axis")->i = -1;
	if (is_row)
		expand_node(m, node, "Unsqueeze", 13, INPUTS(t, tensor_const_ints(m, &first, 1)), node_out(m, node, 0));
	return true;
}

const struct op_def op_ml_ArrayFeatureExtractor_1 = {
	CLASSIC("ArrayFeatureExtractor", 1, 2, 2, 1), .types = TYPES("fi", "i"), .expand = expand_feature_extractor,
};

static bool expand_feature_vectorizer(struct module *m, int node)
{
	const struct attr *sizes = node_attr(m, node, "inputdimensions");
	const int n = m->node[node].n_in;
	int *in = ARENA_ARRAY(m->scratch, n, int), t;

	for (int i = 0; i < n; i++) {
		if (node_in(m, node, i) < 0 || !node_rank(m, node, i, 2, 2))
			return node_in(m, node, i) < 0 ? node_bad(m, node, "input %d is absent", i) : false;
		if (sizes && (i >= sizes->n || !num_is(node_in_tensor(m, node, i)->dim[1], sizes->ints[i])))
			return node_unsupported(m, node, "input %d has shape %s, allowed: as inputdimensions says", i,
						node_in_shape(m, node, i));
		in[i] = expand_cast(m, node, node_in(m, node, i), DT_F32, -1);
	}
	t = expand_node(m, node, "Concat", 13, n, in, node_out(m, node, 0));
	expand_attr(m, t, "axis")->i = 1;
	return true;
}

const struct op_def op_ml_FeatureVectorizer_1 = {
	CLASSIC("FeatureVectorizer", 1, 1, -1, 1), .types = TYPES("fi"), .expand = expand_feature_vectorizer,
	.attrs = ATTRS(INTS_OPTIONAL("inputdimensions")),
};

/* --- Encoders ----------------------------------------------------------------------------------------------------- */

/* Whether x, with a last axis more, is each of the keys. */
static int matches(struct module *m, int node, int keys)
{
	const int64_t last = -1;
	const int x = expand_node(m, node, "Unsqueeze", 13,
				  INPUTS(node_in(m, node, 0), tensor_const_ints(m, &last, 1)), -1);

	return expand_node(m, node, "Equal", 13, INPUTS(expand_cast(m, node, x, m->tensor[keys].type, -1), keys), -1);
}

static bool expand_one_hot(struct module *m, int node)
{
	const struct attr *a = node_attr(m, node, "cats_int64s");

	if (!a || node_attr(m, node, "cats_strings"))
		return node_unsupported(m, node, "categories are strings, allowed: integers");
	if (!node_rank(m, node, 0, 0, MAX_RANK - 1))
		return false;
	expand_cast(m, node, matches(m, node, tensor_const_ints(m, a->ints, a->n)), DT_F32, node_out(m, node, 0));
	return true;
}

const struct op_def op_ml_OneHotEncoder_1 = {
	CLASSIC("OneHotEncoder", 1, 1, 1, 1), .types = TYPES("fi"), .expand = expand_one_hot,
	.attrs = ATTRS(INTS_OPTIONAL("cats_int64s"), STRINGS_OPTIONAL("cats_strings"), FLAG("zeros", 1)),
};

/* A list of the one kind that is given, or -1. */
static int numbers(struct module *m, int node, const char *ints, const char *floats)
{
	const struct attr *a = node_attr(m, node, ints);

	return a ? tensor_const_ints(m, a->ints, a->n) : floats_attr(m, node, floats);
}

static bool has_nan(const struct attr *a)
{
	for (int i = 0; a && i < a->n; i++)
		if (isnan(a->floats[i]))
			return true;
	return false;
}

static bool expand_label_encoder(struct module *m, int node)
{
	const bool text = text_is_input(m, node);
	const struct attr *words = text ? node_attr(m, node, "keys_strings") : NULL;
	const int keys = text ? -1 : numbers(m, node, "keys_int64s", "keys_floats");
	const int values = numbers(m, node, "values_int64s", "values_floats");
	const struct lookup table = {
		.int_keys = node_attr(m, node, "keys_int64s"), .float_keys = node_attr(m, node, "keys_floats"),
		.int_values = node_attr(m, node, "values_int64s"), .float_values = node_attr(m, node, "values_floats"),
		.int_missing = node_attr_int(m, node, "default_int64", -1),
		.float_missing = (float)node_attr_float(m, node, "default_float", -0.0),
	};
	int found, at, v, other;
	int64_t n_keys;

	if ((keys < 0 && !words) || values < 0)
		return node_unsupported(m, node, "keys or values are strings or tensors, allowed: integers and floats");
	n_keys = words ? words->n : m->tensor[keys].dim[0].n;
	if (n_keys != m->tensor[values].dim[0].n || !n_keys)
		return node_bad(m, node, "%lld keys and %lld values, allowed: as many, 1 or more", (long long)n_keys,
				(long long)m->tensor[values].dim[0].n);
	if (!text && !node_rank(m, node, 0, 0, MAX_RANK - 1))
		return false;
	if (keys >= 0 && !has_nan(table.float_keys)) {
		lookup_expand(m, node, &table, expand_cast(m, node, node_in(m, node, 0), m->tensor[keys].type, -1),
			      node_out(m, node, 0));
		return true;
	}
	other = table.int_values ? tensor_const_ints(m, &table.int_missing, 1) :
				   tensor_const_float(m, table.float_missing);
	found = words ? text_matches(m, node, words->strings, words->n) : matches(m, node, keys);
	if (found < 0)
		return false;
	found = expand_cast(m, node, found, DT_I32, -1);
	at = expand_node(m, node, "ArgMax", 13, INPUTS(found), -1);
	v = expand_node(m, node, "ReduceMax", 13, INPUTS(found), -1);
	for (int i = 0; i < 2; i++)
		expand_attr(m, i ? v : at, "keepdims")->i = 0;
	expand_attr(m, at, "axis")->i = -1;
	rewrite_attr_ints(m, m->tensor[v].producer, "axes", (const int64_t[]){ -1 }, 1);
	v = expand_cast(m, node, v, DT_BOOL, -1);
	at = expand_node(m, node, "Gather", 13, INPUTS(values, at), -1);
	expand_node(m, node, "Where", 16, INPUTS(v, at, other), node_out(m, node, 0));
	return true;
}

const struct op_def op_ml_LabelEncoder_2 = {
	CLASSIC("LabelEncoder", 2, 1, 1, 1), .types = TYPES("fi"), .bundles = true, .expand = expand_label_encoder,
	.attrs = ATTRS(FLOAT("default_float", -0.0), INT("default_int64", -1),
		       STRING("default_string", "_Unused", NULL),
		       FLOATS_OPTIONAL("keys_floats"), INTS_OPTIONAL("keys_int64s"), STRINGS_OPTIONAL("keys_strings"),
		       FLOATS_OPTIONAL("values_floats"), INTS_OPTIONAL("values_int64s"),
		       STRINGS_OPTIONAL("values_strings"), TENSOR_OPTIONAL("default_tensor"),
		       TENSOR_OPTIONAL("keys_tensor"), TENSOR_OPTIONAL("values_tensor")),
};
