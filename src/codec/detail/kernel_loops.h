// SPDX-License-Identifier: Apache-2.0
// The loops that the compiler makes vectors of, for the files of kernels alone. Each is compiled
// once into every set. Those files are compiled without contraction of a product and a sum
// (src/modules.cmake): all sets round alike.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>

#include "codec/codec.h"
#include "codec/detail/kernels.h"

// A function for a kind of processor, into which the loops below are compiled once more.
#define KERNEL_INLINE inline __attribute__((always_inline))
#define KERNEL_AVX2 __attribute__((target("avx2,fma")))
#define KERNEL_AVX512 \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,bmi2,fma")))
// Before a loop that writes where it has read already, or elsewhere: it needs no scalar version for
// outputs that overlap its inputs.
#if defined(__clang__)
#define KERNEL_IN_PLACE _Pragma("clang loop vectorize(assume_safety)")
#else
#define KERNEL_IN_PLACE _Pragma("GCC ivdep")
#endif
#define KERNEL_AVX2_INLINE KERNEL_AVX2 KERNEL_INLINE
#define KERNEL_AVX512_INLINE KERNEL_AVX512 KERNEL_INLINE

namespace gantry::codec::detail {

using Values = std::span<const std::uint64_t>;
using Output = std::span<std::uint64_t>;

bool avx2_available();
bool avx512_available();
extern const Kernels kernels_avx2;
extern const Kernels kernels_avx512;

// Writes the values from number `first` on; for the ends that vectors leave.
void unpack_from(ByteView in, unsigned width, std::uint64_t base, Output out, std::size_t first);

constexpr std::uint64_t mask_of(unsigned width) {
    return width == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
}

KERNEL_INLINE std::int64_t lesser(std::int64_t a, std::int64_t b) { return a < b ? a : b; }
KERNEL_INLINE std::int64_t greater(std::int64_t a, std::int64_t b) { return a > b ? a : b; }

KERNEL_INLINE void widen(Range& range, std::uint64_t value) {
    range.min = lesser(range.min, static_cast<std::int64_t>(value));
    range.max = greater(range.max, static_cast<std::int64_t>(value));
}
KERNEL_INLINE Range range_of(std::uint64_t value) {
    return {static_cast<std::int64_t>(value), static_cast<std::int64_t>(value)};
}

KERNEL_INLINE Range range_loop(Values values) {
    Range range = range_of(values[0]);
    for (const std::uint64_t value : values) {
        widen(range, value);
    }
    return range;
}

KERNEL_INLINE Survey survey_loop(Values values) {
    const std::uint64_t* in = values.data();
    const std::size_t count = values.size();
    Survey out;
    out.ranges[0] = range_of(in[0]);
    if (count == 1) {
        return out;
    }
    widen(out.ranges[0], in[1]);
    out.ranges[1] = range_of(in[1] - in[0]);
    std::uint64_t runs = in[1] != in[0] ? 2 : 1;
    if (count > 2) {
        Range value = out.ranges[0];
        Range first = out.ranges[1];
        Range second = range_of(in[2] - 2 * in[1] + in[0]);
        for (std::size_t i = 2; i < count; ++i) {
            const std::uint64_t difference = in[i] - in[i - 1];
            widen(value, in[i]);
            widen(first, difference);
            widen(second, difference - (in[i - 1] - in[i - 2]));
            runs += difference != 0 ? 1 : 0;
        }
        out.ranges = {value, first, second};
    }
    out.runs = runs;
    return out;
}

KERNEL_INLINE std::size_t runs_loop(Values values) {
    const std::uint64_t* in = values.data();
    const std::size_t count = values.size();
    std::uint64_t runs = 1;
    for (std::size_t i = 1; i < count; ++i) {
        runs += in[i] != in[i - 1] ? 1 : 0;
    }
    return runs;
}

KERNEL_INLINE void differences_loop(Values values, Output out) {
    const std::uint64_t* in = values.data();
    std::uint64_t* to = out.data();
    const std::size_t count = out.size();
    KERNEL_IN_PLACE
    for (std::size_t i = 0; i < count; ++i) {
        to[i] = in[i + 1] - in[i];
    }
}

KERNEL_INLINE void steps_loop(std::uint64_t first, std::uint64_t step, Output out) {
    std::uint64_t* to = out.data();
    const std::size_t count = out.size();
    std::uint64_t value = first;
    for (std::size_t i = 0; i < count; ++i) {
        to[i] = value;
        value += step;
    }
}

KERNEL_INLINE bool rises_loop(Values values) {
    const std::uint64_t* in = values.data();
    const std::size_t count = values.size();
    std::uint64_t falls = 0;
    for (std::size_t i = 1; i < count; ++i) {
        falls |= static_cast<std::int64_t>(in[i]) > static_cast<std::int64_t>(in[i - 1]) ? 0U : 1U;
    }
    return falls == 0;
}

// Division without a remainder is a product with the inverse modulo 2^64, and there is no remainder
// where that product is no larger than the largest quotient (Warren, Hacker's Delight, 2nd edition,
// 10-16 and 10-17).
KERNEL_INLINE bool divide_loop(Values values, std::uint64_t base, std::uint64_t unit, Output out) {
    const auto zeros = static_cast<unsigned>(std::countr_zero(unit));
    const std::uint64_t odd = unit >> zeros;
    std::uint64_t inverse = odd;  // right in the low 3 bits; each step doubles them
    for (int step = 0; step < 5; ++step) {
        inverse *= 2 - odd * inverse;
    }
    const std::uint64_t largest = ~std::uint64_t{0} / odd;
    const std::uint64_t* in = values.data();
    std::uint64_t* to = out.data();
    const std::size_t count = out.size();
    std::uint64_t low_bits = 0;
    std::uint64_t most = 0;
    KERNEL_IN_PLACE
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint64_t distance = in[i] - base;
        const std::uint64_t quotient = (distance >> zeros) * inverse;
        to[i] = quotient;
        low_bits |= distance;
        most = quotient > most ? quotient : most;
    }
    return (low_bits & mask_of(zeros)) == 0 && most <= largest;
}

// 1 / factor as a sum of two float64, where a product and a sum can be rounded once.
struct Inverse {
    double high = 1;
    double low = 0;
};

// With it n / factor is rounded as a division would: the sum errs by less than 2^-104 of it, and
// for n of 53 bits and a factor of 10^e, whose odd part has 40 bits at most, no quotient is nearer
// than 2^-94 to where rounding turns (Brisebarre, Muller, Raina: Accelerating Correctly Rounded
// Floating- Point Division When the Divisor Is Known in Advance, IEEE Transactions on Computers
// 53(8), 2004).
template <bool Fused>
KERNEL_INLINE Inverse inverse_of(double factor) {
    Inverse out;
    if constexpr (Fused) {
        out.high = 1 / factor;
        out.low = __builtin_fma(-out.high, factor, 1.0) / factor;
    }
    return out;
}

// What integers become floats by.
template <bool Divide, bool Single, bool Fused>
struct Restorer {
    double offset;
    double factor;
    Inverse inverse;

    KERNEL_INLINE double operator()(double number) const {
        double value = 0;
        if constexpr (!Divide) {
            value = offset + factor * number;
        } else if constexpr (Fused) {
            value = __builtin_fma(number, inverse.high, number * inverse.low);
        } else {
            value = number / factor;
        }
        return Single ? static_cast<double>(static_cast<float>(value)) : value;
    }
};

// Adding 1.5 * 2^52 leaves the nearest integer in the low bits of a float64. It holds below 2^51.
template <bool Divide, bool Single, bool Fused>
KERNEL_INLINE std::size_t quantise_loop(Values floats, const Scale& scale, Output out) {
    constexpr double rounder = 6755399441055744.0;
    constexpr std::uint64_t magnitude_bits = ~std::uint64_t{0} >> 1;
    constexpr auto limit = std::bit_cast<std::uint64_t>(2251799813685248.0);
    const Restorer<Divide, Single, Fused> restored{scale.offset, scale.factor,
                                                   inverse_of < Divide && Fused > (scale.factor)};
    const double offset = scale.offset;
    const double factor = Divide ? scale.factor : 1 / scale.factor;
    const std::uint64_t* in = floats.data();
    std::uint64_t* to = out.data();
    const std::size_t count = floats.size();
    std::uint64_t lost = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const auto value = std::bit_cast<double>(in[i]);
        const double scaled = Divide ? value * factor : (value - offset) * factor;
        const double moved = scaled + rounder;
        const double number = moved - rounder;
        to[i] = std::bit_cast<std::uint64_t>(moved) - std::bit_cast<std::uint64_t>(rounder);
        const std::uint64_t changed = std::bit_cast<std::uint64_t>(restored(number)) ^ in[i];
        const std::uint64_t large =
            (std::bit_cast<std::uint64_t>(scaled) & magnitude_bits) < limit ? 0U : 1U;
        lost += (changed | large) != 0 ? 1U : 0U;
    }
    return lost;
}

template <bool Divide, bool Single, bool Fused>
KERNEL_INLINE void restore_loop(Output values, const Scale& scale) {
    const Restorer<Divide, Single, Fused> restored{scale.offset, scale.factor,
                                                   inverse_of < Divide && Fused > (scale.factor)};
    std::uint64_t* at = values.data();
    const std::size_t count = values.size();
    for (std::size_t i = 0; i < count; ++i) {
        const auto number = static_cast<double>(static_cast<std::int64_t>(at[i]));
        at[i] = std::bit_cast<std::uint64_t>(restored(number));
    }
}

template <bool Fused>
KERNEL_INLINE std::size_t quantise_any(Values floats, const Scale& scale, Output out) {
    if (scale.divide) {
        return scale.single ? quantise_loop<true, true, Fused>(floats, scale, out)
                            : quantise_loop<true, false, Fused>(floats, scale, out);
    }
    return scale.single ? quantise_loop<false, true, Fused>(floats, scale, out)
                        : quantise_loop<false, false, Fused>(floats, scale, out);
}

template <bool Fused>
KERNEL_INLINE void restore_any(Output values, const Scale& scale) {
    if (scale.divide) {
        scale.single ? restore_loop<true, true, Fused>(values, scale)
                     : restore_loop<true, false, Fused>(values, scale);
    } else {
        scale.single ? restore_loop<false, true, Fused>(values, scale)
                     : restore_loop<false, false, Fused>(values, scale);
    }
}

// Neighbours are joined in pairs while two fit into a word: few words are left to be shifted into
// the stream one after another, and the joining runs in vectors.
KERNEL_INLINE void pack_loop(Values values, std::uint64_t base, unsigned width, std::byte* to) {
    std::array<std::uint64_t, values_max + 1> words;
    std::uint64_t* word = words.data();
    std::size_t count = width == 0 ? 0 : values.size();
    const std::uint64_t* in = values.data();
    const std::uint64_t mask = mask_of(width);
    for (std::size_t i = 0; i < count; ++i) {
        word[i] = (in[i] - base) & mask;
    }
    while (width <= 32 && count > 1) {
        word[count] = 0;
        count = (count + 1) / 2;
        KERNEL_IN_PLACE
        for (std::size_t i = 0; i < count; ++i) {
            word[i] = word[2 * i] | word[2 * i + 1] << width;
        }
        width *= 2;
    }
    std::uint64_t open = 0;
    unsigned used = 0;
    for (std::size_t i = 0; i < count; ++i) {
        open |= word[i] << used;
        used += width;
        if (used >= 64) {
            std::memcpy(to, &open, 8);
            to += 8;
            used -= 64;
            open = used == 0 ? 0 : word[i] >> (width - used);
        }
    }
    std::memcpy(to, &open, 8);
}

}  // namespace gantry::codec::detail
