/* Cortex-M4F: single-precision FPU with fused multiply-add, DSP extension, no cache. */
#include "target.h"

#include "targets/cortex_m.h"

extern const struct target target_cortex_m4;
const struct target target_cortex_m4 = {
	.name = "cortex-m4",
	.description = "Cortex-M4F with DSP and single-precision FPU",
	.cflags = "-mcpu=cortex-m4 -mthumb",
	.index_flags = "--target=thumbv7em-none-eabihf -mcpu=cortex-m4 -fshort-enums",
	.check = "",
	.check_for = "Cortex-M4",
	.features = HAS_DSP | HAS_FPU | HAS_MLA,
	.may_add = HAS_NO_FPU,
	/* VFMA 3 cycles, VLDR 2, one after the other: Cortex-M4 Technical Reference Manual, as LLVM's ARMScheduleM4.td
	 * repeats it. */
	.fmas = 1.0 / 3, .int_ops = 1, .loads = 0.5, .overlaps = false, .fma_latency = 3, .registers = 32,
	.vector_bytes = 4,
	AN386,
};
