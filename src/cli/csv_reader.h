// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace gantry::cli {

// One record: its fields without quotes, and the number of the line on which it begins.
struct CsvRecord {
    std::vector<std::string> fields;
    std::uint64_t line = 1;
    std::vector<bool> quoted = {};  // whether each stood in quotes: "" is a text, nothing is none
};

// Cuts comma-separated values (RFC 4180) out of text that comes in pieces of any size. Beyond the
// RFC: a byte-order mark at the start is skipped, a line may end with LF alone, empty lines are
// skipped, and the separator may be another character. Holds one record at a time; a field or
// record that is too large is refused rather than held.
class CsvReader {
public:
    static constexpr std::size_t record_bytes_max = 1024 * 1024;
    static constexpr std::size_t fields_max = 10'000;

    explicit CsvReader(char separator = ',') : separator_(separator) {}

    // Calls `take` for each record that is whole. An error of the text names its line; an error of
    // `take` is passed on. After an error the reader is not to be used again.
    using Take = std::function<Result<>(const CsvRecord&)>;
    Result<> feed(std::string_view piece, const Take& take);
    // The text has ended: its last record may lack a line break.
    Result<> finish(const Take& take);

private:
    enum class State : unsigned char { FieldStart, Plain, Quoted, QuoteInQuoted, AfterReturn };

    Result<> put(char c, const Take& take);
    Result<> keep(char c);
    Result<> end_field();
    Result<> end_record(const Take& take);

    char separator_;
    State state_ = State::FieldStart;
    CsvRecord record_;
    std::string field_;
    bool quoted_ = false;        // the present field began with a quote
    std::size_t bytes_ = 0;      // of the present record
    std::uint64_t line_ = 1;     // where the reader is
    std::size_t mark_seen_ = 0;  // bytes of a byte-order mark at the very start
    bool started_ = false;
};

// A field as RFC 4180 wants it, quoted where that is needed.
std::string csv_field(std::string_view text);

}  // namespace gantry::cli
