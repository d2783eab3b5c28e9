// SPDX-License-Identifier: Apache-2.0
// What is in a store, and what of it is damaged, from its files alone.
#pragma once

#include <string>
#include <vector>

#include "store/block_columns.h"
#include "store/contents.h"

namespace gantry::store {

// Rows that are gone. Where an index is damaged too, it may not be known whose they were.
struct LostRows {
    std::optional<SeriesId> series;
    std::string key;  // or words in its place; empty if the series is not known
    std::uint64_t rows = 0;
    Time first = 0;
    Time last = 0;

    bool operator==(const LostRows&) const = default;
};

// A stretch of a file that is not what was written.
struct FileDamage {
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
    std::string what;
    std::optional<LostRows> lost;  // what it held, if rows
};

struct SegmentReport {
    Manifest::Entry entry;
    std::string file;
    std::uint64_t bytes = 0;
    bool missing = false;
    std::string unreadable;  // why, if the disk does not give it back
    std::vector<FileDamage> damage;
    // Rows that the manifest counts and that are in no block that was found.
    std::uint64_t rows_missing = 0;

    bool healthy() const {
        return !missing && unreadable.empty() && damage.empty() && rows_missing == 0;
    }
};

struct JournalFileReport {
    std::string file;
    std::uint64_t bytes = 0;
    Lsn first = 0;
    Lsn last = 0;
    std::uint64_t records = 0;
    struct Stretch {
        journal::Damage damage;
        bool kept = false;    // repair has named it, and keeps a copy
        bool needed = false;  // records that are only in the journal may have been in it
    };
    std::vector<Stretch> damage;
};

struct LostRecords {
    journal::LsnRange range;
    bool kept = false;  // repair has named them
};

struct JournalReport {
    std::string name;  // "journal" or "catalogue"
    std::vector<JournalFileReport> files;
    std::vector<LostRecords> lost;

    bool healthy() const;
};

struct SeriesWithoutName {
    SeriesId series;
    ValueType type = ValueType::Null;
    std::uint64_t rows = 0;
    Time first = time_max;
    Time last = time_min;
};

struct StoreReport {
    std::string folder;
    std::vector<ManifestCopy> copies;
    bool manifest_lost = false;
    Manifest manifest;  // in force, or made again
    std::vector<SegmentReport> segments;
    JournalReport journal;
    JournalReport catalogue;
    std::vector<std::string> bad_records;
    std::vector<SeriesWithoutName> nameless;
    std::vector<std::string> strangers;
    std::vector<std::string> unknown;
    std::uint64_t series = 0;
    std::uint64_t segment_rows = 0;
    std::uint64_t segment_blocks = 0;
    std::uint64_t segment_bytes = 0;
    std::uint64_t journal_rows = 0;  // that are in no segment
    std::uint64_t journal_bytes = 0;

    // Nothing that may have been acknowledged is lost or in danger, but for what repair has named
    // and keeps.
    bool healthy() const;
    // A line for each thing that is not healthy.
    std::vector<std::string> problems() const;
};

// Reads every byte. Writes nothing, so a gantryd may be running.
Result<StoreReport> inspect(Disk& disk, const std::string& folder, Log& log);

struct SeriesUse {
    SeriesId series;
    std::string key;
    ValueType type = ValueType::Null;
    std::uint64_t rows = 0;  // in segments; of one time, in several, each counts
    std::uint64_t bytes = 0;
    std::uint64_t blocks = 0;
};

struct TypeUse {
    ValueType type = ValueType::Null;
    std::uint64_t series = 0;
    std::uint64_t rows = 0;
    std::uint64_t bytes = 0;
};

struct PartitionUse {
    Time begin = 0;  // of the span of time
    Time end = 0;
    std::uint64_t segments = 0;
    std::uint64_t rows = 0;
    std::uint64_t bytes = 0;
};

// The columns of one kind that one codec wrote.
struct CodecUse {
    BlockColumn column = BlockColumn::Time;
    std::string codec;  // "regular"; "unknown" of older versions
    std::uint64_t blocks = 0;
    std::uint64_t values = 0;
    std::uint64_t bytes = 0;
};

// What takes how much.
struct StoreUse {
    std::string folder;
    std::uint64_t series = 0;
    std::uint64_t segments = 0;
    std::uint64_t rows = 0;
    std::uint64_t blocks = 0;
    std::uint64_t segment_bytes = 0;
    std::uint64_t block_bytes = 0;    // of these; the rest is index
    std::uint64_t roll_up_bytes = 0;  // of the index
    std::uint64_t journal_bytes = 0;
    std::uint64_t journal_rows = 0;
    std::uint64_t catalogue_bytes = 0;
    std::uint64_t tombstones = 0;
    Time first = time_max;
    Time last = time_min;
    std::vector<TypeUse> types;
    std::vector<PartitionUse> partitions;  // in rising time; those over several spans last
    std::vector<SeriesUse> largest;        // by bytes
    std::vector<CodecUse> codecs;          // by column, the most bytes first
    std::uint64_t segments_unreadable = 0;
    std::uint64_t blocks_damaged = 0;  // found where codecs were counted
    // What a gantryd that opens it takes in memory, about.
    std::uint64_t index_memory = 0;
    std::uint64_t names_memory = 0;
    std::uint64_t rows_memory = 0;
};

struct MeasureOptions {
    std::size_t largest_max = 10;
    Duration partition = std::chrono::hours(24 * 7);
    bool codecs = false;  // which takes reading every block
};

// Reads indexes, journal and catalogue, in memory that does not grow with the journal.
Result<StoreUse> measure(Disk& disk, const std::string& folder, Log& log, MeasureOptions options);

// Where repair keeps what is damaged.
std::string quarantine_folder(const std::string& folder);
// The name there of a file of the journal or the catalogue, and of the note that says which of its
// records are gone.
std::string kept_name(std::string_view journal, std::string_view file);
std::string note_name(std::string_view journal, journal::LsnRange lost);

}  // namespace gantry::store
