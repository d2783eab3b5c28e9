// SPDX-License-Identifier: Apache-2.0
// Buckets: from rows, from the statistics of blocks that lie in one bucket as a whole, and from the
// roll-ups of others.
#include <algorithm>
#include <bit>
#include <map>

#include "base/assert.h"
#include "store/aggregate_parts.h"
#include "store/plain_block.h"
#include "store/reader.h"

namespace gantry::store {
namespace {

// Puts what comes in rising time into buckets and hands on those that are complete.
class Buckets {
public:
    Buckets(SeriesId series, TimeRange range, Duration every, AggregateOptions options,
            const BucketVisitor& visit)
        : range_(range),
          every_(every.count()),
          options_(options),
          visit_(visit),
          whole_minutes_(every.count() % minute_length == 0 &&
                         (every.count() == 0 || range.from % minute_length == 0)),
          bucket_{series, range.from, {}},
          end_(end_of(range.from)) {}

    // What the last row before the range leaves.
    void carry(const Sample& before) {
        const auto number = to_number(before.value);
        if (number && *number == *number && is_usable(before.quality, options_.usable)) {
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

    // The rows [from, to), at least one, of a block; for what is not time-weighted. False if a
    // visitor ended it; `sound` becomes false, and nothing was added, if one of the first rows left
    // is NaN: they begin with `from` then.
    bool add(const PlainBlock& block, std::size_t& from, std::size_t to, bool& sound) {
        const auto bits = std::span(block.bits);
        while (from < to) {
            if (!enter(block.time(from))) {
                return false;
            }
            const std::size_t stop =
                block.time(to - 1) < end_ ? to : std::max(block.seek(end_), from + 1);
            sound = add_numbers(bucket_.aggregate, block.type, bits.subspan(from, stop - from),
                                block.time(from), block.time(stop - 1), options_.deviation);
            if (!sound) {
                return true;
            }
            from = stop;
        }
        return true;
    }

    // Taken if the whole block lies in one bucket.
    BlockVerdict add(const BlockSummary& block, const BlockMoments& moments) {
        if (block.last >= end_ && block.last >= end_of(start_of(block.first))) {
            return BlockVerdict::Read;
        }
        if (!enter(block.first)) {
            return BlockVerdict::End;
        }
        add_block(bucket_.aggregate, block, moments);
        return BlockVerdict::Taken;
    }

    // Taken if all blocks of a page lie in one bucket, and what is asked for is known of them
    // together.
    BlockVerdict add_total(const Aggregate& total) {
        if (total.rows == 0 || options_.deviation || options_.time_weighted ||
            total.end >= end_of(start_of(total.begin))) {
            return BlockVerdict::Read;
        }
        return add(total) ? BlockVerdict::Taken : BlockVerdict::End;
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
        return add(*aggregate) ? BlockVerdict::Taken : BlockVerdict::End;
    }

    // The same of a block that lies in several, or in part outside of the range, by its roll-ups:
    // taken if each lies in one bucket.
    BlockVerdict add_roll_ups(const BlockEntry& block, TimeRange range) {
        if (!whole_minutes_ || !block.has_roll_ups() || !block.roll_ups(roll_ups_)) {
            return BlockVerdict::Read;
        }
        auto& parts = roll_ups_.parts;
        std::erase_if(parts, [range](const Aggregate& part) {
            return part.end < range.from || part.begin >= range.to;
        });
        const auto suffices = [&](const Aggregate& part) {
            return part.begin >= range.from && part.end < range.to &&
                   part.end < end_of(start_of(part.begin)) && answers(part);
        };
        if (!std::ranges::all_of(parts, suffices)) {
            return BlockVerdict::Read;
        }
        const auto take = [this](const Aggregate& part) { return add(part); };
        return std::ranges::all_of(parts, take) ? BlockVerdict::Taken : BlockVerdict::End;
    }

    bool finish() {
        return !options_.time_weighted || range_.to == time_max ? complete(end_)
                                                                : enter(range_.to, true);
    }

private:
    // Later rows of one bucket. False if the visitor ended it.
    bool add(const Aggregate& later) {
        if (!enter(later.begin)) {
            return false;
        }
        bucket_.aggregate.add(later);
        return true;
    }
    // Blocks count the rows that are not bad.
    bool answers(const Aggregate& aggregate) const {
        return options_.usable == Usable::NotBad ||
               (options_.usable == Usable::Good && aggregate.count == aggregate.good_count) ||
               (options_.usable == Usable::Any && aggregate.count == aggregate.rows);
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
    bool whole_minutes_;  // buckets begin and end at some, as those of roll-ups do
    Bucket bucket_;
    Time end_;
    RollUps roll_ups_;
};

// Makes aggregates from one snapshot of a store, of one series after the other.
class Aggregator {
public:
    Aggregator(const State& state, std::span<const SeriesId> series, TimeRange range,
               Duration every, AggregateOptions options)
        : state_(state),
          reader_(state),
          series_(series),
          in_memory_(reader_.in_memory(series)),
          range_(range),
          every_(every),
          options_(options) {}
    Aggregator(const Aggregator&) = delete;
    Aggregator& operator=(const Aggregator&) = delete;
    ~Aggregator() {
        state_.summed_blocks.add(summed_);
        state_.rolled_up_blocks.add(rolled_up_);
        state_.read_blocks.add(read_);
        if (AggregateWork* work = options_.work) {
            work->by_statistics += summed_;
            work->by_roll_ups += rolled_up_;
            work->read += read_;
            work->series_in_memory += static_cast<std::uint64_t>(
                std::ranges::count_if(in_memory_, [](std::uint8_t is) { return is != 0; }));
        }
    }

    // Hands on the buckets of all series, one series after the other, until the visitor ends it.
    void each(const BucketVisitor& visit) {
        for (std::size_t i = 0; i < series_.size() && one(i, visit); ++i) {
        }
    }

    // One bucket of all series together; for what needs neither the integral nor the deviation.
    Aggregate together() {
        ASSERT(every_.count() == 0 && !options_.time_weighted && !options_.deviation);
        Aggregate out;
        std::size_t tried = 0;  // the series before it are not to be had by pages
        for (std::size_t i = 0; i < series_.size();) {
            const std::size_t run = i < tried ? 0 : run_at(i);
            if (run > 0 && add_run(i, run, out)) {
                i += run;
                continue;
            }
            tried = std::max(tried, i + run);
            add_one(i++, out);
        }
        return out;
    }

private:
    // Fewer series than that are not worth to be looked for together.
    static constexpr std::size_t run_min = 4;

    // False if the visitor ended it.
    bool one(std::size_t index, const BucketVisitor& visit) {
        const SeriesId series = series_[index];
        Buckets buckets(series, range_, every_, options_, visit);
        if (options_.time_weighted && range_.from != time_min) {
            if (const auto before = reader_.before(series, range_.from)) {
                buckets.carry(*before);
            }
        }
        TimeRange range = range_;
        const bool done =
            apart(index, range) ? take_apart(series, range, buckets) : merge(series, buckets);
        return done && buckets.finish();
    }

    bool merge(SeriesId series, Buckets& buckets) {
        const std::uint64_t before = reader_.blocks_seen() - summed_ - rolled_up_;
        const bool done = reader_.scan(
            series, range_, [&](const Chunk& chunk) { return buckets.add(chunk); },
            [&](const Segment&, const BlockEntry& block) {
                return known(buckets.add(block), block, range_, buckets);
            });
        read_ += reader_.blocks_seen() - summed_ - rolled_up_ - before;
        return done;
    }

    // What is taken of a block without reading it, if its statistics are not.
    BlockVerdict known(BlockVerdict statistics, const BlockEntry& block, TimeRange range,
                       Buckets& buckets) {
        summed_ += statistics == BlockVerdict::Taken ? 1 : 0;
        if (statistics != BlockVerdict::Read) {
            return statistics;
        }
        const BlockVerdict out = buckets.add_roll_ups(block, range);
        rolled_up_ += out == BlockVerdict::Taken ? 1 : 0;
        return out;
    }

    // What `stretches_` says of a series.
    bool take_apart(SeriesId series, TimeRange range, Buckets& buckets) {
        return std::ranges::all_of(stretches_, [&](const Stretch& stretch) {
            return add(series, stretch, range, buckets);
        });
    }

    // Do all rows of the series lie in blocks of which none touches another? Then `stretches_` says
    // where.
    bool apart(std::size_t index, TimeRange& range) {
        return in_memory_[index] == 0 && reader_.stretches(series_[index], range, stretches_);
    }

    bool add(SeriesId series, const Stretch& stretch, TimeRange range, Buckets& buckets) {
        if (stretch.whole_page() && stretch.front().first >= range.from &&
            stretch.back().last < range.to) {
            const BlockVerdict verdict = buckets.add_total(stretch.page->total);
            if (verdict != BlockVerdict::Read) {
                summed_ += stretch.to - stretch.from;
                return verdict == BlockVerdict::Taken;
            }
        }
        for (std::size_t i = stretch.from; i < stretch.to; ++i) {
            const BlockSummary& block = stretch.page->summaries[i];
            BlockVerdict verdict = BlockVerdict::Read;
            if (block.first >= range.from && block.last < range.to) {
                verdict = block.whole ? buckets.add(block, stretch.page->moments[i])
                                      : buckets.add(stretch.page->entries[i]);
            }
            verdict = known(verdict, stretch.page->entries[i], range, buckets);
            if (verdict == BlockVerdict::Read) {
                ++read_;
                verdict = read(series, *stretch.segment, stretch.page->entries[i], range, buckets);
            }
            if (verdict == BlockVerdict::End) {
                return false;
            }
        }
        return true;
    }

    BlockVerdict read(SeriesId series, const Segment& segment, const BlockEntry& entry,
                      TimeRange range, Buckets& buckets) {
        std::size_t from = 0;
        bool sound = false;
        bool go_on = true;
        if (!options_.time_weighted && segment.read_plain(entry, *plain_)) {
            from = entry.first >= range.from ? 0 : plain_->seek(range.from);
            const std::size_t to = entry.last < range.to ? plain_->rows : plain_->seek(range.to);
            sound = true;
            go_on = buckets.add(*plain_, from, to, sound);
        }
        if (go_on && !sound && segment.read(entry, rows_)) {
            rows_.keep({std::max(range.from, rows_.time[from]), range.to});
            go_on = rows_.empty() || buckets.add(rows_.chunk(series));
        }
        return go_on ? BlockVerdict::Taken : BlockVerdict::End;
    }

    // How many of the series from there on have numbers without a gap, and lie in one page of each
    // segment; 0 if they are few, or must be looked at one by one.
    std::size_t run_at(std::size_t index) {
        const auto rest = series_.subspan(index);
        const std::uint64_t first = rest.front().value;
        if (rest.size() < run_min || rest[run_min - 1].value != first + run_min - 1) {
            return 0;
        }
        const std::size_t most =
            std::min<std::uint64_t>(rest.size(), reader_.run_end(rest.front(), range_) - first);
        std::size_t count = 0;
        while (count < most && rest[count].value == first + count &&
               in_memory_[index + count] == 0) {
            ++count;
        }
        return count < run_min ? 0 : count;
    }

    // All blocks of some series, page by page; false, and nothing is added, unless every block is
    // whole and in the range, and all of one segment are later than all of the one before.
    bool add_run(std::size_t index, std::size_t count, Aggregate& out) {
        TimeRange range = range_;
        reader_.run(series_[index], series_[index + count - 1], range, stretches_);
        Aggregate run;
        for (const Stretch& stretch : stretches_) {
            Aggregate part;
            if (stretch.whole_page()) {
                part = stretch.page->total;
            } else if (!add_blocks(part, stretch.blocks())) {
                return false;
            }
            const bool follows = run.rows == 0 || part.begin > run.end;
            if (part.rows == 0 || part.begin < range.from || part.end >= range.to || !follows) {
                return false;
            }
            run.add_other_series(part);
        }
        if (run.rows != 0) {
            out.add_other_series(run);
        }
        for (const Stretch& stretch : stretches_) {
            summed_ += stretch.to - stretch.from;
        }
        return true;
    }

    void add_one(std::size_t index, Aggregate& out) {
        const SeriesId series = series_[index];
        TimeRange range = range_;
        const bool is_apart = apart(index, range);
        if (is_apart && std::ranges::all_of(stretches_, [&](const Stretch& stretch) {
                return stretch.front().first >= range.from && stretch.back().last < range.to &&
                       std::ranges::all_of(stretch.blocks(), &BlockSummary::whole);
            })) {
            for (const Stretch& stretch : stretches_) {
                (void)add_blocks(out, stretch.blocks());
                summed_ += stretch.to - stretch.from;
            }
            return;
        }
        const BucketVisitor take = [&out](const Bucket& bucket) {
            out.add_other_series(bucket.aggregate);
            return true;
        };
        Buckets buckets(series, range_, every_, options_, take);
        (void)(is_apart ? take_apart(series, range, buckets) : merge(series, buckets));
        (void)buckets.finish();
    }

    const State& state_;
    Reader reader_;
    std::span<const SeriesId> series_;
    std::vector<std::uint8_t> in_memory_;
    TimeRange range_;
    Duration every_;
    AggregateOptions options_;
    std::vector<Stretch> stretches_;
    Columns rows_;
    std::unique_ptr<PlainBlock> plain_ = std::make_unique<PlainBlock>();
    // Blocks whose statistics, roll-ups or rows were taken.
    std::uint64_t summed_ = 0;
    std::uint64_t rolled_up_ = 0;
    std::uint64_t read_ = 0;
};

}  // namespace

Result<> Store::aggregate(std::span<const SeriesId> series, TimeRange range, Duration every,
                          const BucketVisitor& visit, AggregateOptions options) const {
    ASSERT(every.count() >= 0);
    if (!range.empty()) {
        Aggregator(*state_, series, range, every, options).each(visit);
    }
    return {};
}

Result<> Store::aggregate_group(std::span<const SeriesId> series, TimeRange range, Duration every,
                                const BucketVisitor& visit, AggregateOptions options) const {
    std::map<Time, Aggregate> buckets;
    if (every.count() == 0 && !range.empty() && !options.time_weighted && !options.deviation) {
        buckets[range.from] = Aggregator(*state_, series, range, every, options).together();
    } else {
        TRY(aggregate(
            series, range, every,
            [&buckets](const Bucket& bucket) {
                buckets[bucket.start].add_other_series(bucket.aggregate);
                return true;
            },
            options));
    }
    for (const auto& [start, aggregate] : buckets) {
        if (aggregate.rows == 0 && aggregate.duration == 0) {
            continue;
        }
        if (!visit({series.front(), start, aggregate})) {
            break;
        }
    }
    return {};
}

}  // namespace gantry::store
