/* Portable C without intrinsics, little-endian: what every other target falls back to. */
#include "target.h"

#include "targets/any_core.h"

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
	ANY_CORE,
	.is_hosted = true,
};
