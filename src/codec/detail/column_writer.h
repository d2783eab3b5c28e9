// SPDX-License-Identifier: Apache-2.0
// A column while it is written: into a room of its own that is as large as a column can be, and
// then as a whole behind what is there. Appending to a vector piece by piece costs more than all
// the rest does.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>

#include "base/assert.h"
#include "base/bytes.h"
#include "codec/codec.h"
#include "codec/detail/kernels.h"

namespace gantry::codec::detail {

constexpr std::size_t varint_bytes(std::uint64_t value) {
    return (static_cast<std::size_t>(std::bit_width(value | 1)) + 6) / 7;
}
constexpr std::uint64_t zigzag(std::uint64_t value) { return value << 1 ^ (0 - (value >> 63)); }
constexpr std::size_t signed_varint_bytes(std::uint64_t value) {
    return varint_bytes(zigzag(value));
}

// How hard zstd tries; it is read at one speed.
constexpr int zstd_level(Tier tier) {
    constexpr int fast = 1;
    constexpr int small = 12;
    return tier == Tier::Hot ? fast : small;
}

class ColumnWriter {
public:
    explicit ColumnWriter(Codec codec) { put(codec); }

    template <FixedSize T>
    void put(T value) {
        std::memcpy(take(sizeof(T)), &value, sizeof(T));
    }
    template <FixedSize T>
    void put_all(std::span<const T> values) {
        std::memcpy(take(values.size_bytes()), values.data(), values.size_bytes());
    }
    void put_varint(std::uint64_t value) {
        std::byte* to = take(varint_bytes_max);
        while (value >= 0x80) {
            *to++ = static_cast<std::byte>(value | 0x80);
            value >>= 7;
        }
        *to++ = static_cast<std::byte>(value);
        size_ = static_cast<std::size_t>(to - room_.data());
    }
    void put_signed_varint(std::int64_t value) {
        put_varint(zigzag(static_cast<std::uint64_t>(value)));
    }
    // The low `width` bits of each value less the base.
    void pack(std::span<const std::uint64_t> values, std::uint64_t base, unsigned width) {
        kernels().pack(values, base, width, take(packed_bytes(values.size(), width)));
    }
    void append_to(Bytes& out) const { out.insert(out.end(), room_.data(), room_.data() + size_); }

private:
    static constexpr std::size_t varint_bytes_max = 10;
    // Scaled integers that all have an exception, and do not fit their scale either.
    static constexpr std::size_t bytes_max =
        values_max * (8 + 2 + varint_bytes_max + 2 + 8) + std::size_t{16} * varint_bytes_max;

    std::byte* take(std::size_t bytes) {
        ASSERT(bytes <= bytes_max - size_);
        std::byte* at = room_.data() + size_;
        size_ += bytes;
        return at;
    }

    std::size_t size_ = 0;
    std::array<std::byte, bytes_max + pack_slack_bytes> room_;
};

}  // namespace gantry::codec::detail
