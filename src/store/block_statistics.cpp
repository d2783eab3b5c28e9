// SPDX-License-Identifier: Apache-2.0
#include "store/block_statistics.h"

#include <array>
#include <bit>
#include <cmath>

namespace gantry::store {
namespace {

// The byte of flags that statistics begin with.
constexpr std::uint8_t numeric_flag = 2;   // with values
constexpr std::uint8_t whole_flag = 4;     // every row is usable and good
constexpr std::uint8_t holds_flag = 8;     // the last row is usable; implied by whole
constexpr std::uint8_t regular_flag = 16;  // whole, and the integral follows from the sum
constexpr std::uint8_t exact_flag = 32;    // sum and sum of squares are integers
constexpr std::uint8_t roll_ups_flag = 64;

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

}  // namespace

bool is_whole(const Aggregate& a) { return a.count == a.rows && a.good_count == a.rows && a.holds; }

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

void put_statistics(const Aggregate& a, bool with_roll_ups, Bytes& bytes) {
    ByteWriter out(bytes);
    const std::uint8_t flags = flags_of(a);
    out.put(static_cast<std::uint8_t>(flags | (with_roll_ups ? roll_ups_flag : 0)));
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

bool take_statistics(ByteReader& in, Aggregate& a) {
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
        return true;
    }
    if (!take_values(flags, in, a) || ((flags & regular_flag) != 0 && a.rows < 2)) {
        return false;
    }
    if ((flags & regular_flag) != 0) {
        a.integral = regular_integral(a);
    }
    return true;
}

bool has_roll_ups(ByteView statistics) {
    return !statistics.empty() &&
           (std::to_integer<std::uint8_t>(statistics[0]) & roll_ups_flag) != 0;
}

}  // namespace gantry::store
