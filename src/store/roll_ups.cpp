// SPDX-License-Identifier: Apache-2.0
#include "store/roll_ups.h"

#include <algorithm>

#include "store/block_statistics.h"

namespace gantry::store {
namespace {

// The first byte: two flags, and the unit of what it says of times.
constexpr std::uint8_t hours_flag = 1;    // else minutes
constexpr std::uint8_t regular_flag = 2;  // the times of the block say where the parts are
constexpr unsigned unit_shift = 4;
constexpr std::uint8_t known_bits = 0xf3;

constexpr std::uint64_t units[] = {1,       10,        100,        1'000,       10'000,
                                   100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000};

std::uint64_t between(Time from, Time to) {
    return static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from);
}

// Where the bucket of a time ends; false if that is no time.
bool bucket_end(Time time, Time length, Time& out) {
    const Time past = time % length;
    return !__builtin_add_overflow(time - past, past < 0 ? 0 : length, &out);
}

// The step of a block that says that its times are regular; 0 if it has none.
std::uint64_t step_of(const Aggregate& block) {
    const std::uint64_t span = between(block.begin, block.end);
    return block.rows > 1 && span % (block.rows - 1) == 0 ? span / (block.rows - 1) : 0;
}

// From the end of a bucket back to its last row, and on to the next row.
struct Border {
    std::uint64_t before = 0;
    std::uint64_t after = 0;
};

std::vector<Border> borders_of(const RollUps& roll_ups) {
    std::vector<Border> out;
    for (std::size_t i = 1; i < roll_ups.parts.size(); ++i) {
        Time end = 0;
        (void)bucket_end(roll_ups.parts[i - 1].begin, roll_ups.length, end);
        out.push_back(
            {between(roll_ups.parts[i - 1].end, end), between(end, roll_ups.parts[i].begin)});
    }
    return out;
}

std::uint8_t unit_of(std::span<const Border> borders) {
    auto unit = static_cast<std::uint8_t>(std::size(units) - 1);
    for (const Border& border : borders) {
        while (border.before % units[unit] != 0 || border.after % units[unit] != 0) {
            --unit;
        }
    }
    return unit;
}

// Rows, begin and end of each part of a block whose times are regular.
bool cut_regular(const Aggregate& block, RollUps& out) {
    const std::uint64_t step = step_of(block);
    if (step == 0) {
        return false;
    }
    const auto time_of = [&](std::uint64_t row) {
        return static_cast<Time>(static_cast<std::uint64_t>(block.begin) + row * step);
    };
    std::uint64_t row = 0;
    for (Aggregate& part : out.parts) {
        Time end = 0;
        if (row == block.rows || !bucket_end(time_of(row), out.length, end)) {
            return false;
        }
        part.begin = time_of(row);
        part.rows = std::min(block.rows - row, (between(part.begin, end) - 1) / step + 1);
        row += part.rows;
        part.end = time_of(row - 1);
    }
    return row == block.rows;
}

// Whether that says all there is to say of their times.
bool are_regular(const Aggregate& block, const RollUps& roll_ups) {
    RollUps again{roll_ups.length, std::vector<Aggregate>(roll_ups.parts.size())};
    return cut_regular(block, again) &&
           std::ranges::equal(again.parts, roll_ups.parts,
                              [](const Aggregate& a, const Aggregate& b) {
                                  return a.rows == b.rows && a.begin == b.begin && a.end == b.end;
                              });
}

bool take_times(ByteReader& in, const Aggregate& block, std::uint64_t unit, RollUps& out) {
    std::uint64_t left = block.rows;
    Time begin = block.begin;
    for (std::size_t i = 0; i < out.parts.size(); ++i) {
        Aggregate& part = out.parts[i];
        const bool is_last = i + 1 == out.parts.size();
        Time end = 0;
        part.begin = begin;
        part.end = block.end;
        part.rows = left;
        if (!bucket_end(begin, out.length, end)) {
            return false;
        }
        if (!is_last) {
            std::uint64_t before = 0;
            std::uint64_t after = 0;
            const auto most = static_cast<std::uint64_t>(out.length) / unit;
            if (!in.get_varint(part.rows) || part.rows == 0 || part.rows >= left ||
                !in.get_varint(before) || before == 0 || before > most || !in.get_varint(after) ||
                after > between(end, time_max) / unit) {
                return false;
            }
            part.end = static_cast<Time>(static_cast<std::uint64_t>(end) - before * unit);
            begin = static_cast<Time>(static_cast<std::uint64_t>(end) + after * unit);
        }
        if (part.end >= end || between(part.begin, part.end) < part.rows - 1 ||
            part.end < part.begin || (part.rows == 1 && part.end != part.begin)) {
            return false;
        }
        left -= part.rows;
    }
    return true;
}

}  // namespace

std::optional<RollUps> block_roll_ups(const Chunk& rows, std::int64_t rows_min) {
    const auto count = static_cast<double>(rows.size());
    const auto wanted = static_cast<double>(rows_min);
    if (rows_min == 0 || rows.size() < 2 || count < wanted) {
        return std::nullopt;
    }
    const auto span = static_cast<double>(between(rows.time.front(), rows.time.back()));
    RollUps out;
    for (const Time length : {minute_length, hour_length}) {
        if (count * static_cast<double>(length) >= wanted * span) {
            out.length = length;
            break;
        }
    }
    Time end = 0;
    if (out.length == 0 || !bucket_end(rows.time.front(), out.length, end) ||
        end > rows.time.back()) {
        return std::nullopt;
    }
    for (std::size_t at = 0; at < rows.size();) {
        if (!bucket_end(rows.time[at], out.length, end)) {
            return std::nullopt;
        }
        const auto stop = std::ranges::lower_bound(rows.time.subspan(at), end);
        const auto to = static_cast<std::size_t>(stop - rows.time.begin());
        const auto part = block_aggregate(rows.part(at, to));
        if (!part) {
            return std::nullopt;
        }
        out.parts.push_back(*part);
        at = to;
    }
    return out;
}

void put_roll_ups(const Aggregate& block, const RollUps& roll_ups, Bytes& bytes) {
    ByteWriter out(bytes);
    const std::uint8_t hours = roll_ups.length == hour_length ? hours_flag : 0;
    if (are_regular(block, roll_ups)) {
        out.put(static_cast<std::uint8_t>(hours | regular_flag));
        out.put_varint(roll_ups.parts.size());
    } else {
        const auto borders = borders_of(roll_ups);
        const std::uint8_t unit = unit_of(borders);
        out.put(static_cast<std::uint8_t>(hours | unit << unit_shift));
        out.put_varint(roll_ups.parts.size());
        for (std::size_t i = 0; i < borders.size(); ++i) {
            out.put_varint(roll_ups.parts[i].rows);
            out.put_varint(borders[i].before / units[unit]);
            out.put_varint(borders[i].after / units[unit]);
        }
    }
    for (const Aggregate& part : roll_ups.parts) {
        put_statistics(part, false, bytes);
    }
}

bool take_roll_ups(ByteReader& in, const Aggregate& block, RollUps& out) {
    std::uint8_t head = 0;
    std::uint64_t count = 0;
    if (!in.get(head) || !in.get_varint(count)) {
        return false;
    }
    const auto unit = static_cast<std::size_t>(head >> unit_shift);
    if ((head & ~known_bits) != 0 || unit >= std::size(units) || count < 2 || count > block.rows) {
        return false;
    }
    out.length = (head & hours_flag) != 0 ? hour_length : minute_length;
    out.parts.assign(count, {});
    const bool cut = (head & regular_flag) != 0 ? cut_regular(block, out)
                                                : take_times(in, block, units[unit], out);
    if (!cut) {
        return false;
    }
    std::uint64_t usable = 0;
    std::uint64_t good = 0;
    for (Aggregate& part : out.parts) {
        if (!take_statistics(in, part)) {
            return false;
        }
        usable += part.count;
        good += part.good_count;
    }
    return in.empty() && usable == block.count && good == block.good_count;
}

}  // namespace gantry::store
