// SPDX-License-Identifier: Apache-2.0
// The kernels for processors with AVX2 and fused multiply-add.
#include <immintrin.h>

#include <algorithm>
#include <array>

#include "codec/detail/kernel_loops.h"
#include "codec/detail/reductions.h"

namespace gantry::codec::detail {
namespace {

// ---- 16 bytes hold two neighbouring values, two such loads make four values

// For the pairs of values (0,1), (2,3), (4,5), (6,7) of a group of eight, which begins at a byte.
struct PairTable {
    std::array<std::uint8_t, 4> offset{};
    std::array<std::array<std::uint8_t, 16>, 4> shuffle{};
    std::array<std::array<std::uint64_t, 2>, 4> shift{};
};

constexpr auto pair_tables = [] {
    std::array<PairTable, packed_width_max + 1> tables{};
    for (unsigned width = 0; width <= packed_width_max; ++width) {
        for (unsigned pair = 0; pair < 4; ++pair) {
            const unsigned begin = 2 * pair * width / 8;
            tables[width].offset[pair] = static_cast<std::uint8_t>(begin);
            for (unsigned value = 0; value < 2; ++value) {
                const unsigned bit = (2 * pair + value) * width - begin * 8;
                tables[width].shift[pair][value] = bit % 8;
                for (unsigned byte = 0; byte < 8; ++byte) {
                    tables[width].shuffle[pair][value * 8 + byte] =
                        static_cast<std::uint8_t>(std::min(bit / 8 + byte, 15U));
                }
            }
        }
    }
    return tables;
}();

KERNEL_AVX2 __m256i load_halves(const void* low, const void* high) {
    return _mm256_inserti128_si256(
        _mm256_castsi128_si256(_mm_loadu_si128(static_cast<const __m128i*>(low))),
        _mm_loadu_si128(static_cast<const __m128i*>(high)), 1);
}

KERNEL_AVX2 void unpack_avx2(ByteView in, unsigned width, std::uint64_t base, Output out) {
    std::size_t done = 0;
    if (width != 0 && width <= packed_width_max) {
        const PairTable& table = pair_tables[width];
        const __m256i shuffle_low = load_halves(&table.shuffle[0], &table.shuffle[1]);
        const __m256i shuffle_high = load_halves(&table.shuffle[2], &table.shuffle[3]);
        const __m256i shift_low = load_halves(&table.shift[0], &table.shift[1]);
        const __m256i shift_high = load_halves(&table.shift[2], &table.shift[3]);
        const __m256i mask = _mm256_set1_epi64x(static_cast<long long>(mask_of(width)));
        const __m256i add = _mm256_set1_epi64x(static_cast<long long>(base));
        const std::byte* from = in.data();
        const std::byte* end = in.data() + in.size();
        for (; done + 8 <= out.size() && end - from >= table.offset[3] + 16; done += 8) {
            const __m256i low =
                _mm256_shuffle_epi8(load_halves(from, from + table.offset[1]), shuffle_low);
            const __m256i high = _mm256_shuffle_epi8(
                load_halves(from + table.offset[2], from + table.offset[3]), shuffle_high);
            auto* to = reinterpret_cast<__m256i*>(out.data() + done);
            _mm256_storeu_si256(
                to,
                _mm256_add_epi64(_mm256_and_si256(_mm256_srlv_epi64(low, shift_low), mask), add));
            _mm256_storeu_si256(
                to + 1,
                _mm256_add_epi64(_mm256_and_si256(_mm256_srlv_epi64(high, shift_high), mask), add));
            from += width;
        }
    }
    unpack_from(in, width, base, out, done);
}

// ---- sums: within a vector in two steps, and what came before to all of them

KERNEL_AVX2_INLINE __m256i all_of(std::uint64_t value) {
    return _mm256_set1_epi64x(static_cast<long long>(value));
}
KERNEL_AVX2_INLINE __m256i load(const std::uint64_t* from) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}
KERNEL_AVX2_INLINE void store(std::uint64_t* to, __m256i values) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), values);
}

// `before` and the values in front of each; all of them are added to `before`.
KERNEL_AVX2_INLINE __m256i sums(__m256i values, __m256i& before) {
    const __m256i pairs = _mm256_add_epi64(values, _mm256_slli_si256(values, 8));
    const __m256i low = _mm256_permute4x64_epi64(pairs, 0b01010101);
    const __m256i all =
        _mm256_add_epi64(pairs, _mm256_blend_epi32(_mm256_setzero_si256(), low, 0b11110000));
    const __m256i out = _mm256_add_epi64(before, _mm256_sub_epi64(all, values));
    before = _mm256_add_epi64(before, _mm256_permute4x64_epi64(all, 0b11111111));
    return out;
}

// Both factors of 64 bits, the product's low 64.
KERNEL_AVX2_INLINE __m256i product(__m256i a, __m256i b) {
    const __m256i cross = _mm256_mullo_epi32(a, _mm256_shuffle_epi32(b, 0b10110001));
    const __m256i high =
        _mm256_slli_epi64(_mm256_add_epi32(cross, _mm256_srli_epi64(cross, 32)), 32);
    return _mm256_add_epi64(_mm256_mul_epu32(a, b), high);
}

struct Sums {
    __m256i base;
    __m256i unit;
    __m256i value;
    __m256i difference;
};

template <unsigned Order, bool Unit>
KERNEL_AVX2_INLINE void sum_four(Sums& state, std::uint64_t* at) {
    __m256i in = load(at);
    in = _mm256_add_epi64(Unit ? product(in, state.unit) : in, state.base);
    in = Order == 2 ? sums(in, state.difference) : in;
    store(at, Order >= 1 ? sums(in, state.value) : in);
}

template <unsigned Order, bool Unit>
KERNEL_AVX2_INLINE void sum_order(const Frame& frame, Output values) {
    Sums state = {all_of(frame.base), all_of(frame.unit), all_of(frame.starts[0]),
                  all_of(frame.starts[1])};
    std::uint64_t* at = values.data();
    std::size_t left = values.size();
    for (; left >= 4; left -= 4) {
        sum_four<Order, Unit>(state, at);
        at += 4;
    }
    std::array<std::uint64_t, 4> rest{};
    std::copy_n(at, left, rest.begin());
    sum_four<Order, Unit>(state, rest.data());
    std::copy_n(rest.begin(), left, at);
}

template <unsigned Order>
KERNEL_AVX2_INLINE void sum_order(const Frame& frame, Output values) {
    frame.unit == 1 ? sum_order<Order, false>(frame, values)
                    : sum_order<Order, true>(frame, values);
}

KERNEL_AVX2 void sum_avx2(const Frame& frame, Output values) {
    switch (frame.order) {
        case 0: sum_order<0>(frame, values); break;
        case 1: sum_order<1>(frame, values); break;
        default: sum_order<2>(frame, values); break;
    }
}

template <bool Divide, bool Single>
KERNEL_AVX2_INLINE void restore_scaled(Output values, const Scale& scale) {
    const Inverse inverse = inverse_of<Divide>(scale.factor);
    const __m256d high = _mm256_set1_pd(inverse.high);
    const __m256d low = _mm256_set1_pd(inverse.low);
    const __m256d offset = _mm256_set1_pd(scale.offset);
    const __m256d factor = _mm256_set1_pd(scale.factor);
    std::size_t i = 0;
    for (; i + 4 <= values.size(); i += 4) {
        const __m256d number = nearest_floats(load(values.data() + i));
        __m256d value = Divide ? _mm256_fmadd_pd(number, high, _mm256_mul_pd(number, low))
                               : _mm256_add_pd(offset, _mm256_mul_pd(factor, number));
        value = Single ? _mm256_cvtps_pd(_mm256_cvtpd_ps(value)) : value;
        store(values.data() + i, _mm256_castpd_si256(value));
    }
    restore_loop<Divide, Single, true>(values.subspan(i), scale);
}

KERNEL_AVX2 void restore_avx2(Output values, const Scale& scale) {
    if (scale.divide) {
        scale.single ? restore_scaled<true, true>(values, scale)
                     : restore_scaled<true, false>(values, scale);
    } else {
        scale.single ? restore_scaled<false, true>(values, scale)
                     : restore_scaled<false, false>(values, scale);
    }
}

KERNEL_AVX2 void decode_avx2(ByteView in, const Frame& frame, const Scale* scale, Output out) {
    const bool plain = frame.order == 0 && frame.unit == 1;
    unpack_avx2(in, frame.width, plain ? frame.base : 0, out.first(out.size() - frame.order));
    if (!plain) {
        std::ranges::fill(out.last(frame.order), 0U);
        sum_avx2(frame, out);
    }
    if (scale != nullptr) {
        restore_avx2(out, *scale);
    }
}

// ---- loops

KERNEL_AVX2 void steps_avx2(std::uint64_t first, std::uint64_t step, Output out) {
    steps_loop(first, step, out);
}
KERNEL_AVX2 bool rises_avx2(Values values) { return rises_loop(values); }
KERNEL_AVX2 Survey survey_avx2(Values values) { return survey_loop(values); }
KERNEL_AVX2 Range range_avx2(Values values) { return range_loop(values); }
KERNEL_AVX2 std::size_t runs_avx2(Values values) { return runs_loop(values); }
KERNEL_AVX2 void differences_avx2(Values values, Output out) { differences_loop(values, out); }
KERNEL_AVX2 bool divide_avx2(Values values, std::uint64_t base, std::uint64_t unit, Output out) {
    return divide_loop(values, base, unit, out);
}
KERNEL_AVX2 std::size_t quantise_avx2(Values floats, const Scale& scale, Output out) {
    return quantise_any<true>(floats, scale, out);
}
KERNEL_AVX2 void pack_avx2(Values values, std::uint64_t base, unsigned width, std::byte* to) {
    pack_loop(values, base, width, to);
}

}  // namespace

bool avx2_available() {
    return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
}

const Kernels kernels_avx2 = {"avx2",
                              avx2_available,
                              unpack_avx2,
                              decode_avx2,
                              sum_avx2,
                              restore_avx2,
                              steps_avx2,
                              rises_avx2,
                              survey_avx2,
                              range_avx2,
                              runs_avx2,
                              differences_avx2,
                              divide_avx2,
                              quantise_avx2,
                              pack_avx2,
                              reduce_floats_avx2,
                              reduce_integers_avx2};

}  // namespace gantry::codec::detail
