// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>
#include <memory>
#include <span>
#include <vector>

#include "arrow/detail/flat_table.h"
#include "arrow/schema.h"

namespace gantry::arrow {

// How many bytes something may become: compressed buffers unpacked, texts that stand once and are
// meant many times. Bounded, so that a small body is never a large answer.
class Budget {
public:
    explicit Budget(std::uint64_t bytes) : left_(bytes) {}
    [[nodiscard]] bool take(std::uint64_t bytes) {
        const bool enough = bytes <= left_;
        left_ -= enough ? bytes : 0;
        return enough;
    }
    std::uint64_t left() const { return left_; }
    static std::unexpected<Error> refusal();

private:
    std::uint64_t left_;
};

// Of one record batch, and of all dictionaries with the names of points.
inline constexpr std::uint64_t unpacked_bytes_max = std::uint64_t{128} << 20;
// Of a stream: so many times what was sent, beside what a record batch may have.
inline constexpr std::uint64_t unpacked_factor_max = 32;

// Unpacked buffers of one message.
using Unpacked = std::vector<std::unique_ptr<std::byte[]>>;

// A column of one record batch, or of one dictionary: views into the message's body. The buffers
// are as long as `rows` asks for; where texts lie within them is checked when they are read.
struct Column {
    Type type;  // of `values`: of the indices where the column uses a dictionary
    std::size_t rows = 0;
    ByteView validity;  // a bit a row, from the lowest on; empty when there are no nulls
    ByteView values;    // numbers, bits, offsets of texts or views of texts
    ByteView text;
    std::vector<ByteView> pieces;  // what views point into

    bool valid(std::size_t row) const {
        return type.kind != Kind::Null && (validity.empty() || bit(validity, row));
    }
    template <FixedSize T>
    T number(std::size_t row) const {
        T out{};
        std::memcpy(&out, values.data() + row * sizeof(T), sizeof(T));
        return out;
    }
    bool flag(std::size_t row) const { return bit(values, row); }
    // False when the row points outside of its buffer.
    [[nodiscard]] bool text_at(std::size_t row, std::string_view& out) const;

    static bool bit(ByteView bits, std::size_t row) {
        return (std::to_integer<unsigned>(bits[row / 8]) >> (row % 8) & 1) != 0;
    }
};

// The columns of a record batch, one of each type in the order of the schema. Compressed buffers
// are unpacked into `unpacked`. InvalidArgument names the column and what is wrong with it.
Result<std::vector<Column>> read_columns(const FlatTable& batch, ByteView body,
                                         std::span<const Field> fields, Unpacked& unpacked,
                                         Budget& budget, std::size_t& rows);

}  // namespace gantry::arrow
