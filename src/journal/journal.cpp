// SPDX-License-Identifier: Apache-2.0
#include "journal/journal.h"

#include <algorithm>
#include <format>
#include <set>

#include "base/assert.h"
#include "journal/frame.h"

namespace gantry::journal {
namespace {

constexpr std::string_view prefix = "journal-";
constexpr std::string_view suffix = ".gj";
constexpr std::string_view reserved_prefix = "reserved-";
constexpr std::string_view reserved_suffix = ".tmp";

void append_frame(Bytes& out, const FrameHeader& header, ByteView payload) {
    ByteWriter writer(out);
    writer.put_bytes(std::as_bytes(std::span(&header, 1)));
    writer.put_bytes(payload);
    out.resize(out.size() + frame_bytes(payload.size()) - sizeof(header) - payload.size());
}

}  // namespace

Journal::Journal(Disk& disk, std::string folder, Random& random, Log& log, JournalOptions options)
    : disk_(disk), folder_(std::move(folder)), random_(random), log_(log), options_(options) {}

Result<std::unique_ptr<Journal>> Journal::open(Disk& disk, std::string folder, Random& random,
                                               Log& log, const JournalOptions& options,
                                               const RecordVisitor& visit, Lsn after,
                                               const std::function<Result<>()>& end_of_file) {
    TRY(disk.make_directory(folder));
    std::unique_ptr<Journal> journal(new Journal(disk, std::move(folder), random, log, options));
    TRY(journal->make_durable());
    TRY(journal->replay(visit, end_of_file));
    journal->last_ = std::max(journal->last_, after);
    journal->durable_ = journal->last_;
    if (auto prepared = journal->prepare(); !prepared) {
        if (prepared.error().code != Code::StorageFull) {
            return within("opening the journal", prepared.error());
        }
        log.error("journal", "no space", {{"detail", prepared.error().message}});
    }
    return journal;
}

// After a crash of the program alone, what is read may not be on the disk yet. What is given out is
// durable. Removes what was only reserved in the life before; it has no record.
Result<> Journal::make_durable() const {
    TRY_ASSIGN(const auto names, disk_.list(folder_));
    for (const std::string& name : names) {
        const std::string path = folder_ + "/" + name;
        if (name.starts_with(reserved_prefix)) {
            TRY(disk_.remove(path));
        } else if (is_journal_file(name)) {
            TRY_ASSIGN(const auto file, disk_.open(path, OpenMode::ReadWrite));
            TRY(file->sync());
        }
    }
    return {};
}

Result<> Journal::replay(const RecordVisitor& visit, const std::function<Result<>()>& end_of_file) {
    TRY_ASSIGN(const FolderScan scan, scan_folder(disk_, folder_, visit, end_of_file));
    std::uint64_t records = 0;
    for (const FolderScan::File& file : scan.files) {
        last_ = std::max(last_, file.scan.last);
        records += file.scan.records;
        closed_.push_back({folder_ + "/" + file.name, last_, file.bytes});
        damage_.insert(damage_.end(), file.scan.damage.begin(), file.scan.damage.end());
    }
    for (const Damage& damage : damage_) {
        log_.write(damage.torn_tail ? Level::Info : Level::Error, "journal",
                   damage.torn_tail ? "unfinished write dropped" : "damaged",
                   {{"file", damage.file}, {"offset", damage.offset}, {"bytes", damage.bytes}});
    }
    log_.info("journal", "replayed", {{"folder", folder_}, {"records", records}, {"last", last_}});
    return {};
}

Result<std::shared_ptr<Journal::OpenFile>> Journal::create_file() {
    auto out = std::make_shared<OpenFile>();
    out->epoch = random_.number() | 1;  // 0 means unknown
    out->used = sizeof(FileHeader);
    // A name of its own: the file reserved before may be in use already and not have its name yet.
    const std::string temporary =
        std::format("{}/{}{:016x}{}", folder_, reserved_prefix, out->epoch, reserved_suffix);
    out->path = temporary;
    TRY_ASSIGN(out->file, disk_.open(temporary, OpenMode::Create));
    if (auto reserved = out->file->allocate(static_cast<std::uint64_t>(options_.file_bytes));
        !reserved) {
        out->file.reset();
        (void)disk_.remove(temporary);  // gives back what part was reserved
        return std::unexpected(reserved.error());
    }
    return out;
}

// Where a file is once it has its place in the order, which it gets before its first record is
// durable.
std::string Journal::place_of(const OpenFile& file) const {
    return std::format("{}/{}{:016x}-{:08x}{}", folder_, prefix, file.first,
                       static_cast<std::uint32_t>(file.epoch >> 32), suffix);
}

// Gives a reserved file its place in the order and makes both durable.
Result<> Journal::write_header(OpenFile& file) {
    FileHeader header;
    header.epoch = file.epoch;
    header.first = file.first;
    header.crc = header_crc(header);
    TRY(file.file->write(0, std::as_bytes(std::span(&header, 1))));
    TRY(file.file->sync());
    const std::string path = place_of(file);
    TRY(disk_.rename(file.path, path));
    file.path = path;
    return disk_.sync_directory(folder_);
}

Result<> Journal::prepare() {
    const std::lock_guard committing(commit_mutex_);
    if (failed()) {
        return fail(Code::Unavailable, "the journal has failed");
    }
    bool needs_head = false;
    {
        const std::lock_guard lock(mutex_);
        if (next_) {
            return {};
        }
        needs_head = head_ == nullptr;
    }
    auto created = create_file();
    no_space_ = !created && created.error().code == Code::StorageFull;
    TRY(created);
    std::shared_ptr<OpenFile> file = std::move(*created);
    if (needs_head) {
        // Nothing can be appended while there is no head, so last_ does not move here.
        file->first = last() + 1;
        TRY(write_header(*file));
        {
            const std::lock_guard lock(mutex_);
            head_ = std::move(file);
        }
        created = create_file();
        no_space_ = !created && created.error().code == Code::StorageFull;
        TRY(created);
        file = std::move(*created);
    }
    const std::lock_guard lock(mutex_);
    next_ = std::move(file);
    return {};
}

// Makes the reserved file the head when a frame no longer fits; under mutex_.
Result<> Journal::roll(std::size_t frame) {
    const auto limit = static_cast<std::uint64_t>(options_.file_bytes);
    if (head_ && head_->used + frame <= limit) {
        return {};
    }
    if (sizeof(FileHeader) + frame > limit) {
        return fail(Code::TooLarge, "a record of {} bytes does not fit a journal file of {}", frame,
                    limit);
    }
    if (!next_ && no_space_) {
        return fail(Code::StorageFull, "no space for the journal in {}", folder_);
    }
    if (!next_) {
        return fail(Code::Unavailable, "the journal takes in more than is committed: try again");
    }
    if (head_) {
        closed_.push_back({place_of(*head_), last_, limit});
    }
    head_ = std::move(next_);
    next_.reset();
    head_->first = last_ + 1;
    return {};
}

Result<Lsn> Journal::append(std::uint32_t type, ByteView payload) {
    if (payload.size() > payload_bytes_max) {
        return fail(Code::TooLarge, "a record of {} bytes is larger than {}", payload.size(),
                    payload_bytes_max);
    }
    const std::size_t size = frame_bytes(payload.size());
    const std::lock_guard lock(mutex_);
    if (failed()) {
        return fail(Code::Unavailable,
                    "the journal has failed: restart after the disk is repaired");
    }
    if (pending_bytes_ + size > pending_bytes_max) {
        return fail(Code::Unavailable, "more than {} bytes wait for the journal",
                    pending_bytes_max);
    }
    TRY(roll(size));
    FrameHeader header;
    header.length = static_cast<std::uint32_t>(payload.size());
    header.lsn = last_ + 1;
    header.epoch = head_->epoch;
    header.type = type;
    header.crc = header_crc(header, payload);
    if (pending_.empty() || pending_.back().file != head_) {
        pending_.push_back({head_, head_->used, {}});
    }
    append_frame(pending_.back().bytes, header, payload);
    pending_bytes_ += size;
    head_->used += size;
    return ++last_;
}

Result<> Journal::write_pending(std::vector<PendingWrite>& writes) {
    for (PendingWrite& write : writes) {
        // A file that was only reserved until now gets its name before its first record.
        if (write.offset == sizeof(FileHeader) && write.file->path.ends_with(reserved_suffix)) {
            TRY(write_header(*write.file));
        }
        TRY(write.file->file->write(write.offset, write.bytes));
        TRY(write.file->file->sync());
    }
    return {};
}

Result<> Journal::commit(const std::function<Result<>()>& before) {
    {
        const std::lock_guard committing(commit_mutex_);
        std::vector<PendingWrite> writes;
        Lsn up_to = 0;
        {
            const std::lock_guard lock(mutex_);
            if (failed()) {
                return fail(Code::Unavailable, "the journal has failed");
            }
            writes.swap(pending_);
            pending_bytes_ = 0;
            up_to = last_;
        }
        auto written = before ? before() : Result<>{};
        if (written) {
            written = write_pending(writes);
        }
        if (!written) {
            failed_ = true;
            log_.error("journal", "failed", {{"detail", written.error().message}});
            return written;
        }
        durable_.store(up_to, std::memory_order_release);
    }
    // Running out of space for the next file is not a failure of what was committed.
    if (auto prepared = prepare(); !prepared && prepared.error().code != Code::StorageFull) {
        return prepared;
    }
    return {};
}

Lsn Journal::last() const {
    const std::lock_guard lock(mutex_);
    return last_;
}

Result<> Journal::release(Lsn up_to) {
    const std::lock_guard committing(commit_mutex_);
    up_to = std::min(up_to, durable());  // a file that is still to be written must stay
    std::vector<std::string> removed;
    {
        const std::lock_guard lock(mutex_);
        while (!closed_.empty() && closed_.front().last <= up_to) {
            removed.push_back(closed_.front().path);
            closed_.erase(closed_.begin());
        }
    }
    for (const std::string& path : removed) {
        TRY(disk_.remove(path));
    }
    if (!removed.empty()) {
        TRY(disk_.sync_directory(folder_));
    }
    return {};
}

std::uint64_t Journal::disk_bytes() const {
    const std::lock_guard lock(mutex_);
    std::uint64_t bytes = 0;
    for (const ClosedFile& file : closed_) {
        bytes += file.bytes;
    }
    const auto whole = static_cast<std::uint64_t>(options_.file_bytes);
    return bytes + (head_ ? whole : 0) + (next_ ? whole : 0);
}

std::uint64_t Journal::replayable_bytes() const {
    const std::lock_guard lock(mutex_);
    std::uint64_t bytes = head_ ? head_->used : 0;
    for (const ClosedFile& file : closed_) {
        bytes += file.bytes;
    }
    return bytes;
}

}  // namespace gantry::journal
