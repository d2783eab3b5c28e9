// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>

#include "store/chunk.h"

namespace gantry::store {

// Which rows an aggregate is made of. A row without a value, and NaN, is never usable.
enum class Usable : unsigned char {
    NotBad,  // good and uncertain ones
    Good,    // only good ones
    Any,     // bad ones too, if they have a value
};

inline bool is_usable(Quality quality, Usable usable) {
    return usable == Usable::Any || (usable == Usable::Good ? quality.good() : !quality.bad());
}

// How many blocks were looked at, and what was taken of them.
struct AggregateWork {
    std::uint64_t by_statistics = 0;
    std::uint64_t by_roll_ups = 0;
    std::uint64_t read = 0;              // row by row
    std::uint64_t series_in_memory = 0;  // that have rows which are in no block yet
};

struct AggregateOptions {
    Usable usable = Usable::NotBad;
    // Also the time-weighted figures, over the whole of each bucket: what was usable last before it
    // counts from its beginning, and buckets without a row are there as long as a value holds.
    bool time_weighted = false;
    // The standard deviation, which costs a third more where rows are read.
    bool deviation = true;
    AggregateWork* work = nullptr;  // gets what was done added
};

// What the rows of one series in some span of time come to. Bool counts as 0 and 1; of strings
// there are only the counts and times.
struct Aggregate {
    std::uint64_t rows = 0;        // all, the unusable ones too
    std::uint64_t count = 0;       // the usable ones
    std::uint64_t good_count = 0;  // of these, the good ones
    bool numeric = false;          // the values below mean something
    bool holds = false;            // the last row of all is usable: its value holds on
    double min = 0;
    double max = 0;
    double sum = 0;
    double square_sum = 0;  // of the differences to the first value, for a stable deviation
    double first = 0;
    double last = 0;
    Time first_time = 0;  // of the usable rows
    Time last_time = 0;
    Time begin = 0;  // times of the first and the last of all rows
    Time end = 0;
    // A usable value holds until the next row, whatever that is (OPC 10000-13, stepped).
    double integral = 0;         // value × seconds
    std::uint64_t duration = 0;  // nanoseconds in which a value held

    double average() const { return sum / static_cast<double>(count); }
    // Of the population; 0 for one value.
    double deviation() const;
    // Of the time in which a value held.
    double time_weighted_average() const {
        return integral / (static_cast<double>(duration) * 1e-9);
    }
    // Good when every row is, bad when no value could be used, else uncertain; without rows, that
    // of a value that holds on.
    Quality quality() const;
    // Rows that are later than all before. Integral, duration and square_sum are right if the
    // options ask for them.
    void add(const Chunk& chunk, AggregateOptions options);
    // What follows in time, and is not empty.
    void add(const Aggregate& later);
    // Of another series, over the same span of time.
    void add_other_series(const Aggregate& other);
    // The last value held from the last row, or from `from` if that is later, until `to`.
    void hold(Time from, Time to);
};

struct Bucket {
    SeriesId series;
    Time start = 0;  // from + n * every
    Aggregate aggregate;
};

using BucketVisitor = std::function<bool(const Bucket&)>;

// How long a series had one value.
struct StateDuration {
    Value value;
    std::uint64_t duration = 0;  // nanoseconds
    std::uint64_t entries = 0;   // times that it was entered
};

}  // namespace gantry::store
