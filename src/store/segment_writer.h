// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "codec/codec.h"
#include "store/options.h"
#include "store/segment.h"

namespace gantry::store {

// Writes a segment: series in rising order, rows of a series in rising time. Durable, its name
// included, when finish() has returned. A file that was not finished is the caller's to remove.
class SegmentWriter {
public:
    // Only cold segments have roll-ups (block_roll_ups()).
    static Result<SegmentWriter> create(Disk& disk, std::string path,
                                        codec::Tier tier = codec::Tier::Hot,
                                        std::int64_t roll_up_rows_min = roll_up_rows_min_default);

    // Rows that follow all that was written for this series; in blocks of block_rows_max.
    Result<> add(const Chunk& rows);
    // A whole block of another segment, as it stands there, with its statistics.
    Result<> copy(const BlockEntry& entry, ByteView block);
    Result<SegmentSummary> finish(journal::Lsn last_lsn);

    const std::string& path() const { return path_; }
    const SegmentSummary& summary() const { return summary_; }

private:
    SegmentWriter(Disk& disk, std::string path, std::unique_ptr<File> file, codec::Tier tier)
        : disk_(&disk), path_(std::move(path)), file_(std::move(file)), tier_(tier) {}

    Result<> after_block(const BlockEntry& entry, Bytes statistics);
    void end_page();
    Result<> write_out();
    std::uint64_t offset() const { return written_ + buffer_.size(); }

    Disk* disk_;
    std::string path_;
    std::unique_ptr<File> file_;
    codec::Tier tier_;
    std::int64_t roll_up_rows_min_ = 0;
    Bytes buffer_;
    codec::FloatScale scale_;  // of the series that is being written
    std::uint64_t written_ = 0;
    SegmentSummary summary_;
    std::vector<NewEntry> page_;  // entries of the blocks since the last page
    std::vector<PageEntry> pages_;
    std::uint32_t series_ = 0;
    Time last_ = time_min;
};

}  // namespace gantry::store
