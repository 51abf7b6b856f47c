/* Products of floats by VFMA on Arm cores with 32 single registers and no vectors: four pixels or rows by four
 * channels, or one row by four. The loops are assembly, for compilers load each number by an instruction of its own
 * where VLDM loads all that lie side by side: gcc 12 takes 1.69 instructions a product in the tile's loop, this 1.19,
 * and 2.75 against 1.25 in that of one row. */
#ifndef NNRT_FLOAT_VFP_H
#define NNRT_FLOAT_VFP_H

#include "runtime_min/kernels/conv_first.h"
#include "runtime_min/kernels/gemm.h"
#include "runtime_min/kernels/gemv.h"

/** The products of a row's term with four weights. */
#define NNRT_VFP_ROW(s0, s1, s2, s3, x, w0, w1, w2, w3) \
	"vfma.f32 " s0 ", " w0 ", " x "\n" \
	"vfma.f32 " s1 ", " w1 ", " x "\n" \
	"vfma.f32 " s2 ", " w2 ", " x "\n" \
	"vfma.f32 " s3 ", " w3 ", " x "\n"

/** A term of four rows, by four weights. */
#define NNRT_VFP_TERM(x0, x1, x2, x3, w0, w1, w2, w3) \
	NNRT_VFP_ROW("s0", "s1", "s2", "s3", x0, w0, w1, w2, w3) \
	NNRT_VFP_ROW("s4", "s5", "s6", "s7", x1, w0, w1, w2, w3) \
	NNRT_VFP_ROW("s8", "s9", "s10", "s11", x2, w0, w1, w2, w3) \
	NNRT_VFP_ROW("s12", "s13", "s14", "s15", x3, w0, w1, w2, w3)

/** Two terms of four rows, from r1, r4, r5 and r12, by eight weights from r3. */
#define NNRT_VFP_TERMS \
	"vldmia r1!, {s16-s17}\n" \
	"vldmia r4!, {s18-s19}\n" \
	"vldmia r5!, {s20-s21}\n" \
	"vldmia r12!, {s22-s23}\n" \
	"vldmia r3!, {s24-s31}\n" NNRT_VFP_TERM("s16", "s18", "s20", "s22", "s24", "s25", "s26", "s27") \
		NNRT_VFP_TERM("s17", "s19", "s21", "s23", "s28", "s29", "s30", "s31")

/** sum[i][j] += sum over l < k of a[i][l] * w[l][j], i and j < 4, in ascending l. */
NNRT_NAKED void nnrt_vfp_4x4(float *sum __attribute__((unused)), const float *const *a __attribute__((unused)),
	ptrdiff_t k __attribute__((unused)), const float *w __attribute__((unused)))
{
	__asm__ volatile("push {r4, r5}\n"
			 "vpush {s16-s31}\n"
			 "ldm r1, {r1, r4, r5, r12}\n"
			 "vldmia r0, {s0-s15}\n"
			 "subs r2, #4\n"
			 "blt 2f\n"
			 "1:\n" NNRT_VFP_TERMS NNRT_VFP_TERMS
			 "subs r2, #4\n"
			 "bge 1b\n"
			 "2:\n"
			 "adds r2, #4\n"
			 "beq 4f\n"
			 "3:\n"
			 "vldmia r1!, {s16}\n"
			 "vldmia r4!, {s18}\n"
			 "vldmia r5!, {s20}\n"
			 "vldmia r12!, {s22}\n"
			 "vldmia r3!, {s24-s27}\n"
			 NNRT_VFP_TERM("s16", "s18", "s20", "s22", "s24", "s25", "s26", "s27")
			 "subs r2, #1\n"
			 "bne 3b\n"
			 "4:\n"
			 "vstmia r0, {s0-s15}\n"
			 "vpop {s16-s31}\n"
			 "pop {r4, r5}\n"
			 "bx lr\n");
}

/** sum[j] += sum over l < k of a[l] * w[l][j], j < 4, in ascending l. */
NNRT_NAKED void nnrt_vfp_1x4(float *sum __attribute__((unused)), const float *a __attribute__((unused)),
	ptrdiff_t k __attribute__((unused)), const float *w __attribute__((unused)))
{
	__asm__ volatile("vpush {s16-s23}\n"
			 "vldmia r0, {s0-s3}\n"
			 "subs r2, #4\n"
			 "blt 2f\n"
			 "1:\n"
			 "vldmia r1!, {s4-s7}\n"
			 "vldmia r3!, {s8-s23}\n"
			 NNRT_VFP_ROW("s0", "s1", "s2", "s3", "s4", "s8", "s9", "s10", "s11")
			 NNRT_VFP_ROW("s0", "s1", "s2", "s3", "s5", "s12", "s13", "s14", "s15")
			 NNRT_VFP_ROW("s0", "s1", "s2", "s3", "s6", "s16", "s17", "s18", "s19")
			 NNRT_VFP_ROW("s0", "s1", "s2", "s3", "s7", "s20", "s21", "s22", "s23")
			 "subs r2, #4\n"
			 "bge 1b\n"
			 "2:\n"
			 "adds r2, #4\n"
			 "beq 4f\n"
			 "3:\n"
			 "vldmia r1!, {s4}\n"
			 "vldmia r3!, {s8-s11}\n"
			 NNRT_VFP_ROW("s0", "s1", "s2", "s3", "s4", "s8", "s9", "s10", "s11")
			 "subs r2, #1\n"
			 "bne 3b\n"
			 "4:\n"
			 "vstmia r0, {s0-s3}\n"
			 "vpop {s16-s23}\n"
			 "bx lr\n");
}

/** nnrt_tile_sums: a whole tile of four rows by four columns by assembly. */
NNRT_INLINE void nnrt_vfp_tile(nnrt_vf acc[NNRT_TILE_ROWS][NNRT_TILE_VECTORS], const float *const *a, ptrdiff_t k,
	const float *w, ptrdiff_t w_row, int last, int rows, int vectors)
{
	if (rows == 4 && vectors == 4)
		nnrt_vfp_4x4(acc[0], a, k, w);
	else
		nnrt_tile_f32(acc, a, k, w, w_row, last, rows, vectors);
}

/** nnrt_gemv_sums, but in ascending order as nnrt_vfp_tile() makes them: four columns by assembly. */
NNRT_INLINE void nnrt_vfp_row(nnrt_vf *sum, const float *a, ptrdiff_t k, const float *b, int columns, int vectors)
{
	if (columns == 4 && vectors == 4) {
		nnrt_vfp_1x4(sum, a, k, b);
		return;
	}
	for (ptrdiff_t l = 0; l < k; l++) {
		NNRT_UNROLL(4)
		for (int v = 0; v < vectors; v++)
			sum[v] = nnrt_vf_fma(a[l], b[l * columns + v], sum[v]);
	}
}

/** nnrt_conv_f32() by VFMA, for 4 rows and columns. */
NNRT_INLINE void nnrt_conv_vfp(const struct nnrt_conv *p, const float *x, const float *w, const float *bias,
	const float *zero, float *y, nnrt_epilogue epilogue, const void *const *ctx, int rows, int columns)
{
	nnrt_conv_f32_by(p, x, w, bias, zero, y, epilogue, ctx, nnrt_vfp_tile, rows, columns);
}

/** nnrt_conv_first_f32() by VFMA, for 4 rows and columns. */
NNRT_INLINE void nnrt_conv_first_vfp(const struct nnrt_conv *p, const float *x, const float *w, const float *bias,
	const float *zero, float *y, nnrt_epilogue epilogue, const void *const *ctx, int rows, int columns)
{
	nnrt_conv_first_f32_by(p, x, w, bias, zero, y, epilogue, ctx, nnrt_vfp_tile, rows, columns);
}

/** nnrt_gemv_f32() by VFMA, for 4 columns. */
NNRT_INLINE void nnrt_gemv_vfp(const struct nnrt_gemm *p, const float *a, const float *b, const float *bias, float *y,
	nnrt_epilogue epilogue, const void *const *ctx, int columns)
{
	nnrt_gemv_f32_by(p, a, b, bias, y, epilogue, ctx, nnrt_vfp_row, columns);
}

/** nnrt_gemm_f32() by VFMA, for 4 rows and columns. The last rows, where they fill no tile, by nnrt_gemv_vfp(), which
 *  gives the same bits. */
NNRT_INLINE void nnrt_gemm_vfp(const struct nnrt_gemm *p, const float *a, const float *b, const float *bias, float *y,
	nnrt_epilogue epilogue, const void *const *ctx, int rows, int columns)
{
	struct nnrt_gemm whole = *p, rest = *p;

	whole.m -= (p->m - p->m_begin) % rows;
	rest.m_begin = whole.m;
	nnrt_gemm_f32_by(&whole, a, b, bias, y, epilogue, ctx, nnrt_vfp_tile, rows, columns);
	if (rest.m_begin < rest.m)
		nnrt_gemv_vfp(&rest, a, b, bias, y, epilogue, ctx, columns);
}

#endif
