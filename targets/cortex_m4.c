/* Cortex-M4F: single-precision FPU with fused multiply-add, DSP extension, no cache. */
#include "target.h"

extern const struct target target_cortex_m4;
const struct target target_cortex_m4 = {
	.name = "cortex-m4",
	.description = "Cortex-M4F with DSP and single-precision FPU",
	.triple = "arm-none-eabi",
	.cc = "arm-none-eabi-gcc",
	.cflags = "-mcpu=cortex-m4 -mthumb",
	.link_flags = "--specs=picolibc.specs --crt0=semihost --oslib=semihost -Wl,--defsym=__flash=0 "
		      "-Wl,--defsym=__flash_size=4M -Wl,--defsym=__ram=0x20000000 -Wl,--defsym=__ram_size=4M "
		      "-Wl,--defsym=__stack_size=16k -lm",
	.runner = "qemu-system-arm -M mps2-an386 -display none -monitor none -serial none -icount shift=0 "
		  "-chardev stdio,id=out -semihosting-config enable=on,target=native,chardev=out -kernel",
	.index_flags = "--target=thumbv7em-none-eabihf -mcpu=cortex-m4 -fshort-enums",
	.check = "",
	.check_for = "Cortex-M4",
	.features = HAS_DSP | HAS_FPU,
	.may_add = HAS_NO_FPU,
	/* VFMA 3 cycles, VLDR 2, one after the other: Cortex-M4 Technical Reference Manual, as LLVM's ARMScheduleM4.td
	 * repeats it. */
	.fmas = 1.0 / 3, .int_ops = 1, .loads = 0.5, .overlaps = false, .fma_latency = 3, .registers = 32,
	.vector_bytes = 4,
	.arena_align = 8,
};
