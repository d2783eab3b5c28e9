// SPDX-License-Identifier: Apache-2.0
#include "store/contents.h"

#include <algorithm>
#include <map>
#include <set>

#include "store/batch_record.h"
#include "store/merge.h"
#include "store/segment_format.h"

namespace gantry::store {
namespace {

// A running gantryd moves rows while they are looked at; then they are looked at again.
constexpr int tries_max = 10;

Result<std::vector<ManifestCopy>> read_copies(Disk& disk, const std::string& folder,
                                              Manifest& best) {
    std::vector<ManifestCopy> out;
    bool any = false;
    for (const std::string_view name : manifest_copies) {
        ManifestCopy& copy = out.emplace_back();
        copy.name = name;
        const std::string path = folder + "/" + copy.name;
        const auto bytes = read_file(disk, path, manifest_bytes_max);
        if (!bytes && bytes.error().code == Code::NotFound) {
            continue;
        }
        Manifest manifest;
        bool whole = false;
        if (bytes) {
            TRY_ASSIGN(whole, decode_manifest(*bytes, path, manifest));
        }
        copy.state = whole ? CopyState::Whole : CopyState::Damaged;
        copy.generation = manifest.generation;
        if (whole && (!any || manifest.generation > best.generation)) {
            best = std::move(manifest);
            any = true;
        }
    }
    return out;
}

Result<> read_through(Disk& disk, const std::string& path) {
    constexpr std::size_t piece = 1024 * 1024;
    TRY_ASSIGN(const auto file, disk.open(path, OpenMode::Read));
    Bytes room(piece);
    for (std::uint64_t at = 0;; at += piece) {
        TRY_ASSIGN(const std::size_t got, file->read(at, room));
        if (got < piece) {
            return {};
        }
    }
}

// What the foot of a segment says; nothing if it was not finished, or of an older version.
std::optional<SegmentSummary> read_foot(Disk& disk, const std::string& path) {
    const auto file = disk.open(path, OpenMode::Read);
    const auto size = file ? (*file)->size() : std::unexpected(file.error());
    Bytes bytes(sizeof(SegmentFoot));
    SegmentFoot foot;
    if (!size || *size < bytes.size() || !(*file)->read(*size - bytes.size(), bytes) ||
        !copy_struct(bytes, 0, foot) || foot.magic != segment_foot_magic ||
        foot.crc != checksum(foot)) {
        return std::nullopt;
    }
    return foot.summary;
}

class ContentsReader {
public:
    ContentsReader(Disk& disk, const std::string& folder, Log& log, ReadOptions options)
        : disk_(disk), log_(log), options_(options) {
        out_.folder = folder;
    }

    Result<Contents> run() {
        TRY_ASSIGN(out_.copies, read_copies(disk_, out_.folder, out_.manifest));
        TRY_ASSIGN(names_, disk_.list(out_.folder));
        const bool any = std::ranges::any_of(
            out_.copies, [](const ManifestCopy& copy) { return copy.state == CopyState::Whole; });
        const bool damaged = std::ranges::any_of(
            out_.copies, [](const ManifestCopy& copy) { return copy.state == CopyState::Damaged; });
        const bool segments = std::ranges::any_of(
            names_, [](const std::string& name) { return segment_number(name).has_value(); });
        out_.rebuilt = !any && (damaged || segments);
        if (out_.rebuilt) {
            TRY(rebuild_manifest());
        }
        TRY(read_journal());
        TRY(open_segments());
        sort_out_files();
        return read_catalogue();
    }

private:
    // Without a manifest: what the feet of the segments say, in the order of their records.
    Result<> rebuild_manifest() {
        std::vector<Manifest::Entry> unknown;
        for (const std::string& name : names_) {
            const auto number = segment_number(name);
            if (!number) {
                continue;
            }
            Manifest::Entry entry;
            entry.number = *number;
            out_.manifest.next_number = std::max(out_.manifest.next_number, *number + 1);
            const auto summary = read_foot(disk_, out_.folder + "/" + name);
            (summary ? out_.manifest.segments : unknown).push_back(entry);
            if (summary) {
                out_.manifest.segments.back().summary = *summary;
                out_.manifest.flushed = std::max(out_.manifest.flushed, summary->last_lsn);
            }
        }
        // Where the order of a segment is not known, rows that were erased may come back, which is
        // better than to lose others.
        for (Manifest::Entry& entry : unknown) {
            auto file = Segment::open(disk_, segment_path(out_.folder, entry.number), log_,
                                      *out_.damaged_blocks);
            if (!file) {
                if (file.error().code == Code::Unsupported) {
                    return std::unexpected(file.error());
                }
                continue;
            }
            entry.summary = (*file)->summary();
            entry.summary.last_lsn = out_.manifest.flushed;
            if (entry.summary.rows > 0) {
                out_.manifest.segments.push_back(entry);
            }
        }
        std::ranges::sort(out_.manifest.segments, {}, [](const Manifest::Entry& entry) {
            return std::pair(entry.summary.last_lsn, entry.number);
        });
        std::uint64_t rows = 0;
        auto scan = journal::scan_folder(disk_, out_.folder + "/journal",
                                         [&](const journal::Record& record) -> Result<> {
                                             SampleBatch batch;
                                             if (record.lsn <= out_.manifest.flushed &&
                                                 decode_batch(record.type, record.payload, batch)) {
                                                 rows += batch.size();
                                             }
                                             return {};
                                         });
        if (!scan) {
            return {};
        }
        if (is_before_first_manifest(*scan, rows)) {
            out_.manifest = {};
            out_.rebuilt = false;
            return {};
        }
        // Records that the journal still has are replayed once more: that changes nothing, and a
        // segment may be missing that was to hold some of them. But numbers must go on behind those
        // of all segments.
        if (scan->first != 0 && scan->last >= out_.manifest.flushed) {
            out_.manifest.flushed = std::min(out_.manifest.flushed, scan->first - 1);
        }
        return {};
    }

    // Whether the segments are those of the first flush of all, which a manifest is still to be
    // written for: then the journal has every row of them.
    bool is_before_first_manifest(const journal::FolderScan& scan,
                                  std::uint64_t journal_rows) const {
        std::uint64_t rows = 0;
        for (const Manifest::Entry& entry : out_.manifest.segments) {
            if (!read_foot(disk_, segment_path(out_.folder, entry.number))) {
                continue;  // not finished
            }
            if (entry.summary.last_lsn == 0) {
                return false;  // rows of a backfill were never in the journal
            }
            rows += entry.summary.rows;
        }
        const bool damaged = std::ranges::any_of(
            out_.copies, [](const ManifestCopy& copy) { return copy.state == CopyState::Damaged; });
        return !damaged && scan.first == 1 && scan.missing.empty() && rows <= journal_rows &&
               scan.last >= out_.manifest.flushed;
    }

    Result<> take(const journal::Record& record) {
        if (record.lsn <= out_.manifest.flushed) {
            return {};
        }
        Erase erase;
        SampleBatch batch;
        if (record.type == erase_record && decode_erase(record.payload, erase)) {
            if (options_.journal_in_memory) {
                out_.memory->erase(erase.series, erase.range, record.lsn);
            }
            out_.manifest.tombstones.push_back({erase.series, erase.range, record.lsn});
        } else if (decode_batch(record.type, record.payload, batch)) {
            out_.journal_rows.count(batch, record.lsn);
            if (options_.journal_in_memory) {
                out_.memory->add(batch, record.lsn);
            }
        } else {
            out_.bad_records.push_back(std::format("record {} of the journal", record.lsn));
        }
        return {};
    }

    Result<> read_journal() {
        if (!options_.journal_in_memory) {
            TRY(out_.journal_rows.hold(disk_, out_.folder + "/journal"));
        }
        auto scan =
            journal::scan_folder(disk_, out_.folder + "/journal",
                                 [this](const journal::Record& record) { return take(record); });
        if (scan) {
            out_.journal = std::move(*scan);
            return options_.journal_in_memory || out_.journal_rows.holds(out_.journal)
                       ? Result<>()
                       : fail(Code::NotFound, "the journal in {} moved on", out_.folder);
        }
        TRY_ASSIGN(const bool there, disk_.exists(out_.folder + "/journal"));
        return there ? Result<>(std::unexpected(scan.error())) : Result<>();
    }

    Result<> open_segments() {
        for (Manifest::Entry& entry : out_.manifest.segments) {
            const std::string path = segment_path(out_.folder, entry.number);
            const auto readable = options_.read_all ? read_through(disk_, path) : Result<>();
            auto file =
                readable
                    ? Segment::open(disk_, path, log_, *out_.damaged_blocks)
                    : Result<std::shared_ptr<const Segment>>(std::unexpected(readable.error()));
            if (!file && file.error().code == Code::Unsupported) {
                return std::unexpected(file.error());
            }
            if (!file) {
                out_.unreadable.push_back({entry, file.error()});
                continue;
            }
            if (entry.summary.blocks == 0) {
                // A manifest of version 1 did not say.
                const Lsn last_lsn = entry.summary.last_lsn;
                entry.summary = (*file)->summary();
                entry.summary.last_lsn = last_lsn;
            }
            out_.segments.push_back({std::move(*file), entry});
        }
        out_.tombstones = Tombstones(out_.manifest.tombstones);
        return {};
    }

    void sort_out_files() {
        std::set<std::uint64_t> named;
        for (const Manifest::Entry& entry : out_.manifest.segments) {
            named.insert(entry.number);
        }
        for (const std::string& name : names_) {
            const auto number = segment_number(name);
            const bool copy = std::ranges::find(manifest_copies, name) != manifest_copies.end();
            const bool unfinished =
                std::ranges::any_of(manifest_copies, [&name](std::string_view manifest) {
                    return name == std::string(manifest) + ".tmp";
                });
            if ((number && !named.contains(*number)) || unfinished) {
                out_.strangers.push_back(name);
            } else if (!number && !copy) {
                out_.unknown.push_back(name);
            }
        }
    }

    Result<Contents> read_catalogue() {
        const std::string path = out_.folder + "/catalogue";
        TRY_ASSIGN(const bool there, disk_.exists(path));
        if (there) {
            TRY_ASSIGN(out_.catalogue,
                       journal::scan_folder(disk_, path, [this](const journal::Record& record) {
                           if (!out_.names.add(record)) {
                               out_.bad_records.push_back(
                                   std::format("record {} of the catalogue", record.lsn));
                           }
                           return Result<>();
                       }));
            // It is never released, so its first record is there as long as nothing is lost.
            if (out_.catalogue.first > 1) {
                out_.catalogue.missing.insert(out_.catalogue.missing.begin(),
                                              {1, out_.catalogue.first - 1});
            }
        }
        const Lsn flushed = out_.manifest.flushed;
        if (out_.journal.first > flushed + 1) {
            out_.journal.missing.insert(out_.journal.missing.begin(),
                                        {flushed + 1, out_.journal.first - 1});
        }
        // What is in segments is needed no more.
        std::erase_if(out_.journal.missing,
                      [flushed](const journal::LsnRange& range) { return range.last <= flushed; });
        for (journal::LsnRange& range : out_.journal.missing) {
            range.first = std::max(range.first, flushed + 1);
        }
        return std::move(out_);
    }

    Disk& disk_;
    Log& log_;
    ReadOptions options_;
    std::vector<std::string> names_;
    Contents out_;
};

Result<std::uint64_t> generation_of(Disk& disk, const std::string& folder) {
    Manifest manifest;
    TRY(read_copies(disk, folder, manifest));
    return manifest.generation;
}

// What may look damaged only because it was being written.
std::vector<std::uint64_t> doubts(const Contents& contents) {
    std::vector<std::uint64_t> out;
    for (const journal::FolderScan* scan : {&contents.journal, &contents.catalogue}) {
        for (const journal::FolderScan::File& file : scan->files) {
            for (const journal::Damage& damage : file.scan.damage) {
                if (!damage.torn_tail) {
                    out.push_back(damage.offset);
                }
            }
        }
        for (const journal::LsnRange& range : scan->missing) {
            out.push_back(range.first);
            out.push_back(range.last);
        }
    }
    for (const Contents::Unreadable& segment : contents.unreadable) {
        out.push_back(segment.entry.number);
    }
    for (const ManifestCopy& copy : contents.copies) {
        if (copy.state != CopyState::Whole) {
            out.push_back(out.size());
        }
    }
    return out;
}

}  // namespace

Result<Contents> read_contents(Disk& disk, const std::string& folder, Log& log,
                               ReadOptions options) {
    bool there = false;
    for (const std::string_view name : {"MANIFEST", "MANIFEST.copy", "journal", "catalogue"}) {
        TRY_ASSIGN(const bool found, disk.exists(folder + "/" + std::string(name)));
        there = there || found;
    }
    if (!there) {
        return fail(Code::NotFound, "there is no store in {}", folder);
    }
    std::optional<std::vector<std::uint64_t>> doubts_before;
    for (int tries = 1;; ++tries) {
        auto out = ContentsReader(disk, folder, log, options).run();
        if (!out && (out.error().code != Code::NotFound || tries == tries_max)) {
            return out;
        }
        if (!out) {
            continue;  // a file went away between being listed and being read
        }
        TRY_ASSIGN(const std::uint64_t generation, generation_of(disk, folder));
        const bool moved = generation != out->manifest.generation;
        auto doubts_now = doubts(*out);
        const bool settled = doubts_now.empty() || doubts_before == doubts_now;
        if ((settled && !moved) || tries == tries_max) {
            return out;
        }
        doubts_before = std::move(doubts_now);
    }
}

Result<> Contents::load_journal(std::span<const SeriesId> series, TimeRange range) {
    memory = std::make_unique<Memtable>();
    return journal_rows.read(series, range, tombstones, *memory);
}

std::vector<SeriesId> Contents::series_with_rows() const {
    std::vector<bool> has;
    const auto note = [&has](std::uint32_t series) {
        if (series >= has.size()) {
            has.resize(std::size_t{series} + 1);
        }
        has[series] = true;
    };
    journal_rows.each_series(note);
    std::vector<BlockEntry> entries;
    for (const LiveSegment& segment : segments) {
        for (std::size_t page = 0; page < segment.file->pages().size(); ++page) {
            segment.file->read_page(page, entries);
            for (const BlockEntry& entry : entries) {
                note(entry.series);
            }
        }
    }
    std::vector<SeriesId> out;
    for (std::uint32_t series = 0; series < has.size(); ++series) {
        if (has[series]) {
            out.push_back(SeriesId{series});
        }
    }
    return out;
}

bool Contents::scan(SeriesId series, TimeRange range, const ChunkVisitor& visit,
                    const std::function<void(const Segment&, const BlockEntry&)>& on_damage) const {
    std::vector<Cursor> cursors;
    std::vector<std::unique_ptr<Columns>> rooms;
    std::vector<std::vector<BlockEntry>> blocks;  // that can be read
    blocks.reserve(segments.size());
    Columns rows;
    for (const LiveSegment& segment : segments) {
        if (segment.entry.summary.last < range.from || segment.entry.summary.first >= range.to) {
            continue;
        }
        std::vector<BlockEntry>& good = blocks.emplace_back();
        IndexReader index(*segment.file);
        for (const BlockEntry& entry : index.blocks(series, range)) {
            if (segment.file->read(entry, rows)) {
                good.push_back(entry);
            } else if (on_damage) {
                on_damage(*segment.file, entry);
            }
        }
        const auto left = remaining(tombstones.of(series), segment.entry.summary.last_lsn, range);
        for (const TimeRange& part : left) {
            const auto from = std::ranges::lower_bound(good, part.from, {}, &BlockEntry::last);
            const auto to =
                std::ranges::lower_bound(from, good.end(), part.to, {}, &BlockEntry::first);
            if (from < to) {
                rooms.push_back(std::make_unique<Columns>());
                cursors.emplace_back(*segment.file, std::span(from, to), part, *rooms.back());
            }
        }
    }
    rooms.push_back(std::make_unique<Columns>());
    memory->read(series, range, *rooms.back());
    cursors.emplace_back(*rooms.back());
    return merge(series, cursors, visit);
}

}  // namespace gantry::store
