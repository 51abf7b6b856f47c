/* AArch64 of ARMv8.2-A: phones and boards since Cortex-A55 and A75, servers since Neoverse N1. */
#include "target.h"

extern const struct target target_armv8_2;
const struct target target_armv8_2 = {
	.name = "armv8.2",
	.description = "AArch64 of ARMv8.2 with NEON",
	.triple = "aarch64-linux-gnu",
	.elf = { 183, 64, 0 },
	.cc = "aarch64-linux-gnu-gcc",
	.cflags = "-march=armv8.2-a",
	.link_flags = "-static -lm",
	.runner = "qemu-aarch64 -cpu max",
	.index_flags = "--target=aarch64-linux-gnu -march=armv8.2-a",
	.check = "",
	.check_for = "AArch64 of ARMv8.2",
	.features = HAS_NEON,
	.may_add = HAS_DOTPROD | HAS_I8MM | HAS_FP16,
	/* Neoverse N1, the server's Cortex-A76, as LLVM's AArch64SchedNeoverseN1.td has it: two 128-bit FMLA and two
	 * 128-bit loads a cycle, latency 4; SMLAL on one of the two vector pipes alone. */
	.fmas = 2, .int_ops = 1, .loads = 2, .overlaps = true, .fma_latency = 4, .registers = 32,
	.has_lane_fma = true,
	.vector_bytes = 16,
	.l1_bytes = 64 << 10,
	.l2_bytes = 512 << 10,
	.arena_align = 64,
	.is_hosted = true,
};
