// SPDX-License-Identifier: Apache-2.0
// What many points come to together, how long points were in which state, and erasing samples.
#include <format>

#include "cli/context.h"
#include "model/json.h"

namespace gantry::cli {
namespace {

std::vector<Parameter> selection_parameters() {
    return {{.name = "POINT",
             .value = "",
             .about = "Path (plant/line2/pump3.flow) or id",
             .many = true,
             .offer = Offer::Point},
            {.name = "--under",
             .value = "ASSET",
             .about = "All points below this path",
             .offer = Offer::Asset},
            {.name = "--key",
             .value = "KEY",
             .about = "Of these only points with this key, as in flow"},
            {.name = "--from", .value = "TIME", .about = "RFC 3339, or as in -2h (-1h)"},
            {.name = "--to", .value = "TIME", .about = "Not included (now)"},
            {.name = "--every",
             .value = "LENGTH",
             .about = "A row for each length, as in 1m (one for all the time)"}};
}

Result<Query> selection(const Arguments& arguments) {
    Query query;
    for (const std::string& point : arguments.list("POINT")) {
        query.emplace_back("point", point);
    }
    const std::string under = arguments.text_or("--under", "");
    if (query.empty() && under.empty()) {
        return fail(Code::InvalidArgument, "which points? Name some, or an asset with --under");
    }
    query.insert(query.end(), {{"under", under},
                               {"key", arguments.text_or("--key", "")},
                               {"from", arguments.text_or("--from", "")},
                               {"to", arguments.text_or("--to", "")},
                               {"every", arguments.text_or("--every", "")}});
    return query;
}

Result<> show_columns(Context& context, const json::array& items, std::string_view empty) {
    const Table table = columns_table(items);
    if (table.rows.empty()) {
        context.out.say(empty);
        return {};
    }
    return context.out.table(table);
}

Result<> show_group(Context& context, const Arguments& arguments) {
    TRY_ASSIGN(Query query, selection(arguments));
    query.emplace_back("agg", arguments.text_or("--aggregate", ""));
    query.emplace_back("quality", arguments.text_or("--quality", ""));
    TRY_ASSIGN(const json::value answer, context.api.get(target_of("/v1/samples/group", query)));
    if (context.out.for_programs()) {
        return context.out.document(answer);
    }
    TRY(show_columns(context, json::array{answer},
                     "There are no values in that time. Without --from it is the last hour."));
    const std::string unit = field_text(answer.as_object(), "unit");
    context.out.say(std::format("{} points together{}", field_text(answer.as_object(), "points"),
                                unit.empty() ? "" : ", in " + unit));
    return {};
}

Result<> show_states(Context& context, const Arguments& arguments) {
    TRY_ASSIGN(Query query, selection(arguments));
    query.emplace_back("quality", arguments.text_or("--quality", ""));
    TRY_ASSIGN(const json::value answer, context.api.get(target_of("/v1/samples/states", query)));
    if (context.out.for_programs()) {
        return context.out.document(answer);
    }
    return show_columns(context, answer.at("items").as_array(),
                        "No state is known in that time. Without --from it is the last hour.");
}

Result<> erase(Context& context, const Arguments& arguments) {
    const std::string point = arguments.text_or("POINT", "");
    const std::string from = arguments.text_or("--from", "");
    const std::string to = arguments.text_or("--to", "");
    TRY_ASSIGN(
        const json::value counted,
        context.api.get(target_of(
            "/v1/samples/group",
            {{"point", point}, {"from", from}, {"to", to}, {"agg", "count"}, {"quality", "all"}})));
    const json::array& counts = counted.at("columns").at("count").as_array();
    const std::string values = counts.empty() ? "0" : cell_text(&counts[0]);
    const std::string what = std::format("{} values of {} from {} to {}", values, point, from, to);
    if (arguments.has("--dry-run")) {
        return show_done(context, std::format("Would erase {}", what),
                         {{"would_erase", {{"point", point}, {"values", std::stoull(values)}}}});
    }
    TRY(confirm_or_stop(context, arguments, std::format("Erase {}, for good?", what)));
    TRY_ASSIGN(const json::value done,
               context.api.remove(target_of(item_target("/v1/points", point) + "/samples",
                                            {{"from", from}, {"to", to}})));
    const json::object& report = done.as_object();
    return show_done(context,
                     std::format("Erased {} samples of {} from {} to {}",
                                 field_text(report, "rows"), field_text(report, "point"),
                                 field_text(report, "from"), field_text(report, "to")),
                     report);
}

}  // namespace

void add_summary_commands(std::vector<Command>& out) {
    std::vector<Parameter> states = selection_parameters();
    states.push_back(quality_parameter);
    std::vector<Parameter> group = selection_parameters();
    group.insert(group.end(),
                 {{.name = "--aggregate",
                   .value = "NAMES",
                   .about = "avg (default), min, max, sum, count, good_count, first, last, stddev, "
                            "time_avg, integral; by commas",
                   .offer = Offer::Words,
                   .words = "avg min max sum count good_count first last stddev time_avg integral"},
                  quality_parameter});
    out.push_back(
        {.path = "group",
         .summary = "What many points come to together",
         .examples =
             "  gantry group --under plant --key power --every 1h --aggregate sum\n"
             "  gantry group plant/a.level plant/b.level --from -1d   two points, a day, one row\n",
         .next = "gantry history --under ASSET",
         .parameters = std::move(group),
         .run = show_group,
         .more =
             "The samples count as if they were of one point: in avg a point with more of them\n"
             "weighs more, while in time_avg each moment of each point weighs the same. The\n"
             "points must be of one unit, but for counts: choose them with --key.\n"});
    out.push_back(
        {.path = "states",
         .summary = "How long points were in which state",
         .examples = "  gantry states plant/line2/pump3.running --from -1d --every 1h\n"
                     "  gantry states --under plant --key running --from -7d   of each pump\n",
         .next = "gantry history POINT",
         .parameters = std::move(states),
         .run = show_states,
         .more = "A value holds until the next sample, the last until the time asked for ends.\n"
                 "Time before the first sample, and behind one that does not count, belongs to no\n"
                 "state.\n"});
    out.push_back(
        {.path = "erase",
         .summary = "Erase samples of a point, for good",
         .examples =
             "  gantry erase plant/line2/pump3.flow --from 2026-11-22T08:00:00Z --to "
             "2026-11-22T09:00:00Z\n"
             "  gantry erase plant/line2/pump3.flow --from -2h --to now --dry-run   how many\n",
         .next = "gantry history POINT",
         .parameters =
             {{.name = "POINT",
               .value = "",
               .about = "Path (plant/line2/pump3.flow) or id",
               .required = true,
               .offer = Offer::Point},
              {.name = "--from",
               .value = "TIME",
               .about = "RFC 3339, or as in -2h",
               .required = true},
              {.name = "--to", .value = "TIME", .about = "Not included", .required = true},
              dry_run_switch,
              yes_switch},
         .run = erase,
         .more =
             "It needs the permission samples:erase, and is recorded in the audit log. Samples\n"
             "that are written into that time afterwards are kept.\n"});
}

}  // namespace gantry::cli
