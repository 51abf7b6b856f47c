/* Cortex-M7: two instructions a cycle, FPU, DSP extension, caches. */
#include "target.h"

#include "targets/cortex_m.h"

extern const struct target target_cortex_m7;
const struct target target_cortex_m7 = {
	.name = "cortex-m7",
	.description = "Cortex-M7 with DSP and FPU",
	.cflags = "-mcpu=cortex-m7 -mthumb",
	.index_flags = "--target=thumbv7em-none-eabihf -mcpu=cortex-m7 -fshort-enums",
	.check = "",
	.check_for = "Cortex-M7",
	.features = HAS_DSP | HAS_FPU | HAS_MLA,
	.may_add = HAS_NO_FPU | HAS_NO_DOUBLES,
	/* One product and one load of 64 bits a cycle, VFMA's result three cycles on: LLVM's ARMScheduleM7.td. */
	.fmas = 1, .int_ops = 1, .loads = 1, .overlaps = true, .fma_latency = 3, .registers = 32,
	.vector_bytes = 4,
	.l1_bytes = 16 << 10,
	AN500,
};
