// SPDX-License-Identifier: Apache-2.0
// The inner loops of the codecs, one set for each kind of processor. All sets give the same bytes
// and values; the best that this processor has is chosen when first asked for.
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"

namespace gantry::codec::detail {

// Widths that are packed: 0 to 57, and 64. A value of up to 57 bits lies in 8 bytes that begin at
// a whole byte, wherever its first bit is.
inline constexpr unsigned packed_width_max = 57;

constexpr bool packable(unsigned width) { return width <= packed_width_max || width == 64; }
constexpr std::size_t packed_bytes(std::size_t count, unsigned width) {
    return (count * width + 7) / 8;
}

// How integers become floats: d / factor, or offset + factor * d; then rounded to float32 or not.
struct Scale {
    bool divide = true;
    bool single = false;
    double offset = 0;
    double factor = 1;
};

struct Range {
    std::int64_t min = 0;
    std::int64_t max = 0;
};

struct Kernels {
    const char* name;
    bool (*available)();

    // out[i] = base + the i-th `width` bits of `in`, which holds packed_bytes of them.
    void (*unpack)(ByteView in, unsigned width, std::uint64_t base, std::span<std::uint64_t> out);
    // Least and largest, as signed numbers; of at least one.
    Range (*range)(std::span<const std::uint64_t> values);
    // out[i] = values[i + 1] - values[i], wrapping; one fewer than values.
    void (*differences)(std::span<const std::uint64_t> values, std::span<std::uint64_t> out);
    // The integers nearest to what the scale makes of the floats; how many do not come back.
    std::size_t (*quantise)(std::span<const std::uint64_t> floats, const Scale& scale,
                            std::span<std::uint64_t> out);
    // Integers become the bits of floats, in place.
    void (*restore)(std::span<std::uint64_t> values, const Scale& scale);
};

std::span<const Kernels> all_kernels();
const Kernels& kernels();

// Appends the low `width` bits of values[i] - base, the first value in the lowest bits. At most
// values_max of them.
void pack(std::span<const std::uint64_t> values, std::uint64_t base, unsigned width, Bytes& out);

}  // namespace gantry::codec::detail
