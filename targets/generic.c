/* Portable C without intrinsics, little-endian: what every other target falls back to. */
#include "target.h"

extern const struct target target_generic;
const struct target target_generic = {
	.name = "generic",
	.description = "portable C that any compiler vectorises, little-endian",
	.triple = "",
	.cc = "cc",
	.cflags = "",
	.link_flags = "-lm",
	.runner = "",
	.index_flags = "--target=x86_64-linux-gnu -DNNRT_GENERIC",
	.check = "!defined(__BYTE_ORDER__) || __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__",
	.check_for = "little-endian machines: use --target=generic-be",
	.features = HAS_NONE,
	/* Any core of today: two multiply-adds of single numbers and two loads a cycle, by compilers that make vectors
	 * of neighbouring sums, which then take fewer registers. */
	.fmas = 2, .int_ops = 3, .loads = 2, .overlaps = true, .fma_latency = 4, .registers = 32,
	.vector_bytes = 4,
	.l1_bytes = 32 << 10,
	.l2_bytes = 256 << 10,
	.arena_align = 64,
	.is_hosted = true,
};
