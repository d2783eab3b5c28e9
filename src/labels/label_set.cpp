// SPDX-License-Identifier: Apache-2.0
#include "labels/label_set.h"

#include <algorithm>

#include "lineprotocol/series_key.h"

namespace gantry::labels {

std::string plain_name(std::string_view text, bool colons) {
    std::string out;
    out.reserve(text.size() + 1);
    for (const char c : text) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        const bool digit = c >= '0' && c <= '9';
        if (digit && out.empty()) {
            out += '_';
        }
        out += letter || digit || (colons && c == ':') ? c : '_';
    }
    return out;
}

std::string metric_name(std::string_view measurement, std::string_view field) {
    std::string out = plain_name(measurement, true);
    if (field != "value") {
        out += '_';
        out += plain_name("_" + std::string(field), true).substr(1);
    }
    return out;
}

LabelSet labels_of(std::string_view series_key) {
    const lineprotocol::SeriesName name = lineprotocol::split_series_key(series_key);
    LabelSet out;
    out.reserve(name.tags.size() + 1);
    out.push_back({std::string(metric_name_label), metric_name(name.measurement, name.field)});
    for (const auto& [tag, value] : name.tags) {
        out.push_back({plain_name(tag, false), value});
    }
    std::ranges::stable_sort(out, {}, &Label::name);
    // Names that became the same: the first has it.
    const auto same = std::ranges::unique(out, {}, &Label::name);
    out.erase(same.begin(), same.end());
    return out;
}

std::string measurement_of(std::string_view series_key) {
    return lineprotocol::split_series_key(series_key).measurement;
}

std::string series_key_of(const LabelSet& labels) {
    std::string_view measurement;
    std::vector<lineprotocol::Tag> tags;
    for (const Label& label : labels) {
        if (label.name == metric_name_label) {
            measurement = label.value;
        } else if (!label.value.empty()) {
            tags.push_back({label.name, label.value});
        }
    }
    const bool sayable =
        !measurement.empty() && !measurement.ends_with('\\') &&
        std::ranges::none_of(tags, [](const auto& tag) { return tag.name.ends_with('\\'); });
    return !sayable ? std::string() : lineprotocol::series_key(measurement, tags, "value");
}

}  // namespace gantry::labels
