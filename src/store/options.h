// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/options.h"
#include "journal/journal.h"

namespace gantry::store {

inline constexpr std::int64_t roll_up_rows_min_default = 512;

struct StoreOptions {
    std::string folder = "store";
    std::int64_t memtable_bytes = 128 * 1024 * 1024;
    std::int64_t journal_bytes = 512 * 1024 * 1024;
    std::int64_t journal_rows = 64'000'000;
    std::int64_t series_max = 4'000'000;
    Duration flush_after = std::chrono::minutes(10);
    Duration partition = std::chrono::hours(24 * 7);
    Duration retention = std::chrono::seconds(0);
    Duration cold_after = std::chrono::hours(24);
    std::int64_t roll_up_rows_min = roll_up_rows_min_default;
    std::int64_t merge_bytes_per_second = 64 * 1024 * 1024;
    Duration stall_after = std::chrono::seconds(10);
    journal::JournalOptions journal;

    void describe(OptionVisitor& options) {
        options.number("memtable_bytes", memtable_bytes, 4096, std::int64_t{1} << 36,
                       "Memory for samples before they are written to a segment; while that goes "
                       "on, as much again takes in new ones.");
        options.number(
            "journal_bytes", journal_bytes, 4096, std::int64_t{1} << 40,
            "Size of the journal at which samples are written to a segment: what a start "
            "must read at most.");
        options.number("journal_rows", journal_rows, 1000, std::int64_t{1} << 40,
                       "Samples that a start replays at most; what is more is written to segments "
                       "before, and where that is too slow, refused.");
        options.number("series_max", series_max, 1, INT64_C(0xffff0000),
                       "Largest number of series; one more is refused.");
        options.duration("flush_after", flush_after, std::chrono::seconds(1),
                         std::chrono::hours(24),
                         "Age of the oldest sample in memory at which it is written to a segment.");
        options.duration("partition", partition, std::chrono::minutes(1),
                         std::chrono::hours(24 * 366),
                         "Span of time whose samples share segments; old ones are dropped by it.");
        options.duration("retention", retention, std::chrono::seconds(0),
                         std::chrono::hours(24 * 366 * 100),
                         "How long samples are kept, counted from the newest; 0s is for ever.");
        options.duration("cold_after", cold_after, std::chrono::seconds(0),
                         std::chrono::hours(24 * 366),
                         "How long a partition that is over must have got no samples before it is "
                         "written anew in less space; 0s is never.");
        options.number("roll_up_rows_min", roll_up_rows_min, 0, std::int64_t{1} << 20,
                       "Samples that a series must have in a minute, or else in an hour, for what "
                       "is written in less space to say what each comes to; 0 is never.");
        options.number("merge_bytes_per_second", merge_bytes_per_second, 0, std::int64_t{1} << 40,
                       "What merging segments may write in the mean; more while merges pile up. 0 "
                       "is no limit.");
        options.duration("stall_after", stall_after, std::chrono::seconds(0),
                         std::chrono::hours(24),
                         "How long the disk may take for one commit before samples are refused; 0s "
                         "is for ever.");
        options.number("journal_file_bytes", journal.file_bytes, 4096, std::int64_t{1} << 32,
                       "Size of one journal file, reserved on disk when it is begun.");
    }
};

}  // namespace gantry::store
