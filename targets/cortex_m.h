/* What bases for Cortex-M share: a test program is linked with picolibc and runs on a board of QEMU, which it writes
 * to by semihosting. flash, ram: addresses; size: of the flash, with K or M. */
#ifndef NNC_CORTEX_M_H
#define NNC_CORTEX_M_H

#define CORTEX_M_BOARD(board, flash, size, ram) \
	.triple = "arm-none-eabi", .elf = { 40, 32, 0x5000000 }, .cc = "arm-none-eabi-gcc", \
	.link_flags = "--specs=picolibc.specs --crt0=semihost --oslib=semihost -Wl,--defsym=__flash=" flash \
		      " -Wl,--defsym=__flash_size=" size " -Wl,--defsym=__ram=" ram \
		      " -Wl,--defsym=__ram_size=4M -Wl,--defsym=__stack_size=16k -lm", \
	.runner = "qemu-system-arm -M " board " -display none -monitor none -serial none -icount shift=0 " \
		  "-chardev stdio,id=out -semihosting-config enable=on,target=native,chardev=out -kernel", \
	.arena_align = 8

/* Cores whose floats are subroutines of about a hundred instructions. */
#define SOFT_FLOATS \
	.has_soft_floats = true, .fmas = 0.01, .int_ops = 1, .loads = 0.5, .overlaps = false, .fma_latency = 1, \
	.vector_bytes = 4

/* The one board with a Cortex-M0, which faults at words that are not aligned; with more memory than it has. */
#define MICROBIT \
	CORTEX_M_BOARD("microbit -global nrf51-soc.flash-size=4194304 -global nrf51-soc.sram-size=4194304", "0", "4M", \
		       "0x20000000")
#define AN385 CORTEX_M_BOARD("mps2-an385", "0", "4M", "0x20000000")
#define AN386 CORTEX_M_BOARD("mps2-an386", "0", "4M", "0x20000000")
#define AN500 CORTEX_M_BOARD("mps2-an500", "0", "4M", "0x20000000")
#define AN505 CORTEX_M_BOARD("mps2-an505", "0x10000000", "4M", "0x38000000")
#define AN547 CORTEX_M_BOARD("mps3-an547", "0", "512K", "0x31000000")

#endif
