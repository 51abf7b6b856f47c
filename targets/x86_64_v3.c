/* x86-64 since Haswell and Zen: AVX2 and FMA. */
#include "target.h"

extern const struct target target_x86_64_v3;
const struct target target_x86_64_v3 = {
	.name = "x86-64-v3",
	.description = "x86-64 with AVX2 and FMA",
	.triple = "x86_64-linux-gnu",
	.cc = "cc",
	.cflags = "-march=x86-64-v3",
	.link_flags = "-lm",
	.runner = "",
	.index_flags = { "--target=x86_64-linux-gnu", "-mavx2", "-mfma" },
	.check = "defined(__AVX2__) && defined(__FMA__)",
	.check_message = "compiled by nnc for AVX2 and FMA: add -march=x86-64-v3 (or -mavx2 -mfma)",
	.isa = "AVX2",
	.vector_bytes = 32,
	.l2_bytes = 512 << 10,
	.arena_align = 64,
	.is_hosted = true,
};
