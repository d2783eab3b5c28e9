// SPDX-License-Identifier: Apache-2.0
#include "store/inspect.h"

#include <algorithm>
#include <map>

#include "store/segment_format.h"
#include "store/segment_set.h"

namespace gantry::store {

std::string quarantine_folder(const std::string& folder) { return folder + "/quarantine"; }

std::string kept_name(std::string_view journal, std::string_view file) {
    return std::format("{}-{}", journal, file);
}

std::string note_name(std::string_view journal, journal::LsnRange lost) {
    return std::format("{}-lost-{}-{}.txt", journal, lost.first, lost.last);
}

namespace {

std::string span_text(Time first, Time last) {
    return std::format("from {} to {}", format_time(first), format_time(last));
}

class Inspection {
public:
    Inspection(Disk& disk, const Contents& contents) : disk_(disk), contents_(contents) {}

    Result<StoreReport> run() {
        out_.folder = contents_.folder;
        out_.copies = contents_.copies;
        out_.manifest_lost = contents_.rebuilt;
        out_.manifest = contents_.manifest;
        out_.bad_records = contents_.bad_records;
        out_.strangers = contents_.strangers;
        out_.unknown = contents_.unknown;
        out_.series = contents_.names.size();
        for (const Manifest::Entry& entry : contents_.manifest.segments) {
            inspect_segment(entry);
        }
        TRY_ASSIGN(out_.journal,
                   inspect_journal("journal", contents_.journal, contents_.manifest.flushed));
        TRY_ASSIGN(out_.catalogue, inspect_journal("catalogue", contents_.catalogue, 0));
        out_.journal_rows = contents_.journal_rows.rows();
        for (const JournalFileReport& file : out_.journal.files) {
            out_.journal_bytes += file.bytes;
        }
        find_nameless();
        return std::move(out_);
    }

private:
    void inspect_segment(const Manifest::Entry& entry) {
        SegmentReport& report = out_.segments.emplace_back();
        report.entry = entry;
        report.file = segment_path("", entry.number).substr(1);
        for (const Contents::Unreadable& unreadable : contents_.unreadable) {
            if (unreadable.entry.number == entry.number) {
                report.missing = unreadable.why.code == Code::NotFound;
                report.unreadable = report.missing ? "" : unreadable.why.message;
                return;
            }
        }
        const auto& segments = contents_.segments;
        const auto live = std::ranges::find_if(segments, [&entry](const LiveSegment& segment) {
            return segment.entry.number == entry.number;
        });
        const Segment& file = *live->file;
        report.bytes = file.bytes();
        std::uint64_t rows_found = file.summary().rows;
        for (const SegmentDamage& damage : file.check()) {
            FileDamage& told = report.damage.emplace_back();
            told.offset = damage.offset;
            told.bytes = damage.bytes;
            if (damage.block.rows == 0) {
                told.what = damage.what + ": what it says is known from elsewhere";
                continue;
            }
            const SeriesId series{damage.block.series};
            told.lost = LostRows{series, contents_.names.describe(series), damage.block.rows,
                                 damage.block.first, damage.block.last};
            told.what = std::format("block of {}: {} rows {}", told.lost->key, told.lost->rows,
                                    span_text(told.lost->first, told.lost->last));
        }
        if (rows_found < entry.summary.rows) {
            report.rows_missing = entry.summary.rows - rows_found;
        }
        out_.segment_rows += entry.summary.rows;
        out_.segment_blocks += entry.summary.blocks;
        out_.segment_bytes += report.bytes;
    }

    Result<JournalReport> inspect_journal(const std::string& name, const journal::FolderScan& scan,
                                          Lsn flushed) {
        JournalReport report;
        report.name = name;
        const std::string quarantine = quarantine_folder(contents_.folder);
        for (const journal::FolderScan::File& file : scan.files) {
            JournalFileReport& told = report.files.emplace_back();
            told.file = file.name;
            told.bytes = file.bytes;
            told.first = file.scan.first_record;
            told.last = file.scan.last;
            told.records = file.scan.records;
            for (const journal::Damage& damage : file.scan.damage) {
                JournalFileReport::Stretch stretch{damage, false, false};
                stretch.needed = !damage.torn_tail && (told.last == 0 || told.last > flushed);
                if (stretch.needed) {
                    TRY_ASSIGN(stretch.kept, is_kept(name, damage));
                }
                told.damage.push_back(std::move(stretch));
            }
        }
        for (const journal::LsnRange& range : scan.missing) {
            TRY_ASSIGN(const bool kept, disk_.exists(quarantine + "/" + note_name(name, range)));
            report.lost.push_back({range, kept});
        }
        return report;
    }

    // Whether the quarantine has a copy with the same damage.
    Result<bool> is_kept(const std::string& name, const journal::Damage& damage) {
        const std::string copy =
            quarantine_folder(contents_.folder) + "/" + kept_name(name, damage.file);
        TRY_ASSIGN(const bool there, disk_.exists(copy));
        if (!there) {
            return false;
        }
        TRY_ASSIGN(const Bytes kept, read_file(disk_, copy, UINT64_MAX));
        TRY_ASSIGN(const Bytes now,
                   read_file(disk_, contents_.folder + "/" + name + "/" + damage.file, UINT64_MAX));
        const std::uint64_t end = damage.offset + damage.bytes;
        return kept.size() >= end && now.size() >= end &&
               std::ranges::equal(ByteView(kept).subspan(damage.offset, damage.bytes),
                                  ByteView(now).subspan(damage.offset, damage.bytes));
    }

    // Rows whose series the catalogue does not know any more.
    void find_nameless() {
        std::map<std::uint32_t, SeriesWithoutName> found;
        std::vector<BlockEntry> entries;
        Columns rows;
        const auto note = [&](SeriesId series, ValueType type, std::uint64_t count, Time first,
                              Time last) {
            SeriesWithoutName& out = found[series.value];
            out.series = series;
            out.type = type == ValueType::Null ? out.type : type;
            out.rows += count;
            out.first = std::min(out.first, first);
            out.last = std::max(out.last, last);
        };
        for (const LiveSegment& segment : contents_.segments) {
            for (std::size_t page = 0; page < segment.file->pages().size(); ++page) {
                segment.file->read_page(page, entries);
                for (const BlockEntry& entry : entries) {
                    const SeriesId series{entry.series};
                    if (!contents_.names.has(series) && segment.file->read(entry, rows)) {
                        note(series, rows.type, entry.rows, entry.first, entry.last);
                    }
                }
            }
        }
        contents_.memory->each_series([&](SeriesId series) {
            if (!contents_.names.has(series)) {
                contents_.memory->read(series, {}, rows);
                if (!rows.empty()) {
                    note(series, rows.type, rows.size(), rows.time.front(), rows.time.back());
                }
            }
            return true;
        });
        for (const auto& [number, series] : found) {
            out_.nameless.push_back(series);
        }
    }

    Disk& disk_;
    const Contents& contents_;
    StoreReport out_;
};

void tell_segment(const SegmentReport& segment, std::vector<std::string>& out) {
    const SegmentSummary& summary = segment.entry.summary;
    if (segment.missing) {
        out.push_back(std::format("{} is missing: {} rows {}", segment.file, summary.rows,
                                  span_text(summary.first, summary.last)));
    }
    if (!segment.unreadable.empty()) {
        out.push_back(std::format("{} cannot be read: {}", segment.file, segment.unreadable));
    }
    for (const FileDamage& damage : segment.damage) {
        out.push_back(std::format("{}: {} bytes at {} are damaged: {}", segment.file, damage.bytes,
                                  damage.offset, damage.what));
    }
    if (segment.rows_missing > 0) {
        out.push_back(std::format("{}: {} of {} rows are not found; of whom is not known",
                                  segment.file, segment.rows_missing, summary.rows));
    }
}

void tell_journal(const JournalReport& journal, std::vector<std::string>& out) {
    for (const JournalFileReport& file : journal.files) {
        for (const auto& stretch : file.damage) {
            if (stretch.needed && !stretch.kept) {
                out.push_back(std::format("{}/{}: {} bytes at {} are damaged", journal.name,
                                          file.file, stretch.damage.bytes, stretch.damage.offset));
            }
        }
    }
    for (const LostRecords& lost : journal.lost) {
        if (!lost.kept) {
            out.push_back(std::format("{}: records {} to {} are gone", journal.name,
                                      lost.range.first, lost.range.last));
        }
    }
}

}  // namespace

bool JournalReport::healthy() const {
    std::vector<std::string> problems;
    tell_journal(*this, problems);
    return problems.empty();
}

std::vector<std::string> StoreReport::problems() const {
    std::vector<std::string> out;
    for (const ManifestCopy& copy : copies) {
        if (copy.state == CopyState::Damaged) {
            out.push_back(std::format("{} is damaged{}", copy.name,
                                      manifest_lost ? "" : "; the other copy is whole"));
        } else if (copy.state == CopyState::Missing && manifest_lost) {
            out.push_back(copy.name + " is missing");
        }
    }
    if (manifest_lost) {
        out.push_back(std::format("no copy of the manifest is whole, and there are {} segments: do "
                                  "not start gantryd before it is repaired",
                                  segments.size()));
    }
    for (const SegmentReport& segment : segments) {
        tell_segment(segment, out);
    }
    tell_journal(journal, out);
    tell_journal(catalogue, out);
    for (const std::string& record : bad_records) {
        out.push_back(record + " has a good checksum and cannot be read");
    }
    for (const SeriesWithoutName& one : nameless) {
        out.push_back(std::format("series {} has {} rows {} and no name", one.series.value,
                                  one.rows, span_text(one.first, one.last)));
    }
    return out;
}

bool StoreReport::healthy() const { return problems().empty(); }

Result<StoreReport> inspect(Disk& disk, const std::string& folder, Log& log) {
    TRY_ASSIGN(const Contents contents, read_contents(disk, folder, log, {.read_all = true}));
    return Inspection(disk, contents).run();
}

namespace {

void count_blocks(const Contents& contents, std::map<std::uint32_t, SeriesUse>& by_series,
                  StoreUse& out) {
    std::vector<BlockEntry> entries;
    for (const LiveSegment& segment : contents.segments) {
        for (std::size_t page = 0; page < segment.file->pages().size(); ++page) {
            segment.file->read_page(page, entries);
            for (const BlockEntry& entry : entries) {
                SeriesUse& use = by_series[entry.series];
                use.rows += entry.rows;
                use.bytes += entry.bytes;
                ++use.blocks;
                out.block_bytes += entry.bytes;
                out.roll_up_bytes += entry.roll_up_bytes();
            }
        }
    }
}

void count_codecs(const Contents& contents, StoreUse& out) {
    std::map<std::pair<BlockColumn, std::string>, CodecUse> all;
    const auto note = [&all](BlockColumn column, const std::string& codec, std::size_t values,
                             std::size_t bytes) {
        CodecUse& use = all[{column, codec}];
        ++use.blocks;
        use.values += values;
        use.bytes += bytes;
    };
    std::vector<BlockEntry> entries;
    Columns rows;
    for (const LiveSegment& segment : contents.segments) {
        for (std::size_t page = 0; page < segment.file->pages().size(); ++page) {
            segment.file->read_page(page, entries);
            for (const BlockEntry& entry : entries) {
                const ByteView block = segment.file->raw(entry);
                if (block.empty() && segment.file->read(entry, rows)) {
                    note(BlockColumn::Value, "unknown", entry.rows, entry.bytes);
                } else if (block.empty() ||
                           !visit_columns(
                               block.subspan(sizeof(BlockHeader)), [&note](const ColumnUse& use) {
                                   note(use.column, codec_name(use.codec), use.values, use.bytes);
                               })) {
                    ++out.blocks_damaged;
                }
            }
        }
    }
    for (auto& [key, use] : all) {
        use.column = key.first;
        use.codec = key.second;
        out.codecs.push_back(use);
    }
    std::ranges::stable_sort(out.codecs, [](const CodecUse& a, const CodecUse& b) {
        return a.column != b.column ? a.column < b.column : a.bytes > b.bytes;
    });
}

void count_partitions(const Contents& contents, Duration length, StoreUse& out) {
    std::map<std::pair<bool, std::int64_t>, PartitionUse> partitions;
    for (const LiveSegment& segment : contents.segments) {
        const SegmentSummary& summary = segment.entry.summary;
        const std::int64_t first = partition_of(summary.first, length);
        const bool several = partition_of(summary.last, length) != first;
        PartitionUse& use = partitions[{several, several ? 0 : first}];
        if (use.segments == 0 || several) {
            use.begin = several && use.segments > 0 ? std::min(use.begin, summary.first)
                        : several                   ? summary.first
                                                    : first * length.count();
            use.end = several && use.segments > 0 ? std::max(use.end, summary.last)
                      : several                   ? summary.last
                                                  : use.begin + length.count();
        }
        ++use.segments;
        use.rows += summary.rows;
        use.bytes += segment.file->bytes();
    }
    for (const auto& [key, use] : partitions) {
        out.partitions.push_back(use);
    }
}

}  // namespace

Result<StoreUse> measure(Disk& disk, const std::string& folder, Log& log, MeasureOptions options) {
    TRY_ASSIGN(const Contents contents,
               read_contents(disk, folder, log, {.journal_in_memory = false}));
    StoreUse out;
    out.folder = folder;
    out.series = contents.names.size();
    out.segments = contents.segments.size();
    out.segments_unreadable = contents.unreadable.size();
    out.tombstones = contents.tombstones.all().size();
    for (const LiveSegment& segment : contents.segments) {
        const SegmentSummary& summary = segment.entry.summary;
        out.rows += summary.rows;
        out.blocks += summary.blocks;
        out.segment_bytes += segment.file->bytes();
        out.index_memory += segment.file->memory_bytes();
        out.first = std::min(out.first, summary.first);
        out.last = std::max(out.last, summary.last);
    }
    out.journal_rows = contents.journal_rows.rows();
    out.first = std::min(out.first, contents.journal_rows.first());
    out.last = std::max(out.last, contents.journal_rows.last());
    for (const auto& file : contents.journal.files) {
        out.journal_bytes += file.bytes;
    }
    for (const auto& file : contents.catalogue.files) {
        out.catalogue_bytes += file.bytes;
    }
    out.names_memory = contents.names.bytes();
    out.rows_memory = contents.journal_rows.bytes();

    std::map<std::uint32_t, SeriesUse> by_series;
    count_blocks(contents, by_series, out);
    std::map<ValueType, TypeUse> by_type;
    for (std::uint64_t number = 0; number < contents.names.end(); ++number) {
        if (const ValueType type =
                contents.names.type(SeriesId{static_cast<std::uint32_t>(number)});
            type != ValueType::Null) {
            ++by_type[type].series;
        }
    }
    for (auto& [number, use] : by_series) {
        use.series = SeriesId{number};
        use.type = contents.names.type(use.series);
        by_type[use.type].rows += use.rows;
        by_type[use.type].bytes += use.bytes;
        out.largest.push_back(use);
    }
    for (auto& [type, use] : by_type) {
        use.type = type;
        out.types.push_back(use);
    }
    const auto shown = std::min(options.largest_max, out.largest.size());
    std::ranges::partial_sort(out.largest, out.largest.begin() + static_cast<std::ptrdiff_t>(shown),
                              [](const SeriesUse& a, const SeriesUse& b) {
                                  return a.bytes != b.bytes ? a.bytes > b.bytes
                                                            : a.series.value < b.series.value;
                              });
    out.largest.resize(shown);
    for (SeriesUse& use : out.largest) {
        use.key = contents.names.describe(use.series);
    }
    count_partitions(contents, options.partition, out);
    if (options.codecs) {
        count_codecs(contents, out);
    }
    return out;
}

}  // namespace gantry::store
