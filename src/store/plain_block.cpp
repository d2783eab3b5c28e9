// SPDX-License-Identifier: Apache-2.0
#include "store/plain_block.h"

#include <algorithm>

namespace gantry::store {
namespace {

bool take_column(ByteReader& in, ByteView& column) {
    std::uint64_t size = 0;
    return in.get_varint(size) && in.get_bytes(size, column);
}

bool take_numbers(ValueType type, ByteView in, std::span<std::uint64_t> bits) {
    switch (type) {
        case ValueType::Bool: return codec::decode_bools(in, bits);
        case ValueType::Int64: return codec::decode_integers(in, bits);
        case ValueType::Float64: return codec::decode_floats(in, bits);
        default: return false;
    }
}

}  // namespace

std::size_t PlainBlock::seek(Time time) const {
    if (!regular) {
        const auto all = std::span(times).first(rows);
        return static_cast<std::size_t>(std::ranges::lower_bound(all, time) - all.begin());
    }
    if (time <= regular->first) {
        return 0;
    }
    const auto since =
        static_cast<std::uint64_t>(time) - static_cast<std::uint64_t>(regular->first);
    const auto step = static_cast<std::uint64_t>(std::max<Time>(regular->step, 1));
    return std::min<std::uint64_t>(rows, (since - 1) / step + 1);
}

bool decode_plain_block(ByteView payload, PlainBlock& out) {
    ByteReader in(payload);
    std::uint64_t count = 0;
    ByteView times;
    ByteView qualities;
    // The byte behind the count is the type alone where no row is null.
    if (!in.get_varint(count) || count == 0 || count > block_rows_max || !in.get(out.type) ||
        !take_column(in, times) || !take_column(in, qualities) ||
        codec::single_code(qualities, count) != 0U) {
        return false;
    }
    out.rows = count;
    out.regular = codec::regular_times(times, count);
    return (out.regular || codec::decode_times(times, std::span(out.times).first(count))) &&
           take_numbers(out.type, in.rest(), std::span(out.bits).first(count));
}

}  // namespace gantry::store
