// SPDX-License-Identifier: Apache-2.0
#include "store/segment_index.h"

#include <array>
#include <bit>
#include <cmath>

#include "codec/codec.h"
#include "store/aggregate_parts.h"

namespace gantry::store {
namespace {

// The byte of flags that statistics begin with.
constexpr std::uint8_t numeric_flag = 2;   // with values
constexpr std::uint8_t whole_flag = 4;     // every row is usable and good
constexpr std::uint8_t holds_flag = 8;     // the last row is usable; implied by whole
constexpr std::uint8_t regular_flag = 16;  // whole, and the integral follows from the sum
constexpr std::uint8_t exact_flag = 32;    // sum and sum of squares are integers

// Values are written as d / 10^e; this in place of e says that they are written as they are.
constexpr std::uint8_t as_they_are = 0xff;
constexpr int exponent_max = 9;
constexpr double integer_limit = 9007199254740992.0;  // 2^53

constexpr double powers[exponent_max + 1] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};

std::optional<std::int64_t> scaled(double value, int exponent) {
    const double moved = std::nearbyint(value * powers[exponent]);
    if (!(std::abs(moved) < integer_limit)) {
        return std::nullopt;
    }
    const auto number = static_cast<std::int64_t>(moved);
    const double back = static_cast<double>(number) / powers[exponent];
    return std::bit_cast<std::uint64_t>(back) == std::bit_cast<std::uint64_t>(value)
               ? std::optional(number)
               : std::nullopt;
}

bool is_integer(double value) { return scaled(value, 0).has_value(); }

// The smallest exponent with which all four are integers.
std::uint8_t exponent_of(const Aggregate& aggregate, std::array<std::int64_t, 4>& out) {
    const std::array values = {aggregate.min, aggregate.max, aggregate.first, aggregate.last};
    for (int exponent = 0; exponent <= exponent_max; ++exponent) {
        std::size_t fit = 0;
        for (; fit < values.size(); ++fit) {
            const auto number = scaled(values[fit], exponent);
            if (!number) {
                break;
            }
            out[fit] = *number;
        }
        if (fit == values.size()) {
            return static_cast<std::uint8_t>(exponent);
        }
    }
    return as_they_are;
}

// Of rows at regular times, the integral is the step times all values but the last.
double regular_integral(const Aggregate& a) {
    const auto span = static_cast<double>(static_cast<std::uint64_t>(a.end) -
                                          static_cast<std::uint64_t>(a.begin));
    return (a.sum - a.last) * (span / static_cast<double>(a.rows - 1)) / 1e9;
}

bool is_whole(const Aggregate& a) { return a.count == a.rows && a.good_count == a.rows && a.holds; }

void put_values(const Aggregate& a, std::uint8_t flags, ByteWriter& out) {
    std::array<std::int64_t, 4> numbers{};
    const std::uint8_t exponent = exponent_of(a, numbers);
    out.put(exponent);
    if (exponent == as_they_are) {
        out.put(a.min);
        out.put(a.max);
        out.put(a.first);
        out.put(a.last);
    } else {
        out.put_signed_varint(numbers[0]);
        for (std::size_t i = 1; i < numbers.size(); ++i) {
            out.put_varint(static_cast<std::uint64_t>(numbers[i] - numbers[0]));
        }
    }
    if ((flags & exact_flag) != 0) {
        out.put_signed_varint(static_cast<std::int64_t>(a.sum));
        out.put_varint(static_cast<std::uint64_t>(a.square_sum));
    } else {
        out.put(a.sum);
        out.put(a.square_sum);
    }
    if ((flags & regular_flag) == 0) {
        out.put(a.integral);
    }
}

bool take_values(std::uint8_t flags, ByteReader& in, Aggregate& a) {
    std::uint8_t exponent = 0;
    if (!in.get(exponent)) {
        return false;
    }
    if (exponent == as_they_are) {
        if (!in.get(a.min) || !in.get(a.max) || !in.get(a.first) || !in.get(a.last)) {
            return false;
        }
    } else {
        std::int64_t least = 0;
        std::array<std::uint64_t, 3> more{};
        if (exponent > exponent_max || !in.get_signed_varint(least) || !in.get_varint(more[0]) ||
            !in.get_varint(more[1]) || !in.get_varint(more[2])) {
            return false;
        }
        const auto value = [&](std::uint64_t above) {
            return static_cast<double>(
                       static_cast<std::int64_t>(static_cast<std::uint64_t>(least) + above)) /
                   powers[exponent];
        };
        a.min = value(0);
        a.max = value(more[0]);
        a.first = value(more[1]);
        a.last = value(more[2]);
    }
    if ((flags & exact_flag) != 0) {
        std::int64_t sum = 0;
        std::uint64_t squares = 0;
        if (!in.get_signed_varint(sum) || !in.get_varint(squares)) {
            return false;
        }
        a.sum = static_cast<double>(sum);
        a.square_sum = static_cast<double>(squares);
    } else if (!in.get(a.sum) || !in.get(a.square_sum)) {
        return false;
    }
    return (flags & regular_flag) != 0 || in.get(a.integral);
}

std::uint8_t flags_of(const Aggregate& a) {
    std::uint8_t flags = a.numeric && a.count > 0 ? numeric_flag : 0;
    flags |= is_whole(a) ? whole_flag : a.holds ? holds_flag : 0;
    if ((flags & numeric_flag) != 0) {
        flags |= is_integer(a.sum) && is_integer(a.square_sum) ? exact_flag : 0;
        const bool regular = (flags & whole_flag) != 0 && a.rows > 1 &&
                             std::bit_cast<std::uint64_t>(regular_integral(a)) ==
                                 std::bit_cast<std::uint64_t>(a.integral);
        flags |= regular ? regular_flag : 0;
    }
    return flags;
}

void put_aggregate(const Aggregate& a, Bytes& bytes) {
    ByteWriter out(bytes);
    const std::uint8_t flags = flags_of(a);
    out.put(flags);
    if ((flags & whole_flag) == 0) {
        out.put_varint(a.rows - a.count);
        out.put_varint(a.count - a.good_count);
        out.put_varint(a.duration);
        if (a.count > 0) {
            out.put_varint(static_cast<std::uint64_t>(a.first_time) -
                           static_cast<std::uint64_t>(a.begin));
            out.put_varint(static_cast<std::uint64_t>(a.end) -
                           static_cast<std::uint64_t>(a.last_time));
        }
    }
    if ((flags & numeric_flag) != 0) {
        put_values(a, flags, out);
    }
}

// `a` has rows, begin and end already.
bool take_aggregate(ByteReader& in, Aggregate& a) {
    std::uint8_t flags = 0;
    if (!in.get(flags)) {
        return false;
    }
    if ((flags & whole_flag) != 0) {
        a.count = a.good_count = a.rows;
        a.first_time = a.begin;
        a.last_time = a.end;
        a.duration = static_cast<std::uint64_t>(a.end) - static_cast<std::uint64_t>(a.begin);
        a.holds = true;
    } else {
        std::uint64_t unusable = 0;
        std::uint64_t uncertain = 0;
        if (!in.get_varint(unusable) || unusable > a.rows || !in.get_varint(uncertain) ||
            uncertain > a.rows - unusable || !in.get_varint(a.duration)) {
            return false;
        }
        a.count = a.rows - unusable;
        a.good_count = a.count - uncertain;
        a.holds = (flags & holds_flag) != 0;
        std::uint64_t begin = 0;
        std::uint64_t end = 0;
        if (a.count > 0 && (!in.get_varint(begin) || !in.get_varint(end))) {
            return false;
        }
        a.first_time = static_cast<Time>(static_cast<std::uint64_t>(a.begin) + begin);
        a.last_time = static_cast<Time>(static_cast<std::uint64_t>(a.end) - end);
    }
    a.numeric = (flags & numeric_flag) != 0;
    if (!a.numeric) {
        return in.empty();
    }
    if (!take_values(flags, in, a) || ((flags & regular_flag) != 0 && a.rows < 2)) {
        return false;
    }
    if ((flags & regular_flag) != 0) {
        a.integral = regular_integral(a);
    }
    return in.empty();
}

}  // namespace

std::optional<Aggregate> BlockEntry::aggregate() const {
    Aggregate out;
    out.rows = rows;
    out.begin = first;
    out.end = last;
    ByteReader in(statistics);
    return !statistics.empty() && take_aggregate(in, out) ? std::optional(out) : std::nullopt;
}

IndexPage::IndexPage(std::vector<BlockEntry> of)
    : entries(std::move(of)), summaries(entries.size()), moments(entries.size()) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const BlockEntry& entry = entries[i];
        BlockSummary& out = summaries[i];
        out.series = entry.series;
        out.rows = static_cast<std::uint16_t>(entry.rows);
        out.first = entry.first;
        out.last = entry.last;
        const auto all = entry.aggregate();
        out.whole = all && all->numeric && is_whole(*all);
        if (out.whole) {
            out.min = all->min;
            out.max = all->max;
            out.sum = all->sum;
            out.first_value = all->first;
            out.last_value = all->last;
            moments[i] = {all->square_sum, all->integral};
        }
    }
    (void)add_blocks(total, summaries);
}

std::uint64_t IndexPage::bytes() const {
    return sizeof(*this) + entries.capacity() * sizeof(BlockEntry) +
           summaries.capacity() * sizeof(BlockSummary) + moments.capacity() * sizeof(BlockMoments);
}

std::optional<Aggregate> block_aggregate(const Chunk& rows) {
    Aggregate out;
    out.add(rows, {.time_weighted = true});
    if (!std::isfinite(out.sum) || !std::isfinite(out.square_sum) || !std::isfinite(out.integral)) {
        return std::nullopt;
    }
    if (out.numeric && out.rows > 1 && is_whole(out)) {
        // Where both ways lead to nearly the same, the one that takes no space is taken.
        const double regular = regular_integral(out);
        if (std::abs(regular - out.integral) <= 1e-12 * std::abs(out.integral)) {
            out.integral = regular;
        }
    }
    return out;
}

void encode_page(std::span<const NewEntry> entries, Bytes& out) {
    ByteWriter writer(out);
    BlockEntry before;
    std::uint64_t span_before = 0;
    Bytes statistics;
    for (const auto& [entry, aggregate] : entries) {
        const std::uint64_t span =
            static_cast<std::uint64_t>(entry.last) - static_cast<std::uint64_t>(entry.first);
        writer.put_varint(entry.series - before.series);
        writer.put_varint(entry.rows);
        writer.put_varint(entry.bytes);
        writer.put_signed_varint(static_cast<std::int64_t>(
            static_cast<std::uint64_t>(entry.first) - static_cast<std::uint64_t>(before.first)));
        writer.put_signed_varint(static_cast<std::int64_t>(span - span_before));
        statistics.clear();
        if (aggregate) {
            put_aggregate(*aggregate, statistics);
        }
        writer.put_varint(statistics.size());
        writer.put_bytes(statistics);
        before = entry;
        span_before = span;
    }
}

bool decode_page(ByteView page, std::uint64_t offset, std::size_t entries,
                 std::vector<BlockEntry>& out) {
    ByteReader in(page);
    if (entries > page_entries_max) {
        return false;
    }
    out.resize(entries);
    std::uint64_t series = 0;
    std::uint64_t first = 0;
    std::uint64_t span = 0;
    for (std::size_t i = 0; i < entries; ++i) {
        std::uint64_t step = 0;
        std::uint64_t rows = 0;
        std::uint64_t bytes = 0;
        std::int64_t first_change = 0;
        std::int64_t span_change = 0;
        std::uint64_t statistics = 0;
        BlockEntry& entry = out[i];
        if (!in.get_varint(step) || !in.get_varint(rows) || !in.get_varint(bytes) ||
            !in.get_signed_varint(first_change) || !in.get_signed_varint(span_change) ||
            !in.get_varint(statistics) || !in.get_bytes(statistics, entry.statistics)) {
            return false;
        }
        series += step;
        first += static_cast<std::uint64_t>(first_change);
        span += static_cast<std::uint64_t>(span_change);
        if (series > UINT32_MAX || rows == 0 || rows > codec::values_max || bytes > UINT32_MAX) {
            return false;
        }
        entry.series = static_cast<std::uint32_t>(series);
        entry.rows = static_cast<std::uint32_t>(rows);
        entry.offset = offset;
        entry.bytes = static_cast<std::uint32_t>(bytes);
        entry.first = static_cast<Time>(first);
        entry.last = static_cast<Time>(first + span);
        if (entry.last < entry.first ||
            (i > 0 && out[i - 1].series == entry.series && out[i - 1].last >= entry.first)) {
            return false;
        }
        offset += aligned(bytes);
    }
    return in.empty();
}

}  // namespace gantry::store
