// SPDX-License-Identifier: Apache-2.0
#include "arrow/column.h"

#include "arrow/detail/metadata.h"
#include "arrow/detail/unpack.h"

namespace gantry::arrow {
namespace {

constexpr std::size_t view_bytes = 16;
constexpr std::size_t short_text_bytes = 12;  // stands in the view itself

struct Node {
    std::int64_t length = 0;
    std::int64_t nulls = 0;
};

struct Place {
    std::int64_t offset = 0;
    std::int64_t length = 0;
};

template <class T>
T load(ByteView bytes, std::size_t at) {
    T out{};
    std::memcpy(&out, bytes.data() + at, sizeof(T));
    return out;
}

std::size_t bytes_of_bits(std::size_t rows) { return rows / 8 + (rows % 8 != 0 ? 1 : 0); }

// Bytes that `rows` values take in the first buffer behind the validity.
std::size_t values_bytes(const Type& type, std::size_t rows) {
    switch (type.kind) {
        case Kind::Null: return 0;
        case Kind::Bool: return bytes_of_bits(rows);
        case Kind::Text: return rows == 0 ? 0 : (rows + 1) * 4;
        case Kind::LargeText: return rows == 0 ? 0 : (rows + 1) * 8;
        case Kind::TextView: return rows * view_bytes;
        case Kind::Int:
        case Kind::Float:
        case Kind::Instant: return rows * (type.bits / 8);
    }
    return 0;
}

template <class Offset>
bool text_between(const Column& column, std::size_t row, std::string_view& out) {
    const auto from = column.number<Offset>(row);
    const auto to = column.number<Offset>(row + 1);
    if (from < 0 || to < from || static_cast<std::uint64_t>(to) > column.text.size()) {
        return false;
    }
    out = as_text(column.text)
              .substr(static_cast<std::size_t>(from), static_cast<std::size_t>(to - from));
    return true;
}

// A view: its length, then the text, or four bytes of it, which piece it lies in and where.
bool viewed_text(const Column& column, std::size_t row, std::string_view& out) {
    const ByteView view = column.values.subspan(row * view_bytes, view_bytes);
    const auto length = load<std::int32_t>(view, 0);
    if (length < 0) {
        return false;
    }
    const auto size = static_cast<std::size_t>(length);
    if (size <= short_text_bytes) {
        out = as_text(view.subspan(4, size));
        return true;
    }
    const auto piece = load<std::uint32_t>(view, 8);
    const auto offset = load<std::uint32_t>(view, 12);
    if (piece >= column.pieces.size() || offset > column.pieces[piece].size() ||
        size > column.pieces[piece].size() - offset) {
        return false;
    }
    out = as_text(column.pieces[piece].subspan(offset, size));
    return true;
}

// Hands out the nodes and buffers of a record batch in their order.
class BatchReader {
public:
    BatchReader(ByteView body, Unpacked& unpacked, Budget& budget)
        : body_(body), unpacked_(unpacked), budget_(budget) {}

    Result<> open(const FlatTable& batch) {
        std::optional<FlatTable> compression;
        if (!batch.get_vector(slot::record_batch::nodes, sizeof(Node), nodes_, nodes_count_) ||
            !batch.get_vector(slot::record_batch::buffers, sizeof(Place), places_, places_count_) ||
            !batch.get_vector(slot::record_batch::variadic_counts, 8, variadic_, variadic_count_) ||
            !batch.get(slot::record_batch::length, length_) || length_ < 0 ||
            !batch.get_table(slot::record_batch::compression, compression)) {
            return fail(Code::InvalidArgument, "the record batch is no valid FlatBuffer");
        }
        if (compression) {
            std::int8_t codec = 0;
            std::int8_t method = 0;
            if (!compression->get(slot::codec, codec) || !compression->get(slot::method, method) ||
                codec < 0 || codec > 1 || method != 0) {
                return fail(Code::Unsupported,
                            "the body is compressed in a way that is not read: use LZ4 or zstd");
            }
            codec_ = codec == 0 ? Codec::Lz4 : Codec::Zstd;
        }
        return {};
    }

    std::size_t length() const { return static_cast<std::size_t>(length_); }

    Result<Column> next(const Type& type) {
        Column out{
            .type = type, .rows = length(), .validity = {}, .values = {}, .text = {}, .pieces = {}};
        TRY_ASSIGN(const Node node, next_node());
        if (type.kind == Kind::Null) {
            return out;
        }
        TRY_ASSIGN(out.validity, next_buffer());
        if (node.nulls == 0) {
            out.validity = {};
        } else if (out.validity.size() < bytes_of_bits(out.rows)) {
            return short_buffer("validity", out.validity, bytes_of_bits(out.rows));
        }
        TRY_ASSIGN(out.values, next_buffer());
        // rows is not more than a bit of a buffer each, so that no product below overflows.
        if (out.rows / 8 > out.values.size() || out.values.size() < values_bytes(type, out.rows)) {
            return short_buffer("values", out.values, values_bytes(type, out.rows));
        }
        if (type.kind == Kind::Text || type.kind == Kind::LargeText) {
            TRY_ASSIGN(out.text, next_buffer());
        } else if (type.kind == Kind::TextView) {
            TRY(read_pieces(out));
        }
        return out;
    }

private:
    static std::unexpected<Error> short_buffer(std::string_view what, ByteView has,
                                               std::size_t needs) {
        return fail(Code::InvalidArgument, "its {} buffer has {} bytes, and its rows take {}", what,
                    has.size(), needs);
    }

    Result<Node> next_node() {
        if (node_ == nodes_count_) {
            return fail(Code::InvalidArgument, "the record batch has no node for it");
        }
        const auto node = load<Node>(nodes_, node_++ * sizeof(Node));
        if (node.length != length_ || node.nulls < 0 || node.nulls > node.length) {
            return fail(Code::InvalidArgument,
                        "it has {} rows, {} of them null, in a record batch of {}", node.length,
                        node.nulls, length_);
        }
        return node;
    }

    // Buffers follow each other: two that overlap would make much of little.
    Result<ByteView> next_buffer() {
        if (place_ == places_count_) {
            return fail(Code::InvalidArgument, "the record batch has no buffer for it");
        }
        const auto place = load<Place>(places_, place_++ * sizeof(Place));
        if (place.length == 0) {
            return ByteView{};
        }
        const auto size = static_cast<std::int64_t>(body_.size());
        if (place.length < 0 || place.offset < end_ || place.offset > size ||
            place.length > size - place.offset) {
            return fail(Code::InvalidArgument,
                        "its buffer of {} bytes at {} overlaps another or lies outside of the "
                        "body, which has {} bytes",
                        place.length, place.offset, size);
        }
        end_ = place.offset + place.length;
        const ByteView bytes = body_.subspan(static_cast<std::size_t>(place.offset),
                                             static_cast<std::size_t>(place.length));
        return codec_ ? unpack(bytes, *codec_, unpacked_, budget_) : bytes;
    }

    Result<> read_pieces(Column& out) {
        if (view_ == variadic_count_) {
            return fail(Code::InvalidArgument,
                        "the record batch does not say how many buffers it has");
        }
        const auto count = load<std::int64_t>(variadic_, view_++ * 8);
        if (count < 0 || static_cast<std::uint64_t>(count) > places_count_ - place_) {
            return fail(Code::InvalidArgument, "it has {} buffers of texts, and {} are there",
                        count, places_count_ - place_);
        }
        for (std::int64_t i = 0; i < count; ++i) {
            TRY_ASSIGN(const ByteView piece, next_buffer());
            out.pieces.push_back(piece);
        }
        return {};
    }

    ByteView body_;
    Unpacked& unpacked_;
    Budget& budget_;
    std::int64_t length_ = 0;
    ByteView nodes_;
    ByteView places_;
    ByteView variadic_;
    std::size_t nodes_count_ = 0;
    std::size_t places_count_ = 0;
    std::size_t variadic_count_ = 0;
    std::size_t node_ = 0;
    std::size_t place_ = 0;
    std::size_t view_ = 0;
    std::int64_t end_ = 0;
    std::optional<Codec> codec_;
};

}  // namespace

std::unexpected<Error> Budget::refusal() {
    return fail(
        Code::TooLarge,
        "what was sent unpacks to too much: at most {} MiB a record batch, the same for all "
        "dictionaries, and {} times what was sent; write smaller record batches, or send "
        "several requests",
        unpacked_bytes_max >> 20, unpacked_factor_max);
}

bool Column::text_at(std::size_t row, std::string_view& out) const {
    switch (type.kind) {
        case Kind::Text: return text_between<std::int32_t>(*this, row, out);
        case Kind::LargeText: return text_between<std::int64_t>(*this, row, out);
        case Kind::TextView: return viewed_text(*this, row, out);
        default: return false;
    }
}

Result<std::vector<Column>> read_columns(const FlatTable& batch, ByteView body,
                                         std::span<const Field> fields, Unpacked& unpacked,
                                         Budget& budget, std::size_t& rows) {
    BatchReader reader(body, unpacked, budget);
    TRY(reader.open(batch));
    std::vector<Column> out;
    out.reserve(fields.size());
    for (const Field& field : fields) {
        auto column = reader.next(field.dictionary ? field.dictionary->index : field.type);
        if (!column) {
            return within(std::format("column '{}'", field.name), column.error());
        }
        out.push_back(std::move(*column));
    }
    rows = reader.length();
    return out;
}

}  // namespace gantry::arrow
