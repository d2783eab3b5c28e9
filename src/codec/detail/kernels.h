// SPDX-License-Identifier: Apache-2.0
// The inner loops of the codecs, one set for each kind of processor. All sets give the same bytes
// and values; the best that this processor has is chosen when first asked for.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "codec/reduce.h"

namespace gantry::codec::detail {

// Widths that are packed: 0 to 57, and 64. A value of up to 57 bits lies in 8 bytes that begin at
// a whole byte, wherever its first bit is.
inline constexpr unsigned packed_width_max = 57;
inline constexpr unsigned order_max = 2;

constexpr bool packable(unsigned width) { return width <= packed_width_max || width == 64; }
constexpr std::size_t packed_bytes(std::size_t count, unsigned width) {
    return (count * width + 7) / 8;
}

// How integers become floats: d / factor, or offset + factor * d; then rounded to float32 or not.
// What is divided by is a power of ten, at most 10^17: kernels that multiply by its inverse
// instead round alike only for these.
struct Scale {
    bool divide = true;
    bool single = false;
    double offset = 0;
    double factor = 1;
};

// Integers as packed numbers: base + unit * number are the values (order 0), the differences of
// neighbours (1), or the differences of those (2), behind the first value and the first difference.
struct Frame {
    unsigned order = 0;
    unsigned width = 0;
    std::uint64_t base = 0;
    std::uint64_t unit = 1;
    std::array<std::uint64_t, order_max> starts{};
};

struct Range {
    std::int64_t min = 0;
    std::int64_t max = 0;
};

// What an encoder wants to know of integers first. The ranges are of the values, of the differences
// of neighbours and of the differences of those, where there are any.
struct Survey {
    std::array<Range, order_max + 1> ranges{};
    std::size_t runs = 1;
};

struct Kernels {
    const char* name;
    bool (*available)();

    // out[i] = base + the i-th `width` bits of `in`, which holds packed_bytes of them.
    void (*unpack)(ByteView in, unsigned width, std::uint64_t base, std::span<std::uint64_t> out);
    // The integers of a frame from its out.size() - order packed numbers; with a scale the bits of
    // the floats that they stand for.
    void (*decode)(ByteView in, const Frame& frame, const Scale* scale,
                   std::span<std::uint64_t> out);
    // The same from numbers that are unpacked: the first values.size() - order. In place.
    void (*sum)(const Frame& frame, std::span<std::uint64_t> values);
    // Integers become the bits of floats, in place.
    void (*restore)(std::span<std::uint64_t> values, const Scale& scale);
    // out[i] = first + i * step, wrapping.
    void (*steps)(std::uint64_t first, std::uint64_t step, std::span<std::uint64_t> out);
    // Is each greater than the one before, as signed numbers?
    bool (*rises)(std::span<const std::uint64_t> values);

    // Of at least one.
    Survey (*survey)(std::span<const std::uint64_t> values);
    // Least and largest, as signed numbers; of at least one.
    Range (*range)(std::span<const std::uint64_t> values);
    // How many times a value is followed by another one, plus one.
    std::size_t (*runs)(std::span<const std::uint64_t> values);
    // out[i] = values[i + 1] - values[i], wrapping; one fewer than values.
    void (*differences)(std::span<const std::uint64_t> values, std::span<std::uint64_t> out);
    // out[i] = (values[i] - base) / unit; false if one leaves a remainder, and then out is nothing.
    bool (*divide)(std::span<const std::uint64_t> values, std::uint64_t base, std::uint64_t unit,
                   std::span<std::uint64_t> out);
    // The integers nearest to what the scale makes of the floats; how many do not come back.
    std::size_t (*quantise)(std::span<const std::uint64_t> floats, const Scale& scale,
                            std::span<std::uint64_t> out);
    // The low `width` bits of values[i] - base, the first value in the lowest bits: packed_bytes.
    // `to` has pack_slack_bytes more, which may be written.
    void (*pack)(std::span<const std::uint64_t> values, std::uint64_t base, unsigned width,
                 std::byte* to);

    // Without a shift there is no sum of squares.
    Reduction (*reduce_floats)(std::span<const std::uint64_t> bits, const double* shift);
    Reduction (*reduce_integers)(std::span<const std::uint64_t> bits, const double* shift);
};

inline constexpr std::size_t pack_slack_bytes = 64;

std::span<const Kernels> all_kernels();
const Kernels& kernels();

}  // namespace gantry::codec::detail
