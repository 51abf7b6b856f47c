/* Portable C for big-endian machines: as generic, with the bytes of the weights the other way round. */
#include "target.h"

extern const struct target target_generic_be;
const struct target target_generic_be = {
	.name = "generic-be",
	.description = "portable C that any compiler vectorises, big-endian",
	.triple = "s390x-linux-gnu",
	.cc = "s390x-linux-gnu-gcc",
	.cflags = "",
	.link_flags = "-static -lm",
	.runner = "qemu-s390x",
	.index_flags = "--target=s390x-linux-gnu -DNNRT_GENERIC",
	.check = "defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__",
	.check_for = "big-endian machines: use --target=generic",
	.features = HAS_NONE,
	/* Any core of today: two multiply-adds of single numbers and two loads a cycle, by compilers that make vectors
	 * of neighbouring sums, which then take fewer registers. */
	.fmas = 2, .int_ops = 3, .loads = 2, .overlaps = true, .fma_latency = 4, .registers = 32,
	.vector_bytes = 4,
	.l1_bytes = 32 << 10,
	.l2_bytes = 256 << 10,
	.arena_align = 64,
	.is_big_endian = true,
	.is_hosted = true,
};
