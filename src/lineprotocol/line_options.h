// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace gantry::lineprotocol {

// What a timestamp counts.
enum class Precision : unsigned char {
    Nanoseconds,
    Microseconds,
    Milliseconds,
    Seconds,
    Minutes,
    Hours
};

// As the parameter `precision` of InfluxDB says it: ns or n, us, u or µ, ms, s, m, h.
Result<Precision> parse_precision(std::string_view text);
std::string_view precision_name(Precision precision);  // "nanoseconds"
std::int64_t nanoseconds_of(Precision precision);

struct LineLimits {
    std::size_t line_bytes_max = std::size_t{256} << 10;  // without its newline
    std::size_t tags_max = 128;
    std::size_t fields_max = 4096;
    std::size_t key_bytes_max = 65'535;  // of a series; InfluxDB's
    std::size_t errors_max = 100;        // more are counted only
};

struct LineOptions {
    Precision precision = Precision::Nanoseconds;
    // Of a line without a timestamp; cut down to the precision, as InfluxDB does.
    Time now = 0;
    // A line with a later time is refused: its source's clock is wrong.
    Time latest = gantry::time_max;
    LineLimits limits = {};
};

// Why a line was refused. Line and column count from 1, columns in bytes from where the line
// begins.
struct LineError {
    std::uint64_t line = 0;
    std::uint64_t column = 0;
    Error error;

    bool operator==(const LineError&) const = default;
};

// "line 3, column 14: field 'usage' has no value: write usage=value"
std::string to_text(const LineError& error);

}  // namespace gantry::lineprotocol
