/* Depthwise convolution of bytes by Helium's VMLADAV, all products of a 3x3 kernel at once. What an output row sees is
 * copied with its padding, sixteen channels at a time: of each column a word for each channel, four image rows. Then
 * four columns of a channel, gathered as words, are the sixteen terms that its weights meet. Kernels up to four wide
 * and high take one such product an output, others up to eight four of them, with zeros where there are no weights. */
#ifndef NNRT_DEPTHWISE_MVE_H
#define NNRT_DEPTHWISE_MVE_H

#include "runtime_min/kernels/int8_mve.h"

enum { NNRT_COLUMN_ROWS = 4, NNRT_COLUMN_CHANNELS = 16, NNRT_COLUMN_PANEL = 4 };

/** Rows on their way into columns. The assembly knows the order. */
struct nnrt_columns {
	const unsigned char *x[NNRT_COLUMN_ROWS];
	ptrdiff_t x_pixel[NNRT_COLUMN_ROWS];
	unsigned char *to;
	ptrdiff_t pitch;        /* bytes from column to column */
	int columns;            /* >= 1 */
	int channels;           /* 1 to 16 */
};

/** Fills columns: to[column][channel][row]. Writes 64 bytes for each, whatever its pitch is, in rising order. */
NNRT_NAKED void nnrt_columns_fill(const struct nnrt_columns *c __attribute__((unused)))
{
	__asm__ volatile("push {r4-r10, lr}\n"
			 "mov r10, r0\n"
			 "ldm r10!, {r1-r8}\n"
			 "ldm r10, {r0, r9, r12, lr}\n"
			 "vctp.8 lr\n"
			 "dls lr, r12\n"
			 "1:\n"
			 "vpstttt\n"
			 "vldrbt.8 q0, [r1]\n"
			 "vldrbt.8 q1, [r2]\n"
			 "vldrbt.8 q2, [r3]\n"
			 "vldrbt.8 q3, [r4]\n"
			 "add r1, r5\n"
			 "add r2, r6\n"
			 "add r3, r7\n"
			 "add r4, r8\n"
			 "vst40.8 {q0, q1, q2, q3}, [r0]\n"
			 "vst41.8 {q0, q1, q2, q3}, [r0]\n"
			 "vst42.8 {q0, q1, q2, q3}, [r0]\n"
			 "vst43.8 {q0, q1, q2, q3}, [r0]\n"
			 "add r0, r9\n"
			 "le lr, 1b\n"
			 "pop {r4-r10, pc}\n");
}

/** Four channels of an output row, or of two. The assembly knows the order. */
struct nnrt_column_sums {
	const unsigned char *x; /* columns that the first pixel sees */
	const int8_t *w;
	unsigned char *y;
	ptrdiff_t y_pixel;
	int pixels;             /* >= 1 */
	ptrdiff_t move;         /* bytes from the columns of a pixel to those of the next one */
	int channels;           /* that are stored, 1 to 4 */
	int zero;
	const int32_t *bias;
	const float *scale;
	unsigned char *y1;      /* of the second row */
	int left;               /* pixels, where no register is left to count them */
	int32_t biases[4];
	float scales[4];
	uint32_t at[4][4];      /* offsets of the columns of each product */
	int8_t second[4][16];   /* weights of the second row */
};

/** Begins a function. r9: the struct, r0, r2: x and w, r1, r3: y and y_pixel, r5, r7: pixels and move; q3: offsets of
 *  the first product's columns. VPR and flags: which of the channels are stored, and that all are. */
#define NNRT_COLUMNS_BEGIN \
	"push {r3-r11, lr}\n" \
	"vpush {d8-d15}\n" \
	"mov r9, r0\n" \
	"ldrd r0, r2, [r9, #32]\n" \
	"vldrw.32 q0, [r0]\n" \
	"vldrw.32 q1, [r2]\n" \
	"vstrw.32 q0, [r9, #48]\n" \
	"vstrw.32 q1, [r9, #64]\n" \
	"ldr r0, [r9, #24]\n" \
	"ldrd r1, r3, [r9, #8]\n" \
	"ldrd r5, r7, [r9, #16]\n" \
	"vldrw.32 q3, [r9, #80]\n" \
	"vctp.32 r0\n" \
	"cmp r0, #4\n" \
	"ldrd r0, r2, [r9]\n"

#define NNRT_COLUMNS_END \
	"vpop {d8-d15}\n" \
	"pop {r3-r11, pc}\n"

/** Weights of one product for each of the four channels, and where its columns are. */
#define NNRT_COLUMNS_WEIGHTS \
	"vldrb.8 q4, [r2]\n" \
	"vldrb.8 q5, [r2, #16]\n" \
	"vldrb.8 q6, [r2, #32]\n" \
	"vldrb.8 q7, [r2, #48]\n" \
	"vadd.i32 q3, q3, r0\n"

/** Bytes of eight sums, as those of nnrt_mve_2x4(). */
#define NNRT_COLUMNS_BYTES NNRT_MVE_SUMS \
	"vldrw.32 q2, [r9, #48]\n" \
	"vadd.i32 q0, q0, q2\n" \
	"vadd.i32 q1, q1, q2\n" \
	"vldrw.32 q2, [r9, #64]\n" \
	"vcvt.f32.s32 q0, q0\n" \
	"vcvt.f32.s32 q1, q1\n" \
	"vmul.f32 q0, q0, q2\n" \
	"vmul.f32 q1, q1, q2\n" \
	"vcvtn.s32.f32 q0, q0\n" \
	"vcvtn.s32.f32 q1, q1\n" \
	"vqmovnb.s32 q0, q0\n" \
	"ldr r0, [r9, #28]\n" \
	"vqmovnt.s32 q0, q1\n" \
	"vqadd.s16 q0, q0, r0\n" \
	"vqmovnb.s16 q0, q0\n" \
	"vshr.u32 q1, q0, #16\n"

/** Sums of one pixel. */
#define NNRT_COLUMNS_PIXEL(a, b, c, d) \
	"vldrw.u32 q0, [q3]\n" \
	"vldrw.u32 q1, [q3, #4]\n" \
	"vmladav.s8 " a ", q0, q4\n" \
	"vldrw.u32 q2, [q3, #8]\n" \
	"vmladav.s8 " b ", q1, q5\n" \
	"vldrw.u32 q0, [q3, #12]\n" \
	"vmladav.s8 " c ", q2, q6\n" \
	"vadd.i32 q3, q3, r7\n" \
	"vmladav.s8 " d ", q0, q7\n"

/** Two pixels a turn; then: what goes in front of a store, t: "t" where it is predicated. */
#define NNRT_COLUMNS_PIXELS(then, t) \
	"1:\n" NNRT_COLUMNS_PIXEL("r0", "r2", "r4", "r6") NNRT_COLUMNS_PIXEL("r8", "r10", "r12", "lr") \
		NNRT_COLUMNS_BYTES \
	"subs r5, #2\n" then \
	"vstrb" t ".32 q0, [r1]\n" \
	"add r1, r3\n" \
	"blt 3f\n" then \
	"vstrb" t ".32 q1, [r1]\n" \
	"add r1, r3\n" \
	"bgt 1b\n"

/** Pixels of an output row, one product each. */
NNRT_NAKED void nnrt_columns_pixels(struct nnrt_column_sums *s __attribute__((unused)))
{
	__asm__ volatile(NNRT_COLUMNS_BEGIN NNRT_COLUMNS_WEIGHTS
			 "bne 2f\n" NNRT_COLUMNS_PIXELS("", "")
			 "b 3f\n"
			 "2:\n" NNRT_COLUMNS_PIXELS("vpst\n", "t")
			 "3:\n" NNRT_COLUMNS_END);
}

/** Sums of a channel for two rows, of which the second one's weights lie at r9 + `at`. */
#define NNRT_COLUMNS_PAIR(channel, a, b, w, at) \
	"vldrw.u32 q0, [q3, #" channel "]\n" \
	"vldrw.32 q1, [r9, #" at "]\n" \
	"vmladav.s8 " a ", q0, " w "\n" \
	"vmladav.s8 " b ", q0, q1\n"

/** A pixel of both rows a turn. */
#define NNRT_COLUMNS_PAIRS(then, t) \
	"1:\n" NNRT_COLUMNS_PAIR("0", "r0", "r8", "q4", "144") NNRT_COLUMNS_PAIR("4", "r2", "r10", "q5", "160") \
		NNRT_COLUMNS_PAIR("8", "r4", "r12", "q6", "176") NNRT_COLUMNS_PAIR("12", "r6", "lr", "q7", "192") \
	"vadd.i32 q3, q3, r7\n" NNRT_COLUMNS_BYTES then \
	"vstrb" t ".32 q0, [r1]\n" then \
	"vstrb" t ".32 q1, [r3]\n" \
	"subs r5, #1\n" \
	"add r1, r11\n" \
	"add r3, r11\n" \
	"bne 1b\n"

/** Pixels of two output rows at stride 1, of kernels three high: the second row's weights are the first one's, a row
 *  further down. */
NNRT_NAKED void nnrt_columns_pairs(struct nnrt_column_sums *s __attribute__((unused)))
{
	__asm__ volatile(NNRT_COLUMNS_BEGIN NNRT_COLUMNS_WEIGHTS
			 "mov r11, r3\n"
			 "ldr r3, [r9, #40]\n"
			 "vshl.i32 q0, q4, #8\n"
			 "vshl.i32 q1, q5, #8\n"
			 "vstrw.32 q0, [r9, #144]\n"
			 "vstrw.32 q1, [r9, #160]\n"
			 "vshl.i32 q0, q6, #8\n"
			 "vshl.i32 q1, q7, #8\n"
			 "vstrw.32 q0, [r9, #176]\n"
			 "vstrw.32 q1, [r9, #192]\n"
			 "bne 2f\n" NNRT_COLUMNS_PAIRS("", "")
			 "b 3f\n"
			 "2:\n" NNRT_COLUMNS_PAIRS("vpst\n", "t")
			 "3:\n" NNRT_COLUMNS_END);
}

/** One of the four products of a channel, whose columns have the offsets `at`. */
#define NNRT_COLUMNS_PART(a, sum, other, at) \
	"vldrb.8 q2, [r5], #16\n" \
	"vldrw.u32 q0, [r1, " at "]\n" \
	"vldrw.u32 q1, [r3, " at "]\n" \
	"vmladav" a ".s8 " sum ", q0, q2\n" \
	"vmladav" a ".s8 " other ", q1, q2\n"

/** The sums of a channel for two pixels. */
#define NNRT_COLUMNS_CHANNEL(sum, other) \
	NNRT_COLUMNS_PART("", sum, other, "q3") NNRT_COLUMNS_PART("a", sum, other, "q4") \
		NNRT_COLUMNS_PART("a", sum, other, "q5") NNRT_COLUMNS_PART("a", sum, other, "q6") \
	"add r1, #4\n" \
	"add r3, #4\n"

/** Pixels of an output row, four products each. r1, r3: columns of two pixels, r5: weights, r7: twice the move. */
NNRT_NAKED void nnrt_columns_wide(struct nnrt_column_sums *s __attribute__((unused)))
{
	__asm__ volatile(NNRT_COLUMNS_BEGIN
			 "vldrw.32 q4, [r9, #96]\n"
			 "vldrw.32 q5, [r9, #112]\n"
			 "vldrw.32 q6, [r9, #128]\n"
			 "str r5, [r9, #44]\n"
			 "mov r1, r0\n"
			 "add r3, r0, r7\n"
			 "mov r5, r2\n"
			 "lsl r7, r7, #1\n"
			 "sub r7, #16\n"
			 ".macro nnrt_channel sum, other\n" NNRT_COLUMNS_CHANNEL("\\sum", "\\other") ".endm\n"
			 "1:\n"
			 "nnrt_channel r0, r8\n"
			 "nnrt_channel r2, r10\n"
			 "nnrt_channel r4, r12\n"
			 "nnrt_channel r6, lr\n"
			 ".purgem nnrt_channel\n"
			 "add r1, r7\n"
			 "add r3, r7\n"
			 "sub r5, #256\n" NNRT_COLUMNS_BYTES
			 "ldrd r4, r6, [r9, #8]\n"
			 "ldr r2, [r9, #44]\n"
			 "subs r2, #2\n"
			 "str r2, [r9, #44]\n"
			 "vpst\n"
			 "vstrbt.32 q0, [r4]\n"
			 "add r4, r6\n"
			 "blt 3f\n"
			 "vpst\n"
			 "vstrbt.32 q1, [r4]\n"
			 "add r4, r6\n"
			 "str r4, [r9, #8]\n"
			 "bgt 1b\n"
			 "3:\n" NNRT_COLUMNS_END);
}

/** How a convolution's rows lie in scratch. */
struct nnrt_column_form {
	int products;           /* an output takes: 1 or 4 */
	int left, inside, right;        /* columns in front of the image, of it, behind it */
	int first;              /* column of the image */
	ptrdiff_t pitch, plane; /* bytes from column to column, and from four rows to the next four */
	unsigned char *zeros, *to;
};

NNRT_INLINE struct nnrt_column_form nnrt_columns_form(const struct nnrt_conv *p, unsigned char *scratch)
{
	const int is_small = p->kernel_h <= NNRT_COLUMN_ROWS && p->kernel_w <= NNRT_COLUMN_ROWS;
	const int seen = (p->out_w - 1) * p->stride_w + p->kernel_w, most = (p->oc + 3) / 4 * 4;
	struct nnrt_column_form f = {is_small ? 1 : 4, 0, 0, 0, 0, 0, 0, scratch, scratch + NNRT_COLUMN_CHANNELS};

	f.first = p->pad_left < 0 ? -p->pad_left : 0;
	f.left = (int)nnrt_min(p->pad_left > 0 ? p->pad_left : 0, seen);
	f.inside = (int)nnrt_min(p->in_w > f.first ? p->in_w - f.first : 0, seen - f.left);
	f.right = seen - f.left - f.inside;
	f.pitch = NNRT_COLUMN_ROWS * nnrt_min(most, NNRT_COLUMN_CHANNELS);
	f.plane = ((p->out_w - 1 + (p->out_w & 1)) * p->stride_w + (is_small ? 4 : 8)) * f.pitch +
		  NNRT_COLUMN_ROWS * NNRT_COLUMN_CHANNELS;
	return f;
}

/** Puts the rows from iy on of some channels into scratch. */
NNRT_SHARED void nnrt_columns_take(const struct nnrt_conv *p, const struct nnrt_column_form *f, const unsigned char *x,
	int iy, int rows, int channels, int zero)
{
	unsigned char *to = f->to;

	for (int ky = 0; ky < rows; to += f->plane) {
		struct nnrt_columns c;

		for (int i = 0; i < NNRT_COLUMN_ROWS; i++, ky++) {
			const int sy = iy + ky, inside = ky < rows && sy >= 0 && sy < p->in_h;

			c.x[i] = inside ? x + nnrt_ring(sy, p->x_ring) * p->x_row + f->first * p->x_pixel : f->zeros;
			c.x_pixel[i] = inside ? p->x_pixel : 0;
		}
		c.to = to + f->left * f->pitch;
		c.pitch = f->pitch;
		c.columns = f->inside;
		c.channels = channels;
		nnrt_mve_set(to, zero, f->left * f->pitch);
		if (f->inside > 0)
			nnrt_columns_fill(&c);
		nnrt_mve_set(c.to + f->inside * f->pitch, zero, f->right * f->pitch);
	}
}

/** nnrt_depthwise_mve() with its numbers together. */
NNRT_SHARED void nnrt_columns_conv(const struct nnrt_conv *p, const unsigned char *x, const int8_t *w,
	const int32_t *bias, const float *scale, unsigned char *y, unsigned char *scratch, int zero,
	const struct nnrt_int8 *q)
{
	const struct nnrt_column_form f = nnrt_columns_form(p, scratch);
	const int by_pairs = f.products == 1 && p->kernel_h < NNRT_COLUMN_ROWS && p->stride_h == 1;
	struct nnrt_column_sums s;
	int rows;

	nnrt_mve_set(f.zeros, zero, NNRT_COLUMN_CHANNELS);
	s.zero = q->zero;
	s.y_pixel = p->y_pixel;
	s.move = p->stride_w * f.pitch;
	s.pixels = p->out_w;
	for (int g = 0; g < f.products; g++)
		for (int i = 0; i < 4; i++)
			s.at[g][i] = (uint32_t)(g / 2 * f.plane + (g % 2 * 4 + i) * f.pitch);
	for (int oy = p->row_begin; oy < p->row_end; oy += rows) {
		unsigned char *const to = y + nnrt_ring(oy, p->y_ring) * p->y_row;
		unsigned char *const next = y + nnrt_ring(oy + 1, p->y_ring) * p->y_row;
		const int iy = oy * p->stride_h - p->pad_top;

		rows = by_pairs && oy + 1 < p->row_end ? 2 : 1;
		for (int c = 0; c < p->oc; c += NNRT_COLUMN_PANEL) {
			const int in_group = c % NNRT_COLUMN_CHANNELS, left = p->oc - c;

			if (in_group == 0)
				nnrt_columns_take(p, &f, x + c, iy, p->kernel_h + rows - 1,
					(int)nnrt_min(left, NNRT_COLUMN_CHANNELS), zero);
			s.x = f.to + in_group * NNRT_COLUMN_ROWS;
			s.w = w + c * f.products * NNRT_MVE_TERMS;
			s.bias = bias + c;
			s.scale = scale + c;
			s.y = to + c;
			s.channels = (int)nnrt_min(left, NNRT_COLUMN_PANEL);
			if (rows == 2) {
				s.y1 = next + c;
				nnrt_columns_pairs(&s);
			} else if (f.products == 1) {
				nnrt_columns_pixels(&s);
			} else {
				nnrt_columns_wide(&s);
			}
		}
	}
	nnrt_mve_bound(p, y, q->low + q->zero, q->high + q->zero);
}

/** nnrt_depthwise_int8() for kernels up to 8x8 without dilation; x, y: int8, zero: x's zero point. w: of each channel
 *  one product or four, [ky / 4][kx / 4][kx % 4][ky % 4], zeros where there are none; it, bias and scale go on to a
 *  multiple of four channels. scratch: compiler/kernels/pack_columns.h. Any rows at a time are read before they are
 *  written. */
NNRT_INLINE void nnrt_depthwise_mve(const struct nnrt_conv *p, const void *x, const int8_t *w, const int32_t *bias,
	const void *scale, void *y, void *scratch, int zero, int is_signed, int low, int high, int y_zero)
{
	const struct nnrt_int8 q = {is_signed, low, high, y_zero};

	nnrt_columns_conv(p, (const unsigned char *)x, w, bias, (const float *)scale, (unsigned char *)y,
		(unsigned char *)scratch, zero, &q);
}

#endif
