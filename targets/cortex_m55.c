/* Cortex-M55 with Helium, as most of its makers include it: vectors of bytes and floats. */
#include "target.h"

#include "targets/cortex_m.h"

extern const struct target target_cortex_m55;
const struct target target_cortex_m55 = {
	.name = "cortex-m55",
	.description = "Cortex-M55 with Helium, DSP and FPU",
	.cflags = "-mcpu=cortex-m55 -mthumb",
	.index_flags = "--target=thumbv8.1m.main-none-eabihf -mcpu=cortex-m55 -fshort-enums",
	.check = "",
	.check_for = "Cortex-M55",
	.features = HAS_DSP | HAS_FPU | HAS_MLA | HAS_MVE,
	.may_add = HAS_NO_FPU | HAS_NO_MVE,
	/* Our estimate: as Cortex-M4; an instruction on a vector of bytes takes two cycles, beside a load of one. */
	.fmas = 1.0 / 3, .int_ops = 1, .loads = 0.5, .overlaps = false, .fma_latency = 3, .registers = 32,
	.vector_bytes = 4,
	AN547,
};
