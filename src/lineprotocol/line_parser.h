// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "lineprotocol/detail/line_reader.h"
#include "lineprotocol/line_options.h"
#include "lineprotocol/series_cache.h"
#include "model/sample_batch.h"

namespace gantry::lineprotocol {

// Makes rows of InfluxDB line protocol, each good, in the order in which they stand. A line is
// taken whole or not at all; one that is refused changes nothing for the others, which is also so
// for what looks like a string that never ends: the next line begins behind the first newline.
//
// One body of text, in pieces cut anywhere. Between two pieces at most an unfinished line is kept.
//
// A line whose measurement, tags and fields came before, in that order, is read by comparing its
// names with those and reading the numbers between them; every other line, and every line that is
// wrong in any way, goes to the LineReader from its beginning.
class LineParser {
public:
    // The cache must outlive the parser.
    LineParser(SeriesCache& cache, LineOptions options);

    // Adds the rows of all lines that end in this piece. The batch is to be emptied before it holds
    // 4 GiB of text. Nothing may come after `last`.
    void parse(ByteView piece, bool last, SampleBatch& batch);

    std::uint64_t points() const { return points_; }
    // Lines that were taken; blank ones and comments count nowhere.
    std::uint64_t lines() const { return lines_; }
    std::uint64_t refused() const { return refused_; }
    // The first of them, in their order; of series that cannot be made the code is that of
    // `resolve`.
    std::span<const LineError> errors() const { return errors_; }

private:
    using Field = SeriesCache::Field;
    using Prefix = SeriesCache::Prefix;

    // The lines of the text that are there whole; returns how many bytes that were.
    std::size_t take(std::string_view text, bool last, SampleBatch& batch);
    const char* take_any(const char* from, const char* end, bool last, SampleBatch& batch);
    // Where the next line begins; null when the line has to be read in full.
    const char* take_known(const char* from, const char* end, SampleBatch& batch);
    Prefix* known_prefix(const char* from, const char* end) const;
    // The first from `field` on whose name stands at `at`: those before it were left out. The end
    // when there is none, or too little behind it.
    const Field* known_field(const Field* field, const Field* fields_end, const char* at,
                             const char* end) const;
    const char* take_value(const char* at, const char* end, ValueType type);
    const char* take_time(const char* at, Time& time) const;
    bool store(SampleBatch& batch);
    // `key` holds what the line's keys have in common, or nothing yet.
    Result<SeriesId> resolve(const detail::FieldText& field, std::string& key);
    // Adds what is in the row.
    void commit(Time time, SampleBatch& batch);
    void refuse(std::uint64_t column, Error error);

    // Fields of one line.
    struct Values {
        std::vector<SeriesId> series;
        std::vector<ValueType> types;
        std::vector<std::uint64_t> bits;  // of a string: where in texts
        std::vector<std::string_view> texts;
        std::size_t size = 0;

        void clear() {
            size = 0;
            texts.clear();
        }
        void make_room(std::size_t rows);
    };

    SeriesCache& cache_;
    const LineOptions options_;
    const std::int64_t unit_;  // nanoseconds
    const decltype(detail::Finder::find) find_;
    detail::LineReader reader_;
    Values row_;

    std::string kept_;             // an unfinished line, and what came behind it
    std::size_t kept_enough_ = 0;  // bytes of it with which trying again pays
    bool skipping_ = false;        // the rest of a line that was refused
    std::uint64_t line_ = 1;       // that comes next

    std::uint64_t points_ = 0;
    std::uint64_t lines_ = 0;
    std::uint64_t refused_ = 0;
    std::vector<LineError> errors_;
};

}  // namespace gantry::lineprotocol
