/* AArch64 with the NEON that every ARMv8-A core has. */
#include "target.h"

extern const struct target target_armv8;
const struct target target_armv8 = {
	.name = "armv8",
	.description = "AArch64 with NEON",
	.triple = "aarch64-linux-gnu",
	.cc = "aarch64-linux-gnu-gcc",
	.cflags = "-march=armv8-a",
	.link_flags = "-static -lm",
	.runner = "qemu-aarch64 -cpu cortex-a53",
	.index_flags = { "--target=aarch64-linux-gnu", "-march=armv8-a" },
	.check = "defined(__aarch64__) && defined(__ARM_NEON)",
	.check_message = "compiled by nnc for AArch64 with NEON: add -march=armv8-a",
	.isa = "NEON",
	.vector_bytes = 16,
	.l2_bytes = 512 << 10,
	.arena_align = 64,
	.is_hosted = true,
};
