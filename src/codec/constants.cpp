// SPDX-License-Identifier: Apache-2.0
// Columns whose values are all equal, of any type.
#include "base/assert.h"
#include "codec/codec.h"

namespace gantry::codec {

std::optional<std::uint64_t> constant_value(ByteView column, ValueType type) {
    ASSERT(type == ValueType::Bool || type == ValueType::Int64 || type == ValueType::Float64);
    ByteReader reader(column);
    Codec codec{};
    if (!reader.get(codec) || codec != Codec::Constant) {
        return std::nullopt;
    }
    std::uint8_t flag = 0;
    std::int64_t number = 0;
    std::uint64_t bits = 0;
    bool got = false;
    switch (type) {
        case ValueType::Bool:
            got = reader.get(flag) && flag <= 1;
            bits = flag;
            break;
        case ValueType::Int64:
            got = reader.get_signed_varint(number);
            bits = static_cast<std::uint64_t>(number);
            break;
        default: got = reader.get(bits); break;
    }
    return got && reader.empty() ? std::optional(bits) : std::nullopt;
}

}  // namespace gantry::codec
