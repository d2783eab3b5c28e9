// SPDX-License-Identifier: Apache-2.0
// The files of a store: what is in them, whether they are sound, and their repair.
#include <format>

#include "base/mapping_faults.h"
#include "cli/context.h"
#include "cli/store_documents.h"
#include "cli/store_export.h"
#include "cli/store_folder.h"
#include "cli/time_text.h"

namespace gantry::cli {
namespace {

std::string bytes_text(std::uint64_t bytes) { return rough_bytes(static_cast<double>(bytes)); }

std::string span_text(Time first, Time last) {
    return first <= last ? std::format("{} to {}", format_time(first), format_time(last)) : "";
}

// ---- check

std::string manifest_text(const store::StoreReport& report) {
    if (report.manifest_lost) {
        return "no copy is whole";
    }
    const bool both = std::ranges::all_of(report.copies, [](const store::ManifestCopy& copy) {
        return copy.state == store::CopyState::Whole;
    });
    return report.manifest.generation == 0
               ? "none yet"
               : std::format("generation {}{}", report.manifest.generation,
                             both ? ", both copies whole" : "");
}

Result<> show_report(Context& context, const store::StoreReport& report) {
    if (context.out.for_programs()) {
        return context.out.document(document_of(report));
    }
    std::uint64_t torn = 0;
    std::uint64_t kept = 0;
    for (const store::JournalReport* journal : {&report.journal, &report.catalogue}) {
        for (const store::JournalFileReport& file : journal->files) {
            for (const auto& stretch : file.damage) {
                torn += stretch.damage.torn_tail ? 1 : 0;
                kept += stretch.kept ? 1 : 0;
            }
        }
    }
    std::vector<std::pair<std::string, std::string>> fields = {
        {"store", report.folder},
        {"series", grouped(report.series)},
        {"segments", std::format("{}: {} rows in {} blocks, {}", grouped(report.segments.size()),
                                 grouped(report.segment_rows), grouped(report.segment_blocks),
                                 bytes_text(report.segment_bytes))},
        {"journal", std::format("{} files, {}: {} rows that are in no segment yet",
                                report.journal.files.size(), bytes_text(report.journal_bytes),
                                grouped(report.journal_rows))},
        {"manifest", manifest_text(report)}};
    if (torn > 0) {
        fields.emplace_back("unfinished",
                            std::format("{} writes at the end of a journal: never acknowledged, "
                                        "or not finished yet",
                                        torn));
    }
    if (kept > 0) {
        fields.emplace_back("known", std::format("{} damaged stretches that repair has named "
                                                 "before; copies are in quarantine/",
                                                 kept));
    }
    for (const std::string& name : report.strangers) {
        fields.emplace_back("left over", name + ": the next start takes it away");
    }
    for (const std::string& name : report.unknown) {
        fields.emplace_back("not ours", name);
    }
    for (const std::string& problem : report.problems()) {
        fields.emplace_back("damaged", problem);
    }
    return context.out.fields(fields);
}

Result<> check(Context& context, const Arguments& arguments) {
    RealDisk disk;
    TRY_ASSIGN(const StoreFolder folder, find_store(disk, arguments));
    Silence silence;
    Log log(context.clock, silence);
    TRY_ASSIGN(const store::StoreReport report, [&] {
        const Interruptible interruptible;
        const MappingFaults faults;
        return store::inspect(disk, folder.store, log);
    }());
    TRY(show_report(context, report));
    TRY(context.out.flush());
    const auto problems = report.problems();
    if (problems.empty()) {
        context.out.say("Healthy: everything reads back as it was written.");
        return {};
    }
    return fail(Code::Corrupt,
                "{}: see what repair would keep and lose with gantry store repair {} --dry-run",
                problems.size() == 1 ? "one thing is damaged"
                                     : std::format("{} things are damaged", problems.size()),
                folder.data);
}

// ---- stats

Table types_table(const store::StoreUse& use) {
    Table out{{{"TYPE"}, {"SERIES", true}, {"ROWS", true}, {"BYTES", true}, {"PER ROW", true}}, {}};
    for (const store::TypeUse& type : use.types) {
        out.rows.push_back(
            {type.type == ValueType::Null ? "unknown" : std::string(value_type_name(type.type)),
             grouped(type.series), grouped(type.rows), bytes_text(type.bytes),
             type.rows == 0 ? ""
                            : std::format("{:.2f}", static_cast<double>(type.bytes) /
                                                        static_cast<double>(type.rows))});
    }
    return out;
}

Table partitions_table(const store::StoreUse& use) {
    Table out{{{"FROM"}, {"TO"}, {"SEGMENTS", true}, {"ROWS", true}, {"BYTES", true}}, {}};
    for (const store::PartitionUse& partition : use.partitions) {
        out.rows.push_back({format_time(partition.begin), format_time(partition.end),
                            grouped(partition.segments), grouped(partition.rows),
                            bytes_text(partition.bytes)});
    }
    return out;
}

Table series_table(const store::StoreUse& use) {
    Table out{{{"LARGEST SERIES"}, {"TYPE"}, {"ROWS", true}, {"BYTES", true}, {"BLOCKS", true}},
              {}};
    for (const store::SeriesUse& series : use.largest) {
        out.rows.push_back({series.key, std::string(value_type_name(series.type)),
                            grouped(series.rows), bytes_text(series.bytes),
                            grouped(series.blocks)});
    }
    return out;
}

Table codecs_table(const store::StoreUse& use) {
    Table out{{{"COLUMN"},
               {"CODEC"},
               {"BLOCKS", true},
               {"VALUES", true},
               {"BYTES", true},
               {"PER VALUE", true}},
              {}};
    for (const store::CodecUse& codec : use.codecs) {
        out.rows.push_back({std::string(store::column_name(codec.column)), codec.codec,
                            grouped(codec.blocks), grouped(codec.values), bytes_text(codec.bytes),
                            std::format("{:.2f}", static_cast<double>(codec.bytes) /
                                                      static_cast<double>(codec.values))});
    }
    return out;
}

// What is not among the figures.
void tell_damage(Context& context, const store::StoreUse& use) {
    if (use.segments_unreadable > 0) {
        context.out.warn(
            std::format("{} segments cannot be read and are not counted", use.segments_unreadable));
    }
    if (use.blocks_damaged > 0) {
        context.out.warn(
            std::format("{} damaged blocks are not counted by codec", use.blocks_damaged));
    }
}

Result<> stats(Context& context, const Arguments& arguments) {
    RealDisk disk;
    TRY_ASSIGN(const StoreFolder folder, find_store(disk, arguments));
    TRY_ASSIGN(const auto top, arguments.number("--top", 0, 100'000));
    TRY_ASSIGN(const Duration partition, parse_duration(arguments.text_or("--partition", "7d")));
    if (partition <= Duration{0}) {
        return fail(Code::InvalidArgument, "--partition must be longer than nothing");
    }
    Silence silence;
    Log log(context.clock, silence);
    TRY_ASSIGN(const store::StoreUse use, [&] {
        const Interruptible interruptible;
        const MappingFaults faults;
        return store::measure(disk, folder.store, log,
                              {.largest_max = static_cast<std::size_t>(top.value_or(10)),
                               .partition = partition,
                               .codecs = arguments.has("--codecs")});
    }());
    if (context.out.for_programs()) {
        return context.out.document(document_of(use));
    }
    const double rows = static_cast<double>(std::max<std::uint64_t>(use.rows, 1));
    TRY(context.out.fields(
        {{"store", use.folder},
         {"series", grouped(use.series)},
         {"rows", std::format("{} in segments, {} in the journal alone", grouped(use.rows),
                              grouped(use.journal_rows))},
         {"times", span_text(use.first, use.last)},
         {"segments", std::format("{}: {} blocks, {}, {:.2f} bytes a row", grouped(use.segments),
                                  grouped(use.blocks), bytes_text(use.segment_bytes),
                                  static_cast<double>(use.segment_bytes) / rows)},
         {"index", bytes_text(use.segment_bytes - use.block_bytes) + " of these"},
         {"roll-ups",
          use.roll_up_bytes == 0 ? "" : bytes_text(use.roll_up_bytes) + " of the index"},
         {"journal", bytes_text(use.journal_bytes)},
         {"catalogue", bytes_text(use.catalogue_bytes)},
         {"erased", use.tombstones == 0 ? "" : grouped(use.tombstones) + " ranges"},
         {"memory", std::format("about {} for indexes, {} for names, {} for rows of the journal",
                                bytes_text(use.index_memory), bytes_text(use.names_memory),
                                bytes_text(use.rows_memory))}}));
    for (const Table& table :
         {types_table(use), codecs_table(use), partitions_table(use), series_table(use)}) {
        if (!table.rows.empty()) {
            TRY(context.out.data("\n"));
            TRY(context.out.table(table));
        }
    }
    tell_damage(context, use);
    return {};
}

// ---- repair

std::string lost_text(const store::LostRows& lost) {
    return std::format("{} rows{} from {} to {}", grouped(lost.rows),
                       lost.series ? " of " + lost.key : ", of whom is not known",
                       format_time(lost.first), format_time(lost.last));
}

Result<> show_plan(Context& context, const store::RepairPlan& plan) {
    for (const store::RepairAction& action : plan.actions) {
        std::vector<std::pair<std::string, std::string>> fields = {
            {"file", action.file}, {"does", action.does}, {"keeps", action.keeps}};
        for (const store::LostRows& lost : action.loses) {
            fields.emplace_back("loses", lost_text(lost));
        }
        TRY(context.out.fields(fields));
        TRY(context.out.data("\n"));
    }
    for (const std::string& left : plan.left) {
        TRY(context.out.fields({{"left", left}}));
    }
    return context.out.flush();
}

Result<> show_plan_document(Context& context, const StoreFolder& folder,
                            const store::RepairPlan& plan, bool done) {
    json::object document = document_of(plan);
    document["folder"] = folder.store;
    document["done"] = done;
    return context.out.document(document);
}

Result<> repair(Context& context, const Arguments& arguments) {
    RealDisk disk;
    SystemRandom random;
    TRY_ASSIGN(const StoreFolder folder, find_store(disk, arguments));
    Silence silence;
    Log log(context.clock, silence);
    const bool dry_run = arguments.has("--dry-run");
    std::unique_ptr<DirectoryLock> lock;
    if (!dry_run) {
        TRY_ASSIGN(lock, lock_store(folder));
    }
    TRY_ASSIGN(store::RepairPlan plan, [&] {
        const Interruptible interruptible;
        return store::plan_repair(disk, folder.store, log);
    }());
    if (!context.out.for_programs()) {
        TRY(show_plan(context, plan));
    }
    if (dry_run || plan.actions.empty()) {
        if (context.out.for_programs()) {
            return show_plan_document(context, folder, plan, !dry_run);
        }
        context.out.say(plan.actions.empty() ? "There is nothing to repair."
                                             : "Nothing was changed. Without --dry-run, with "
                                               "gantryd stopped, it is done.");
        return {};
    }
    TRY(confirm_or_stop(context, arguments, std::format("Repair {} as said above?", folder.store)));
    TRY_ASSIGN(plan, store::repair(disk, random, folder.store, log));
    TRY_ASSIGN(const store::StoreReport after, store::inspect(disk, folder.store, log));
    if (context.out.for_programs()) {
        TRY(show_plan_document(context, folder, plan, true));
    }
    if (!after.healthy()) {
        return fail(Code::Corrupt, "repaired, but for this: {}", after.problems().front());
    }
    context.out.say(std::format("Repaired. What was damaged is in {}; delete it when you need it "
                                "no more. gantryd can be started.",
                                store::quarantine_folder(folder.store)));
    return {};
}

std::vector<Parameter> with_folder(std::vector<Parameter> more) {
    std::vector<Parameter> out = folder_parameters();
    out.insert(out.end(), more.begin(), more.end());
    return out;
}

}  // namespace

void add_store_commands(std::vector<Command>& out) {
    out.push_back(
        {.path = "store check",
         .summary = "Read every byte of a store, and say what is damaged",
         .examples = "  gantry store check /var/lib/gantry           also while gantryd runs\n"
                     "  gantry store check --json --data gantry-data\n",
         .next = "gantry store repair FOLDER --dry-run, if something is damaged",
         .parameters = folder_parameters(),
         .run = check,
         .more = "It writes nothing. The exit code is 1 if anything that was acknowledged may be\n"
                 "lost or in danger. A write that a power cut left unfinished at the end of the\n"
                 "journal was never acknowledged, and is no damage.\n"});
    out.push_back(
        {.path = "store stats",
         .summary = "What takes how much in a store",
         .examples = "  gantry store stats /var/lib/gantry\n"
                     "  gantry store stats /var/lib/gantry --top 50\n"
                     "  gantry store stats /var/lib/gantry --codecs    reads every block\n",
         .next = "gantry store check FOLDER",
         .parameters = with_folder(
             {{.name = "--top", .value = "COUNT", .about = "How many of the largest series (10)"},
              {.name = "--partition",
               .value = "LENGTH",
               .about = "Spans of time to count by; gantryd's store.partition (7d)"},
              {.name = "--codecs",
               .value = "",
               .about = "Also which codecs wrote the columns; reads every block"}}),
         .run = stats,
         .more =
             "It writes nothing, and may run beside gantryd. Of rows with one time, in several\n"
             "segments, each counts until they are merged.\n"});
    out.push_back(
        {.path = "store repair",
         .summary = "Take what is damaged out of a store, saying exactly what",
         .examples =
             "  gantry store repair /var/lib/gantry --dry-run   what would be kept and lost\n"
             "  gantry store repair /var/lib/gantry             asks first\n",
         .next = "gantry store check FOLDER, then start gantryd",
         .parameters = with_folder({dry_run_switch, yes_switch}),
         .run = repair,
         .more = "gantryd must be stopped. Nothing is deleted: damaged files go to the folder\n"
                 "quarantine in the store. It can be broken off at any moment and run again.\n"});
    add_store_export_command(out);
}

}  // namespace gantry::cli
