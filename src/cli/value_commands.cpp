// SPDX-License-Identifier: Apache-2.0
// Values of points: read, history.
#include <algorithm>
#include <format>
#include <map>

#include "cli/context.h"
#include "cli/time_text.h"
#include "model/json.h"

namespace gantry::cli {
namespace {

constexpr std::size_t units_asked_max = 50;

constexpr Parameter points_parameter{.name = "POINT",
                                     .value = "",
                                     .about = "Path (plant/line2/pump3.flow) or id",
                                     .many = true,
                                     .offer = Offer::Point};
constexpr Parameter under_parameter{.name = "--under",
                                    .value = "ASSET",
                                    .about = "All points below this path",
                                    .offer = Offer::Asset};

using Units = std::map<std::string, std::string>;

// What the values are in; people want to see it, programs ask for the points.
Units units_of(Context& context, const json::array& items, const std::string& under) {
    Units out;
    if (!under.empty()) {
        if (const auto points = context.api.list("/v1/points", {{"under", under}})) {
            for (const json::value& point : *points) {
                out[field_text(point.as_object(), "path")] = field_text(point.as_object(), "unit");
            }
        }
    }
    for (std::size_t i = 0; i < items.size() && i < units_asked_max; ++i) {
        const std::string path = field_text(items[i].as_object(), "point");
        if (!out.contains(path)) {
            const auto point = context.api.get(item_target("/v1/points", path));
            out[path] = point ? field_text(point->as_object(), "unit") : "";
        }
    }
    return out;
}

std::string age_of(const Clock& clock, const std::string& time) {
    const auto moment = parse_time(time);
    return moment ? rough_duration(Duration(clock.now() - *moment)) : "";
}

Result<> read_points(Context& context, const Arguments& arguments) {
    json::array references;
    for (const std::string& point : arguments.list("POINT")) {
        references.push_back(json::string(point));
    }
    const std::string under = arguments.text_or("--under", "");
    if (references.empty() && under.empty()) {
        return fail(Code::InvalidArgument, "which points? Name some, or an asset with --under");
    }
    json::object body = {{"points", std::move(references)}};
    if (!under.empty()) {
        body["under"] = under;
    }
    TRY_ASSIGN(json::value answer, context.api.post("/v1/latest", body));
    json::array& items = answer.as_object().at("items").as_array();
    if (context.out.for_programs()) {
        return context.out.document(answer);
    }
    if (items.empty()) {
        context.out.say(std::format("There are no points below {}.", under));
        return {};
    }
    Units units = units_of(context, items, under);
    Table table{{{"POINT"}, {"VALUE", true}, {"UNIT"}, {"QUALITY"}}, {}};
    table.columns.push_back({context.out.form() == Form::Plain ? "TIME" : "AGE", true});
    for (const json::value& item : items) {
        const json::object& in = item.as_object();
        const std::string time = field_text(in, "time");
        const bool never = time.empty();
        table.rows.push_back(
            {field_text(in, "point"), field_text(in, "value"), units[field_text(in, "point")],
             never ? "no value yet" : field_text(in, "quality"),
             context.out.form() == Form::Plain ? time : age_of(context.clock, time)});
    }
    return context.out.table(table);
}

Result<> history(Context& context, const Arguments& arguments) {
    TRY_ASSIGN(const auto limit, arguments.number("--limit", 1, 1'000'000));
    const std::string under = arguments.text_or("--under", "");
    Query query;
    for (const std::string& point : arguments.list("POINT")) {
        query.emplace_back("point", point);
    }
    if (query.empty() && under.empty()) {
        return fail(Code::InvalidArgument, "which points? Name some, or an asset with --under");
    }
    query.insert(query.end(), {{"under", under},
                               {"from", arguments.text_or("--from", "")},
                               {"to", arguments.text_or("--to", "")},
                               {"every", arguments.text_or("--every", "")},
                               {"agg", arguments.text_or("--aggregate", "")},
                               {"fill", arguments.text_or("--fill", "")},
                               {"quality", arguments.text_or("--quality", "")},
                               {"limit", std::to_string(limit.value_or(1000))}});
    TRY_ASSIGN(const json::value answer, context.api.get(target_of("/v1/samples", query)));
    if (context.out.for_programs()) {
        return context.out.document(answer);
    }
    const json::array& items = answer.as_object().at("items").as_array();
    const Table table = columns_table(items);
    if (table.rows.empty()) {
        context.out.say("There are no values in that time. Without --from it is the last hour.");
        return {};
    }
    TRY(context.out.table(table));
    for (const json::value& item : items) {
        if (const std::string next = field_text(item.as_object(), "next"); !next.empty()) {
            context.out.say(std::format("{} has more: --from {}, or --limit, or gantry export csv",
                                        field_text(item.as_object(), "point"), next));
        }
    }
    return {};
}

}  // namespace

void add_value_commands(std::vector<Command>& out) {
    out.push_back({.path = "read",
                   .summary = "The values of points now",
                   .examples = "  gantry read plant/line2/pump3.flow           one point\n"
                               "  gantry read --under plant/line2              all below an asset\n"
                               "  gantry read plant/line2/pump3.flow --plain   for scripts\n",
                   .next = "gantry watch POINT, or gantry history POINT",
                   .parameters = {points_parameter, under_parameter},
                   .run = read_points});
    out.push_back(
        {.path = "history",
         .summary = "The values of points in the past",
         .examples = "  gantry history plant/line2/pump3.flow                    the last hour\n"
                     "  gantry history plant/line2/pump3.flow --from -1d --every 10m --aggregate "
                     "min,avg,max\n"
                     "  gantry history --under plant/line2 --from 2026-11-22T08:00:00Z --to -1h\n",
         .next = "gantry export csv POINT",
         .parameters =
             {points_parameter,
              under_parameter,
              {.name = "--from", .value = "TIME", .about = "RFC 3339, or as in -2h (-1h)"},
              {.name = "--to", .value = "TIME", .about = "Not included (now)"},
              {.name = "--every", .value = "LENGTH", .about = "A row for each length, as in 1m"},
              {.name = "--aggregate",
               .value = "NAMES",
               .about = "With --every: avg (default), min, max, sum, count, good_count, first, "
                        "last, stddev; by commas",
               .offer = Offer::Words,
               .words = "avg min max sum count good_count first last stddev time_avg integral"},
              {.name = "--fill",
               .value = "HOW",
               .about = "With --every: what empty rows hold: none (default), previous, linear",
               .offer = Offer::Words,
               .words = "none previous linear"},
              quality_parameter,
              {.name = "--limit", .value = "ROWS", .about = "Most rows of a point (1000)"}},
         .run = history});
}

}  // namespace gantry::cli
