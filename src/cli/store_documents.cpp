// SPDX-License-Identifier: Apache-2.0
#include "cli/store_documents.h"

namespace gantry::cli {
namespace {

template <class Range, class Make>
json::array array_of(const Range& range, Make make) {
    json::array out;
    for (const auto& item : range) {
        out.push_back(make(item));
    }
    return out;
}

json::value text_of(const std::string& text) { return json::value(text); }

std::string_view state_name(store::CopyState state) {
    switch (state) {
        case store::CopyState::Whole: return "whole";
        case store::CopyState::Missing: return "missing";
        case store::CopyState::Damaged: return "damaged";
    }
    return "";
}

void put_span(json::object& out, Time first, Time last) {
    if (first <= last) {
        out["first"] = format_time(first);
        out["last"] = format_time(last);
    }
}

json::object document_of(const store::LostRows& lost) {
    json::object out = {{"rows", lost.rows}};
    if (lost.series) {
        out["series"] = lost.series->value;
        out["key"] = lost.key;
    }
    put_span(out, lost.first, lost.last);
    return out;
}

json::object document_of(const store::SegmentReport& segment) {
    json::object out = {{"file", segment.file},
                        {"healthy", segment.healthy()},
                        {"level", segment.entry.level},
                        {"rows", segment.entry.summary.rows},
                        {"blocks", segment.entry.summary.blocks},
                        {"bytes", segment.bytes},
                        {"last_lsn", segment.entry.summary.last_lsn}};
    put_span(out, segment.entry.summary.first, segment.entry.summary.last);
    if (segment.missing) {
        out["missing"] = true;
    }
    if (!segment.unreadable.empty()) {
        out["unreadable"] = segment.unreadable;
    }
    if (segment.rows_missing > 0) {
        out["rows_missing"] = segment.rows_missing;
    }
    out["damage"] = array_of(segment.damage, [](const store::FileDamage& damage) {
        json::object told = {
            {"offset", damage.offset}, {"bytes", damage.bytes}, {"what", damage.what}};
        if (damage.lost) {
            told["lost"] = document_of(*damage.lost);
        }
        return json::value(std::move(told));
    });
    return out;
}

json::object document_of(const store::JournalReport& journal) {
    return {{"healthy", journal.healthy()},
            {"files", array_of(journal.files,
                               [](const store::JournalFileReport& file) {
                                   return json::value(json::object{
                                       {"file", file.file},
                                       {"bytes", file.bytes},
                                       {"first_lsn", file.first},
                                       {"last_lsn", file.last},
                                       {"records", file.records},
                                       {"damage", array_of(file.damage, [](const auto& stretch) {
                                            return json::value(json::object{
                                                {"offset", stretch.damage.offset},
                                                {"bytes", stretch.damage.bytes},
                                                {"torn_tail", stretch.damage.torn_tail},
                                                {"needed", stretch.needed},
                                                {"kept", stretch.kept}});
                                        })}});
                               })},
            {"lost", array_of(journal.lost, [](const store::LostRecords& lost) {
                 return json::value(json::object{{"first_lsn", lost.range.first},
                                                 {"last_lsn", lost.range.last},
                                                 {"kept", lost.kept}});
             })}};
}

}  // namespace

json::object document_of(const store::StoreReport& report) {
    json::object out = {{"folder", report.folder},
                        {"healthy", report.healthy()},
                        {"series", report.series},
                        {"segment_rows", report.segment_rows},
                        {"segment_blocks", report.segment_blocks},
                        {"segment_bytes", report.segment_bytes},
                        {"journal_rows", report.journal_rows},
                        {"journal_bytes", report.journal_bytes}};
    out["problems"] = array_of(report.problems(), text_of);
    out["manifest"] = {{"generation", report.manifest.generation},
                       {"flushed_lsn", report.manifest.flushed},
                       {"lost", report.manifest_lost},
                       {"tombstones", report.manifest.tombstones.size()},
                       {"copies", array_of(report.copies, [](const store::ManifestCopy& copy) {
                            return json::value(json::object{{"file", copy.name},
                                                            {"state", state_name(copy.state)},
                                                            {"generation", copy.generation}});
                        })}};
    out["segments"] = array_of(report.segments, [](const store::SegmentReport& segment) {
        return json::value(document_of(segment));
    });
    out["journal"] = document_of(report.journal);
    out["catalogue"] = document_of(report.catalogue);
    out["nameless"] = array_of(report.nameless, [](const store::SeriesWithoutName& series) {
        json::object told = {{"series", series.series.value}, {"rows", series.rows}};
        put_span(told, series.first, series.last);
        return json::value(std::move(told));
    });
    out["strangers"] = array_of(report.strangers, text_of);
    out["unknown"] = array_of(report.unknown, text_of);
    return out;
}

json::object document_of(const store::StoreUse& use) {
    json::object out = {{"folder", use.folder},
                        {"series", use.series},
                        {"segments", use.segments},
                        {"rows", use.rows},
                        {"blocks", use.blocks},
                        {"segment_bytes", use.segment_bytes},
                        {"block_bytes", use.block_bytes},
                        {"roll_up_bytes", use.roll_up_bytes},
                        {"journal_bytes", use.journal_bytes},
                        {"journal_rows", use.journal_rows},
                        {"catalogue_bytes", use.catalogue_bytes},
                        {"tombstones", use.tombstones},
                        {"memory",
                         {{"index_bytes", use.index_memory},
                          {"name_bytes", use.names_memory},
                          {"row_bytes", use.rows_memory}}}};
    put_span(out, use.first, use.last);
    out["types"] = array_of(use.types, [](const store::TypeUse& type) {
        return json::value(json::object{{"type", value_type_name(type.type)},
                                        {"series", type.series},
                                        {"rows", type.rows},
                                        {"bytes", type.bytes}});
    });
    if (!use.codecs.empty()) {
        out["codecs"] = array_of(use.codecs, [](const store::CodecUse& codec) {
            return json::value(json::object{{"column", store::column_name(codec.column)},
                                            {"codec", codec.codec},
                                            {"blocks", codec.blocks},
                                            {"values", codec.values},
                                            {"bytes", codec.bytes}});
        });
    }
    out["segments_unreadable"] = use.segments_unreadable;
    out["blocks_damaged"] = use.blocks_damaged;
    out["partitions"] = array_of(use.partitions, [](const store::PartitionUse& partition) {
        return json::value(json::object{{"from", format_time(partition.begin)},
                                        {"to", format_time(partition.end)},
                                        {"segments", partition.segments},
                                        {"rows", partition.rows},
                                        {"bytes", partition.bytes}});
    });
    out["largest"] = array_of(use.largest, [](const store::SeriesUse& series) {
        return json::value(json::object{{"series", series.series.value},
                                        {"key", series.key},
                                        {"type", value_type_name(series.type)},
                                        {"rows", series.rows},
                                        {"blocks", series.blocks},
                                        {"bytes", series.bytes}});
    });
    return out;
}

json::object document_of(const store::RepairPlan& plan) {
    return {{"actions", array_of(plan.actions,
                                 [](const store::RepairAction& action) {
                                     return json::value(json::object{
                                         {"action", repair_kind_name(action.kind)},
                                         {"file", action.file},
                                         {"does", action.does},
                                         {"keeps", action.keeps},
                                         {"loses", array_of(action.loses, [](const auto& lost) {
                                              return json::value(document_of(lost));
                                          })}});
                                 })},
            {"left", array_of(plan.left, text_of)}};
}

}  // namespace gantry::cli
