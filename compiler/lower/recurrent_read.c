/* Attributes of recurrent layers, activations with their parameters. */
#include <math.h>
#include <strings.h>

#include "lower/recurrent.h"
#include "runtime_min/kernels/activation.h"

static const struct row {
	const char *name;
	struct activation activation;   /* with the defaults of the operator of that name, NAN: it has none */
	bool has_alpha, has_beta;       /* takes values from activation_alpha, activation_beta */
} activations[] = {
	{ "Sigmoid", { NNRT_SIGMOID, 0, 0 }, false, false },
	{ "Tanh", { NNRT_TANH, 0, 0 }, false, false },
	{ "Relu", { NNRT_RELU, 0, 0 }, false, false },
	{ "Affine", { NNRT_AFFINE, 1, 0 }, true, true },
	{ "LeakyRelu", { NNRT_LEAKY_RELU, 0.01f, 0 }, true, false },
	{ "ThresholdedRelu", { NNRT_THRESHOLDED_RELU, 1, 0 }, true, false },
	{ "ScaledTanh", { NNRT_SCALED_TANH, NAN, NAN }, true, true },
	{ "HardSigmoid", { NNRT_HARD_SIGMOID, 0.2f, 0.5f }, true, true },
	{ "Elu", { NNRT_ELU, 1, 0 }, true, false },
	{ "Softsign", { NNRT_SOFTSIGN, 0, 0 }, false, false },
	{ "Softplus", { NNRT_SOFTPLUS, 0, 0 }, false, false },
};

enum { N_ACTIVATIONS = sizeof activations / sizeof *activations };

static const struct row *activation_find(const char *name)
{
	for (int i = 0; i < N_ACTIVATIONS; i++)
		if (!strcasecmp(activations[i].name, name))
			return &activations[i];
	return NULL;
}

/* The next value of a list that functions with such a parameter consume in order. */
static float next_value(const struct attr *list, int *used, bool takes, float missing)
{
	return takes && list && *used < list->n ? list->floats[(*used)++] : missing;
}

static bool read_activations(const struct module *m, int node, struct layer *a, const char **why)
{
	static const char *const defaults[][MAX_ACTIVATIONS] = {
		[1] = { "Tanh" }, [3] = { "Sigmoid", "Tanh" }, [4] = { "Sigmoid", "Tanh", "Tanh" },
	};
	const struct attr *names = node_attr(m, node, "activations");
	const struct attr *alpha = node_attr(m, node, "activation_alpha"),
			  *beta = node_attr(m, node, "activation_beta");
	const int each = a->size.gates == 1 ? 1 : a->size.gates - 1;
	int alphas = 0, betas = 0;

	for (int d = 0; d < a->size.directions; d++) {
		for (int i = 0; i < each; i++) {
			const int k = d * each + i;
			const struct row *row = activation_find(names ? k < names->n ? names->strings[k] : "" :
									defaults[a->size.gates][i]);
			*why = "an activation is unknown";
			if (!row)
				return false;
			a->activation[d][i] = row->activation;
			a->activation[d][i].alpha = next_value(alpha, &alphas, row->has_alpha, row->activation.alpha);
			a->activation[d][i].beta = next_value(beta, &betas, row->has_beta, row->activation.beta);
			*why = "ScaledTanh needs activation_alpha and activation_beta";
			if (isnan(a->activation[d][i].alpha) || isnan(a->activation[d][i].beta))
				return false;
		}
	}
	return true;
}

static bool fits_int(struct num n)
{
	return n.n >= 0 && n.n <= INT32_MAX / 8;
}

bool layer_read(struct module *m, int node, struct layer *a, const char **why)
{
	*a = (struct layer){ .x = node_in(m, node, 0), .w = node_in(m, node, 1), .r = node_in(m, node, 2),
			     .b = node_in(m, node, 3), .lens = node_in(m, node, 4), .h = node_in(m, node, 5),
			     .c = node_in(m, node, 6), .peepholes = node_in(m, node, 7), .y = node_out(m, node, 0),
			     .y_h = node_out(m, node, 1), .y_c = node_out(m, node, 2) };
	*why = "its shapes do not go together";
	if (!recurrent_get(m, node, &a->size))
		return false;
	a->type = compute_type(node_in_type(m, node, 0));
	*why = "only sequence_lens of int32 is known";
	if (a->lens >= 0 && m->tensor[a->lens].type != DT_I32)
		return false;
	*why = "a size exceeds int";
	if (!fits_int(a->size.steps) || !fits_int(a->size.batch) || !fits_int(a->size.hidden) ||
	    !fits_int(a->size.input))
		return false;
	if (!read_activations(m, node, a, why))
		return false;
	a->clip = (float)node_attr_float(m, node, "clip", 0);
	a->input_forget = node_attr_int(m, node, "input_forget", 0);
	a->linear_before_reset = node_attr_int(m, node, "linear_before_reset", 0);
	return true;
}

int64_t layer_macs(const struct layer *a)
{
	return a->size.steps.n * a->size.batch.n * a->size.gates * a->size.hidden.n * a->size.hidden.n;
}

bool layer_products(const struct module *m, struct layer *a)
{
	const int64_t rows = a->size.steps.n * a->size.batch.n, columns = a->size.gates * a->size.hidden.n;
	double cycles;

	if (rows == 1)
		a->packed_product = kernel_choose(m, KERNEL_GEMV, rows, columns, a->size.input.n, &cycles);
	if (!a->packed_product)
		a->packed_product = kernel_choose(m, KERNEL_GEMM, rows, columns, a->size.input.n, &cycles);
	a->read_product = kernel_choose(m, KERNEL_GEMM_TRANSPOSED, rows, columns, a->size.input.n, &cycles);
	return a->packed_product && a->read_product;
}
