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
	.index_flags = { "--target=wasm32-wasi", "-msimd128" },
	.check = "defined(__wasm_simd128__)",
	.check_message = "compiled by nnc for WebAssembly SIMD: add -msimd128",
	.isa = "WASM",
	.vector_bytes = 16,
	.l2_bytes = 256 << 10,
	.arena_align = 64,
	.is_hosted = true,
};
