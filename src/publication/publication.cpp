// SPDX-License-Identifier: Apache-2.0
#include "publication/publication.h"

#include <algorithm>

#include "base/wildcard.h"
#include "sparkplug/topic.h"

namespace gantry::publication {
namespace {

constexpr std::size_t text_bytes_max = 1024;
constexpr Duration interval_max = std::chrono::hours(24);

Result<> check_sparkplug(const PublicationConfig& config) {
    if (!config.topic.empty()) {
        return bad_field("/topic", "is Sparkplug's own: leave it out, and name group and node");
    }
    for (const auto& [name, id] : {std::pair("/group", config.group), {"/node", config.node}}) {
        if (!sparkplug::is_id(id) || id.size() > text_bytes_max) {
            return bad_field(name, "is needed for sparkplug_b, and has no +, / and #");
        }
    }
    return {};
}

}  // namespace

std::string_view format_name(Format format) {
    return format == Format::Json ? "json" : "sparkplug_b";
}

Result<> read_entity(const json::value& value, PublicationConfig& out, const std::string& where) {
    ObjectReader in(value, where);
    in.required("key", out.key);
    in.optional("enabled", out.enabled);
    in.optional("under", out.under);
    in.optional("points", out.points);
    std::string format = "json";
    in.optional("format", format);
    in.optional("min_interval", out.min_interval);
    in.optional("topic", out.topic);
    in.optional("qos", out.qos);
    in.optional("retain", out.retain);
    in.optional("group", out.group);
    in.optional("node", out.node);
    TRY(in.finish());
    if (format != "json" && format != "sparkplug_b") {
        return bad_field(in.where("format"),
                         std::format("'{}' is none of json, sparkplug_b", format));
    }
    out.format = format == "json" ? Format::Json : Format::SparkplugB;
    return check_key(out.key, in.where("key"));
}

json::object to_json(const PublicationConfig& config) {
    json::object out{{"key", config.key},
                     {"enabled", config.enabled},
                     {"under", config.under},
                     {"points", config.points},
                     {"format", format_name(config.format)},
                     {"min_interval", format_duration(config.min_interval)}};
    if (config.format == Format::Json) {
        out["topic"] = config.topic;
        out["qos"] = config.qos;
        out["retain"] = config.retain;
    } else {
        out["group"] = config.group;
        out["node"] = config.node;
    }
    return out;
}

Result<Publication> Publication::compile(PublicationConfig config) {
    if (config.qos < 0 || config.qos > 2) {
        return bad_field("/qos", "must be 0, 1 or 2");
    }
    if (config.min_interval < Duration::zero() || config.min_interval > interval_max) {
        return bad_field("/min_interval", "must be 0s to 24h");
    }
    for (const auto& [name, text] :
         {std::pair("/under", config.under), {"/points", config.points}}) {
        if (text.size() > text_bytes_max) {
            return bad_field(name, "is too long");
        }
    }
    if (config.points.empty()) {
        return bad_field("/points", "matches nothing; * is all");
    }
    Publication out;
    if (config.format == Format::SparkplugB) {
        TRY(check_sparkplug(config));
    } else if (!config.group.empty() || !config.node.empty()) {
        return bad_field("/group", "and node are for the format sparkplug_b");
    } else {
        auto topic = TopicTemplate::parse(config.topic);
        if (!topic) {
            return bad_field("/topic", topic.error().message);
        }
        out.topic_ = std::move(*topic);
    }
    out.config_ = std::move(config);
    return out;
}

bool Publication::wants(std::string_view point) const {
    return matches_wildcard(config_.points, point);
}

std::string Publication::device_of(std::string_view point) {
    std::string out(point.substr(0, point.rfind('.')));
    std::ranges::replace(out, '/', '.');
    return out;
}

std::string Publication::topic_of(std::string_view point) const {
    if (!sparkplug()) {
        return topic_->of(point);
    }
    const std::string device = device_of(point);
    return sparkplug::format_topic(
        {sparkplug::MessageType::Ddata, config_.group, config_.node, device});
}

std::string Publication::topics_above() const {
    return sparkplug() ? std::string(sparkplug::topic_namespace) + "/" + config_.group
                       : std::string(topic_->above());
}

}  // namespace gantry::publication
