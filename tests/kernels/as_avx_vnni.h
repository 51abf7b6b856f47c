/* AVX-VNNI's instructions as AVX-512 VNNI codes them. Included before all else, and after the compiler's own header,
 * which declares functions of the names below. */
#ifndef TESTS_KERNELS_AS_AVX_VNNI_H
#define TESTS_KERNELS_AS_AVX_VNNI_H

#include <immintrin.h>

#define __AVXVNNI__
#define TEST_ROWS_AVX_VNNI
#define _mm256_dpbusd_avx_epi32 _mm256_dpbusd_epi32

#endif
