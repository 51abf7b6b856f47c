/* Depthwise convolution of floats with 3x3 kernels on Arm cores with 32 single registers and no vectors: four output
 * pixels by four channels in registers, with the weights of a kernel row and one input pixel. A mask says which
 * columns are in the image, so that borders are no cases of their own. Assembly, for compilers load each number by an
 * instruction of its own: a kernel row takes 78 for 48 products here; depthwise.h, as gcc 12 compiles it, takes 4.9 a
 * product in all over 6x6 pixels by 128 channels. */
#ifndef NNRT_DEPTHWISE_VFP_H
#define NNRT_DEPTHWISE_VFP_H

#include "runtime_min/kernels/conv.h"

/** Four products of a pixel's channels in s28 to s31 with a tap's weights. */
#define NNRT_VFP_TAP(s0, s1, s2, s3, w0, w1, w2, w3) \
	"vfma.f32 " s0 ", " w0 ", s28\n" \
	"vfma.f32 " s1 ", " w1 ", s29\n" \
	"vfma.f32 " s2 ", " w2 ", s30\n" \
	"vfma.f32 " s3 ", " w3 ", s31\n"

/** The next pixel of the row, where it is in the image; its products for one of four outputs with one of three taps. */
#define NNRT_VFP_PIXEL(products) \
	"lsrs r7, #1\n" \
	"bcc 3f\n" \
	"vldmia r4, {s28-s31}\n" products \
	"3:\n" \
	"add r4, r5\n"
#define NNRT_VFP_OUT0(w0, w1, w2, w3) NNRT_VFP_TAP("s0", "s1", "s2", "s3", w0, w1, w2, w3)
#define NNRT_VFP_OUT1(w0, w1, w2, w3) NNRT_VFP_TAP("s4", "s5", "s6", "s7", w0, w1, w2, w3)
#define NNRT_VFP_OUT2(w0, w1, w2, w3) NNRT_VFP_TAP("s8", "s9", "s10", "s11", w0, w1, w2, w3)
#define NNRT_VFP_OUT3(w0, w1, w2, w3) NNRT_VFP_TAP("s12", "s13", "s14", "s15", w0, w1, w2, w3)
#define NNRT_VFP_TAP0 "s16", "s17", "s18", "s19"
#define NNRT_VFP_TAP1 "s20", "s21", "s22", "s23"
#define NNRT_VFP_TAP2 "s24", "s25", "s26", "s27"
#define NNRT_VFP_USE(out, tap) out(tap)

/** Begins: the bias in r3 to all sums; then a kernel row at label 1. r1: where image rows begin, r2: weights, r3: rows
 *  that are left, r12: the mask, r4: a pixel, r5: bytes to the next one, r6: bytes to a row's first one. */
#define NNRT_VFP_DEPTH_BEGIN \
	"push {r4-r7}\n" \
	"vpush {s16-s31}\n" \
	"vldmia r3, {s0-s3}\n" \
	"vldmia r3, {s4-s7}\n" \
	"vldmia r3, {s8-s11}\n" \
	"vldmia r3, {s12-s15}\n" \
	"ldrd r6, r5, [sp, #80]\n" \
	"ldrd r3, r12, [sp, #88]\n" \
	"cmp r3, #0\n" \
	"beq 2f\n" \
	"1:\n" \
	"vldmia r2!, {s16-s27}\n" \
	"ldr r4, [r1], #4\n" \
	"add r4, r6\n" \
	"mov r7, r12\n"

/** Ends a kernel row, and after the last all. */
#define NNRT_VFP_DEPTH_END \
	"subs r3, #1\n" \
	"bne 1b\n" \
	"2:\n" \
	"vstmia r0, {s0-s15}\n" \
	"vpop {s16-s31}\n" \
	"pop {r4-r7}\n" \
	"bx lr\n"

/** sum[i][j] = bias[j] + sum over ky < rows and kx < 3 of x[ky][i + kx][j] * w[ky][kx][j], i and j < 4, in ascending
 *  (ky, kx); pixel x[ky][n] is `first` + n * `pixel` bytes from line[ky], and bit n of mask says whether it counts. */
NNRT_NAKED void nnrt_vfp_depth1(float *sum __attribute__((unused)), const float *const *line __attribute__((unused)),
	const float *w __attribute__((unused)), const float *bias __attribute__((unused)),
	ptrdiff_t first __attribute__((unused)), ptrdiff_t pixel __attribute__((unused)),
	int rows __attribute__((unused)), unsigned mask __attribute__((unused)))
{
	__asm__ volatile(NNRT_VFP_DEPTH_BEGIN
		NNRT_VFP_PIXEL(NNRT_VFP_USE(NNRT_VFP_OUT0, NNRT_VFP_TAP0))
		NNRT_VFP_PIXEL(NNRT_VFP_USE(NNRT_VFP_OUT0, NNRT_VFP_TAP1) NNRT_VFP_USE(NNRT_VFP_OUT1, NNRT_VFP_TAP0))
		NNRT_VFP_PIXEL(NNRT_VFP_USE(NNRT_VFP_OUT0, NNRT_VFP_TAP2) NNRT_VFP_USE(NNRT_VFP_OUT1, NNRT_VFP_TAP1)
			NNRT_VFP_USE(NNRT_VFP_OUT2, NNRT_VFP_TAP0))
		NNRT_VFP_PIXEL(NNRT_VFP_USE(NNRT_VFP_OUT1, NNRT_VFP_TAP2) NNRT_VFP_USE(NNRT_VFP_OUT2, NNRT_VFP_TAP1)
			NNRT_VFP_USE(NNRT_VFP_OUT3, NNRT_VFP_TAP0))
		NNRT_VFP_PIXEL(NNRT_VFP_USE(NNRT_VFP_OUT2, NNRT_VFP_TAP2) NNRT_VFP_USE(NNRT_VFP_OUT3, NNRT_VFP_TAP1))
		NNRT_VFP_PIXEL(NNRT_VFP_USE(NNRT_VFP_OUT3, NNRT_VFP_TAP2)) NNRT_VFP_DEPTH_END);
}

/** The same at stride 2: x[ky][2 * i + kx][j]. */
NNRT_NAKED void nnrt_vfp_depth2(float *sum __attribute__((unused)), const float *const *line __attribute__((unused)),
	const float *w __attribute__((unused)), const float *bias __attribute__((unused)),
	ptrdiff_t first __attribute__((unused)), ptrdiff_t pixel __attribute__((unused)),
	int rows __attribute__((unused)), unsigned mask __attribute__((unused)))
{
	__asm__ volatile(NNRT_VFP_DEPTH_BEGIN
		NNRT_VFP_PIXEL(NNRT_VFP_USE(NNRT_VFP_OUT0, NNRT_VFP_TAP0))
		NNRT_VFP_PIXEL(NNRT_VFP_USE(NNRT_VFP_OUT0, NNRT_VFP_TAP1))
		NNRT_VFP_PIXEL(NNRT_VFP_USE(NNRT_VFP_OUT0, NNRT_VFP_TAP2) NNRT_VFP_USE(NNRT_VFP_OUT1, NNRT_VFP_TAP0))
		NNRT_VFP_PIXEL(NNRT_VFP_USE(NNRT_VFP_OUT1, NNRT_VFP_TAP1))
		NNRT_VFP_PIXEL(NNRT_VFP_USE(NNRT_VFP_OUT1, NNRT_VFP_TAP2) NNRT_VFP_USE(NNRT_VFP_OUT2, NNRT_VFP_TAP0))
		NNRT_VFP_PIXEL(NNRT_VFP_USE(NNRT_VFP_OUT2, NNRT_VFP_TAP1))
		NNRT_VFP_PIXEL(NNRT_VFP_USE(NNRT_VFP_OUT2, NNRT_VFP_TAP2) NNRT_VFP_USE(NNRT_VFP_OUT3, NNRT_VFP_TAP0))
		NNRT_VFP_PIXEL(NNRT_VFP_USE(NNRT_VFP_OUT3, NNRT_VFP_TAP1))
		NNRT_VFP_PIXEL(NNRT_VFP_USE(NNRT_VFP_OUT3, NNRT_VFP_TAP2)) NNRT_VFP_DEPTH_END);
}

/** Rows of the image that an output row sees. */
struct nnrt_vfp_lines {
	const float *at[3];     /* where they begin */
	int first, rows;        /* the first one's kernel row, and how many they are */
};

/** The sum of one output of fewer than four channels: output pixel ox, channel c. */
NNRT_SHARED float nnrt_vfp_depth_any(const struct nnrt_conv *p, const struct nnrt_vfp_lines *l, const float *w,
	const float *bias, int ox, int c)
{
	float sum = bias ? bias[c] : 0.0f;

	w += c % 4;
	for (int ky = 0; ky < l->rows; ky++) {
		for (int kx = 0; kx < 3; kx++) {
			const int ix = ox * p->stride_w - p->pad_left + kx;

			if (ix >= 0 && ix < p->in_w)
				sum = nnrt_vf_fma(l->at[ky][ix * p->x_pixel + c], w[(ky * 3 + kx) * 4], sum);
		}
	}
	return sum;
}

/** Output pixels ox to ox + valid - 1 of row oy, at most four, all channels. */
NNRT_INLINE void nnrt_depthwise_vfp_tile(const struct nnrt_conv *p, const struct nnrt_vfp_lines *l, const float *w,
	const float *bias, float *y, int oy, int ox, int valid, nnrt_epilogue epilogue, const void *const *ctx)
{
	const int ix = ox * p->stride_w - p->pad_left;
	const int end = (int)nnrt_max(0, nnrt_min((valid - 1) * p->stride_w + 3, (ptrdiff_t)p->in_w - ix));
	const int begin = (int)nnrt_max(0, nnrt_min(end, -(ptrdiff_t)ix));
	const unsigned mask = (1u << end) - (1u << begin);
	const ptrdiff_t y_row = nnrt_ring(oy, p->y_ring) * p->y_row;
	const float zeros[4] = {0};

	w += l->first * 12;
	for (int c = 0; c < p->oc; c += 4, w += 36) {
		const int n = p->oc - c < 4 ? p->oc - c : 4;
		float sum[4][NNRT_TILE_VECTORS];

		if (n < 4)
			for (int i = 0; i < valid * n; i++)
				sum[i / n][i % n] = nnrt_vfp_depth_any(p, l, w, bias, ox + i / n, c + i % n);
		else if (p->stride_w == 1)
			nnrt_vfp_depth1(sum[0], l->at, w, bias ? bias + c : zeros, (ix * p->x_pixel + c) * 4,
				p->x_pixel * 4, l->rows, mask);
		else
			nnrt_vfp_depth2(sum[0], l->at, w, bias ? bias + c : zeros, (ix * p->x_pixel + c) * 4,
				p->x_pixel * 4, l->rows, mask);
		for (int i = 0; i < valid; i++) {
			const struct nnrt_at here = {y_row + (ox + i) * p->y_pixel + c, oy, ox + i, c, 0};

			nnrt_tile_finish(sum[i], y, here, n, 4, epilogue, ctx);
		}
	}
}

/** nnrt_depthwise_f32() for 3x3 kernels without dilation, stride_w 1 or 2, by VFMA; w: panels of four channels.
 *  pixels: 4. */
NNRT_INLINE void nnrt_depthwise_vfp(const struct nnrt_conv *p, const float *x, const float *w, const float *bias,
	float *y, nnrt_epilogue epilogue, const void *const *ctx, int pixels)
{
	for (int oy = p->row_begin; oy < p->row_end; oy++) {
		const int iy = oy * p->stride_h - p->pad_top;
		const int begin = (int)nnrt_min(3, nnrt_max(0, -(ptrdiff_t)iy));
		const int end = (int)nnrt_max(begin, nnrt_min(3, (ptrdiff_t)p->in_h - iy));
		struct nnrt_vfp_lines l = {{x, x, x}, begin, end - begin};

		for (int ky = begin; ky < end; ky++)
			l.at[ky - begin] = x + nnrt_ring(iy + ky, p->x_ring) * p->x_row;
		for (int ox = 0; ox < p->out_w; ox += pixels)
			nnrt_depthwise_vfp_tile(p, &l, w, bias, y, oy, ox,
				p->out_w - ox < pixels ? p->out_w - ox : pixels, epilogue, ctx);
	}
}

#endif
