// SPDX-License-Identifier: Apache-2.0
#include "payload/mapping_json.h"

namespace gantry::payload {
namespace {

// A word of a list.
template <class T, class Parse>
void read_word(ObjectReader& in, std::string_view name, T& out, Parse parse,
               std::string_view words) {
    std::string text;
    in.optional(name, text);
    if (text.empty()) {
        return;
    }
    if (const auto found = parse(text)) {
        out = *found;
    } else {
        in.check(bad_field(in.where(name), std::format("'{}' is none of {}", text, words)));
    }
}

Result<> read_csv(const json::value& value, CsvOptions& out, const std::string& where) {
    ObjectReader in(value, where);
    std::string separator(1, out.separator);
    in.optional("separator", separator);
    in.optional("columns", out.columns);
    in.optional("header", out.header);
    TRY(in.finish());
    if (separator.size() != 1) {
        return bad_field(in.where("separator"), "must be one ASCII character");
    }
    out.separator = separator[0];
    return {};
}

Result<> read_time_rule(const json::value& value, TimeRule& out, const std::string& where) {
    ObjectReader in(value, where);
    in.required("path", out.path);
    read_word(in, "format", out.format, parse_time_format,
              "rfc3339, unix_s, unix_ms, unix_us, unix_ns");
    return in.finish();
}

Result<> read_quality_rule(const json::value& value, QualityRule& out, const std::string& where) {
    ObjectReader in(value, where);
    in.required("path", out.path);
    in.optional("map", out.map);
    in.optional("otherwise", out.otherwise);
    return in.finish();
}

}  // namespace

Result<> read_entity(const json::value& value, RuleConfig& out, const std::string& where) {
    ObjectReader in(value, where);
    in.optional("each", out.each);
    in.optional("value", out.value);
    in.optional("point", out.point);
    ValueType type = ValueType::Null;
    in.optional("type", type);
    in.optional("unit", out.unit);
    if (const json::value* time = in.take("time"); time != nullptr && !time->is_null()) {
        in.check(read_time_rule(*time, out.time.emplace(), in.where("time")));
    }
    if (const json::value* quality = in.take("quality");
        quality != nullptr && !quality->is_null()) {
        in.check(read_quality_rule(*quality, out.quality.emplace(), in.where("quality")));
    }
    TRY(in.finish());
    if (type != ValueType::Null) {
        out.type = type;
    }
    return {};
}

Result<> read_entity(const json::value& value, MappingConfig& out, const std::string& where) {
    ObjectReader in(value, where);
    in.required("key", out.key);
    in.optional("enabled", out.enabled);
    in.optional("create_points", out.create_points);
    in.required("topic", out.topic);
    read_word(in, "format", out.format, parse_format,
              "json, text, csv, line_protocol, cbor, sparkplug_b");
    if (const json::value* csv = in.take("csv"); csv != nullptr && !csv->is_null()) {
        in.check(read_csv(*csv, out.csv, in.where("csv")));
    }
    std::string precision;
    in.optional("precision", precision);
    if (!precision.empty()) {
        const auto parsed = lineprotocol::parse_precision(precision);
        if (parsed) {
            out.precision = *parsed;
        } else {
            in.check(bad_field(in.where("precision"), parsed.error().message));
        }
    }
    if (const json::value* rules = in.take("rules"); rules != nullptr && !rules->is_null()) {
        if (!rules->is_array()) {
            return ObjectReader::wrong_type(in.where("rules"), "an array");
        }
        out.rules.clear();
        for (std::size_t i = 0; i < rules->as_array().size(); ++i) {
            in.check(read_entity(rules->as_array()[i], out.rules.emplace_back(),
                                 std::format("{}/{}", in.where("rules"), i)));
        }
    }
    TRY(in.finish());
    return check_key(out.key, in.where("key"));
}

namespace {

json::object to_json(const RuleConfig& rule) {
    json::object out;
    const auto text = [&out](std::string_view name, const std::string& value) {
        if (!value.empty()) {
            out[name] = value;
        }
    };
    text("each", rule.each);
    text("value", rule.value);
    text("point", rule.point);
    if (rule.type) {
        out["type"] = value_type_name(*rule.type);
    }
    text("unit", rule.unit);
    if (rule.time) {
        out["time"] = {{"path", rule.time->path}, {"format", time_format_name(rule.time->format)}};
    }
    if (rule.quality) {
        json::object quality;
        quality["path"] = rule.quality->path;
        if (!rule.quality->map.empty()) {
            json::object map;
            for (const auto& [word, meant] : rule.quality->map) {
                map[word] = meant;
            }
            quality["map"] = std::move(map);
        }
        if (!rule.quality->otherwise.empty()) {
            quality["otherwise"] = rule.quality->otherwise;
        }
        out["quality"] = std::move(quality);
    }
    return out;
}

std::string_view short_name(lineprotocol::Precision precision) {
    constexpr std::string_view names[] = {"ns", "us", "ms", "s", "m", "h"};
    return names[static_cast<std::size_t>(precision)];
}

}  // namespace

json::object to_json(const MappingConfig& mapping) {
    json::object out;
    out["key"] = mapping.key;
    out["enabled"] = mapping.enabled;
    if (mapping.create_points) {
        out["create_points"] = true;
    }
    out["topic"] = mapping.topic;
    out["format"] = format_name(mapping.format);
    if (mapping.format == Format::Csv) {
        json::object csv;
        csv["separator"] = std::string(1, mapping.csv.separator);
        csv["columns"] = json::array(mapping.csv.columns.begin(), mapping.csv.columns.end());
        csv["header"] = mapping.csv.header;
        out["csv"] = std::move(csv);
    }
    if (mapping.format == Format::LineProtocol) {
        out["precision"] = short_name(mapping.precision);
    }
    json::array rules;
    for (const RuleConfig& rule : mapping.rules) {
        rules.push_back(to_json(rule));
    }
    out["rules"] = std::move(rules);
    return out;
}

}  // namespace gantry::payload
