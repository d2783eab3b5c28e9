// SPDX-License-Identifier: Apache-2.0
// Scans and buckets: from rows, and from the statistics of blocks that lie in one bucket as a
// whole.
#include <algorithm>
#include <bit>
#include <map>

#include "base/assert.h"
#include "store/reader.h"

namespace gantry::store {
namespace {

bool usable(const Sample& sample, Usable which) {
    return which == Usable::Any ||
           (which == Usable::Good ? sample.quality.good() : !sample.quality.bad());
}

// Puts what comes in rising time into buckets and hands on those that are complete.
class Buckets {
public:
    Buckets(SeriesId series, TimeRange range, Duration every, AggregateOptions options,
            const BucketVisitor& visit)
        : range_(range),
          every_(every.count()),
          options_(options),
          visit_(visit),
          bucket_{series, range.from, {}},
          end_(end_of(range.from)) {}

    // What the last row before the range leaves.
    void carry(const Sample& before) {
        const auto number = to_number(before.value);
        if (number && *number == *number && usable(before, options_.usable)) {
            seed(*number, range_.from);
        }
    }

    bool add(const Chunk& chunk) {
        for (std::size_t at = 0; at < chunk.size();) {
            if (!enter(chunk.time[at])) {
                return false;
            }
            const auto stop = std::ranges::lower_bound(chunk.time.subspan(at), end_);
            const auto to = std::max(static_cast<std::size_t>(stop - chunk.time.begin()), at + 1);
            bucket_.aggregate.add(chunk.part(at, to), options_);
            at = to;
        }
        return true;
    }

    // Taken if the whole block lies in one bucket and says what it comes to.
    BlockVerdict add(const BlockEntry& block) {
        if (block.last >= end_of(start_of(block.first))) {
            return BlockVerdict::Read;
        }
        const auto aggregate = block.aggregate();
        if (!aggregate || !answers(*aggregate)) {
            return BlockVerdict::Read;
        }
        if (!enter(block.first)) {
            return BlockVerdict::End;
        }
        bucket_.aggregate.add(*aggregate);
        return BlockVerdict::Taken;
    }

    bool finish() {
        return !options_.time_weighted || range_.to == time_max ? complete(end_)
                                                                : enter(range_.to, true);
    }

private:
    // Blocks count the rows that are not bad.
    bool answers(const Aggregate& aggregate) const {
        return options_.usable == Usable::NotBad ||
               (options_.usable == Usable::Good && aggregate.count == aggregate.good_count) ||
               aggregate.count == aggregate.rows;
    }
    Time start_of(Time time) const {
        if (every_ == 0) {
            return range_.from;
        }
        const auto since =
            static_cast<std::uint64_t>(time) - static_cast<std::uint64_t>(range_.from);
        const auto every = static_cast<std::uint64_t>(every_);
        return static_cast<Time>(static_cast<std::uint64_t>(range_.from) + since / every * every);
    }
    Time end_of(Time start) const {
        Time end = time_max;
        if (every_ == 0 || __builtin_add_overflow(start, every_, &end)) {
            return range_.to;
        }
        return std::min(end, range_.to);
    }
    void seed(double value, Time time) {
        bucket_.aggregate.numeric = true;
        bucket_.aggregate.holds = true;
        bucket_.aggregate.last = value;
        bucket_.aggregate.end = time;
    }
    bool complete(Time end) {
        Aggregate& aggregate = bucket_.aggregate;
        if (options_.time_weighted && end != time_max) {
            aggregate.hold(aggregate.end, end);
        }
        return (aggregate.rows == 0 && aggregate.duration == 0) || visit_(bucket_);
    }
    // Makes the bucket of that time the current one; `all` completes that one too.
    bool enter(Time time, bool all = false) {
        while (time >= end_) {
            if (!complete(end_)) {
                return false;
            }
            if (all && end_ >= range_.to) {
                return true;
            }
            const bool holds =
                options_.time_weighted && bucket_.aggregate.holds && bucket_.aggregate.numeric;
            const double value = bucket_.aggregate.last;
            bucket_.start = holds ? end_ : start_of(time);
            if (all && !holds) {
                return true;
            }
            bucket_.aggregate = {};
            end_ = end_of(bucket_.start);
            if (holds) {
                seed(value, bucket_.start);
            }
        }
        return true;
    }

    TimeRange range_;
    Time every_;
    AggregateOptions options_;
    const BucketVisitor& visit_;
    Bucket bucket_;
    Time end_;
};

bool aggregate_one(Reader& reader, SeriesId series, TimeRange range, Duration every,
                   const BucketVisitor& visit, AggregateOptions options) {
    Buckets buckets(series, range, every, options, visit);
    if (options.time_weighted && range.from != time_min) {
        if (const auto before = reader.before(series, range.from)) {
            buckets.carry(*before);
        }
    }
    return reader.scan(
               series, range, [&](const Chunk& chunk) { return buckets.add(chunk); },
               [&](const Segment&, const BlockEntry& block) { return buckets.add(block); }) &&
           buckets.finish();
}

}  // namespace

Result<> Store::scan(std::span<const SeriesId> series, TimeRange range,
                     const ChunkVisitor& visit) const {
    Reader reader(*state_);
    for (const SeriesId id : series) {
        if (!reader.scan(id, range, visit)) {
            break;
        }
    }
    return {};
}

Result<> Store::aggregate(std::span<const SeriesId> series, TimeRange range, Duration every,
                          const BucketVisitor& visit, AggregateOptions options) const {
    if (range.empty()) {
        return {};
    }
    ASSERT(every.count() >= 0);
    Reader reader(*state_);
    for (const SeriesId id : series) {
        if (!aggregate_one(reader, id, range, every, visit, options)) {
            break;
        }
    }
    return {};
}

Result<> Store::aggregate_group(std::span<const SeriesId> series, TimeRange range, Duration every,
                                const BucketVisitor& visit, AggregateOptions options) const {
    std::map<Time, Aggregate> buckets;
    TRY(aggregate(
        series, range, every,
        [&buckets](const Bucket& bucket) {
            buckets[bucket.start].add_other_series(bucket.aggregate);
            return true;
        },
        options));
    for (const auto& [start, aggregate] : buckets) {
        if (!visit({series.front(), start, aggregate})) {
            break;
        }
    }
    return {};
}

Result<std::vector<StateDuration>> Store::state_durations(SeriesId series, TimeRange range) const {
    ASSERT(range.to != time_max);
    std::map<Value, StateDuration> states;
    std::optional<Value> current;  // none while the state is not known
    Time since = range.from;
    const auto pass = [&](Time until) {
        if (current) {
            states[*current].duration +=
                static_cast<std::uint64_t>(until) - static_cast<std::uint64_t>(since);
        }
        since = until;
    };
    const auto is_state = [](const Sample& sample) {
        const auto number = to_number(sample.value);
        return !sample.quality.bad() && type_of(sample.value) != ValueType::Null &&
               (!number || *number == *number);
    };
    const auto enter = [&](const Sample& sample) {
        pass(sample.time);
        const bool known = is_state(sample);
        const Value& value = sample.value;
        if (known && (!current || *current != value)) {
            ++states[value].entries;
        }
        current = known ? std::optional(value) : std::nullopt;
        return states.size() <= states_max;
    };
    Reader reader(*state_);
    if (const auto before =
            range.from == time_min ? std::nullopt : reader.before(series, range.from)) {
        if (is_state(*before)) {
            current = before->value;
        }
    }
    const bool all = reader.scan(series, range, [&](const Chunk& chunk) {
        for (std::size_t i = 0; i < chunk.size(); ++i) {
            const Row row = chunk.row(i);
            if (!enter({row.time, row.value(), row.quality})) {
                return false;
            }
        }
        return true;
    });
    if (!all) {
        return fail(Code::TooLarge,
                    "the series has more than {} different values: it is no series of states",
                    states_max);
    }
    pass(range.to);
    std::vector<StateDuration> out;
    for (auto& [value, state] : states) {
        state.value = value;
        out.push_back(state);
    }
    return out;
}

}  // namespace gantry::store
