// SPDX-License-Identifier: Apache-2.0
#include <immintrin.h>

#include <bit>
#include <cstdint>

#include "lineprotocol/detail/find.h"

namespace gantry::lineprotocol::detail {

bool avx512_available() {
    return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
           __builtin_cpu_supports("bmi2") != 0;
}

__attribute__((target("avx512f,avx512bw,bmi2"))) const char* find_avx512(const char* from,
                                                                         const char* end,
                                                                         Stops stops) {
    const __m512i first = _mm512_set1_epi8(stops[0]);
    const __m512i second = _mm512_set1_epi8(stops[1]);
    const __m512i third = _mm512_set1_epi8(stops[2]);
    const __m512i fourth = _mm512_set1_epi8(stops[3]);
    while (from != end) {
        const auto left = static_cast<std::uint64_t>(end - from);
        const __mmask64 there = left >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << left) - 1;
        const __m512i bytes = _mm512_maskz_loadu_epi8(there, from);
        const std::uint64_t found =
            there & (_mm512_cmpeq_epi8_mask(bytes, first) | _mm512_cmpeq_epi8_mask(bytes, second) |
                     _mm512_cmpeq_epi8_mask(bytes, third) | _mm512_cmpeq_epi8_mask(bytes, fourth));
        if (found != 0) {
            return from + std::countr_zero(found);
        }
        from += left >= 64 ? 64 : left;
    }
    return end;
}

}  // namespace gantry::lineprotocol::detail
