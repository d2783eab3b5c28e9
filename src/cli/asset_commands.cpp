// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <format>
#include <map>

#include "cli/context.h"
#include "cli/text_width.h"

namespace gantry::cli {
namespace {

std::string path_of(const Output&, const json::object& item) { return field_text(item, "path"); }
std::string name_of(const Output& out, const json::object& item) { return out.name_of(item); }
std::string level_of(const Output&, const json::object& item) { return field_text(item, "level"); }
std::string id_of(const Output&, const json::object& item) { return field_text(item, "id"); }

const std::vector<Field>& asset_fields() {
    static const std::vector<Field> fields = {
        {"PATH", path_of}, {"LEVEL", level_of}, {"NAME", name_of}, {"ID", id_of}};
    return fields;
}

Result<> list_assets(Context& context, const Arguments& arguments) {
    TRY_ASSIGN(json::array items,
               context.api.list("/v1/assets", {{"under", arguments.text_or("--under", "")},
                                               {"model", arguments.text_or("--model", "")},
                                               {"search", arguments.text_or("--search", "")}}));
    return show_items(context, std::move(items), asset_fields(),
                      "There are no such assets. Next: gantry assets create --help, or gantry demo "
                      "load");
}

// Assets come in the order of their paths, so a parent comes before its children.
json::value tree_of(const json::array& items) {
    json::array roots;
    std::map<std::string, std::vector<const json::object*>> children;
    std::map<std::string, bool> known;
    for (const json::value& item : items) {
        known[field_text(item.as_object(), "path")] = true;
    }
    std::vector<const json::object*> tops;
    for (const json::value& item : items) {
        const std::string path = field_text(item.as_object(), "path");
        const std::size_t slash = path.rfind('/');
        const std::string parent = slash == std::string::npos ? "" : path.substr(0, slash);
        if (known.contains(parent)) {
            children[parent].push_back(&item.as_object());
        } else {
            tops.push_back(&item.as_object());
        }
    }
    const auto grow = [&](this auto self, const json::object& asset) -> json::object {
        json::object out = asset;
        json::array below;
        for (const json::object* child : children[field_text(asset, "path")]) {
            below.push_back(self(*child));
        }
        out["children"] = std::move(below);
        return out;
    };
    for (const json::object* top : tops) {
        roots.push_back(grow(*top));
    }
    return roots;
}

void draw(const Output& out, const json::array& assets, const std::string& indent, bool top,
          std::vector<std::pair<std::string, std::string>>& lines) {
    for (std::size_t i = 0; i < assets.size(); ++i) {
        const json::object& asset = assets[i].as_object();
        const bool last = i + 1 == assets.size();
        const std::string branch = top ? "" : last ? "└─ " : "├─ ";
        const std::string below = top ? "" : last ? "   " : "│  ";
        lines.emplace_back(
            indent + branch + field_text(asset, top ? "path" : "key"),
            std::format("{}  {}", pad_right(field_text(asset, "level"), 5), out.name_of(asset)));
        draw(out, asset.at("children").as_array(), indent + below, false, lines);
    }
}

Result<> asset_tree(Context& context, const Arguments& arguments) {
    const std::string root = arguments.text_or("ASSET", "");
    TRY_ASSIGN(json::array items, context.api.list("/v1/assets", {{"under", root}}));
    if (!root.empty()) {
        TRY_ASSIGN(const json::value top, context.api.get(item_target("/v1/assets", root)));
        const bool there = std::ranges::any_of(items, [&](const json::value& item) {
            return field_text(item.as_object(), "id") == field_text(top.as_object(), "id");
        });
        if (!there) {
            items.insert(items.begin(), top);
        }
    }
    const json::value tree = tree_of(items);
    if (context.out.for_programs()) {
        return context.out.document(json::object{{"items", tree}});
    }
    if (context.out.form() == Form::Plain) {
        return show_items(context, std::move(items), asset_fields(), "");
    }
    if (items.empty()) {
        context.out.say("There are no assets yet. Next: gantry assets create --help, or gantry "
                        "demo load");
        return {};
    }
    std::vector<std::pair<std::string, std::string>> lines;
    draw(context.out, tree.as_array(), "", true, lines);
    std::size_t width = 0;
    for (const auto& [left, right] : lines) {
        width = std::max(width, text_width(left));
    }
    std::string text;
    for (const auto& [left, right] : lines) {
        text += pad_right(printable(left), width + 2) + printable(right) + "\n";
    }
    return context.out.data(text);
}

std::vector<std::pair<std::string, std::string>> details(const Output& out,
                                                         const json::object& asset) {
    std::vector<std::pair<std::string, std::string>> fields = {
        {"path", field_text(asset, "path")},      {"name", out.name_of(asset)},
        {"level", field_text(asset, "level")},    {"model", field_text(asset, "model")},
        {"id", field_text(asset, "id")},          {"created", field_text(asset, "created")},
        {"updated", field_text(asset, "updated")}};
    if (const json::value* attributes = asset.if_contains("attributes");
        attributes != nullptr && attributes->is_object()) {
        for (const auto& [key, value] : attributes->as_object()) {
            fields.emplace_back(std::string(key), cell_text(&value));
        }
    }
    return fields;
}

Result<> show_asset(Context& context, const Arguments& arguments) {
    TRY_ASSIGN(const json::value asset,
               context.api.get(item_target("/v1/assets", arguments.text_or("ASSET", ""))));
    return show_item(context, asset, details(context.out, asset.as_object()));
}

Result<> create_asset(Context& context, const Arguments& arguments) {
    const std::string path = arguments.text_or("PATH", "");
    const std::size_t slash = path.rfind('/');
    json::object body = {{"key", slash == std::string::npos ? path : path.substr(slash + 1)}};
    if (slash != std::string::npos) {
        body["parent"] = path.substr(0, slash);
    }
    body["level"] = arguments.text_or("--level", "thing");
    if (const auto model = arguments.text("--model")) {
        body["model"] = *model;
    }
    put_names(body, arguments);
    json::object attributes;
    for (const std::string& written : arguments.list("--attribute")) {
        const std::size_t equals = written.find('=');
        if (equals == std::string::npos || equals == 0) {
            return fail(Code::InvalidArgument, "--attribute: '{}' is not NAME=VALUE", written);
        }
        attributes[written.substr(0, equals)] = written.substr(equals + 1);
    }
    if (!attributes.empty()) {
        body["attributes"] = std::move(attributes);
    }
    if (arguments.has("--dry-run")) {
        return show_done(context, std::format("Would create asset {}", path),
                         {{"would_create", std::move(body)}});
    }
    TRY_ASSIGN(const json::value asset, context.api.post("/v1/assets", body));
    context.out.say(std::format("Created asset {}", path));
    return show_item(context, asset, details(context.out, asset.as_object()));
}

Result<> delete_asset(Context& context, const Arguments& arguments) {
    const std::string reference = arguments.text_or("ASSET", "");
    const bool recursive = arguments.has("--recursive");
    TRY_ASSIGN(const json::value asset, context.api.get(item_target("/v1/assets", reference)));
    const std::string path = field_text(asset.as_object(), "path");
    TRY_ASSIGN(const json::array points, context.api.list("/v1/points", {{"under", path}}));
    const std::string what = std::format("asset {}{} with {} points", path,
                                         recursive ? " and all below it," : "", points.size());
    if (arguments.has("--dry-run")) {
        return show_done(context, std::format("Would delete {}", what),
                         {{"would_delete", path}, {"points", points.size()}});
    }
    TRY(confirm_or_stop(context, arguments, std::format("Delete {}?", what)));
    TRY(context.api.remove(
        target_of(item_target("/v1/assets", reference), {{"recursive", recursive ? "true" : ""}})));
    return show_done(context, std::format("Deleted {}", what),
                     {{"deleted", path}, {"points", points.size()}});
}

constexpr Parameter asset_parameter{.name = "ASSET",
                                    .value = "",
                                    .about = "Path (plant/line2/pump3) or id",
                                    .required = true,
                                    .offer = Offer::Asset};

}  // namespace

void add_asset_commands(std::vector<Command>& out) {
    out.push_back({.path = "assets list",
                   .summary = "Assets, in the order of their paths",
                   .examples =
                       "  gantry assets list                      all that you may see\n"
                       "  gantry assets list --under plant/line2  below an asset\n"
                       "  gantry assets list --search 泵          by part of path or name\n",
                   .next = "gantry assets show ASSET",
                   .parameters = {{.name = "--under",
                                   .value = "ASSET",
                                   .about = "Only what is below this path",
                                   .offer = Offer::Asset},
                                  {.name = "--model",
                                   .value = "MODEL",
                                   .about = "Only assets of this thing model",
                                   .offer = Offer::Model},
                                  {.name = "--search",
                                   .value = "TEXT",
                                   .about = "Part of the path or the name"}},
                   .run = list_assets});
    Parameter root = asset_parameter;
    root.required = false;
    out.push_back({.path = "assets tree",
                   .summary = "The tree of assets",
                   .examples = "  gantry assets tree              from the top\n"
                               "  gantry assets tree plant/line2  from an asset\n",
                   .next = "gantry read --under ASSET",
                   .parameters = {root},
                   .run = asset_tree});
    out.push_back({.path = "assets show",
                   .summary = "One asset",
                   .examples = "  gantry assets show plant/line2/pump3   by path\n"
                               "  gantry assets show ast_01JD9WZ6S4…     by id\n",
                   .next = "gantry points list --asset ASSET",
                   .parameters = {asset_parameter},
                   .run = show_asset});
    out.push_back(
        {.path = "assets create",
         .summary = "Add an asset, with the points of its model",
         .examples = "  gantry assets create plant --level site --name 'Plant 1' --name-zh 一厂\n"
                     "  gantry assets create plant/line2/pump3 --level unit --model pump\n",
         .next = "gantry points list --asset PATH",
         .parameters = {{.name = "PATH",
                         .value = "",
                         .about = "Where: the parent's path, '/', and the new key",
                         .required = true,
                         .offer = Offer::Asset},
                        {.name = "--level",
                         .value = "LEVEL",
                         .about = "site, area, line, cell, unit (ISA-95) or thing (the default)",
                         .offer = Offer::Words,
                         .words = "site area line cell unit thing"},
                        {.name = "--model",
                         .value = "MODEL",
                         .about = "Its thing model (key or id)",
                         .offer = Offer::Model},
                        {.name = "--name", .value = "TEXT", .about = "English name"},
                        {.name = "--name-zh", .value = "TEXT", .about = "Chinese name"},
                        {.name = "--attribute",
                         .value = "NAME=VALUE",
                         .about = "As of its nameplate; as often as wanted",
                         .many = true},
                        dry_run_switch},
         .run = create_asset});
    out.push_back(
        {.path = "assets delete",
         .summary = "Remove an asset, its points and their recorded values",
         .examples = "  gantry assets delete plant/line2/pump3             asks first\n"
                     "  gantry assets delete plant/line2 --recursive --yes\n",
         .next = "gantry assets tree",
         .parameters = {asset_parameter,
                        {.name = "--recursive", .value = "", .about = "Also all assets below it"},
                        dry_run_switch,
                        yes_switch},
         .run = delete_asset});
}

}  // namespace gantry::cli
