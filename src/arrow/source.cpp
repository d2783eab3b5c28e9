// SPDX-License-Identifier: Apache-2.0
#include "arrow/source.h"

#include <algorithm>

namespace gantry::arrow {

RecordBatchSource::RecordBatchSource(ByteView stream)
    : messages_(stream), total_(unpacked_bytes_max + unpacked_factor_max * stream.size()) {}

Result<> RecordBatchSource::open() {
    TRY_ASSIGN(const auto message, messages_.next());
    if (!message || message->kind != Header::Schema) {
        return fail(Code::InvalidArgument, "the stream does not begin with a schema");
    }
    TRY_ASSIGN(schema_, read_schema(message->header));
    return {};
}

Result<bool> RecordBatchSource::next(RecordBatch& out) {
    while (true) {
        TRY_ASSIGN(const auto message, messages_.next());
        if (!message) {
            return false;
        }
        if (message->kind == Header::DictionaryBatch) {
            TRY(read_dictionary(*message));
        } else if (message->kind == Header::RecordBatch) {
            auto read = read_batch(*message, out);
            if (!read) {
                return within(std::format("record batch {}", batches_), read.error());
            }
            ++batches_;
            return true;
        } else {
            return fail(Code::InvalidArgument,
                        "message {} is neither a dictionary nor a record batch",
                        messages_.count() - 1);
        }
    }
}

Result<> RecordBatchSource::read_dictionary(const Message& message) {
    std::int64_t id = 0;
    std::uint8_t is_delta = 0;
    std::optional<FlatTable> data;
    if (!message.header.get(slot::dictionary_batch::id, id) ||
        !message.header.get(slot::dictionary_batch::is_delta, is_delta) ||
        !message.header.get_table(slot::dictionary_batch::data, data) || !data) {
        return fail(Code::InvalidArgument, "message {}: the dictionary is no valid FlatBuffer",
                    messages_.count() - 1);
    }
    const auto user = std::ranges::find_if(schema_.fields, [id](const Field& field) {
        return field.dictionary && field.dictionary->id == id;
    });
    if (user == schema_.fields.end()) {
        return fail(Code::InvalidArgument, "message {}: no column uses dictionary {}",
                    messages_.count() - 1, id);
    }
    Dictionary& dictionary = dictionaries_[id];
    if (is_delta == 0) {
        dictionary = {};
    }
    dictionary.version = ++versions_;
    auto added = add_entries(*data, message.body, *user, dictionary);
    if (!added) {
        return within(std::format("message {}, a dictionary", messages_.count() - 1),
                      added.error());
    }
    return {};
}

Result<> RecordBatchSource::add_entries(const FlatTable& data, ByteView body, const Field& field,
                                        Dictionary& out) {
    const Field values{field.name, field.type, std::nullopt};
    std::size_t rows = 0;
    TRY_ASSIGN(const auto columns, read_columns(data, body, std::span(&values, 1),
                                                out.kept.emplace_back(), kept_, rows));
    const Column& column = columns[0];
    if (!kept_.take(rows * sizeof(std::string_view))) {
        return Budget::refusal();
    }
    for (std::size_t row = 0; row < rows; ++row) {
        std::string_view text;
        if (column.valid(row) && !column.text_at(row, text)) {
            return fail(Code::InvalidArgument, "column '{}': entry {} lies outside of its buffer",
                        field.name, row);
        }
        if (column.valid(row) && text.data() == nullptr) {
            text = "";
        }
        out.entries.push_back(text);
    }
    return {};
}

Result<> RecordBatchSource::read_batch(const Message& message, RecordBatch& out) {
    out = {};
    out.index = batches_;
    out.first_row = rows_;
    Budget own(std::min(unpacked_bytes_max, total_.left()));
    const std::uint64_t before = own.left();
    TRY_ASSIGN(out.columns, read_columns(message.header, message.body, schema_.fields, out.unpacked,
                                         own, out.rows));
    if (!total_.take(before - own.left())) {
        return Budget::refusal();
    }
    for (const Field& field : schema_.fields) {
        const Dictionary* dictionary = nullptr;
        if (field.dictionary && out.rows > 0) {
            const auto found = dictionaries_.find(field.dictionary->id);
            if (found == dictionaries_.end()) {
                return fail(Code::InvalidArgument,
                            "column '{}': its dictionary does not stand before it", field.name);
            }
            dictionary = &found->second;
        }
        out.dictionaries.push_back(dictionary);
    }
    if (out.rows > SIZE_MAX / 2 - rows_) {
        return fail(Code::TooLarge, "there are too many rows");
    }
    rows_ += out.rows;
    return {};
}

}  // namespace gantry::arrow
