/* Every operation of the vector layer against plain scalar arithmetic, lane by lane, over random values, random bit
 * patterns and all pairs of special values. Lanes that the contract leaves open are not compared. */
#include "check.h"

#include "runtime_min/maths/arg.h"
#include "runtime_min/maths/lane.h"

static const float specials[] = {0.0f, -0.0f, 1.0f, -1.0f, 0.5f, -0.5f, 1.5f, -1.5f, 2.5f, -2.5f, 0.49999997f,
	8388607.5f,
	-8388607.5f, 4194304.5f, 8388609.0f, -16777217.0f, 2147483520.0f, -2147483648.0f, 1e10f, -1e10f, 3.4e38f,
	-3.4e38f,
	1.1754944e-38f, INFINITY, -INFINITY, NAN, 7.9999995f, -3.0f, 100.25f};
enum { SPECIALS = sizeof(specials) / sizeof(*specials), N = NNRT_LANES };

static float a[N], b[N], c[N];
static int32_t i[N], j[N];

static uint32_t bits(float f)
{
	uint32_t u;

	memcpy(&u, &f, 4);
	return u;
}

static bool same(float x, float y)
{
	return bits(x) == bits(y) || (isnan(x) && isnan(y));
}

static void fail(const char *what, int lane, double got, double want)
{
	if (failures++ < 20)
		printf("not ok %s: lane %d: got %a, want %a, of %a %a %a, %ld %ld\n", what, lane, got, want,
			(double)a[lane],
			(double)b[lane], (double)c[lane], (long)i[lane], (long)j[lane]);
}

static void expect_floats(const char *what, nnrt_vf got, const float *want, const bool *open)
{
	float lane[N];

	nnrt_vf_store(lane, got);
	for (int l = 0; l < N; l++) {
		if (!(open && open[l]) && !same(lane[l], want[l]))
			fail(what, l, (double)lane[l], (double)want[l]);
	}
}

static void expect_integers(const char *what, nnrt_vi got, const int32_t *want, const bool *open)
{
	int32_t lane[N];

	nnrt_vi_store(lane, got);
	for (int l = 0; l < N; l++) {
		if (!(open && open[l]) && lane[l] != want[l])
			fail(what, l, lane[l], want[l]);
	}
}

/* Masks are seen through both selects and vm_any. */
static void expect_mask(const char *what, nnrt_vm got, const bool *want)
{
	float f[N];
	int32_t n[N];
	int any = 0;

	for (int l = 0; l < N; l++) {
		f[l] = want[l] ? 3.0f : -7.0f;
		n[l] = want[l] ? 5 : -9;
		any |= want[l];
	}
	expect_floats(what, nnrt_vf_select(got, nnrt_vf_set1(3.0f), nnrt_vf_set1(-7.0f)), f, NULL);
	expect_integers(what, nnrt_vi_select(got, nnrt_vi_set1(5), nnrt_vi_set1(-9)), n, NULL);
	if (nnrt_vm_any(got) != any)
		fail(what, 0, nnrt_vm_any(got), any);
}

#define FLOATS(op, got, expression, is_open) do { \
		float want_[N]; bool open_[N]; \
		for (int l = 0; l < N; l++) { want_[l] = (expression); open_[l] = (is_open); } \
		expect_floats(op, got, want_, open_); \
	} while (0)
#define INTEGERS(op, got, expression, is_open) do { \
		int32_t want_[N]; bool open_[N]; \
		for (int l = 0; l < N; l++) { want_[l] = (expression); open_[l] = (is_open); } \
		expect_integers(op, got, want_, open_); \
	} while (0)
#define MASK(op, got, expression) do { \
		bool want_[N]; \
		for (int l = 0; l < N; l++) want_[l] = (expression); \
		expect_mask(op, got, want_); \
	} while (0)

/* Armv7 NEON flushes denormals; nothing here depends on them there. */
static bool tiny(float x)
{
	return x != 0.0f && fabsf(x) < 1.2e-38f;
}

static float fused(float x, float y, float z)
{
#if defined(NNRT_SIMD_GENERIC_H) || defined(NNRT_SIMD_WASM_SIMD128_H)
	const volatile float product = x * y;

	return product + z;
#else
	return fmaf(x, y, z);
#endif
}

static void check_arithmetic(void)
{
	const nnrt_vf x = nnrt_vf_load(a), y = nnrt_vf_load(b), z = nnrt_vf_load(c);

	FLOATS("add", nnrt_vf_add(x, y), a[l] + b[l], tiny(a[l] + b[l]));
	FLOATS("sub", nnrt_vf_sub(x, y), a[l] - b[l], tiny(a[l] - b[l]));
	FLOATS("mul", nnrt_vf_mul(x, y), a[l] * b[l], tiny(a[l] * b[l]));
	FLOATS("div", nnrt_vf_div(x, y), a[l] / b[l], tiny(a[l] / b[l]));
	FLOATS("fma", nnrt_vf_fma(x, y, z), fused(a[l], b[l], c[l]), tiny(fused(a[l], b[l], c[l])) ||
		tiny(a[l] * b[l]));
	FLOATS("fnma", nnrt_vf_fnma(x, y, z), fused(-a[l], b[l], c[l]), tiny(fused(-a[l], b[l], c[l])) ||
		tiny(a[l] * b[l]));
	FLOATS("min", nnrt_vf_min(x, y), a[l] < b[l] ? a[l] : b[l], isnan(a[l]) || (a[l] == 0.0f && b[l] == 0.0f));
	FLOATS("max", nnrt_vf_max(x, y), a[l] > b[l] ? a[l] : b[l], isnan(a[l]) || (a[l] == 0.0f && b[l] == 0.0f));
	FLOATS("neg", nnrt_vf_neg(x), -a[l], false);
	FLOATS("abs", nnrt_vf_abs(x), fabsf(a[l]), false);
	FLOATS("sqrt", nnrt_vf_sqrt(x), sqrtf(a[l]), false);
	FLOATS("floor", nnrt_vf_floor(x), floorf(a[l]), a[l] == 0.0f);
	FLOATS("ceil", nnrt_vf_ceil(x), ceilf(a[l]), ceilf(a[l]) == 0.0f);
	FLOATS("trunc", nnrt_vf_trunc(x), truncf(a[l]), false);
	FLOATS("round", nnrt_vf_round(x), rintf(a[l]), false);
	FLOATS("set1", nnrt_vf_set1(a[0]), a[0], false);
}

static void check_comparison(void)
{
	const nnrt_vf x = nnrt_vf_load(a), y = nnrt_vf_load(b), z = nnrt_vf_load(c);
	const nnrt_vm m = nnrt_vf_lt(x, y), n = nnrt_vf_lt(y, z);

	MASK("lt", m, a[l] < b[l]);
	MASK("le", nnrt_vf_le(x, y), a[l] <= b[l]);
	MASK("eq", nnrt_vf_eq(x, y), a[l] == b[l]);
	MASK("eq itself", nnrt_vf_eq(x, x), !isnan(a[l]));
	MASK("gt", nnrt_vf_gt(x, y), a[l] > b[l]);
	MASK("ge", nnrt_vf_ge(x, y), a[l] >= b[l]);
	MASK("vm_and", nnrt_vm_and(m, n), a[l] < b[l] && b[l] < c[l]);
	MASK("vm_or", nnrt_vm_or(m, n), a[l] < b[l] || b[l] < c[l]);
	MASK("vm_xor", nnrt_vm_xor(m, n), (a[l] < b[l]) != (b[l] < c[l]));
	MASK("vm_not", nnrt_vm_not(m), !(a[l] < b[l]));
	for (int count = 0; count <= N; count++)
		MASK("vm_first", nnrt_vm_first(count), l < count);
	FLOATS("select", nnrt_vf_select(m, y, z), a[l] < b[l] ? b[l] : c[l], false);
}

static void check_integers(void)
{
	const nnrt_vi x = nnrt_vi_load(i), y = nnrt_vi_load(j);

	INTEGERS("vi_add", nnrt_vi_add(x, y), (int32_t)((uint32_t)i[l] + (uint32_t)j[l]), false);
	INTEGERS("vi_sub", nnrt_vi_sub(x, y), (int32_t)((uint32_t)i[l] - (uint32_t)j[l]), false);
	INTEGERS("vi_mul", nnrt_vi_mul(x, y), (int32_t)((uint32_t)i[l] * (uint32_t)j[l]), false);
	INTEGERS("vi_min", nnrt_vi_min(x, y), i[l] < j[l] ? i[l] : j[l], false);
	INTEGERS("vi_max", nnrt_vi_max(x, y), i[l] > j[l] ? i[l] : j[l], false);
	INTEGERS("vi_and", nnrt_vi_and(x, y), i[l] & j[l], false);
	INTEGERS("vi_or", nnrt_vi_or(x, y), i[l] | j[l], false);
	INTEGERS("vi_xor", nnrt_vi_xor(x, y), i[l] ^ j[l], false);
	for (int n = 0; n < 32; n++) {
		INTEGERS("vi_shl", nnrt_vi_shl(x, n), (int32_t)((uint32_t)i[l] << n), false);
		INTEGERS("vi_shr", nnrt_vi_shr(x, n), (int32_t)((uint32_t)i[l] >> n), false);
		INTEGERS("vi_sar", nnrt_vi_sar(x, n), i[l] >> n, false);
	}
	MASK("vi_eq", nnrt_vi_eq(x, y), i[l] == j[l]);
	MASK("vi_lt", nnrt_vi_lt(x, y), i[l] < j[l]);
	MASK("vi_gt", nnrt_vi_gt(x, y), i[l] > j[l]);
	INTEGERS("vi_set1", nnrt_vi_set1(i[0]), i[0], false);
	INTEGERS("vi_iota", nnrt_vi_iota(), l, false);
	FLOATS("vf_from_vi", nnrt_vf_from_vi(x), (float)i[l], false);
}

static bool beyond(float x)
{
	return !(x >= -2147483648.0f && x < 2147483648.0f);
}

static void check_conversion(void)
{
	const nnrt_vf x = nnrt_vf_load(a);

	INTEGERS("vi_trunc", nnrt_vi_trunc(x), beyond(a[l]) ? 0 : (int32_t)a[l], beyond(a[l]));
	INTEGERS("vi_nearest", nnrt_vi_nearest(x), beyond(rintf(a[l])) ? 0 : (int32_t)rintf(a[l]), beyond(rintf(a[l])));
	INTEGERS("vi_from_bits", nnrt_vi_from_bits(x), (int32_t)bits(a[l]), false);
	FLOATS("vf_from_bits", nnrt_vf_from_bits(nnrt_vi_from_bits(x)), a[l], false);
}

static void check_reduction(void)
{
	float sum[N], greatest = a[0], least = a[0];
	const nnrt_vf x = nnrt_vf_load(a);
	bool open = tiny(a[0]);

	memcpy(sum, a, sizeof(sum));
	for (int l = 0; l < N; l++) {
		greatest = a[l] > greatest ? a[l] : greatest;
		least = a[l] < least ? a[l] : least;
		open |= isnan(a[l]) || a[l] == 0.0f;
	}
	for (int half = N / 2; half; half /= 2) {
		for (int l = 0; l < half; l++)
			sum[l] += sum[l + half];
	}
	if (!same(nnrt_vf_reduce_add(x), sum[0]))
		fail("reduce_add", 0, (double)nnrt_vf_reduce_add(x), (double)sum[0]);
	if (!open && !same(nnrt_vf_reduce_max(x), greatest))
		fail("reduce_max", 0, (double)nnrt_vf_reduce_max(x), (double)greatest);
	if (!open && !same(nnrt_vf_reduce_min(x), least))
		fail("reduce_min", 0, (double)nnrt_vf_reduce_min(x), (double)least);
}

/* Every second float, the last before a guard page. */
static void check_even(void)
{
	for (int n = 1; n <= N; n++) {
		struct guarded g = guarded_alloc(2 * n - 1, true);

		for (int k = 0; k < 2 * n - 1; k++)
			g.at[k] = (float)(k + 1);
		FLOATS("load_even_n", nnrt_vf_load_even_n(g.at, n), l < n ? g.at[2 * l] : 0.0f, false);
		if (n == N)
			FLOATS("load_even", nnrt_vf_load_even(g.at), g.at[2 * l], false);
		guarded_free(&g);
	}
}

/* The first of the greatest, and of the least, in rows of few different values, NaN and infinities among them. */
static void check_place(void)
{
	static const float values[] = {-INFINITY, -2.0f, 0.0f, -0.0f, 1.0f, 3.0f, INFINITY, NAN};

	for (int n = 1; n <= 3 * N + 1; n++) {
		struct guarded g = guarded_alloc(n, true);

		for (int k = 0; k < n; k++)
			g.at[k] = values[pick(n % 3 ? 8 : 6)];
		for (int least = 0; least < 2; least++) {
			int at = 0;

			for (int k = 1; k < n; k++)
				at = least ? g.at[k] < g.at[at] ? k : at : g.at[k] > g.at[at] ? k : at;
			if (nnrt_arg_extreme_f32(g.at, n, least) != at)
				fail("arg_extreme", 0, (double)nnrt_arg_extreme_f32(g.at, n, least), at);
		}
		guarded_free(&g);
	}
}

/* n lanes that end at a guard page, and what lies before and behind them in a larger buffer. */
static void check_partial(void)
{
	for (int n = 0; n <= N; n++) {
		struct guarded g = guarded_alloc(n, true);
		float out[N + 2];
		int32_t whole[N + 2];

		FLOATS("load_n", nnrt_vf_load_n(g.at, n), l < n ? g.at[l] : 0.0f, false);
		INTEGERS("vi_load_n", nnrt_vi_load_n((const int32_t *)(const void *)g.at, n), l < n ?
			(int32_t)bits(g.at[l]) : 0,
			false);
		nnrt_vf_store_n(g.at, nnrt_vf_load(a), n);
		for (int l = 0; l < N + 2; l++) {
			out[l] = canary;
			whole[l] = 4711;
		}
		nnrt_vf_store_n(out + 1, nnrt_vf_load(a), n);
		nnrt_vi_store_n(whole + 1, nnrt_vi_load(i), n);
		for (int l = -1; l <= N; l++) {
			const bool inside = l >= 0 && l < n;

			if (!same(out[l + 1], inside ? a[l] : canary) || (inside && !same(g.at[l], a[l])))
				fail("store_n", l < 0 || l >= N ? 0 : l, (double)out[l + 1], n);
			if (whole[l + 1] != (inside ? i[l] : 4711))
				fail("vi_store_n", l < 0 || l >= N ? 0 : l, whole[l + 1], n);
		}
		guarded_free(&g);
	}
}

static float pick_number(int kind)
{
	uint32_t u = ((uint32_t)pick(65536) << 16) | (uint32_t)pick(65536);
	float f;

	if (kind == 0)
		return specials[pick(SPECIALS)];
	if (kind == 1)
		return pick_float() * 100.0f;
	memcpy(&f, &u, 4);
	return tiny(f) ? 1.0f : f;
}

int main(int argc, char **argv)
{
	const int turns = argc > 1 ? atoi(argv[1]) : 2000;

	skip_unless_supported();
	for (int turn = 0; turn < turns + SPECIALS * SPECIALS; turn++) {
		for (int l = 0; l < N; l++) {
			a[l] = turn < SPECIALS * SPECIALS && l == turn % N ? specials[turn / SPECIALS] :
				pick_number(turn % 3);
			b[l] = turn < SPECIALS * SPECIALS && l == turn % N ? specials[turn % SPECIALS] :
				pick_number(turn % 3);
			c[l] = pick_number(turn % 3);
			i[l] = (int32_t)(((uint32_t)pick(65536) << 16) | (uint32_t)pick(65536));
			j[l] = pick(4) ? i[l] ^ (int32_t)pick(3) : pick(100) - 50;
		}
		check_arithmetic();
		check_comparison();
		check_integers();
		check_conversion();
		check_reduction();
		if (turn % 64 == 0) {
			check_even();
			check_place();
			check_partial();
		}
	}
	printf("%s simd, %d lanes\n", failures ? "not ok" : "ok", N);
	return failures > 0;
}
