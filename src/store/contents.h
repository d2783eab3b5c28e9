// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "store/journal_rows.h"
#include "store/manifest.h"
#include "store/memtable.h"
#include "store/series_names.h"
#include "store/state.h"
#include "store/tombstones.h"

namespace gantry::store {

enum class CopyState : unsigned char { Whole, Missing, Damaged };

struct ManifestCopy {
    std::string name;
    CopyState state = CopyState::Missing;
    std::uint64_t generation = 0;
};

// What a store has on disk, read without opening it: nothing is written, and a gantryd may go on
// with it meanwhile. Uses the validators that the store itself uses. What is damaged is left out
// and told; the rest can be read.
struct Contents {
    struct Unreadable {
        Manifest::Entry entry;
        Error why;  // NotFound when there is no such file
    };

    std::string folder;
    std::vector<ManifestCopy> copies;
    bool rebuilt = false;  // no copy is whole: the manifest is made from the segments
    Manifest manifest;
    Segments segments;                   // those that can be opened, oldest data first
    std::vector<Unreadable> unreadable;  // those that the manifest names beside them
    std::vector<std::string> strangers;  // files that it does not name; never of another kind
    std::vector<std::string> unknown;    // files that no version of this program has made
    journal::FolderScan journal;
    journal::FolderScan catalogue;
    std::vector<std::string> bad_records;  // whose checksum holds and that cannot be read
    JournalRows journal_rows;              // what only the journal has
    // The same, or the part of it that load_journal() has read, or nothing.
    std::unique_ptr<Memtable> memory = std::make_unique<Memtable>();
    Tombstones tombstones;
    SeriesNames names;
    std::unique_ptr<Counter> damaged_blocks = std::make_unique<Counter>();

    // What scan() gives of the journal from now on: that of the series, which are in rising order,
    // in the range.
    Result<> load_journal(std::span<const SeriesId> series, TimeRange range = {});
    // All series that have rows, rising.
    std::vector<SeriesId> series_with_rows() const;
    // Rows as the store would give them, without those of damaged blocks, which `on_damage` is told
    // of. False if a visitor ended it.
    bool scan(SeriesId series, TimeRange range, const ChunkVisitor& visit,
              const std::function<void(const Segment&, const BlockEntry&)>& on_damage = {}) const;
};

struct ReadOptions {
    // Reads every byte of every segment once in the ordinary way, so that a disk that cannot give
    // them back is an error of that segment.
    bool read_all = false;
    // All rows of the journal in memory; without it they are only counted.
    bool journal_in_memory = true;
};

// NotFound: there is no store in the folder. Unsupported: a newer program wrote it.
Result<Contents> read_contents(Disk& disk, const std::string& folder, Log& log,
                               ReadOptions options = {});

}  // namespace gantry::store
