/* WebAssembly with 128-bit SIMD; no fused multiply-add without relaxed SIMD. */
#include "target.h"

extern const struct target target_wasm32;
const struct target target_wasm32 = {
	.name = "wasm32",
	.description = "WebAssembly with simd128",
	.triple = "wasm32-wasi",
	.cc = "clang",
	.cflags = "--target=wasm32-wasi -msimd128",
	.link_flags = "",
	.runner = "node --no-warnings",
	.index_flags = "--target=wasm32-wasi -msimd128",
	.check = "",
	.check_for = "WebAssembly SIMD",
	.features = HAS_WASM_SIMD128,
	/* An engine on x86-64: product and sum are two instructions, on two ports; four cycles from sum to sum. */
	.fmas = 1, .int_ops = 2, .loads = 2, .overlaps = true, .fma_latency = 4, .registers = 16,
	.vector_bytes = 16,
	.l1_bytes = 32 << 10,
	.l2_bytes = 256 << 10,
	.arena_align = 64,
	.is_hosted = true,
};
