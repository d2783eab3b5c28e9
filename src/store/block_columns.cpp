// SPDX-License-Identifier: Apache-2.0
#include "store/block_columns.h"

#include <algorithm>
#include <array>
#include <format>

#include "model/value.h"

namespace gantry::store {
namespace {

constexpr std::array<std::string_view, 4> column_names = {"time", "quality", "presence", "value"};

constexpr std::array<std::string_view, 18> codec_names = {
    "raw",     "constant",  "runs",   "dictionary", "integers",   "regular",
    "decimal", "decimal32", "linear", "linear32",   "float32",    "planes",
    "bits",    "all_good",  "text",   "text_table", "regular_in", "times_in"};

constexpr std::uint8_t nulls_flag = 0x80;

bool take(ByteReader& in, ByteView& column) {
    std::uint64_t size = 0;
    return in.get_varint(size) && in.get_bytes(size, column) && !column.empty();
}

ColumnUse use_of(BlockColumn kind, ByteView column, std::size_t values) {
    return {kind, static_cast<codec::Codec>(column.front()), values, column.size()};
}

}  // namespace

std::string_view column_name(BlockColumn column) {
    return column_names[static_cast<std::size_t>(column)];
}

std::string codec_name(codec::Codec codec) {
    const auto number = static_cast<std::size_t>(codec);
    return number < codec_names.size() ? std::string(codec_names[number])
                                       : std::format("codec {}", number);
}

bool visit_columns(ByteView payload, const std::function<void(const ColumnUse&)>& visit) {
    ByteReader in(payload);
    std::uint64_t count = 0;
    std::uint8_t head = 0;
    ByteView times;
    ByteView qualities;
    if (!in.get_varint(count) || count == 0 || count > codec::values_max || !in.get(head) ||
        !take(in, times) || !take(in, qualities)) {
        return false;
    }
    visit(use_of(BlockColumn::Time, times, count));
    visit(use_of(BlockColumn::Quality, qualities, count));
    std::size_t values = count;
    if ((head & nulls_flag) != 0) {
        ByteView presence;
        std::array<std::uint64_t, codec::values_max> room;
        const auto present = std::span(room).first(count);
        if (!take(in, presence) || !codec::decode_bools(presence, present)) {
            return false;
        }
        visit(use_of(BlockColumn::Presence, presence, count));
        values = static_cast<std::size_t>(std::ranges::count(present, 1U));
    }
    const bool none = static_cast<ValueType>(head & ~nulls_flag) == ValueType::Null;
    if (none || in.rest().empty()) {
        return none && in.rest().empty();
    }
    visit(use_of(BlockColumn::Value, in.rest(), values));
    return true;
}

}  // namespace gantry::store
