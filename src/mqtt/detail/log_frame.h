// SPDX-License-Identifier: Apache-2.0
// What a journal record of a RecordLog holds (docs/formats/mqtt.md).
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "journal/journal.h"

namespace gantry::mqtt::detail {

inline constexpr std::uint32_t group_frame = 1;  // a group of records
inline constexpr std::uint32_t part_frame = 2;   // a part of one that is too large
inline constexpr std::uint32_t gone_frame = 3;   // the space is no more

struct LogFrame {
    journal::Lsn born = 0;     // the first of the life of the program that wrote it
    journal::Lsn durable = 0;  // what was durable when it was written
    std::string_view space;
    std::uint64_t part = 0;  // 0, 1 … of so many
    std::uint64_t parts = 1;
    ByteView body;  // of a group
};

// Corrupt: it is none. Unsupported: of a type that this program does not know.
Result<LogFrame> read_log_frame(const journal::Record& record);

// What stands before the body.
void put_log_frame(const LogFrame& frame, journal::Lsn lsn, Bytes& out);

}  // namespace gantry::mqtt::detail
