/* AArch64 with the NEON that every ARMv8-A core has. */
#include "target.h"

extern const struct target target_armv8;
const struct target target_armv8 = {
	.name = "armv8",
	.description = "AArch64 with NEON",
	.triple = "aarch64-linux-gnu",
	.elf = { 183, 64, 0 },
	.cc = "aarch64-linux-gnu-gcc",
	.cflags = "-march=armv8-a",
	.link_flags = "-static -lm",
	.runner = "qemu-aarch64 -cpu cortex-a53",
	.index_flags = "--target=aarch64-linux-gnu -march=armv8-a",
	.check = "",
	.check_for = "AArch64 with NEON",
	.features = HAS_NEON,
	/* Cortex-A53: a 128-bit FMLA begins every cycle, a 128-bit load takes two in which none begins (measured by
	 * ncnn, docs/developer-guide/arm-a53-a55-dual-issue.md). */
	.fmas = 1, .int_ops = 1, .loads = 0.5, .overlaps = false, .fma_latency = 4, .registers = 32,
	.has_lane_fma = true,
	.vector_bytes = 16,
	.l1_bytes = 32 << 10,
	.l2_bytes = 512 << 10,
	.arena_align = 64,
	.is_hosted = true,
};
