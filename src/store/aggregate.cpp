// SPDX-License-Identifier: Apache-2.0
#include "store/aggregate.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "codec/reduce.h"

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

bool is_usable(Quality quality, Usable usable) {
    return usable == Usable::Any || (usable == Usable::Good ? quality.good() : !quality.bad());
}

codec::Reduction reduce(const Chunk& chunk, double shift, bool squares) {
    if (chunk.type == ValueType::Float64) {
        return squares ? codec::reduce_floats(chunk.bits, shift) : codec::reduce_floats(chunk.bits);
    }
    return squares ? codec::reduce_integers(chunk.bits, shift) : codec::reduce_integers(chunk.bits);
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
    if (rows == 0) {
        begin = chunk.time.front();
    }
    if (number && chunk.plain()) {
        const double start = number_of(chunk.type, chunk.bits.front());
        const double shift = count == 0 ? start : first;
        const bool squares = options.deviation && std::isfinite(shift);
        const codec::Reduction reduced = reduce(chunk, shift, squares);
        if (reduced.count == chunk.size()) {
            hold(end, chunk.time.front());
            if (count == 0) {
                numeric = true;
                first = start;
                first_time = chunk.time.front();
                min = reduced.min;
                max = reduced.max;
            }
            rows += chunk.size();
            count += chunk.size();
            good_count += chunk.size();
            min = std::min(min, reduced.min);
            max = std::max(max, reduced.max);
            sum += reduced.sum;
            square_sum += std::isfinite(shift) ? reduced.square_sum : NAN;
            last = number_of(chunk.type, chunk.bits.back());
            last_time = end = chunk.time.back();
            holds = true;
            duration += between(chunk.time.front(), chunk.time.back());
            if (options.time_weighted) {
                integral += integral_within(chunk);
            }
            return;
        }
    }
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
