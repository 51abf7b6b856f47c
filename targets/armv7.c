/* 32-bit ARMv7-A with NEON and VFPv4 (Cortex-A5, A7, A15 and later), hard-float ABI. */
#include "target.h"

extern const struct target target_armv7;
const struct target target_armv7 = {
	.name = "armv7",
	.description = "ARMv7-A with NEON and VFPv4",
	.triple = "arm-linux-gnueabihf",
	.elf = { 40, 32, 0x5000000 },
	.cc = "arm-linux-gnueabihf-gcc",
	.cflags = "-march=armv7-a -mfpu=neon-vfpv4 -mfloat-abi=hard",
	.link_flags = "-static -lm",
	.runner = "qemu-arm -cpu cortex-a7",
	.index_flags = "--target=arm-linux-gnueabihf -march=armv7-a -mfpu=neon-vfpv4 -mfloat-abi=hard",
	.check = "",
	.check_for = "NEON and VFPv4",
	.features = HAS_NEON32,
	/* Cortex-A7. gcc/config/arm/cortex-a7.md: NEON instructions begin alone and take two cycles, four to the next
	 * VFMA of a sum. Our estimate: so does a 128-bit VFMA, to which gcc gives one, for the unit is 64 bits wide. */
	.fmas = 0.5, .int_ops = 0.5, .loads = 0.5, .overlaps = false, .fma_latency = 4, .registers = 16,
	.has_lane_fma = true,
	.vector_bytes = 16,
	.l1_bytes = 32 << 10,
	.l2_bytes = 256 << 10,
	.arena_align = 64,
	.is_hosted = true,
};
