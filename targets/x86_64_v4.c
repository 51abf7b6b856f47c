/* x86-64 with AVX-512 F, BW, CD, DQ and VL: Skylake servers, Zen 4. */
#include "target.h"

extern const struct target target_x86_64_v4;
const struct target target_x86_64_v4 = {
	.name = "x86-64-v4",
	.description = "x86-64 with AVX-512 (F, BW, CD, DQ, VL)",
	.triple = "x86_64-linux-gnu",
	.cc = "cc",
	.cflags = "-march=x86-64-v4",
	.link_flags = "-lm",
	.runner = "",
	.index_flags = { "--target=x86_64-linux-gnu", "-march=x86-64-v4" },
	.check = "defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__AVX512VL__) "
		 "&& defined(__FMA__)",
	.check_message = "compiled by nnc for AVX-512: add -march=x86-64-v4",
	.isa = "AVX512",
	.vector_bytes = 64,
	.l2_bytes = 1 << 20,
	.arena_align = 64,
	.is_hosted = true,
};
