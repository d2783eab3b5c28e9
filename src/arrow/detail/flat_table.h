// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace gantry::arrow {

// A table of a FlatBuffer in bytes that nobody has checked: a signed offset to its vtable, which
// says where each field stands, or that it is absent. Every step is checked against the bytes; a
// function returns false when they do not hold what it was asked for. Borrows the bytes.
class FlatTable {
public:
    // The table that the bytes begin with an offset to.
    static std::optional<FlatTable> root(ByteView bytes) {
        std::uint32_t at = 0;
        return load(bytes, 0, at) ? make(bytes, at) : std::nullopt;
    }

    bool has(unsigned slot) const { return field(slot) != 0; }

    // Leaves `value` as it is where the field is absent: its default.
    template <FixedSize T>
    [[nodiscard]] bool get(unsigned slot, T& value) const {
        const std::size_t offset = field(slot);
        return offset == 0 || (offset + sizeof(T) <= size_ && load(bytes_, at_ + offset, value));
    }

    // Nothing where the field is absent.
    [[nodiscard]] bool get_table(unsigned slot, std::optional<FlatTable>& table) const {
        std::size_t target = 0;
        if (!reference(slot, target)) {
            return false;
        }
        table = target == 0 ? std::nullopt : make(bytes_, target);
        return target == 0 || table.has_value();
    }

    [[nodiscard]] bool get_text(unsigned slot, std::string_view& text) const {
        ByteView bytes;
        std::size_t count = 0;
        if (!get_vector(slot, 1, bytes, count)) {
            return false;
        }
        text = as_text(bytes);
        return true;
    }

    // A vector of structs or scalars of that size, one behind the other.
    [[nodiscard]] bool get_vector(unsigned slot, std::size_t item_bytes, ByteView& items,
                                  std::size_t& count) const {
        std::size_t target = 0;
        std::uint32_t length = 0;
        if (!reference(slot, target) || (target != 0 && !load(bytes_, target, length))) {
            return false;
        }
        if (length > 0 && (bytes_.size() - target - sizeof(length)) / item_bytes < length) {
            return false;
        }
        count = length;
        items =
            length == 0 ? ByteView{} : bytes_.subspan(target + sizeof(length), length * item_bytes);
        return true;
    }

    // A table of a vector of tables; `items` is what get_vector(slot, 4, …) gave.
    [[nodiscard]] std::optional<FlatTable> item(ByteView items, std::size_t index) const {
        const auto place = static_cast<std::size_t>(items.data() - bytes_.data()) + index * 4;
        std::uint32_t offset = 0;
        return load(bytes_, place, offset) ? make(bytes_, place + offset) : std::nullopt;
    }

private:
    FlatTable(ByteView bytes, std::size_t at) : bytes_(bytes), at_(at) {}

    template <FixedSize T>
    static bool load(ByteView bytes, std::size_t at, T& value) {
        if (at > bytes.size() || bytes.size() - at < sizeof(T)) {
            return false;
        }
        std::memcpy(&value, bytes.data() + at, sizeof(T));
        return true;
    }

    static std::optional<FlatTable> make(ByteView bytes, std::size_t at) {
        FlatTable out(bytes, at);
        std::int32_t back = 0;
        if (!load(bytes, at, back)) {
            return std::nullopt;
        }
        const std::int64_t vtable = static_cast<std::int64_t>(at) - back;
        if (vtable < 0) {
            return std::nullopt;
        }
        out.vtable_ = static_cast<std::size_t>(vtable);
        if (!load(bytes, out.vtable_, out.vtable_size_) || out.vtable_size_ < 4 ||
            !load(bytes, out.vtable_ + 2, out.size_) || out.size_ < 4 ||
            bytes.size() - out.vtable_ < out.vtable_size_ || bytes.size() - at < out.size_) {
            return std::nullopt;
        }
        return out;
    }

    // Where the field stands in the table; 0 when it is absent.
    std::size_t field(unsigned slot) const {
        const std::size_t entry = 4 + 2 * std::size_t{slot};
        std::uint16_t offset = 0;
        if (entry + 2 <= vtable_size_) {
            std::memcpy(&offset, bytes_.data() + vtable_ + entry, sizeof(offset));
        }
        return offset;
    }

    // What the field points at; 0 when it is absent.
    bool reference(unsigned slot, std::size_t& target) const {
        const std::size_t offset = field(slot);
        std::uint32_t distance = 0;
        target = 0;
        if (offset == 0) {
            return true;
        }
        if (offset + 4 > size_ || !load(bytes_, at_ + offset, distance) || distance == 0) {
            return false;
        }
        target = at_ + offset + distance;
        return target < bytes_.size();
    }

    ByteView bytes_;
    std::size_t at_ = 0;
    std::size_t vtable_ = 0;
    std::uint16_t vtable_size_ = 0;
    std::uint16_t size_ = 0;
};

}  // namespace gantry::arrow
