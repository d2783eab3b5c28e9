// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json.hpp>
#include <cstdio>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/table.h"
#include "model/localized.h"

namespace gantry::cli {

namespace json = boost::json;

enum class Form : unsigned char { People, Json, Plain };

// How the program talks: what was asked for goes to standard output, everything else to standard
// error.
struct OutputOptions {
    Form form = Form::People;
    bool quiet = false;
    bool color = false;  // on standard output
    bool out_is_tty = false;
    bool err_is_tty = false;
    std::size_t columns = 0;  // of the terminal; 0 if there is none
    Language language = Language::English;
};

class Output {
public:
    explicit Output(OutputOptions options) : options_(options) {}
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    const OutputOptions& options() const { return options_; }
    Form form() const { return options_.form; }
    bool for_programs() const { return options_.form == Form::Json; }

    // What was asked for. Io when it cannot be written, as to a full disk.
    Result<> data(std::string_view text);
    Result<> document(const json::value& value);
    Result<> table(const Table& table);
    // A table of one thing: its fields below each other.
    Result<> fields(const std::vector<std::pair<std::string, std::string>>& fields);
    Result<> flush();

    // A line for the person: said unless -q, and not with --json.
    void say(std::string_view text);
    // Said also with -q.
    void warn(std::string_view text);
    void report(const Error& error);

    std::string name_of(const json::object& item) const;

private:
    OutputOptions options_;
};

// A cell's text: strings as they are, numbers and booleans as JSON has them, nothing for null.
std::string cell_text(const json::value* value);
// The field of that name, or nothing.
std::string field_text(const json::object& item, std::string_view name);
// JSON as people read it: indented by two, short arrays of numbers on one line.
std::string pretty(const json::value& value);
// "22,695"
std::string grouped(std::uint64_t number);

}  // namespace gantry::cli
