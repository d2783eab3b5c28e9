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

using detail::ColumnWriter;

std::span<const std::uint64_t> bits_of(std::span<const Time> times) {
    return {reinterpret_cast<const std::uint64_t*>(times.data()), times.size()};
}

// Runs that take a byte for so many values are not worth to be compared with other forms.
constexpr std::size_t runs_enough = 16;

constexpr auto put_integer = [](ColumnWriter& out, std::uint64_t value) {
    out.put_signed_varint(static_cast<std::int64_t>(value));
};
constexpr auto take_integer = [](ByteReader& in, std::uint64_t& value) {
    std::int64_t number = 0;
    const bool got = in.get_signed_varint(number);
    value = static_cast<std::uint64_t>(number);
    return got;
};

// What a value of the range takes at most.
std::size_t entry_bytes(const detail::Range& range) {
    return std::max(detail::signed_varint_bytes(static_cast<std::uint64_t>(range.min)),
                    detail::signed_varint_bytes(static_cast<std::uint64_t>(range.max)));
}

}  // namespace

void encode_times(std::span<const Time> times, Bytes& out) {
    ASSERT(!times.empty() && times.size() <= values_max);
    const auto bits = bits_of(times);
    const detail::Survey survey = detail::kernels().survey(bits);
    const detail::Range& steps = survey.ranges[1];
    const bool single = times.size() == 1;
    if (steps.min == steps.max && (!single || detail::signed_varint_bytes(bits[0]) < 8)) {
        ColumnWriter writer(Codec::Regular);
        writer.put_signed_varint(times[0]);
        writer.put_varint(static_cast<std::uint64_t>(steps.min));
        writer.append_to(out);
        return;
    }
    const detail::IntegerPlan plan = detail::plan_integers(bits, survey, times.size_bytes());
    const bool raw = single || plan.bytes >= times.size_bytes();
    ColumnWriter writer(raw ? Codec::Raw : Codec::Integers);
    if (!raw) {
        detail::write_integers(bits, plan, writer);
    } else {
        writer.put_all(times);
    }
    writer.append_to(out);
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
            const auto regular = regular_times(in, times.size());
            if (regular) {
                detail::kernels().steps(static_cast<std::uint64_t>(regular->first),
                                        static_cast<std::uint64_t>(regular->step), bits);
            }
            return regular.has_value();
        }
        case Codec::Integers:
            return detail::read_integers(reader, nullptr, bits) && reader.empty() &&
                   detail::kernels().rises(bits);
        case Codec::Raw:
            return detail::take_raw(reader, times) && reader.empty() &&
                   detail::kernels().rises(bits);
        default: return false;
    }
}

std::optional<RegularTimes> regular_times(ByteView column, std::size_t count) {
    ASSERT(count > 0 && count <= values_max);
    ByteReader reader(column);
    Codec codec{};
    RegularTimes out;
    std::uint64_t step = 0;
    Time last = 0;
    if (!reader.get(codec)) {
        return std::nullopt;
    }
    if (codec == Codec::Raw && count == 1) {
        return reader.get(out.first) && reader.empty() ? std::optional(out) : std::nullopt;
    }
    if (codec != Codec::Regular || !reader.get_signed_varint(out.first) ||
        !reader.get_varint(step) || !reader.empty()) {
        return std::nullopt;
    }
    if (count == 1) {
        return out;
    }
    out.step = static_cast<Time>(step);
    const bool rises = out.step > 0 &&
                       !__builtin_mul_overflow(out.step, static_cast<Time>(count - 1), &last) &&
                       !__builtin_add_overflow(last, out.first, &last);
    return rises ? std::optional(out) : std::nullopt;
}

void encode_integers(std::span<const std::uint64_t> bits, Bytes& out) {
    ASSERT(!bits.empty() && bits.size() <= values_max);
    if (bits.front() == bits.back() && detail::all_equal(bits)) {
        ColumnWriter writer(Codec::Constant);
        put_integer(writer, bits[0]);
        writer.append_to(out);
        return;
    }
    const auto write = [&](Codec codec, auto put) {
        ColumnWriter writer(codec);
        put(writer);
        writer.append_to(out);
    };
    const detail::Survey survey = detail::kernels().survey(bits);
    const std::size_t entry = entry_bytes(survey.ranges[0]);
    const std::size_t by_runs = 2 + survey.runs * (entry + 1);
    using Table = detail::Table<std::uint64_t>;
    Table table;
    std::size_t others = std::min(by_runs, bits.size_bytes());
    detail::IntegerPlan plan;
    plan.bytes = others;
    if (others > bits.size() / runs_enough) {
        plan = detail::plan_plain(bits, survey);
        const std::size_t most =
            Table::entries_below(std::min(others, plan.bytes), bits.size(), entry);
        if (most >= 2 && table.fill(bits, most)) {
            others = 2 + table.size * entry + detail::packed_bytes(bits.size(), table.width());
        }
        plan = detail::plan_integers(bits, survey, others);
    }
    if (plan.bytes < others) {
        write(Codec::Integers, [&](auto& to) { detail::write_integers(bits, plan, to); });
    } else if (others < std::min(by_runs, bits.size_bytes())) {
        write(Codec::Dictionary,
              [&](auto& to) { detail::put_table(table, bits.size(), to, put_integer); });
    } else if (by_runs < bits.size_bytes()) {
        write(Codec::Runs, [&](auto& to) { detail::put_runs(bits, survey.runs, to, put_integer); });
    } else {
        write(Codec::Raw, [&](auto& to) { to.put_all(bits); });
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
        case Codec::Integers: got = detail::read_integers(reader, nullptr, bits); break;
        case Codec::Raw: got = detail::take_raw(reader, bits); break;
        default: break;
    }
    return got && reader.empty();
}

}  // namespace gantry::codec
