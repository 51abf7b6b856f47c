/* 32-bit RISC-V microcontrollers with a single-precision FPU. */
#include "target.h"

#include "targets/rv32.h"

extern const struct target target_rv32imafc;
const struct target target_rv32imafc = {
	.name = "rv32imafc",
	.description = "RV32IMAFC",
	.cflags = "-march=rv32imafc -mabi=ilp32f",
	.index_flags = "--target=riscv32-unknown-elf -march=rv32imafc -mabi=ilp32f",
	.check = "defined(__riscv) && __riscv_xlen == 32 && defined(__riscv_mul) && defined(__riscv_flen)",
	.check_for = "RV32IMAFC (without FPU: --target=rv32imc)",
	.features = HAS_NONE,
	/* Our estimate: one FMA or load every other cycle, a sum's next FMA after four. */
	.fmas = 0.5, .int_ops = 1, .loads = 0.5, .overlaps = false, .fma_latency = 4, .registers = 32,
	.vector_bytes = 4,
	RV32_BOARD,
	.elf = { 243, 32, 3 },
};
