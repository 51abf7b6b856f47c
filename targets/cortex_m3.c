/* Cortex-M3: no FPU, no products of pairs. */
#include "target.h"

#include "targets/cortex_m.h"

extern const struct target target_cortex_m3;
const struct target target_cortex_m3 = {
	.name = "cortex-m3",
	.description = "Cortex-M3",
	.cflags = "-mcpu=cortex-m3 -mthumb",
	.index_flags = "--target=thumbv7m-none-eabi -mcpu=cortex-m3 -fshort-enums",
	.check = "defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 77 && defined(__thumb2__)",
	.check_for = "Cortex-M3 and above (others: --target=cortex-m0)",
	.features = HAS_MLA,
	SOFT_FLOATS, .registers = 13,
	AN385,
};
