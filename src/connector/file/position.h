// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "connector/file/files.h"
#include "model/json.h"

namespace gantry::connector::file {

// How far a file was read. A plain record that is kept as JSON.
struct FilePosition {
    Entry entry;               // as it was when it was looked at last
    std::uint64_t offset = 0;  // behind the last row that is done
    std::uint64_t line = 0;    // rows before that
    std::string head;          // the first bytes: whether it is still the same content
    std::vector<std::string> columns;
    bool done = false;  // a dropped file: read, or found to be of no use
    // Rows without a time that were under way when this was kept: they had these times, and have
    // them again when they are read again.
    Time stamp = 0;
    std::uint64_t stamped = 0;

    static constexpr std::size_t head_bytes = 256;
};

inline constexpr std::size_t positions_max = 2000;

json::object to_json(const std::vector<FilePosition>& positions);
// Corrupt: it is none.
Result<std::vector<FilePosition>> positions_of(const json::object& object);

}  // namespace gantry::connector::file
