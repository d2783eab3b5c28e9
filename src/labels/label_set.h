// SPDX-License-Identifier: Apache-2.0
// How the name of a series reads as labels. One model for all doors:
//
//     cpu,host=a#usage       {__name__="cpu_usage", host="a"}
//     up,job=node#value      {__name__="up", job="node"}
//
// The field `value` adds nothing to the name, so that what Prometheus sends is what it gets back.
// Names that Prometheus cannot write without quotes have '_' for what it does not know.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gantry::labels {

inline constexpr std::string_view metric_name_label = "__name__";

struct Label {
    std::string name;
    std::string value;

    bool operator==(const Label&) const = default;
};

// Sorted by name; each once.
using LabelSet = std::vector<Label>;

// Of a series key (lineprotocol/series_key.h).
LabelSet labels_of(std::string_view series_key);
// The measurement: what access to it is granted by.
std::string measurement_of(std::string_view series_key);
// The series key of a set of labels: the field is `value`, and __name__ the measurement. Empty when
// there is no name, or one ends in a backslash.
std::string series_key_of(const LabelSet& labels);

std::string metric_name(std::string_view measurement, std::string_view field);
// [a-zA-Z_:][a-zA-Z0-9_:]* of any text; without ':' for the name of a label.
std::string plain_name(std::string_view text, bool colons);

}  // namespace gantry::labels
