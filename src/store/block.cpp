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
    // Most columns are shorter than 128 bytes, so their length takes one.
    const std::size_t begin = out.size();
    out.push_back(std::byte{0});
    encode(out);
    std::size_t size = out.size() - begin - 1;
    if (size < 0x80) {
        out[begin] = static_cast<std::byte>(size);
        return;
    }
    Bytes length;
    ByteWriter(length).put_varint(size);
    out.insert(out.begin() + static_cast<std::ptrdiff_t>(begin), length.size() - 1, std::byte{0});
    std::ranges::copy(length, out.begin() + static_cast<std::ptrdiff_t>(begin));
}

bool take_column(ByteReader& in, ByteView& column) {
    std::uint64_t size = 0;
    return in.get_varint(size) && in.get_bytes(size, column);
}

void put_values(ValueType type, std::span<const std::uint64_t> bits, std::string_view texts,
                codec::FloatScale& scale, Bytes& out, codec::Tier tier) {
    switch (type) {
        case ValueType::Null: break;
        case ValueType::Bool: codec::encode_bools(bits, out); break;
        case ValueType::Int64: codec::encode_integers(bits, out, tier); break;
        case ValueType::Float64: codec::encode_floats(bits, scale, out, tier); break;
        case ValueType::String: codec::encode_texts(bits, texts, out, tier); break;
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

bool take_qualities(ByteView in, std::size_t count, Columns& out) {
    if (codec::single_code(in, count) == 0U) {
        return true;
    }
    Room<std::uint32_t> codes;
    if (!codec::decode_codes(in, std::span(codes).first(count))) {
        return false;
    }
    if (std::ranges::any_of(std::span(codes).first(count), [](auto code) { return code != 0; })) {
        out.quality.resize(count);
        std::ranges::transform(std::span(codes).first(count), out.quality.begin(),
                               [](std::uint32_t code) { return Quality{code}; });
    }
    return true;
}

// Moves the values that stand at the front to the rows that have one.
void spread(std::span<const std::uint8_t> present, std::size_t value_count,
            std::vector<std::uint64_t>& bits) {
    for (std::size_t i = present.size(); i-- > 0;) {
        bits[i] = present[i] != 0 ? bits[--value_count] : 0;
    }
}

}  // namespace

void encode_block(const Chunk& rows, codec::FloatScale& scale, Bytes& out, codec::Tier tier) {
    const std::size_t count = rows.size();
    ASSERT(count > 0 && count <= block_rows_max);
    const auto absent = static_cast<std::size_t>(std::ranges::count(rows.present, 0));
    const bool none = absent == count || rows.type == ValueType::Null;
    const bool nulls = absent > 0 && !none;
    const ValueType type = none ? ValueType::Null : rows.type;
    ByteWriter writer(out);
    writer.put_varint(count);
    writer.put(
        static_cast<std::uint8_t>(static_cast<std::uint8_t>(type) | (nulls ? nulls_flag : 0)));
    put_column(out, [&](Bytes& column) { codec::encode_times(rows.time, column, tier); });
    put_column(out, [&](Bytes& column) {
        Room<std::uint32_t> codes;
        if (rows.quality.empty()) {
            column.push_back(static_cast<std::byte>(codec::Codec::AllGood));
            return;
        }
        for (std::size_t i = 0; i < count; ++i) {
            codes[i] = rows.quality_of(i).code;
        }
        codec::encode_codes(std::span(codes).first(count), column);
    });
    if (!nulls) {
        put_values(type, rows.bits, rows.texts, scale, out, tier);
        return;
    }
    Room<std::uint64_t> present;
    Room<std::uint64_t> values;
    std::size_t value_count = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const bool has = rows.present[i] != 0;
        present[i] = has ? 1 : 0;
        values[value_count] = rows.bits[i];
        value_count += has ? 1 : 0;
    }
    put_column(
        out, [&](Bytes& column) { codec::encode_bools(std::span(present).first(count), column); });
    put_values(type, std::span(values).first(value_count), rows.texts, scale, out, tier);
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
    out.quality.clear();
    out.present.clear();
    out.texts.clear();
    out.type = type;
    out.time.resize(count);
    out.bits.resize(count);
    if (!codec::decode_times(times, out.time) || !take_qualities(qualities, count, out)) {
        return false;
    }
    if (type == ValueType::Null) {
        out.present.assign(count, 0);
        return !nulls && in.empty();
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
    if (value_count == 0 ||
        !take_values(type, in.rest(), std::span(out.bits).first(value_count), out.texts)) {
        return false;
    }
    out.present.resize(count);
    std::ranges::transform(present, out.present.begin(),
                           [](std::uint64_t has) { return static_cast<std::uint8_t>(has); });
    spread(out.present, value_count, out.bits);
    return true;
}

}  // namespace gantry::store
