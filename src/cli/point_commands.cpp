// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <format>

#include "cli/context.h"

namespace gantry::cli {
namespace {

Result<> list_points(Context& context, const Arguments& arguments) {
    TRY_ASSIGN(json::array items,
               context.api.list("/v1/points", {{"under", arguments.text_or("--under", "")},
                                               {"asset", arguments.text_or("--asset", "")},
                                               {"search", arguments.text_or("--search", "")}}));
    static const std::vector<Field> fields = {
        {"PATH", [](const Output&, const json::object& item) { return field_text(item, "path"); }},
        {"TYPE", [](const Output&, const json::object& item) { return field_text(item, "type"); }},
        {"UNIT", [](const Output&, const json::object& item) { return field_text(item, "unit"); }},
        {"ACCESS",
         [](const Output&, const json::object& item) { return field_text(item, "access"); }},
        {"NAME", [](const Output& out, const json::object& item) { return out.name_of(item); }}};
    return show_items(context, std::move(items), fields,
                      "There are no such points. Next: gantry points create --help, or gantry demo "
                      "load");
}

std::vector<std::pair<std::string, std::string>> details(const Output& out,
                                                         const json::object& point) {
    std::vector<std::pair<std::string, std::string>> fields = {
        {"path", field_text(point, "path")},
        {"name", out.name_of(point)},
        {"type", field_text(point, "type")},
        {"unit", field_text(point, "unit")},
        {"access", field_text(point, "access")}};
    if (const json::value* range = point.if_contains("range");
        range != nullptr && range->is_object()) {
        fields.emplace_back("range", std::format("{} to {}", field_text(range->as_object(), "min"),
                                                 field_text(range->as_object(), "max")));
    }
    fields.emplace_back("kept", field_text(point, "retention"));
    fields.emplace_back("from model", field_text(point, "from_model"));
    fields.emplace_back("id", field_text(point, "id"));
    fields.emplace_back("created", field_text(point, "created"));
    return fields;
}

Result<> show_point(Context& context, const Arguments& arguments) {
    TRY_ASSIGN(const json::value point,
               context.api.get(item_target("/v1/points", arguments.text_or("POINT", ""))));
    return show_item(context, point, details(context.out, point.as_object()));
}

Result<> put_bound(json::object& range, const Arguments& arguments, std::string_view option,
                   std::string_view field) {
    const auto written = arguments.text(option);
    if (!written) {
        return {};
    }
    double bound = 0;
    const auto [end, error] =
        std::from_chars(written->data(), written->data() + written->size(), bound);
    if (error != std::errc() || end != written->data() + written->size()) {
        return fail(Code::InvalidArgument, "{}: '{}' is not a number", option, *written);
    }
    range[field] = bound;
    return {};
}

Result<> create_point(Context& context, const Arguments& arguments) {
    const std::string path = arguments.text_or("PATH", "");
    const std::size_t dot = path.rfind('.');
    if (dot == std::string::npos || dot == 0 || dot + 1 == path.size()) {
        return fail(Code::InvalidArgument,
                    "'{}' is not the path of a point: write the asset's path, a dot and a key, as "
                    "in plant/line2/pump3.flow",
                    path);
    }
    json::object body = {{"asset", path.substr(0, dot)}, {"key", path.substr(dot + 1)}};
    for (const char* field : {"type", "unit", "retention"}) {
        if (const auto value = arguments.text(std::string("--") + field)) {
            body[field] = *value;
        }
    }
    if (arguments.has("--writable")) {
        body["access"] = "read_write";
    }
    json::object range;
    TRY(put_bound(range, arguments, "--min", "min"));
    TRY(put_bound(range, arguments, "--max", "max"));
    if (!range.empty()) {
        body["range"] = std::move(range);
    }
    put_names(body, arguments);
    if (arguments.has("--dry-run")) {
        return show_done(context, std::format("Would create point {}", path),
                         {{"would_create", std::move(body)}});
    }
    TRY_ASSIGN(const json::value point, context.api.post("/v1/points", body));
    context.out.say(std::format("Created point {}", path));
    return show_item(context, point, details(context.out, point.as_object()));
}

Result<> set_retention(Context& context, const Arguments& arguments) {
    const std::string reference = arguments.text_or("POINT", "");
    const std::string length = arguments.text_or("LENGTH", "");
    const bool as_all = length == "default";
    TRY_ASSIGN(const json::value before, context.api.get(item_target("/v1/points", reference)));
    const std::string path = field_text(before.as_object(), "path");
    const std::string what = as_all ? std::format("the samples of {} as the store keeps all", path)
                                    : std::format("the samples of {} for {}", path, length);
    if (arguments.has("--dry-run")) {
        return show_done(context, std::format("Would keep {}", what),
                         {{"would_keep", length}, {"point", path}});
    }
    if (!as_all) {
        TRY(confirm_or_stop(context, arguments,
                            std::format("Keep {}? What is older goes for good.", what)));
    }
    json::object change = {{"retention", nullptr}};
    if (!as_all) {
        change["retention"] = length;
    }
    TRY_ASSIGN(const json::value point,
               context.api.patch(item_target("/v1/points", reference), change));
    context.out.say(std::format("Keeps {}", what));
    return show_item(context, point, details(context.out, point.as_object()));
}

}  // namespace

void add_point_commands(std::vector<Command>& out) {
    out.push_back({.path = "points list",
                   .summary = "Points, in the order of their paths",
                   .examples = "  gantry points list --under plant/line2        below an asset\n"
                               "  gantry points list --asset plant/line2/pump3  of one asset\n"
                               "  gantry points list --search flow --plain      for programs\n",
                   .next = "gantry read POINT",
                   .parameters = {{.name = "--under",
                                   .value = "ASSET",
                                   .about = "Only what is below this path",
                                   .offer = Offer::Asset},
                                  {.name = "--asset",
                                   .value = "ASSET",
                                   .about = "Only those of this asset itself",
                                   .offer = Offer::Asset},
                                  {.name = "--search",
                                   .value = "TEXT",
                                   .about = "Part of the path or the name"}},
                   .run = list_points});
    out.push_back({.path = "points show",
                   .summary = "One point",
                   .examples = "  gantry points show plant/line2/pump3.flow    by path\n",
                   .next = "gantry history POINT",
                   .parameters = {{.name = "POINT",
                                   .value = "",
                                   .about = "Path (plant/line2/pump3.flow) or id",
                                   .required = true,
                                   .offer = Offer::Point}},
                   .run = show_point});
    out.push_back(
        {.path = "points create",
         .summary = "Add a point to an asset, beside those of its model",
         .examples =
             "  gantry points create plant/line2/pump3.flow --unit m3/h --min 0 --max 80\n"
             "  gantry points create plant/line2/pump3.speed_setpoint --unit % --writable\n",
         .next = "gantry tags add CONNECTION POINT ADDRESS, or gantry import csv --point POINT",
         .parameters = {{.name = "PATH",
                         .value = "",
                         .about = "The asset's path, '.', and the new key",
                         .required = true,
                         .offer = Offer::Asset},
                        {.name = "--type",
                         .value = "TYPE",
                         .about = "float64 (the default), int64, bool or string",
                         .offer = Offer::Words,
                         .words = "float64 int64 bool string"},
                        {.name = "--unit", .value = "UCUM", .about = "Unit, as in m3/h, bar, Cel"},
                        {.name = "--min", .value = "NUMBER", .about = "Least plausible value"},
                        {.name = "--max", .value = "NUMBER", .about = "Greatest plausible value"},
                        {.name = "--writable", .value = "", .about = "May be written to"},
                        {.name = "--retention",
                         .value = "LENGTH",
                         .about = "How long samples are kept, as in 30d (as the store keeps all)"},
                        {.name = "--name", .value = "TEXT", .about = "English name"},
                        {.name = "--name-zh", .value = "TEXT", .about = "Chinese name"},
                        dry_run_switch},
         .run = create_point});
    out.push_back(
        {.path = "points retention",
         .summary = "How long the samples of a point are kept",
         .examples = "  gantry points retention plant/line2/pump3.vibration 30d   asks first\n"
                     "  gantry points retention plant/line2/pump3.flow default    as the store "
                     "keeps all\n",
         .next = "gantry points show POINT",
         .parameters = {{.name = "POINT",
                         .value = "",
                         .about = "Path (plant/line2/pump3.flow) or id",
                         .required = true,
                         .offer = Offer::Point},
                        {.name = "LENGTH",
                         .value = "",
                         .about = "As in 12h or 30d, or 'default'",
                         .required = true},
                        dry_run_switch,
                        yes_switch},
         .run = set_retention,
         .more =
             "It counts from the newest sample of the store. What is older cannot be read from\n"
             "now on, and leaves the disk with time. Of points from a model, the model says it:\n"
             "\"retention\" of the property.\n"});
}

}  // namespace gantry::cli
