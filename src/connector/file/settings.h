// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/form.h"
#include "connector/record/time_reader.h"
#include "payload/path.h"

namespace gantry::connector::file {

// Which files to read, and how.
struct Settings {
    std::string path;             // a file, or a folder if there is a pattern
    std::string pattern;          // of names in the folder: "*.csv"
    std::string mode = "tail";    // or "drop"
    std::string format = "csv";   // or "jsonl"
    std::string delimiter = ",";  // or "tab"
    bool header = true;           // the first row names the columns; else they are 1, 2, 3
    std::int64_t skip_lines = 0;  // before it
    bool decimal_comma = false;   // "1.234,5"
    std::string time;             // the column; empty: when a row is read
    std::string time_format = "iso";
    std::string time_zone;
    std::string start = "beginning";  // or "end": of files that are there before the first run
    std::string order = "name";       // or "time": of dropped files
    std::string after = "keep";       // or "move", "delete": with those that are read
    Duration settle = std::chrono::seconds(2);
    Duration rescan = std::chrono::seconds(5);
    Duration stale_after = std::chrono::seconds(60);

    void describe(Form& form);

    bool drops() const { return mode == "drop"; }
    bool csv() const { return format == "csv"; }
    char separator() const { return delimiter == "tab" ? '\t' : delimiter.front(); }
    std::string folder() const;  // in which the files are
    std::string names() const;   // a pattern of theirs

    // Of settings that were checked.
    record::TimeReader times() const;
    std::optional<payload::Path> time_path() const;
};

// Errors have their field: "/settings/path".
Result<Settings> read_settings(std::string_view text);

}  // namespace gantry::connector::file
