/* 32-bit ARMv7-A with NEON and VFPv4 (Cortex-A5, A7, A15 and later), hard-float ABI. */
#include "target.h"

extern const struct target target_armv7;
const struct target target_armv7 = {
	.name = "armv7",
	.description = "ARMv7-A with NEON and VFPv4",
	.triple = "arm-linux-gnueabihf",
	.cc = "arm-linux-gnueabihf-gcc",
	.cflags = "-march=armv7-a -mfpu=neon-vfpv4 -mfloat-abi=hard",
	.link_flags = "-static -lm",
	.runner = "qemu-arm -cpu cortex-a7",
	.index_flags = { "--target=arm-linux-gnueabihf", "-march=armv7-a", "-mfpu=neon-vfpv4", "-mfloat-abi=hard" },
	.check = "defined(__ARM_NEON) && defined(__ARM_FEATURE_FMA)",
	.check_message = "compiled by nnc for NEON and VFPv4: add -march=armv7-a -mfpu=neon-vfpv4 -mfloat-abi=hard",
	.isa = "NEON32",
	.vector_bytes = 16,
	.l2_bytes = 256 << 10,
	.arena_align = 64,
	.is_hosted = true,
};
