// SPDX-License-Identifier: Apache-2.0
// The file of a checkpoint (docs/formats/mqtt.md).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "base/disk.h"
#include "journal/journal.h"
#include "mqtt/record.h"

namespace gantry::mqtt::detail {

struct CheckpointHead {
    std::uint64_t number = 0;  // the last record before its first part was taken
    journal::Lsn lsn = 0;      // the last that was given out when it was begun
    std::string space;
};

// Writes one, a part at a time, and syncs as it goes, so that the disk never has much to do at
// once.
class CheckpointWriter {
public:
    static Result<std::unique_ptr<CheckpointWriter>> begin(Disk& disk, std::string path,
                                                           const CheckpointHead& head);

    Result<> add(std::span<const Record> records);
    // The mark of its end; durable then, but for its name.
    Result<> finish();

    std::uint64_t bytes() const { return at_; }

private:
    CheckpointWriter(std::unique_ptr<File> file) : file_(std::move(file)) {}

    Result<> add_chunk(std::span<const Record> records);
    Result<> write(ByteView bytes);

    std::unique_ptr<File> file_;
    std::uint64_t at_ = 0;
    std::uint64_t synced_ = 0;
    std::uint64_t chunks_ = 0;
    std::uint64_t records_ = 0;
    Bytes chunk_;  // kept for its room
};

// Reads one that may be damaged. Errors name the file and what to do.
class CheckpointReader {
public:
    // Its head. Corrupt; Unsupported: of a version that this program does not know.
    static Result<CheckpointReader> open(Disk& disk, const std::string& path);

    const CheckpointHead& head() const { return head_; }
    std::uint64_t bytes() const { return bytes_; }
    // Nothing is visited of a file that is not whole: it is read twice.
    Result<> read(const std::function<Result<>(std::span<const Record>)>& visit) const;

private:
    Result<> read_head();
    Result<> each_chunk(const std::function<Result<>(ByteView)>& visit) const;
    std::unexpected<Error> damaged(std::uint64_t at) const;

    std::string path_;
    std::unique_ptr<File> file_;
    std::uint64_t bytes_ = 0;
    CheckpointHead head_;
    std::uint64_t chunks_at_ = 0;
};

}  // namespace gantry::mqtt::detail
