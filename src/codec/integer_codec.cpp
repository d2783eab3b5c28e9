// SPDX-License-Identifier: Apache-2.0
// Times and int64.
#include <algorithm>
#include <bit>

#include "base/assert.h"
#include "codec/codec.h"
#include "codec/detail/integers.h"
#include "codec/detail/tables.h"

namespace gantry::codec {
namespace {

using detail::put_codec;

std::span<const std::uint64_t> bits_of(std::span<const Time> times) {
    return {reinterpret_cast<const std::uint64_t*>(times.data()), times.size()};
}

bool rises(std::span<const Time> times) {
    bool rising = true;
    for (std::size_t i = 1; i < times.size(); ++i) {
        rising &= times[i] > times[i - 1];
    }
    return rising;
}

constexpr auto put_integer = [](ByteWriter& out, std::uint64_t value) {
    out.put_signed_varint(static_cast<std::int64_t>(value));
};
constexpr auto take_integer = [](ByteReader& in, std::uint64_t& value) {
    std::int64_t number = 0;
    const bool got = in.get_signed_varint(number);
    value = static_cast<std::uint64_t>(number);
    return got;
};

// Varints of values as large as these take about so much.
std::size_t varint_bytes(std::span<const std::uint64_t> bits) {
    const detail::Range range = detail::kernels().range(bits);
    const std::uint64_t reach = static_cast<std::uint64_t>(range.min ^ (range.min >> 63)) |
                                static_cast<std::uint64_t>(range.max ^ (range.max >> 63));
    return (static_cast<std::size_t>(std::bit_width(reach)) + 7) / 7;
}

// Of `whole.bytes` or fewer? Then the values are written by number in a table.
bool encode_by_table(std::span<const std::uint64_t> bits, std::size_t entry_bytes,
                     std::size_t others, Bytes& out) {
    detail::Table<std::uint64_t> table;
    const std::size_t most = std::min(detail::table_max, others / entry_bytes);
    if (most < 2 || !table.fill(bits, most) ||
        2 + table.size * entry_bytes + detail::packed_bytes(bits.size(), table.width()) >= others) {
        return false;
    }
    put_codec(out, Codec::Dictionary);
    detail::put_table(table, bits.size(), out, put_integer);
    return true;
}

}  // namespace

void encode_times(std::span<const Time> times, Bytes& out) {
    ASSERT(!times.empty() && times.size() <= values_max);
    const auto bits = bits_of(times);
    const std::uint64_t step = bits.size() > 1 ? bits[1] - bits[0] : 0;
    bool regular = true;
    for (std::size_t i = 1; i < bits.size(); ++i) {
        regular &= bits[i] - bits[i - 1] == step;
    }
    if (regular) {
        put_codec(out, Codec::Regular);
        ByteWriter writer(out);
        writer.put_signed_varint(times[0]);
        writer.put_varint(step);
        return;
    }
    const detail::IntegerPlan plan = detail::plan_integers(bits);
    if (plan.bytes >= times.size() * 8) {
        put_codec(out, Codec::Raw);
        ByteWriter(out).put_all(times);
        return;
    }
    put_codec(out, Codec::Integers);
    detail::write_integers(bits, plan, out);
}

bool decode_times(ByteView in, std::span<Time> times) {
    ASSERT(!times.empty() && times.size() <= values_max);
    ByteReader reader(in);
    Codec codec{};
    const std::span bits(reinterpret_cast<std::uint64_t*>(times.data()), times.size());
    if (!reader.get(codec)) {
        return false;
    }
    switch (codec) {
        case Codec::Regular: {
            std::int64_t first = 0;
            std::uint64_t step = 0;
            if (!reader.get_signed_varint(first) || !reader.get_varint(step)) {
                return false;
            }
            for (std::size_t i = 0; i < bits.size(); ++i) {
                bits[i] = static_cast<std::uint64_t>(first) + i * step;
            }
            break;
        }
        case Codec::Integers:
            if (!detail::read_integers(reader, bits)) {
                return false;
            }
            break;
        case Codec::Raw: {
            ByteView raw;
            if (!reader.get_bytes(times.size_bytes(), raw)) {
                return false;
            }
            std::memcpy(times.data(), raw.data(), raw.size());
            break;
        }
        default: return false;
    }
    return reader.empty() && rises(times);
}

void encode_integers(std::span<const std::uint64_t> bits, Bytes& out) {
    ASSERT(!bits.empty() && bits.size() <= values_max);
    ByteWriter writer(out);
    const std::size_t runs = detail::count_runs(bits);
    if (runs == 1) {
        put_codec(out, Codec::Constant);
        put_integer(writer, bits[0]);
        return;
    }
    const detail::IntegerPlan plan = detail::plan_integers(bits);
    const std::size_t raw = bits.size() * 8;
    const std::size_t entry = varint_bytes(bits);
    const std::size_t by_runs = 2 + runs * (entry + 1);
    if (by_runs < std::min(plan.bytes, raw)) {
        put_codec(out, Codec::Runs);
        detail::put_runs(bits, runs, out, put_integer);
    } else if (encode_by_table(bits, entry, std::min(plan.bytes, raw), out)) {
        return;
    } else if (plan.bytes < raw) {
        put_codec(out, Codec::Integers);
        detail::write_integers(bits, plan, out);
    } else {
        put_codec(out, Codec::Raw);
        writer.put_all(bits);
    }
}

bool decode_integers(ByteView in, std::span<std::uint64_t> bits) {
    ASSERT(!bits.empty() && bits.size() <= values_max);
    ByteReader reader(in);
    Codec codec{};
    if (!reader.get(codec)) {
        return false;
    }
    bool got = false;
    switch (codec) {
        case Codec::Constant: {
            std::uint64_t value = 0;
            got = take_integer(reader, value);
            std::ranges::fill(bits, value);
            break;
        }
        case Codec::Runs: got = detail::take_runs(reader, bits, take_integer); break;
        case Codec::Dictionary: got = detail::take_table(reader, bits, take_integer); break;
        case Codec::Integers: got = detail::read_integers(reader, bits); break;
        case Codec::Raw: {
            ByteView raw;
            got = reader.get_bytes(bits.size_bytes(), raw);
            if (got) {
                std::memcpy(bits.data(), raw.data(), raw.size());
            }
            break;
        }
        default: break;
    }
    return got && reader.empty();
}

}  // namespace gantry::codec
