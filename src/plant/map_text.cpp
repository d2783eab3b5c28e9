// SPDX-License-Identifier: Apache-2.0
#include "plant/map_text.h"

#include <algorithm>
#include <array>
#include <format>
#include <vector>

#include "base/json_writer.h"

namespace gantry::plant {
namespace {

using Cells = std::array<std::string, 8>;

// How wide a terminal shows a text: a CJK character, or its punctuation, takes two columns.
std::size_t columns_of(std::string_view text) {
    std::size_t columns = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if ((byte & 0xC0) != 0x80) {
            // The lead byte tells enough: U+3000 and above begin with E3 or more.
            columns += byte >= 0xE3 ? 2 : 1;
        }
    }
    return columns;
}

std::string range_of(const PointInfo& point) {
    if (point.type == ValueType::Bool || point.type == ValueType::Bit ||
        point.type == ValueType::Text) {
        return "";
    }
    return std::format("{} to {}", point.least, point.most);
}

void append_row(std::string& out, const Cells& cells, const std::array<std::size_t, 8>& widths) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
        out += i == 0 ? "| " : " | ";
        out += cells[i];
        out.append(widths[i] - columns_of(cells[i]), ' ');
    }
    out += " |\n";
}

void append_table(std::string& out, const UnitMap& map) {
    std::vector<Cells> rows = {{"Point", "Tag", "Name", "名称", "Unit", "Range", "Write", "About"}};
    for (const PointInfo& point : map.points) {
        rows.push_back({point.key, "`" + tag_of(point) + "`", point.name_en, point.name_zh,
                        point.unit, range_of(point), point.writable ? "yes" : "", point.about});
    }
    std::array<std::size_t, 8> widths{};
    for (const Cells& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], columns_of(row[i]));
        }
    }
    append_row(out, rows[0], widths);
    Cells rule;
    for (std::size_t i = 0; i < rule.size(); ++i) {
        rule[i].assign(widths[i], '-');
    }
    append_row(out, rule, widths);
    for (std::size_t i = 1; i < rows.size(); ++i) {
        append_row(out, rows[i], widths);
    }
}

std::string blocks_of(const UnitMap& map) {
    std::string text;
    for (const Block& block : map.blocks) {
        text += std::format("{}{} {}–{}", text.empty() ? "" : ", ", area_name(block.area),
                            block.first, block.end() - 1);
    }
    return text;
}

void write_point(JsonWriter& json, std::uint8_t unit, const PointInfo& point) {
    json.begin_object();
    json.field("unit", unit).field("key", point.key).field("tag", tag_of(point));
    json.field("name_en", point.name_en).field("name_zh", point.name_zh);
    json.field("ucum", point.unit).field("area", area_name(point.area));
    json.field("address", point.address).field("count", address_count(point));
    json.field("type", type_name(point));
    json.key("order");
    if (has_order(point)) {
        json.value(order_name(point.order));
    } else {
        json.null();
    }
    json.field("scale", point.scale).field("offset", point.offset);
    json.field("least", point.least).field("most", point.most);
    json.field("writable", point.writable).field("about", point.about);
    json.end_object();
}

std::string csv_cell(std::string_view text) {
    if (text.find_first_of(",\"\n") == std::string_view::npos) {
        return std::string(text);
    }
    std::string quoted = "\"";
    for (const char c : text) {
        quoted += c == '"' ? "\"\"" : std::string(1, c);
    }
    return quoted + '"';
}

}  // namespace

std::string map_as_table(std::span<const MappedUnit> units) {
    std::string out;
    for (const MappedUnit& unit : units) {
        out += std::format("{}### Unit {}: {} ({})\n\n", out.empty() ? "" : "\n", unit.id,
                           unit.map->name_en, unit.map->name_zh);
        append_table(out, *unit.map);
        out += std::format("\nReadable: {}.\n", blocks_of(*unit.map));
    }
    return out;
}

std::string map_as_json(std::span<const MappedUnit> units) {
    std::string out;
    JsonWriter json(out);
    json.begin_object();
    json.field("addressing", "zero-based protocol addresses");
    json.key("units").begin_array();
    for (const MappedUnit& unit : units) {
        json.begin_object();
        json.field("unit", unit.id);
        json.field("name_en", unit.map->name_en).field("name_zh", unit.map->name_zh);
        json.key("readable").begin_array();
        for (const Block& block : unit.map->blocks) {
            json.begin_object();
            json.field("area", area_name(block.area)).field("first", block.first);
            json.field("count", block.count);
            json.end_object();
        }
        json.end_array();
        json.end_object();
    }
    json.end_array();
    json.key("points").begin_array();
    for (const MappedUnit& unit : units) {
        for (const PointInfo& point : unit.map->points) {
            out += '\n';
            write_point(json, unit.id, point);
        }
    }
    json.end_array();
    json.end_object();
    out += '\n';
    return out;
}

std::string map_as_csv(std::span<const MappedUnit> units) {
    std::string out =
        "unit,key,tag,name_en,name_zh,ucum,area,address,type,order,scale,offset,least,most,"
        "writable,"
        "about\r\n";
    for (const MappedUnit& unit : units) {
        for (const PointInfo& point : unit.map->points) {
            out += std::format(
                "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\r\n", unit.id, point.key,
                csv_cell(tag_of(point)), csv_cell(point.name_en), csv_cell(point.name_zh),
                csv_cell(point.unit), area_name(point.area), point.address, type_name(point),
                has_order(point) ? order_name(point.order) : "", point.scale, point.offset,
                point.least, point.most, point.writable ? "yes" : "no", csv_cell(point.about));
        }
    }
    return out;
}

}  // namespace gantry::plant
