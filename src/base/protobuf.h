// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace gantry {

enum class ProtobufType : unsigned char { Varint = 0, Fixed64 = 1, Length = 2, Fixed32 = 5 };

// Reads the fields of a protobuf message from untrusted bytes, one after the other. Every call says
// whether there was enough and it was sound; after a false nothing more may be asked for.
class ProtobufReader {
public:
    explicit ProtobufReader(std::string_view message)
        : at_(message.data()), end_(message.data() + message.size()) {}

    bool done() const { return at_ == end_; }
    const char* at() const { return at_; }

    [[nodiscard]] bool tag(std::uint32_t& field, ProtobufType& type) {
        std::uint64_t raw = 0;
        if (!varint(raw) || raw > UINT32_MAX || raw < 8) {
            return false;
        }
        field = static_cast<std::uint32_t>(raw >> 3);
        type = static_cast<ProtobufType>(raw & 7);
        return true;
    }

    [[nodiscard]] bool varint(std::uint64_t& value) {
        if (at_ != end_ && static_cast<unsigned char>(*at_) < 0x80) {
            value = static_cast<unsigned char>(*at_++);
            return true;
        }
        return end_ - at_ >= 8 ? wide_varint(value) : any_varint(value);
    }

    [[nodiscard]] bool fixed64(std::uint64_t& bits) {
        if (end_ - at_ < 8) {
            return false;
        }
        std::memcpy(&bits, at_, sizeof(bits));
        at_ += 8;
        return true;
    }
    [[nodiscard]] bool fixed64(double& value) {
        std::uint64_t bits = 0;
        if (!fixed64(bits)) {
            return false;
        }
        value = std::bit_cast<double>(bits);
        return true;
    }

    [[nodiscard]] bool fixed32(std::uint32_t& bits) {
        if (end_ - at_ < 4) {
            return false;
        }
        std::memcpy(&bits, at_, sizeof(bits));
        at_ += 4;
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
    [[nodiscard]] bool skip(ProtobufType type) {
        std::uint64_t number = 0;
        std::string_view text;
        switch (type) {
            case ProtobufType::Varint: return varint(number);
            case ProtobufType::Fixed64: return pass(8);
            case ProtobufType::Fixed32: return pass(4);
            case ProtobufType::Length: return bytes(text);
        }
        return false;
    }

private:
    // Eight bytes at once: where the first is that has no bit of continuation, and then groups of
    // seven bits moved together, two and two.
    bool wide_varint(std::uint64_t& value) {
        std::uint64_t word = 0;
        std::memcpy(&word, at_, sizeof(word));
        const std::uint64_t ends = ~word & 0x8080808080808080;
        if (ends == 0) {
            return any_varint(value);
        }
        word &= (ends ^ (ends - 1)) & 0x7f7f7f7f7f7f7f7f;
        word = (word & 0x007f007f007f007f) | (word & 0x7f007f007f007f00) >> 1;
        word = (word & 0x00003fff00003fff) | (word & 0x3fff00003fff0000) >> 2;
        value = (word & 0x000000000fffffff) | (word & 0x0fffffff00000000) >> 4;
        at_ += (std::countr_zero(ends) + 1) / 8;
        return true;
    }

    bool any_varint(std::uint64_t& value) {
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

// Appends fields of a protobuf message to a string.
class ProtobufWriter {
public:
    explicit ProtobufWriter(std::string& out) : out_(out) {}

    void varint(std::uint32_t field, std::uint64_t value) {
        tag(field, ProtobufType::Varint);
        raw(value);
    }
    void fixed64(std::uint32_t field, std::uint64_t bits) {
        tag(field, ProtobufType::Fixed64);
        little(bits);
    }
    void fixed32(std::uint32_t field, std::uint32_t bits) {
        tag(field, ProtobufType::Fixed32);
        little(bits);
    }
    // Texts, bytes and messages that are encoded already.
    void bytes(std::uint32_t field, std::string_view value) {
        tag(field, ProtobufType::Length);
        raw(value.size());
        out_ += value;
    }

private:
    void tag(std::uint32_t field, ProtobufType type) {
        raw(std::uint64_t{field} << 3 | static_cast<std::uint64_t>(type));
    }
    void raw(std::uint64_t value) {
        for (; value >= 0x80; value >>= 7) {
            out_ += static_cast<char>(value | 0x80);
        }
        out_ += static_cast<char>(value);
    }
    template <class T>
    void little(T bits) {
        char buffer[sizeof(T)];
        std::memcpy(buffer, &bits, sizeof(T));
        out_.append(buffer, sizeof(T));
    }

    std::string& out_;
};

}  // namespace gantry
