/* Cortex-M33: Armv8-M with the DSP extension and FPU that most of its makers include. */
#include "target.h"

#include "targets/cortex_m.h"

extern const struct target target_cortex_m33;
const struct target target_cortex_m33 = {
	.name = "cortex-m33",
	.description = "Cortex-M33 with DSP and single-precision FPU",
	.cflags = "-mcpu=cortex-m33 -mthumb",
	.index_flags = "--target=thumbv8m.main-none-eabihf -mcpu=cortex-m33 -fshort-enums",
	.check = "",
	.check_for = "Cortex-M33",
	.features = HAS_DSP | HAS_FPU | HAS_MLA,
	.may_add = HAS_NO_FPU | HAS_NO_DSP,
	/* Our estimate: as Cortex-M4. */
	.fmas = 1.0 / 3, .int_ops = 1, .loads = 0.5, .overlaps = false, .fma_latency = 3, .registers = 32,
	.vector_bytes = 4,
	AN505,
};
