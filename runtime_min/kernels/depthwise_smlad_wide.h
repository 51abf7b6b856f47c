/* Depthwise convolution of bytes by SMLAD, kernels 5 or 7 wide: as depthwise_smlad.h, but for planes row by row, whose
 * rows a loop adds up. Of a row of weights (w0 w1), (w1 w2) ... two neighbours take every other word each, one of them
 * a half of the first, the other of the last. */
#ifndef NNRT_DEPTHWISE_SMLAD_WIDE_H
#define NNRT_DEPTHWISE_SMLAD_WIDE_H

#include "runtime_min/kernels/depthwise_smlad.h"

/** A row's five terms of two neighbours. r0: columns, r1: weights, r2: pitch; r10, r11: sums. */
#define NNRT_WIDE_PAIR5 \
	"ldm r0, {r3-r5}\n" \
	"add r0, r2\n" \
	"ldm r1!, {r6-r9}\n" \
	"smlad r10, r3, r6, r10\n" \
	"smlatb r11, r3, r6, r11\n" \
	"smlad r10, r4, r8, r10\n" \
	"smlad r11, r4, r7, r11\n" \
	"smlabt r10, r5, r9, r10\n" \
	"smlad r11, r5, r9, r11\n"

/** The same of seven. */
#define NNRT_WIDE_PAIR7 \
	"ldm r0, {r3-r6}\n" \
	"add r0, r2\n" \
	"ldm r1!, {r7-r9}\n" \
	"smlad r10, r3, r7, r10\n" \
	"smlatb r11, r3, r7, r11\n" \
	"smlad r10, r4, r9, r10\n" \
	"smlad r11, r4, r8, r11\n" \
	"ldm r1!, {r7-r9}\n" \
	"smlad r10, r5, r8, r10\n" \
	"smlad r11, r5, r7, r11\n" \
	"smlabt r10, r6, r9, r10\n" \
	"smlad r11, r6, r9, r11\n"

/** A row's five terms of one sum at stride 2. */
#define NNRT_WIDE_ONE5 \
	"ldm r0, {r3-r5}\n" \
	"add r0, r2\n" \
	"ldm r1!, {r6-r9}\n" \
	"smlad r10, r3, r6, r10\n" \
	"smlad r10, r4, r8, r10\n" \
	"smlabt r10, r5, r9, r10\n"

/** The same of seven. */
#define NNRT_WIDE_ONE7 \
	"ldm r0, {r3-r6}\n" \
	"add r0, r2\n" \
	"ldm r1!, {r7-r9}\n" \
	"smlad r10, r3, r7, r10\n" \
	"smlad r10, r4, r9, r10\n" \
	"ldm r1!, {r7-r9}\n" \
	"smlad r10, r5, r8, r10\n" \
	"smlabt r10, r6, r9, r10\n"

/** Sums of the pixels whose first column is at lr. On the stack from 16 on: where bytes or sums go, weights, bias,
 *  rows. */
#define NNRT_WIDE_SUMS(row) \
	"ldrd r1, r10, [sp, #20]\n" \
	"ldr r12, [sp, #28]\n" \
	"mov r0, lr\n" \
	"mov r11, r10\n" \
	"4:\n" row "subs r12, #1\n" \
	"bne 4b\n" \
	"add lr, lr, #4\n"

/** A function's body; store: of the bytes in r10 and r11, to r5, r3 apart, r4 of them left, all but r5 and flags done
 *  behind it. pixels, bytes: of sums as they are kept. */
#define NNRT_WIDE_BODY(row, store, keep, pixels) \
	NNRT_PLANES_BEGIN("16") \
	"strd r1, r2, [sp, #16]\n" \
	"ldr r12, [r3, #44]\n" \
	"strd lr, r12, [sp, #24]\n" \
	"mov lr, r0\n" \
	"ldr r2, [r3, #48]\n" \
	"ble 2f\n" \
	"1:\n" NNRT_WIDE_SUMS(row) "ldrd r3, r4, [sp]\n" NNRT_SMLAD_LINE("r10", "r3", "r4") \
	NNRT_SMLAD_LINE("r11", "r3", "r4") "ldrd r3, r4, [sp, #8]\n" \
	"ldr r5, [sp, #16]\n" store "strd r4, r5, [sp, #12]\n" \
	"bgt 1b\n" NNRT_PLANES_END("16") \
	"2:\n" \
	"ldr r5, [r3, #40]\n" \
	"str r5, [sp, #16]\n" \
	"3:\n" NNRT_WIDE_SUMS(row) "ldrd r4, r5, [sp, #12]\n" keep "subs r4, #" pixels "\n" \
	"strd r4, r5, [sp, #12]\n" \
	"bgt 3b\n" \
	"b 8b\n"

/** Bytes of two neighbours, or of the last pixel. */
#define NNRT_WIDE_STORE2 \
	"strb r10, [r5]\n" \
	"subs r4, #2\n" \
	"it pl\n" \
	"strbpl r11, [r5, r3]\n" \
	"add r5, r5, r3, lsl #1\n"

/** A byte. */
#define NNRT_WIDE_STORE1 \
	"strb r10, [r5]\n" \
	"add r5, r5, r3\n" \
	"subs r4, #1\n"

/** nnrt_planes_stride1() and 2 for kernels five and seven columns wide. */
NNRT_NAKED void nnrt_wide5_stride1(struct nnrt_planes *s __attribute__((unused)))
{
	__asm__ volatile(NNRT_WIDE_BODY(NNRT_WIDE_PAIR5, NNRT_WIDE_STORE2, "strd r10, r11, [r5], #8\n", "2"));
}

NNRT_NAKED void nnrt_wide5_stride2(struct nnrt_planes *s __attribute__((unused)))
{
	__asm__ volatile(NNRT_WIDE_BODY(NNRT_WIDE_ONE5, NNRT_WIDE_STORE1, "str r10, [r5], #4\n", "1"));
}

NNRT_NAKED void nnrt_wide7_stride1(struct nnrt_planes *s __attribute__((unused)))
{
	__asm__ volatile(NNRT_WIDE_BODY(NNRT_WIDE_PAIR7, NNRT_WIDE_STORE2, "strd r10, r11, [r5], #8\n", "2"));
}

NNRT_NAKED void nnrt_wide7_stride2(struct nnrt_planes *s __attribute__((unused)))
{
	__asm__ volatile(NNRT_WIDE_BODY(NNRT_WIDE_ONE7, NNRT_WIDE_STORE1, "str r10, [r5], #4\n", "1"));
}

/** nnrt_depthwise_smlad() for kernels 5 or 7 wide and of any height. */
NNRT_SHARED void nnrt_depthwise_smlad_wide(const struct nnrt_conv *p, const void *x, const int8_t *w,
					   const int32_t *bias, const void *scale, void *y, void *scratch, int zero,
					   int is_signed, int low, int high, int y_zero)
{
	const struct nnrt_int8 q = { is_signed, low, high, y_zero };
	void (*const run5)(struct nnrt_planes *) = p->stride_w == 1 ? nnrt_wide5_stride1 : nnrt_wide5_stride2;
	void (*const run7)(struct nnrt_planes *) = p->stride_w == 1 ? nnrt_wide7_stride1 : nnrt_wide7_stride2;

	nnrt_planes_depthwise(p, x, w, bias, scale, y, scratch, zero, &q, p->kernel_w == 5 ? run5 : run7);
}

#endif
