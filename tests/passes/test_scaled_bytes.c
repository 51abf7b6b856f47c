/* scaled_bytes.h: exactly those floats that are bytes times one number. */
#include <criterion/criterion.h>
#include <math.h>

#include "kernels/scaled_bytes.h"

enum { N = 40 };

static void expect_found(const float *w, const char *what)
{
	float scale;

	cr_assert(scaled_bytes_find(w, N, &scale), "%s", what);
	for (int i = 0; i < N; i++)
		cr_assert((float)scaled_byte(w[i], scale) * scale == w[i], "%s: weight %d", what, i);
}

Test(scaled_bytes, dequantised_weights_give_their_bytes_back)
{
	static const float scales[] = { 0.0019540293f, 1.0f / 3, 1e-30f, 7e20f, 1.5f };
	float w[N];

	for (int s = 0; s < 5; s++) {
		for (int most = 1; most <= 127; most++) {
			for (int i = 0; i < N; i++)
				w[i] = (float)((i * 37 + most) % (2 * most + 1) - most) * scales[s];
			expect_found(w, "up to a greatest byte");
		}
		w[3] = -128 * scales[s];
		expect_found(w, "the least byte");
	}
	for (int i = 0; i < N; i++)
		w[i] = i % 2 ? 0.0f : -0.0f;
	expect_found(w, "zeros");
}

Test(scaled_bytes, others_are_none)
{
	float w[N], scale;

	for (int i = 0; i < N; i++)
		w[i] = (float)(i - 20) * 0.1f;
	w[7] = nextafterf(w[7], 0);
	cr_assert(!scaled_bytes_find(w, N, &scale), "one weight is a neighbour");
	w[7] = -1.2345678f;
	cr_assert(!scaled_bytes_find(w, N, &scale), "one weight lies between");
	for (int i = 0; i < N; i++)
		w[i] = (float)i * 13 - 255;
	cr_assert(!scaled_bytes_find(w, N, &scale), "more than eight bits");
	w[0] = INFINITY;
	cr_assert(!scaled_bytes_find(w, N, &scale), "an infinity");
	w[0] = NAN;
	cr_assert(!scaled_bytes_find(w, N, &scale), "no number");
}
