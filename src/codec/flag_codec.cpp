// SPDX-License-Identifier: Apache-2.0
// Bools and quality codes.
#include <algorithm>

#include "base/assert.h"
#include "codec/codec.h"
#include "codec/detail/tables.h"

namespace gantry::codec {
namespace {

using detail::ColumnWriter;

constexpr auto put_code = [](ColumnWriter& out, std::uint32_t code) { out.put(code); };
constexpr auto take_code = [](ByteReader& in, std::uint32_t& code) { return in.get(code); };

// A bool in runs is the opposite of the one before: only the first is written.
bool take_alternating(ByteReader& in, std::span<std::uint64_t> bits) {
    std::uint8_t value = 0;
    std::uint64_t runs = 0;
    if (!in.get(value) || value > 1 || !in.get_varint(runs) || runs == 0 || runs > bits.size()) {
        return false;
    }
    std::size_t at = 0;
    for (std::uint64_t run = 0; run < runs; ++run) {
        std::uint64_t length = bits.size() - at;
        if (run + 1 < runs && (!in.get_varint(length) || length > bits.size() - at)) {
            return false;
        }
        std::ranges::fill(bits.subspan(at, length), value);
        at += length;
        value ^= 1U;
    }
    return true;
}

}  // namespace

void encode_bools(std::span<const std::uint64_t> bits, Bytes& out) {
    ASSERT(!bits.empty() && bits.size() <= values_max);
    const std::size_t runs = detail::kernels().runs(bits);
    const bool by_runs = 2 * runs < detail::packed_bytes(bits.size(), 1);
    ColumnWriter writer(runs == 1 ? Codec::Constant : by_runs ? Codec::Runs : Codec::Bits);
    if (runs == 1) {
        writer.put(static_cast<std::uint8_t>(bits[0] & 1));
    } else if (by_runs) {
        writer.put(static_cast<std::uint8_t>(bits[0] & 1));
        writer.put_varint(runs);
        std::size_t begin = 0;
        for (std::size_t i = 1; i < bits.size(); ++i) {
            if (bits[i] != bits[i - 1]) {
                writer.put_varint(i - begin);
                begin = i;
            }
        }
    } else {
        writer.pack(bits, 0, 1);
    }
    writer.append_to(out);
}

bool decode_bools(ByteView in, std::span<std::uint64_t> bits) {
    ASSERT(!bits.empty() && bits.size() <= values_max);
    ByteReader reader(in);
    Codec codec{};
    if (!reader.get(codec)) {
        return false;
    }
    bool got = false;
    switch (codec) {
        case Codec::Constant: {
            std::uint8_t value = 0;
            got = reader.get(value) && value <= 1;
            std::ranges::fill(bits, value);
            break;
        }
        case Codec::Runs: got = take_alternating(reader, bits); break;
        case Codec::Bits: {
            ByteView packed;
            got = reader.get_bytes(detail::packed_bytes(bits.size(), 1), packed);
            if (got) {
                detail::kernels().unpack(packed, 1, 0, bits);
            }
            break;
        }
        default: break;
    }
    return got && reader.empty();
}

void encode_codes(std::span<const std::uint32_t> codes, Bytes& out) {
    ASSERT(!codes.empty() && codes.size() <= values_max);
    if (codes[0] == 0 && detail::all_equal(codes)) {
        ColumnWriter(Codec::AllGood).append_to(out);
        return;
    }
    std::size_t runs = 1;
    for (std::size_t i = 1; i < codes.size(); ++i) {
        runs += codes[i] != codes[i - 1] ? 1 : 0;
    }
    const std::size_t by_runs = runs * 6;
    detail::Table<std::uint32_t> table;
    if (runs > 2 && table.fill(codes, detail::table_max) &&
        table.size * 4 + detail::packed_bytes(codes.size(), table.width()) < by_runs) {
        ColumnWriter writer(Codec::Dictionary);
        detail::put_table(table, codes.size(), writer, put_code);
        writer.append_to(out);
        return;
    }
    ColumnWriter writer(by_runs < codes.size_bytes() ? Codec::Runs : Codec::Raw);
    if (by_runs < codes.size_bytes()) {
        detail::put_runs(codes, runs, writer, put_code);
    } else {
        writer.put_all(codes);
    }
    writer.append_to(out);
}

std::optional<std::uint32_t> single_code(ByteView column, std::size_t count) {
    ASSERT(count > 0 && count <= values_max);
    ByteReader reader(column);
    Codec codec{};
    std::uint64_t runs = 0;
    std::uint64_t length = 0;
    std::uint32_t code = 0;
    if (!reader.get(codec)) {
        return std::nullopt;
    }
    const bool one = codec == Codec::AllGood ||
                     (codec == Codec::Runs && reader.get_varint(runs) && runs == 1 &&
                      reader.get_varint(length) && length == count && reader.get(code)) ||
                     (codec == Codec::Raw && count == 1 && reader.get(code));
    return one && reader.empty() ? std::optional(code) : std::nullopt;
}

bool decode_codes(ByteView in, std::span<std::uint32_t> codes) {
    ASSERT(!codes.empty() && codes.size() <= values_max);
    ByteReader reader(in);
    Codec codec{};
    if (!reader.get(codec)) {
        return false;
    }
    bool got = false;
    switch (codec) {
        case Codec::AllGood:
            std::ranges::fill(codes, 0U);
            got = true;
            break;
        case Codec::Runs: got = detail::take_runs(reader, codes, take_code); break;
        case Codec::Dictionary: got = detail::take_table(reader, codes, take_code); break;
        case Codec::Raw: got = detail::take_raw(reader, codes); break;
        default: break;
    }
    return got && reader.empty();
}

}  // namespace gantry::codec
