// SPDX-License-Identifier: Apache-2.0
#include "query/plot.h"

#include <algorithm>
#include <array>
#include <bit>

namespace gantry::query {
namespace {

__extension__ using Wide = unsigned __int128;

// What is kept of one span.
class Span {
public:
    void take(const store::Chunk& rows, store::Usable usable) {
        Places places;
        const auto value_at = reader_of(rows.type);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const Quality quality = rows.quality_of(i);
            if (!store::is_usable(quality, usable)) {
                continue;
            }
            if (rows.type_of(i) == ValueType::Null) {
                places.add_gap(i);
                continue;
            }
            const double value = value_at(rows.bits[i]);
            if (value != value) {  // NaN
                places.add_gap(i);
            } else {
                places.add(i, value);
            }
        }
        keep(rows, places);
    }

    // Oldest first, each once.
    void finish(std::vector<Sample>& out) {
        std::vector<const Sample*> kept;
        for (const auto* sample : {&first_, &last_, &min_, &max_, &first_gap_, &last_gap_}) {
            if (*sample) {
                kept.push_back(&**sample);
            }
        }
        std::ranges::sort(kept, {}, &Sample::time);
        for (std::size_t i = 0; i < kept.size(); ++i) {
            if (i == 0 || kept[i]->time != kept[i - 1]->time) {
                out.push_back(*kept[i]);
            }
        }
        *this = {};
    }

private:
    static constexpr std::size_t none = SIZE_MAX;

    struct Places {
        std::size_t first = none, last = none, min = none, max = none;
        std::size_t first_gap = none, last_gap = none;
        double least = 0;
        double most = 0;

        void add(std::size_t at, double value) {
            if (first == none) {
                first = min = max = at;
                least = most = value;
            } else if (value < least) {
                min = at;
                least = value;
            } else if (value > most) {
                max = at;
                most = value;
            }
            last = at;
        }
        void add_gap(std::size_t at) {
            first_gap = first_gap == none ? at : first_gap;
            last_gap = at;
        }
    };

    using Reader = double (*)(std::uint64_t bits);
    static Reader reader_of(ValueType type) {
        switch (type) {
            case ValueType::Float64:
                return [](std::uint64_t bits) { return std::bit_cast<double>(bits); };
            case ValueType::Int64:
            case ValueType::Bool:
                return [](std::uint64_t bits) {
                    return static_cast<double>(std::bit_cast<std::int64_t>(bits));
                };
            default: return [](std::uint64_t) { return 0.0; };  // only the ends of strings
        }
    }

    static Sample sample_at(const store::Chunk& rows, std::size_t at) {
        const Row row = rows.row(at);
        return {row.time, row.value(), row.quality};
    }

    void keep(const store::Chunk& rows, const Places& places) {
        if (places.first != none) {
            if (!first_) {
                first_ = sample_at(rows, places.first);
            }
            last_ = sample_at(rows, places.last);
            if (!min_ || places.least < least_) {
                min_ = sample_at(rows, places.min);
                least_ = places.least;
            }
            if (!max_ || places.most > most_) {
                max_ = sample_at(rows, places.max);
                most_ = places.most;
            }
        }
        if (places.first_gap != none) {
            if (!first_gap_) {
                first_gap_ = sample_at(rows, places.first_gap);
            }
            last_gap_ = sample_at(rows, places.last_gap);
        }
    }

    std::optional<Sample> first_, last_, min_, max_, first_gap_, last_gap_;
    double least_ = 0;
    double most_ = 0;
};

// Equal spans of a range.
class Grid {
public:
    Grid(TimeRange range, std::size_t spans)
        : from_(range.from),
          wide_(static_cast<std::uint64_t>(range.to) - static_cast<std::uint64_t>(range.from)),
          spans_(spans) {}

    // Where the span ends that has this time.
    Time end_of(Time time) const {
        const std::uint64_t since =
            static_cast<std::uint64_t>(time) - static_cast<std::uint64_t>(from_);
        const auto index = static_cast<std::uint64_t>(Wide{since} * spans_ / wide_);
        // The least time of the next one.
        const auto end =
            static_cast<std::uint64_t>((Wide{index + 1} * wide_ + spans_ - 1) / spans_);
        return static_cast<Time>(static_cast<std::uint64_t>(from_) + end);
    }

private:
    Time from_;
    std::uint64_t wide_;
    std::uint64_t spans_;
};

}  // namespace

Result<RawHistory> plot_history(const store::Store& store, SeriesId series, TimeRange range,
                                std::size_t spans, store::Usable usable) {
    if (spans == 0 || spans > plot_spans_max) {
        return fail(Code::InvalidArgument, "a plot is 1 to {} pixels wide", plot_spans_max);
    }
    if (range.from == time_min || range.to == time_max) {
        return fail(Code::InvalidArgument, "a plot has a beginning and an end: say both");
    }
    RawHistory out;
    if (range.empty()) {
        return out;
    }
    const Grid grid(range, spans);
    Span span;
    Time end = range.from;
    TRY(store.scan(std::span(&series, 1), range, [&](const store::Chunk& chunk) {
        for (std::size_t at = 0; at < chunk.size();) {
            if (chunk.time[at] >= end) {
                span.finish(out.samples);
                end = grid.end_of(chunk.time[at]);
            }
            const auto stop = std::ranges::lower_bound(chunk.time.subspan(at), end);
            const auto to = static_cast<std::size_t>(stop - chunk.time.begin());
            span.take(chunk.part(at, to), usable);
            at = to;
        }
        return true;
    }));
    span.finish(out.samples);
    return out;
}

}  // namespace gantry::query
