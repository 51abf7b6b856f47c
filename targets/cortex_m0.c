/* Cortex-M0: no FPU, products of 32 bits by 32 alone, eight registers that all instructions take. */
#include "target.h"

#include "targets/cortex_m.h"

extern const struct target target_cortex_m0;
const struct target target_cortex_m0 = {
	.name = "cortex-m0",
	.description = "Cortex-M0",
	.cflags = "-mcpu=cortex-m0 -mthumb",
	.index_flags = "--target=thumbv6m-none-eabi -mcpu=cortex-m0 -fshort-enums",
	.check = "defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 77",
	.check_for = "Cortex-M",
	.features = HAS_MULS,
	SOFT_FLOATS, .registers = 8,
	MICROBIT,
};
