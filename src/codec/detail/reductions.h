// SPDX-License-Identifier: Apache-2.0
// The reductions of each set of kernels. All give the same, to the last bit (codec/reduce.h).
#pragma once

#include <immintrin.h>

#include <cstdint>

#include "codec/detail/kernel_loops.h"
#include "codec/reduce.h"

namespace gantry::codec::detail {

// Without a shift there is no sum of squares.
Reduction reduce_floats_portable(Values bits, const double* shift);
Reduction reduce_integers_portable(Values bits, const double* shift);
Reduction reduce_floats_avx2(Values bits, const double* shift);
Reduction reduce_integers_avx2(Values bits, const double* shift);
Reduction reduce_floats_avx512(Values bits, const double* shift);
Reduction reduce_integers_avx512(Values bits, const double* shift);

// The float64 nearest to each signed integer. The high 16 bits are added to 3 * 2^67 and the low 48
// to 2^52, as patterns and exactly; only the last sum rounds (Mysticial, answer to "How to
// efficiently perform double/int64 conversions with SSE/AVX", Stack Overflow 41144668).
KERNEL_AVX2_INLINE __m256d nearest_floats(__m256i integers) {
    const __m256i high = _mm256_add_epi64(
        _mm256_blend_epi16(_mm256_srai_epi32(integers, 16), _mm256_setzero_si256(), 0x33),
        _mm256_castpd_si256(_mm256_set1_pd(442721857769029238784.0)));
    const __m256i low =
        _mm256_blend_epi16(integers, _mm256_castpd_si256(_mm256_set1_pd(0x1p52)), 0x88);
    return _mm256_add_pd(
        _mm256_sub_pd(_mm256_castsi256_pd(high), _mm256_set1_pd(442726361368656609280.0)),
        _mm256_castsi256_pd(low));
}

}  // namespace gantry::codec::detail
