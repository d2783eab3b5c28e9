// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace gantry {

using Bytes = std::vector<std::byte>;
using ByteView = std::span<const std::byte>;

static_assert(std::endian::native == std::endian::little, "the formats are little-endian");

template <class T>
concept FixedSize = std::is_arithmetic_v<T> || std::is_enum_v<T>;

inline ByteView as_bytes(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}
inline std::string_view as_text(ByteView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Appends little-endian values to a vector.
class ByteWriter {
public:
    explicit ByteWriter(Bytes& out) : out_(out) {}

    template <FixedSize T>
    void put(T value) {
        put_bytes(std::as_bytes(std::span(&value, 1)));
    }
    template <FixedSize T>
    void put_all(std::span<const T> values) {
        put_bytes(std::as_bytes(values));
    }
    void put_bytes(ByteView bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }
    // LEB128, seven bits a byte.
    void put_varint(std::uint64_t value) {
        while (value >= 0x80) {
            put(static_cast<std::uint8_t>(value | 0x80));
            value >>= 7;
        }
        put(static_cast<std::uint8_t>(value));
    }
    // Zigzag, so that small negative numbers are short too.
    void put_signed_varint(std::int64_t value) {
        put_varint((static_cast<std::uint64_t>(value) << 1) ^
                   static_cast<std::uint64_t>(value >> 63));
    }
    void put_text(std::string_view text) {
        put_varint(text.size());
        put_bytes(as_bytes(text));
    }
    std::size_t size() const { return out_.size(); }

private:
    Bytes& out_;
};

// Reads what ByteWriter wrote from untrusted bytes: every call says whether there was enough.
class ByteReader {
public:
    explicit ByteReader(ByteView bytes) : rest_(bytes) {}

    template <FixedSize T>
    [[nodiscard]] bool get(T& value) {
        if (rest_.size() < sizeof(T)) {
            return false;
        }
        std::memcpy(&value, rest_.data(), sizeof(T));
        rest_ = rest_.subspan(sizeof(T));
        return true;
    }
    template <FixedSize T>
    [[nodiscard]] bool get_all(std::vector<T>& values, std::size_t count) {
        if (count > rest_.size() / sizeof(T)) {
            return false;
        }
        values.resize(count);
        if (count != 0) {
            std::memcpy(values.data(), rest_.data(), count * sizeof(T));
        }
        rest_ = rest_.subspan(count * sizeof(T));
        return true;
    }
    [[nodiscard]] bool get_bytes(std::size_t count, ByteView& bytes) {
        if (rest_.size() < count) {
            return false;
        }
        bytes = rest_.first(count);
        rest_ = rest_.subspan(count);
        return true;
    }
    [[nodiscard]] bool get_varint(std::uint64_t& value) {
        if (!rest_.empty() && rest_[0] < std::byte{0x80}) {
            value = std::to_integer<std::uint64_t>(rest_[0]);
            rest_ = rest_.subspan(1);
            return true;
        }
        value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            std::uint8_t byte = 0;
            if (!get(byte) || (shift == 63 && byte > 1)) {
                return false;
            }
            value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
            if ((byte & 0x80) == 0) {
                return true;
            }
        }
        return false;
    }
    [[nodiscard]] bool get_signed_varint(std::int64_t& value) {
        std::uint64_t raw = 0;
        if (!get_varint(raw)) {
            return false;
        }
        value = static_cast<std::int64_t>((raw >> 1) ^ (0 - (raw & 1)));
        return true;
    }
    [[nodiscard]] bool get_text(std::string_view& text) {
        std::uint64_t size = 0;
        ByteView bytes;
        if (!get_varint(size) || !get_bytes(size, bytes)) {
            return false;
        }
        text = as_text(bytes);
        return true;
    }
    bool empty() const { return rest_.empty(); }
    ByteView rest() const { return rest_; }

private:
    ByteView rest_;
};

// CRC-32C (Castagnoli, RFC 3720), by the processor's own instruction.
std::uint32_t crc32c(ByteView bytes, std::uint32_t seed = 0);

}  // namespace gantry
