// SPDX-License-Identifier: Apache-2.0
#include "store/block.h"

#include <algorithm>
#include <array>

#include "base/assert.h"

namespace gantry::store {
namespace {

constexpr std::uint8_t nulls_flag = 0x80;

template <class T>
using Room = std::array<T, block_rows_max>;

// A column behind its length; the last one of a payload needs none.
template <class Encode>
void put_column(Bytes& out, Encode encode) {
    Bytes column;
    encode(column);
    ByteWriter writer(out);
    writer.put_varint(column.size());
    writer.put_bytes(column);
}

bool take_column(ByteReader& in, ByteView& column) {
    std::uint64_t size = 0;
    return in.get_varint(size) && in.get_bytes(size, column);
}

void put_values(ValueType type, std::span<const std::uint64_t> bits, std::string_view texts,
                codec::FloatScale& scale, Bytes& out) {
    switch (type) {
        case ValueType::Null: break;
        case ValueType::Bool: codec::encode_bools(bits, out); break;
        case ValueType::Int64: codec::encode_integers(bits, out); break;
        case ValueType::Float64: codec::encode_floats(bits, scale, out); break;
        case ValueType::String: codec::encode_texts(bits, texts, out); break;
    }
}

bool take_values(ValueType type, ByteView in, std::span<std::uint64_t> bits, std::string& texts) {
    switch (type) {
        case ValueType::Null: return in.empty();
        case ValueType::Bool: return codec::decode_bools(in, bits);
        case ValueType::Int64: return codec::decode_integers(in, bits);
        case ValueType::Float64: return codec::decode_floats(in, bits);
        case ValueType::String: return codec::decode_texts(in, bits, texts);
    }
    return false;
}

// Moves the values that stand at the front to the rows that have one.
bool spread(std::span<const std::uint64_t> present, ValueType type, Columns& out) {
    auto next = static_cast<std::size_t>(std::ranges::count(present, 1U));
    for (std::size_t i = present.size(); i-- > 0;) {
        const bool has = present[i] == 1;
        out.type[i] = has ? type : ValueType::Null;
        out.bits[i] = has ? out.bits[--next] : 0;
    }
    return next == 0;
}

}  // namespace

void encode_block(const Columns& rows, std::size_t from, std::size_t to, codec::FloatScale& scale,
                  Bytes& out) {
    ASSERT(from < to && to - from <= block_rows_max);
    const std::size_t count = to - from;
    const auto types = std::span(rows.type).subspan(from, count);
    auto bits = std::span(rows.bits).subspan(from, count);
    Room<std::uint64_t> present;
    Room<std::uint64_t> values;
    Room<std::uint32_t> codes;
    std::size_t value_count = 0;
    ValueType type = ValueType::Null;
    for (std::size_t i = 0; i < count; ++i) {
        const bool has = types[i] != ValueType::Null;
        ASSERT(!has || type == ValueType::Null || type == types[i]);
        type = has ? types[i] : type;
        present[i] = has ? 1 : 0;
        values[value_count] = bits[i];
        value_count += has ? 1 : 0;
        codes[i] = rows.quality[from + i].code;
    }
    const bool nulls = value_count > 0 && value_count < count;
    bits = nulls ? std::span<const std::uint64_t>(values).first(value_count) : bits;
    ByteWriter writer(out);
    writer.put_varint(count);
    writer.put(
        static_cast<std::uint8_t>(static_cast<std::uint8_t>(type) | (nulls ? nulls_flag : 0)));
    put_column(out, [&](Bytes& column) {
        codec::encode_times(std::span(rows.time).subspan(from, count), column);
    });
    put_column(out,
               [&](Bytes& column) { codec::encode_codes(std::span(codes).first(count), column); });
    if (nulls) {
        put_column(out, [&](Bytes& column) {
            codec::encode_bools(std::span(present).first(count), column);
        });
    }
    put_values(type, bits, rows.texts, scale, out);
}

bool decode_block(ByteView payload, Columns& out) {
    ByteReader in(payload);
    std::uint64_t count = 0;
    std::uint8_t head = 0;
    ByteView times;
    ByteView qualities;
    if (!in.get_varint(count) || count == 0 || count > block_rows_max || !in.get(head) ||
        (head & ~nulls_flag) > static_cast<std::uint8_t>(ValueType::String) ||
        !take_column(in, times) || !take_column(in, qualities)) {
        return false;
    }
    const auto type = static_cast<ValueType>(head & ~nulls_flag);
    const bool nulls = (head & nulls_flag) != 0;
    out.clear();
    out.time.resize(count);
    out.quality.resize(count);
    out.type.assign(count, type);
    out.bits.resize(count);
    Room<std::uint32_t> codes;
    if (!codec::decode_times(times, out.time) ||
        !codec::decode_codes(qualities, std::span(codes).first(count))) {
        return false;
    }
    for (std::size_t i = 0; i < count; ++i) {
        out.quality[i] = Quality{codes[i]};
    }
    if (!nulls) {
        return take_values(type, in.rest(), out.bits, out.texts);
    }
    ByteView presence;
    Room<std::uint64_t> room;
    const auto present = std::span(room).first(count);
    if (!take_column(in, presence) || !codec::decode_bools(presence, present)) {
        return false;
    }
    const auto value_count = static_cast<std::size_t>(std::ranges::count(present, 1U));
    return value_count > 0 && type != ValueType::Null &&
           take_values(type, in.rest(), std::span(out.bits).first(value_count), out.texts) &&
           spread(present, type, out);
}

}  // namespace gantry::store
