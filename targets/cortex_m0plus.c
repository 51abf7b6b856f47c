/* Cortex-M0+: as Cortex-M0 with a shorter pipeline. */
#include "target.h"

#include "targets/cortex_m.h"

extern const struct target target_cortex_m0plus;
const struct target target_cortex_m0plus = {
	.name = "cortex-m0plus",
	.description = "Cortex-M0+",
	.cflags = "-mcpu=cortex-m0plus -mthumb",
	.index_flags = "--target=thumbv6m-none-eabi -mcpu=cortex-m0plus -fshort-enums",
	.check = "defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 77",
	.check_for = "Cortex-M",
	.features = HAS_MULS,
	SOFT_FLOATS, .registers = 8,
	MICROBIT,
};
