// SPDX-License-Identifier: Apache-2.0
// Times and int64.
#include <algorithm>
#include <array>
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

// ---- units of time

// Powers of ten of nanoseconds: microseconds, milliseconds and seconds are looked for.
constexpr int unit_max = 9;
constexpr int unit_step = 3;

constexpr Time unit_length(int unit) {
    Time out = 1;
    for (int i = 0; i < unit; ++i) {
        out *= 10;
    }
    return out;
}

// The longest that both are multiples of; 0 is the nanosecond.
int unit_of(Time a, Time b) {
    int unit = unit_max;
    while (a % unit_length(unit) != 0 || b % unit_length(unit) != 0) {
        unit -= unit_step;
    }
    return unit;
}

void put_unit(int unit, ColumnWriter& writer) {
    if (unit > 0) {
        writer.put(static_cast<std::uint8_t>(unit));
    }
}

bool take_unit(ByteReader& in, Time& length) {
    std::uint8_t unit = 0;
    if (!in.get(unit) || unit == 0 || unit > unit_max) {
        return false;
    }
    length = unit_length(unit);
    return true;
}

// False unless all are multiples of it.
bool in_unit(std::span<const Time> times, Time length, std::span<std::uint64_t> out) {
    Time rest = 0;
    for (std::size_t i = 0; i < times.size(); ++i) {
        const Time count = times[i] / length;
        rest |= times[i] - count * length;
        out[i] = static_cast<std::uint64_t>(count);
    }
    return rest == 0;
}

}  // namespace

void encode_times(std::span<const Time> times, Bytes& out, Tier tier) {
    ASSERT(!times.empty() && times.size() <= values_max);
    const auto bits = bits_of(times);
    const detail::Survey survey = detail::kernels().survey(bits);
    const Time step = survey.ranges[1].min;
    const bool single = times.size() == 1;
    // A step of more than 63 bits is a negative number here.
    const bool regular = single || (step > 0 && step == survey.ranges[1].max);
    const int unit = unit_of(times[0], regular ? step : times.back());
    const Time length = unit_length(unit);
    if (regular && (!single || detail::signed_varint_bytes(bits[0]) < sizeof(Time))) {
        ColumnWriter writer(unit == 0 ? Codec::Regular : Codec::RegularIn);
        put_unit(unit, writer);
        writer.put_signed_varint(times[0] / length);
        writer.put_varint(static_cast<std::uint64_t>(step / length));
        writer.append_to(out);
        return;
    }
    std::array<std::uint64_t, values_max> room;
    const auto counts = std::span(room).first(bits.size());
    const bool in_units = !single && unit > 0 && in_unit(times, length, counts);
    const auto written = in_units ? std::span<const std::uint64_t>(counts) : bits;
    const detail::IntegerPlan plan = detail::plan_integers(
        written, in_units ? detail::kernels().survey(written) : survey, times.size_bytes(), tier);
    const bool raw = single || plan.bytes >= times.size_bytes();
    ColumnWriter writer(raw ? Codec::Raw : in_units ? Codec::TimesIn : Codec::Integers);
    if (!raw) {
        put_unit(in_units ? unit : 0, writer);
        detail::write_integers(written, plan, writer);
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
        case Codec::Regular:
        case Codec::RegularIn: {
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
        case Codec::TimesIn: {
            Time length = 0;
            if (!take_unit(reader, length) || !detail::read_integers(reader, nullptr, bits) ||
                !reader.empty()) {
                return false;
            }
            for (std::uint64_t& time : bits) {
                time *= static_cast<std::uint64_t>(length);
            }
            return detail::kernels().rises(bits);
        }
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
    Time length = 1;
    if ((codec != Codec::Regular && codec != Codec::RegularIn) ||
        (codec == Codec::RegularIn && !take_unit(reader, length)) ||
        !reader.get_signed_varint(out.first) || !reader.get_varint(step) || !reader.empty() ||
        __builtin_mul_overflow(out.first, length, &out.first)) {
        return std::nullopt;
    }
    if (count == 1) {
        return out;
    }
    if (__builtin_mul_overflow(static_cast<Time>(step), length, &out.step)) {
        return std::nullopt;
    }
    const bool rises = out.step > 0 &&
                       !__builtin_mul_overflow(out.step, static_cast<Time>(count - 1), &last) &&
                       !__builtin_add_overflow(last, out.first, &last);
    return rises ? std::optional(out) : std::nullopt;
}

void encode_integers(std::span<const std::uint64_t> bits, Bytes& out, Tier tier) {
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
        plan = detail::plan_integers(bits, survey, others, tier);
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
