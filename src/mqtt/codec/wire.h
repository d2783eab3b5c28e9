// SPDX-License-Identifier: Apache-2.0
// Numbers and texts of MQTT as bytes: big-endian, texts behind a length of two bytes (1.5).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"

namespace gantry::mqtt {

inline constexpr std::size_t text_bytes_max = 65'535;

// Takes values off the front. After the first that does not fit all are zero or empty.
class Reader {
public:
    explicit Reader(std::string_view bytes) : at_(bytes.data()), end_(at_ + bytes.size()) {}

    std::uint8_t take8() { return need(1) ? static_cast<std::uint8_t>(*at_++) : std::uint8_t{0}; }
    std::uint16_t take16() {
        if (!need(2)) {
            return 0;
        }
        const auto out = static_cast<std::uint16_t>(byte(0) << 8 | byte(1));
        at_ += 2;
        return out;
    }
    std::uint32_t take32() {
        const std::uint32_t high = take16();
        return high << 16 | take16();
    }
    // At most four bytes, and no more than the value needs (1.5.5); else broken.
    std::uint32_t take_varint() {
        std::uint32_t value = 0;
        if (!take_varint(value)) {
            broken_ = true;
        }
        return broken_ ? 0 : value;
    }
    bool take_varint(std::uint32_t& value) {
        value = 0;
        for (unsigned i = 0; i < 4; ++i) {
            if (!need(1)) {
                return false;
            }
            const auto one = static_cast<std::uint8_t>(*at_++);
            value |= static_cast<std::uint32_t>(one & 0x7f) << (7 * i);
            if (one < 0x80) {
                wasteful_ |= one == 0 && i > 0;
                return true;
            }
        }
        return false;
    }
    std::string_view take_text() { return take(take16()); }
    std::string_view take(std::size_t size) {
        if (!need(size)) {
            return {};
        }
        const std::string_view out(at_, size);
        at_ += size;
        return out;
    }
    std::string_view take_rest() { return take(static_cast<std::size_t>(end_ - at_)); }

    std::string_view rest() const { return {at_, static_cast<std::size_t>(end_ - at_)}; }
    bool done() const { return at_ == end_; }
    bool broken() const { return broken_; }
    // A variable byte integer had more bytes than it needs.
    bool wasteful() const { return wasteful_; }

private:
    bool need(std::size_t size) {
        if (static_cast<std::size_t>(end_ - at_) < size) {
            broken_ = true;
            at_ = end_;
        }
        return !broken_;
    }
    unsigned byte(std::size_t i) const { return static_cast<unsigned char>(at_[i]); }

    const char* at_;
    const char* end_;
    bool broken_ = false;
    bool wasteful_ = false;
};

inline std::size_t varint_bytes(std::uint32_t value) {
    return value < 128 ? 1 : value < 16'384 ? 2 : value < 2'097'152 ? 3 : 4;
}

// Counts what an Appender would append.
class Counter {
public:
    void put8(std::uint8_t) { size_ += 1; }
    void put16(std::uint16_t) { size_ += 2; }
    void put32(std::uint32_t) { size_ += 4; }
    void put_varint(std::uint32_t value) { size_ += varint_bytes(value); }
    void put_text(std::string_view text) {
        ASSERT(text.size() <= text_bytes_max);
        size_ += 2 + text.size();
    }
    void put_bytes(std::string_view bytes) { size_ += bytes.size(); }
    std::size_t size() const { return size_; }

private:
    std::size_t size_ = 0;
};

class Appender {
public:
    explicit Appender(std::string& out) : out_(out) {}

    void put8(std::uint8_t value) { out_ += static_cast<char>(value); }
    void put16(std::uint16_t value) {
        const char bytes[] = {static_cast<char>(value >> 8), static_cast<char>(value & 0xff)};
        out_.append(bytes, sizeof(bytes));
    }
    void put32(std::uint32_t value) {
        put16(static_cast<std::uint16_t>(value >> 16));
        put16(static_cast<std::uint16_t>(value & 0xffff));
    }
    void put_varint(std::uint32_t value) {
        for (; value >= 0x80; value >>= 7) {
            put8(static_cast<std::uint8_t>(value | 0x80));
        }
        put8(static_cast<std::uint8_t>(value));
    }
    void put_text(std::string_view text) {
        ASSERT(text.size() <= text_bytes_max);
        put16(static_cast<std::uint16_t>(text.size()));
        out_ += text;
    }
    void put_bytes(std::string_view bytes) { out_ += bytes; }

private:
    std::string& out_;
};

}  // namespace gantry::mqtt
