// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/disk.h"
#include "store/memtable.h"
#include "store/tombstones.h"

namespace gantry::store {

// The rows that a store has in its journal alone, for tools. There may be many more than fit in
// memory, so they are counted first, and then read in parts, each time from the files again. Those
// are mapped once, so they can be read also when a running gantryd removes them. Not thread-safe.
class JournalRows {
public:
    // Maps the files in the folder. NotFound: one went away meanwhile.
    Result<> hold(Disk& disk, const std::string& folder);
    // Whether these were the files that were held.
    bool holds(const journal::FolderScan& scan) const;
    // Of a record that is in no segment.
    void count(const SampleBatch& batch, journal::Lsn lsn);

    std::uint64_t rows() const { return rows_; }
    Time first() const { return first_; }
    Time last() const { return last_; }
    // About the memory that they take once they are read.
    std::uint64_t bytes() const { return bytes_; }
    std::uint64_t bytes(SeriesId series) const;
    // All series that have rows, rising; `visit` is given their numbers.
    void each_series(const std::function<void(std::uint32_t)>& visit) const;

    // Adds what is there of the series, which are in rising order, in the range, without what was
    // erased after it was written.
    Result<> read(std::span<const SeriesId> series, TimeRange range, const Tombstones& tombstones,
                  Memtable& out) const;
    // Cuts the range into parts, in rising order, of which each has at most so many bytes of rows
    // of the series; more only where they all have one time.
    Result<std::vector<TimeRange>> split(SeriesId series, TimeRange range,
                                         std::uint64_t bytes_max) const;

private:
    struct File {
        std::string name;
        std::unique_ptr<Mapping> mapping;
    };
    static constexpr unsigned page_bits = 10;
    using Page = std::array<std::uint64_t, std::size_t{1} << page_bits>;  // bytes, by id
    using BatchVisitor = std::function<void(const SampleBatch&, journal::Lsn)>;

    Result<> visit(const BatchVisitor& visitor) const;
    Result<> split(SeriesId series, TimeRange range, std::uint64_t bytes_max,
                   std::vector<TimeRange>& out) const;

    std::vector<File> files_;
    std::vector<std::unique_ptr<Page>> by_series_;
    std::uint64_t rows_ = 0;
    std::uint64_t bytes_ = 0;
    Time first_ = time_max;
    Time last_ = time_min;
    journal::Lsn first_lsn_ = 0;  // of the records that were counted
    journal::Lsn last_lsn_ = 0;
};

}  // namespace gantry::store
