// SPDX-License-Identifier: Apache-2.0
#include "codec/detail/integers.h"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>

#include "base/assert.h"
#include "codec/codec.h"
#include "codec/detail/kernels.h"

namespace gantry::codec::detail {
namespace {

// The first byte: the order in the low two bits, and these.
constexpr std::uint8_t unit_flag = 4;
constexpr std::uint8_t exceptions_flag = 8;
constexpr std::uint8_t coded_flag = 16;

// Coded numbers are read at a fraction of the speed, so they must take at most so much of what
// packed ones take.
constexpr std::size_t coded_percent_max = 85;
constexpr std::size_t coded_from_values = 16;  // of fewer the table is longer than the numbers

constexpr std::size_t exception_bits = 16 + 48;  // place and what is above the width, about
constexpr std::size_t samples = 16;

using Values = std::span<const std::uint64_t>;
using Buffer = std::array<std::uint64_t, values_max>;

unsigned width_of(std::uint64_t range) {
    const auto width = static_cast<unsigned>(std::bit_width(range));
    return packable(width) ? width : 64;
}

// Of all but the packed numbers and exceptions.
std::size_t head_bytes(Values values, const IntegerPlan& plan) {
    std::size_t bytes = 2 + signed_varint_bytes(plan.base);
    bytes += plan.order > 0 ? signed_varint_bytes(values[0]) : 0;
    bytes += plan.order > 1 ? signed_varint_bytes(values[1] - values[0]) : 0;
    return bytes + (plan.unit > 1 ? varint_bytes(plan.unit) : 0);
}

// The greatest number that divides every difference to `base`; it divides `unit`, unless that is 0.
std::uint64_t common_unit(Values values, std::uint64_t base, std::uint64_t unit) {
    for (std::size_t i = 0; i < values.size() && unit != 1; ++i) {
        const std::uint64_t distance = values[i] - base;
        if (distance != 0 && (unit == 0 || distance % unit != 0)) {
            unit = std::gcd(unit, distance);
        }
    }
    return std::max<std::uint64_t>(unit, 1);
}

// Leaves the differences of an order in `buffer`.
Values differences_of(Values values, unsigned order, Buffer& buffer) {
    for (unsigned i = 0; i < order; ++i) {
        const auto differences = std::span(buffer).first(values.size() - 1);
        kernels().differences(values, differences);  // in place from order 1 to 2: it reads ahead
        values = differences;
    }
    return values;
}

// Some values, spread over the block, as differences of an order.
struct Sample {
    std::array<std::uint64_t, 2 * samples> values;
    std::size_t size = 0;

    Sample(Values of, unsigned order) {
        const std::size_t step = std::max<std::size_t>(1, of.size() / samples);
        for (std::size_t i = std::max<std::size_t>(step / 2, order);
             i < of.size() && size < values.size(); i += step) {
            values[size++] = order == 0   ? of[i]
                             : order == 1 ? of[i] - of[i - 1]
                                          : of[i] - 2 * of[i - 1] + of[i - 2];
        }
    }

    // A multiple of what divides all differences to `base`; 0 if that can be anything.
    std::uint64_t unit(std::uint64_t base) const {
        std::uint64_t out = 0;
        for (std::size_t i = 0; i < size && out != 1; ++i) {
            const std::uint64_t distance = values[i] - base;
            out = out != 0 && distance % out == 0 ? out : std::gcd(out, distance);
        }
        return out;
    }

    // Three quarters of the values in two neighbouring eighths of 2^width from `base`? Else the
    // rest are not worth keeping apart.
    bool crowded(std::uint64_t base, unsigned width) const {
        std::uint64_t counts = 0;  // a byte for each eighth
        for (std::size_t i = 0; i < size; ++i) {
            counts += std::uint64_t{1} << 8 * ((values[i] - base) >> (width - 3));
        }
        bool found = false;
        for (std::uint64_t pairs = counts + (counts >> 8); pairs != 0; pairs >>= 8) {
            found |= (pairs & 0xff) >= size - 2 * (size / 8 + 1);
        }
        return found;
    }

    // The distances to `base` without the shortest and longest eighth. As unsigned numbers those
    // to the least value keep its order.
    std::pair<std::uint64_t, std::uint64_t> middle(std::uint64_t base) const {
        constexpr std::size_t left_out_max = 2 * samples / 8 + 1;
        std::array<std::uint64_t, left_out_max> low;
        std::array<std::uint64_t, left_out_max> high;
        const std::size_t kept = size / 8 + 1;
        low.fill(~std::uint64_t{0});
        high.fill(0);
        for (std::size_t i = 0; i < size; ++i) {
            std::uint64_t up = values[i] - base;
            std::uint64_t down = up;
            for (std::size_t k = 0; k < kept; ++k) {
                const std::uint64_t above = std::max(low[k], up);
                low[k] = std::min(low[k], up);
                up = above;
                const std::uint64_t below = std::min(high[k], down);
                high[k] = std::max(high[k], down);
                down = below;
            }
        }
        return {low[kept - 1], high[kept - 1]};
    }
};

// Where a few values lie far from the rest it is cheaper to keep those apart: a base near the
// rest, and the width at which what is kept apart and what is packed cost the least together.
void plan_exceptions(Values numbers, std::pair<std::uint64_t, std::uint64_t> middle,
                     IntegerPlan& plan) {
    const std::uint64_t slack = middle.second - middle.first;
    // What lies below the base wraps, and cannot be divided by the unit then.
    const std::uint64_t floor = plan.unit > 1 ? 0 : middle.first - std::min(middle.first, slack);
    std::uint64_t least = ~std::uint64_t{0};
    for (const std::uint64_t number : numbers) {
        least = number >= floor ? std::min(least, number) : least;
    }
    // Four tables, so that equal lengths one after another do not wait for each other.
    std::array<std::array<std::uint32_t, 4>, 65> lengths{};
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        ++lengths[static_cast<unsigned>(std::bit_width(numbers[i] - least))][i % 4];
    }
    std::size_t apart = numbers.size();
    for (unsigned width = 0; width < plan.width; ++width) {
        apart -= std::accumulate(lengths[width].begin(), lengths[width].end(), std::size_t{0});
        const std::size_t bytes =
            packed_bytes(numbers.size(), width) + apart * exception_bits / 8 + 1;
        if (packable(width) && bytes < plan.bytes) {
            plan.bytes = bytes;
            plan.width = width;
            plan.exceptions = true;
        }
    }
    plan.base += plan.exceptions ? least : 0;
}

IntegerPlan plan_order(Values values, unsigned order, const Range& range) {
    IntegerPlan plan;
    plan.order = order;
    plan.base = static_cast<std::uint64_t>(range.min);
    plan.width = width_of(static_cast<std::uint64_t>(range.max) - plan.base);
    plan.bytes = head_bytes(values, plan) + packed_bytes(values.size() - order, plan.width);
    return plan;
}

// With a unit or exceptions or both, if that may take fewer bytes than the best, or than `others`.
void try_more(Values values, const IntegerPlan& plain, const Range& range, std::size_t others,
              IntegerPlan& best) {
    const std::size_t count = values.size() - plain.order;
    if (plain.width <= 2) {
        return;
    }
    const Sample sample(values, plain.order);
    IntegerPlan plan = plain;
    const std::uint64_t unit = sample.unit(plan.base);
    plan.unit = std::max<std::uint64_t>(unit, 1);
    const std::uint64_t reach = static_cast<std::uint64_t>(range.max) - plan.base;
    const bool few = count <= 2 * samples || !sample.crowded(plan.base, plan.width);
    if (unit == 1 && few) {
        return;
    }
    const auto middle = few ? std::pair{std::uint64_t{0}, reach} : sample.middle(plan.base);
    const unsigned hoped = width_of((middle.second - middle.first) / plan.unit);
    if ((unit == 1 && hoped + 2 >= plan.width) ||
        head_bytes(values, plan) + packed_bytes(count, hoped) >= std::min(best.bytes, others)) {
        return;
    }
    Buffer buffer;
    const Values left = differences_of(values, plan.order, buffer);
    Buffer quotients;
    const auto divided = std::span(quotients).first(count);
    if (unit == 0 || !kernels().divide(left, plan.base, plan.unit, divided)) {
        plan.unit = common_unit(left, plan.base, unit);
        ASSERT(kernels().divide(left, plan.base, plan.unit, divided));
    }
    plan.width = width_of(reach / plan.unit);
    plan.bytes = packed_bytes(count, plan.width);
    if (width_of((middle.second - middle.first) / plan.unit) + 2 < plan.width) {
        plan_exceptions(divided, {middle.first / plan.unit, middle.second / plan.unit}, plan);
    }
    plan.bytes += head_bytes(values, plan);
    if (plan.bytes < best.bytes) {
        best = plan;
    }
}

void put_exceptions(Values values, const IntegerPlan& plan, ColumnWriter& writer) {
    std::array<std::uint16_t, values_max> places;
    std::size_t count = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        places[count] = static_cast<std::uint16_t>(i);
        count += values[i] >> plan.width != 0 ? 1 : 0;
    }
    writer.put_varint(count);
    writer.put_all(std::span<const std::uint16_t>(places.data(), count));
    for (std::size_t i = 0; i < count; ++i) {
        writer.put_varint(values[places[i]] >> plan.width);
    }
}

// ---- coded

std::uint64_t median_of(Values values) {
    Buffer room;
    const auto copy = std::span(room).first(values.size());
    std::ranges::copy(values, copy.begin());
    const auto middle = copy.begin() + static_cast<std::ptrdiff_t>(copy.size() / 2);
    std::ranges::nth_element(copy, middle, {},
                             [](std::uint64_t value) { return static_cast<std::int64_t>(value); });
    return *middle;
}

std::uint64_t length_of(std::uint64_t distance) {
    return static_cast<std::int64_t>(distance) < 0 ? 0 - distance : distance;
}

// The greatest number that divides every distance to `base`, these taken as signed numbers.
std::uint64_t signed_unit(Values values, std::uint64_t base) {
    std::uint64_t unit = 0;
    for (std::size_t i = 0; i < values.size() && unit != 1; ++i) {
        const std::uint64_t length = length_of(values[i] - base);
        if (length != 0 && (unit == 0 || length % unit != 0)) {
            unit = std::gcd(unit, length);
        }
    }
    return unit == 0 || unit > INT64_MAX ? 1 : unit;
}

// Signed distances to the base in units, as numbers that are small where those are short.
void fold(Values values, std::uint64_t base, std::uint64_t unit, std::span<std::uint64_t> out) {
    for (std::size_t i = 0; i < values.size(); ++i) {
        const auto distance = static_cast<std::int64_t>(values[i] - base);
        out[i] = zigzag(static_cast<std::uint64_t>(
            unit == 1 ? distance : distance / static_cast<std::int64_t>(unit)));
    }
}

void unfold(std::span<std::uint64_t> numbers) {
    for (std::uint64_t& number : numbers) {
        number = number >> 1 ^ (0 - (number & 1));
    }
}

IntegerPlan plan_coded_order(Values values, unsigned order) {
    Buffer buffer;
    Buffer folded;
    const Values left = differences_of(values, order, buffer);
    const auto numbers = std::span(folded).first(left.size());
    IntegerPlan plan;
    plan.order = order;
    plan.coded = true;
    plan.base = median_of(left);
    plan.unit = signed_unit(left, plan.base);
    fold(left, plan.base, plan.unit, numbers);
    plan.code = plan_coded(numbers);
    plan.bytes = head_bytes(values, plan) - 1 + plan.code.bytes;
    return plan;
}

// Coded, if that takes a good part less than `light`.
IntegerPlan plan_cold(Values values, const IntegerPlan& light) {
    IntegerPlan best = light;
    std::size_t most = light.bytes * coded_percent_max / 100;
    for (unsigned order = 0; order <= order_max && order + coded_from_values <= values.size();
         ++order) {
        if (const IntegerPlan plan = plan_coded_order(values, order); plan.bytes < most) {
            best = plan;
            most = plan.bytes;
        }
    }
    return best;
}

bool add_exceptions(ByteReader& in, unsigned width, std::span<std::uint64_t> values) {
    std::uint64_t count = 0;
    ByteView places;
    if (width >= 64 || !in.get_varint(count) || count > values.size() ||
        !in.get_bytes(count * 2, places)) {
        return false;
    }
    for (std::size_t i = 0; i < count; ++i) {
        std::uint16_t place = 0;
        std::uint64_t high = 0;
        std::memcpy(&place, places.data() + 2 * i, 2);
        if (place >= values.size() || !in.get_varint(high)) {
            return false;
        }
        values[place] += high << width;
    }
    return true;
}

// Sums up what stands at the front of `values`, and makes floats of it.
void finish(const Frame& frame, const Scale* scale, std::span<std::uint64_t> values) {
    kernels().sum(frame, values);
    if (scale != nullptr) {
        kernels().restore(values, *scale);
    }
}

bool read_coded_frame(ByteReader& in, const Frame& frame, const Scale* scale,
                      std::span<std::uint64_t> values) {
    std::ranges::fill(values.last(frame.order), 0U);
    const auto numbers = values.first(values.size() - frame.order);
    if (numbers.empty() || !read_coded(in, numbers)) {
        return false;
    }
    unfold(numbers);
    finish(frame, scale, values);
    return true;
}

}  // namespace

IntegerPlan plan_plain(Values values, const Survey& survey) {
    IntegerPlan best = plan_order(values, 0, survey.ranges[0]);
    for (unsigned order = 1; order <= order_max && order < values.size(); ++order) {
        if (const IntegerPlan plan = plan_order(values, order, survey.ranges[order]);
            plan.bytes < best.bytes) {
            best = plan;
        }
    }
    return best;
}

IntegerPlan plan_integers(Values values, const Survey& survey, std::size_t others, Tier tier) {
    ASSERT(!values.empty() && values.size() <= values_max);
    IntegerPlan best = plan_plain(values, survey);
    for (unsigned order = 0; order <= order_max && order < values.size(); ++order) {
        try_more(values, plan_order(values, order, survey.ranges[order]), survey.ranges[order],
                 others, best);
    }
    return tier == Tier::Cold ? plan_cold(values, best) : best;
}

void write_integers(Values values, const IntegerPlan& plan, ColumnWriter& writer) {
    writer.put(static_cast<std::uint8_t>(plan.order | (plan.unit > 1 ? unit_flag : 0) |
                                         (plan.exceptions ? exceptions_flag : 0) |
                                         (plan.coded ? coded_flag : 0)));
    Buffer buffer;
    Values left = values;
    for (unsigned order = 0; order < plan.order; ++order) {
        writer.put_signed_varint(static_cast<std::int64_t>(left.front()));
        const auto differences = std::span(buffer).first(left.size() - 1);
        kernels().differences(left, differences);  // in place from order 1 to 2: it reads ahead
        left = differences;
    }
    writer.put_signed_varint(static_cast<std::int64_t>(plan.base));
    if (plan.unit > 1) {
        writer.put_varint(plan.unit);
    }
    if (plan.coded) {
        const auto folded = std::span(buffer).first(left.size());
        fold(left, plan.base, plan.unit, folded);
        write_coded(folded, plan.code, writer);
        return;
    }
    writer.put(static_cast<std::uint8_t>(plan.width));
    if (plan.unit == 1 && !plan.exceptions) {
        writer.pack(left, plan.base, plan.width);
        return;
    }
    const auto numbers = std::span(buffer).first(left.size());
    ASSERT(kernels().divide(left, plan.base, plan.unit, numbers));
    writer.pack(numbers, 0, plan.width);
    if (plan.exceptions) {
        put_exceptions(numbers, plan, writer);
    }
}

bool read_integers(ByteReader& in, const Scale* scale, std::span<std::uint64_t> values) {
    std::uint8_t form = 0;
    Frame frame;
    if (!in.get(form) || form >= 2 * coded_flag || (form & 3) > order_max ||
        (form & (coded_flag | exceptions_flag)) == (coded_flag | exceptions_flag) ||
        values.size() < (form & 3)) {
        return false;
    }
    frame.order = form & 3;
    std::int64_t number = 0;
    for (unsigned i = 0; i < frame.order; ++i) {
        if (!in.get_signed_varint(number)) {
            return false;
        }
        frame.starts[i] = static_cast<std::uint64_t>(number);
    }
    std::uint8_t width = 0;
    ByteView packed;
    const std::size_t count = values.size() - frame.order;
    if (!in.get_signed_varint(number) || ((form & unit_flag) != 0 && !in.get_varint(frame.unit))) {
        return false;
    }
    frame.base = static_cast<std::uint64_t>(number);
    if ((form & coded_flag) != 0) {
        return read_coded_frame(in, frame, scale, values);
    }
    if (!in.get(width) || !packable(width) || !in.get_bytes(packed_bytes(count, width), packed)) {
        return false;
    }
    frame.width = width;
    if ((form & exceptions_flag) == 0) {
        kernels().decode(packed, frame, scale, values);
        return true;
    }
    std::ranges::fill(values.last(frame.order), 0U);
    kernels().unpack(packed, width, 0, values.first(count));
    if (!add_exceptions(in, width, values.first(count))) {
        return false;
    }
    finish(frame, scale, values);
    return true;
}

}  // namespace gantry::codec::detail
