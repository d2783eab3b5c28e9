// SPDX-License-Identifier: Apache-2.0
#include "codec/detail/kernels.h"

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "base/assert.h"
#include "codec/codec.h"

// A function for a kind of processor, into which the loops below are compiled once more.
#define KERNEL_INLINE inline __attribute__((always_inline))
#define KERNEL_AVX2 __attribute__((target("avx2")))
#define KERNEL_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi")))

namespace gantry::codec::detail {
namespace {

using Values = std::span<const std::uint64_t>;
using Output = std::span<std::uint64_t>;

constexpr std::uint64_t mask_of(unsigned width) {
    return width == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
}

// ---- loops that the compiler makes vectors of

KERNEL_INLINE Range range_loop(Values values) {
    auto min = static_cast<std::int64_t>(values[0]);
    std::int64_t max = min;
    for (const std::uint64_t value : values) {
        const auto number = static_cast<std::int64_t>(value);
        min = number < min ? number : min;
        max = number > max ? number : max;
    }
    return {min, max};
}

KERNEL_INLINE void differences_loop(Values values, Output out) {
    const std::uint64_t* in = values.data();
    std::uint64_t* to = out.data();
    const std::size_t count = out.size();
    for (std::size_t i = 0; i < count; ++i) {
        to[i] = in[i + 1] - in[i];
    }
}

// Compiled without contraction of a product and a sum (src/modules.cmake): all round alike.
template <bool Divide, bool Single>
KERNEL_INLINE double restored(double number, double offset, double factor) {
    const double value = Divide ? number / factor : offset + factor * number;
    return Single ? static_cast<double>(static_cast<float>(value)) : value;
}

// Adding 1.5 * 2^52 leaves the nearest integer in the low bits of a float64. It holds below 2^51.
template <bool Divide, bool Single>
KERNEL_INLINE std::size_t quantise_loop(Values floats, double offset, double factor, Output out) {
    constexpr double rounder = 6755399441055744.0;
    constexpr double limit = 2251799813685248.0;
    const std::uint64_t* in = floats.data();
    std::uint64_t* to = out.data();
    const std::size_t count = floats.size();
    std::uint64_t lost = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const auto value = std::bit_cast<double>(in[i]);
        const double scaled = Divide ? value * factor : (value - offset) / factor;
        const double moved = scaled + rounder;
        const double number = moved - rounder;
        to[i] = std::bit_cast<std::uint64_t>(moved) - std::bit_cast<std::uint64_t>(rounder);
        const double back = restored<Divide, Single>(number, offset, factor);
        const bool same = std::bit_cast<std::uint64_t>(back) == in[i];
        const bool small = scaled < limit && scaled > -limit;
        lost += same && small ? 0U : 1U;
    }
    return lost;
}

template <bool Divide, bool Single>
KERNEL_INLINE void restore_loop(Output values, double offset, double factor) {
    std::uint64_t* at = values.data();
    const std::size_t count = values.size();
    for (std::size_t i = 0; i < count; ++i) {
        const auto number = static_cast<double>(static_cast<std::int64_t>(at[i]));
        at[i] = std::bit_cast<std::uint64_t>(restored<Divide, Single>(number, offset, factor));
    }
}

KERNEL_INLINE std::size_t quantise_any(Values floats, const Scale& scale, Output out) {
    const double offset = scale.offset;
    const double factor = scale.factor;
    if (scale.divide) {
        return scale.single ? quantise_loop<true, true>(floats, offset, factor, out)
                            : quantise_loop<true, false>(floats, offset, factor, out);
    }
    return scale.single ? quantise_loop<false, true>(floats, offset, factor, out)
                        : quantise_loop<false, false>(floats, offset, factor, out);
}

KERNEL_INLINE void restore_any(Output values, const Scale& scale) {
    const double offset = scale.offset;
    const double factor = scale.factor;
    if (scale.divide) {
        scale.single ? restore_loop<true, true>(values, offset, factor)
                     : restore_loop<true, false>(values, offset, factor);
    } else {
        scale.single ? restore_loop<false, true>(values, offset, factor)
                     : restore_loop<false, false>(values, offset, factor);
    }
}

// ---- portable

bool always() { return true; }

// From the value with number `first` on; for the ends of the others too.
void unpack_from(ByteView in, unsigned width, std::uint64_t base, Output out, std::size_t first) {
    ASSERT(packable(width) && in.size() == packed_bytes(out.size(), width));
    const std::uint64_t mask = mask_of(width);
    for (std::size_t i = first; i < out.size(); ++i) {
        const std::size_t bit = i * width;
        const std::size_t at = std::min(bit / 8, in.size());
        std::uint64_t word = 0;
        if (at + 8 <= in.size()) {
            std::memcpy(&word, in.data() + at, 8);
        } else if (at < in.size()) {
            std::memcpy(&word, in.data() + at, in.size() - at);
        }
        out[i] = base + ((word >> bit % 8) & mask);
    }
}

void unpack_portable(ByteView in, unsigned width, std::uint64_t base, Output out) {
    unpack_from(in, width, base, out, 0);
}
Range range_portable(Values values) { return range_loop(values); }
void differences_portable(Values values, Output out) { differences_loop(values, out); }
std::size_t quantise_portable(Values floats, const Scale& scale, Output out) {
    return quantise_any(floats, scale, out);
}
void restore_portable(Output values, const Scale& scale) { restore_any(values, scale); }

// ---- AVX2: 16 bytes hold two neighbouring values, two such loads make four values

bool avx2_available() { return __builtin_cpu_supports("avx2") != 0; }

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
KERNEL_AVX2 Range range_avx2(Values values) { return range_loop(values); }
KERNEL_AVX2 void differences_avx2(Values values, Output out) { differences_loop(values, out); }
KERNEL_AVX2 std::size_t quantise_avx2(Values floats, const Scale& scale, Output out) {
    return quantise_any(floats, scale, out);
}
KERNEL_AVX2 void restore_avx2(Output values, const Scale& scale) { restore_any(values, scale); }

// ---- AVX-512 with VBMI: one permutation of bytes brings eight values to their places

bool avx512_available() {
    return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
           __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512vl") != 0 &&
           __builtin_cpu_supports("avx512vbmi") != 0;
}

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

KERNEL_AVX512 void unpack_avx512(ByteView in, unsigned width, std::uint64_t base, Output out) {
    if (width == 0 || width > packed_width_max) {
        unpack_from(in, width, base, out, 0);
        return;
    }
    const GroupTable& table = group_tables[width];
    const __m512i permute = _mm512_loadu_si512(table.permute.data());
    const __m512i shift = _mm512_loadu_si512(table.shift.data());
    const __m512i mask = _mm512_set1_epi64(static_cast<long long>(mask_of(width)));
    const __m512i add = _mm512_set1_epi64(static_cast<long long>(base));
    const std::byte* from = in.data();
    std::size_t left = in.size();
    for (std::size_t done = 0; done < out.size(); done += 8) {
        const __m512i bytes = left >= 64
                                  ? _mm512_loadu_si512(from)
                                  : _mm512_maskz_loadu_epi8((std::uint64_t{1} << left) - 1, from);
        const __m512i values = _mm512_add_epi64(
            _mm512_and_si512(_mm512_srlv_epi64(_mm512_permutexvar_epi8(permute, bytes), shift),
                             mask),
            add);
        if (done + 8 <= out.size()) {
            _mm512_storeu_si512(out.data() + done, values);
        } else {
            _mm512_mask_storeu_epi64(
                out.data() + done, static_cast<__mmask8>((1U << (out.size() - done)) - 1), values);
        }
        from += std::min<std::size_t>(width, left);
        left -= std::min<std::size_t>(width, left);
    }
}
KERNEL_AVX512 Range range_avx512(Values values) { return range_loop(values); }
KERNEL_AVX512 void differences_avx512(Values values, Output out) { differences_loop(values, out); }
KERNEL_AVX512 std::size_t quantise_avx512(Values floats, const Scale& scale, Output out) {
    return quantise_any(floats, scale, out);
}
KERNEL_AVX512 void restore_avx512(Output values, const Scale& scale) { restore_any(values, scale); }

constexpr Kernels sets[] = {
    {"portable", always, unpack_portable, range_portable, differences_portable, quantise_portable,
     restore_portable},
    {"avx2", avx2_available, unpack_avx2, range_avx2, differences_avx2, quantise_avx2,
     restore_avx2},
    {"avx512", avx512_available, unpack_avx512, range_avx512, differences_avx512, quantise_avx512,
     restore_avx512},
};

}  // namespace

std::span<const Kernels> all_kernels() { return sets; }

const Kernels& kernels() {
    static const Kernels& best = [] -> const Kernels& {
        std::size_t at = std::size(sets) - 1;
        while (!sets[at].available()) {
            --at;
        }
        return sets[at];
    }();
    return best;
}

// Neighbours are joined in pairs while two fit into a word: few words are left to be shifted into
// the stream one after another, and the joining runs in vectors.
void pack(Values values, std::uint64_t base, unsigned width, Bytes& out) {
    ASSERT(packable(width) && values.size() <= values_max);
    if (width == 0 || values.empty()) {
        return;
    }
    const std::size_t bytes = packed_bytes(values.size(), width);
    std::array<std::uint64_t, values_max + 1> words;
    std::size_t count = values.size();
    const std::uint64_t mask = mask_of(width);
    for (std::size_t i = 0; i < count; ++i) {
        words[i] = (values[i] - base) & mask;
    }
    while (width <= 32 && count > 1) {
        words[count] = 0;
        count = (count + 1) / 2;
        for (std::size_t i = 0; i < count; ++i) {
            words[i] = words[2 * i] | words[2 * i + 1] << width;
        }
        width *= 2;
    }
    const std::size_t begin = out.size();
    std::array<std::uint64_t, values_max + 1> stream;
    std::size_t full = 0;
    std::uint64_t open = 0;
    unsigned used = 0;
    for (std::size_t i = 0; i < count; ++i) {
        open |= words[i] << used;
        used += width;
        if (used >= 64) {
            stream[full++] = open;
            used -= 64;
            open = used == 0 ? 0 : words[i] >> (width - used);
        }
    }
    stream[full] = open;
    out.resize(begin + bytes);
    std::memcpy(out.data() + begin, stream.data(), bytes);
}

}  // namespace gantry::codec::detail
