// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace gantry::remotewrite {

enum class WireType : unsigned char { Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5 };

// Reads the fields of a protobuf message from untrusted bytes, one after the other. Every call says
// whether there was enough and it was sound; after a false nothing more may be asked for.
class Wire {
public:
    explicit Wire(std::string_view message)
        : at_(message.data()), end_(message.data() + message.size()) {}

    bool done() const { return at_ == end_; }
    const char* at() const { return at_; }

    [[nodiscard]] bool tag(std::uint32_t& field, WireType& type) {
        std::uint64_t raw = 0;
        if (!varint(raw) || raw > UINT32_MAX || raw < 8) {
            return false;
        }
        field = static_cast<std::uint32_t>(raw >> 3);
        type = static_cast<WireType>(raw & 7);
        return true;
    }

    [[nodiscard]] bool varint(std::uint64_t& value) {
        if (at_ != end_ && static_cast<unsigned char>(*at_) < 0x80) {
            value = static_cast<unsigned char>(*at_++);
            return true;
        }
        value = 0;
        for (unsigned shift = 0; shift < 70; shift += 7) {
            if (at_ == end_) {
                return false;
            }
            const auto byte = static_cast<unsigned char>(*at_++);
            if (shift == 63 && byte > 1) {
                return false;
            }
            value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
            if (byte < 0x80) {
                return true;
            }
        }
        return false;
    }

    [[nodiscard]] bool fixed64(double& value) {
        if (end_ - at_ < 8) {
            return false;
        }
        std::uint64_t bits = 0;
        std::memcpy(&bits, at_, sizeof(bits));
        value = std::bit_cast<double>(bits);
        at_ += 8;
        return true;
    }

    [[nodiscard]] bool bytes(std::string_view& value) {
        std::uint64_t size = 0;
        if (!varint(size) || size > static_cast<std::uint64_t>(end_ - at_)) {
            return false;
        }
        value = {at_, static_cast<std::size_t>(size)};
        at_ += size;
        return true;
    }

    // Passes over what is not known.
    [[nodiscard]] bool skip(WireType type) {
        std::uint64_t number = 0;
        std::string_view text;
        switch (type) {
            case WireType::Varint: return varint(number);
            case WireType::Fixed64: return pass(8);
            case WireType::Fixed32: return pass(4);
            case WireType::Bytes: return bytes(text);
        }
        return false;
    }

private:
    bool pass(std::ptrdiff_t count) {
        if (end_ - at_ < count) {
            return false;
        }
        at_ += count;
        return true;
    }

    const char* at_;
    const char* end_;
};

}  // namespace gantry::remotewrite
