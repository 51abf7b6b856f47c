/* Constants below the normal range become zeros of their sign: a processor may take a hundred cycles and more for an
 * operation on such numbers, and some trained files hold 60 % of them, where weights decayed towards nothing.
 *
 * Requires types and shapes. Excepted: constants that are outputs of the model. Legal: an operand changes by less than
 * 1.2e-38 (float32) or 2.3e-308 (float64); close, not exact, and therefore left out under --fp=strict. Linear in the
 * elements of constants. */
#include <string.h>

#include "options.h"
#include "passes/pass.h"
#include "support/little.h"

/* Bits of a floating type; a number is subnormal when the exponent's are 0 and the fraction's are not. */
struct float_type {
	int bytes;
	uint64_t sign, exponent;
};

static bool is_subnormal(const struct float_type *f, uint64_t v)
{
	return !(v & f->exponent) && (v & ~f->sign);
}

static int64_t count_subnormals(const struct float_type *f, const unsigned char *data, int64_t n)
{
	int64_t count = 0;

	for (int64_t i = 0; i < n; i++)
		count += is_subnormal(f, load_little(data + i * f->bytes, f->bytes));
	return count;
}

/* How many elements of constant t were flushed. */
static int64_t flush(struct module *m, int t)
{
	static const struct float_type f32 = { 4, UINT64_C(1) << 31, UINT64_C(0xff) << 23 },
				       f64 = { 8, UINT64_C(1) << 63, UINT64_C(0x7ff) << 52 };
	const struct float_type *f = m->tensor[t].type == DT_F64 ? &f64 : &f32;
	const int64_t n = tensor_elements(m, t).n, count = count_subnormals(f, m->tensor[t].data, n);
	unsigned char *data;

	if (!count)
		return 0;
	data = arena_array(m->arena, (size_t)n, (size_t)f->bytes);
	memcpy(data, m->tensor[t].data, (size_t)(n * f->bytes));
	for (unsigned char *p = data; p < data + n * f->bytes; p += f->bytes)
		if (is_subnormal(f, load_little(p, f->bytes)))
			store_little(p, load_little(p, f->bytes) & f->sign, f->bytes);
	m->tensor[t].data = data;
	return count;
}

bool pass_flush_constants(struct module *m)
{
	bool *is_output;
	int64_t elements = 0;
	int constants = 0;

	if (m->options && m->options->fp == FP_STRICT)
		return true;
	is_output = ARENA_ARRAY(m->scratch, m->n_tensors, bool);
	for (int i = 0; i < m->graph[0].n_out; i++)
		is_output[m->graph[0].out[i]] = true;
	for (int t = 0; t < m->n_tensors; t++) {
		const struct tensor *x = &m->tensor[t];
		int64_t n;
		if (!x->data || is_output[t] || (x->type != DT_F32 && x->type != DT_F64))
			continue;
		n = flush(m, t);
		elements += n;
		constants += n > 0;
	}
	if (elements)
		diag_remark(m->diag, NULL, "%lld subnormal elements of %d constants became zeros",
			    (long long)elements, constants);
	return true;
}
