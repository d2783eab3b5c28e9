// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lineprotocol/detail/find.h"
#include "lineprotocol/line_options.h"
#include "lineprotocol/series_key.h"
#include "model/value.h"

namespace gantry::lineprotocol::detail {

enum class Reading : unsigned char {
    Point,
    Nothing,  // a blank line or a comment
    Refused,
    Unfinished  // what was given ends before the line does
};

struct FieldText {
    std::string_view name;  // as it stands
    ValueType type = ValueType::Null;
    std::uint64_t bits = 0;
    std::string_view text;  // of a string, without escapes
};

// Reads any line, and says what is wrong with it. The rules are those of InfluxDB's
// models/points.go, which 1.x and 2 share:
//
// - A mark (comma, space, equals sign) right behind a backslash is part of the name or value; any
//   other backslash is itself. In a string \" and \\ are escapes, any other backslash is itself.
// - A string may hold newlines, though the documentation of 1.x and 2 says otherwise: their clients
//   send them. In names and tags a newline ends the line, escaped or not.
// - Blanks may stand before the measurement, more than one between the sections, and at the end.
// - Of two fields with one name the later wins; two tags with one name are refused.
// - The smallest and the two largest times are refused.
//
// Otherwise than there a field may be called `time`, and 42u is accepted up to the largest int64.
//
// What a line is depends on its own bytes alone, never on where the input was cut.
class LineReader {
public:
    explicit LineReader(const LineOptions& options);

    // `last`: nothing comes behind `end`.
    Reading read(const char* from, const char* end, bool last);

    // Behind the line and its newline. Of a Point or Nothing.
    const char* line_end() const { return at_; }
    // Of a Point, until the next line is read.
    std::string_view prefix() const { return prefix_; }
    std::string_view measurement() const { return measurement_; }
    std::span<Tag> tags() { return tags_; }
    std::span<const FieldText> fields() const { return fields_; }
    Time time() const { return time_; }
    // Where in the line something stands, from 1.
    std::uint64_t column(std::string_view part) const {
        return static_cast<std::uint64_t>(part.data() - begin_) + 1;
    }
    // Of a Refused.
    std::uint64_t error_column() const { return error_column_; }
    const Error& error() const { return error_; }

private:
    char look(std::size_t ahead = 0);
    bool at_line_end();
    void skip_blanks();
    const char* find(const char* from, Stops stops);
    // Of a name or value that begins at `at_`, which goes there: the first mark that is not
    // escaped.
    std::string_view read_name(Stops stops);
    Reading finish(Reading reading);
    bool refuse(std::string_view part, std::string message, Code code = Code::InvalidArgument);

    Reading read_line();
    bool read_measurement();
    bool read_tag();
    bool read_field();
    bool read_value(FieldText& field);
    bool read_string(FieldText& field);
    bool read_number(FieldText& field, std::string_view token);
    bool read_whole(FieldText& field, std::string_view token);
    bool read_float(FieldText& field, std::string_view token);
    bool read_time();

    const LineOptions options_;
    const std::int64_t unit_;  // nanoseconds
    const decltype(Finder::find) find_;

    const char* begin_ = nullptr;
    const char* at_ = nullptr;
    const char* end_ = nullptr;
    bool ran_out_ = false;  // something behind `end_` was asked for

    std::string_view prefix_;
    std::string_view measurement_;
    std::vector<Tag> tags_;
    std::vector<FieldText> fields_;
    std::string texts_;  // strings without their escapes
    Time time_ = 0;
    std::uint64_t error_column_ = 0;
    Error error_;
};

// The number in `token`, which begins with a digit, a point or a minus. TooLarge: for a float. What
// is too small for one is 0, as in InfluxDB.
enum class DecimalReading : unsigned char { Good, Malformed, TooLarge };
DecimalReading read_whole_decimal(std::string_view token, double& out);

// A part of a line in a message: short, and on one line.
std::string shown(std::string_view text);

}  // namespace gantry::lineprotocol::detail
