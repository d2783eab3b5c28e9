// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>

#include "arrow/column.h"
#include "arrow/message.h"

namespace gantry::arrow {

// The texts of a dictionary; those that are null have no data. Views into the stream, or into what
// was unpacked of it.
struct Dictionary {
    std::vector<std::string_view> entries;
    std::uint64_t version = 0;  // another one whenever the entries are
    std::vector<Unpacked> kept;
};

struct RecordBatch {
    std::size_t index = 0;      // of the record batches of the stream
    std::size_t first_row = 0;  // of the rows of the stream
    std::size_t rows = 0;
    std::vector<Column> columns;
    std::vector<const Dictionary*> dictionaries;  // of each column; null where it has none
    Unpacked unpacked;
};

// The record batches of an Arrow IPC stream, with the dictionaries that they refer to. Borrows the
// bytes.
class RecordBatchSource {
public:
    explicit RecordBatchSource(ByteView stream);

    // Before anything else. InvalidArgument: the stream does not begin with a schema.
    Result<> open();
    const Schema& schema() const { return schema_; }

    // False at the end of the stream. Good until the next call.
    Result<bool> next(RecordBatch& out);
    Budget& budget() { return total_; }
    Budget& kept_budget() { return kept_; }

private:
    Result<> read_dictionary(const Message& message);
    Result<> add_entries(const FlatTable& data, ByteView body, const Field& field, Dictionary& out);
    Result<> read_batch(const Message& message, RecordBatch& out);

    MessageReader messages_;
    Budget total_;
    Budget kept_{unpacked_bytes_max};
    Schema schema_;
    std::map<std::int64_t, Dictionary> dictionaries_;
    std::uint64_t versions_ = 0;
    std::size_t batches_ = 0;
    std::size_t rows_ = 0;
};

}  // namespace gantry::arrow
