// SPDX-License-Identifier: Apache-2.0
// The kernels for processors with AVX-512 and VBMI.
#include <immintrin.h>

#include <algorithm>
#include <array>
#include <type_traits>

#include "codec/detail/kernel_loops.h"
#include "codec/detail/reductions.h"

namespace gantry::codec::detail {
namespace {

constexpr std::size_t lanes = 8;

KERNEL_AVX512_INLINE __mmask8 mask_below(std::size_t count) {
    return static_cast<__mmask8>(count >= lanes ? 0xff : (1U << count) - 1);
}
KERNEL_AVX512_INLINE __m512i all_of(std::uint64_t value) {
    return _mm512_set1_epi64(static_cast<long long>(value));
}

// ---- where eight numbers come from

// One permutation of bytes brings eight packed values to their places.
struct GroupTable {
    std::array<std::uint8_t, 64> permute{};
    std::array<std::uint64_t, 8> shift{};
};

constexpr auto group_tables = [] {
    std::array<GroupTable, packed_width_max + 1> tables{};
    for (unsigned width = 0; width <= packed_width_max; ++width) {
        for (unsigned value = 0; value < 8; ++value) {
            tables[width].shift[value] = value * width % 8;
            for (unsigned byte = 0; byte < 8; ++byte) {
                tables[width].permute[value * 8 + byte] =
                    static_cast<std::uint8_t>(std::min(value * width / 8 + byte, 63U));
            }
        }
    }
    return tables;
}();

struct PackedNumbers {
    const std::byte* from;
    std::size_t left;
    std::size_t width;
    __m512i permute;
    __m512i shift;
    __m512i mask;

    KERNEL_AVX512_INLINE bool ample() const { return left >= 64; }
    KERNEL_AVX512_INLINE __m512i next_of_ample() {
        const __m512i out = numbers(_mm512_loadu_si512(from));
        from += width;
        left -= width;
        return out;
    }
    KERNEL_AVX512_INLINE __m512i next() {
        const std::uint64_t there = ample() ? ~std::uint64_t{0} : (std::uint64_t{1} << left) - 1;
        const __m512i out = numbers(_mm512_maskz_loadu_epi8(there, from));
        from += std::min(width, left);
        left -= std::min(width, left);
        return out;
    }
    KERNEL_AVX512_INLINE __m512i numbers(__m512i bytes) const {
        return _mm512_and_si512(_mm512_srlv_epi64(_mm512_permutexvar_epi8(permute, bytes), shift),
                                mask);
    }
};

KERNEL_AVX512_INLINE PackedNumbers packed_numbers(ByteView in, unsigned width) {
    const GroupTable& table = group_tables[width];
    return {in.data(),
            in.size(),
            width,
            _mm512_loadu_si512(table.permute.data()),
            _mm512_loadu_si512(table.shift.data()),
            all_of(mask_of(width))};
}

struct WholeNumbers {
    const void* from;
    std::size_t left;

    KERNEL_AVX512_INLINE bool ample() const { return left >= lanes; }
    KERNEL_AVX512_INLINE __m512i next_of_ample() { return next(); }
    KERNEL_AVX512_INLINE __m512i next() {
        const __m512i out = _mm512_maskz_loadu_epi64(mask_below(left), from);
        from = static_cast<const std::uint64_t*>(from) + std::min(lanes, left);
        left -= std::min(lanes, left);
        return out;
    }
};

// Eight numbers of 1 to 8 bits, each a byte of a word.
struct PackedBytes {
    const std::byte* from;
    std::size_t left;
    std::size_t width;
    std::uint64_t places;

    KERNEL_AVX512_INLINE bool ample() const { return left >= 8; }
    KERNEL_AVX512_INLINE std::uint64_t next_of_ample() {
        std::uint64_t word = 0;
        std::memcpy(&word, from, 8);
        from += width;
        left -= width;
        return _pdep_u64(word, places);
    }
    KERNEL_AVX512_INLINE std::uint64_t next() {
        std::uint64_t word = 0;
        std::memcpy(&word, from, std::min<std::size_t>(left, 8));
        from += std::min(width, left);
        left -= std::min(width, left);
        return _pdep_u64(word, places);
    }
};

// ---- what becomes of them

struct AsIntegers {
    KERNEL_AVX512_INLINE __m512i operator()(__m512i values) const { return values; }
};

template <bool Divide, bool Single>
struct AsFloats {
    __m512d first;   // high part of the inverse, or offset
    __m512d second;  // low part, or factor

    KERNEL_AVX512_INLINE __m512i operator()(__m512i values) const {
        const __m512d number = _mm512_cvtepi64_pd(values);
        __m512d value = Divide ? _mm512_fmadd_pd(number, first, _mm512_mul_pd(number, second))
                               : _mm512_add_pd(first, _mm512_mul_pd(second, number));
        value = Single ? _mm512_cvtps_pd(_mm512_cvtpd_ps(value)) : value;
        return _mm512_castpd_si512(value);
    }
};

template <bool Divide, bool Single>
KERNEL_AVX512_INLINE AsFloats<Divide, Single> as_floats(const Scale& scale) {
    if (Divide) {
        const Inverse inverse = inverse_of<true>(scale.factor);
        return {_mm512_set1_pd(inverse.high), _mm512_set1_pd(inverse.low)};
    }
    return {_mm512_set1_pd(scale.offset), _mm512_set1_pd(scale.factor)};
}

// ---- sums: within a vector in three steps, and what came before to all of them

// `before` and the values in front of each; all of them are added to `before`.
KERNEL_AVX512_INLINE __m512i sums(__m512i values, __m512i& before) {
    const __m512i zero = _mm512_setzero_si512();
    __m512i all = _mm512_add_epi64(values, _mm512_alignr_epi64(values, zero, 7));
    all = _mm512_add_epi64(all, _mm512_alignr_epi64(all, zero, 6));
    all = _mm512_add_epi64(all, _mm512_alignr_epi64(all, zero, 4));
    const __m512i out = _mm512_add_epi64(before, _mm512_sub_epi64(all, values));
    before = _mm512_add_epi64(before, _mm512_permutexvar_epi64(_mm512_set1_epi64(7), all));
    return out;
}

// Numbers that are a vector each step.
template <unsigned Order, bool Unit>
struct WideSums {
    __m512i base;
    __m512i unit;
    __m512i value;
    __m512i difference;

    KERNEL_AVX512_INLINE static WideSums of(const Frame& frame) {
        return {all_of(frame.base), all_of(frame.unit), all_of(frame.starts[0]),
                all_of(frame.starts[1])};
    }
    KERNEL_AVX512_INLINE __m512i operator()(__m512i numbers) {
        __m512i out = _mm512_add_epi64(Unit ? _mm512_mullo_epi64(numbers, unit) : numbers, base);
        out = Order == 2 ? sums(out, difference) : out;
        return Order >= 1 ? sums(out, value) : out;
    }
};

// Numbers that are the bytes of a word, for orders 1 and 2: the instruction that adds up the bytes
// of each lane sums for all lanes at once, from those bytes that are in front of the lane.
template <unsigned Order, bool Unit>
struct ByteSums {
    __m512i before;  // of each lane the bytes in front of it
    __m512i bases;   // and so often the base
    __m512i units;
    __m512i value;
    std::uint64_t base;
    std::uint64_t unit;
    std::uint64_t first;  // of the sums of numbers: the value, or with order 2 the difference

    KERNEL_AVX512_INLINE static ByteSums of(const Frame& frame) {
        const __m512i lane = _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7);
        const __m512i ones = _mm512_set1_epi64(-1);
        const __m512i above = _mm512_sllv_epi64(ones, _mm512_slli_epi64(lane, 3));
        return {_mm512_andnot_si512(above, ones),
                _mm512_mullo_epi64(lane, all_of(frame.base)),
                all_of(frame.unit),
                all_of(frame.starts[0]),
                lanes * frame.base,
                frame.unit,
                frame.starts[Order - 1]};
    }
    KERNEL_AVX512_INLINE __m512i operator()(std::uint64_t bytes) {
        const __m512i copies = all_of(bytes);
        const __m512i sum =
            _mm512_sad_epu8(_mm512_and_si512(copies, before), _mm512_setzero_si512());
        const __m512i out = _mm512_add_epi64(_mm512_add_epi64(all_of(first), bases),
                                             Unit ? _mm512_mullo_epi64(sum, units) : sum);
        const auto total = static_cast<std::uint64_t>(
            _mm_cvtsi128_si64(_mm_sad_epu8(_mm512_castsi512_si128(copies), _mm_setzero_si128())));
        first += base + (Unit ? total * unit : total);
        return Order == 2 ? sums(out, value) : out;
    }
};

template <class Sums, class Numbers, class Finish>
KERNEL_AVX512_INLINE void sum_numbers(Numbers numbers, Sums state, const Finish& finish,
                                      Output out) {
    std::uint64_t* to = out.data();
    std::size_t left = out.size();
    for (; left >= lanes && numbers.ample(); left -= lanes) {
        _mm512_storeu_si512(to, finish(state(numbers.next_of_ample())));
        to += lanes;
    }
    for (; left > 0; left -= std::min(lanes, left)) {
        _mm512_mask_storeu_epi64(to, mask_below(left), finish(state(numbers.next())));
        to += lanes;
    }
}

template <unsigned Order, bool Unit, class Numbers, class Finish>
KERNEL_AVX512_INLINE void sum_order(const Numbers& numbers, const Frame& frame,
                                    const Finish& finish, Output out) {
    if constexpr (std::is_same_v<Numbers, PackedBytes>) {
        sum_numbers(numbers, ByteSums<Order, Unit>::of(frame), finish, out);
    } else {
        sum_numbers(numbers, WideSums<Order, Unit>::of(frame), finish, out);
    }
}

template <class Numbers, class Finish>
KERNEL_AVX512_INLINE void sum_any(const Numbers& numbers, const Frame& frame, const Finish& finish,
                                  Output out) {
    const bool unit = frame.unit != 1;
    if constexpr (!std::is_same_v<Numbers, PackedBytes>) {
        if (frame.order == 0) {
            unit ? sum_order<0, true>(numbers, frame, finish, out)
                 : sum_order<0, false>(numbers, frame, finish, out);
            return;
        }
    }
    if (frame.order == 1) {
        unit ? sum_order<1, true>(numbers, frame, finish, out)
             : sum_order<1, false>(numbers, frame, finish, out);
    } else {
        unit ? sum_order<2, true>(numbers, frame, finish, out)
             : sum_order<2, false>(numbers, frame, finish, out);
    }
}

template <class Finish>
KERNEL_AVX512_INLINE void sum_packed(ByteView in, const Frame& frame, const Finish& finish,
                                     Output out) {
    if (frame.order > 0 && frame.width > 0 && frame.width <= 8) {
        const std::uint64_t places = mask_of(frame.width) * 0x0101010101010101;
        sum_any(PackedBytes{in.data(), in.size(), frame.width, places}, frame, finish, out);
    } else {
        sum_any(packed_numbers(in, frame.width), frame, finish, out);
    }
}

KERNEL_AVX512 void sum_avx512(const Frame& frame, Output values) {
    sum_any(WholeNumbers{values.data(), values.size() - frame.order}, frame, AsIntegers{}, values);
}

KERNEL_AVX512 void restore_avx512(Output values, const Scale& scale) {
    restore_any<true>(values, scale);
}

KERNEL_AVX512 void decode_avx512(ByteView in, const Frame& frame, const Scale* scale, Output out) {
    if (frame.width > packed_width_max) {
        sum_any(WholeNumbers{in.data(), out.size() - frame.order}, frame, AsIntegers{}, out);
        if (scale != nullptr) {
            restore_avx512(out, *scale);
        }
        return;
    }
    if (scale == nullptr) {
        sum_packed(in, frame, AsIntegers{}, out);
    } else if (scale->divide) {
        scale->single ? sum_packed(in, frame, as_floats<true, true>(*scale), out)
                      : sum_packed(in, frame, as_floats<true, false>(*scale), out);
    } else {
        scale->single ? sum_packed(in, frame, as_floats<false, true>(*scale), out)
                      : sum_packed(in, frame, as_floats<false, false>(*scale), out);
    }
}

KERNEL_AVX512 void unpack_avx512(ByteView in, unsigned width, std::uint64_t base, Output out) {
    Frame frame;
    frame.base = base;
    if (width > packed_width_max) {
        sum_order<0, false>(WholeNumbers{in.data(), out.size()}, frame, AsIntegers{}, out);
    } else {
        sum_order<0, false>(packed_numbers(in, width), frame, AsIntegers{}, out);
    }
}

// ---- packing

// Shifted to where in a byte it begins, each number is whole bytes. Its neighbours share at most
// its first and last; so those of even and of odd place are brought to their bytes apart, and
// joined.
struct PackTable {
    std::array<std::uint64_t, lanes> shift{};
    std::array<std::array<std::uint8_t, 64>, 2> permute{};
    std::array<std::uint64_t, 2> there{};
};

constexpr auto pack_tables = [] {
    std::array<PackTable, packed_width_max + 1> tables{};
    for (unsigned width = 8; width <= packed_width_max; ++width) {
        for (unsigned value = 0; value < lanes; ++value) {
            const unsigned bit = value * width;
            tables[width].shift[value] = bit % 8;
            for (unsigned byte = 0; byte <= (bit % 8 + width - 1) / 8; ++byte) {
                const unsigned to = bit / 8 + byte;
                tables[width].permute[value % 2][to] = static_cast<std::uint8_t>(8 * value + byte);
                tables[width].there[value % 2] |= std::uint64_t{1} << to;
            }
        }
    }
    return tables;
}();

KERNEL_AVX512 void pack_avx512(Values values, std::uint64_t base, unsigned width, std::byte* to) {
    const __m512i low = all_of(base);
    std::size_t done = 0;
    if (width < 8) {
        const std::uint64_t keep = mask_of(width) * 0x0101010101010101;
        for (; done + lanes <= values.size(); done += lanes) {
            const __m512i numbers = _mm512_sub_epi64(_mm512_loadu_si512(values.data() + done), low);
            const std::uint64_t joined = _pext_u64(
                static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm512_cvtepi64_epi8(numbers))), keep);
            std::memcpy(to, &joined, 8);
            to += width;
        }
    } else if (width <= packed_width_max) {
        const PackTable& table = pack_tables[width];
        const __m512i keep = all_of(mask_of(width));
        const __m512i shift = _mm512_loadu_si512(table.shift.data());
        const __m512i even = _mm512_loadu_si512(table.permute[0].data());
        const __m512i odd = _mm512_loadu_si512(table.permute[1].data());
        for (; done + lanes <= values.size(); done += lanes) {
            const __m512i numbers = _mm512_sllv_epi64(
                _mm512_and_si512(_mm512_sub_epi64(_mm512_loadu_si512(values.data() + done), low),
                                 keep),
                shift);
            _mm512_storeu_si512(
                to, _mm512_or_si512(_mm512_maskz_permutexvar_epi8(table.there[0], even, numbers),
                                    _mm512_maskz_permutexvar_epi8(table.there[1], odd, numbers)));
            to += width;
        }
    }
    pack_loop(values.subspan(done), base, width, to);
}

// ---- loops

KERNEL_AVX512 void steps_avx512(std::uint64_t first, std::uint64_t step, Output out) {
    steps_loop(first, step, out);
}
KERNEL_AVX512 bool rises_avx512(Values values) { return rises_loop(values); }
KERNEL_AVX512 Survey survey_avx512(Values values) { return survey_loop(values); }
KERNEL_AVX512 Range range_avx512(Values values) { return range_loop(values); }
KERNEL_AVX512 std::size_t runs_avx512(Values values) { return runs_loop(values); }
KERNEL_AVX512 void differences_avx512(Values values, Output out) { differences_loop(values, out); }
KERNEL_AVX512 bool divide_avx512(Values values, std::uint64_t base, std::uint64_t unit,
                                 Output out) {
    return divide_loop(values, base, unit, out);
}
KERNEL_AVX512 std::size_t quantise_avx512(Values floats, const Scale& scale, Output out) {
    return quantise_any<true>(floats, scale, out);
}

}  // namespace

bool avx512_available() {
    return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
           __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512vl") != 0 &&
           __builtin_cpu_supports("avx512vbmi") != 0 && __builtin_cpu_supports("bmi2") != 0 &&
           __builtin_cpu_supports("fma") != 0;
}

const Kernels kernels_avx512 = {"avx512",
                                avx512_available,
                                unpack_avx512,
                                decode_avx512,
                                sum_avx512,
                                restore_avx512,
                                steps_avx512,
                                rises_avx512,
                                survey_avx512,
                                range_avx512,
                                runs_avx512,
                                differences_avx512,
                                divide_avx512,
                                quantise_avx512,
                                pack_avx512,
                                reduce_floats_avx512,
                                reduce_integers_avx512};

}  // namespace gantry::codec::detail
