// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "query/sql_buckets.h"

namespace gantry::query {

// What SQL says of the rows of one bucket.
struct BucketRow {
    std::size_t index = 0;  // of the series in its list
    bool exact = true;      // false while it is not made of its rows and must be
    Time start = 0;         // [start, stop) of the bucket
    Time stop = 0;
    std::int64_t rows = 0;
    std::int64_t count = 0;
    double sum = 0;  // where there is no value, neither of these means anything
    double min = 0;
    double max = 0;
    double first = 0;
    double last = 0;
    Time first_time = 0;
    Time last_time = 0;
    Time begin = 0;
    Time end = 0;
    std::optional<double> first_row;
    std::optional<double> last_row;

    // Rows that are later than all before.
    void add(const store::Chunk& chunk, const Narrowing& narrowing);
};

// The buckets of one series, from a time on; `most` of them or a few more. Where it stops before
// the range ends, `resume` is where to go on. Those without a row are left out.
Result<> read_buckets(const BucketsBind& data, SeriesId series, std::size_t index, Time from,
                      std::size_t most, std::vector<BucketRow>& out, std::optional<Time>& resume);

}  // namespace gantry::query
