// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/context.h"
#include "model/value.h"

namespace gantry::cli {

// What is in the file under which name.
struct ParquetColumns {
    std::string time = "time";
    std::string value = "value";
    std::string point;  // all rows are of it; empty: the column "point" says it
};

// Brings a Parquet file in: the server gets it as a file of the tenant, reads it by SQL in parts
// of rows, and each part comes back as samples that are stored durably. A value replaces one of
// the same point and time, so what broke off can be repeated. The file at the server is removed
// at the end.
class ParquetImport {
public:
    ParquetImport(Context& context, std::string path, ParquetColumns columns);
    ~ParquetImport();
    ParquetImport(const ParquetImport&) = delete;
    ParquetImport& operator=(const ParquetImport&) = delete;

    // Looks at the whole file: its columns, its points, whether they are there. Nothing is stored.
    Result<> check();
    Result<> send();

    std::uint64_t rows() const { return rows_; }
    std::uint64_t sent() const { return sent_; }
    std::size_t points() const { return types_.size(); }

private:
    struct PointRows {
        json::array time;
        json::array value;
        json::array quality;
    };

    Result<> upload();
    Result<> look_at_columns();
    Result<> look_at_points();
    std::string from_file() const;
    std::string value_columns() const;
    Result<json::value> ask(const std::string& query) const;
    Result<> send_stretch(std::uint64_t first);
    static json::value value_of(const json::array& row, ValueType type);

    Context& context_;
    const std::string path_;
    const ParquetColumns columns_;
    std::string name_;  // at the server; empty: it is not there
    std::vector<std::string> found_;
    std::map<std::string, ValueType> types_;  // of the points, by path
    std::uint64_t rows_ = 0;
    std::uint64_t sent_ = 0;
};

}  // namespace gantry::cli
