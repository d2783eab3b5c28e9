// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/disk.h"
#include "base/log.h"
#include "base/options.h"
#include "base/random.h"

namespace gantry::journal {

// The number of a record: 1, 2, 3 … without gaps as long as nothing is damaged.
using Lsn = std::uint64_t;

// A stretch of a file that is not what was written.
struct Damage {
    std::string file;
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
    // Nothing valid follows it: what a power cut leaves of a write that was never acknowledged.
    // Otherwise records that may have been acknowledged are gone.
    bool torn_tail = false;
};

struct Record {
    Lsn lsn = 0;
    std::uint32_t type = 0;
    ByteView payload;
};

using RecordVisitor = std::function<Result<>(const Record&)>;

// Records from the first to the last, both included.
struct LsnRange {
    Lsn first = 0;
    Lsn last = 0;

    bool operator==(const LsnRange&) const = default;
};

struct FileScan {
    Lsn first = 0;  // as the header says; 0 when the header is damaged
    std::uint64_t epoch = 0;
    Lsn first_record = 0;  // of the valid records, 0 for none
    Lsn last = 0;          // the same
    std::uint64_t records = 0;
    std::vector<Damage> damage;
    std::vector<LsnRange> missing;  // between the valid records, and before the first
};

// The one validator of a journal file: replay, check and repair all see what it sees. Damage inside
// the file is stepped over, and every valid record before and after it is visited in order.
Result<FileScan> scan_file(ByteView content, const std::string& name, Lsn after,
                           const RecordVisitor& visit);

// All files of a journal, in the order of their records.
struct FolderScan {
    struct File {
        std::string name;
        std::uint64_t bytes = 0;
        FileScan scan;
    };

    std::vector<File> files;
    std::vector<LsnRange> missing;  // numbers that were given out and whose records are not there
    // Of the oldest record that a file has or says it had; 0 where there is none.
    Lsn first = 0;
    Lsn last = 0;  // the largest that was given out, as far as the files tell
};

// Visits every valid record of a journal's folder. Payloads are good until `end_of_file`, if there
// is one, has returned; else during the visit only. A tail that is no record counts as torn if
// nothing came after it: the next file begins with the next number.
Result<FolderScan> scan_folder(Disk& disk, const std::string& folder, const RecordVisitor& visit,
                               const std::function<Result<>()>& end_of_file = {});

struct JournalOptions {
    std::int64_t file_bytes = 64 * 1024 * 1024;

    void describe(OptionVisitor& options) {
        options.number("file_bytes", file_bytes, 4096, std::int64_t{1} << 32,
                       "Size of one journal file, reserved on disk when it is begun.");
    }
};

// One append-only log of checksummed records in a folder of its own (format:
// docs/formats/journal.md).
//
// append() from any thread hands out the record's number and keeps it in memory; commit() writes
// and syncs all that was appended, and only then is it durable. So whoever commits does so for all:
// group commit. Space is reserved a file ahead, so an append is refused (StorageFull) before
// anything is promised. A write or sync that fails all the same is final: the journal refuses
// everything from then on (`failed()`), because what reached the disk is unknown.
class Journal {
public:
    // Visits every valid record and opens for appending. Damage is reported, logged and stepped
    // over, never deleted. A full disk does not keep it from opening. New records are numbered from
    // after + 1 at least: the owner may remember numbers whose records a power cut took. Payloads
    // are good until `end_of_file`, if there is one, has returned.
    static Result<std::unique_ptr<Journal>> open(Disk& disk, std::string folder, Random& random,
                                                 Log& log, const JournalOptions& options,
                                                 const RecordVisitor& visit, Lsn after = 0,
                                                 const std::function<Result<>()>& end_of_file = {});

    static constexpr std::size_t payload_bytes_max = 16 * 1024 * 1024;

    // StorageFull: no space is reserved, nothing was appended. Unavailable: the journal has failed,
    // or too much is waiting for commit().
    Result<Lsn> append(std::uint32_t type, ByteView payload);

    // Makes everything appended before the call durable. An error is final. `before` runs when it
    // is settled which records go, and before the first is written: for what they refer to.
    Result<> commit(const std::function<Result<>()>& before = {});

    // Reserves the next file if there is none. commit() does it by itself; after StorageFull
    // somebody must call it again when space may have come.
    Result<> prepare();

    // The last record that is durable, and the last that was appended.
    Lsn durable() const { return durable_.load(std::memory_order_acquire); }
    Lsn last() const;

    // Records up to and including this one are needed no more; files that hold only such are
    // removed.
    Result<> release(Lsn up_to);

    // Bytes of the files on disk, as reserved.
    std::uint64_t disk_bytes() const;
    // Bytes that the next start would have to read.
    std::uint64_t replayable_bytes() const;
    // Set once a write or sync has failed.
    bool failed() const { return failed_.load(std::memory_order_acquire); }
    const std::vector<Damage>& damage() const { return damage_; }

private:
    struct OpenFile {
        std::unique_ptr<File> file;
        std::string path;  // where it is now; under commit_mutex_
        std::uint64_t epoch = 0;
        Lsn first = 0;
        std::uint64_t used = 0;  // bytes that appended records take
    };
    struct PendingWrite {
        std::shared_ptr<OpenFile> file;
        std::uint64_t offset = 0;
        Bytes bytes;
    };
    struct ClosedFile {
        std::string path;
        Lsn last = 0;
        std::uint64_t bytes = 0;
    };

    Journal(Disk& disk, std::string folder, Random& random, Log& log, JournalOptions options);

    Result<> make_durable() const;
    Result<> replay(const RecordVisitor& visit, const std::function<Result<>()>& end_of_file);
    Result<std::shared_ptr<OpenFile>> create_file();
    std::string place_of(const OpenFile& file) const;
    Result<> write_header(OpenFile& file);
    Result<> write_pending(std::vector<PendingWrite>& writes);
    Result<> roll(std::size_t frame_bytes);

    static constexpr std::size_t pending_bytes_max = 128 * 1024 * 1024;

    Disk& disk_;
    const std::string folder_;
    Random& random_;
    Log& log_;
    const JournalOptions options_;

    mutable std::mutex mutex_;        // guards what follows
    std::shared_ptr<OpenFile> head_;  // records are appended to it; null when there is no space
    std::shared_ptr<OpenFile> next_;  // reserved, still without a first record
    std::vector<PendingWrite> pending_;
    std::size_t pending_bytes_ = 0;
    std::vector<ClosedFile> closed_;
    Lsn last_ = 0;

    std::mutex commit_mutex_;  // held by commit(), prepare() and release()
    std::atomic<Lsn> durable_ = 0;
    std::atomic<bool> failed_ = false;
    std::atomic<bool> no_space_ = false;  // the last try to reserve a file found the disk full
    std::vector<Damage> damage_;
};

}  // namespace gantry::journal
