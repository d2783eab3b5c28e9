// SPDX-License-Identifier: Apache-2.0
// Buckets: from rows, and from the statistics of blocks that lie in one bucket as a whole.
#include <algorithm>
#include <bit>
#include <cmath>

#include "base/assert.h"
#include "store/merge.h"
#include "store/segment.h"
#include "store/store.h"

namespace gantry::store {
namespace {

double number_of(ValueType type, std::uint64_t bits) {
    switch (type) {
        case ValueType::Bool: return bits != 0 ? 1 : 0;
        case ValueType::Int64: return static_cast<double>(static_cast<std::int64_t>(bits));
        default: return std::bit_cast<double>(bits);
    }
}

// Puts what comes in rising time into buckets and hands on those that are complete.
class Buckets {
public:
    Buckets(SeriesId series, TimeRange range, Duration every, const BucketVisitor& visit)
        : range_(range),
          every_(every.count()),
          visit_(visit),
          bucket_{series, range.from, {}},
          end_(every_ == 0 ? range.to : range.from) {}

    bool add(const Chunk& chunk) {
        for (std::size_t at = 0; at < chunk.size();) {
            if (!enter(chunk.time[at])) {
                return false;
            }
            const auto stop = std::ranges::lower_bound(chunk.time.subspan(at), end_);
            const auto to = static_cast<std::size_t>(stop - chunk.time.begin());
            bucket_.aggregate.add(chunk, at, std::max(to, at + 1));
            at = std::max(to, at + 1);
        }
        return true;
    }

    // Taken if the whole block lies in one bucket and says what it comes to.
    BlockVerdict add(const BlockEntry& block) {
        const auto aggregate = block.aggregate();
        if (!aggregate || block.last >= end_of(start_of(block.first))) {
            return BlockVerdict::Read;
        }
        if (!enter(block.first)) {
            return BlockVerdict::End;
        }
        bucket_.aggregate.add(*aggregate);
        return BlockVerdict::Taken;
    }

    bool finish() { return bucket_.aggregate.rows == 0 || visit_(bucket_); }

private:
    Time start_of(Time time) const {
        return every_ == 0 ? range_.from : range_.from + (time - range_.from) / every_ * every_;
    }
    Time end_of(Time start) const {
        Time end = time_max;
        if (every_ == 0) {
            return range_.to;
        }
        return __builtin_add_overflow(start, every_, &end) ? time_max : end;
    }
    bool enter(Time time) {
        if (time < end_) {
            return true;
        }
        if (!finish()) {
            return false;
        }
        bucket_.start = start_of(time);
        bucket_.aggregate = {};
        end_ = end_of(bucket_.start);
        return true;
    }

    TimeRange range_;
    std::int64_t every_;
    const BucketVisitor& visit_;
    Bucket bucket_;
    Time end_;
};

}  // namespace

void Aggregate::add(const Chunk& chunk, std::size_t from, std::size_t to) {
    rows += to - from;
    for (std::size_t i = from; i < to; ++i) {
        const ValueType type = chunk.type[i];
        if (chunk.quality[i].bad() || type == ValueType::Null) {
            continue;
        }
        const bool number = type != ValueType::String;
        const double value = number ? number_of(type, chunk.bits[i]) : 0;
        if (std::isnan(value)) {
            continue;
        }
        if (count == 0) {
            numeric = number;
            min = max = first = value;
            first_time = chunk.time[i];
        }
        ++count;
        good_count += chunk.quality[i].good() ? 1 : 0;
        min = std::min(min, value);
        max = std::max(max, value);
        sum += value;
        square_sum += (value - first) * (value - first);
        last = value;
        last_time = chunk.time[i];
    }
}

void Aggregate::add(const Aggregate& later) {
    if (count == 0 || later.count == 0) {
        const std::uint64_t all = rows + later.rows;
        if (count == 0) {
            *this = later;
        }
        rows = all;
        return;
    }
    rows += later.rows;
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
        return gantry::quality::bad;
    }
    return good_count == rows ? gantry::quality::good : gantry::quality::uncertain;
}

Result<> Store::aggregate(std::span<const SeriesId> series, TimeRange range, Duration every,
                          const BucketVisitor& visit) const {
    if (range.empty()) {
        return {};
    }
    ASSERT(every.count() >= 0);
    for (const SeriesId id : series) {
        Buckets buckets(id, range, every, visit);
        if (!scan_series(
                id, range, [&](const Chunk& chunk) { return buckets.add(chunk); },
                [&](const BlockEntry& block) { return buckets.add(block); }) ||
            !buckets.finish()) {
            break;
        }
    }
    return {};
}

}  // namespace gantry::store
