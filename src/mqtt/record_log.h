// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/disk.h"
#include "base/log.h"
#include "base/options.h"
#include "base/random.h"
#include "journal/journal.h"
#include "mqtt/detail/checkpoint_file.h"
#include "mqtt/detail/log_frame.h"
#include "mqtt/record.h"

namespace gantry::mqtt {

namespace detail {
class RecordReplay;
}

using journal::Lsn;

struct RecordLogOptions {
    journal::JournalOptions journal;
    std::int64_t checkpoint_bytes = 128 * 1024 * 1024;

    void describe(OptionVisitor& options) {
        journal.describe(options);
        options.number("checkpoint_bytes", checkpoint_bytes, 4096, std::int64_t{1} << 40,
                       "Bytes of the journal after which the state is written to a checkpoint, so "
                       "that the journal can go; a state that is larger than half of them waits "
                       "for twice its size.");
    }
};

// The records of all cores of a node in one journal, so that one sync is for all; and checkpoints,
// so that the journal does not grow without end (docs/formats/mqtt.md). A space is one core's: a
// name (the tenant's identifier) of at most space_bytes_max.
//
// append() from any thread, for one space from one at a time; commit() and checkpoints from any
// other, as they wait for the disk.
class RecordLog {
public:
    // A checkpoint of one space that is being written. From one thread at a time, which waits for
    // the disk; given up when it is destroyed before finish(). The log must outlive it.
    class Checkpoint {
    public:
        ~Checkpoint();
        Checkpoint(const Checkpoint&) = delete;
        Checkpoint& operator=(const Checkpoint&) = delete;

        // The next part that Core::snapshot() gave.
        Result<> add(std::span<const Record> records);
        // Behind the last part, and when all that the core had recorded by then was appended: that
        // is committed, the checkpoint takes the place of the one before, and the journal that no
        // space needs any more goes. After an error the one before still counts.
        Result<> finish();

    private:
        friend class RecordLog;
        Checkpoint(RecordLog& log, std::string space, std::uint64_t file, Lsn lsn);

        RecordLog& log_;
        const std::string space_;
        const std::string path_;  // without what follows the last dot
        const Lsn lsn_;
        std::unique_ptr<detail::CheckpointWriter> writer_;
        std::uint64_t begin_ = 0;  // numbers: of its first part and its last
        std::uint64_t end_ = 0;
        bool whole_ = false;
    };

    // Records of a space, in their order, with whole changes only: of a checkpoint, if there is
    // one, and of what came behind it. Called many times for a space, and for others in between.
    using RestoreVisitor =
        std::function<Result<>(std::string_view space, std::span<const Record> records)>;

    // Hands out what is durable, and opens for appending. Journal records that are damaged are
    // logged and stepped over; a damaged checkpoint is an error, as what it held is nowhere else.
    static Result<std::unique_ptr<RecordLog>> open(Disk& disk, std::string folder, Random& random,
                                                   Log& log, const RecordLogOptions& options,
                                                   const RestoreVisitor& restored);

    static constexpr std::size_t space_bytes_max = 255;

    // What came of a core since the last call, of whole changes. The number is that of the last
    // journal record: once durable() has come so far, all of them are. After an error part of them
    // may be there; the same again goes on behind it. StorageFull, Unavailable: later it will do.
    // TooLarge: a change that can never be kept.
    Result<Lsn> append(std::string_view space, std::span<const Record> records);

    // Makes all that was appended before the call durable. An error is final.
    Result<> commit() { return journal_->commit(); }
    Lsn durable() const { return journal_->durable(); }
    bool failed() const { return journal_->failed(); }
    // To be called now and then after StorageFull: looks whether there is space again.
    Result<> prepare() { return journal_->prepare(); }

    // Spaces because of which the journal has become long: their cores are to be asked for a
    // snapshot. Not those that have a checkpoint under way.
    std::vector<std::string> due() const;
    // Conflict: one is under way.
    Result<std::unique_ptr<Checkpoint>> begin_checkpoint(std::string_view space);

    // A space and all it had is no more, durably. Nobody may be using it.
    Result<> remove(std::string_view space);

    // Of the journal.
    std::uint64_t disk_bytes() const { return journal_->disk_bytes(); }

private:
    // Where in the journal what a checkpoint does not cover begins.
    struct Mark {
        Lsn lsn = 0;
        std::uint64_t number = 0;  // of the first record there
        std::uint64_t offset = 0;  // bytes that all spaces had appended before
    };
    struct Space {
        std::uint64_t last = 0;     // the number of its last record
        std::uint64_t covered = 0;  // by its checkpoint
        std::deque<Mark> marks;     // one for each mark_bytes at most
        std::vector<std::string>
            files;  // of its checkpoint, and of those before that are still there
        std::uint64_t checkpoint_bytes = 0;
        bool busy = false;  // a checkpoint is under way
    };
    using Spaces = std::map<std::string, Space, std::less<>>;

    RecordLog(Disk& disk, std::string folder, Log& log, const RecordLogOptions& options);

    // record_log_checkpoint.cpp
    Result<Lsn> read_checkpoints(const detail::RecordReplay& replay,
                                 const RestoreVisitor& restored);
    Result<> read_checkpoint(const std::string& path, const RestoreVisitor& restored);
    Result<> settle(const Checkpoint& checkpoint);
    Result<> release();
    void remove_files(const std::vector<std::string>& paths);

    std::size_t part_bytes() const;
    std::size_t group_bytes_max() const;
    Result<Lsn> append_group(std::string_view space, std::span<const Record> records);
    Result<> append_frame(std::uint32_t type, const detail::LogFrame& frame);
    void mark(Space& space, Lsn lsn, std::uint64_t number);

    Disk& disk_;
    const std::string folder_;
    Log& log_;
    const RecordLogOptions options_;
    std::unique_ptr<journal::Journal> journal_;
    Lsn born_ = 1;  // the first that this life of the program appends

    mutable std::mutex mutex_;  // guards what follows; held while frames are appended
    Spaces spaces_;
    std::uint64_t appended_ = 0;  // bytes, of all spaces
    std::uint64_t next_file_ = 1;
    Bytes frame_;  // kept for its room
};

}  // namespace gantry::mqtt
