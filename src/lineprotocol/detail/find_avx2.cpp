// SPDX-License-Identifier: Apache-2.0
#include <immintrin.h>

#include <bit>
#include <cstdint>

#include "lineprotocol/detail/find.h"

namespace gantry::lineprotocol::detail {

bool avx2_available() { return __builtin_cpu_supports("avx2") != 0; }

__attribute__((target("avx2"))) const char* find_avx2(const char* from, const char* end,
                                                      Stops stops) {
    const __m256i first = _mm256_set1_epi8(stops[0]);
    const __m256i second = _mm256_set1_epi8(stops[1]);
    const __m256i third = _mm256_set1_epi8(stops[2]);
    const __m256i fourth = _mm256_set1_epi8(stops[3]);
    for (; end - from >= 32; from += 32) {
        const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
        const __m256i either =
            _mm256_or_si256(_mm256_cmpeq_epi8(bytes, first), _mm256_cmpeq_epi8(bytes, second));
        const __m256i other =
            _mm256_or_si256(_mm256_cmpeq_epi8(bytes, third), _mm256_cmpeq_epi8(bytes, fourth));
        const auto found =
            static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_or_si256(either, other)));
        if (found != 0) {
            return from + std::countr_zero(found);
        }
    }
    return find_portable(from, end, stops);
}

}  // namespace gantry::lineprotocol::detail
