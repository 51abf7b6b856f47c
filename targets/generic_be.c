/* Portable C for big-endian machines: as generic, with the bytes of the weights the other way round. */
#include "target.h"

#include "targets/any_core.h"

extern const struct target target_generic_be;
const struct target target_generic_be = {
	.name = "generic-be",
	.description = "portable C that any compiler vectorises, big-endian",
	.triple = "s390x-linux-gnu",
	.elf = { 22, 64, 0 },
	.cc = "s390x-linux-gnu-gcc",
	.cflags = "",
	.link_flags = "-static -lm",
	.runner = "qemu-s390x",
	.index_flags = "--target=s390x-linux-gnu -DNNRT_GENERIC",
	.check = "defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__",
	.check_for = "big-endian machines: use --target=generic",
	.features = HAS_NONE,
	ANY_CORE,
	.is_big_endian = true,
	.is_hosted = true,
};
