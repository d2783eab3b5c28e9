// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lineprotocol/line_options.h"
#include "model/value.h"
#include "payload/name_template.h"

namespace gantry::payload {

enum class Format : unsigned char { Json, Text, Csv, LineProtocol, Cbor, SparkplugB };
std::string_view format_name(Format format);
std::optional<Format> parse_format(std::string_view name);

enum class TimeFormat : unsigned char { Rfc3339, UnixSeconds, UnixMillis, UnixMicros, UnixNanos };
std::string_view time_format_name(TimeFormat format);
std::optional<TimeFormat> parse_time_format(std::string_view name);

// Where the source's time stands; without a rule it is when the message arrived.
struct TimeRule {
    std::string path;
    TimeFormat format = TimeFormat::Rfc3339;

    bool operator==(const TimeRule&) const = default;
};

// Where the quality stands, and what is meant by it: by its text the name of a quality
// (model/quality.h). What is not in the map is read as such a name or number.
struct QualityRule {
    std::string path;
    std::vector<std::pair<std::string, std::string>> map = {};
    std::string otherwise = {};  // of what is neither; empty: Uncertain

    bool operator==(const QualityRule&) const = default;
};

// Which values of a message are readings, and of which points. What is empty is as the format has
// it (docs/guide/mqtt-mappings.md).
struct RuleConfig {
    std::string each;   // a path to items; what begins with @ begins there
    std::string value;  // a path to values
    std::string point;  // a template
    std::optional<ValueType> type = {};
    std::string unit = {};  // a template
    std::optional<TimeRule> time = {};
    std::optional<QualityRule> quality = {};

    bool operator==(const RuleConfig&) const = default;
};

struct CsvOptions {
    char separator = ',';
    std::vector<std::string> columns;  // none: the first line names them
    bool header = false;               // the first line is passed over though columns are named

    bool operator==(const CsvOptions&) const = default;
};

// What to make of messages of some topics. No rules: every value of a message is a reading.
struct MappingConfig {
    std::string key;
    bool enabled = true;
    bool create_points = false;  // those that messages speak of and that are not there
    std::string topic;           // a filter whose levels may have names
    Format format = Format::Json;
    CsvOptions csv;
    lineprotocol::Precision precision = lineprotocol::Precision::Nanoseconds;
    std::vector<RuleConfig> rules;

    bool operator==(const MappingConfig&) const = default;
};

// A mapping that was checked and is ready to be used, by any number of threads.
class Mapping {
public:
    struct Time {
        Path path;
        TimeFormat format;
    };
    struct QualityMap {
        Path path;
        std::vector<std::pair<std::string, Quality>> map;
        Quality otherwise;
    };
    struct Rule {
        std::optional<Path> each;
        Path value;
        NameTemplate point;
        ValueType type = ValueType::Null;  // Null: as it is
        std::optional<NameTemplate> unit;
        std::optional<Time> time;
        std::optional<QualityMap> quality;
    };

    // InvalidArgument names the field ("/rules/0/value") and the remedy.
    static Result<Mapping> compile(MappingConfig config);

    const MappingConfig& config() const { return config_; }
    const TopicFilter& topic() const { return topic_; }
    std::span<const Rule> rules() const { return rules_; }

private:
    Mapping() = default;
    Result<> add_rule(RuleConfig config, const std::string& where);

    MappingConfig config_;
    TopicFilter topic_;
    std::vector<Rule> rules_;
};

}  // namespace gantry::payload
