/* 64-bit RISC-V with the vector extension 1.0. Vector length is taken as its minimum. */
#include "target.h"

extern const struct target target_rv64gcv;
const struct target target_rv64gcv = {
	.name = "rv64gcv",
	.description = "RV64GC with the vector extension 1.0",
	.triple = "riscv64-linux-gnu",
	.elf = { 243, 64, 5 },
	.cc = "clang-16",
	.cflags = "--target=riscv64-linux-gnu -march=rv64gcv",
	.link_flags = "-static -lm",
	.runner = "qemu-riscv64 -cpu rv64,v=true,vlen=256,vext_spec=v1.0",
	.index_flags = "--target=riscv64-linux-gnu -march=rv64gcv -mabi=lp64d",
	.check = "defined(__riscv) && __riscv_xlen == 64 && defined(__riscv_vector)",
	.check_for = "RV64GCV",
	.features = HAS_NONE,
	/* SiFive U74 as gcc/config/riscv/sifive-7.md has it: one FMA and, by the other pipe, one load a cycle, FMA
	 * latency 5. Kernels use single numbers. */
	.fmas = 1, .int_ops = 1, .loads = 1, .overlaps = true, .fma_latency = 5, .registers = 32,
	.vector_bytes = 4,
	.l1_bytes = 32 << 10,
	.l2_bytes = 512 << 10,
	.arena_align = 64,
	.is_hosted = true,
};
