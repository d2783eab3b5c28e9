// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "lineprotocol/line_parser.h"
#include "payload/document.h"

namespace gantry::payload {

// Reads InfluxDB line protocol into an array of values, each
//
//     {"measurement": …, "tags": {…}, "field": …, "value": …, "time": nanoseconds}
//
// Lines that are wrong are left out and counted.
class LineReader {
public:
    explicit LineReader(Random& random);

    // The document was begun; its texts stay good until the next one is read.
    Result<> read(std::string_view text, const lineprotocol::LineOptions& options,
                  Document& document);
    // Of the last one.
    std::uint64_t refused() const { return refused_; }
    const std::optional<Error>& first() const { return first_; }

private:
    struct Series {
        lineprotocol::SeriesName name;
    };

    bool add(const Row& row, Document& document) const;

    std::deque<Series> series_;  // by number
    std::size_t series_bytes_ = 0;
    lineprotocol::SeriesCache cache_;
    SampleBatch batch_;
    std::uint64_t refused_ = 0;
    std::optional<Error> first_;
};

}  // namespace gantry::payload
