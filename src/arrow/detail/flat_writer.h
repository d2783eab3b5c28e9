// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <initializer_list>
#include <span>
#include <string_view>

#include "base/assert.h"
#include "base/bytes.h"

namespace gantry::arrow {

// Writes a FlatBuffer from its root on: a vtable, its table, then what the table points at. A table
// has a fixed place for each of its fields, which is filled in later.
class FlatWriter {
public:
    static constexpr std::size_t slots_max = 8;

    // Where a table's fields stand.
    struct Table {
        std::size_t at = 0;
        std::array<std::size_t, slots_max> field{};
    };

    FlatWriter() { reserve(4, 4); }

    // A table of fields of those widths in bytes, 0 for one that is left out.
    Table table(std::initializer_list<std::size_t> widths) {
        ASSERT(widths.size() <= slots_max);
        Table out;
        std::array<std::uint16_t, slots_max + 2> vtable{};
        std::size_t end = 4;  // behind the offset to the vtable
        std::size_t slot = 0;
        for (const std::size_t width : widths) {
            if (width > 0) {
                end = (end + width - 1) / width * width;
                vtable[2 + slot] = static_cast<std::uint16_t>(end);
                end += width;
            }
            ++slot;
        }
        vtable[0] = static_cast<std::uint16_t>(4 + 2 * widths.size());
        vtable[1] = static_cast<std::uint16_t>(end);
        const std::size_t before = reserve(vtable[0], 2);
        std::memcpy(out_.data() + before, vtable.data(), vtable[0]);
        out.at = reserve(end, 8);
        set(out.at, static_cast<std::int32_t>(out.at - before));
        for (std::size_t i = 0; i < widths.size(); ++i) {
            out.field[i] = out.at + vtable[2 + i];
        }
        return out;
    }

    template <FixedSize T>
    void set(std::size_t at, T value) {
        std::memcpy(out_.data() + at, &value, sizeof(T));
    }
    void refer(std::size_t at, std::size_t target) {
        set(at, static_cast<std::uint32_t>(target - at));
    }
    void root(const Table& table) { refer(0, table.at); }

    void text(std::size_t field, std::string_view text) {
        const std::size_t at = vector_of(field, text.size(), 1, 4);
        std::memcpy(out_.data() + at, text.data(), text.size());
        out_.push_back(std::byte{0});
    }
    // A vector of structs or numbers; returns where the first stands.
    std::size_t vector_of(std::size_t field, std::size_t count, std::size_t bytes,
                          std::size_t alignment) {
        while ((out_.size() + 4) % alignment != 0 || out_.size() % 4 != 0) {
            out_.push_back(std::byte{0});
        }
        const std::size_t at = reserve(4 + count * bytes, 4);
        refer(field, at);
        set(at, static_cast<std::uint32_t>(count));
        return at + 4;
    }

    const Bytes& bytes() const { return out_; }

private:
    std::size_t reserve(std::size_t bytes, std::size_t alignment) {
        const std::size_t at = (out_.size() + alignment - 1) / alignment * alignment;
        out_.resize(at + bytes);
        return at;
    }

    Bytes out_;
};

}  // namespace gantry::arrow
