// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "journal/journal.h"
#include "mqtt/detail/log_frame.h"
#include "mqtt/record.h"

namespace gantry::mqtt::detail {

// Which records of a RecordLog's journal count, and what they say. The journal is read twice: first
// to see where it has holes.
//
// A hole in what was never said to be durable is what a power cut leaves of a write: what comes
// behind it, of the same life of the program, was not durable either, and does not count, or later
// changes would be there without those that they build on. A hole in what was durable is damage:
// only what is in the hole is lost. Which of both it is tell the records behind it: each says what
// was durable when it was written.
class RecordReplay {
public:
    // A group, or as much of it as is handed out at once, with the journal record that has it.
    using Visitor = std::function<Result<>(std::string_view space, journal::Lsn lsn,
                                           std::span<const Record> records)>;

    explicit RecordReplay(Log& log) : log_(log) {}

    // First for every record; then what the journal lacks.
    Result<> look(const journal::Record& record);
    void settle(const std::vector<journal::LsnRange>& missing);

    // When the space was said to be no more: what is before that does not count. 0: never.
    journal::Lsn gone(std::string_view space) const;

    // Then again.
    Result<> replay(const journal::Record& record, const Visitor& visit);

private:
    static constexpr std::size_t records_at_once = 1024;
    struct Life {
        journal::Lsn durable = 0;       // at least
        journal::Lsn end = UINT64_MAX;  // what counts ends before it
    };

    bool counts(journal::Lsn born, journal::Lsn lsn) const;
    Result<> join(const LogFrame& part, journal::Lsn lsn, const Visitor& visit);
    Result<> hand_out(std::string_view space, journal::Lsn lsn, ByteView group,
                      const Visitor& visit) const;

    Log& log_;
    struct Gone {
        std::string space;
        journal::Lsn born = 0;
        journal::Lsn lsn = 0;
    };
    std::map<journal::Lsn, Life> lives_;  // by their first record
    std::vector<Gone> removals_;
    std::map<std::string, journal::Lsn, std::less<>> gone_;
    // A group whose parts are coming.
    std::string space_;
    std::uint64_t parts_ = 0;
    std::uint64_t next_part_ = 0;
    journal::Lsn next_lsn_ = 0;
    Bytes joined_;
};

}  // namespace gantry::mqtt::detail
