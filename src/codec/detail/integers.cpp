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
constexpr unsigned order_max = 2;

constexpr std::size_t head_bytes = 6;
constexpr std::size_t exception_bits = 16 + 48;  // place and what is above the width, about
constexpr std::size_t samples = 16;

using Values = std::span<const std::uint64_t>;
using Buffer = std::array<std::uint64_t, values_max>;

std::uint64_t magnitude(std::int64_t value) {
    return value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
}

unsigned width_of(std::uint64_t range) {
    const auto width = static_cast<unsigned>(std::bit_width(range));
    return packable(width) ? width : 64;
}

std::size_t plain_bytes(std::size_t count, unsigned width) {
    return head_bytes + packed_bytes(count, width);
}

// The greatest number that divides every difference to `base`; a few of them mostly say that there
// is none but 1.
std::uint64_t common_unit(Values values, std::uint64_t base) {
    std::uint64_t unit = 0;
    const std::size_t step = std::max<std::size_t>(1, values.size() / samples);
    for (std::size_t i = 0; i < values.size() && unit != 1; i += step) {
        unit = std::gcd(unit, values[i] - base);
    }
    for (std::size_t i = 0; i < values.size() && unit != 1; ++i) {
        if (unit == 0 || (values[i] - base) % unit != 0) {
            unit = std::gcd(unit, values[i] - base);
        }
    }
    return std::max<std::uint64_t>(unit, 1);
}

// Where a few values lie far from the rest it is cheaper to keep those apart: a base near the
// rest, and the width at which what is kept apart and what is packed cost the least together.
void plan_exceptions(Values values, IntegerPlan& plan) {
    std::array<std::int64_t, samples + samples> some{};
    std::size_t taken = 0;
    const std::size_t step = std::max<std::size_t>(1, values.size() / samples);
    for (std::size_t i = step / 2; i < values.size() && taken < some.size(); i += step) {
        some[taken++] = static_cast<std::int64_t>(values[i] - plan.base);
    }
    if (taken == 0) {
        return;
    }
    // From the least: as unsigned numbers the distances keep their order.
    std::sort(some.begin(), some.begin() + static_cast<std::ptrdiff_t>(taken), [](auto a, auto b) {
        return static_cast<std::uint64_t>(a) < static_cast<std::uint64_t>(b);
    });
    const auto low = static_cast<std::uint64_t>(some[taken / 8]);
    const auto high = static_cast<std::uint64_t>(some[taken - 1 - taken / 8]);
    const std::uint64_t slack = high - low;
    if (width_of(slack / plan.unit) + 2 >= plan.width) {
        return;
    }
    // What lies below the base wraps, and cannot be divided by the unit then.
    const std::uint64_t floor = plan.unit > 1 ? 0 : low - std::min(low, slack);
    std::uint64_t least = ~std::uint64_t{0};
    for (const std::uint64_t value : values) {
        const std::uint64_t distance = value - plan.base;
        least = distance >= floor ? std::min(least, distance) : least;
    }
    const std::uint64_t base = plan.base + least;
    std::array<std::uint32_t, 65> lengths{};
    for (const std::uint64_t value : values) {
        ++lengths[static_cast<unsigned>(std::bit_width((value - base) / plan.unit))];
    }
    std::size_t apart = values.size();
    for (unsigned width = 0; width < plan.width; ++width) {
        apart -= lengths[width];
        const std::size_t bytes =
            plain_bytes(values.size(), width) + apart * exception_bits / 8 + 1;
        if (packable(width) && bytes < plan.bytes) {
            plan.bytes = bytes;
            plan.width = width;
            plan.base = base;
            plan.exceptions = true;
        }
    }
}

IntegerPlan plan_order(Values values, unsigned order) {
    IntegerPlan plan;
    plan.order = order;
    if (values.empty()) {
        plan.width = 0;
        plan.bytes = head_bytes;
        return plan;
    }
    const Range range = kernels().range(values);
    plan.base = static_cast<std::uint64_t>(range.min);
    std::uint64_t reach = static_cast<std::uint64_t>(range.max) - plan.base;
    if (reach > 3) {
        plan.unit = common_unit(values, plan.base);
        reach /= plan.unit;
    }
    plan.width = width_of(reach);
    plan.bytes = plain_bytes(values.size(), plan.width) + (plan.unit > 1 ? 4 : 0);
    if (plan.width > 2 && values.size() > 2 * samples) {
        plan_exceptions(values, plan);
    }
    plan.bytes +=
        std::size_t{2} * order + static_cast<std::size_t>(std::bit_width(magnitude(range.min))) / 7;
    return plan;
}

void put_exceptions(Values values, const IntegerPlan& plan, Bytes& out) {
    std::array<std::uint16_t, values_max> places;
    std::size_t count = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        places[count] = static_cast<std::uint16_t>(i);
        count += values[i] >> plan.width != 0 ? 1 : 0;
    }
    ByteWriter writer(out);
    writer.put_varint(count);
    writer.put_all(std::span<const std::uint16_t>(places.data(), count));
    for (std::size_t i = 0; i < count; ++i) {
        writer.put_varint(values[places[i]] >> plan.width);
    }
}

bool add_exceptions(ByteReader& in, unsigned width, std::span<std::uint64_t> values) {
    std::uint64_t count = 0;
    std::vector<std::uint16_t> places;
    if (width >= 64 || !in.get_varint(count) || count > values.size() ||
        !in.get_all(places, count)) {
        return false;
    }
    for (const std::uint16_t place : places) {
        std::uint64_t high = 0;
        if (place >= values.size() || !in.get_varint(high)) {
            return false;
        }
        values[place] += high << width;
    }
    return true;
}

}  // namespace

IntegerPlan plan_integers(Values values) {
    ASSERT(values.size() <= values_max);
    IntegerPlan best = plan_order(values, 0);
    Buffer buffer;
    Values left = values;
    for (unsigned order = 1; order <= order_max && left.size() > 1 && best.width > 0; ++order) {
        const auto differences = std::span(buffer).first(left.size() - 1);
        kernels().differences(left, differences);  // in place from order 1 to 2: it reads ahead
        left = differences;
        if (const IntegerPlan plan = plan_order(left, order); plan.bytes < best.bytes) {
            best = plan;
        }
    }
    return best;
}

void write_integers(Values values, const IntegerPlan& plan, Bytes& out) {
    ByteWriter writer(out);
    writer.put(static_cast<std::uint8_t>(plan.order | (plan.unit > 1 ? unit_flag : 0) |
                                         (plan.exceptions ? exceptions_flag : 0)));
    Buffer buffer;
    Values left = values;
    for (unsigned order = 0; order < plan.order; ++order) {
        writer.put_signed_varint(static_cast<std::int64_t>(left.front()));
        const auto differences = std::span(buffer).first(left.size() - 1);
        kernels().differences(left, differences);
        left = differences;
    }
    writer.put_signed_varint(static_cast<std::int64_t>(plan.base));
    if (plan.unit > 1) {
        writer.put_varint(plan.unit);
    }
    writer.put(static_cast<std::uint8_t>(plan.width));
    if (plan.unit == 1 && !plan.exceptions) {
        pack(left, plan.base, plan.width, out);
        return;
    }
    for (std::size_t i = 0; i < left.size(); ++i) {
        buffer[i] = (left[i] - plan.base) / plan.unit;
    }
    left = std::span(buffer).first(left.size());
    pack(left, 0, plan.width, out);
    if (plan.exceptions) {
        put_exceptions(left, plan, out);
    }
}

bool read_integers(ByteReader& in, std::span<std::uint64_t> values) {
    std::uint8_t form = 0;
    if (!in.get(form) || form >= 16 || (form & 3) > order_max || values.size() < (form & 3)) {
        return false;
    }
    const unsigned order = form & 3;
    std::array<std::int64_t, order_max> starts{};
    for (unsigned i = 0; i < order; ++i) {
        if (!in.get_signed_varint(starts[i])) {
            return false;
        }
    }
    std::int64_t base = 0;
    std::uint64_t unit = 1;
    std::uint8_t width = 0;
    ByteView packed;
    const auto rest = values.subspan(order);
    if (!in.get_signed_varint(base) || ((form & unit_flag) != 0 && !in.get_varint(unit)) ||
        !in.get(width) || !packable(width) ||
        !in.get_bytes(packed_bytes(rest.size(), width), packed)) {
        return false;
    }
    const bool simple = form <= order_max;
    kernels().unpack(packed, width, simple ? static_cast<std::uint64_t>(base) : 0, rest);
    if ((form & exceptions_flag) != 0 && !add_exceptions(in, width, rest)) {
        return false;
    }
    if (!simple) {
        for (std::uint64_t& value : rest) {
            value = static_cast<std::uint64_t>(base) + value * unit;
        }
    }
    if (order == 1) {
        auto value = static_cast<std::uint64_t>(starts[0]);
        for (std::uint64_t& place : rest) {
            const std::uint64_t difference = place;
            value += difference;
            place = value;
        }
        values[0] = static_cast<std::uint64_t>(starts[0]);
    } else if (order == 2) {
        auto difference = static_cast<std::uint64_t>(starts[1]);
        values[0] = static_cast<std::uint64_t>(starts[0]);
        values[1] = values[0] + difference;
        std::uint64_t value = values[1];
        for (std::uint64_t& place : rest) {
            difference += place;
            value += difference;
            place = value;
        }
    }
    return true;
}

}  // namespace gantry::codec::detail
