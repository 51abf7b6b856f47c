/* Tiles of Helium's convolution of bytes: sums of sixteen products by VMLADAVA, which are in the even registers, of
 * which there are eight: two pixels by four channels, or one pixel by eight. The loops are assembly, for of intrinsics
 * gcc 12 moves sums to and fro. Sums become bytes four at a time, by the formula of INTEGERS.md as it stands. */
#ifndef NNRT_INT8_MVE_TILE_H
#define NNRT_INT8_MVE_TILE_H

#include "runtime_min/kernels/int8_panels.h"

/** Terms of a step. */
enum { NNRT_MVE_TERMS = 16 };

/** Pixels on their way through panels of weights. The assembly knows the order. */
struct nnrt_mve_tile {
	unsigned char *taps, *second;   /* of a pixel, and of the next one: where those of the first end */
	const int8_t *w;
	const int32_t *bias;
	const float *scale;
	int channels;
	unsigned char *y[2];            /* of both pixels; they move on */
	ptrdiff_t y_move;
	const unsigned char *from;      /* what the first pixel sees; it moves on */
	ptrdiff_t step;                 /* from there to what the next pixel sees */
	ptrdiff_t row;                  /* from row to row of it */
	int rows, run;                  /* rows, bytes of one; rows 0: the taps are there */
	int pairs;                      /* of pixels, counted down */
	int zero;                       /* of y */
};

/** Saves registers. r0: the tile, which is kept on the stack with: the taps of both pixels, where their bytes go, where
 *  the biases end; q5: y's zero point, of 16 bits. */
#define NNRT_MVE_BEGIN \
	"push {r3-r11, lr}\n" \
	"vpush {d8-d15}\n" \
	"sub sp, #24\n" \
	"ldr r1, [r0, #60]\n" \
	"str r0, [sp, #20]\n" \
	"vdup.16 q5, r1\n" \
	"ldrd r1, r2, [r0]\n" \
	"strd r1, r2, [sp]\n"

/** Begins the panels of pixels. r5: weights, r7: where the first one's taps end, r9: bias, r11: multipliers. */
#define NNRT_MVE_PIXELS \
	"ldrd r2, r3, [r0, #24]\n" \
	"ldr r4, [r0, #32]\n" \
	"ldr r6, [r0, #20]\n" \
	"strd r2, r3, [sp, #8]\n" \
	"add r2, r4\n" \
	"add r3, r4\n" \
	"strd r2, r3, [r0, #24]\n" \
	"ldrd r7, r5, [r0, #4]\n" \
	"ldrd r9, r11, [r0, #12]\n" \
	"add r6, r9, r6, lsl #2\n" \
	"str r6, [sp, #16]\n"

/** Takes them back, and returns. */
#define NNRT_MVE_END \
	"add sp, #24\n" \
	"vpop {d8-d15}\n" \
	"pop {r3-r11, pc}\n"

/** Copies the taps of two pixels, rows of up to sixteen bytes with a predicate; label 8 comes behind. A single row of
 *  those goes to q4 and q6 at once, and on to label 1 behind. r0: the tile. */
#define NNRT_MVE_TAKE \
	"ldrd r2, r4, [r0, #44]\n" \
	"ldrd r1, r6, [r0, #36]\n" \
	"cmp r4, #0\n" \
	"beq 8f\n" \
	"ldr r5, [r0, #52]\n" \
	"ldrd r3, r11, [r0]\n" \
	"add r8, r1, r6\n" \
	"add r6, r8\n" \
	"str r6, [r0, #36]\n" \
	"cmp r5, #16\n" \
	"bgt 7f\n" \
	"vctp.8 r5\n" \
	"cmp r4, #1\n" \
	"bne 6f\n" \
	"vpstt\n" \
	"vldrbt.8 q4, [r1]\n" \
	"vldrbt.8 q6, [r8]\n" NNRT_MVE_PIXELS \
	"b 1f\n" \
	"6:\n" \
	"vpstttt\n" \
	"vldrbt.8 q0, [r1]\n" \
	"vldrbt.8 q1, [r8]\n" \
	"vstrbt.8 q0, [r3]\n" \
	"vstrbt.8 q1, [r11]\n" \
	"add r1, r2\n" \
	"add r8, r2\n" \
	"add r3, r5\n" \
	"add r11, r5\n" \
	"subs r4, #1\n" \
	"bne 6b\n" \
	"b 8f\n" \
	"7:\n" \
	"mov r6, r1\n" \
	"mov r7, r3\n" \
	"mov r9, r8\n" \
	"mov r10, r11\n" \
	"dlstp.8 lr, r5\n" \
	"6:\n" \
	"vldrb.8 q0, [r6], #16\n" \
	"vldrb.8 q1, [r9], #16\n" \
	"vstrb.8 q0, [r7], #16\n" \
	"vstrb.8 q1, [r10], #16\n" \
	"letp lr, 6b\n" \
	"add r1, r2\n" \
	"add r8, r2\n" \
	"add r3, r5\n" \
	"add r11, r5\n" \
	"subs r4, #1\n" \
	"bne 7b\n"

/** Products of two pixels' taps in x0 and x1 with the weights of four channels. a: "" for the first ones, which begin
 *  the sums, else "a". */
#define NNRT_MVE_PRODUCTS(a, x0, x1) \
	"vldrb.8 q2, [r5], #16\n" \
	"vldrb.8 q3, [r5], #16\n" \
	"vmladav" a ".s8 r0, " x0 ", q2\n" \
	"vmladav" a ".s8 r8, " x1 ", q2\n" \
	"vldrb.8 q2, [r5], #16\n" \
	"vmladav" a ".s8 r2, " x0 ", q3\n" \
	"vmladav" a ".s8 r10, " x1 ", q3\n" \
	"vldrb.8 q3, [r5], #16\n" \
	"vmladav" a ".s8 r4, " x0 ", q2\n" \
	"vmladav" a ".s8 r12, " x1 ", q2\n" \
	"vmladav" a ".s8 r6, " x0 ", q3\n" \
	"vmladav" a ".s8 lr, " x1 ", q3\n"

/** A step of two pixels and four channels. */
#define NNRT_MVE_2X4(a) \
	"vldrb.8 q0, [r1], #16\n" \
	"vldrb.8 q1, [r3], #16\n" NNRT_MVE_PRODUCTS(a, "q0", "q1")

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
	"vqadd.s16 q0, q0, q5\n" \
	"vqmovnb.s16 q0, q0\n" \
	"vshr.u32 q1, q0, #16\n"

/** Stores the bytes of a panel of two pixels, and goes on to the next one at `next`, or, behind the last one, to label
 *  5. Label 4, where fewer than four channels are left, is behind. */
#define NNRT_MVE_STORE(next) \
	NNRT_MVE_SUMS \
	"vldrw.32 q2, [r9], #16\n" \
	"vldrw.32 q3, [r11], #16\n" \
	"vadd.i32 q0, q0, q2\n" \
	"vadd.i32 q1, q1, q2\n" NNRT_MVE_BYTES("q3") \
	"ldr r0, [sp, #16]\n" \
	"ldrd r2, r4, [sp, #8]\n" \
	"cmp r9, r0\n" \
	"bhi 4f\n" \
	"vstrb.32 q0, [r2], #4\n" \
	"vstrb.32 q1, [r4], #4\n" \
	"strd r2, r4, [sp, #8]\n" \
	"bne " next "b\n"

/** y[pixel][channel] of pairs of pixels, panels of four channels, sixteen terms a step. Taps of a single step stay in
 *  q4 and q6. */
NNRT_NAKED void nnrt_mve_2x4(struct nnrt_mve_tile *t __attribute__((unused)))
{
	__asm__ volatile(NNRT_MVE_BEGIN ".macro nnrt_store next\n" NNRT_MVE_STORE("\\next\\()") ".endm\n"
			 "9:\n" NNRT_MVE_TAKE
			 "8:\n" NNRT_MVE_PIXELS
			 "ldrd r1, r3, [sp]\n"
			 "sub r0, r3, r1\n"
			 "cmp r0, #16\n"
			 "bne 2f\n"
			 "vldrb.8 q4, [r1]\n"
			 "vldrb.8 q6, [r3]\n"
			 "1:\n" NNRT_MVE_PRODUCTS("", "q4", "q6")
			 "nnrt_store 1\n"
			 "b 5f\n" NNRT_MVE_STEPS(NNRT_MVE_2X4(""), NNRT_MVE_2X4("a"))
			 "nnrt_store 2\n"
			 "b 5f\n"
			 ".purgem nnrt_store\n"
			 "4:\n"
			 "sub r0, r9, r0\n"
			 "lsr r0, #2\n"
			 "rsb r0, #4\n"
			 "vctp.32 r0\n"
			 "vpstt\n"
			 "vstrbt.32 q0, [r2]\n"
			 "vstrbt.32 q1, [r4]\n"
			 "5:\n"
			 "ldr r0, [sp, #20]\n"
			 "ldr r1, [r0, #56]\n"
			 "subs r1, #1\n"
			 "str r1, [r0, #56]\n"
			 "bne 9b\n" NNRT_MVE_END);
}

/** The same of one pixel, whose taps are there, and panels of eight channels. */
NNRT_NAKED void nnrt_mve_1x8(struct nnrt_mve_tile *t __attribute__((unused)))
{
	__asm__ volatile(NNRT_MVE_BEGIN NNRT_MVE_PIXELS NNRT_MVE_STEPS(NNRT_MVE_1X8(""), NNRT_MVE_1X8("a"))
				 NNRT_MVE_SUMS
			 "vldrw.32 q2, [r9], #16\n"
			 "vldrw.32 q3, [r9], #16\n"
			 "vadd.i32 q0, q0, q2\n"
			 "vadd.i32 q1, q1, q3\n"
			 "vldrw.32 q3, [r11], #16\n"
			 "vldrw.32 q4, [r11], #16\n" NNRT_MVE_BYTES("q4")
			 "ldr r0, [sp, #16]\n"
			 "ldr r2, [sp, #8]\n"
			 "cmp r9, r0\n"
			 "bhi 4f\n"
			 "vstrb.32 q0, [r2], #4\n"
			 "vstrb.32 q1, [r2], #4\n"
			 "str r2, [sp, #8]\n"
			 "bne 2b\n"
			 "b 5f\n"
			 "4:\n"
			 "sub r0, r9, r0\n"
			 "lsr r0, #2\n"
			 "rsb r0, #8\n"
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

#endif
