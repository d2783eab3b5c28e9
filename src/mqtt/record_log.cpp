// SPDX-License-Identifier: Apache-2.0
#include "mqtt/record_log.h"

#include <algorithm>

#include "base/assert.h"
#include "mqtt/detail/log_frame.h"
#include "mqtt/detail/record_replay.h"
#include "mqtt/record_bytes.h"

namespace gantry::mqtt {
namespace {

constexpr std::size_t group_bytes_wanted = std::size_t{1} << 20;
constexpr std::size_t part_bytes_most = std::size_t{4} << 20;
constexpr std::uint64_t mark_bytes = std::uint64_t{64} << 10;

// How many bytes a record takes, about.
std::size_t cost_of(const Record& one, const Message* before) {
    const bool fresh = one.message != nullptr && one.message.get() != before;
    return 32 + one.client_id.size() + one.filter.size() + one.principal.size() +
           (fresh ? one.message->bytes() : 0);
}

// How many records go together: changes as they are, up to a size.
std::size_t records_of_group(std::span<const Record> records) {
    std::size_t bytes = 0;
    const Message* message = nullptr;
    for (std::size_t i = 0; i < records.size(); ++i) {
        bytes += cost_of(records[i], message);
        message = records[i].message.get();
        if (bytes >= group_bytes_wanted && !records[i].more) {
            return i + 1;
        }
    }
    return records.size();
}

}  // namespace

RecordLog::RecordLog(Disk& disk, std::string folder, Log& log, const RecordLogOptions& options)
    : disk_(disk), folder_(std::move(folder)), log_(log), options_(options) {}

Result<std::unique_ptr<RecordLog>> RecordLog::open(Disk& disk, std::string folder, Random& random,
                                                   Log& log, const RecordLogOptions& options,
                                                   const RestoreVisitor& restored) {
    std::unique_ptr<RecordLog> out(new RecordLog(disk, std::move(folder), log, options));
    const std::string journal_folder = out->folder_ + "/journal";
    TRY(disk.make_directory(out->folder_));
    TRY(disk.make_directory(journal_folder));
    detail::RecordReplay replay(log);
    TRY_ASSIGN(const auto scan,
               journal::scan_folder(disk, journal_folder, [&](const journal::Record& record) {
                   return replay.look(record);
               }));
    replay.settle(scan.missing);
    TRY_ASSIGN(const Lsn after, out->read_checkpoints(replay, restored));
    const auto take = [&](std::string_view name, Lsn lsn,
                          std::span<const Record> records) -> Result<> {
        Space& space = out->spaces_.try_emplace(std::string(name)).first->second;
        const auto fresh = std::ranges::upper_bound(records, space.covered, {}, &Record::number);
        space.last = std::max(space.last, records.back().number);
        if (fresh == records.end()) {
            return {};
        }
        out->mark(space, lsn, fresh->number);
        return restored(name, {fresh, records.end()});
    };
    TRY_ASSIGN(
        out->journal_,
        journal::Journal::open(
            disk, journal_folder, random, log, options.journal,
            [&](const journal::Record& record) { return replay.replay(record, take); }, after));
    out->born_ = out->journal_->last() + 1;
    TRY(out->release());
    out->appended_ = out->journal_->replayable_bytes();
    return out;
}

// So many that a group that is as large as may be fits what the journal has reserved.
std::size_t RecordLog::part_bytes() const {
    return std::min(part_bytes_most, static_cast<std::size_t>(options_.journal.file_bytes) / 8);
}

std::size_t RecordLog::group_bytes_max() const {
    return std::min(std::size_t{48} << 20,
                    static_cast<std::size_t>(options_.journal.file_bytes) / 4 * 3);
}

Result<Lsn> RecordLog::append(std::string_view name, std::span<const Record> records) {
    ASSERT(!records.empty() && !records.back().more && name.size() <= space_bytes_max);
    std::uint64_t last = 0;
    {
        const std::lock_guard lock(mutex_);
        const auto space = spaces_.find(name);
        last = space == spaces_.end() ? 0 : space->second.last;
    }
    if (records.front().number > last + 1) {
        return fail(Code::PreconditionFailed,
                    "{}: record {} cannot follow record {}: what is between was not appended", name,
                    records.front().number, last);
    }
    // Those that an earlier call has appended before it failed.
    const auto fresh = std::ranges::upper_bound(records, last, {}, &Record::number);
    std::span<const Record> rest(fresh, records.end());
    Lsn lsn = journal_->last();
    while (!rest.empty()) {
        const std::size_t count = records_of_group(rest);
        TRY_ASSIGN(lsn, append_group(name, rest.first(count)));
        rest = rest.subspan(count);
    }
    return lsn;
}

Result<Lsn> RecordLog::append_group(std::string_view name, std::span<const Record> records) {
    Bytes group;
    encode_records(records, group);
    if (group.size() > group_bytes_max()) {
        return fail(Code::TooLarge,
                    "{}: a change of {} bytes does not fit the journal, which takes {}: make "
                    "mqtt.journal.file_bytes larger",
                    name, group.size(), group_bytes_max());
    }
    const std::lock_guard lock(mutex_);
    Space& space = spaces_.try_emplace(std::string(name)).first->second;
    const Lsn first = journal_->last() + 1;
    const std::size_t parts = (group.size() + part_bytes() - 1) / part_bytes();
    for (std::size_t part = 0; part < parts; ++part) {
        const std::size_t begin = part * part_bytes();
        const ByteView body =
            ByteView(group).subspan(begin, std::min(part_bytes(), group.size() - begin));
        TRY(append_frame(parts > 1 ? detail::part_frame : detail::group_frame,
                         {.born = born_,
                          .durable = journal_->durable(),
                          .space = name,
                          .part = part,
                          .parts = parts,
                          .body = body}));
    }
    mark(space, first, records.front().number);
    space.last = records.back().number;
    return journal_->last();
}

Result<> RecordLog::append_frame(std::uint32_t type, const detail::LogFrame& frame) {
    frame_.clear();
    detail::put_log_frame(frame, journal_->last() + 1, frame_);
    ByteWriter(frame_).put_bytes(frame.body);
    TRY(journal_->append(type, frame_));
    appended_ += frame_.size();
    return {};
}

void RecordLog::mark(Space& space, Lsn lsn, std::uint64_t number) {
    if (space.marks.empty() || appended_ - space.marks.back().offset >= mark_bytes) {
        space.marks.push_back({lsn, number, appended_});
    }
}

}  // namespace gantry::mqtt
