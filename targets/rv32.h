/* What bases for 32-bit RISC-V microcontrollers share: a test program is linked with picolibc and runs on QEMU's board
 * `virt`, which it writes to by semihosting. */
#ifndef NNC_RV32_H
#define NNC_RV32_H

#define RV32_BOARD \
	.triple = "riscv64-unknown-elf", .cc = "riscv64-unknown-elf-gcc", \
	.link_flags = "--specs=picolibc.specs --crt0=semihost --oslib=semihost -Wl,--defsym=__flash=0x80000000 " \
		      "-Wl,--defsym=__flash_size=4M -Wl,--defsym=__ram=0x80400000 -Wl,--defsym=__ram_size=4M " \
		      "-Wl,--defsym=__stack_size=16k -lm", \
	.runner = "qemu-system-riscv32 -M virt -bios none -display none -monitor none -serial none -icount shift=0 " \
		  "-chardev stdio,id=out -semihosting-config enable=on,target=native,chardev=out -kernel", \
	.arena_align = 8

#endif
