// SPDX-License-Identifier: Apache-2.0
#include "query/sql_bucket_rows.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace gantry::query {
namespace {

// DuckDB's order of numbers: not a number is larger than all.
bool less(double left, double right) {
    return std::isnan(right) ? !std::isnan(left) : left < right;
}

double number_of(const store::Chunk& chunk, std::size_t i) {
    return chunk.type == ValueType::Float64
               ? std::bit_cast<double>(chunk.bits[i])
               : static_cast<double>(static_cast<std::int64_t>(chunk.bits[i]));
}

store::Usable usable_of(Severities severities) {
    return severities == all_severities           ? store::Usable::Any
           : severities == bit_of(Severity::Good) ? store::Usable::Good
                                                  : store::Usable::NotBad;
}

// Where the bucket of a time ends.
Time stop_of(Time time, const Grid& grid, Time range_end) {
    if (grid.width == 0) {
        return range_end;
    }
    // Widths are so short that this cannot pass the limits of a time (sql_grid.cpp).
    const Time into = (time % grid.width - grid.origin % grid.width) % grid.width;
    const Time left = into < 0 ? -into : grid.width - into;
    Time stop = 0;
    return __builtin_add_overflow(time, left, &stop) ? range_end : std::min(stop, range_end);
}

class BucketReader {
public:
    BucketReader(const BucketsBind& data, SeriesId series, std::size_t index,
                 std::vector<BucketRow>& out)
        : data_(data), series_(series), index_(index), out_(out) {
        const auto info = data.scope->store->series(series);
        text_ = info && info->type == ValueType::String;
    }

    // False: there are more.
    Result<bool> read(Time from, std::size_t most) {
        const Time to = data_.narrowing.range.to;
        first_ = out_.size();
        most_ = first_ + most;
        const Time aligned = stop_of(from, data_.grid, to);
        // The first bucket may begin in the middle.
        TRY(aggregate({from, aligned}, 0));
        const bool all = aligned >= to || out_.size() >= most_;
        if (!all) {
            TRY(aggregate({aligned, to}, data_.grid.width));
        }
        const bool done = out_.size() < most_ || out_.back().stop >= to;
        TRY(correct());
        return done;
    }

    // Where the buckets that were read end.
    Time stopped() const { return stopped_; }

private:
    struct Run {
        std::size_t from;
        std::size_t to;
    };
    // Rows of buckets that are right which one scan may pass by on its way to the next wrong one: a
    // scan reads whole blocks.
    static constexpr std::int64_t rows_between_max = 4096;

    Result<> aggregate(TimeRange range, std::int64_t every) {
        if (range.empty()) {
            return {};
        }
        return data_.scope->store->aggregate(
            std::span(&series_, 1), range, Duration{every},
            [&](const store::Bucket& bucket) {
                take(bucket, range, every);
                stopped_ = out_.back().stop;
                return out_.size() < most_;
            },
            {.usable = usable_of(data_.narrowing.severities), .deviation = false});
    }

    void take(const store::Bucket& bucket, TimeRange range, std::int64_t every) {
        const store::Aggregate& from = bucket.aggregate;
        BucketRow& row = out_.emplace_back();
        row.index = index_;
        row.start = bucket.start;
        row.stop = range.to;
        if (Time stop = 0; every != 0 && !__builtin_add_overflow(bucket.start, every, &stop)) {
            row.stop = std::min(stop, range.to);
        }
        row.rows = static_cast<std::int64_t>(from.rows);
        row.begin = from.begin;
        row.end = from.end;
        // Of strings all that is asked for is how many there are.
        const bool all = text_ && data_.narrowing.severities == all_severities;
        if (!all && from.count != from.rows) {
            row.exact = false;
            return;
        }
        if (text_) {
            return;
        }
        row.count = static_cast<std::int64_t>(from.count);
        row.sum = from.sum;
        row.min = from.min;
        row.max = from.max;
        row.first = from.first;
        row.last = from.last;
        row.first_time = from.first_time;
        row.last_time = from.last_time;
        row.first_row = from.first;
        row.last_row = from.last;
    }

    // Makes those buckets of their rows of which the aggregate leaves out rows that SQL does not,
    // or tells of rows that the query does not want.
    Result<> correct() {
        for (std::size_t i = first_; i < out_.size(); ++i) {
            if (out_[i].exact) {
                continue;
            }
            Run run{i, i + 1};
            std::int64_t between = 0;
            for (std::size_t k = i + 1; k < out_.size() && between < rows_between_max; ++k) {
                if (!out_[k].exact) {
                    run.to = k + 1;
                    between = 0;
                } else {
                    between += out_[k].rows;
                }
            }
            TRY(read_rows(run));
            i = run.to - 1;
        }
        std::erase_if(out_, [](const BucketRow& row) { return row.rows == 0; });
        return {};
    }

    Result<> read_rows(Run run) {
        const std::span<BucketRow> rows = std::span(out_).subspan(run.from, run.to - run.from);
        for (BucketRow& row : rows) {
            row.rows = row.exact ? row.rows : 0;
        }
        std::size_t at = 0;
        return data_.scope->store->scan(
            std::span(&series_, 1), {rows.front().start, rows.back().stop},
            [&](const store::Chunk& chunk) {
                for (std::size_t i = 0; i < chunk.size();) {
                    while (at < rows.size() && rows[at].stop <= chunk.time[i]) {
                        ++at;
                    }
                    if (at == rows.size()) {
                        return false;
                    }
                    BucketRow& row = rows[at];
                    const bool inside = chunk.time[i] >= row.start;
                    const auto end = std::ranges::lower_bound(chunk.time.subspan(i),
                                                              inside ? row.stop : row.start);
                    const auto to = static_cast<std::size_t>(end - chunk.time.begin());
                    if (inside && !row.exact) {
                        row.add(chunk.part(i, to), data_.narrowing);
                    }
                    i = to;
                }
                return true;
            });
    }

    const BucketsBind& data_;
    SeriesId series_;
    std::size_t index_;
    std::vector<BucketRow>& out_;
    bool text_ = false;
    std::size_t first_ = 0;
    std::size_t most_ = 0;
    Time stopped_ = 0;
};

}  // namespace

void BucketRow::add(const store::Chunk& chunk, const Narrowing& narrowing) {
    const bool number = chunk.type != ValueType::String && chunk.type != ValueType::Null;
    for (std::size_t i = 0; i < chunk.size(); ++i) {
        if (!narrowing.admits(chunk.quality_of(i).severity())) {
            continue;
        }
        const Time time = chunk.time[i];
        const bool has = number && chunk.type_of(i) != ValueType::Null;
        const std::optional<double> value = has ? std::optional(number_of(chunk, i)) : std::nullopt;
        if (rows++ == 0) {
            begin = time;
            first_row = value;
        }
        end = time;
        last_row = value;
        if (!value) {
            continue;
        }
        if (count++ == 0) {
            sum = 0;
            min = max = first = *value;
            first_time = time;
        }
        sum += *value;
        min = less(*value, min) ? *value : min;
        max = less(max, *value) ? *value : max;
        last = *value;
        last_time = time;
    }
}

Result<> read_buckets(const BucketsBind& data, SeriesId series, std::size_t index, Time from,
                      std::size_t most, std::vector<BucketRow>& out, std::optional<Time>& resume) {
    BucketReader reader(data, series, index, out);
    TRY_ASSIGN(const bool done, reader.read(from, most));
    resume = done ? std::nullopt : std::optional(reader.stopped());
    return {};
}

}  // namespace gantry::query
