// SPDX-License-Identifier: Apache-2.0
#include "arrow/writer.h"

#include "arrow/detail/flat_writer.h"
#include "arrow/detail/metadata.h"

namespace gantry::arrow {
namespace {

constexpr std::size_t alignment = 8;
constexpr std::size_t offset_bytes = 4;
constexpr std::size_t number_bytes = 8;

std::size_t padding(std::size_t size) { return (alignment - size % alignment) % alignment; }

// Message.fbs: the header's table is made first, so that what it points at follows it.
struct MessageWriter {
    MessageWriter(Header kind, std::int64_t body_bytes) {
        message = flat.table({2, 1, offset_bytes, number_bytes});
        flat.root(message);
        flat.set(message.field[slot::message::version], version_5);
        flat.set(message.field[slot::message::header_type], static_cast<std::uint8_t>(kind));
        flat.set(message.field[slot::message::body_length], body_bytes);
    }

    void set_header(const FlatWriter::Table& header) {
        flat.refer(message.field[slot::message::header], header.at);
    }

    void append_to(std::string& out) const {
        const Bytes& metadata = flat.bytes();
        const std::size_t padded = metadata.size() + padding(metadata.size());
        const std::array<std::uint32_t, 2> prefix = {continuation,
                                                     static_cast<std::uint32_t>(padded)};
        out += as_text(std::as_bytes(std::span(prefix)));
        out += as_text(metadata);
        out.append(padded - metadata.size(), '\0');
    }

    FlatWriter flat;
    FlatWriter::Table message;
};

TypeTag tag_of(const Type& type) {
    switch (type.kind) {
        case Kind::Null: return TypeTag::Null;
        case Kind::Bool: return TypeTag::Bool;
        case Kind::Int: return TypeTag::Int;
        case Kind::Float: return TypeTag::FloatingPoint;
        case Kind::Instant: return TypeTag::Timestamp;
        case Kind::Text:
        case Kind::LargeText:
        case Kind::TextView: break;
    }
    return TypeTag::Utf8;
}

FlatWriter::Table write_integer(FlatWriter& flat, const Type& type) {
    const auto out = flat.table({4, 1});
    flat.set(out.field[slot::integer::bit_width], static_cast<std::int32_t>(type.bits));
    flat.set(out.field[slot::integer::is_signed], static_cast<std::uint8_t>(type.is_signed));
    return out;
}

// Second, millisecond, microsecond, nanosecond.
std::int16_t unit_number(Time unit) {
    std::int16_t out = 3;
    for (; unit > 1; unit /= 1000) {
        --out;
    }
    return out;
}

FlatWriter::Table write_type(FlatWriter& flat, const Type& type) {
    switch (type.kind) {
        case Kind::Int: return write_integer(flat, type);
        case Kind::Float: {
            const auto out = flat.table({2});
            flat.set(out.field[slot::precision], static_cast<std::int16_t>(type.bits / 32));
            return out;
        }
        case Kind::Instant: {
            ASSERT(!type.date);
            const auto out = flat.table({2, type.utc ? offset_bytes : 0});
            flat.set(out.field[slot::timestamp::unit], unit_number(type.unit));
            if (type.utc) {
                flat.text(out.field[slot::timestamp::timezone], "UTC");
            }
            return out;
        }
        default: return flat.table({});
    }
}

FlatWriter::Table write_field(FlatWriter& flat, const Field& field) {
    const std::size_t has_dictionary = field.dictionary ? offset_bytes : 0;
    const auto out = flat.table({offset_bytes, 1, 1, offset_bytes, has_dictionary, offset_bytes});
    flat.text(out.field[slot::field::name], field.name);
    flat.set(out.field[slot::field::nullable], std::uint8_t{1});
    flat.set(out.field[slot::field::type_type], static_cast<std::uint8_t>(tag_of(field.type)));
    flat.refer(out.field[slot::field::type], write_type(flat, field.type).at);
    if (field.dictionary) {
        const auto use = flat.table({number_bytes, offset_bytes});
        flat.refer(out.field[slot::field::dictionary], use.at);
        flat.set(use.field[slot::dictionary_encoding::id], field.dictionary->id);
        flat.refer(use.field[slot::dictionary_encoding::index_type],
                   write_integer(flat, field.dictionary->index).at);
    }
    flat.vector_of(out.field[slot::field::children], 0, offset_bytes, offset_bytes);
    return out;
}

// Buffers of a body, one behind the other.
class Body {
public:
    struct Place {
        std::int64_t offset = 0;
        std::int64_t length = 0;
    };
    struct Node {
        std::int64_t rows = 0;
        std::int64_t nulls = 0;
    };

    void add_column(const Field& field, std::size_t rows, const ColumnData& column) {
        nodes_.push_back(
            {static_cast<std::int64_t>(rows), static_cast<std::int64_t>(column.nulls)});
        if (field.type.kind == Kind::Null) {
            return;
        }
        add(column.validity);
        add(column.values);
        if (field.type.text() && !field.dictionary) {
            add(column.text);
        }
    }

    // Of RecordBatch.
    FlatWriter::Table write(FlatWriter& flat, std::size_t rows) const {
        const auto out = flat.table({number_bytes, offset_bytes, offset_bytes});
        flat.set(out.field[slot::record_batch::length], static_cast<std::int64_t>(rows));
        write_all(flat, out.field[slot::record_batch::nodes], nodes_);
        write_all(flat, out.field[slot::record_batch::buffers], places_);
        return out;
    }

    void append_to(std::string& out) const {
        for (const ByteView buffer : buffers_) {
            out += as_text(buffer);
            out.append(padding(buffer.size()), '\0');
        }
    }

    std::int64_t size() const { return size_; }

private:
    void add(ByteView buffer) {
        places_.push_back({size_, static_cast<std::int64_t>(buffer.size())});
        buffers_.push_back(buffer);
        size_ += static_cast<std::int64_t>(buffer.size() + padding(buffer.size()));
    }

    template <class Item>
    static void write_all(FlatWriter& flat, std::size_t field, const std::vector<Item>& items) {
        std::size_t at = flat.vector_of(field, items.size(), sizeof(Item), alignment);
        for (const auto& [first, second] : items) {
            flat.set(at, first);
            flat.set(at + number_bytes, second);
            at += sizeof(Item);
        }
    }

    std::vector<Node> nodes_;
    std::vector<Place> places_;
    std::vector<ByteView> buffers_;
    std::int64_t size_ = 0;
};

}  // namespace

void write_schema(std::string& out, const Schema& schema) {
    MessageWriter message(Header::Schema, 0);
    FlatWriter& flat = message.flat;
    const auto header = flat.table({2, offset_bytes});
    message.set_header(header);
    std::size_t at = flat.vector_of(header.field[slot::schema::fields], schema.fields.size(),
                                    offset_bytes, offset_bytes);
    for (const Field& field : schema.fields) {
        flat.refer(at, write_field(flat, field).at);
        at += offset_bytes;
    }
    message.append_to(out);
}

void write_dictionary(std::string& out, std::int64_t id, std::span<const std::string> entries) {
    std::vector<std::int32_t> offsets = {0};
    std::string text;
    for (const std::string& entry : entries) {
        text += entry;
        offsets.push_back(static_cast<std::int32_t>(text.size()));
    }
    ASSERT(text.size() <= INT32_MAX);
    Body body;
    body.add_column(
        {.name = {}, .type = text_type, .dictionary = {}}, entries.size(),
        {.validity = {}, .values = std::as_bytes(std::span(offsets)), .text = as_bytes(text)});
    MessageWriter message(Header::DictionaryBatch, body.size());
    FlatWriter& flat = message.flat;
    const auto header = flat.table({number_bytes, offset_bytes});
    message.set_header(header);
    flat.set(header.field[slot::dictionary_batch::id], id);
    flat.refer(header.field[slot::dictionary_batch::data], body.write(flat, entries.size()).at);
    message.append_to(out);
    body.append_to(out);
}

void write_record_batch(std::string& out, const Schema& schema, std::size_t rows,
                        std::span<const ColumnData> columns) {
    ASSERT(columns.size() == schema.fields.size());
    Body body;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        body.add_column(schema.fields[i], rows, columns[i]);
    }
    MessageWriter message(Header::RecordBatch, body.size());
    message.set_header(body.write(message.flat, rows));
    message.append_to(out);
    body.append_to(out);
}

void write_end(std::string& out) {
    const std::array<std::uint32_t, 2> end = {continuation, 0};
    out += as_text(std::as_bytes(std::span(end)));
}

}  // namespace gantry::arrow
