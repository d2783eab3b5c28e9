// SPDX-License-Identifier: Apache-2.0
// The first byte says which kind of column, the next two how many values; the rest is the column.
// What a decoder accepts is encoded again and must come back. The rest is values to encode, too.
// What a peek tells of the column must be what is decoded.
#include "base/assert.h"
#include "codec/codec.h"

namespace {

using gantry::Bytes;
using gantry::ByteView;
using gantry::codec::Tier;
using Bits = std::vector<std::uint64_t>;

template <class Value, class Encode, class Decode>
void both_ways(ByteView input, std::size_t count, Encode encode, Decode decode) {
    std::vector<Value> values(count);
    std::vector<Value> back(count);
    Bytes column;
    if (decode(input, std::span<Value>(values))) {
        for (const Tier tier : {Tier::Hot, Tier::Cold}) {
            column.clear();
            encode(std::span<const Value>(values), column, tier);
            ASSERT(decode(column, std::span<Value>(back)) && back == values);
        }
    }
    const std::size_t whole = std::min(input.size() / sizeof(Value), count);
    if (whole > 0) {
        values.resize(whole);
        back.resize(whole);
        std::memcpy(values.data(), input.data(), whole * sizeof(Value));
        for (const Tier tier : {Tier::Hot, Tier::Cold}) {
            column.clear();
            encode(std::span<const Value>(values), column, tier);
            // Times that do not rise are refused; all else comes back.
            const bool good = decode(column, std::span<Value>(back));
            ASSERT(!good || back == values);
        }
    }
}

// A peek that answers tells what decoding does.
template <class Value, class Peek, class Decode>
void peek_agrees(ByteView input, std::size_t count, Peek peek, Decode decode) {
    std::vector<Value> values(count);
    if (const auto told = peek(input)) {
        ASSERT(decode(input, std::span<Value>(values)));
        for (std::size_t i = 0; i < count; ++i) {
            if constexpr (std::is_same_v<Value, gantry::Time>) {
                ASSERT(values[i] == told->first + static_cast<gantry::Time>(i) * told->step);
            } else {
                ASSERT(values[i] == *told);
            }
        }
    }
}

void all_peeks_agree(ByteView input, std::size_t count) {
    namespace codec = gantry::codec;
    const auto constant = [](gantry::ValueType type) {
        return [type](ByteView column) { return codec::constant_value(column, type); };
    };
    using gantry::ValueType;
    peek_agrees<gantry::Time>(
        input, count, [&](ByteView column) { return codec::regular_times(column, count); },
        codec::decode_times);
    peek_agrees<std::uint32_t>(
        input, count, [&](ByteView column) { return codec::single_code(column, count); },
        codec::decode_codes);
    peek_agrees<std::uint64_t>(input, count, constant(ValueType::Bool), codec::decode_bools);
    peek_agrees<std::uint64_t>(input, count, constant(ValueType::Int64), codec::decode_integers);
    peek_agrees<std::uint64_t>(input, count, constant(ValueType::Float64), codec::decode_floats);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace codec = gantry::codec;
    if (size < 3) {
        return 0;
    }
    const std::size_t count = 1 + (data[1] | std::size_t{data[2]} << 8) % codec::values_max;
    const ByteView input = std::as_bytes(std::span(data, size).subspan(3));
    all_peeks_agree(input, count);
    switch (data[0] % 6) {
        case 0:
            both_ways<gantry::Time>(input, count, codec::encode_times, codec::decode_times);
            break;
        case 1:
            both_ways<std::uint64_t>(input, count, codec::encode_integers, codec::decode_integers);
            break;
        case 2:
            both_ways<std::uint64_t>(
                input, count,
                [](std::span<const std::uint64_t> bits, Bytes& out, Tier tier) {
                    codec::FloatScale scale;
                    codec::encode_floats(bits, scale, out, tier);
                },
                codec::decode_floats);
            break;
        case 3: {
            Bits bits(count);
            (void)codec::decode_bools(input, bits);
            break;
        }
        case 4:
            both_ways<std::uint32_t>(
                input, count,
                [](std::span<const std::uint32_t> codes, Bytes& out, Tier) {
                    codec::encode_codes(codes, out);
                },
                codec::decode_codes);
            break;
        default: {
            Bits references(count);
            std::string texts;
            Bytes column;
            if (codec::decode_texts(input, references, texts)) {
                codec::encode_texts(references, texts, column);
                ASSERT(codec::decode_texts(column, references, texts));
            }
        }
    }
    return 0;
}
