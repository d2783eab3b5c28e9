// SPDX-License-Identifier: Apache-2.0
// Checkpoints: writing, reading, and what of the journal may go.
#include <algorithm>
#include <charconv>
#include <format>

#include "base/assert.h"
#include "mqtt/detail/record_replay.h"
#include "mqtt/record_log.h"

namespace gantry::mqtt {
namespace {

constexpr std::string_view suffix = ".gmc";
constexpr std::string_view unfinished = ".tmp";

// The number in the name of a checkpoint; 0: it is no checkpoint.
std::uint64_t number_of(std::string_view name) {
    std::uint64_t out = 0;
    if (name.ends_with(suffix)) {
        std::from_chars(name.data(), name.data() + name.size() - suffix.size(), out, 16);
    }
    return out;
}

}  // namespace

RecordLog::Checkpoint::Checkpoint(RecordLog& log, std::string space, std::uint64_t file, Lsn lsn)
    : log_(log),
      space_(std::move(space)),
      path_(std::format("{}/checkpoints/{:016x}", log.folder_, file)),
      lsn_(lsn) {}

RecordLog::Checkpoint::~Checkpoint() {
    if (writer_ != nullptr) {
        writer_.reset();
        log_.remove_files({path_ + std::string(unfinished)});
    }
    const std::lock_guard lock(log_.mutex_);
    log_.spaces_.find(space_)->second.busy = false;
}

Result<> RecordLog::Checkpoint::add(std::span<const Record> records) {
    if (records.empty()) {
        return {};
    }
    if (writer_ == nullptr) {
        ASSERT(records.front().type == RecordType::SnapshotBegan);
        begin_ = records.front().number;
        TRY_ASSIGN(writer_,
                   detail::CheckpointWriter::begin(log_.disk_, path_ + std::string(unfinished),
                                                   {begin_, lsn_, space_}));
    }
    ASSERT(!whole_);
    end_ = records.back().number;
    whole_ = records.back().type == RecordType::SnapshotEnded;
    return writer_->add(records);
}

Result<> RecordLog::Checkpoint::finish() {
    ASSERT(whole_);
    {
        const std::lock_guard lock(log_.mutex_);
        const Space& space = log_.spaces_.find(space_)->second;
        if (space.last < end_) {
            return fail(Code::PreconditionFailed,
                        "{}: a snapshot has record {}, but only {} were appended", space_, end_,
                        space.last);
        }
    }
    // What it has must not be undone by a power cut: numbers would be given out twice.
    TRY(log_.commit());
    TRY(writer_->finish());
    TRY(log_.settle(*this));
    writer_.reset();
    return log_.release();
}

// Gives it its name, and drops what it replaces.
Result<> RecordLog::settle(const Checkpoint& checkpoint) {
    const std::string path = checkpoint.path_ + std::string(suffix);
    TRY(disk_.rename(checkpoint.path_ + std::string(unfinished), path));
    std::vector<std::string> old;
    {
        // Also when its name does not become durable: then it may be there or not.
        const std::lock_guard lock(mutex_);
        Space& space = spaces_.find(checkpoint.space_)->second;
        old = space.files;
        space.files.push_back(path);
    }
    TRY(disk_.sync_directory(folder_ + "/checkpoints"));
    {
        const std::lock_guard lock(mutex_);
        Space& space = spaces_.find(checkpoint.space_)->second;
        space.files = {path};
        space.covered = checkpoint.begin_;
        space.checkpoint_bytes = checkpoint.writer_->bytes();
        auto& marks = space.marks;
        while (marks.size() > 1 && marks[1].number <= space.covered + 1) {
            marks.pop_front();
        }
        if (space.last <= space.covered) {
            marks.clear();
        }
    }
    remove_files(old);
    log_.info("mqtt", "checkpoint written",
              {{"space", checkpoint.space_},
               {"bytes", checkpoint.writer_->bytes()},
               {"records", checkpoint.begin_}});
    return {};
}

// Files of the journal of which no space needs a record.
Result<> RecordLog::release() {
    Lsn up_to = journal_->last();
    {
        const std::lock_guard lock(mutex_);
        for (const auto& [name, space] : spaces_) {
            if (!space.marks.empty()) {
                up_to = std::min(up_to, space.marks.front().lsn - 1);
            }
        }
    }
    return journal_->release(up_to);
}

// What stays is removed at the next start.
void RecordLog::remove_files(const std::vector<std::string>& paths) {
    for (const std::string& path : paths) {
        if (const auto removed = disk_.remove(path); !removed) {
            log_.warn("mqtt", "file not removed", {{"detail", removed.error().message}});
        }
    }
}

std::vector<std::string> RecordLog::due() const {
    std::vector<std::string> out;
    const std::lock_guard lock(mutex_);
    for (const auto& [name, space] : spaces_) {
        const auto most = std::max(static_cast<std::uint64_t>(options_.checkpoint_bytes),
                                   2 * space.checkpoint_bytes);
        if (!space.busy && !space.marks.empty() && appended_ - space.marks.front().offset > most) {
            out.push_back(name);
        }
    }
    return out;
}

Result<std::unique_ptr<RecordLog::Checkpoint>> RecordLog::begin_checkpoint(std::string_view name) {
    const std::lock_guard lock(mutex_);
    Space& space = spaces_.try_emplace(std::string(name)).first->second;
    if (space.busy) {
        return fail(Code::Conflict, "{}: a checkpoint is under way", name);
    }
    space.busy = true;
    return std::unique_ptr<Checkpoint>(
        new Checkpoint(*this, std::string(name), next_file_++, journal_->last()));
}

Result<> RecordLog::remove(std::string_view name) {
    std::vector<std::string> files;
    {
        const std::lock_guard lock(mutex_);
        const auto space = spaces_.find(name);
        if (space == spaces_.end()) {
            return {};
        }
        if (space->second.busy) {
            return fail(Code::Conflict, "{}: a checkpoint is under way", name);
        }
        TRY(append_frame(
            detail::gone_frame,
            {.born = born_, .durable = journal_->durable(), .space = name, .body = {}}));
        files = space->second.files;
    }
    TRY(commit());
    remove_files(files);
    // Its end stays in the journal until its checkpoint is gone for sure.
    TRY(disk_.sync_directory(folder_ + "/checkpoints"));
    {
        const std::lock_guard lock(mutex_);
        spaces_.erase(spaces_.find(name));
    }
    return release();
}

// The last LSN that they know of.
Result<Lsn> RecordLog::read_checkpoints(const detail::RecordReplay& replay,
                                        const RestoreVisitor& restored) {
    const std::string folder = folder_ + "/checkpoints";
    TRY(disk_.make_directory(folder));
    // A name that is there counts from now on, so it must stay.
    TRY(disk_.sync_directory(folder));
    TRY_ASSIGN(const auto names, disk_.list(folder));
    std::map<std::string, std::string> newest;  // by space
    std::vector<std::string> old;
    Lsn last = 0;
    for (const std::string& name : names) {
        const std::string path = folder + "/" + name;
        const std::uint64_t number = number_of(name);
        next_file_ = std::max(next_file_, number + 1);
        if (name.ends_with(unfinished)) {
            old.push_back(path);
        }
        if (number == 0) {
            continue;
        }
        TRY_ASSIGN(const auto reader, detail::CheckpointReader::open(disk_, path));
        const detail::CheckpointHead& head = reader.head();
        last = std::max(last, head.lsn);
        if (head.lsn < replay.gone(head.space)) {
            old.push_back(path);
            continue;
        }
        std::string& best = newest[head.space];
        if (!best.empty()) {
            old.push_back(best);
        }
        best = path;
    }
    for (const auto& [space, path] : newest) {
        TRY(read_checkpoint(path, restored));
    }
    remove_files(old);
    return last;
}

Result<> RecordLog::read_checkpoint(const std::string& path, const RestoreVisitor& restored) {
    TRY_ASSIGN(const auto reader, detail::CheckpointReader::open(disk_, path));
    const detail::CheckpointHead& head = reader.head();
    Space& space = spaces_.try_emplace(head.space).first->second;
    space.covered = space.last = head.number;
    space.files = {path};
    space.checkpoint_bytes = reader.bytes();
    return reader.read([&](std::span<const Record> records) -> Result<> {
        space.last = std::max(space.last, records.back().number);
        return restored(head.space, records);
    });
}

}  // namespace gantry::mqtt
