// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "arrow/sample_stream.h"
#include "arrow/source.h"

namespace gantry::arrow {

// The names of points that a stream has used, each resolved once.
class Points {
public:
    Points(Resolve resolve, Budget& budget) : resolve_(std::move(resolve)), budget_(budget) {}

    struct Entry {
        SeriesId series;
        ValueType type = ValueType::Null;  // Null: it could not be resolved
    };

    // The number of the name. TooLarge when there are too many names.
    Result<std::uint32_t> number_of(std::string_view name);
    const Entry& operator[](std::uint32_t number) const { return entries_[number]; }
    // Why the name could not be resolved.
    Error why(std::string_view name) const;
    // The type of all that were resolved; Null when they differ.
    ValueType common_type() const { return differ_ ? ValueType::Null : common_; }

private:
    struct Hash : std::hash<std::string_view> {
        using is_transparent = void;
    };

    Resolve resolve_;
    Budget& budget_;
    std::unordered_map<std::string, std::uint32_t, Hash, std::equal_to<>> numbers_;
    std::vector<Entry> entries_;
    ValueType common_ = ValueType::Null;
    bool differ_ = false;
};

// Rows on their way into a part, column by column. Whoever adds to one column adds to all.
struct PartColumns {
    std::vector<SeriesId> series;
    std::vector<Time> time;
    std::vector<ValueType> type;
    std::vector<std::uint64_t> bits;
    std::vector<Quality> quality;
    std::string texts;
    std::vector<Part::Run> runs;

    std::size_t size() const { return time.size(); }
    bool full() const {
        return size() >= SampleStream::part_rows || texts.size() >= SampleStream::part_text_bytes;
    }
    void reserve(std::size_t rows) {
        series.reserve(rows);
        time.reserve(rows);
        type.reserve(rows);
        bits.reserve(rows);
        quality.reserve(rows);
    }
    // Takes back what was added after the first rows.
    void cut(std::size_t rows);
    // The rows that are added next stood there.
    void begin_run(std::size_t row) { runs.push_back({size(), row}); }
    void add(SeriesId of, Time at, Quality how, ValueType kind, std::uint64_t value) {
        series.push_back(of);
        time.push_back(at);
        type.push_back(kind);
        bits.push_back(value);
        quality.push_back(how);
    }
    void add_text(SeriesId of, Time at, Quality how, std::string_view value) {
        const std::uint64_t place = static_cast<std::uint64_t>(texts.size()) << 32 | value.size();
        texts += value;
        add(of, at, how, ValueType::String, place);
    }
    void move_into(Part& part);
};

class Rejections {
public:
    void add(std::size_t row, Error error);
    // Further ones are only counted.
    bool full() const { return first.size() >= SampleStream::rejected_max; }

    std::vector<RejectedRow> first;
    std::uint64_t count = 0;
};

// What the columns of a stream mean, and how far the record batch at hand has been read.
class Table {
public:
    virtual ~Table() = default;
    virtual Result<> begin(const RecordBatch& batch) = 0;
    // Adds rows until the batch is read, which is told by true, or the part is full.
    virtual Result<bool> read(const RecordBatch& batch, PartColumns& out) = 0;
};

// One row a sample. InvalidArgument: a column that is missing, twice there or not known.
Result<std::unique_ptr<Table>> make_long_table(const Schema& schema, Points& points,
                                               Rejections& rejections, Budget& budget);
// One row a time, one column a point.
Result<std::unique_ptr<Table>> make_wide_table(const Schema& schema, Points& points,
                                               Rejections& rejections, Budget& budget);

// The text of a column that may use a dictionary; no data when it is null. False for what lies
// outside of its buffer or dictionary.
[[nodiscard]] bool read_text(const Column& column, const Dictionary* dictionary, std::size_t row,
                             std::string_view& out);
// Why a text cannot be a value, if it cannot.
std::optional<Error> check_text(std::string_view text);
std::unexpected<Error> text_outside(const Field& field, std::size_t row);
// The time of a row, or why it has none.
Result<Time> read_time(const Column& column, std::size_t row);
Result<> check_time_column(const Field& field);

}  // namespace gantry::arrow
