/* 32-bit RISC-V microcontrollers without FPU. */
#include "target.h"

#include "targets/rv32.h"

extern const struct target target_rv32imc;
const struct target target_rv32imc = {
	.name = "rv32imc",
	.description = "RV32IMC",
	.cflags = "-march=rv32imc -mabi=ilp32",
	.index_flags = "--target=riscv32-unknown-elf -march=rv32imc -mabi=ilp32",
	.check = "defined(__riscv) && __riscv_xlen == 32 && defined(__riscv_mul)",
	.check_for = "RV32IMC",
	.features = HAS_NONE,
	/* Our estimate: floats by subroutines, all else an instruction a cycle. */
	.has_soft_floats = true,
	.fmas = 0.01, .int_ops = 1, .loads = 0.5, .overlaps = false, .fma_latency = 1, .registers = 28,
	.vector_bytes = 4,
	RV32_BOARD,
	.elf = { 243, 32, 1 },
};
