/* Cortex-M85 with Helium. By architecture, for gcc before 13 does not know its name; it runs on a Cortex-M55 here. */
#include "target.h"

#include "targets/cortex_m.h"

extern const struct target target_cortex_m85;
const struct target target_cortex_m85 = {
	.name = "cortex-m85",
	.description = "Cortex-M85 with Helium, DSP and FPU",
	.cflags = "-march=armv8.1-m.main+dsp+fp.dp -mthumb",
	.index_flags = "--target=thumbv8.1m.main-none-eabihf -mcpu=cortex-m55 -fshort-enums",
	.check = "",
	.check_for = "Cortex-M85",
	.features = HAS_DSP | HAS_FPU | HAS_MLA | HAS_MVE_MARCH,
	.may_add = HAS_NO_FPU | HAS_NO_MVE_MARCH,
	/* Our estimate: as Cortex-M7. */
	.fmas = 1, .int_ops = 1, .loads = 1, .overlaps = true, .fma_latency = 3, .registers = 32,
	.vector_bytes = 4,
	.l1_bytes = 32 << 10,
	AN547,
};
