/* What differs between compilers. Here alone a macro may be chosen by #if, which must stand right above its #define:
 * the runtime index then takes the whole choice, for a generated file is not bound to one compiler. */
#ifndef NNRT_COMPILER_H
#define NNRT_COMPILER_H

/** A function that disappears into its caller, so that constant arguments shape its code. */
#define NNRT_INLINE static inline __attribute__((always_inline, unused))

/** Constant table that a model need not use. */
#define NNRT_CONST static const __attribute__((unused))

/** Makes the compiler forget where pointer p leads, or what number it is. gcc 12 clones functions for a constant place
 * in a static array and then takes clones that write there for ones without effects, and drops their calls (-O2;
 * -fno-ipa-cp cures it as well): a pointer of unknown origin is not cloned for. */
#define NNRT_OPAQUE(p) __asm__("" : "+r"(p))

/** `restrict` that C++ understands too. */
#define NNRT_RESTRICT __restrict

/** Text of its argument after expansion. */
#define NNRT_TEXT(x) NNRT_TEXT_(x)

/** Text of its argument as it stands. */
#define NNRT_TEXT_(x) #x

/* Before a loop of at most n constant turns that must disappear. gcc -O2 keeps such loops, and with them
 * accumulators in memory, unless told; clang unrolls them by itself and is held back by gcc's pragma. */
#if defined(__clang__)
#define NNRT_UNROLL(n) _Pragma("clang loop unroll(full)")
#else
#define NNRT_UNROLL(n) _Pragma(NNRT_TEXT(GCC unroll n))
#endif

/* Before a loop none of whose turns reads what another writes: gcc then makes vectors of it without comparing addresses
 * first, and so where a result takes the place of an operand too. */
#if defined(__clang__)
#define NNRT_INDEPENDENT
#else
#define NNRT_INDEPENDENT _Pragma("GCC ivdep")
#endif

/** Whether the compiler knows x: where it does not, a loop over it would not disappear. */
#define NNRT_IS_CONSTANT(x) __builtin_constant_p(x)

/* Where functions of a run lie that stay out of their callers: an attribute, which a program may define. */
#if !defined(NNRT_CODE)
#define NNRT_CODE
#endif

/* Numbers of struct nnrt_conv: of pixels and rows, of strides, and of what is small; a program whose numbers all fit
 * narrower types defines these. */
#if !defined(NNRT_COUNT)
#define NNRT_COUNT int
#endif
#if !defined(NNRT_STRIDE)
#define NNRT_STRIDE ptrdiff_t
#endif
#if !defined(NNRT_SMALL)
#define NNRT_SMALL int
#endif

/** A function that all its callers share: nothing is gained by constant arguments. */
#define NNRT_SHARED static NNRT_CODE __attribute__((noinline, unused))

/* A function whose body is one basic assembly statement: its arguments come as the procedure call standard says. gcc is
 * told to leave them alone, as clang does by itself. */
#if defined(__clang__)
#define NNRT_NAKED static NNRT_CODE __attribute__((naked, noinline, unused))
#else
#define NNRT_NAKED static NNRT_CODE __attribute__((naked, noipa, unused))
#endif

/* NNRT_HAS_FPU, whether float32 is computed by instructions: kernels over bytes ask, so that none of them calls
 * subroutines; NNRT_IF_FPU, the text of assembly for either. */
#if (defined(__arm__) && !defined(__ARM_FP)) || (defined(__riscv) && !defined(__riscv_flen))
#define NNRT_HAS_FPU 0
#define NNRT_IF_FPU(with, without) without
#else
#define NNRT_HAS_FPU 1
#define NNRT_IF_FPU(with, without) with
#endif

/* Armv6-M: NNRT_HAS_LONG_PRODUCT, whether an instruction or two give the 64 bits of a product, for of its MULS gcc 12
 * makes a subroutine; NNRT_INLINE_IF_ROOM, a function that disappears into its caller where that one has registers
 * left, and not where there are eight; NNRT_HAS_UNALIGNED, whether words are loaded from any address;
 * NNRT_HAS_DIVISION, whether an instruction divides. */
#if defined(__thumb__) && !defined(__thumb2__)
#define NNRT_HAS_LONG_PRODUCT 0
#define NNRT_HAS_DIVISION 0
#define NNRT_HAS_UNALIGNED 0
#define NNRT_INLINE_IF_ROOM NNRT_SHARED
#else
#define NNRT_HAS_LONG_PRODUCT 1
#define NNRT_HAS_DIVISION 1
#define NNRT_HAS_UNALIGNED 1
#define NNRT_INLINE_IF_ROOM NNRT_INLINE
#endif

/* Before a function whose float32 products and sums must each be rounded, as written: gcc merges them across
 * statements wherever there is a fused multiply-add, unless told; clang merges only within one expression. Such
 * a function stays out of callers that may merge. gcc's -O2 also refuses vectors where addresses may overlap or the
 * turns are not whole vectors, and keeps comparisons of floats as branches for the sake of exception flags, which
 * nobody reads. */
#if defined(__clang__)
#define NNRT_LITERAL NNRT_CODE __attribute__((noinline, unused))
#else
#define NNRT_LITERAL \
	NNRT_CODE __attribute__((noinline, unused, \
		optimize("fp-contract=off", "no-trapping-math", "vect-cost-model=dynamic")))
#endif

/* Before a function with an NNRT_INDEPENDENT loop: the same two of gcc's reservations are lifted. */
#if defined(__clang__)
#define NNRT_LOOPS NNRT_CODE
#else
#define NNRT_LOOPS NNRT_CODE __attribute__((optimize("no-trapping-math", "vect-cost-model=dynamic")))
#endif

#endif
