/* x86-64 with AVX-512 F, BW, CD, DQ and VL: Skylake servers, Zen 4. */
#include "target.h"

extern const struct target target_x86_64_v4;
const struct target target_x86_64_v4 = {
	.name = "x86-64-v4",
	.description = "x86-64 with AVX-512 (F, BW, CD, DQ, VL)",
	.triple = "x86_64-linux-gnu",
	.elf = { 62, 64, 0 },
	.cc = "cc",
	.cflags = "-march=x86-64-v4",
	.link_flags = "-lm",
	.runner = "",
	.index_flags = "--target=x86_64-linux-gnu -march=x86-64-v4",
	.check = "",
	.check_for = "AVX-512",
	.features = HAS_AVX512,
	.may_add = HAS_AVX512_VNNI | HAS_AVX512_FP16,
	/* Skylake servers as LLVM's X86SchedSkylakeServer.td has them: two FMAs and two loads of 512 bits a cycle,
	 * latency 4. A Zen 5 that we measured reaches the same two FMAs. */
	.fmas = 2, .int_ops = 2, .loads = 2, .overlaps = true, .fma_latency = 4, .registers = 32,
	.vector_bytes = 64,
	.l1_bytes = 32 << 10,
	.l2_bytes = 1 << 20,
	.arena_align = 64,
	.is_hosted = true,
};
