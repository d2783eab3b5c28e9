// SPDX-License-Identifier: Apache-2.0
#include "store/aggregate.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "codec/reduce.h"
#include "store/aggregate_parts.h"

namespace gantry::store {
namespace {

constexpr double second = 1e9;

double number_of(ValueType type, std::uint64_t bits) {
    return type == ValueType::Float64 ? std::bit_cast<double>(bits)
                                      : static_cast<double>(static_cast<std::int64_t>(bits));
}

// Times may lie further apart than a signed number says.
std::uint64_t between(Time from, Time to) {
    return static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from);
}

double seconds_between(Time from, Time to) {
    return static_cast<double>(between(from, to)) / second;
}

codec::Reduction reduce(ValueType type, std::span<const std::uint64_t> bits, double shift,
                        bool squares) {
    if (type == ValueType::Float64) {
        return squares ? codec::reduce_floats(bits, shift) : codec::reduce_floats(bits);
    }
    return squares ? codec::reduce_integers(bits, shift) : codec::reduce_integers(bits);
}

// Each value times the time to the next row, but the last.
double integral_within(const Chunk& chunk) {
    double out = 0;
    for (std::size_t i = 0; i + 1 < chunk.size(); ++i) {
        out += number_of(chunk.type, chunk.bits[i]) *
               static_cast<double>(between(chunk.time[i], chunk.time[i + 1]));
    }
    return out / second;
}

}  // namespace

void Aggregate::hold(Time from, Time to) {
    const Time start = std::max(from, end);
    if (holds && to > start) {
        integral += last * seconds_between(start, to);
        duration += between(start, to);
    }
}

void Aggregate::add(const Chunk& chunk, AggregateOptions options) {
    if (chunk.size() == 0) {
        return;
    }
    const bool number = chunk.type != ValueType::String && chunk.type != ValueType::Null;
    if (number && chunk.plain() &&
        add_numbers(*this, chunk.type, chunk.bits, chunk.time.front(), chunk.time.back(),
                    options.deviation)) {
        integral += options.time_weighted ? integral_within(chunk) : 0;
        return;
    }
    begin = rows == 0 ? chunk.time.front() : begin;
    rows += chunk.size();
    for (std::size_t i = 0; i < chunk.size(); ++i) {
        hold(end, chunk.time[i]);
        end = chunk.time[i];
        const Quality quality = chunk.quality_of(i);
        const double value = number ? number_of(chunk.type, chunk.bits[i]) : 0;
        holds = is_usable(quality, options.usable) && chunk.type_of(i) != ValueType::Null &&
                !std::isnan(value);
        if (!holds) {
            continue;
        }
        if (count == 0) {
            numeric = number;
            min = max = first = value;
            first_time = end;
        }
        ++count;
        good_count += quality.good() ? 1 : 0;
        min = std::min(min, value);
        max = std::max(max, value);
        sum += value;
        square_sum += (value - first) * (value - first);
        last = value;
        last_time = end;
    }
}

bool add_numbers(Aggregate& to, ValueType type, std::span<const std::uint64_t> bits, Time first,
                 Time last, bool deviation) {
    const double start = number_of(type, bits.front());
    const double shift = to.count == 0 ? start : to.first;
    const codec::Reduction part = reduce(type, bits, shift, deviation && std::isfinite(shift));
    if (part.count != bits.size()) {
        return false;
    }
    to.hold(to.end, first);
    to.begin = to.rows == 0 ? first : to.begin;
    if (to.count == 0) {
        to.numeric = true;
        to.first = start;
        to.first_time = first;
        to.min = part.min;
        to.max = part.max;
    }
    to.rows += bits.size();
    to.count += bits.size();
    to.good_count += bits.size();
    to.min = std::min(to.min, part.min);
    to.max = std::max(to.max, part.max);
    to.sum += part.sum;
    to.square_sum += std::isfinite(shift) ? part.square_sum : NAN;
    to.last = number_of(type, bits.back());
    to.last_time = to.end = last;
    to.holds = true;
    to.duration += between(first, last);
    return true;
}

void add_block(Aggregate& to, const BlockSummary& block, const BlockMoments& moments) {
    Aggregate part;
    part.rows = part.count = part.good_count = block.rows;
    part.numeric = part.holds = true;
    part.min = block.min;
    part.max = block.max;
    part.sum = block.sum;
    part.square_sum = moments.square_sum;
    part.first = block.first_value;
    part.last = block.last_value;
    part.first_time = part.begin = block.first;
    part.last_time = part.end = block.last;
    part.integral = moments.integral;
    part.duration = between(block.first, block.last);
    if (to.rows == 0 && !to.holds) {
        to = part;
    } else {
        to.add(part);
    }
}

bool add_blocks(Aggregate& to, std::span<const BlockSummary> blocks) {
    Aggregate part;
    part.min = std::numeric_limits<double>::infinity();
    part.max = -part.min;
    bool whole = !blocks.empty();
    const BlockSummary* first = blocks.data();
    const BlockSummary* last = blocks.data();
    for (const BlockSummary& block : blocks) {
        whole &= block.whole;
        part.rows += block.rows;
        part.min = std::min(part.min, block.min);
        part.max = std::max(part.max, block.max);
        part.sum += block.sum;
        first = block.first < first->first ? &block : first;
        last = block.last >= last->last ? &block : last;
    }
    if (!whole) {
        return false;
    }
    part.count = part.good_count = part.rows;
    part.numeric = part.holds = true;
    part.first = first->first_value;
    part.last = last->last_value;
    part.first_time = part.begin = first->first;
    part.last_time = part.end = last->last;
    to.add_other_series(part);
    return true;
}

void Aggregate::add(const Aggregate& later) {
    if (later.rows == 0) {
        return;
    }
    hold(end, later.begin);
    begin = rows == 0 ? later.begin : begin;
    rows += later.rows;
    end = later.end;
    holds = later.holds;
    integral += later.integral;
    duration += later.duration;
    if (later.count == 0) {
        return;
    }
    if (count == 0) {
        numeric = later.numeric;
        min = later.min;
        max = later.max;
        first = later.first;
        first_time = later.first_time;
    }
    const auto n = static_cast<double>(later.count);
    const double shift = later.first - first;
    square_sum += later.square_sum + shift * (2 * (later.sum - n * later.first) + n * shift);
    count += later.count;
    good_count += later.good_count;
    min = std::min(min, later.min);
    max = std::max(max, later.max);
    sum += later.sum;
    last = later.last;
    last_time = later.last_time;
}

void Aggregate::add_other_series(const Aggregate& other) {
    if (rows == 0 && duration == 0) {
        *this = other;
        return;
    }
    begin = std::min(begin, other.begin);
    end = std::max(end, other.end);
    rows += other.rows;
    integral += other.integral;
    duration += other.duration;
    holds = false;  // of which?
    if (other.count == 0) {
        return;
    }
    if (count == 0) {
        first = other.first;
    }
    const auto n = static_cast<double>(other.count);
    const double shift = other.first - first;
    square_sum += other.square_sum + shift * (2 * (other.sum - n * other.first) + n * shift);
    if (count == 0 || other.last_time >= last_time) {
        last = other.last;
        last_time = other.last_time;
    }
    if (count > 0 && other.first_time < first_time) {
        // The squares are of differences to the first value, which now is another.
        const auto all = static_cast<double>(count + other.count);
        const double move = first - other.first;
        square_sum += move * (2 * (sum + other.sum - all * first) + all * move);
        first = other.first;
    }
    first_time = count == 0 ? other.first_time : std::min(first_time, other.first_time);
    min = count == 0 ? other.min : std::min(min, other.min);
    max = count == 0 ? other.max : std::max(max, other.max);
    numeric = count == 0 ? other.numeric : numeric && other.numeric;
    sum += other.sum;
    count += other.count;
    good_count += other.good_count;
}

double Aggregate::deviation() const {
    if (count < 2) {
        return 0;
    }
    const auto n = static_cast<double>(count);
    const double shift = average() - first;
    return std::sqrt(std::max(0.0, square_sum / n - shift * shift));
}

Quality Aggregate::quality() const {
    if (count == 0) {
        return rows == 0 && duration > 0 ? gantry::quality::uncertain_last_usable_value
                                         : gantry::quality::bad;
    }
    return good_count == rows ? gantry::quality::good : gantry::quality::uncertain;
}

}  // namespace gantry::store
