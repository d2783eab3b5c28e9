// SPDX-License-Identifier: Apache-2.0
#include "codec/detail/reductions.h"

#include <array>
#include <bit>
#include <limits>
#include <type_traits>

namespace gantry::codec::detail {
namespace {

constexpr std::size_t lane_count = 8;
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

struct Floats {
    static double number(std::uint64_t bits) { return std::bit_cast<double>(bits); }
};
struct Integers {
    static double number(std::uint64_t bits) {
        return static_cast<double>(static_cast<std::int64_t>(bits));
    }
};

// ---- portable

struct Lane {
    double min = infinity;
    double max = -infinity;
    double sum = 0;
    double square_sum = 0;

    void add(double value, double shift) {
        const double difference = value - shift;
        min = value < min ? value : min;
        max = value > max ? value : max;
        sum += value;
        square_sum += difference * difference;
    }
    void add(const Lane& other) {
        min = other.min < min ? other.min : min;
        max = other.max > max ? other.max : max;
        sum += other.sum;
        square_sum += other.square_sum;
    }
};

template <class Type>
Reduction reduce_portable(Values bits, const double* shift) {
    std::array<Lane, lane_count> lanes;
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < bits.size(); ++i) {
        if (const double value = Type::number(bits[i]); value == value) {
            lanes[i % lane_count].add(value, shift == nullptr ? value : *shift);
            ++count;
        }
    }
    if (count == 0) {
        return {};
    }
    for (std::size_t step = lane_count / 2; step > 0; step /= 2) {
        for (std::size_t lane = 0; lane < step; ++lane) {
            lanes[lane].add(lanes[lane + step]);
        }
    }
    return {count, lanes[0].min, lanes[0].max, lanes[0].sum,
            shift == nullptr ? 0 : lanes[0].square_sum};
}

// ---- AVX2: lanes 0 to 3 and 4 to 7, each a vector. The instructions for minimum and maximum give
// their second operand where the two are equal or one is NaN.

struct Half {
    __m256i missing;  // minus the numbers taken
    __m256d min;
    __m256d max;
    __m256d sum;
    __m256d square_sum;

    template <bool Squares>
    KERNEL_AVX2_INLINE void add(__m256d value, __m256d shift) {
        const __m256d there = _mm256_cmp_pd(value, value, _CMP_ORD_Q);
        min = _mm256_min_pd(value, min);
        max = _mm256_max_pd(value, max);
        sum = _mm256_blendv_pd(sum, _mm256_add_pd(sum, value), there);
        if (Squares) {
            const __m256d difference = _mm256_sub_pd(value, shift);
            const __m256d more = _mm256_add_pd(square_sum, _mm256_mul_pd(difference, difference));
            square_sum = _mm256_blendv_pd(square_sum, more, there);
        }
        missing = _mm256_add_epi64(missing, _mm256_castpd_si256(there));
    }
    KERNEL_AVX2_INLINE void add(const Half& other) {
        min = _mm256_min_pd(other.min, min);
        max = _mm256_max_pd(other.max, max);
        sum = _mm256_add_pd(sum, other.sum);
        square_sum = _mm256_add_pd(square_sum, other.square_sum);
        missing = _mm256_add_epi64(missing, other.missing);
    }
};

KERNEL_AVX2_INLINE Half no_half() {
    return {_mm256_setzero_si256(), _mm256_set1_pd(infinity), _mm256_set1_pd(-infinity),
            _mm256_setzero_pd(), _mm256_setzero_pd()};
}

KERNEL_AVX2_INLINE __m128d low_of(__m256d lanes) { return _mm256_castpd256_pd128(lanes); }
KERNEL_AVX2_INLINE __m128d high_of(__m256d lanes) { return _mm256_extractf128_pd(lanes, 1); }
KERNEL_AVX2_INLINE __m128d other_of(__m128d lanes) { return _mm_unpackhi_pd(lanes, lanes); }

KERNEL_AVX2_INLINE Reduction folded(const Half& half, std::uint64_t count) {
    if (count == 0) {
        return {};
    }
    const __m128d min = _mm_min_pd(high_of(half.min), low_of(half.min));
    const __m128d max = _mm_max_pd(high_of(half.max), low_of(half.max));
    const __m128d sum = _mm_add_pd(low_of(half.sum), high_of(half.sum));
    const __m128d squares = _mm_add_pd(low_of(half.square_sum), high_of(half.square_sum));
    return {count, _mm_cvtsd_f64(_mm_min_sd(other_of(min), min)),
            _mm_cvtsd_f64(_mm_max_sd(other_of(max), max)),
            _mm_cvtsd_f64(_mm_add_sd(sum, other_of(sum))),
            _mm_cvtsd_f64(_mm_add_sd(squares, other_of(squares)))};
}

template <class Type>
KERNEL_AVX2_INLINE __m256d four_numbers(const std::uint64_t* from) {
    const __m256i bits = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
    if constexpr (std::is_same_v<Type, Integers>) {
        return nearest_floats(bits);
    } else {
        return _mm256_castsi256_pd(bits);
    }
}

template <class Type, bool Squares>
KERNEL_AVX2_INLINE Reduction reduce_halves(Values bits, double shift) {
    const __m256d shifts = _mm256_set1_pd(shift);
    Half low = no_half();
    Half high = no_half();
    std::size_t i = 0;
    for (; i + lane_count <= bits.size(); i += lane_count) {
        low.add<Squares>(four_numbers<Type>(bits.data() + i), shifts);
        high.add<Squares>(four_numbers<Type>(bits.data() + i + 4), shifts);
    }
    std::array<double, lane_count> rest;
    rest.fill(no_number);
    for (std::size_t lane = 0; i + lane < bits.size(); ++lane) {
        rest[lane] = Type::number(bits[i + lane]);
    }
    low.add<Squares>(_mm256_loadu_pd(rest.data()), shifts);
    high.add<Squares>(_mm256_loadu_pd(rest.data() + 4), shifts);
    low.add(high);
    std::array<std::uint64_t, 4> missing;
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(missing.data()), low.missing);
    return folded(low, 0 - (missing[0] + missing[1] + missing[2] + missing[3]));
}

// ---- AVX-512: all lanes in one vector

template <class Type, bool Squares>
KERNEL_AVX512_INLINE Reduction reduce_whole(Values bits, double shift) {
    const __m512d shifts = _mm512_set1_pd(shift);
    __m512d min = _mm512_set1_pd(infinity);
    __m512d max = _mm512_set1_pd(-infinity);
    __m512d sum = _mm512_setzero_pd();
    __m512d squares = _mm512_setzero_pd();
    __m512i counts = _mm512_setzero_si512();
    const std::uint64_t* from = bits.data();
    for (std::size_t left = bits.size(); left > 0;) {
        auto there = static_cast<__mmask8>(left >= lane_count ? 0xff : (1U << left) - 1);
        const __m512i pattern = _mm512_maskz_loadu_epi64(there, from);
        __m512d value;
        if constexpr (std::is_same_v<Type, Integers>) {
            value = _mm512_cvtepi64_pd(pattern);
        } else {
            value = _mm512_castsi512_pd(pattern);
            there = _mm512_mask_cmp_pd_mask(there, value, value, _CMP_ORD_Q);
            counts = _mm512_mask_add_epi64(counts, there, counts, _mm512_set1_epi64(1));
        }
        min = _mm512_mask_min_pd(min, there, value, min);
        max = _mm512_mask_max_pd(max, there, value, max);
        sum = _mm512_mask_add_pd(sum, there, sum, value);
        if (Squares) {
            const __m512d difference = _mm512_sub_pd(value, shifts);
            squares =
                _mm512_mask_add_pd(squares, there, squares, _mm512_mul_pd(difference, difference));
        }
        from += lane_count;
        left -= left < lane_count ? left : lane_count;
    }
    Half low = {_mm256_setzero_si256(), _mm512_castpd512_pd256(min), _mm512_castpd512_pd256(max),
                _mm512_castpd512_pd256(sum), _mm512_castpd512_pd256(squares)};
    low.add({_mm256_setzero_si256(), _mm512_extractf64x4_pd(min, 1), _mm512_extractf64x4_pd(max, 1),
             _mm512_extractf64x4_pd(sum, 1), _mm512_extractf64x4_pd(squares, 1)});
    return folded(low, std::is_same_v<Type, Integers>
                           ? bits.size()
                           : static_cast<std::uint64_t>(_mm512_reduce_add_epi64(counts)));
}

// Where no sum of so many leaves 53 bits, integers added up as integers come to the same, and do
// not wait for each other as long. False if a sum might.
KERNEL_AVX512_INLINE bool reduce_exactly(Values bits, Reduction& out) {
    constexpr std::int64_t limit = std::int64_t{1} << 53;
    __m512i min = _mm512_set1_epi64(std::numeric_limits<std::int64_t>::max());
    __m512i max = _mm512_set1_epi64(std::numeric_limits<std::int64_t>::min());
    __m512i sum = _mm512_setzero_si512();
    const std::uint64_t* from = bits.data();
    std::size_t left = bits.size();
    for (; left >= lane_count; left -= lane_count) {
        const __m512i values = _mm512_loadu_si512(from);
        min = _mm512_min_epi64(min, values);
        max = _mm512_max_epi64(max, values);
        sum = _mm512_add_epi64(sum, values);
        from += lane_count;
    }
    const auto there = static_cast<__mmask8>((1U << left) - 1);
    const __m512i values = _mm512_maskz_loadu_epi64(there, from);
    const std::int64_t least =
        _mm512_reduce_min_epi64(_mm512_mask_min_epi64(min, there, min, values));
    const std::int64_t most =
        _mm512_reduce_max_epi64(_mm512_mask_max_epi64(max, there, max, values));
    const auto each = limit / static_cast<std::int64_t>(bits.size() + 1);
    if (bits.empty() || least <= -each || most >= each) {
        return false;
    }
    const std::int64_t total = _mm512_reduce_add_epi64(_mm512_add_epi64(sum, values));
    out = {bits.size(), static_cast<double>(least), static_cast<double>(most),
           static_cast<double>(total), 0};
    return true;
}

}  // namespace

Reduction reduce_floats_portable(Values bits, const double* shift) {
    return reduce_portable<Floats>(bits, shift);
}
Reduction reduce_integers_portable(Values bits, const double* shift) {
    return reduce_portable<Integers>(bits, shift);
}
KERNEL_AVX2 Reduction reduce_floats_avx2(Values bits, const double* shift) {
    return shift == nullptr ? reduce_halves<Floats, false>(bits, 0)
                            : reduce_halves<Floats, true>(bits, *shift);
}
KERNEL_AVX2 Reduction reduce_integers_avx2(Values bits, const double* shift) {
    return shift == nullptr ? reduce_halves<Integers, false>(bits, 0)
                            : reduce_halves<Integers, true>(bits, *shift);
}
KERNEL_AVX512 Reduction reduce_floats_avx512(Values bits, const double* shift) {
    return shift == nullptr ? reduce_whole<Floats, false>(bits, 0)
                            : reduce_whole<Floats, true>(bits, *shift);
}
KERNEL_AVX512 Reduction reduce_integers_avx512(Values bits, const double* shift) {
    if (shift != nullptr) {
        return reduce_whole<Integers, true>(bits, *shift);
    }
    Reduction exact;
    return reduce_exactly(bits, exact) ? exact : reduce_whole<Integers, false>(bits, 0);
}

}  // namespace gantry::codec::detail
