// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/json.h"
#include "publication/topic_template.h"

namespace gantry::publication {

enum class Format : unsigned char { Json, SparkplugB };
std::string_view format_name(Format format);

// Which points clients of the broker are told about, and how.
struct PublicationConfig {
    std::string key;
    bool enabled = true;
    std::string under;         // the path of an asset or of a point; empty: all
    std::string points = "*";  // of their paths; * is any text
    Format format = Format::Json;
    Duration min_interval{0};  // between two messages of a point
    // JSON.
    std::string topic;  // a template
    std::int64_t qos = 0;
    bool retain = true;
    // Sparkplug B: who the node is. Assets are its devices.
    std::string group;
    std::string node;

    bool operator==(const PublicationConfig&) const = default;
};

// Checks the form; Publication::compile() checks what it means.
Result<> read_entity(const json::value& value, PublicationConfig& out, const std::string& where);
json::object to_json(const PublicationConfig& config);

// One that was checked. Never changes.
class Publication {
public:
    // InvalidArgument names the field and the remedy.
    static Result<Publication> compile(PublicationConfig config);

    const PublicationConfig& config() const { return config_; }
    bool sparkplug() const { return config_.format == Format::SparkplugB; }
    // Of a point that is `under`.
    bool wants(std::string_view point) const;
    // Where a point is told about: "plant/line1/press1.temperature". Of Sparkplug its data.
    std::string topic_of(std::string_view point) const;
    // All topics are below it.
    std::string topics_above() const;
    // Of Sparkplug: an asset as a device, whose names may have no slash.
    static std::string device_of(std::string_view point);

private:
    Publication() = default;

    PublicationConfig config_;
    std::optional<TopicTemplate> topic_;
};

}  // namespace gantry::publication
