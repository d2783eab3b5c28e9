// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/context.h"
#include "cli/csv_rows.h"
#include "cli/progress.h"

namespace gantry::cli {

struct ImportReport {
    std::uint64_t rows = 0;      // of the file, without its header
    std::uint64_t values = 0;    // in them
    std::uint64_t accepted = 0;  // by the server
    // By the server's own count over the times of the file, before and after; nothing if the
    // person may not read.
    std::optional<std::uint64_t> before;
    std::optional<std::uint64_t> after;
};

// Brings one file in: reads it whole to check it, and only then again to send it, in batches that
// the server stores durably. What is sent twice is stored once, because a value replaces one of
// the same point and time.
class CsvImport {
public:
    CsvImport(Context& context, std::string path, char separator, ColumnWishes wishes,
              TimeFormat times);
    ~CsvImport();
    CsvImport(const CsvImport&) = delete;
    CsvImport& operator=(const CsvImport&) = delete;

    // InvalidArgument names the first bad rows by line; nothing has been sent then.
    Result<> check();
    // After check(). An error says how far it came.
    Result<> send();

    const ImportReport& report() const { return report_; }
    const CsvRows& rows() const { return rows_; }

private:
    struct Batch;
    using TakeRow = std::function<Result<>(const CsvRecord&)>;

    Result<> open();
    Result<> read_all(std::string_view label, char separator, const TakeRow& take);
    Result<Target> find_point(const std::string& path);
    Result<> check_row(const CsvRecord& record);
    Result<> bad_rows() const;
    Result<> probe_future();
    Result<std::uint64_t> count_of(const Target& target);
    Result<std::optional<std::uint64_t>> count();
    Result<> flush(Batch& batch);
    Result<> post(const Batch& batch);

    Context& context_;
    std::string path_;
    char separator_;
    CsvRows rows_;
    int file_ = -1;
    std::uint64_t size_ = 0;
    std::vector<std::string> bad_;
    std::uint64_t bad_count_ = 0;
    std::uint64_t last_line_sent_ = 0;
    std::uint64_t records_ = 0;
    std::vector<CsvValue> scratch_;
    ImportReport report_;
};

}  // namespace gantry::cli
