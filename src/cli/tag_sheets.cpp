// SPDX-License-Identifier: Apache-2.0
#include "cli/tag_sheets.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <format>
#include <map>
#include <set>

#include "cli/csv_reader.h"
#include "cli/sheet.h"
#include "model/json.h"

namespace gantry::cli {
namespace {

constexpr std::array<std::string_view, 8> profile_columns = {
    "address", "type", "unit", "min", "max", "access", "name", "name_zh"};
constexpr std::array<std::string_view, 10> tag_columns = {
    "connection", "point", "address", "type", "unit", "min", "max", "access", "name", "name_zh"};

std::unexpected<Error> wrong(const Sheet& sheet, const Sheet::Row& row, std::string_view what) {
    return std::unexpected(
        Error{Code::InvalidArgument, std::format("{}: {}", sheet.place(row), what), {}});
}

// min and max.
Result<> put_range(json::object& out, const Sheet& sheet, const Sheet::Row& row) {
    json::object range;
    for (const std::string_view column : {"min", "max"}) {
        const std::string& text = sheet.cell(row, column);
        if (text.empty()) {
            continue;
        }
        double bound = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bound);
        if (error != std::errc() || end != text.data() + text.size()) {
            return wrong(sheet, row, std::format("{} is '{}', which is no number", column, text));
        }
        range[column] = bound;
    }
    if (!range.empty()) {
        out["range"] = std::move(range);
    }
    return {};
}

void put_names_of(json::object& out, const std::string& english, const std::string& chinese) {
    json::object name;
    if (!english.empty()) {
        name["en"] = english;
    }
    if (!chinese.empty()) {
        name["zh"] = chinese;
    }
    if (!name.empty()) {
        out["name"] = std::move(name);
    }
}

// What a property or a point has, but its key.
Result<json::object> property_of(const Sheet& sheet, const Sheet::Row& row) {
    json::object out;
    for (const std::string_view column : {"type", "unit", "access"}) {
        if (const std::string& text = sheet.cell(row, column); !text.empty()) {
            out[column] = text;
        }
    }
    put_names_of(out, sheet.cell(row, "name"), sheet.cell(row, "name_zh"));
    TRY(put_range(out, sheet, row));
    return out;
}

// Adds the path, and those above it, once each.
void put_assets(json::array& out, std::set<std::string>& known, const std::string& path,
                json::object asset = {}) {
    for (std::size_t slash = path.find('/'); slash != std::string::npos;
         slash = path.find('/', slash + 1)) {
        if (std::string above = path.substr(0, slash); known.insert(above).second) {
            out.push_back(json::object{{"path", std::move(above)}});
        }
    }
    if (known.insert(path).second) {
        asset["path"] = path;
        out.push_back(std::move(asset));
    }
}

// The same, where it is a number or true or false, as JSON has it.
json::value plain(std::string text) {
    const auto parsed = parse_json(text);
    return parsed && (parsed->is_number() || parsed->is_bool()) ? *parsed
                                                                : json::value(std::move(text));
}

Result<json::value> fill_in_value(const json::value& value, const Sheet& sheet,
                                  const Sheet::Row& row) {
    if (value.is_object()) {
        json::object out;
        for (const auto& [key, inner] : value.as_object()) {
            TRY_ASSIGN(out[key], fill_in_value(inner, sheet, row));
        }
        return out;
    }
    if (!value.is_string()) {
        return value;
    }
    const std::string text(value.as_string());
    TRY_ASSIGN(std::string filled, fill_in(text, sheet, row));
    return filled == text ? value : plain(std::move(filled));
}

// Of a thing model.
Result<json::object> model_of(const Sheet& profile, const std::string& key) {
    json::array properties;
    for (const Sheet::Row& row : profile.rows) {
        TRY_ASSIGN(json::object property, property_of(profile, row));
        property["key"] = profile.cell(row, "key");
        if (!property.contains("type")) {
            property["type"] = "float64";
        }
        properties.push_back(std::move(property));
    }
    return json::object{{"key", key}, {"properties", std::move(properties)}};
}

std::string key_from_path(std::string path) {
    std::ranges::replace(path, '/', '-');
    return path;
}

Result<json::object> machine_connection(const Machines& wishes, const Sheet& machines,
                                        const Sheet::Row& machine, const Sheet& profile) {
    const std::string& path = machines.cell(machine, "asset");
    json::array tags;
    for (const Sheet::Row& row : profile.rows) {
        auto address = fill_in(profile.cell(row, "address"), machines, machine);
        if (!address) {
            return within(profile.place(row), address.error());
        }
        if (!address->empty()) {
            tags.push_back(json::object{{"point", path + "." + profile.cell(row, "key")},
                                        {"address", std::move(*address)}});
        }
    }
    const std::string& key = machines.cell(machine, "key");
    TRY_ASSIGN(json::value settings, fill_in_value(wishes.settings, machines, machine));
    return json::object{{"key", key.empty() ? key_from_path(path) : key},
                        {"protocol", wishes.protocol},
                        {"settings", std::move(settings)},
                        {"tags", std::move(tags)}};
}

std::string csv_line(const std::vector<std::string>& cells) {
    std::string out;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        out += i == 0 ? "" : ",";
        out += cells[i].empty() ? "" : csv_field(cells[i]);
    }
    return out + "\n";
}

// A field of an object in an object, as text.
std::string inner_text(const json::object& item, std::string_view outer, std::string_view name) {
    const json::value* found = item.if_contains(outer);
    return found != nullptr && found->is_object() ? field_text(found->as_object(), name) : "";
}

}  // namespace

Result<Pack> read_tags(const std::string& file, const std::string& connection) {
    const std::array<std::string_view, 3> with_connection = {"point", "address", "connection"};
    const auto required =
        std::span(with_connection).first(connection.empty() ? with_connection.size() : 2);
    TRY_ASSIGN(const Sheet sheet, read_sheet(file, required, tag_columns));
    Pack out;
    std::set<std::string> assets;
    std::map<std::string, json::array> tags;
    for (const Sheet::Row& row : sheet.rows) {
        const std::string& point = sheet.cell(row, "point");
        const std::size_t dot = point.rfind('.');
        if (dot == std::string::npos || dot == 0 || dot + 1 == point.size()) {
            return wrong(sheet, row,
                         std::format("'{}' is not the path of a point, as in "
                                     "plant/line2/pump3.flow",
                                     point));
        }
        if (!sheet.cell(row, "type").empty()) {
            TRY_ASSIGN(json::object made, property_of(sheet, row));
            made["asset"] = point.substr(0, dot);
            made["key"] = point.substr(dot + 1);
            put_assets(out.assets, assets, point.substr(0, dot));
            out.points.push_back(std::move(made));
        }
        const std::string& named = sheet.cell(row, "connection");
        tags[named.empty() ? connection : named].push_back(
            json::object{{"point", point}, {"address", sheet.cell(row, "address")}});
    }
    for (auto& [key, of_connection] : tags) {
        out.connections.push_back(json::object{{"key", key}, {"tags", std::move(of_connection)}});
    }
    return out;
}

Result<Pack> read_machines(const Machines& wishes) {
    constexpr std::array<std::string_view, 1> of_profile = {"key"};
    constexpr std::array<std::string_view, 1> of_machines = {"asset"};
    TRY_ASSIGN(const Sheet profile, read_sheet(wishes.profile_file, of_profile, profile_columns));
    TRY_ASSIGN(const Sheet machines, read_sheet(wishes.machines_file, of_machines, {}, true));
    const std::string model = wishes.model.empty()
                                  ? std::filesystem::path(wishes.profile_file).stem().string()
                                  : wishes.model;
    Pack out;
    TRY_ASSIGN(json::object made, model_of(profile, model));
    out.models.push_back(std::move(made));
    std::set<std::string> assets;
    for (const Sheet::Row& row : machines.rows) {
        const std::string& path = machines.cell(row, "asset");
        if (assets.contains(path)) {
            return wrong(machines, row, std::format("there is a second '{}'", path));
        }
        json::object asset = {{"model", model}};
        put_names_of(asset, machines.cell(row, "name"), machines.cell(row, "name_zh"));
        put_assets(out.assets, assets, path, std::move(asset));
        TRY_ASSIGN(json::object connection, machine_connection(wishes, machines, row, profile));
        out.connections.push_back(std::move(connection));
    }
    return out;
}

Result<std::string> write_tags(Context& context, const std::string& connection) {
    TRY_ASSIGN(const json::array tags, context.api.list("/v1/tags", {{"connection", connection}}));
    TRY_ASSIGN(const json::array connections, context.api.list("/v1/connections", {}));
    TRY_ASSIGN(const json::array points, context.api.list("/v1/points", {}));
    std::map<std::string, std::string> keys;
    for (const json::value& one : connections) {
        keys[field_text(one.as_object(), "id")] = field_text(one.as_object(), "key");
    }
    std::map<std::string, const json::object*> by_path;
    for (const json::value& one : points) {
        by_path[field_text(one.as_object(), "path")] = &one.as_object();
    }
    std::string out = csv_line({tag_columns.begin(), tag_columns.end()});
    for (const json::value& one : tags) {
        const json::object& tag = one.as_object();
        const auto found = by_path.find(field_text(tag, "point_path"));
        if (found == by_path.end()) {
            continue;  // made since
        }
        const json::object& point = *found->second;
        out += csv_line({keys[field_text(tag, "connection")], found->first,
                         field_text(tag, "address"), field_text(point, "type"),
                         field_text(point, "unit"), inner_text(point, "range", "min"),
                         inner_text(point, "range", "max"), field_text(point, "access"),
                         inner_text(point, "name", "en"), inner_text(point, "name", "zh")});
    }
    return out;
}

}  // namespace gantry::cli
