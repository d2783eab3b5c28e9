// SPDX-License-Identifier: Apache-2.0
#include "store/repair.h"

#include <algorithm>

#include "store/catalogue_record.h"
#include "store/segment_writer.h"

namespace gantry::store {

std::string_view repair_kind_name(RepairKind kind) {
    switch (kind) {
        case RepairKind::RewriteManifest: return "rewrite_manifest";
        case RepairKind::RebuildManifest: return "rebuild_manifest";
        case RepairKind::RewriteSegment: return "rewrite_segment";
        case RepairKind::DropSegment: return "drop_segment";
        case RepairKind::MoveStranger: return "move_stranger";
        case RepairKind::KeepJournal: return "keep_journal";
        case RepairKind::NoteRecords: return "note_records";
        case RepairKind::NameSeries: return "name_series";
    }
    return "";
}

std::string recovered_key(SeriesId series) {
    return std::format("recovered/series-{}", series.value);
}

namespace {

// Of a record of the catalogue that names one series by its number.
constexpr std::size_t record_bytes_max = 4096;

void plan_manifest(const StoreReport& report, RepairPlan& out) {
    RepairAction action;
    action.file = manifest_copies[0];
    if (report.manifest_lost) {
        action.kind = RepairKind::RebuildManifest;
        action.does = std::format("makes a manifest again from {} segments, in the order of their "
                                  "records",
                                  report.segments.size());
        action.keeps = "every row; rows that were erased or had expired before may come back";
        out.actions.push_back(std::move(action));
        return;
    }
    for (const ManifestCopy& copy : report.copies) {
        if (copy.state == CopyState::Damaged) {
            action.file = copy.name;
            action.does = "writes it again from the copy that is whole";
            action.keeps = "everything";
            out.actions.push_back(action);
        }
    }
}

void plan_segment(const SegmentReport& segment, RepairPlan& out) {
    if (segment.healthy()) {
        return;
    }
    const SegmentSummary& summary = segment.entry.summary;
    if (!segment.unreadable.empty()) {
        out.left.push_back(std::format("{}: {}. Copy the store to a sound disk (ddrescue reads "
                                       "around bad sectors), and repair the copy",
                                       segment.file, segment.unreadable));
        return;
    }
    RepairAction action;
    action.file = segment.file;
    action.number = segment.entry.number;
    if (segment.missing) {
        action.kind = RepairKind::DropSegment;
        action.does = "takes it out of the manifest: the file is not there. If you have it in a "
                      "backup, put it back instead";
        action.loses.push_back({std::nullopt, "", summary.rows, summary.first, summary.last});
        out.actions.push_back(std::move(action));
        return;
    }
    std::uint64_t lost = segment.rows_missing;
    for (const FileDamage& damage : segment.damage) {
        if (damage.lost) {
            lost += damage.lost->rows;
            action.loses.push_back(*damage.lost);
        }
    }
    if (segment.rows_missing > 0) {
        action.loses.push_back(
            {std::nullopt, "", segment.rows_missing, summary.first, summary.last});
    }
    action.kind = RepairKind::RewriteSegment;
    action.does = "writes it again without what is damaged; the file as it is goes to quarantine/";
    action.keeps =
        std::format("{} of {} rows", summary.rows - std::min(lost, summary.rows), summary.rows);
    out.actions.push_back(std::move(action));
}

void plan_journal(const JournalReport& journal, RepairPlan& out) {
    for (const JournalFileReport& file : journal.files) {
        const bool unkept = std::ranges::any_of(
            file.damage, [](const auto& stretch) { return stretch.needed && !stretch.kept; });
        if (unkept) {
            RepairAction action;
            action.kind = RepairKind::KeepJournal;
            action.file = journal.name + "/" + file.file;
            action.journal = journal.name;
            action.does = "copies it to quarantine/ as it is; the file itself is not changed";
            action.keeps = std::format("{} records of it", file.records);
            out.actions.push_back(std::move(action));
        }
    }
    for (const LostRecords& lost : journal.lost) {
        if (!lost.kept) {
            RepairAction action;
            action.kind = RepairKind::NoteRecords;
            action.file = journal.name;
            action.journal = journal.name;
            action.records = lost.range;
            action.does = std::format("writes down in quarantine/ that records {} to {} are gone",
                                      lost.range.first, lost.range.last);
            action.keeps = "every other record";
            out.actions.push_back(std::move(action));
        }
    }
}

RepairPlan plan_from(const StoreReport& report) {
    RepairPlan out;
    plan_journal(report.journal, out);
    plan_journal(report.catalogue, out);
    for (const std::string& stranger : report.strangers) {
        RepairAction action;
        action.kind = RepairKind::MoveStranger;
        action.file = stranger;
        action.does = "moves it to quarantine/: the manifest does not name it";
        action.keeps = "everything: what it holds is in the journal or in other segments";
        out.actions.push_back(std::move(action));
    }
    for (const SegmentReport& segment : report.segments) {
        plan_segment(segment, out);
    }
    plan_manifest(report, out);
    for (const SeriesWithoutName& series : report.nameless) {
        RepairAction action;
        action.kind = RepairKind::NameSeries;
        action.file = "catalogue";
        action.number = series.series.value;
        action.type = series.type == ValueType::Null ? ValueType::Float64 : series.type;
        action.does = std::format("names series {} '{}': its own name is lost", series.series.value,
                                  recovered_key(series.series));
        action.keeps = std::format("its {} rows from {} to {}", series.rows,
                                   format_time(series.first), format_time(series.last));
        out.actions.push_back(std::move(action));
    }
    for (const std::string& record : report.bad_records) {
        out.left.push_back(record +
                           " cannot be read: use the program that wrote it, or a newer one");
    }
    return out;
}

constexpr std::size_t piece_bytes = 1024 * 1024;

Result<bool> same_content(Disk& disk, const std::string& a, const std::string& b) {
    TRY_ASSIGN(const auto first, disk.open(a, OpenMode::Read));
    TRY_ASSIGN(const auto second, disk.open(b, OpenMode::Read));
    TRY_ASSIGN(const std::uint64_t size, first->size());
    TRY_ASSIGN(const std::uint64_t other, second->size());
    Bytes one(piece_bytes);
    Bytes two(piece_bytes);
    for (std::uint64_t at = 0; size == other && at < size; at += piece_bytes) {
        TRY_ASSIGN(const std::size_t got, first->read(at, one));
        TRY_ASSIGN(const std::size_t same, second->read(at, two));
        if (got != same ||
            !std::ranges::equal(ByteView(one).first(got), ByteView(two).first(got))) {
            return false;
        }
    }
    return size == other;
}

// Durable under its name only when it is whole.
Result<> copy_file(Disk& disk, const std::string& from, const std::string& to) {
    const std::string temporary = to + ".tmp";
    TRY_ASSIGN(const bool left_over, disk.exists(temporary));
    if (left_over) {
        TRY(disk.remove(temporary));
    }
    {
        TRY_ASSIGN(const auto source, disk.open(from, OpenMode::Read));
        TRY_ASSIGN(const auto target, disk.open(temporary, OpenMode::Create));
        Bytes piece(piece_bytes);
        for (std::uint64_t at = 0;; at += piece_bytes) {
            TRY_ASSIGN(const std::size_t got, source->read(at, piece));
            TRY(target->write(at, ByteView(piece).first(got)));
            if (got < piece_bytes) {
                break;
            }
        }
        TRY(target->sync());
    }
    TRY(disk.rename(temporary, to));
    return disk.sync_directory(parent_of(to));
}

class Repair {
public:
    Repair(Disk& disk, Random& random, const StoreReport& report, Log& log)
        : disk_(disk),
          random_(random),
          report_(report),
          log_(log),
          quarantine_(quarantine_folder(report.folder)),
          manifest_(report.manifest) {}

    Result<> run(const RepairPlan& plan) {
        if (plan.actions.empty()) {
            return {};
        }
        TRY(disk_.make_directory(quarantine_));
        TRY(disk_.sync_directory(report_.folder));
        TRY(choose_number());
        TRY(check_space(plan));
        for (const RepairAction& action : plan.actions) {
            if (auto done = take(action); !done) {
                return within(std::format("{}: nothing is lost, repair it again", action.file),
                              done.error());
            }
        }
        return name_series(plan);
    }

private:
    Result<> take(const RepairAction& action) {
        const std::string path = report_.folder + "/" + action.file;
        switch (action.kind) {
            case RepairKind::KeepJournal: {
                const std::string name = action.file.substr(action.journal.size() + 1);
                return copy_file(disk_, path, quarantine_ + "/" + kept_name(action.journal, name));
            }
            case RepairKind::NoteRecords: return write_note(action);
            case RepairKind::MoveStranger: {
                TRY(keep(action.file));
                TRY(disk_.remove(path));
                return disk_.sync_directory(report_.folder);
            }
            case RepairKind::RewriteSegment: {
                TRY(keep(action.file));
                TRY(rewrite_segment(action));
                return install(action);
            }
            case RepairKind::DropSegment: {
                std::erase_if(manifest_.segments, [&action](const Manifest::Entry& entry) {
                    return entry.number == action.number;
                });
                return write_manifest_now();
            }
            case RepairKind::RewriteManifest:
            case RepairKind::RebuildManifest: return write_manifest_now();
            case RepairKind::NameSeries: return {};
        }
        return {};
    }

    // New segments get numbers that no file has had.
    Result<> choose_number() {
        for (const std::string& folder : {report_.folder, quarantine_}) {
            TRY_ASSIGN(const auto names, disk_.list(folder));
            for (const std::string& name : names) {
                if (const auto number = segment_number(name)) {
                    manifest_.next_number = std::max(manifest_.next_number, *number + 1);
                }
            }
        }
        return {};
    }

    Result<> check_space(const RepairPlan& plan) {
        std::uint64_t wanted = 1024 * 1024;
        for (const RepairAction& action : plan.actions) {
            if (action.kind == RepairKind::RewriteSegment ||
                action.kind == RepairKind::MoveStranger || action.kind == RepairKind::KeepJournal) {
                TRY_ASSIGN(const auto file,
                           disk_.open(report_.folder + "/" + action.file, OpenMode::Read));
                TRY_ASSIGN(const std::uint64_t bytes, file->size());
                wanted += action.kind == RepairKind::RewriteSegment ? 2 * bytes : bytes;
            }
        }
        TRY_ASSIGN(const std::uint64_t free, disk_.free_bytes(report_.folder));
        if (free < wanted) {
            return fail(
                Code::StorageFull,
                "repair needs {} bytes in {} to keep what is damaged, and {} are free: make "
                "room; nothing was changed",
                wanted, report_.folder, free);
        }
        return {};
    }

    // A copy in the quarantine, under the file's name if that is not taken by another content.
    Result<> keep(const std::string& file) {
        const std::string from = report_.folder + "/" + file;
        for (int count = 1;; ++count) {
            const std::string to =
                quarantine_ + "/" + file + (count == 1 ? "" : std::format(".{}", count));
            TRY_ASSIGN(const bool taken, disk_.exists(to));
            if (!taken) {
                TRY(copy_file(disk_, from, to));
            }
            TRY_ASSIGN(const bool same, same_content(disk_, from, to));
            if (same) {
                return {};
            }
            if (!taken) {
                return fail(Code::Io, "{} does not read back as it was written", to);
            }
        }
    }

    Result<> write_note(const RepairAction& action) {
        const std::string text = std::format(
            "Records {} to {} of the {} in {} are gone.\nSeen by gantry store repair.\n",
            action.records.first, action.records.last, action.journal, report_.folder);
        return replace_file(disk_, quarantine_ + "/" + note_name(action.journal, action.records),
                            gantry::as_bytes(text));
    }

    Result<> rewrite_segment(const RepairAction& action) {
        TRY_ASSIGN(const auto source,
                   Segment::open(disk_, report_.folder + "/" + action.file, log_, damaged_));
        const auto entry =
            std::ranges::find(manifest_.segments, action.number, &Manifest::Entry::number);
        const std::uint64_t number = manifest_.next_number++;
        std::optional<SegmentWriter> writer;
        std::vector<BlockEntry> blocks;
        Columns rows;
        for (std::size_t page = 0; page < source->pages().size(); ++page) {
            source->read_page(page, blocks);
            for (const BlockEntry& block : blocks) {
                if (!source->read(block, rows)) {
                    continue;
                }
                if (!writer) {
                    TRY_ASSIGN(writer,
                               SegmentWriter::create(disk_, segment_path(report_.folder, number),
                                                     tier_of(entry->level)));
                }
                const bool known = !block.statistics.empty() && block.sound();
                const ByteView raw = known ? source->raw(block) : ByteView{};
                TRY(raw.empty() ? writer->add(rows.chunk(SeriesId{block.series}))
                                : writer->copy(block, raw));
            }
        }
        if (!writer) {
            manifest_.segments.erase(entry);  // nothing of it can be read
            return {};
        }
        TRY_ASSIGN(entry->summary, writer->finish(entry->summary.last_lsn));
        entry->number = number;
        return {};
    }

    Result<> install(const RepairAction& action) {
        TRY(write_manifest_now());
        TRY(disk_.remove(report_.folder + "/" + action.file));
        return disk_.sync_directory(report_.folder);
    }

    Result<> write_manifest_now() {
        Manifest manifest = manifest_;
        std::erase_if(manifest.tombstones, [&manifest](const Tombstone& tombstone) {
            return tombstone.lsn > manifest.flushed;  // the journal has it
        });
        TRY(write_manifest(disk_, report_.folder, manifest, log_));
        manifest_.generation = manifest.generation;
        return {};
    }

    Result<> name_series(const RepairPlan& plan) {
        std::unique_ptr<journal::Journal> catalogue;
        for (const RepairAction& action : plan.actions) {
            if (action.kind != RepairKind::NameSeries) {
                continue;
            }
            const auto nothing = [](const journal::Record&) -> Result<> { return {}; };
            if (!catalogue) {
                TRY_ASSIGN(catalogue,
                           journal::Journal::open(disk_, report_.folder + "/catalogue", random_,
                                                  log_, {.file_bytes = 64 * 1024}, nothing));
            }
            const SeriesId id{static_cast<std::uint32_t>(action.number)};
            const std::string key = recovered_key(id);
            const SeriesSpec spec{key, action.type};
            Bytes record;
            encode_series(id, std::span(&spec, 1), record_bytes_max, record);
            TRY(catalogue->append(series_record, record));
            TRY(catalogue->commit());
        }
        return {};
    }

    Disk& disk_;
    Random& random_;
    const StoreReport& report_;
    Log& log_;
    const std::string quarantine_;
    Manifest manifest_;
    Counter damaged_;
};

}  // namespace

Result<RepairPlan> plan_repair(Disk& disk, const std::string& folder, Log& log) {
    TRY_ASSIGN(const StoreReport report, inspect(disk, folder, log));
    return plan_from(report);
}

Result<RepairPlan> repair(Disk& disk, Random& random, const std::string& folder, Log& log) {
    TRY_ASSIGN(const StoreReport report, inspect(disk, folder, log));
    RepairPlan plan = plan_from(report);
    TRY(Repair(disk, random, report, log).run(plan));
    return plan;
}

}  // namespace gantry::store
