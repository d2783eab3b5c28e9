// SPDX-License-Identifier: Apache-2.0
#include "cli/store_export.h"

#include <fnmatch.h>

#include <algorithm>
#include <format>
#include <optional>
#include <set>

#include "base/mapping_faults.h"
#include "cli/context.h"
#include "cli/destination.h"
#include "cli/progress.h"
#include "cli/store_folder.h"
#include "store/repair.h"

namespace gantry::cli {

void append_csv_field(std::string& out, std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
        out += text;
        return;
    }
    out += '"';
    for (const char c : text) {
        out += c == '"' ? "\"\"" : std::string_view(&c, 1);
    }
    out += '"';
}

namespace {

constexpr std::size_t piece_bytes = 256 * 1024;

// Rows of the journal that are held at once: as many bytes, and as many series. The part of one
// series that is being written takes as much again.
constexpr std::uint64_t journal_bytes_max = 16 * 1024 * 1024;
constexpr std::size_t journal_series_max = 50'000;

class Exporter {
public:
    Exporter(Context& context, store::Contents& contents, TimeRange range, Destination& destination)
        : context_(context),
          contents_(contents),
          range_(range),
          destination_(destination),
          progress_(context.out, context.clock, "exporting", 0, "rows") {}

    Result<> run(const std::vector<std::string>& patterns) {
        text_ = "time,key,type,value,quality\n";
        tell_what_is_not_there();
        std::vector<SeriesId> wanted = contents_.series_with_rows();
        std::erase_if(wanted, [&](SeriesId series) { return !matches(key_of(series), patterns); });
        for (std::size_t at = 0; at < wanted.size();) {
            const std::size_t end = group_end(wanted, at);
            if (end == at) {
                TRY(export_in_parts(wanted[at++]));
                continue;
            }
            TRY(contents_.load_journal(std::span(wanted).subspan(at, end - at), range_));
            for (; at < end; ++at) {
                TRY(export_series(wanted[at], range_));
            }
        }
        if (contents_.damaged_blocks->value() > damaged_) {
            tell(
                "a part of a segment could be read a moment ago and no more: its rows are missing");
        }
        return destination_.write(context_.out, text_);
    }

    std::uint64_t rows() const { return rows_; }
    std::uint64_t series() const { return series_; }
    std::uint64_t problems() const { return problems_; }

private:
    void tell(std::string_view text) {
        context_.out.warn(text);
        ++problems_;
    }

    void tell_what_is_not_there() {
        if (contents_.rebuilt) {
            context_.out.warn("the manifest is lost: rows that were erased may be among these");
        }
        for (const auto& segment : contents_.unreadable) {
            const store::SegmentSummary& summary = segment.entry.summary;
            tell(std::format("{}: without {} rows from {} to {}", segment.why.message, summary.rows,
                             format_time(summary.first), format_time(summary.last)));
        }
        for (const journal::LsnRange& range : contents_.journal.missing) {
            tell(std::format("records {} to {} of the journal are gone", range.first, range.last));
        }
        for (const store::LiveSegment& segment : contents_.segments) {
            const std::uint64_t found = segment.file->summary().rows;
            if (found < segment.entry.summary.rows) {
                tell(std::format("{}: {} rows are not found", segment.file->path(),
                                 segment.entry.summary.rows - found));
            }
        }
    }

    std::string key_of(SeriesId series) const {
        return contents_.names.has(series) ? std::string(contents_.names.key(series))
                                           : store::recovered_key(series);
    }

    static bool matches(const std::string& key, const std::vector<std::string>& patterns) {
        return patterns.empty() ||
               std::ranges::any_of(patterns, [&key](const std::string& pattern) {
                   return fnmatch(pattern.c_str(), key.c_str(), 0) == 0;
               });
    }

    // Series from there on whose rows of the journal may be held together; none if those of the
    // first are too many by themselves.
    std::size_t group_end(const std::vector<SeriesId>& series, std::size_t at) const {
        std::uint64_t bytes = 0;
        std::size_t end = at;
        for (; end < series.size() && end - at < journal_series_max; ++end) {
            bytes += contents_.journal_rows.bytes(series[end]);
            if (bytes > journal_bytes_max) {
                break;
            }
        }
        return end;
    }

    Result<> export_in_parts(SeriesId series) {
        TRY_ASSIGN(const auto parts,
                   contents_.journal_rows.split(series, range_, journal_bytes_max));
        for (const TimeRange& part : parts) {
            TRY(contents_.load_journal(std::span(&series, 1), part));
            TRY(export_series(series, part));
        }
        return {};
    }

    Result<> export_series(SeriesId series, TimeRange range) {
        const std::string key = key_of(series);
        std::string field;
        append_csv_field(field, key);
        Result<> written;
        const auto visit = [&](const store::Chunk& chunk) {
            for (std::size_t i = 0; i < chunk.size() && written; ++i) {
                append_row(chunk.row(i), field);
                if (text_.size() >= piece_bytes) {
                    written = hand_on();
                }
            }
            return written.has_value();
        };
        (void)contents_.scan(
            series, range, visit,
            [&](const store::Segment& segment, const store::BlockEntry& block) {
                ++damaged_;
                if (!told_.emplace(segment.path(), block.offset).second) {
                    return;  // in an earlier part of the series
                }
                tell(std::format("{} at {}: {} rows of {} from {} to {} cannot be read",
                                 segment.path(), block.offset, block.rows, key,
                                 format_time(block.first), format_time(block.last)));
            });
        return written;
    }

    void append_row(const Row& row, std::string_view key) {
        series_ += last_series_ == row.series ? 0 : 1;
        last_series_ = row.series;
        text_ += format_time(row.time);
        text_ += ',';
        text_ += key;
        text_ += ',';
        text_ += row.type == ValueType::Null ? "" : value_type_name(row.type);
        text_ += ',';
        append_csv_field(text_, to_text(row.value()));
        text_ += ',';
        text_ += quality_name(row.quality);
        text_ += '\n';
        ++rows_;
    }

    Result<> hand_on() {
        TRY(destination_.write(context_.out, text_));
        text_.clear();
        progress_.at(rows_);
        return context_.loop.interrupted() ? fail(Code::Cancelled, "stopped") : Result<>{};
    }

    Context& context_;
    store::Contents& contents_;
    TimeRange range_;
    Destination& destination_;
    Progress progress_;
    std::string text_;
    std::uint64_t rows_ = 0;
    std::uint64_t series_ = 0;
    std::uint64_t problems_ = 0;
    std::uint64_t damaged_ = 0;  // blocks, as often as they were read
    std::optional<SeriesId> last_series_;
    std::set<std::pair<std::string, std::uint64_t>> told_;  // damaged blocks: file, offset
};

Result<Time> time_or(Context& context, const Arguments& arguments, std::string_view name,
                     Time otherwise) {
    const auto text = arguments.text(name);
    return text ? parse_time_or_relative(*text, context.clock.now()) : Result<Time>(otherwise);
}

Result<> export_store(Context& context, const Arguments& arguments) {
    RealDisk disk;
    TRY_ASSIGN(const StoreFolder folder, find_store(disk, arguments));
    TimeRange range;
    TRY_ASSIGN(range.from, time_or(context, arguments, "--from", time_min));
    TRY_ASSIGN(range.to, time_or(context, arguments, "--to", time_max));
    const std::string path = arguments.text_or("--output", "-");
    if (path == "-" && context.out.for_programs()) {
        return fail(Code::InvalidArgument, "--json needs --output FILE: values and the report "
                                           "cannot both go to standard output");
    }
    Destination destination(path);
    TRY(destination.open(arguments.has("--yes")));
    Silence silence;
    Log log(context.clock, silence);
    const MappingFaults faults;
    TRY_ASSIGN(store::Contents contents,
               store::read_contents(disk, folder.store, log, {.journal_in_memory = false}));
    Exporter exporter(context, contents, range, destination);
    TRY(exporter.run(arguments.list("--series")));
    TRY(destination.finish());
    TRY(show_done(context,
                  std::format("Wrote {} rows of {} series", grouped(exporter.rows()),
                              grouped(exporter.series())),
                  {{"file", path},
                   {"rows", exporter.rows()},
                   {"series", exporter.series()},
                   {"problems", exporter.problems()}}));
    if (exporter.problems() > 0) {
        return fail(Code::Corrupt, "what could not be read is not among them; gantry store check "
                                   "says it in full");
    }
    return {};
}

}  // namespace

void add_store_export_command(std::vector<Command>& out) {
    std::vector<Parameter> parameters = folder_parameters();
    parameters.insert(
        parameters.end(),
        {{.name = "--series",
          .value = "PATTERN",
          .about = "Only series with such a key, as in 'plant*' (all)",
          .many = true},
         {.name = "--from", .value = "TIME", .about = "RFC 3339, or as in -2h (the beginning)"},
         {.name = "--to", .value = "TIME", .about = "Not included (the end)"},
         {.name = "-o,--output",
          .value = "FILE",
          .about = "Where to ('-', the default: standard output)",
          .offer = Offer::File},
         {.name = "-y,--yes", .value = "", .about = "Replace a file that is there"}});
    out.push_back(
        {.path = "store export",
         .summary = "Values out of the files of a store, without gantryd",
         .examples = "  gantry store export /var/lib/gantry -o all.csv\n"
                     "  gantry store export /var/lib/gantry --series 'recovered/*' --from -30d\n",
         .next = "gantry import csv FILE, at another server",
         .parameters = std::move(parameters),
         .run = export_store,
         .more = "The columns are time, key, type, value and quality; the key of a point's series\n"
                 "is the id of the point. What is damaged is left out and told, and the exit code\n"
                 "is 1 then. It writes nothing to the store, and may run beside gantryd.\n"});
}

}  // namespace gantry::cli
