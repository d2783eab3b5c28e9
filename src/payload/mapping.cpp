// SPDX-License-Identifier: Apache-2.0
#include "payload/mapping.h"

#include <array>

#include "model/json.h"
#include "model/unit.h"

namespace gantry::payload {
namespace {

constexpr std::size_t rules_max = 256;
constexpr std::size_t columns_max = 4096;
constexpr std::size_t qualities_max = 64;

constexpr std::array<std::string_view, 6> formats = {"json",          "text", "csv",
                                                     "line_protocol", "cbor", "sparkplug_b"};
constexpr std::array<std::string_view, 5> time_formats = {"rfc3339", "unix_s", "unix_ms", "unix_us",
                                                          "unix_ns"};

template <class T, std::size_t N>
std::optional<T> named(const std::array<std::string_view, N>& names, std::string_view name) {
    for (std::size_t i = 0; i < N; ++i) {
        if (names[i] == name) {
            return static_cast<T>(i);
        }
    }
    return std::nullopt;
}

// What a rule of that format says where its writer says nothing.
RuleConfig usual_rule(Format format) {
    switch (format) {
        case Format::Json:
        case Format::Cbor: return {.each = "", .value = "$..*", .point = "{topic}/{path}"};
        case Format::Text: return {.each = "", .value = "$", .point = "{topic}"};
        case Format::Csv: return {.each = "", .value = "$[*].*", .point = "{topic}/{key}"};
        case Format::LineProtocol:
            return {.each = "$[*]",
                    .value = "@.value",
                    .point = "{@.measurement}/{@.tags.*}/{@.field}",
                    .type = {},
                    .unit = {},
                    .time = TimeRule{"@.time", TimeFormat::UnixNanos}};
        case Format::SparkplugB:
            return {.each = "$.metrics[*]",
                    .value = "@.value",
                    .point = "{topic}/{@.name}",
                    .type = {},
                    .unit = "{@.unit}",
                    .time = TimeRule{"@.timestamp", TimeFormat::UnixMillis},
                    .quality = QualityRule{
                        "@.quality",
                        {{"0", "Bad"}, {"192", "Good"}, {"500", "UncertainLastUsableValue"}},
                        "Bad"}};
    }
    return {};
}

void complete(RuleConfig& rule, Format format) {
    const RuleConfig usual = usual_rule(format);
    // Items go with the paths that begin in them.
    if (rule.value.empty()) {
        if (rule.each.empty()) {
            rule.each = usual.each;
            rule.value = usual.value;
        } else {
            rule.value = "@..*";
        }
    }
    if (rule.point.empty()) {
        rule.point = usual.point;
    }
    if (rule.each == usual.each) {
        rule.unit = rule.unit.empty() ? usual.unit : rule.unit;
        rule.time = rule.time ? rule.time : usual.time;
        rule.quality = rule.quality ? rule.quality : usual.quality;
    }
}

template <class T>
Result<> put(T& into, Result<std::remove_cvref_t<T>> made, const std::string& where) {
    if (!made) {
        return bad_field(where, made.error().message);
    }
    into = std::move(*made);
    return {};
}

template <class T>
Result<> put(std::optional<T>& into, Result<T> made, const std::string& where) {
    if (!made) {
        return bad_field(where, made.error().message);
    }
    into.emplace(std::move(*made));
    return {};
}

Result<Mapping::QualityMap> compile_quality(const QualityRule& rule, const std::string& where) {
    Mapping::QualityMap out;
    TRY(put(out.path, Path::parse(rule.path), where + "/path"));
    if (rule.map.size() > qualities_max) {
        return bad_field(where + "/map", std::format("has more than {} entries", qualities_max));
    }
    const auto quality = [](std::string_view name, const std::string& at) -> Result<Quality> {
        const auto found = parse_quality(name);
        if (!found) {
            return bad_field(at, std::format("'{}' is no quality: write good, uncertain, bad, a "
                                             "name such as BadSensorFailure, or a code",
                                             name));
        }
        return *found;
    };
    for (const auto& [text, name] : rule.map) {
        TRY_ASSIGN(const Quality meant, quality(name, where + "/map/" + text));
        out.map.emplace_back(text, meant);
    }
    out.otherwise = quality::uncertain;
    if (!rule.otherwise.empty()) {
        TRY_ASSIGN(out.otherwise, quality(rule.otherwise, where + "/otherwise"));
    }
    return out;
}

Result<> check_csv(const CsvOptions& csv) {
    const char c = csv.separator;
    if (c == '"' || c == '\n' || c == '\r' || static_cast<unsigned char>(c) >= 0x80 || c == '\0') {
        return bad_field("/csv/separator", "must be one ASCII character, not a quote or a newline");
    }
    if (csv.columns.size() > columns_max) {
        return bad_field("/csv/columns", std::format("has more than {} names", columns_max));
    }
    return {};
}

}  // namespace

std::string_view format_name(Format format) { return formats[static_cast<std::size_t>(format)]; }
std::optional<Format> parse_format(std::string_view name) { return named<Format>(formats, name); }
std::string_view time_format_name(TimeFormat format) {
    return time_formats[static_cast<std::size_t>(format)];
}
std::optional<TimeFormat> parse_time_format(std::string_view name) {
    return named<TimeFormat>(time_formats, name);
}

Result<Mapping> Mapping::compile(MappingConfig config) {
    Mapping out;
    TRY(put(out.topic_, TopicFilter::parse(config.topic), "/topic"));
    TRY(check_csv(config.csv));
    if (config.rules.size() > rules_max) {
        return bad_field("/rules", std::format("has more than {} rules", rules_max));
    }
    out.config_ = std::move(config);
    if (out.config_.rules.empty()) {
        TRY(out.add_rule({}, "/rules"));
    }
    for (std::size_t i = 0; i < out.config_.rules.size(); ++i) {
        TRY(out.add_rule(out.config_.rules[i], std::format("/rules/{}", i)));
    }
    return out;
}

Result<> Mapping::add_rule(RuleConfig config, const std::string& where) {
    complete(config, config_.format);
    Rule rule;
    if (!config.each.empty()) {
        TRY(put(rule.each, Path::parse(config.each), where + "/each"));
        if (rule.each->relative()) {
            return bad_field(where + "/each", "begins with $: there is nothing that @ could mean");
        }
    }
    TRY(put(rule.value, Path::parse(config.value), where + "/value"));
    if (rule.value.relative() != rule.each.has_value()) {
        return bad_field(where + "/value", rule.each
                                               ? "begins with @: the item that 'each' leads to"
                                               : "begins with $: @ is an item, and there is no "
                                                 "'each' that leads to one");
    }
    TRY(put(rule.point, NameTemplate::parse(config.point, topic_), where + "/point"));
    rule.type = config.type.value_or(ValueType::Null);
    if (!config.unit.empty()) {
        TRY(put(rule.unit, NameTemplate::parse(config.unit, topic_), where + "/unit"));
        if (rule.unit->constant()) {
            if (const auto unit = parse_unit(rule.unit->text()); !unit) {
                return bad_field(where + "/unit", unit.error().message);
            }
        }
    }
    if (config.time) {
        rule.time.emplace(Path(), config.time->format);
        TRY(put(rule.time->path, Path::parse(config.time->path), where + "/time/path"));
    }
    if (config.quality) {
        TRY_ASSIGN(rule.quality, compile_quality(*config.quality, where + "/quality"));
    }
    rules_.push_back(std::move(rule));
    return {};
}

}  // namespace gantry::payload
