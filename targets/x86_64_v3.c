/* x86-64 since Haswell and Zen: AVX2 and FMA. */
#include "target.h"

extern const struct target target_x86_64_v3;
const struct target target_x86_64_v3 = {
	.name = "x86-64-v3",
	.description = "x86-64 with AVX2 and FMA",
	.triple = "x86_64-linux-gnu",
	.elf = { 62, 64, 0 },
	.cc = "cc",
	.cflags = "-march=x86-64-v3",
	.link_flags = "-lm",
	.runner = "",
	.index_flags = "--target=x86_64-linux-gnu -mavx2 -mfma -mf16c",
	.check = "",
	.check_for = "AVX2, FMA and F16C",
	.features = HAS_AVX2,
	.may_add = HAS_AVX_VNNI,
	/* Skylake as LLVM's X86SchedSkylakeServer.td has it: two FMAs and two loads of 256 bits a cycle, latency 4. */
	.fmas = 2, .int_ops = 2, .loads = 2, .overlaps = true, .fma_latency = 4, .registers = 16,
	.vector_bytes = 32,
	.l1_bytes = 32 << 10,
	.l2_bytes = 512 << 10,
	.arena_align = 64,
	.is_hosted = true,
};
