/* Convolution of bytes by Helium's VMLADAVA, sixteen products and their sum: two pixels by four channels, or one pixel
 * by eight. Its sums are in the even registers, of which there are eight; the loops are assembly, for of intrinsics
 * gcc 12 moves sums to and fro. Sums become bytes four at a time, by the formula of INTEGERS.md as it stands. */
#ifndef NNRT_INT8_MVE_H
#define NNRT_INT8_MVE_H

#include "runtime_min/kernels/int8_panels.h"

/** Terms of a step. */
enum { NNRT_MVE_TERMS = 16 };

/** Saves registers, and leaves on the stack: the taps of both pixels, where their bytes go, the channels left. r5:
 *  weights, r7: where the first pixel's taps end, r9: bias, r11: multipliers; q5: y's zero point, q6, q7: bounds, all
 *  of 16 bits. */
#define NNRT_MVE_BEGIN \
	"push {r3-r11, lr}\n" \
	"vpush {d8-d15}\n" \
	"sub sp, #24\n" \
	"ldr r1, [r0, #76]\n" \
	"ldrd r2, r3, [r1, #4]\n" \
	"ldr r1, [r1, #12]\n" \
	"vdup.16 q5, r1\n" \
	"vdup.16 q6, r2\n" \
	"vdup.16 q7, r3\n" \
	"ldr r1, [r0]\n" \
	"ldr r5, [r0, #4]\n" \
	"ldrd r9, r11, [r0, #8]\n" \
	"ldrd r7, r2, [r0, #16]\n" \
	"ldrd r3, r4, [r0, #24]\n" \
	"strd r1, r7, [sp]\n" \
	"strd r3, r4, [sp, #8]\n" \
	"str r2, [sp, #16]\n"

/** Takes them back, and returns. */
#define NNRT_MVE_END \
	"add sp, #24\n" \
	"vpop {d8-d15}\n" \
	"pop {r3-r11, pc}\n"

/** A step of two pixels and four channels. a: "" for the first one, which begins the sums, else "a". */
#define NNRT_MVE_2X4(a) \
	"vldrb.8 q0, [r1], #16\n" \
	"vldrb.8 q2, [r5], #16\n" \
	"vldrb.8 q1, [r3], #16\n" \
	"vmladav" a ".s8 r0, q0, q2\n" \
	"vldrb.8 q3, [r5], #16\n" \
	"vmladav" a ".s8 r8, q1, q2\n" \
	"vmladav" a ".s8 r2, q0, q3\n" \
	"vldrb.8 q2, [r5], #16\n" \
	"vmladav" a ".s8 r10, q1, q3\n" \
	"vmladav" a ".s8 r4, q0, q2\n" \
	"vldrb.8 q3, [r5], #16\n" \
	"vmladav" a ".s8 r12, q1, q2\n" \
	"vmladav" a ".s8 r6, q0, q3\n" \
	"vmladav" a ".s8 lr, q1, q3\n"

/** The sum of a channel, with the next one's weights on their way. */
#define NNRT_MVE_ONE(a, sum, this, next) \
	"vldrb.8 " next ", [r5], #16\n" \
	"vmladav" a ".s8 " sum ", q0, " this "\n"

/** A step of one pixel and eight channels. */
#define NNRT_MVE_1X8(a) \
	"vldrb.8 q0, [r1], #16\n" \
	"vldrb.8 q2, [r5], #16\n" NNRT_MVE_ONE(a, "r0", "q2", "q3") NNRT_MVE_ONE(a, "r2", "q3", "q2") \
		NNRT_MVE_ONE(a, "r4", "q2", "q3") NNRT_MVE_ONE(a, "r6", "q3", "q2") \
			NNRT_MVE_ONE(a, "r8", "q2", "q3") NNRT_MVE_ONE(a, "r10", "q3", "q2") \
				NNRT_MVE_ONE(a, "r12", "q2", "q3") \
	"vmladav" a ".s8 lr, q0, q3\n"

/** The loop over steps of a panel, which begins at label 2; an assembler's macro, for C allows no longer strings. */
#define NNRT_MVE_STEPS(first, other) \
	"2:\n" \
	"ldrd r1, r3, [sp]\n" first \
	"cmp r1, r7\n" \
	"beq 3f\n" \
	"1:\n" other \
	"cmp r1, r7\n" \
	"bne 1b\n" \
	"3:\n"

/** Eight sums in q0 and q1. */
#define NNRT_MVE_SUMS \
	"vmov q0[2], q0[0], r0, r4\n" \
	"vmov q0[3], q0[1], r2, r6\n" \
	"vmov q1[2], q1[0], r8, r12\n" \
	"vmov q1[3], q1[1], r10, lr\n"

/** Their bytes, of q0 and q1 side by side in words of q0; then of q1 in those of q1. q3 and `other`: multipliers. */
#define NNRT_MVE_BYTES(other) \
	"vcvt.f32.s32 q0, q0\n" \
	"vcvt.f32.s32 q1, q1\n" \
	"vmul.f32 q0, q0, q3\n" \
	"vmul.f32 q1, q1, " other "\n" \
	"vcvtn.s32.f32 q0, q0\n" \
	"vcvtn.s32.f32 q1, q1\n" \
	"vqmovnb.s32 q0, q0\n" \
	"vqmovnt.s32 q0, q1\n" \
	"vmax.s16 q0, q0, q6\n" \
	"vmin.s16 q0, q0, q7\n" \
	"vadd.i16 q0, q0, q5\n" \
	"vshr.u32 q1, q0, #16\n"

/** y[pixel][channel] of two pixels, panels of four channels: sixteen terms a step, t->panels is the number of channels,
 *  t->end both the end of the first pixel's taps and the second one's beginning. */
NNRT_NAKED void nnrt_mve_2x4(struct nnrt_panels *t __attribute__((unused)))
{
	__asm__ volatile(NNRT_MVE_BEGIN NNRT_MVE_STEPS(NNRT_MVE_2X4(""), NNRT_MVE_2X4("a")) NNRT_MVE_SUMS
			 "vldrw.32 q2, [r9], #16\n"
			 "vldrw.32 q3, [r11], #16\n"
			 "vadd.i32 q0, q0, q2\n"
			 "vadd.i32 q1, q1, q2\n" NNRT_MVE_BYTES("q3")
			 "ldr r0, [sp, #16]\n"
			 "ldrd r2, r4, [sp, #8]\n"
			 "subs r0, #4\n"
			 "blt 4f\n"
			 "vstrb.32 q0, [r2], #4\n"
			 "vstrb.32 q1, [r4], #4\n"
			 "strd r2, r4, [sp, #8]\n"
			 "str r0, [sp, #16]\n"
			 "bgt 2b\n"
			 "b 5f\n"
			 "4:\n"
			 "add r0, #4\n"
			 "vctp.32 r0\n"
			 "vpstt\n"
			 "vstrbt.32 q0, [r2]\n"
			 "vstrbt.32 q1, [r4]\n"
			 "5:\n" NNRT_MVE_END);
}

/** The same of one pixel and panels of eight channels. */
NNRT_NAKED void nnrt_mve_1x8(struct nnrt_panels *t __attribute__((unused)))
{
	__asm__ volatile(NNRT_MVE_BEGIN NNRT_MVE_STEPS(NNRT_MVE_1X8(""), NNRT_MVE_1X8("a")) NNRT_MVE_SUMS
			 "vldrw.32 q2, [r9], #16\n"
			 "vldrw.32 q3, [r9], #16\n"
			 "vadd.i32 q0, q0, q2\n"
			 "vadd.i32 q1, q1, q3\n"
			 "vldrw.32 q3, [r11], #16\n"
			 "vldrw.32 q4, [r11], #16\n" NNRT_MVE_BYTES("q4")
			 "ldr r0, [sp, #16]\n"
			 "ldr r2, [sp, #8]\n"
			 "subs r0, #8\n"
			 "blt 4f\n"
			 "vstrb.32 q0, [r2], #4\n"
			 "vstrb.32 q1, [r2], #4\n"
			 "str r2, [sp, #8]\n"
			 "str r0, [sp, #16]\n"
			 "bgt 2b\n"
			 "b 5f\n"
			 "4:\n"
			 "add r0, #8\n"
			 "vctp.32 r0\n"
			 "vpst\n"
			 "vstrbt.32 q0, [r2], #4\n"
			 "subs r0, #4\n"
			 "ble 5f\n"
			 "vctp.32 r0\n"
			 "vpst\n"
			 "vstrbt.32 q1, [r2]\n"
			 "5:\n" NNRT_MVE_END);
}

/** nnrt_panels_inside: rows of `run` bytes behind each other. */
NNRT_SHARED void nnrt_mve_rows(const unsigned char *x, ptrdiff_t row, int rows, int run, unsigned char *to)
{
	const unsigned char *from;
	unsigned char *at;

	__asm__ volatile("1:\n"
			 "mov %[from], %[x]\n"
			 "mov %[at], %[to]\n"
			 "dlstp.8 lr, %[run]\n"
			 "2:\n"
			 "vldrb.8 q0, [%[from]], #16\n"
			 "vstrb.8 q0, [%[at]], #16\n"
			 "letp lr, 2b\n"
			 "add %[x], %[row]\n"
			 "add %[to], %[run]\n"
			 "subs %[rows], #1\n"
			 "bne 1b\n"
			 : [x] "+r"(x), [to] "+r"(to), [rows] "+r"(rows), [from] "=&r"(from), [at] "=&r"(at)
			 : [row] "r"(row), [run] "r"(run)
			 : "q0", "lr", "cc", "memory");
}

/** n bytes; n > 0. */
NNRT_INLINE void nnrt_mve_copy(unsigned char *to, const unsigned char *from, int n)
{
	__asm__ volatile("dlstp.8 lr, %[n]\n"
			 "1:\n"
			 "vldrb.8 q0, [%[from]], #16\n"
			 "vstrb.8 q0, [%[to]], #16\n"
			 "letp lr, 1b\n"
			 : [from] "+r"(from), [to] "+r"(to)
			 : [n] "r"(n)
			 : "q0", "lr", "memory");
}

/** nnrt_panels_inside. */
NNRT_INLINE void nnrt_mve_inside(const unsigned char *x, ptrdiff_t row, int rows, int run, unsigned char *to,
	ptrdiff_t step, int is_signed, enum nnrt_panels_form form)
{
	(void)step;
	(void)is_signed;
	(void)form;
	nnrt_mve_rows(x, row, rows, run, to);
}

/** n times the byte v; n >= 0. */
NNRT_INLINE void nnrt_mve_set(unsigned char *to, int v, ptrdiff_t n)
{
	__asm__ volatile("vdup.8 q0, %[v]\n"
			 "wlstp.8 lr, %[n], 2f\n"
			 "1:\n"
			 "vstrb.8 q0, [%[to]], #16\n"
			 "letp lr, 1b\n"
			 "2:\n"
			 : [to] "+r"(to)
			 : [v] "r"(v), [n] "r"(n)
			 : "q0", "lr", "memory");
}

/** nnrt_panels_any: what lies side by side in one piece. */
NNRT_SHARED void nnrt_mve_any(const struct nnrt_conv *p, const unsigned char *x, const unsigned char *zero, void *to,
	ptrdiff_t step, int iy, int ix, int is_signed)
{
	const int is_run = p->x_pixel == p->ic && p->dilation_w == 1;
	unsigned char *at = (unsigned char *)to;

	(void)step;
	(void)is_signed;
	for (int ky = 0; ky < p->kernel_h; ky++, iy += p->dilation_h) {
		const unsigned char *const row = x + nnrt_ring(iy, p->x_ring) * p->x_row;
		const int width = iy >= 0 && iy < p->in_h ? p->in_w : 0;
		int n;

		for (int kx = 0, sx = ix; kx < p->kernel_w; kx += n, sx += n * p->dilation_w, at += n * p->ic) {
			const int left = p->kernel_w - kx;

			if (sx >= 0 && sx < width) {
				n = is_run ? (int)nnrt_min(left, width - sx) : 1;
				nnrt_mve_copy(at, row + sx * p->x_pixel, n * p->ic);
			} else {
				n = p->dilation_w > 1 ? 1 : sx < 0 && width > 0 ? (int)nnrt_min(left, -sx) : left;
				nnrt_mve_set(at, *zero, n * p->ic);
			}
		}
	}
}

/** nnrt_panels_finish. */
static NNRT_LITERAL void nnrt_mve_panels_2x4(struct nnrt_panels *t, const struct nnrt_line *line, int oc,
	const struct nnrt_int8 *q)
{
	t->line = line;
	t->panels = oc;
	t->q = q;
	nnrt_mve_2x4(t);
}

/** nnrt_panels_finish. */
static NNRT_LITERAL void nnrt_mve_panels_1x8(struct nnrt_panels *t, const struct nnrt_line *line, int oc,
	const struct nnrt_int8 *q)
{
	t->line = line;
	t->panels = oc;
	t->q = q;
	nnrt_mve_1x8(t);
}

/** Whether a convolution has a single tap, and no output pixel that sees none. */
NNRT_INLINE int nnrt_mve_is_product(const struct nnrt_conv *p)
{
	return p->kernel_h == 1 && p->kernel_w == 1 && p->pad_top == 0 && p->pad_left == 0 &&
	       (p->row_end - 1) * p->stride_h < p->in_h && (p->out_w - 1) * p->stride_w < p->in_w;
}

/** Such a convolution. */
NNRT_INLINE void nnrt_mve_product(const struct nnrt_conv *p, const unsigned char *x, struct nnrt_panels *t,
	unsigned char *y, unsigned char *taps, ptrdiff_t pixel, const struct nnrt_line *line, const struct nnrt_int8 *q,
	int rows, nnrt_panels_finish *finish)
{
	const int is_flat = p->stride_h == 1 && p->stride_w == 1 && p->x_ring == 0 && p->y_ring == 0 &&
			    p->in_w == p->out_w && p->x_row == p->in_w * p->x_pixel &&
			    p->y_row == p->out_w * p->y_pixel;
	const int lines = is_flat ? 1 : p->row_end - p->row_begin;
	const int width = is_flat ? (p->row_end - p->row_begin) * p->out_w : p->out_w;
	const ptrdiff_t step = p->stride_w * p->x_pixel;

	for (int i = 0; i < lines; i++) {
		const int oy = p->row_begin + i;
		const unsigned char *from = x + nnrt_ring(oy * p->stride_h, p->x_ring) * p->x_row;
		unsigned char *to = y + nnrt_ring(oy, p->y_ring) * p->y_row;

		for (int left = width; left > 0; left -= rows) {
			const int is_last = left < rows;        /* it is computed once more */

			nnrt_mve_copy(taps, from, p->ic);
			t->y[0] = to;
			if (rows > 1) {
				from += is_last ? 0 : step;
				to += is_last ? 0 : p->y_pixel;
				nnrt_mve_copy(taps + pixel, from, p->ic);
				t->y[1] = to;
			}
			from += step;
			to += p->y_pixel;
			finish(t, line, p->oc, q);
		}
	}
}

/** nnrt_conv_int8() by VMLADAVA, for 2 rows and 4 columns, or 1 and 8; x: int8, scale: the channels' multipliers.
 *  scratch: `rows` times whole steps of bytes. */
NNRT_INLINE void nnrt_conv_mve(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const void *scale, const void *zero, void *y, void *scratch, int is_signed, int low, int high, int y_zero,
	int rows, int columns)
{
	const struct nnrt_int8 q = {is_signed, low, high, y_zero};
	const int terms = p->kernel_h * p->kernel_w * p->ic;
	const ptrdiff_t pixel = (terms + NNRT_MVE_TERMS - 1) / NNRT_MVE_TERMS * NNRT_MVE_TERMS;

	nnrt_panels_finish *const finish = rows == 1 ? nnrt_mve_panels_1x8 : nnrt_mve_panels_2x4;
	unsigned char *const taps = (unsigned char *)scratch;

	(void)columns;
	if (nnrt_mve_is_product(p)) {
		struct nnrt_panels t;

		t.taps = taps;
		t.w = w;
		t.bias = bias;
		t.end = taps + pixel;
		nnrt_mve_product(p, (const unsigned char *)x, &t, (unsigned char *)y, taps, pixel,
			(const struct nnrt_line *)scale, &q, rows, finish);
		return;
	}
	nnrt_panels_tiles(p, x, w, bias, scale, zero, y, scratch, &q, rows, pixel, NNRT_MVE_TERMS, pixel,
		NNRT_PANELS_WORDS, nnrt_mve_any, nnrt_mve_inside, finish);
}

#endif
