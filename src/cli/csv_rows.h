// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cli/csv_columns.h"
#include "cli/csv_reader.h"
#include "cli/time_format.h"
#include "model/quality.h"
#include "model/value.h"

namespace gantry::cli {

// A point that values go to.
struct Target {
    std::string path;
    ValueType type = ValueType::Float64;
    std::uint64_t values = 0;
    Time first = time_max;
    Time last = time_min;
    Value last_value;
    std::uint64_t last_line = 0;
};

// One value of a file.
struct CsvValue {
    Target* target = nullptr;
    Time time = 0;
    Value value;
    std::string quality;  // as the API takes it; empty for good
    std::uint64_t line = 0;
};

// Turns records into values, by a plan. The first record is the header.
class CsvRows {
public:
    // Finds a point by its path; NotFound if there is none.
    using FindPoint = std::function<Result<Target>(const std::string&)>;

    CsvRows(ColumnWishes wishes, TimeFormat times, FindPoint find);

    // Fills `out` with the values of a record, none for the header; an error says what is wrong
    // with the row, without its line.
    Result<> read(const CsvRecord& record, std::vector<CsvValue>& out);
    // The next record is the header again: the same file a second time.
    void rewind() { header_seen_ = false; }

    const std::map<std::string, Target>& targets() const { return targets_; }
    std::map<std::string, Target>& targets() { return targets_; }
    std::uint64_t empty_cells() const { return empty_cells_; }
    // Whether rows may be without a value that a chart could show.
    bool has_quality() const { return plan_.quality.has_value(); }

private:
    Result<> take_header(const CsvRecord& record);
    Result<Target*> target_of(const std::string& path);
    Result<Value> value_of(const std::string& text, const Target& target,
                           const std::string& column) const;

    ColumnWishes wishes_;
    TimeFormat times_;
    FindPoint find_;
    ColumnPlan plan_;
    std::vector<std::string> header_;
    std::map<std::string, Target> targets_;
    std::vector<Target*> column_targets_;  // of plan_.values; long: null
    bool header_seen_ = false;
    std::uint64_t empty_cells_ = 0;
};

}  // namespace gantry::cli
