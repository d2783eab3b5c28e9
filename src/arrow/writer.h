// SPDX-License-Identifier: Apache-2.0
// Writes the Arrow IPC stream format: a schema, dictionaries, record batches, the end, each
// appended to a text that is on its way to a client. Bodies are not compressed.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "arrow/schema.h"
#include "base/bytes.h"

namespace gantry::arrow {

inline constexpr std::string_view media_type = "application/vnd.apache.arrow.stream";

// One column of a record batch. Texts are given as offsets of 32 bits, one more than there are
// rows, and the bytes that they lead into.
struct ColumnData {
    ByteView validity;  // a bit a row; empty when there are no nulls
    std::size_t nulls = 0;
    ByteView values;
    ByteView text = {};
};

// Fields with a dictionary are of texts, fields of texts have offsets of 32 bits.
void write_schema(std::string& out, const Schema& schema);
void write_dictionary(std::string& out, std::int64_t id, std::span<const std::string> entries);
// A column a field of the schema.
void write_record_batch(std::string& out, const Schema& schema, std::size_t rows,
                        std::span<const ColumnData> columns);
void write_end(std::string& out);

// A bit a row: the values of a column of bools, or which values of a column are there.
class RowBits {
public:
    void add(bool value) {
        if (rows_ % 8 == 0) {
            bits_.push_back(0);
        }
        bits_.back() |= static_cast<std::uint8_t>((value ? 1U : 0U) << (rows_ % 8));
        ++rows_;
        zeros_ += value ? 0 : 1;
    }
    ByteView bytes() const { return std::as_bytes(std::span(bits_)); }
    std::size_t nulls() const { return zeros_; }
    // Nothing when all are there.
    ByteView validity() const { return zeros_ == 0 ? ByteView{} : bytes(); }

private:
    std::vector<std::uint8_t> bits_;
    std::size_t rows_ = 0;
    std::size_t zeros_ = 0;
};

}  // namespace gantry::arrow
